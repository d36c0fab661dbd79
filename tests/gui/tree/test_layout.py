from __future__ import annotations

import itertools

import numpy as np
import pytest

from gui.tree.condensing import Choice, Drawing, MergeTree, default_share, draw, grow
from gui.tree.layout import EDGE_ROOM, Layout, lay_out
from tests.merge_trees import balanced, comb, merged, natural

TREES = [natural(80, 0), natural(80, 1, singles=0.4), natural(80, 2, roots=3), balanced(32), comb(40)]
WAYS = [(False, False), (False, True), (True, False), (True, True)]


def laid_out(tree: MergeTree, choice: Choice, by_order: bool, aligned: bool) -> tuple[Drawing, Layout]:
    drawing = draw(tree, choice)
    return drawing, lay_out(tree, drawing, by_order=by_order, aligned=aligned)


@pytest.mark.parametrize(("by_order", "aligned"), WAYS)
@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("choice", [Choice(full=True), Choice(0.05)])
def test_that_nodes_and_edges_leave_each_other_room(
    tree: MergeTree, choice: Choice, by_order: bool, aligned: bool
) -> None:
    drawing, layout = laid_out(tree, choice, by_order, aligned)
    rows: dict[int, list[tuple[float, float]]] = {}
    for place, above in enumerate(drawing.above):
        level, across = int(layout.level[place]), float(layout.across[place])
        rows.setdefault(level, []).append((across, 0.5))
        for passed in range(int(layout.level[above]) + 1, level) if above >= 0 else ():
            rows.setdefault(passed, []).append((across, EDGE_ROOM))
    for row in rows.values():
        for (left, its), (right, others) in itertools.pairwise(sorted(row)):
            assert right - left >= its + others - 1e-9
    assert layout.left <= layout.across.min() - 0.499 and layout.right >= layout.across.max() + 0.499


@pytest.mark.parametrize(("by_order", "aligned"), WAYS)
@pytest.mark.parametrize("tree", TREES)
def test_that_children_are_below_their_parent_and_it_stands_over_the_middle_of_their_images(
    tree: MergeTree, by_order: bool, aligned: bool
) -> None:
    drawing, layout = laid_out(tree, Choice(full=True), by_order, aligned)
    for place, below in enumerate(drawing.below):
        if below and drawing.nodes[place] >= 0:
            assert all(layout.level[child] >= layout.level[place] + 1 for child in below)
            images = [tree.sizes[drawing.nodes[child]] for child in below]
            middle = sum(layout.across[child] * count for child, count in zip(below, images, strict=True))
            assert layout.across[place] == pytest.approx(middle / sum(images))
    assert layout.deepest == layout.level.max() and layout.level.min() == 0


@pytest.mark.parametrize("by_order", [False, True])
@pytest.mark.parametrize("tree", TREES)
def test_that_the_leaves_of_a_dendrogram_lie_on_one_line_in_their_order(tree: MergeTree, by_order: bool) -> None:
    drawing, layout = laid_out(tree, Choice(full=True), by_order, aligned=True)
    leaves = [place for place, below in enumerate(drawing.below) if not below]
    assert [drawing.nodes[place] for place in sorted(leaves, key=lambda each: layout.across[each])] == tree.leaf_order()
    assert [drawing.nodes[place] for place in layout.ends] == tree.leaf_order()
    assert {float(layout.level[place]) for place in leaves} == {layout.deepest}
    np.testing.assert_allclose(np.diff(np.sort(layout.across[leaves])), 1)


def test_that_by_order_the_last_merge_is_on_top_and_each_has_its_own_level() -> None:
    tree = natural(80, 1)
    drawing, layout = laid_out(tree, Choice(full=True), by_order=True, aligned=False)
    forks = sorted((place for place, below in enumerate(drawing.below) if below), key=lambda each: layout.level[each])
    assert [drawing.nodes[place] for place in forks] == list(range(len(tree.sizes) - 1, tree.leaves - 1, -1))
    assert layout.level[forks].tolist() == list(range(len(tree.merges)))


def test_that_levels_count_from_the_top_or_for_a_dendrogram_from_the_leaves() -> None:
    tree = merged([(0, 1), (2, 3), (5, 4), (7, 6)], 5)  # 7 = (0 1) 4, 8 = 7 (2 3)
    drawing, layout = laid_out(tree, Choice(full=True), by_order=False, aligned=False)
    assert {node: int(layout.level[drawing.place_of(node)]) for node in range(9)} == {
        8: 0, 7: 1, 6: 1, 5: 2, 4: 2, 2: 2, 3: 2, 0: 3, 1: 3,
    }  # fmt: skip
    drawing, layout = laid_out(tree, Choice(full=True), by_order=False, aligned=True)
    assert {node: int(layout.level[drawing.place_of(node)]) for node in range(9)} == {
        8: 0, 7: 1, 6: 2, 5: 2, 4: 3, 2: 3, 3: 3, 0: 3, 1: 3,
    }  # fmt: skip


def test_that_an_end_of_many_images_gets_more_room() -> None:
    tree = grow(np.array([[0, 1], [4, 2], [5, 3]]), np.array([10, 10, 10, 70, 20, 30, 100]), (6,))
    drawing, layout = laid_out(tree, Choice(0.05), by_order=False, aligned=True)
    places = [layout.across[drawing.place_of(leaf)] for leaf in (0, 1, 2, 3)]
    # Half of its fair share: 0.5 · 4 · 70 / 100 = 1.4.
    np.testing.assert_allclose(np.diff(places), [1, 1, 0.5 + 1.4 / 2])


def test_that_chains_take_little_room_where_leaves_hang_below_their_merge() -> None:
    drawing, layout = laid_out(comb(500), Choice(full=True), by_order=False, aligned=False)
    assert layout.right - layout.left < 20
    tree = natural(1000)
    drawing, layout = laid_out(tree, Choice(full=True), by_order=False, aligned=False)
    assert layout.right - layout.left < 120 and len(drawing.nodes) == 1999
    condensed = laid_out(tree, Choice(default_share(tree)), by_order=False, aligned=False)[1]
    assert condensed.right - condensed.left < 8


def test_that_no_node_and_a_single_one_have_a_layout() -> None:
    nothing = grow(np.zeros((0, 2), np.int64), np.zeros(0, np.int64), ())
    assert laid_out(nothing, Choice(), False, False)[1].across.shape == (0,)
    layout = laid_out(merged([], 1), Choice(), True, True)[1]
    assert (layout.across.tolist(), layout.level.tolist(), layout.ends) == ([0], [0], (0,))
