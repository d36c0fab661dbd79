"""Where the nodes of a spanning tree are drawn: the more an edge weighs, the longer it is."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen

MOST_SETTLED = 150
"""Nodes up to which the spring layout runs: it takes about a second for so many, and minutes for a thousand."""
SHORTEST = 0.5
"""Of the mean edge, how long one of distance 0 is drawn: else two equal classes would lie on one another."""


def tree_positions(edges: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """Lay a tree out in the plane.

    Every edge fans out from the middle of the tree without crossing another, as long as half of the mean weight and
    half of its own. Smaller trees then settle by Kamada and Kawai's springs, which pull every pair to the length of the
    way between them.

    Parameters
    ----------
    edges : int64 (n − 1, 2)
    weights : float64 (n − 1,)
        Not negative.

    Returns
    -------
    float32 (n, 2)
        x and y in 0..1, the longer side filling it; read-only.
    """
    mean = float(weights.mean()) if len(weights) and weights.mean() > 0 else 1.0
    lengths = SHORTEST + (1 - SHORTEST) * weights / mean
    places = _fan(edges, lengths)
    if 2 < len(places) <= MOST_SETTLED:
        places = _settle(edges, lengths, places)
    places = _upright(places)
    span = float(np.ptp(places, axis=0).max()) or 1.0
    places = (places - (places.max(0) + places.min(0)) / 2) / span + 0.5
    return frozen(places.astype(np.float32))


def _fan(edges: NDArray[np.int64], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give every branch a sector as wide as it has leaves (the equal-angle layout of phylogenetic trees)."""
    n = len(edges) + 1
    beside: list[list[tuple[int, float]]] = [[] for _ in range(n)]
    for (a, b), length in zip(edges.tolist(), lengths.tolist(), strict=True):
        beside[a].append((b, length))
        beside[b].append((a, length))
    root = max(range(n), key=lambda node: len(beside[node]))
    order, parent = [root], {root: -1}
    for node in order:
        for other, _ in beside[node]:
            if other != parent[node]:
                parent[other] = node
                order.append(other)
    leaves = [1 if len(beside[node]) < 2 else 0 for node in range(n)]
    for node in reversed(order[1:]):
        leaves[parent[node]] += leaves[node]
    places, begins = np.zeros((n, 2)), {root: 0.0}
    for node in order:
        angle = begins[node]
        for other, length in beside[node]:
            if other == parent[node]:
                continue
            width = 2 * math.pi * leaves[other] / max(leaves[root], 1)
            middle = angle + width / 2
            places[other] = places[node] + length * np.array([math.cos(middle), math.sin(middle)])
            begins[other] = angle
            angle += width
    return places


def _settle(edges: NDArray[np.int64], lengths: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(len(places)))
    graph.add_weighted_edges_from((int(a), int(b), float(w)) for (a, b), w in zip(edges, lengths, strict=True))
    ways = dict(networkx.all_pairs_dijkstra_path_length(graph))
    settled = networkx.kamada_kawai_layout(graph, dist=ways, pos=dict(enumerate(places)), weight=None)
    return np.stack([settled[node] for node in range(len(places))]).astype(np.float64)


def _upright(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn the longest extent to the horizontal; the same tree always lies the same way."""
    centred = places - places.mean(0)
    axes = np.linalg.svd(centred, full_matrices=False)[2]
    if len(axes) < 2:
        return np.asarray(centred)
    # The sign that a decomposition gives is chance: the farthest node lies to the right, and below.
    turned = centred @ axes.T
    signs = np.sign(turned[np.abs(turned).argmax(0), [0, 1]])
    return np.asarray(turned * np.where(signs == 0, 1.0, signs))
