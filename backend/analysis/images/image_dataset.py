"""What every data set offers, wherever its images come from."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import read_only
from backend.analysis.pictures import Picture, fit_picture

Indices = Sequence[int] | NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Pixels:
    """Images that can be read at any time and from any thread: they lie decoded in memory or in a memory map.

    Attributes
    ----------
    array : uint8 (rows, height, width, 3), read-only
    rows : int64 (images,), read-only
        The row of each image.
    """

    array: Picture
    rows: NDArray[np.int64]

    def images(self, indices: Indices) -> Picture:
        """Copy images out, uint8 (n, height, width, 3)."""
        return np.asarray(self.array[self.rows[np.asarray(indices, dtype=np.int64)]])


class ImageDataset(ABC):
    """Labelled images of one size, read one by one or in batches.

    Attributes
    ----------
    name : str
        What is shown: "cifar10/test", "my-photos".
    source : str
        What opens it again: a name of `open_dataset` or an absolute path.
    class_names : tuple of str
    labels : int64 (images,), read-only
    size : (int, int)
        Height and width of every image, in pixels.
    digest : str
        Hex; equal for equal images (same files by name, length and time, same size).
    unreadable : tuple of str
        One sentence a file that was left out: its name and why.
    """

    def __init__(
        self,
        name: str,
        source: str,
        class_names: Sequence[str],
        labels: Indices,
        size: tuple[int, int],
        digest: str,
        unreadable: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.source = source
        self.class_names = tuple(class_names)
        self.labels: NDArray[np.int64] = np.array(labels, dtype=np.int64)
        self.labels.flags.writeable = False
        self.size = (int(size[0]), int(size[1]))
        self.digest = digest
        self.unreadable = tuple(unreadable)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Picture, int]:
        """Return image `index`, uint8 (height, width, 3), and its label."""
        place = range(len(self))[index]  # negative counts from the end; IndexError past it, which also ends a for loop
        return self._image(place), int(self.labels[place])

    def images(self, indices: Indices) -> Picture:
        """Return several images at once, uint8 (n, height, width, 3), in the order asked for."""
        batch = np.empty((len(indices), *self.size, 3), dtype=np.uint8)
        for row, index in enumerate(indices):
            batch[row] = self._image(range(len(self))[index])
        return batch

    def describe(self, index: int) -> str:
        """Return what identifies image `index` for a person: a file name, or a stimulus' parameters."""
        place = range(len(self))[index]
        return f"{self.name} #{place} ({self.class_names[self.labels[place]]})"

    def pixels(self) -> Pixels | None:
        """Return the decoded images where all of them are at hand; None where each is made when it is asked for."""
        return None

    @abstractmethod
    def _image(self, index: int) -> Picture:
        """Return image `index` (0 to length − 1), uint8 (height, width, 3)."""


class ArrayDataset(ImageDataset):
    """Images that lie in memory as uint8 (images, height, width, 3); `size` scales them on access."""

    def __init__(
        self,
        name: str,
        source: str,
        class_names: Sequence[str],
        labels: Indices,
        array: Picture,
        digest: str,
        size: tuple[int, int] | None = None,
    ) -> None:
        own = (array.shape[1], array.shape[2])
        wanted = own if size is None else (int(size[0]), int(size[1]))
        super().__init__(name, source, class_names, labels, wanted, digest_of(digest, wanted))
        self._array = array
        self._scaled = wanted != own

    def images(self, indices: Indices) -> Picture:
        """Return several images at once, uint8 (n, height, width, 3), in the order asked for."""
        if self._scaled:
            return super().images(indices)
        return self._array[np.asarray(indices, dtype=np.int64)]

    def pixels(self) -> Pixels | None:
        """Return the images, unless each has to be scaled."""
        return None if self._scaled else Pixels(read_only(self._array), read_only(np.arange(len(self))))

    def _image(self, index: int) -> Picture:
        image = np.array(self._array[index])
        return fit_picture(image, self.size) if self._scaled else image


def digest_of(*facts: object) -> str:
    """Return a hex digest of the facts' text, the same in every process."""
    return hashlib.sha256("\n".join(repr(fact) for fact in facts).encode()).hexdigest()[:32]
