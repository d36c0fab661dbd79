"""The images of a data set that every panel speaks of at once: those below a node of a tree, say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, init=False)
class ImageSelection:
    """Some images of one data set.

    Attributes
    ----------
    dataset : str
        The `source` of the data set.
    numbers : ndarray of int64
        Which images, ascending, each once; read-only.
    name : str
        What they are, said to the user: "142 images below layer4/37".
    """

    dataset: str
    numbers: NDArray[np.int64]
    name: str

    def __init__(self, dataset: str, numbers: Iterable[int] | NDArray[np.int64], name: str) -> None:
        given = numbers if isinstance(numbers, np.ndarray) else list(numbers)
        known = np.sort(np.asarray(given, dtype=np.int64))
        if len(known):
            # Faster than `numpy.unique`, by much.
            known = known[np.diff(known, prepend=known[0] - 1) > 0]
        known.setflags(write=False)
        for field, value in (("dataset", dataset), ("numbers", known), ("name", name)):
            object.__setattr__(self, field, value)

    def __len__(self) -> int:
        return len(self.numbers)

    # Facts are compared by their values, and an array's own comparison is no single answer.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ImageSelection):
            return NotImplemented
        same = self.dataset == other.dataset and self.name == other.name
        return same and (self.numbers is other.numbers or np.array_equal(self.numbers, other.numbers))

    def __hash__(self) -> int:
        return hash((self.dataset, self.name, len(self.numbers)))

    def within(self, first: int, stop: int) -> NDArray[np.int64]:
        """Give those from `first` up to, not including, `stop`: a scan that goes on knows only some."""
        start, end = np.searchsorted(self.numbers, (first, stop))
        return self.numbers[start:end]
