from __future__ import annotations

import itertools

import numpy as np
import pytest

from gui.prediction_tree.drawing.condensing import Choice, Drawing, MergeTree, default_share, draw, grow
from gui.prediction_tree.drawing.layout import Layout, lay_out
from tests.merge_trees import balanced, comb, merged, natural

TREES = [natural(80, 0), natural(80, 1, singles=0.4), natural(80, 2, roots=3), balanced(32), comb(40)]


def laid_out(tree: MergeTree, choice: Choice) -> tuple[Drawing, Layout]:
    drawing = draw(tree, choice)
    return drawing, lay_out(tree, drawing)


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("choice", [Choice(full=True), Choice(0.05)])
def test_that_nodes_leave_each_other_room(tree: MergeTree, choice: Choice) -> None:
    _, layout = laid_out(tree, choice)
    rows: dict[int, list[float]] = {}
    for level, across in zip(layout.level.tolist(), layout.across.tolist(), strict=True):
        rows.setdefault(int(level), []).append(across)
    for row in rows.values():
        assert all(right - left >= 1 - 1e-9 for left, right in itertools.pairwise(sorted(row)))
    assert layout.left <= layout.across.min() - 0.499 and layout.right >= layout.across.max() + 0.499


@pytest.mark.parametrize("tree", TREES)
def test_that_children_are_below_their_parent_and_it_stands_over_the_middle_of_their_images(
    tree: MergeTree,
) -> None:
    drawing, layout = laid_out(tree, Choice(full=True))
    for place, below in enumerate(drawing.below):
        if below and drawing.nodes[place] >= 0:
            assert all(layout.level[child] == layout.level[place] + 1 for child in below)
            images = [tree.sizes[drawing.nodes[child]] for child in below]
            middle = sum(layout.across[child] * count for child, count in zip(below, images, strict=True))
            assert layout.across[place] == pytest.approx(middle / sum(images))
    assert layout.deepest == layout.level.max() and layout.level.min() == 0


def test_that_levels_count_from_the_top() -> None:
    tree = merged([(0, 1), (2, 3), (5, 4), (7, 6)], 5)  # 7 = (0 1) 4, 8 = 7 (2 3)
    drawing, layout = laid_out(tree, Choice(full=True))
    assert {node: int(layout.level[drawing.place_of(node)]) for node in range(9)} == {
        8: 0, 7: 1, 6: 1, 5: 2, 4: 2, 2: 2, 3: 2, 0: 3, 1: 3,
    }  # fmt: skip


def test_that_an_end_of_many_images_gets_more_room() -> None:
    tree = grow(np.array([[0, 1], [4, 2], [5, 3]]), np.array([10, 10, 10, 70, 20, 30, 100]), (6,))
    drawing, layout = laid_out(tree, Choice(0.05))
    places = [layout.across[drawing.place_of(node)] for node in (0, 1, 4, 2, 5, 3)]
    # Half of its fair share: 0.5 · 4 · 70 / 100 = 1.4.
    np.testing.assert_allclose(np.diff(places)[::2], [1, 1, 0.5 + 1.4 / 2])


def test_that_chains_take_little_room_where_leaves_hang_below_their_merge() -> None:
    drawing, layout = laid_out(comb(500), Choice(full=True))
    assert layout.right - layout.left < 20
    tree = natural(1000)
    drawing, layout = laid_out(tree, Choice(full=True))
    assert layout.right - layout.left < 120 and len(drawing.nodes) == 1999
    condensed = laid_out(tree, Choice(default_share(tree)))[1]
    assert condensed.right - condensed.left < 8


def test_that_no_node_and_a_single_one_have_a_layout() -> None:
    nothing = grow(np.zeros((0, 2), np.int64), np.zeros(0, np.int64), ())
    assert laid_out(nothing, Choice())[1].across.shape == (0,)
    layout = laid_out(merged([], 1), Choice())[1]
    assert (layout.across.tolist(), layout.level.tolist()) == ([0], [0])
