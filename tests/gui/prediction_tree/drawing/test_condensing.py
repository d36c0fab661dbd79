"""What is drawn of a tree, against a condensing by hand that asks each merge for itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gui.prediction_tree.drawing.condensing import (
    ABOVE_ROOTS,
    SHARE,
    USUAL_FORKS,
    Choice,
    Drawing,
    MergeTree,
    default_share,
    draw,
    grow,
    smaller_sides,
)
from tests.merge_trees import balanced, comb, depth, leaf_order, merged, natural

NATURAL = [natural(60, seed, roots=roots) for seed in range(4) for roots in (1, 2)]


def by_hand(tree: MergeTree, least: int) -> dict[int, int]:
    """Return the node that each drawn node hangs below, of a tree with one root; recursively, and slowly."""
    found: dict[int, int] = {}

    def descend(head: int, above: int) -> None:
        node = head
        while tree.children(node) and min(tree.sizes[child] for child in tree.children(node)) < least:
            node = max(tree.children(node), key=lambda child: tree.sizes[child])
        if not tree.children(node):
            found[head] = above
            return
        if above < 0 and node != head:
            found[head], above = above, head
        found[node] = above
        for child in tree.children(node):
            descend(child, node)

    descend(tree.roots[0], -1)
    return found


def parents(drawing: Drawing) -> dict[int, int]:
    pairs = zip(drawing.nodes, drawing.above, strict=True)
    return {node: drawing.nodes[above] if above >= 0 else -1 for node, above in pairs}


@pytest.mark.parametrize("least", [1, 2, 3, 5, 10, 40])
@pytest.mark.parametrize("tree", [natural(60, 0), natural(60, 1, singles=0.4), balanced(32), comb(30)])
def test_that_forks_and_branches_are_those_found_by_hand(tree: MergeTree, least: int) -> None:
    drawing = draw(tree, Choice(least / tree.images))
    assert parents(drawing) == by_hand(tree, least)


@pytest.mark.parametrize("tree", NATURAL)
@pytest.mark.parametrize("share", [0.0, 0.02, 0.06, 0.2, 0.5])
def test_that_every_image_is_at_an_end_or_fell_off_a_branch(tree: MergeTree, share: float) -> None:
    drawing = draw(tree, Choice(share))
    ends = [node for node, below in zip(drawing.nodes, drawing.below, strict=True) if not below]
    assert sum(tree.sizes[node] for node in ends) + sum(drawing.fell) == tree.images
    for place, node in enumerate(drawing.nodes):
        if node >= 0:
            assert drawing.fell[place] == tree.sizes[drawing.heads[place]] - tree.sizes[node]
            assert drawing.closed[place] == (not drawing.below[place] and node >= tree.leaves)


@pytest.mark.parametrize("tree", NATURAL)
def test_that_a_full_tree_draws_every_node_once_with_the_leaves_in_order(tree: MergeTree) -> None:
    drawing = draw(tree, Choice(full=True))
    drawn = [node for node in drawing.nodes if node != ABOVE_ROOTS]
    assert sorted(drawn) == list(range(len(tree.sizes)))
    assert [node for node in drawn if node < tree.leaves] == leaf_order(tree)
    assert all(drawing.owners[node] == place for place, node in enumerate(drawing.nodes) if node >= 0)
    assert drawing.fell == (0,) * len(drawing.nodes) and not any(drawing.closed)


@pytest.mark.parametrize("seed", range(5))
def test_that_each_hidden_node_is_stood_for_by_what_hides_it(seed: int) -> None:
    tree = natural(200, seed)
    drawing = draw(tree, Choice(0.05))
    for node in range(len(tree.sizes)):
        place = drawing.owners[node]
        stands = drawing.nodes[place]
        if stands == node:
            continue
        under, over = tree.path_to(node), tree.path_to(stands)
        if stands in under:
            assert drawing.closed[place]
        else:
            # It lies on the branch that leads to what stands for it, or fell off there.
            meet = [each for each in under if each in over][-1]
            assert over.index(drawing.heads[place]) <= over.index(meet)


def test_that_the_trees_of_these_tests_are_like_those_that_were_measured() -> None:
    tree = natural(1000)
    assert 200 < depth(tree) < 300
    assert 0.8 < float(np.mean(smaller_sides(tree) == 1)) < 0.86


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("leaves", [120, 1000])
def test_that_the_first_view_has_about_seven_forks(leaves: int, seed: int) -> None:
    tree = natural(leaves, seed)
    assert 4 <= draw(tree, Choice(default_share(tree))).forks <= 10


def test_that_two_per_cent_stays_where_it_serves_and_else_the_share_is_adapted() -> None:
    assert draw(balanced(8), Choice(SHARE)).forks == 7 in USUAL_FORKS
    assert default_share(balanced(8)) == SHARE
    # Of 64 equal leaves 2 % is less than 2: 63 forks. Sides of 8 make 7.
    assert default_share(balanced(64)) == 8 / 64
    assert draw(balanced(64), Choice(default_share(balanced(64)))).forks == 7
    # 20 merges of pairs and one at a time above them: no share gives 7, so the nearer of 1 fork and 21.
    pairs = [(2 * k, 2 * k + 1) for k in range(20)]
    chain = [(40, 41), *((59 + k, 41 + k) for k in range(1, 19))]
    assert draw(merged([*pairs, *chain], 40), Choice(default_share(merged([*pairs, *chain], 40)))).forks in (19, 39)


def test_that_a_comb_is_one_branch_and_a_lone_leaf_a_tree() -> None:
    whole = draw(comb(200), Choice(SHARE))
    assert whole.nodes == (398,) and whole.closed == (True,) and whole.forks == 0
    alone = draw(merged([], 1), Choice())
    assert alone.nodes == (0,) and alone.closed == (False,)
    nothing = grow(np.zeros((0, 2), np.int64), np.zeros(0, np.int64), ())
    assert draw(nothing, Choice()).nodes == () and default_share(nothing) == SHARE


def test_that_five_thousand_merges_one_under_the_other_are_drawn() -> None:
    drawing = draw(comb(5000), Choice(full=True))
    assert len(drawing.nodes) == 9999 and max(drawing.depths) == 4999


# Opened by hand

# Leaves 0 … 9; 10 = 0+1, 11 = 10+2, 12 = 11+3 | 13 = 4+5, 14 = 13+6, 15 = 14+7 | 16 = 12+15, 17 = 16+8, 18 = 17+9.
SMALL = merged([(0, 1), (10, 2), (11, 3), (4, 5), (13, 6), (14, 7), (12, 15), (16, 8), (17, 9)], 10)
TWO = Choice(0.2)


def test_that_the_small_tree_has_one_fork_and_its_root_is_drawn_too() -> None:
    drawing = draw(SMALL, TWO)
    assert parents(drawing) == {18: -1, 16: 18, 12: 16, 15: 16}
    assert drawing.fell == (0, 2, 0, 0) and drawing.closed == (False, False, True, True)
    assert drawing.heads == (18, 18, 12, 15) and drawing.depths == (0, 0, 1, 1)


def test_that_an_opened_branch_shows_its_merges_and_what_fell_off_down_to_the_next_fork() -> None:
    drawing = draw(SMALL, replace(TWO, opened=frozenset({18})))
    assert parents(drawing) == {18: -1, 17: 18, 9: 18, 16: 17, 8: 17, 12: 16, 15: 16}
    assert sum(drawing.fell) == 0 and drawing.closed[drawing.place_of(12)]


def test_that_a_node_shows_all_below_it_and_another_nothing() -> None:
    drawing = draw(SMALL, replace(TWO, whole=frozenset({12}), shut=frozenset({11})))
    assert parents(drawing) == {18: -1, 16: 18, 12: 16, 11: 12, 3: 12, 15: 16}
    assert drawing.closed[drawing.place_of(11)]


def test_that_a_range_of_depths_cuts_at_both_ends() -> None:
    full = Choice(full=True)
    top = draw(SMALL, replace(full, last=2))
    assert parents(top) == {18: -1, 17: 18, 9: 18, 16: 17, 8: 17, 12: 16, 15: 16}
    assert [top.nodes[place] for place in range(len(top.nodes)) if top.closed[place]] == [12, 15]
    middle = draw(SMALL, replace(full, first=2, last=3))
    assert parents(middle) == {16: -1, 8: -1, 12: 16, 15: 16, 11: 12, 3: 12, 14: 15, 7: 15}
    assert middle.owners[18] == middle.owners[9] == -1 and middle.nodes[middle.owners[4]] == 14
    assert draw(SMALL, replace(full, first=9)).nodes == ()


def test_that_a_path_alone_is_drawn_with_its_siblings() -> None:
    only = frozenset(SMALL.path_to(5))
    full = draw(SMALL, replace(TWO, full=True, only=only))
    assert sorted(full.nodes) == sorted([18, 17, 9, 16, 8, 12, 15, 14, 7, 13, 6, 4, 5])
    assert full.closed[full.place_of(12)]
    assert parents(draw(SMALL, replace(TWO, only=only))) == {18: -1, 16: 18, 12: 16, 15: 16}
    # The path of an image that fell off ends at the branch: its fork is not gone into.
    for leaf in (8, 9):
        fell = draw(SMALL, replace(TWO, only=frozenset(SMALL.path_to(leaf))))
        assert parents(fell) == {18: -1, 16: 18} and fell.closed == (False, True)


def test_that_several_roots_are_joined_and_small_ones_left_out_until_asked_for() -> None:
    tree = merged([(0, 1), (8, 2), (9, 3), (4, 5), (11, 6)], 8)
    assert tree.roots == (10, 12, 7)
    drawing = draw(tree, Choice(0.25))
    assert parents(drawing) == {ABOVE_ROOTS: -1, 10: ABOVE_ROOTS, 12: ABOVE_ROOTS}
    assert drawing.fell[0] == 1 and drawing.closed[0] and drawing.owners[7] == 0
    asked = draw(tree, Choice(0.25, opened=frozenset({ABOVE_ROOTS})))
    assert 7 in asked.nodes and asked.fell[0] == 0 and not asked.closed[0]
    assert 7 in draw(tree, Choice(full=True)).nodes


def test_that_leaves_may_stand_for_many_images() -> None:
    tree = grow(np.array([[0, 1], [3, 2]]), np.array([30, 30, 1, 60, 61]), (4,))
    drawing = draw(tree, Choice(0.1))
    assert parents(drawing) == {4: -1, 3: 4, 0: 3, 1: 3} and drawing.fell == (0, 1, 0, 0)
