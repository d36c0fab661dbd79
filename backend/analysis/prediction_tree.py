"""Algorithm 2: the prediction tree of a set of images, each merge with its critical filter (paper sec. 3.2).

Torch-free at import. The tree itself is in `trees.tree`: the window holds trees and asks their nodes.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.events import Progress, finish
from backend.analysis.trees.tree import PredictionTree, Whole
from backend.analysis.trees.tree_features import checked_features
from backend.analysis.trees.tree_merging import merging
from backend.analysis.trees.tree_path import Path, PathStep, trace_path

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Path", "PathStep", "PredictionTree", "build_prediction_tree", "building_prediction_tree", "trace_path"]


def memory_of_tree(images: int, values: int) -> int:
    """Estimate the bytes that a tree takes while it is built.

    Parameters
    ----------
    images : int
    values : int
        Of one image's feature: filters × height × width.

    Returns
    -------
    int
        For the features as they are and in float64, and for the Gram matrix.
    """
    return images * values * (4 + 8) + 8 * images**2


def build_prediction_tree(
    features: NDArray[np.floating] | Tensor, image_numbers: Sequence[int] | Whole | None = None
) -> PredictionTree:
    """Build a tree and wait for it: `building_prediction_tree`, which documents the parameters, run to its end."""
    return finish(building_prediction_tree(features, image_numbers))


def building_prediction_tree(
    features: NDArray[np.floating] | Tensor,
    image_numbers: Sequence[int] | Whole | None = None,
    *,
    device: str | None = None,
) -> Generator[Progress, None, PredictionTree]:
    """Build the prediction tree of any images, telling how far it is.

    The closest two nodes by ½(1 − cosine) of their whole mean features merge, among those that share a reachable
    filter; of equal pairs that of the smallest node numbers. All is decided in float64, and what differs by less than
    1e-13 is equal. Takes 1.3 to 2.4 times the Gram product of the features in float64 (measured at 500 to
    5,000 images), and besides them one copy in float64 and one Gram matrix.

    Parameters
    ----------
    features : ndarray or Tensor
        (images, filters, height, width); kept by the tree where they are float32 or float64, and not to be changed
        afterwards.
    image_numbers : sequence of int, optional
        The images' numbers in their data set, by default 0 to images − 1.
    device : str, optional
        Where the Gram product is computed; by default where the features are, if that has float64.

    Yields
    ------
    Progress
        In pairs of images while their products are computed, then in merges, of images − 1 that there can be at most.

    Returns
    -------
    PredictionTree

    Raises
    ------
    UserError
        Where the features have no space, there are none, or one is not finite.
    """
    device = device or str(getattr(features, "device", "cpu"))
    leaves = checked_features(features)
    images, filters = leaves.shape[:2]
    numbers = np.arange(images) if image_numbers is None else np.array(image_numbers, np.int64)
    if numbers.shape != (images,):
        raise ValueError(f"{images} features need as many image numbers, not {numbers.shape}")
    found = yield from merging(leaves.reshape(images, filters, -1), device)
    arrays = (frozen(array) for array in (found.pairs, found.distances, found.critical_filters, found.norms))
    return PredictionTree(leaves, frozen(numbers), *arrays)  # type: ignore[arg-type]
