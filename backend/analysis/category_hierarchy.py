"""Algorithm 1 of the paper (sec. 3.1): which classes a network holds close, as a tree and as a spanning tree.

Torch-free and without networkx at import time: the window reads these numbers before either is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.errors import UserError

if TYPE_CHECKING:
    import networkx

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

COLUMNS = 4096
"""Features that are multiplied at once: all of them in double precision would be twice the vectors again."""


@dataclass(frozen=True, eq=False)
class CategoryHierarchy:
    """Categories, merged pair by pair until one is left. Arrays are read-only.

    Node i < n is category i; node n + k is what merge k made.

    Attributes
    ----------
    names : tuple of str
        One a category, each once.
    distances : float64 (n, n)
        ½ (1 − cos) of the representative vectors, 0 to 1; symmetric, its diagonal is 0.
    linkage : float64 (n − 1, 4)
        As SciPy's: the two nodes that merge (the smaller number first), their distance, the categories below.
    edges : int64 (n − 1, 2)
        The minimum spanning tree of the dense graph, the shortest edge first.
    """

    names: tuple[str, ...]
    distances: Floats
    linkage: Floats
    edges: Numbers

    @property
    def merges(self) -> Numbers:
        """Return the two nodes of each merge, int64 (n − 1, 2)."""
        return self.linkage[:, :2].astype(np.int64)

    @property
    def heights(self) -> Floats:
        """Return the distance at which each merge happens, (n − 1,); it never falls."""
        return self.linkage[:, 2]

    @property
    def edge_weights(self) -> Floats:
        """Return the length of each edge of the spanning tree, (n − 1,)."""
        return self.distances[self.edges[:, 0], self.edges[:, 1]]

    @property
    def spanning_tree(self) -> networkx.Graph:
        """Return the spanning tree: a node a name, with its `number`; edges have a `weight`, their distance."""
        import networkx

        graph = networkx.Graph()
        for number, name in enumerate(self.names):
            graph.add_node(name, number=number)
        for (a, b), weight in zip(self.edges.tolist(), self.edge_weights.tolist(), strict=True):
            graph.add_edge(self.names[a], self.names[b], weight=weight)
        return graph

    @cached_property
    def leaf_order(self) -> Numbers:
        """Return the categories as the tree has them from one side to the other, int64 (n,)."""
        return frozen(np.array(self._below[2 * len(self.names) - 2], np.int64))

    @cached_property
    def cophenetic(self) -> Floats:
        """Return the height at which each pair first is in one node, (n, n), its diagonal 0."""
        heights = np.zeros_like(self.distances)
        for (a, b), height in zip(self.merges.tolist(), self.heights.tolist(), strict=True):
            left, right = self._below[a], self._below[b]
            heights[np.ix_(left, right)] = height
            heights[np.ix_(right, left)] = height
        return frozen(heights)

    @cached_property
    def cophenetic_correlation(self) -> float:
        """Return Pearson's correlation of the tree's heights with the distances; NaN where either are all equal."""
        return pearson(upper(self.cophenetic), upper(self.distances))

    def members(self, node: int) -> tuple[int, ...]:
        """Return the categories below a node, in the order of the tree."""
        return self._below[node]

    def clusters(self, height: float) -> Numbers:
        """Cut the tree: int64 (n,), the cluster of each category, numbered from 0 in the order of the tree.

        What merges at `height` or below it stays together.
        """
        parts = np.arange(len(self.names))
        for k in np.flatnonzero(self.heights <= height):
            parts[list(self._below[len(self.names) + int(k)])] = len(self.names) + int(k)
        in_order = parts[self.leaf_order]
        begins = np.concatenate(([False], in_order[1:] != in_order[:-1]))
        found = np.empty_like(parts)
        found[self.leaf_order] = np.cumsum(begins)
        return found

    @cached_property
    def _below(self) -> tuple[tuple[int, ...], ...]:
        below: list[tuple[int, ...]] = [(category,) for category in range(len(self.names))]
        for a, b in self.merges.tolist():
            below.append(below[a] + below[b])
        return tuple(below)


def build_category_hierarchy(vectors: NDArray[np.floating], names: Sequence[str]) -> CategoryHierarchy:
    """Merge the closest two categories, again and again; the new node's distance to each other is the mean of the two.

    This is WPGMA. Distances and heights are double precision; of pairs exactly as close, the one with the smallest node
    numbers goes first.

    Parameters
    ----------
    vectors : float (n, ...)
        The representative vector of each category; maps are flattened. A vector of zeros has cosine 0 to all others.
    names : sequence of str
        One a category. One that is there twice gets its number behind it.

    Returns
    -------
    CategoryHierarchy

    Raises
    ------
    UserError
        Where there are fewer than two categories, or a vector is not finite.
    ValueError
        Where vectors and names are not as many.

    References
    ----------
    H. Dai, What do CNN neurons learn: Visualization & Clustering, arXiv 2010.11725, Algorithm 1.
    """
    if len(vectors) != len(names):
        raise ValueError(f"{len(vectors)} vectors have {len(names)} names")
    if len(names) < 2:
        raise UserError(
            "Too few classes",
            f"A hierarchy needs two classes at least, and there {'is one' if len(names) else 'is none'}.",
            "Open a data set with more classes, or add random noise as one.",
        )
    called = _each_once(names)
    distances = cosine_distances(np.asarray(vectors).reshape(len(names), -1), called)
    return CategoryHierarchy(
        called, frozen(distances), frozen(_merge_closest(distances)), frozen(_spanning_edges(distances))
    )


def cosine_distances(vectors: NDArray[np.floating], names: Sequence[str]) -> Floats:
    """Return ½ (1 − cos) of every two rows of (n, features), float64 (n, n); `UserError` for one that is not finite."""
    broken = np.flatnonzero(~np.isfinite(vectors).all(1))
    if len(broken):
        raise UserError(
            "The features are not finite",
            f"The layer gives “{names[broken[0]]}” values that are infinite or no numbers.",
            "Choose another layer, or look for what overflows in the network.",
        )
    # Scaled first: the squares of very small or large features would leave the range of a double.
    largest = np.abs(vectors).max(1, initial=0.0, keepdims=True).astype(np.float64)
    scale = np.where(largest > 0, largest, 1.0)
    products = np.zeros((len(vectors), len(vectors)))
    for start in range(0, vectors.shape[1], COLUMNS):
        part = vectors[:, start : start + COLUMNS] / scale
        products += part @ part.T
    lengths = np.sqrt(np.diag(products))
    lengths[lengths == 0] = 1.0
    cosines = np.clip(products / lengths[:, None] / lengths[None], -1.0, 1.0)
    distances: Floats = (1 - (cosines + cosines.T) / 2) / 2
    np.fill_diagonal(distances, 0.0)
    return distances


def upper(square: Floats) -> Floats:
    """Return each pair of (n, n) once, (n (n − 1) / 2,), in the order of SciPy's condensed distances."""
    return square[np.triu_indices(len(square), 1)]


def pearson(first: Floats, second: Floats) -> float:
    """Return the correlation of two rows of numbers; NaN where there are fewer than two or either are all equal."""
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def _merge_closest(distances: Floats) -> Floats:
    """Return SciPy's linkage. Every node keeps its nearest later node, so that a merge looks at a few rows alone."""
    n = len(distances)
    # Above the diagonal only, and infinity for what is merged: then the first smallest entry is the pair to take.
    far = np.full((2 * n - 1, 2 * n - 1), np.inf)
    far[:n, :n][np.triu_indices(n, 1)] = upper(distances)
    nearest, least = far.argmin(1), far.min(1)
    alive = np.arange(2 * n - 1) < n
    sizes = np.ones(2 * n - 1)
    linkage = np.empty((n - 1, 4))
    for k in range(n - 1):
        u = int(least.argmin())
        v, s = int(nearest[u]), n + k
        linkage[k] = u, v, least[u], sizes[u] + sizes[v]
        sizes[s] = sizes[u] + sizes[v]
        to_u, to_v = np.minimum(far[u], far[:, u]), np.minimum(far[v], far[:, v])
        alive[[u, v]] = False
        others = np.flatnonzero(alive)
        for gone in (u, v):
            far[gone], far[:, gone], least[gone] = np.inf, np.inf, np.inf
        far[others, s] = (to_u[others] + to_v[others]) / 2
        alive[s] = True
        lost = others[(nearest[others] == u) | (nearest[others] == v)]
        nearest[lost] = far[lost].argmin(1)
        closer = others[far[others, s] < far[others, nearest[others]]]
        nearest[closer] = s
        least[others] = far[others, nearest[others]]
    return linkage


def _spanning_edges(distances: Floats) -> Numbers:
    """Return the edges of the minimum spanning tree, the shortest first: Prim's algorithm, from category 0."""
    n = len(distances)
    outside = np.ones(n, np.bool_)
    outside[0] = False
    reach, source = distances[0].copy(), np.zeros(n, np.int64)
    edges = np.empty((n - 1, 2), np.int64)
    for k in range(n - 1):
        new = int(np.where(outside, reach, np.inf).argmin())
        edges[k] = sorted((int(source[new]), new))
        outside[new] = False
        closer = outside & (distances[new] < reach)
        reach[closer], source[closer] = distances[new][closer], new
    lengths = distances[edges[:, 0], edges[:, 1]]
    return edges[np.lexsort((edges[:, 1], edges[:, 0], lengths))]


def _each_once(names: Sequence[str]) -> tuple[str, ...]:
    """Tell equal names apart by their number: ImageNet has two kinds of crane."""
    return tuple(f"{name} ({number})" if names.count(name) > 1 else name for number, name in enumerate(names))
