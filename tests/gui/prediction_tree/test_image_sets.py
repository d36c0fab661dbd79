"""The images that a tree is offered of."""

from __future__ import annotations

import numpy as np

from backend.jobs import DatasetInfo
from gui.prediction_tree.image_sets import image_sets


def dataset(labels: list[int], names: tuple[str, ...]) -> DatasetInfo:
    return DatasetInfo("source", "name", len(labels), names, (), labels=np.array(labels, np.int64))


def test_that_classes_a_mix_and_all_are_offered() -> None:
    labels = [0] * 1200 + [1] * 150
    cat, dog, mixed, everything = image_sets(dataset(labels, ("cat", "dog")))
    assert (cat.text, cat.label, cat.numbers) == ("cat · 1,200 images", 0, ())
    assert (dog.text, dog.label) == ("dog · 150 images", 1)
    assert mixed.text == "mixed · 100 of each class"
    assert mixed.numbers == (*range(100), *range(1200, 1300))
    assert (everything.text, everything.label, everything.numbers) == ("all · 1,350 images", None, ())


def test_that_a_mix_has_as_many_of_each_as_the_smallest_class_and_leaves_empty_ones_out() -> None:
    sets = image_sets(dataset([0, 2, 0, 2, 2], ("cat", "none", "dog")))
    assert [each.text for each in sets][:4] == [
        "cat · 2 images",
        "none · 0 images",
        "dog · 3 images",
        "mixed · 2 of each class",
    ]
    assert sets[3].numbers == (0, 1, 2, 3)


def test_that_nothing_is_mixed_where_that_would_be_all_or_one_class() -> None:
    assert [each.text for each in image_sets(dataset([0, 1], ("cat", "dog")))][-2:] == [
        "dog · 1 image",
        "all · 2 images",
    ]
    assert [each.text for each in image_sets(dataset([0], ("cat",)))] == ["cat · 1 image", "all · 1 image"]
