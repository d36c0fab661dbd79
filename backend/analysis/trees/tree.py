"""The tree of Algorithm 2 once it is built: its nodes, and what each is asked for. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.trees.tree_features import Features, Floats, dot_products, spatial_means, weighted_sum
from backend.analysis.trees.tree_merging import TIE

Whole = NDArray[np.int64]

LIGHTEST = 2.0**-100
"""A leaf that weighs less in a mean feature is left out of it: far below what float32 can show."""


class _Layout(NamedTuple):
    """Leaves put in a row so that those below any node are neighbours: `order[first : first + size]`."""

    order: Whole
    first: Whole
    depth: Whole


@dataclass(frozen=True, eq=False)
class PredictionTree:
    """A tree over images. Node i < images is a leaf, node images + k is merge k; arrays are read-only.

    Attributes
    ----------
    features : float32 or float64 (images, filters, height, width)
        What the leaves are.
    image_numbers : int64 (images,)
        The leaves' numbers in their data set.
    merges : int64 (m, 2)
        The two nodes of each merge, the smaller number first.
    distances : float64 (m,)
        ½(1 − cosine) of the two nodes' whole mean features, in 0..1. A merge may be closer than one below it.
    critical_filters : int64 (m,)
        Counted from 0.
    norms : float64 (images + m,)
        The length of each node's mean feature.
    """

    features: Features
    image_numbers: Whole
    merges: Whole
    distances: Floats
    critical_filters: Whole
    norms: Floats

    @property
    def images(self) -> int:
        return len(self.features)

    @property
    def filters(self) -> int:
        return int(self.features.shape[1])

    @cached_property
    def parents(self) -> Whole:
        """The node above each: int64 (images + m,), −1 for roots."""
        parents = np.full(self.images + len(self.merges), -1)
        parents[self.merges] = self.images + np.arange(len(self.merges))[:, None]
        return frozen(parents)

    @cached_property
    def roots(self) -> tuple[int, ...]:
        """The root's children at the end, ascending: often one, more where the filters ran out."""
        return tuple(np.flatnonzero(self.parents < 0).tolist())

    @cached_property
    def sizes(self) -> Whole:
        """The images below each node: int64 (images + m,)."""
        sizes = [1] * self.images
        for first, second in self.merges.tolist():
            sizes.append(sizes[first] + sizes[second])
        return frozen(np.array(sizes))

    @cached_property
    def scores(self) -> NDArray[np.float32]:
        """What each filter gives each image, its mean over space: float32 (images, filters)."""
        return frozen(spatial_means(self.features))

    @cached_property
    def sum_norms(self) -> Floats:
        """The length of the sum of the features below each node: float64 (images + m,)."""
        flat = self.features.reshape(self.images, -1)
        norms = [*self.norms[: self.images].tolist()]
        # Only sums that have not been merged yet are kept: in these chained trees, few.
        sums = dict[int, Floats]()
        for node, pair in enumerate(self.merges.tolist(), self.images):
            first, second = (sums.pop(child) if child in sums else flat[child].astype(np.float64) for child in pair)
            sums[node] = first + second
            norms.append(float(np.linalg.norm(sums[node])))
        return frozen(np.array(norms))

    def children(self, node: int) -> tuple[int, int] | None:
        """Give the two nodes that a merge took together; None for a leaf."""
        self._check(node)
        if node < self.images:
            return None
        first, second = self.merges[node - self.images].tolist()
        return first, second

    def members(self, node: int) -> Whole:
        """Give the leaves below a node, ascending."""
        self._check(node)
        order, first, _ = self._layout
        return np.sort(order[first[node] : first[node] + self.sizes[node]])

    def reachable_filters(self, node: int) -> Whole:
        """Give the filters that are reachable from a node, ascending: all but those critical in it and below it."""
        self._check(node)
        first, sizes = self._layout.first, self.sizes
        start, stop = first[self.images :], first[self.images :] + sizes[self.images :]
        below = (start >= first[node]) & (stop <= first[node] + sizes[node])
        return np.setdiff1d(np.arange(self.filters), self.critical_filters[below])

    def mean_feature(self, node: int) -> NDArray[np.float32]:
        """Give the mean feature, float32 (filters, height, width): ½(u+v) at each merge, whatever the two hold."""
        leaves = self.members(node)
        depth = self._layout.depth
        weights = np.exp2(depth[node] - depth[leaves].astype(np.float64))
        heavy = weights > LIGHTEST
        return frozen(weighted_sum(self.features, leaves[heavy], weights[heavy]).astype(np.float32))

    def medoid(self, node: int) -> int:
        """Give the leaf with the smallest mean distance to all leaves below a node; of equals the first."""
        leaves = self.members(node)
        lengths = self.norms[leaves]
        inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        together = weighted_sum(self.features, leaves, inverse)
        cosines = dot_products(self.features, leaves, together) * inverse / len(leaves)
        return int(leaves[(cosines >= cosines.max() - TIE).argmax()])

    @cached_property
    def _layout(self) -> _Layout:
        sizes = self.sizes
        first, depth = np.zeros_like(sizes), np.zeros_like(sizes)
        tops = list(self.roots)
        first[tops] = np.concatenate(([0], np.cumsum(sizes[tops])[:-1]))
        for node in range(len(sizes) - 1, self.images - 1, -1):
            left, right = self.merges[node - self.images]
            first[left], first[right] = first[node], first[node] + sizes[left]
            depth[left] = depth[right] = depth[node] + 1
        order = np.empty(self.images, np.int64)
        order[first[: self.images]] = np.arange(self.images)
        return _Layout(order, first, depth)

    def _check(self, node: int) -> None:
        if not 0 <= node < self.images + len(self.merges):
            raise IndexError(f"node {node} of {self.images + len(self.merges)}")
