"""What images have in common at a glance: their mean, pixel by pixel."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.events import Progress
from backend.analysis.images.image_dataset import ImageDataset
from backend.analysis.pictures import Picture

CHUNK = 512
"""Images read between two events: a few milliseconds where they lie decoded."""


def averaging_images(
    dataset: ImageDataset, groups: Sequence[Sequence[int] | NDArray[np.integer]]
) -> Generator[Progress, None, tuple[Picture, ...]]:
    """Average the images of each group.

    Parameters
    ----------
    dataset : ImageDataset
    groups : sequence of sequence of int
        Numbers of images; no group is empty.

    Yields
    ------
    Progress
        In images.

    Returns
    -------
    tuple of uint8 (height, width, 3), read-only
        One mean a group, rounded.
    """
    total, done, means = sum(map(len, groups)), 0, list[Picture]()
    for group in groups:
        numbers = np.asarray(group, np.int64)
        together = np.zeros((*dataset.size, 3))
        for start in range(0, len(numbers), CHUNK):
            part = numbers[start : start + CHUNK]
            together += dataset.images(part).sum(axis=0, dtype=np.int64)
            done += len(part)
            yield Progress(done, total, "images")
        means.append(frozen(np.rint(together / len(numbers)).astype(np.uint8)))
    return tuple(means)
