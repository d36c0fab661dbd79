"""Algorithm 2 written down line by line as in the paper, with the readings of design.md: the referee, slow and exact.

Of an array of `Fraction` it computes without any rounding: cosines are compared by their signed squares, which need no
root and have the same order. Of a float64 array it is the plain computation.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Merge = tuple[int, int, float, int]
"""The two nodes, their distance and the critical filter."""


def exact(features: Array) -> Array:
    """Turn every value into a fraction."""
    return np.vectorize(Fraction, otypes=[object])(features.astype(np.float64))


def literal_tree(features: Array) -> tuple[list[Merge], dict[int, Array], dict[int, set[int]], list[int]]:
    """Give the merges, each node's mean feature and reachable filters, and the root's children at the end."""
    images, filters = features.shape[:2]
    mean = dict(enumerate(features))
    reachable = {leaf: set(range(filters)) for leaf in range(images)}
    children, merges = list(range(images)), list[Merge]()
    while any(len(reachable[child]) > 1 for child in children):
        pairs = [(u, v) for u in children for v in children if u < v and reachable[u] & reachable[v]]
        if not pairs:
            break
        u, v = max(pairs, key=lambda pair: signed_square(mean[pair[0]], mean[pair[1]]))
        critical = literal_critical_filter(mean[u], mean[v], reachable[u], reachable[v])
        merges.append((u, v, distance(signed_square(mean[u], mean[v])), critical))
        supernode = images + len(merges) - 1
        mean[supernode] = (mean[u] + mean[v]) / 2
        reachable[supernode] = (reachable[u] & reachable[v]) - {critical}
        children = [child for child in children if child not in (u, v)] + [supernode]
    return merges, mean, reachable, children


def literal_critical_filter(u: Array, v: Array, from_u: set[int], from_v: set[int]) -> int:
    unmasked = signed_square(masked(u, from_u), masked(v, from_v))

    def measure(lost: int) -> Any:
        cosine = signed_square(masked(u, from_u - {lost}), masked(v, from_v - {lost}))
        return cosine / unmasked if unmasked > 0 else cosine

    return min(sorted(from_u & from_v), key=measure)


def masked(feature: Array, filters: set[int]) -> Array:
    indicator = np.array([int(index in filters) for index in range(len(feature))])
    return feature * indicator[:, None, None]


def signed_square(u: Array, v: Array) -> Any:
    """Give cos·|cos| of two features, 0 where one is of zeros."""
    dot, lengths = (u * v).sum(), (u * u).sum() * (v * v).sum()
    return dot * abs(dot) / lengths if lengths > 0 else 0 * dot


def distance(square: Any) -> float:
    return (1 - float(np.sign(float(square))) * abs(float(square)) ** 0.5) / 2


def literal_path(children: list[int], merges: list[Merge], mean: dict[int, Array], feature: Array) -> list[int]:
    """Give the nodes from the closest of the root's children to a leaf, each the closer of two; of equals the first."""
    images = len(mean) - len(merges)
    path = [max(children, key=lambda child: signed_square(mean[child], feature))]
    while path[-1] >= images:
        two = merges[path[-1] - images][:2]
        path.append(max(two, key=lambda child: signed_square(mean[child], feature)))
    return path
