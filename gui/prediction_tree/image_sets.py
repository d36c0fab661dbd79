"""The sets of images that a prediction tree is offered of: each class, some of every class, all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.jobs import DatasetInfo
from gui.text import counted

OF_EACH = 100


@dataclass(frozen=True)
class ImageSet:
    """Images of a data set: by their numbers, or all of a class; all there are where neither is given."""

    text: str
    numbers: tuple[int, ...] = ()
    label: int | None = None


def image_sets(dataset: DatasetInfo) -> list[ImageSet]:
    """Give each class, where there are several a mix of them, and all images.

    A mix holds the first images of each class, as many of each.
    """
    labels = dataset.labels
    counts = np.bincount(labels, minlength=len(dataset.class_names))
    sets = [
        ImageSet(f"{name} · {counted(int(counts[label]), 'image')}", label=label)
        for label, name in enumerate(dataset.class_names)
    ]
    known = np.flatnonzero(counts)
    each = min(OF_EACH, int(counts[known].min(initial=OF_EACH)))
    if len(known) > 1 and each * len(known) < dataset.count:
        members = [np.flatnonzero(labels == label)[:each] for label in known]
        numbers = np.sort(np.concatenate(members))
        sets.append(ImageSet(f"mixed · {each:,} of each class", numbers=tuple(numbers.tolist())))
    sets.append(ImageSet(f"all · {counted(dataset.count, 'image')}"))
    return sets
