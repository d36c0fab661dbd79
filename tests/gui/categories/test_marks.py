"""Clusters, marks and words of a hierarchy, and the arithmetic of zooming. No window."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from backend.jobs import compare_hierarchies
from gui.categories.facts import comparison_text, facts_of, filter_names, heading_text
from gui.categories.marks import HUES, Marks, coloured_as, cut, cut_into, natural_cut, node_places, pair_of, parents_of
from gui.categories.zoom import Zoom
from gui.text import distance_text
from tests.categories import NAMES, VECTORS, categories, many_categories

CAT, SHIP, DOG, TRUCK, NOISE = range(5)


def test_that_a_cut_makes_clusters_in_the_order_of_the_tree() -> None:
    hierarchy = categories().hierarchy
    assert [NAMES[leaf] for leaf in hierarchy.leaf_order] == ["noise", "cat", "dog", "ship", "truck"]
    heights = hierarchy.heights
    clusters = cut(hierarchy, (heights[1] + heights[2]) / 2)
    assert clusters.groups == ((NOISE,), (CAT, DOG), (SHIP, TRUCK))
    assert [hierarchy.members(node) for node in clusters.nodes] == [(NOISE,), (CAT, DOG), (SHIP, TRUCK)]
    # Alone without a hue; the others that of the place of their first.
    assert clusters.hues.tolist() == [1, 3, 1, 3, -1]
    assert cut(hierarchy, heights[-1]).groups == ((NOISE, CAT, DOG, SHIP, TRUCK),)
    assert len(cut(hierarchy, -1.0).groups) == 5
    # At the height of a merge, the merge has happened.
    assert len(cut(hierarchy, heights[0]).groups) == 4


def test_that_a_cluster_keeps_its_colour_when_the_cut_moves() -> None:
    hierarchy = categories().hierarchy
    heights = hierarchy.heights
    low, high = (cut(hierarchy, float(height)) for height in heights[[1, 2]])
    assert high.hues[CAT] == low.hues[CAT] and high.hues[SHIP] == high.hues[CAT] != low.hues[SHIP]


def test_that_the_natural_cut_lies_in_the_widest_gap_that_leaves_groups() -> None:
    hierarchy = categories().hierarchy
    assert len(cut(hierarchy, natural_cut(hierarchy)).groups) == 2
    many = many_categories(40).hierarchy
    height, heights = natural_cut(many), many.heights
    gaps = np.diff(heights[19:])
    assert heights[19 + gaps.argmax()] < height < heights[20 + gaps.argmax()]
    # Two near ones and eight that are far from all: the widest gap would leave nine clusters.
    apart = np.eye(10, dtype=np.float32)
    apart[1] = apart[0] + 0.1 * apart[1]
    clusters = cut(found := categories(apart, tuple("abcdefghij")).hierarchy, natural_cut(found))
    assert len(clusters.groups) <= 5
    two = categories(VECTORS[:2], NAMES[:2]).hierarchy
    assert natural_cut(two) == pytest.approx(two.heights[0] / 2)


def test_that_clusters_that_lie_beside_each_other_differ_in_colour() -> None:
    hierarchy = many_categories(400).hierarchy
    for groups in (2, 20, 120):
        clusters = cut(hierarchy, cut_into(hierarchy, groups))
        hues = [int(clusters.hues[group[0]]) for group in clusters.groups if len(group) > 1]
        assert all(one != other for one, other in pairwise(hues))
        assert max(hues) < HUES


def test_that_a_tree_is_cut_into_as_many_clusters_as_are_asked_for() -> None:
    hierarchy = many_categories(12).hierarchy
    for groups in range(1, 13):
        assert len(cut(hierarchy, cut_into(hierarchy, groups)).groups) == groups


def test_that_the_clusters_of_a_second_tree_take_the_colours_of_the_first() -> None:
    first = cut(categories().hierarchy, 0.1)
    second = cut(categories(VECTORS[[1, 3, 0, 2]], ("ship", "truck", "cat", "dog")).hierarchy, 0.1)
    places = {0: SHIP, 1: TRUCK, 2: CAT, 3: DOG}
    coloured = coloured_as(second, first, places)
    assert [coloured.hues[leaf] == first.hues[places[leaf]] for leaf in range(4)] == [True] * 4
    assert (coloured_as(second, first, {}).hues == -1).all()


def test_that_marks_know_their_members_and_nodes_their_places() -> None:
    hierarchy = categories().hierarchy
    assert Marks().members(hierarchy) == ()
    assert Marks(leaf=2).members(hierarchy) == (2,)
    assert Marks(pair=(0, 3)).members(hierarchy) == (0, 3)
    assert Marks(node=5).members(hierarchy) == (CAT, DOG)
    assert pair_of(3, 1) == pair_of(1, 3) == (1, 3)
    assert node_places(hierarchy).tolist() == [1.5, 3.5, 2.5, 4.5, 0.5, 2.0, 4.0, 3.0, 1.75]
    assert parents_of(hierarchy).tolist() == [5, 6, 5, 6, 8, 7, 7, 8, -1]


# Words


def test_that_a_class_is_described_by_its_neighbours() -> None:
    found = categories()
    facts = facts_of(found, Marks(leaf=CAT))
    assert facts is not None and facts.title == "cat" and facts.pictures == (CAT,)
    distances = found.hierarchy.distances[CAT]
    order = np.argsort(distances)[1:]
    nearest = ", ".join(f"{NAMES[leaf]} {distance_text(distances[leaf])}" for leaf in order[:3])
    assert facts.lines[:2] == ("1 image", f"Nearest: {nearest}")
    assert facts.lines[2] == f"Farthest: {NAMES[order[-1]]} {distance_text(distances[order[-1]])}"
    edges = sum(CAT in edge for edge in found.hierarchy.edges.tolist())
    assert facts.lines[3].startswith(f"Joined to {edges} other")


def test_that_a_pair_is_described_by_its_filters() -> None:
    found = categories()
    facts = facts_of(found, Marks(pair=(CAT, DOG)))
    assert facts is not None and facts.title == "cat – dog" and facts.filter_terms is not None
    a, b = VECTORS[CAT].astype(float), VECTORS[DOG].astype(float)
    terms = a * b / np.linalg.norm(a) / np.linalg.norm(b)
    assert np.allclose(facts.filter_terms, terms)
    assert facts.filter_names == ("layer4.1/0", "layer4.1/1", "layer4.1/2", "layer4.1/3")
    assert f"cosine {terms.sum():.3f}" in facts.lines[0]
    assert distance_text(float(found.hierarchy.heights[0])) in facts.lines[1]


def test_that_a_merge_is_described_by_its_members() -> None:
    found = categories()
    facts = facts_of(found, Marks(node=7))
    assert facts is not None and facts.title == "4 classes" and facts.lines[2] == "cat, dog, ship, truck"
    assert facts.lines[0] == f"Merged at {distance_text(float(found.hierarchy.heights[2]))}: 2 with 2"
    assert facts_of(found, Marks()) is None
    big = facts_of(many_categories(80), Marks(node=158))
    assert big is not None and big.lines[2].endswith(" …") and big.lines[2].count(",") == 59


def test_that_the_logits_are_named_by_their_classes() -> None:
    assert filter_names(categories(layer="logits")) == ("cat", "ship", "dog", "truck")
    heading = heading_text(categories())
    assert heading.startswith("small/layer4.1 · 5 classes · 15 images · tree and distances correlate by ")
    assert heading_text(replace(categories(), empty=("a", "b", "c", "d"))).endswith(
        "no image of “a”, “b”, “c” and 1 more"
    )


def test_that_a_comparison_is_put_into_words() -> None:
    first, other = categories(), categories(VECTORS[:4], ("cat", "ship", "dog", "fox"))
    same = comparison_text(compare_hierarchies(first.hierarchy, first.hierarchy))
    assert same == "Correlation of the distances of 10 pairs of 5 classes: Pearson 1.00, Spearman 1.00"
    assert "3 pairs of 3 classes" in comparison_text(compare_hierarchies(first.hierarchy, other.hierarchy))
    two = categories(VECTORS[:2], ("cat", "ship"))
    assert "too few" in comparison_text(compare_hierarchies(first.hierarchy, two.hierarchy))
    none = categories(VECTORS[:2], ("a", "b"))
    assert "no two classes in common" in comparison_text(compare_hierarchies(first.hierarchy, none.hierarchy))


def test_that_distances_keep_the_digits_that_tell_them_apart() -> None:
    assert [distance_text(value) for value in (0.0, 0.0684, 0.5, 0.00213, 0.000051)] == [
        "0",
        "0.068",
        "0.500",
        "0.0021",
        "5.1e-05",
    ]


# Zoom


def test_that_what_is_under_the_pointer_stays_there() -> None:
    zoom = Zoom().by(2.0, (30.0, 70.0), (100.0, 200.0), 40.0)
    assert zoom.scale == 2 and zoom.at(30, 70) == (30, 70)
    again = zoom.by(3.0, (10.0, 10.0), (100.0, 200.0), 40.0)
    x, y = (10 - zoom.x) / 2, (10 - zoom.y) / 2
    assert again.at(x, y) == pytest.approx((10, 10))
    assert again.by(100, (0, 0), (100, 200), 8.0).scale == 8
    assert again.by(0.001, (50, 50), (100, 200), 8.0) == Zoom()


def test_that_nothing_beyond_the_drawing_is_seen() -> None:
    zoom = Zoom(2.0, -50.0, -50.0)
    assert zoom.moved((500, 500), (100, 200)) == Zoom(2.0, 0.0, 0.0)
    assert zoom.moved((-500, -500), (100, 200)) == Zoom(2.0, -100.0, -200.0)
    assert zoom.showing(50, 100, (100, 200)).at(50, 100) == (50, 100)
    assert Zoom().moved((5, 5), (100, 200)) == Zoom()
