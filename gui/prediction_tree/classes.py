"""The classes that the images of a tree are of. Pure: no widget, no signal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.jobs import DatasetInfo, PredictionTree


def labels_of_tree(tree: PredictionTree | None, dataset: DatasetInfo | None) -> NDArray[np.int64]:
    """Give the class of each leaf; none where there is no tree, or it is of other images than the data set's."""
    if tree is None or dataset is None or tree.image_numbers.max() >= len(dataset.labels):
        return np.zeros(0, np.int64)
    labels: NDArray[np.int64] = dataset.labels[tree.image_numbers]
    return labels


def only_label(labels: NDArray[np.int64]) -> int | None:
    """Give the class that all are of; None where they are of several, or there are none."""
    return int(labels[0]) if len(labels) and bool((labels == labels[0]).all()) else None


def class_of_tree(tree: PredictionTree, dataset: DatasetInfo) -> str:
    """Name the class that all images of a tree are of; "" where they are of several."""
    label = only_label(labels_of_tree(tree, dataset))
    return "" if label is None else dataset.class_names[label]
