"""Where the classes part in a prediction tree of several (the paper's further work, sec. 3.2). Torch-free."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backend.analysis.arrays import frozen

if TYPE_CHECKING:
    from backend.analysis.prediction_tree import PredictionTree


def class_counts(tree: PredictionTree, labels: ArrayLike, classes: int | None = None) -> NDArray[np.int64]:
    """Count the images of each class below every node.

    Parameters
    ----------
    tree : PredictionTree
    labels : int (images,)
        The class of each leaf, from 0: of a data set's labels, those of `tree.image_numbers`.
    classes : int, optional
        How many there are; by default as many as the largest label asks for.

    Returns
    -------
    int64 (images + m, classes), read-only
    """
    leaves = np.asarray(labels, np.int64)
    if leaves.shape != (tree.images,):
        raise ValueError(f"{tree.images} leaves need as many labels, not {leaves.shape}")
    columns = int(leaves.max()) + 1 if classes is None else classes
    if leaves.min() < 0 or leaves.max() >= columns:
        raise ValueError(f"labels of {columns} classes go from 0 to {columns - 1}")
    counts = np.zeros((tree.images + len(tree.merges), columns), np.int64)
    counts[np.arange(tree.images), leaves] = 1
    for merge, (first, second) in enumerate(tree.merges.tolist()):
        np.add(counts[first], counts[second], out=counts[tree.images + merge])
    return frozen(counts)


def class_information(tree: PredictionTree, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Tell what the choice at each merge says about an image's class: where the classes part.

    Every bit belongs to one choice: those of all merges and of the choice among several roots add up to what there is
    to know, the entropy of the classes. A merge that parts two halves of one class says nothing; one that takes a
    single image from thousands says little, whatever it is.

    Parameters
    ----------
    tree : PredictionTree
    counts : int64 (images + m, classes)
        Of `class_counts`.

    Returns
    -------
    float64 (m,), read-only
        In bits, as a mean over all images of the tree.
    """
    open_bits = _weighted(counts.sum(1)) - _weighted(counts).sum(1)
    told = open_bits[tree.images :] - open_bits[tree.merges].sum(1)
    return frozen(np.maximum(told, 0) / tree.images)


def class_entropy(counts: NDArray[np.int64]) -> float:
    """Give what there is to know of the class of an image, in bits, of counts (classes,)."""
    images = counts.sum()
    return float((_weighted(images) - _weighted(counts).sum()) / images) if images else 0.0


def _weighted(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    # Images times the bits that their share would take; none for none.
    return counts.astype(np.float64) * np.log2(np.maximum(counts, 1))
