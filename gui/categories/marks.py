"""What the views of a hierarchy share: the clusters of a cut, and what is selected. Pure: no widget."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from backend.jobs import CategoryHierarchy

ALONE = -1
"""Hue of a category that is in no cluster with another."""
NEVER = -1
HUES = 11
"""Colours of clusters: so many can be told from each other and from the accent, which is for what is selected."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """What a cut leaves together.

    Attributes
    ----------
    height : float
    groups : tuple of tuple of int
        The categories of each cluster, in the order of the tree.
    nodes : tuple of int
        The node of the tree that each cluster is.
    hues : int64 (n,)
        The number of the colour of each category, below `HUES`: a cluster keeps it when the cut moves and its first
        category stays in it, unless the cluster beside it has the same. −1 where the category is alone.
    """

    height: float
    groups: tuple[tuple[int, ...], ...]
    nodes: tuple[int, ...]
    hues: NDArray[np.int64]


def cut(hierarchy: CategoryHierarchy, height: float) -> Clusters:
    """Cut the tree at a height: what merges at it or below stays together."""
    order, parts = hierarchy.leaf_order.tolist(), hierarchy.clusters(height)
    groups: list[list[int]] = [[] for _ in range(int(parts.max()) + 1)]
    for category in order:
        groups[parts[category]].append(category)
    places = {category: place for place, category in enumerate(order)}
    hues, before = np.full(len(order), ALONE, np.int64), ALONE
    for group in groups:
        if len(group) > 1:
            hue = places[group[0]] % HUES
            before = hue if hue != before else (hue + 1) % HUES
            hues[group] = before
    count = len(order)
    tops = dict(enumerate(range(count)))
    for k in np.flatnonzero(hierarchy.heights <= height).tolist():
        tops.update(dict.fromkeys(hierarchy.members(count + k), count + k))
    return Clusters(height, tuple(map(tuple, groups)), tuple(tops[group[0]] for group in groups), hues)


def natural_cut(hierarchy: CategoryHierarchy) -> float:
    """Give the middle of the widest gap between two merges: there the clusters are told apart best.

    Only cuts count that leave at most half as many clusters as categories: more are hardly groups.
    """
    heights = hierarchy.heights
    if len(heights) < 2:
        return float(heights[0]) / 2 if len(heights) else 0.0
    lowest = len(hierarchy.names) - max(2, len(hierarchy.names) // 2)
    place = lowest - 1 + int(np.diff(heights[lowest - 1 :]).argmax())
    return float(heights[place] + heights[place + 1]) / 2


@dataclass(frozen=True)
class Marks:
    """What is selected, of a hierarchy of n categories: one of the three, or nothing.

    Attributes
    ----------
    leaf : int
        A category; −1 for none.
    pair : (int, int) or None
        Two categories, the smaller number first.
    node : int
        A merge, n or more; −1 for none.
    """

    leaf: int = NEVER
    pair: tuple[int, int] | None = None
    node: int = NEVER

    def members(self, hierarchy: CategoryHierarchy) -> tuple[int, ...]:
        """Give the categories that are marked."""
        if self.leaf >= 0:
            return (self.leaf,)
        if self.pair is not None:
            return self.pair
        return hierarchy.members(self.node) if self.node >= 0 else ()


def pair_of(first: int, second: int) -> tuple[int, int]:
    """Give a pair in the order that `Marks` has."""
    return (first, second) if first < second else (second, first)


def parents_of(hierarchy: CategoryHierarchy) -> NDArray[np.int64]:
    """Give the node above each node, int64 (2 n − 1,); −1 for the root."""
    count = len(hierarchy.names)
    parents = np.full(2 * count - 1, NEVER, np.int64)
    for k, (a, b) in enumerate(hierarchy.merges.tolist()):
        parents[[a, b]] = count + k
    return parents


def node_places(hierarchy: CategoryHierarchy) -> NDArray[np.float64]:
    """Give the place of each node among the leaves, (2 n − 1,): the first is at 0.5, a merge between its two."""
    count = len(hierarchy.names)
    places = np.empty(2 * count - 1)
    places[hierarchy.leaf_order] = np.arange(count) + 0.5
    for k, (a, b) in enumerate(hierarchy.merges.tolist()):
        places[count + k] = (places[a] + places[b]) / 2
    return places


def cut_into(hierarchy: CategoryHierarchy, groups: int) -> float:
    """Give a height, between two merges, at which the tree falls into so many clusters.

    Where merges are equally high, into fewer.
    """
    heights, merges = hierarchy.heights, min(len(hierarchy.names) - groups, len(hierarchy.heights))
    if merges <= 0:
        return -1.0 if not len(heights) or heights[0] <= 0 else float(heights[0]) / 2
    return float(heights[merges - 1 : merges + 1].mean())


def coloured_as(clusters: Clusters, other: Clusters, places: dict[int, int]) -> Clusters:
    """Give clusters the colours that most of their categories have in another hierarchy.

    `places` says which category of the other each one is.
    """
    hues = np.full_like(clusters.hues, ALONE)
    for group in clusters.groups:
        there = [int(other.hues[places[leaf]]) for leaf in group if leaf in places]
        there = [hue for hue in there if hue != ALONE]
        if len(group) > 1 and there:
            hues[list(group)] = max(there, key=there.count)
    return replace(clusters, hues=hues)
