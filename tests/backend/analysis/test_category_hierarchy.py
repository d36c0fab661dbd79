"""Algorithm 1 against a literal transcription, SciPy and networkx, and by properties."""

from __future__ import annotations

import time

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.cluster.hierarchy import cophenet, leaves_list, linkage
from scipy.spatial.distance import squareform
from scipy.stats import spearmanr

from backend.analysis.category_hierarchy import CategoryHierarchy, build_category_hierarchy
from backend.analysis.hierarchies.hierarchy_comparison import compare_hierarchies, mean_ranks
from backend.analysis.hierarchies.hierarchy_files import graphml, newick
from backend.errors import UserError
from tests.literal_hierarchy import literal_distances, literal_merges


def random_vectors(count: int, features: int = 40, seed: int = 0) -> NDArray[np.float32]:
    return np.abs(np.random.default_rng(seed).standard_normal((count, features))).astype(np.float32)


def built(vectors: NDArray[np.floating]) -> CategoryHierarchy:
    return build_category_hierarchy(vectors, [f"c{number}" for number in range(len(vectors))])


def whole_vectors(count: int, features: int, seed: int) -> NDArray[np.float32]:
    """Vectors of few small whole numbers, so that many distances are equal."""
    return np.random.default_rng(seed).integers(0, 2, (count, features)).astype(np.float32)


# The algorithm


@pytest.mark.parametrize(("count", "features"), [(2, 1), (3, 5), (10, 256), (40, 7), (25, 5000)])
def test_that_merges_are_those_of_the_paper_written_down(count: int, features: int) -> None:
    vectors = random_vectors(count, features, seed=count)
    found = built(vectors)
    assert np.allclose(found.distances, literal_distances(vectors), atol=1e-12)
    expected = np.array(literal_merges(found.distances))
    assert np.array_equal(found.linkage[:, [0, 1, 3]], expected[:, [0, 1, 3]])
    assert np.allclose(found.heights, expected[:, 2], atol=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_that_ties_go_to_the_smallest_numbers(seed: int) -> None:
    found = built(whole_vectors(12, 3, seed))
    assert len(np.unique(found.distances)) < 12
    expected = np.array(literal_merges(found.distances))
    assert np.array_equal(found.linkage, expected)


def test_that_a_small_case_is_as_computed_by_hand() -> None:
    # a and b 60° apart, c at a right angle to a and 30° from b.
    vectors = np.array([[1, 0], [0.5, np.sqrt(0.75)], [0, 2]])
    found = build_category_hierarchy(vectors, ["a", "b", "c"])
    near = (1 - np.sqrt(0.75)) / 2
    assert np.allclose(found.distances, [[0, 0.25, 0.5], [0.25, 0, near], [0.5, near, 0]])
    assert np.allclose(found.linkage, [[1, 2, near, 2], [0, 3, 0.375, 3]])
    assert found.edges.tolist() == [[1, 2], [0, 1]]
    assert np.allclose(found.cophenetic, [[0, 0.375, 0.375], [0.375, 0, near], [0.375, near, 0]])
    assert found.members(3) == (1, 2) and found.members(4) == (0, 1, 2)


@pytest.mark.parametrize("count", [2, 10, 120])
def test_that_it_is_scipys_weighted_linkage(count: int) -> None:
    found = built(random_vectors(count))
    condensed = squareform(found.distances, checks=True)
    reference = linkage(condensed, method="weighted")
    assert np.allclose(found.linkage, reference)
    assert np.array_equal(found.leaf_order, leaves_list(reference))
    assert np.allclose(squareform(found.cophenetic), cophenet(reference))
    if count > 2:
        assert found.cophenetic_correlation == pytest.approx(cophenet(reference, condensed)[0])


@pytest.mark.parametrize("vectors", [random_vectors(60), whole_vectors(30, 4, 1)])
def test_that_the_spanning_tree_is_as_light_as_that_of_networkx(vectors: NDArray[np.float32]) -> None:
    found = built(vectors)
    dense = networkx.from_numpy_array(found.distances + (found.distances == 0) * 1e-300)
    reference = networkx.minimum_spanning_tree(dense)
    tree = found.spanning_tree
    assert networkx.is_tree(tree) and set(tree) == set(found.names)
    assert tree.size(weight="weight") == pytest.approx(reference.size(weight="weight"))
    assert np.all(np.diff(found.edge_weights) >= 0)
    for a, b, weight in tree.edges(data="weight"):
        assert weight == found.distances[tree.nodes[a]["number"], tree.nodes[b]["number"]]


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 14), st.integers(1, 6), st.integers(0, 10_000))
def test_that_every_category_is_taken_once_and_heights_never_fall(count: int, features: int, seed: int) -> None:
    found = built(whole_vectors(count, features, seed))
    taken = found.merges.ravel().tolist()
    assert sorted(taken) == list(range(2 * count - 2))
    assert np.all(np.diff(found.heights) >= 0)
    assert sorted(found.leaf_order.tolist()) == list(range(count))
    assert np.all((found.distances >= 0) & (found.distances <= 1))
    for height in (-1.0, 0.0, 0.2, 1.0):
        parts = found.clusters(height)
        for a in range(count):
            for b in range(a):
                assert (parts[a] == parts[b]) == (found.cophenetic[a, b] <= height)
        # Numbered in the order of the tree, without a gap.
        assert list(dict.fromkeys(parts[found.leaf_order].tolist())) == list(range(parts.max() + 1))


def test_that_vectors_of_zeros_are_at_a_right_angle_to_all_and_scale_does_not_matter() -> None:
    vectors = random_vectors(4)
    vectors[2] = 0
    found = built(vectors)
    assert found.distances[2].tolist() == [0.5, 0.5, 0, 0.5]
    scaled = vectors.astype(np.float64) * np.array([1e-200, 1, 1, 1e200])[:, None]
    assert np.allclose(built(scaled).distances, found.distances, atol=1e-12)
    negative = build_category_hierarchy(np.array([[1.0, 2.0], [-1.0, -2.0]]), ["a", "b"])
    assert negative.distances[0, 1] == pytest.approx(1.0)


def test_that_maps_are_flattened_and_the_arrays_cannot_be_changed() -> None:
    vectors = random_vectors(5, 48)
    found = built(vectors.reshape(5, 3, 4, 4))
    assert np.allclose(found.distances, built(vectors).distances)
    for array in (found.distances, found.linkage, found.edges, found.cophenetic, found.leaf_order):
        assert not array.flags.writeable


def test_that_a_thousand_categories_merge_in_two_seconds() -> None:
    vectors = random_vectors(1000, 512)
    began = time.perf_counter()
    found = built(vectors)
    took = time.perf_counter() - began
    assert took < 2
    assert np.allclose(found.linkage, linkage(squareform(found.distances), method="weighted"))


def test_that_what_cannot_be_done_is_a_sentence() -> None:
    vectors = random_vectors(3)
    with pytest.raises(UserError, match="two classes at least, and there is one"):
        built(vectors[:1])
    with pytest.raises(UserError, match="there is none"):
        built(vectors[:0])
    vectors[1, 5] = np.nan
    with pytest.raises(UserError, match="“c1” values that are infinite or no numbers"):
        built(vectors)
    with pytest.raises(ValueError, match="3 vectors have 2 names"):
        build_category_hierarchy(vectors, ["a", "b"])


def test_that_equal_names_are_told_apart() -> None:
    found = build_category_hierarchy(random_vectors(3), ["crane", "dog", "crane"])
    assert found.names == ("crane (0)", "dog", "crane (2)")
    assert found.spanning_tree.number_of_nodes() == 3


# Files


def read_newick(text: str) -> dict[frozenset[str], float]:
    """Read a tree: for each pair of leaves the way between them."""
    ways: dict[frozenset[str], float] = {}
    place = 0

    def node() -> dict[str, float]:
        nonlocal place
        if text[place] == "(":
            place += 1
            first = node()
            assert text[place] == ","
            place += 1
            second = node()
            assert text[place] == ")"
            place += 1
            for a, to_a in first.items():
                for b, to_b in second.items():
                    ways[frozenset((a, b))] = to_a + to_b
            leaves = {**first, **second}
        else:
            assert text[place] == "'"
            end = place + 1
            while text[end] != "'" or text[end + 1] == "'":
                end += 2 if text[end] == "'" else 1
            leaves = {text[place + 1 : end].replace("''", "'"): 0.0}
            place = end + 1
        length = 0.0
        if text[place] == ":":
            end = place + 1
            while text[end] not in ",)":
                end += 1
            length = float(text[place + 1 : end])
            place = end
        return {name: way + length for name, way in leaves.items()}

    node()
    assert text[place:] == ";\n"
    return ways


def test_that_the_ways_of_the_newick_tree_are_its_heights() -> None:
    names = ["it's", "a (b), c", "dog", "cat", "Ω"]
    found = build_category_hierarchy(random_vectors(5), names)
    ways = read_newick(newick(found))
    assert len(ways) == 10
    for a in range(5):
        for b in range(a):
            assert ways[frozenset((names[a], names[b]))] == pytest.approx(found.cophenetic[a, b], rel=1e-6)


def test_that_the_graphml_file_gives_the_spanning_tree_again() -> None:
    found = build_category_hierarchy(random_vectors(5), ["<a>", "b&c", "dog", "cat", "broken \x01 \udc80"])
    tree = networkx.parse_graphml(graphml(found).decode())
    assert networkx.is_tree(tree) and {"<a>", "b&c", "dog"} < set(tree)
    assert tree.size(weight="weight") == pytest.approx(found.edge_weights.sum())


# Two networks


def test_that_two_hierarchies_are_compared_on_the_classes_that_both_have() -> None:
    vectors = random_vectors(6)
    first = build_category_hierarchy(vectors, list("abcdef"))
    noisy = vectors + 0.5 * random_vectors(6, seed=9)
    second = build_category_hierarchy(noisy[[5, 3, 1, 0, 2]], list("fdbax"))
    compared = compare_hierarchies(first, second)
    assert compared.names == ("a", "b", "d", "f")
    assert compared.first.tolist() == [0, 1, 3, 5] and compared.second.tolist() == [3, 2, 1, 0]
    pairs = [("a", "b"), ("a", "d"), ("a", "f"), ("b", "d"), ("b", "f"), ("d", "f")]
    one, two = ([of.distances[of.names.index(a), of.names.index(b)] for a, b in pairs] for of in (first, second))
    assert compared.pearson == pytest.approx(np.corrcoef(one, two)[0, 1])
    assert compared.spearman == pytest.approx(spearmanr(one, two)[0])
    assert compare_hierarchies(first, first).pearson == pytest.approx(1.0)
    assert np.isnan(compare_hierarchies(first, build_category_hierarchy(vectors, list("uvwxyz"))).spearman)


def test_that_equals_share_their_mean_rank() -> None:
    assert mean_ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [2.5, 0.0, 2.5, 1.0]
