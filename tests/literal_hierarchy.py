"""Algorithm 1 of the paper as it is written down, slow and plain: what the fast one is measured against."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray


def literal_distances(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """½ (1 − cos) pair by pair; a vector of zeros has cosine 0 to all others."""
    rows = [row.astype(np.float64).ravel() for row in vectors]
    distances = np.zeros((len(rows), len(rows)))
    for a, b in combinations(range(len(rows)), 2):
        length = np.linalg.norm(rows[a]) * np.linalg.norm(rows[b])
        cosine = float(rows[a] @ rows[b]) / length if length else 0.0
        distances[a, b] = distances[b, a] = (1 - cosine) / 2
    return distances


def literal_merges(distances: NDArray[np.float64]) -> list[tuple[int, int, float, int]]:
    """Every time the shortest edge between two parentless nodes is cut, and a supernode takes both.

    Gives the two nodes, the edge's length and the number of categories below; of equal edges the first by its nodes.
    """
    n = len(distances)
    edges = {(a, b): float(distances[a, b]) for a, b in combinations(range(n), 2)}
    below = dict.fromkeys(range(n), 1)
    parentless = list(range(n))
    merges = []
    while len(parentless) > 1:
        u, v = min(edges, key=lambda pair: (edges[pair], pair))
        s = n + len(merges)
        below[s] = below[u] + below[v]
        merges.append((u, v, edges.pop((u, v)), below[s]))
        parentless = [node for node in parentless if node not in (u, v)]
        for w in parentless:
            ends = [edges.pop((min(w, m), max(w, m))) for m in (u, v)]
            edges[w, s] = (ends[0] + ends[1]) / 2
        parentless.append(s)
    return merges
