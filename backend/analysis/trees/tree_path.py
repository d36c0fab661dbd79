"""The prediction path of an image: the nodes from the root to a leaf, each the closer of two. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from backend.analysis.trees.tree import PredictionTree
from backend.analysis.trees.tree_features import Floats, checked_features, dot_products, spatial_means
from backend.analysis.trees.tree_merging import TIE
from backend.errors import UserError

Descent = Literal["means", "members"]


@dataclass(frozen=True)
class PathStep:
    """One choice on the way down.

    Attributes
    ----------
    node : int
        Where the choice is made; −1 at the root above several roots.
    child, other : int
        The node taken, and the one left; above several roots the next best. Of equals the smaller number is taken.
    cosine, other_cosine : float
        Of the image's feature and the mean feature of each, as the descent takes it.
    margin : float
        How much closer the child is: `cosine` − `other_cosine`, 0 or more.
    critical_filter : int
        That of `node`; −1 above several roots, where no filter decided.
    score : float
        What the critical filter gives the image; NaN where there is none.
    percentile : float
        The share of the tree's images whose score is lower, in 0..1, ties counted half; NaN where there is no filter.
    """

    node: int
    child: int
    other: int
    cosine: float
    other_cosine: float
    margin: float
    critical_filter: int
    score: float
    percentile: float


@dataclass(frozen=True)
class Path:
    """The way of an image through a tree.

    Attributes
    ----------
    root : int
        The root it began at.
    steps : tuple of PathStep
        From the root on; none in a tree of one image.
    leaf : int
        Where it ended.
    image_number : int
        The number of that image in its data set.
    cosine : float
        Of the image's feature and the leaf's.
    closer_share : float
        The share of the tree's leaves that are farther from the image than `leaf`, in 0..1, ties counted half. A path
        need not end near: a node's mean is half that of the image that came to it last, so in a deep chain the way
        turns off early. Of the 1,000 horses of CIFAR-10's test set it is 0.24 in the mean, and 0.9 where the descent is
        by "members".
    nearest : int
        The closest leaf, wherever it lies; of equals the first.
    descent : {"means", "members"}
        How `trace_path` was told to go.
    """

    root: int
    steps: tuple[PathStep, ...]
    leaf: int
    image_number: int
    cosine: float
    closer_share: float
    nearest: int
    descent: Descent = "means"

    @property
    def nodes(self) -> tuple[int, ...]:
        """The nodes passed, the root first and the leaf last."""
        return (self.root, *(step.child for step in self.steps if step.node >= 0))

    @property
    def critical_filters(self) -> tuple[int, ...]:
        """The filters that decided, in the order of the steps; none twice."""
        return tuple(step.critical_filter for step in self.steps if step.node >= 0)


def trace_path(tree: PredictionTree, feature: Any, descent: Descent = "means") -> Path:
    """Follow an image from the root to a leaf: at each node to the child with the larger cosine.

    A tree with several roots is entered at the closest one.

    Parameters
    ----------
    tree : PredictionTree
    feature : ndarray or Tensor
        (filters, height, width), of the layer that the tree was built from.
    descent : {"means", "members"}, default "means"
        What stands for a node. "means" is the paper's mean ½(u+v) of its two children, "members" the mean of all images
        below it. With the first, a single image that merged last counts as much as all others of a chain together, so
        that a path often turns off early; the second goes with the many (see `Path.closer_share`).

    Returns
    -------
    Path

    Raises
    ------
    UserError
        Where the feature has another shape than the tree's, or is not finite.
    """
    leaf = _checked(tree, feature)
    cosines = _cosines(tree, leaf, descent)
    path, root = list[tuple[int, int, int]](), tree.roots[0]
    if len(tree.roots) > 1:
        root = _nearest(cosines, tree.roots)
        path.append((-1, root, _nearest(cosines, [node for node in tree.roots if node != root])))
    node = root
    while (children := tree.children(node)) is not None:
        nearer = _nearest(cosines, children)
        path.append((node, nearer, sum(children) - nearer))
        node = nearer
    steps, number, end = _steps(tree, leaf, cosines, path), int(tree.image_numbers[node]), float(cosines[node])
    leaves = cosines[: tree.images]
    closer = float(((leaves < end - TIE).mean() + (leaves <= end + TIE).mean()) / 2)
    nearest = int((leaves >= leaves.max() - TIE).argmax())
    return Path(root, steps, node, number, end, closer, nearest, descent)


def _nearest(cosines: Floats, nodes: Sequence[int]) -> int:
    """Give the node with the largest cosine; of those that only rounding tells apart, the first."""
    largest = max(cosines[node] for node in nodes)
    return next(node for node in nodes if cosines[node] >= largest - TIE)


def _steps(
    tree: PredictionTree, feature: Any, cosines: Floats, path: list[tuple[int, int, int]]
) -> tuple[PathStep, ...]:
    """Put what is to be said of each step beside the choice that was made."""
    merges = np.array([max(node - tree.images, -1) for node, _, _ in path], np.int64)
    critical = np.where(merges >= 0, tree.critical_filters[merges], -1) if len(tree.merges) else np.full(len(path), -1)
    scores = spatial_means(feature)[critical]
    others = tree.scores[:, critical]
    percentiles = ((others < scores).mean(0) + (others <= scores).mean(0)) / 2
    steps = []
    for (node, child, other), lost, score, share in zip(path, critical, scores, percentiles, strict=True):
        near, far = float(cosines[child]), float(cosines[other])
        known = (float(score), float(share)) if lost >= 0 else (float("nan"), float("nan"))
        steps.append(PathStep(node, child, other, near, far, max(near - far, 0.0), int(lost), *known))
    return tuple(steps)


def _checked(tree: PredictionTree, feature: Any) -> Any:
    shape = tuple(feature.shape)
    if shape != tree.features.shape[1:]:
        expected = " × ".join(str(side) for side in tree.features.shape[1:])
        raise UserError(
            "The image does not fit the tree",
            f"The tree's features are {expected}, this one is {' × '.join(str(side) for side in shape)}.",
            "Trace it with the network and the layer that the tree was built from.",
        )
    return checked_features(feature[None])[0]


def _cosines(tree: PredictionTree, feature: Any, descent: Descent) -> Floats:
    """Give the cosine to what stands for every node; 0 where one of the two is of zeros."""
    products = dot_products(tree.features, np.arange(tree.images), feature).tolist()
    # Of a mean of members the sum has the same direction.
    share, norms = (0.5, tree.norms) if descent == "means" else (1.0, tree.sum_norms)
    for first, second in tree.merges.tolist():
        products.append(share * (products[first] + products[second]))
    lengths = norms * np.linalg.norm(feature.astype(np.float64))
    cosines: Floats = np.divide(products, lengths, out=np.zeros(len(lengths)), where=lengths > 0)
    return cosines
