"""Means of images: against NumPy's own mean, in steps that can be cancelled."""

from __future__ import annotations

import numpy as np

from backend.analysis.images.image_averages import CHUNK, averaging_images
from backend.analysis.images.image_dataset import ArrayDataset
from tests.steps import finish_with_events


def dataset(images: int) -> ArrayDataset:
    pixels = np.random.default_rng(0).integers(0, 256, (images, 3, 4, 3), dtype=np.uint8)
    return ArrayDataset("made up", "made up", ("one",), np.zeros(images, np.int64), pixels, "digest")


def test_that_each_group_becomes_its_mean_whatever_its_size() -> None:
    images = dataset(2 * CHUNK + 7)
    groups = [[3], list(range(len(images))), np.array([5, 1, 1])]
    seen, means = finish_with_events(averaging_images(images, groups))
    for group, mean in zip(groups, means, strict=True):
        assert mean.dtype == np.uint8 and not mean.flags.writeable
        assert np.array_equal(mean, np.rint(images.images(group).mean(axis=0)).astype(np.uint8))
    assert [step.done for step in seen] == sorted(step.done for step in seen)
    assert seen[-1].done == seen[-1].total == 1 + len(images) + 3
