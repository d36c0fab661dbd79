from __future__ import annotations

import networkx
import numpy as np
import pytest
from numpy.typing import NDArray

from backend.analysis.hierarchies import tree_positions as module
from backend.analysis.hierarchies.tree_positions import SHORTEST, tree_positions


def random_tree(count: int, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    edges = [(int(random.integers(0, node)), node) for node in range(1, count)]
    return np.array(edges, np.int64).reshape(-1, 2), random.uniform(0.5, 2, count - 1)


def drawn(places: NDArray[np.float32], edges: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.linalg.norm(places[edges[:, 0]] - places[edges[:, 1]], axis=1).astype(np.float64)


def crossing(places: NDArray[np.float32], edges: NDArray[np.int64]) -> int:
    """Count pairs of edges without a common node that cross."""

    def side(a: NDArray[np.float32], b: NDArray[np.float32], c: NDArray[np.float32]) -> float:
        return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    count = 0
    for i, (a, b) in enumerate(edges):
        for c, d in edges[:i]:
            p, q, r, s = (places[node].astype(np.float64) for node in (a, b, c, d))
            if len({a, b, c, d}) == 4 and side(p, q, r) * side(p, q, s) < 0 and side(r, s, p) * side(r, s, q) < 0:
                count += 1
    return count


@pytest.mark.parametrize("count", [2, 3, 30])
def test_that_a_fan_has_its_lengths_and_no_crossing(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SETTLED", 0)
    edges, weights = random_tree(count)
    places = tree_positions(edges, weights)
    assert places.dtype == np.float32 and not places.flags.writeable
    lengths = SHORTEST + (1 - SHORTEST) * weights / weights.mean()
    assert np.ptp(drawn(places, edges) / lengths) < 1e-4
    assert crossing(places, edges) == 0
    assert places.min() >= -1e-6 and places.max() <= 1 + 1e-6 and np.ptp(places, axis=0).max() == pytest.approx(1)


def test_that_springs_keep_lengths_and_make_room() -> None:
    edges, weights = random_tree(12, seed=3)
    places = tree_positions(edges, weights)
    assert np.corrcoef(drawn(places, edges), weights)[0, 1] > 0.9
    graph = networkx.Graph()
    graph.add_weighted_edges_from((int(a), int(b), w) for (a, b), w in zip(edges, weights, strict=True))
    ways = dict(networkx.all_pairs_dijkstra_path_length(graph))
    apart = [
        (np.linalg.norm(places[a] - places[b]) / ways[a][b])
        for a in range(12)
        for b in range(a)
        if (a, b) in graph.edges
    ]
    assert max(apart) / min(apart) < 3


def test_that_nothing_lies_on_top_of_another_where_distances_are_0() -> None:
    edges, weights = random_tree(8)
    weights[:3] = 0.0
    lengths = drawn(tree_positions(edges, weights), edges)
    assert lengths.min() > SHORTEST / 2 * lengths.mean()
    assert np.isfinite(tree_positions(edges, np.zeros(7))).all()


def test_that_the_same_tree_lies_the_same_way() -> None:
    edges, weights = random_tree(10)
    assert np.array_equal(tree_positions(edges, weights), tree_positions(edges, weights))
    places = tree_positions(edges, weights)
    assert np.ptp(places[:, 0]) >= np.ptp(places[:, 1])


def test_that_a_thousand_nodes_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    edges, weights = random_tree(1000)

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(module, "_settle", never)
    assert tree_positions(edges, weights).shape == (1000, 2)
