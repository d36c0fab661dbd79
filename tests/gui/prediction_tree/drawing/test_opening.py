"""Opening, closing, walking and following a path: pure steps from one drawing to the next."""

from __future__ import annotations

import pytest

from gui.prediction_tree.drawing.condensing import ABOVE_ROOTS, Choice, Drawing, draw
from gui.prediction_tree.drawing.layout import lay_out
from gui.prediction_tree.drawing.opening import closed, opened_below, opened_branch, revealing, to_close
from gui.prediction_tree.drawing.trail import Trail, find_trail
from gui.prediction_tree.drawing.walking import first_place, next_place
from gui.prediction_tree.drawing.words import default_tip, fallen_tip, summary_of
from gui.text import counted
from tests.gui.prediction_tree.drawing.test_condensing import SMALL, TWO
from tests.merge_trees import merged, natural

FEW = draw(SMALL, TWO)  # 18 – 16 – (12, 15); 8 and 9 fell off the branch to 16.


# Opening and closing


def test_that_a_node_is_opened_below_and_closed_again() -> None:
    choice = opened_below(SMALL, FEW, TWO, 12)
    drawing = draw(SMALL, choice)
    assert {10, 11, 0, 1, 2, 3} <= set(drawing.nodes) and drawing.closed[drawing.place_of(15)]
    assert to_close(SMALL, drawing, choice, 12) == 12 and closed(choice, 12) == TWO
    # A leaf closes what was opened above it.
    assert to_close(SMALL, drawing, choice, 0) == 12
    assert to_close(SMALL, drawing, choice, 15) == -1


def test_that_a_fork_that_nobody_opened_is_shut_and_opened_as_it_was() -> None:
    shut = closed(TWO, 16)
    assert draw(SMALL, shut).nodes == (18, 16) and draw(SMALL, shut).closed[1]
    assert opened_below(SMALL, draw(SMALL, shut), shut, 16) == TWO
    assert set(draw(SMALL, opened_below(SMALL, FEW, TWO, 16)).nodes) == {18, *range(17)} - {8, 9}


def test_that_opening_a_node_undoes_what_was_shut_below_it() -> None:
    full = closed(closed(Choice(0.2, full=True), 11), 14)
    assert opened_below(SMALL, draw(SMALL, full), full, 12).shut == {14}


def test_that_a_branch_is_opened_only_where_images_fell_off() -> None:
    choice = opened_branch(FEW, TWO, 16)
    assert set(draw(SMALL, choice).nodes) == {18, 17, 16, 12, 15, 8, 9}
    assert opened_branch(FEW, TWO, 12) == TWO and opened_branch(FEW, TWO, 11) == TWO
    assert closed(choice, 18) == TWO


@pytest.mark.parametrize(
    "choice",
    [
        TWO,
        Choice(0.5),
        Choice(0.2, shut=frozenset({18})),
        Choice(0.2, full=True, shut=frozenset({16, 12, 14})),
        Choice(0.2, full=True, first=3),
        Choice(0.2, full=True, first=1, last=2),
        Choice(0.2, last=0),
    ],
)
def test_that_every_node_can_be_brought_to_light(choice: Choice) -> None:
    for node in range(len(SMALL.sizes)):
        now = choice
        while (better := revealing(SMALL, draw(SMALL, now), now, node)) != now:
            now = better
        assert draw(SMALL, now).place_of(node) >= 0


def test_that_a_small_root_is_brought_to_light() -> None:
    tree = merged([(0, 1), (4, 2)], 4)
    now = Choice(0.5)
    assert 3 not in draw(tree, now).nodes
    assert 3 in draw(tree, revealing(tree, draw(tree, now), now, 3)).nodes


# Walking


def walk(drawing: Drawing, node: int, steps: str, path: tuple[int, ...] = ()) -> int:
    layout, place = lay_out(SMALL, drawing), drawing.place_of(node)
    for step in steps.split():
        place = next_place(SMALL, drawing, layout, place, step, path)  # type: ignore[arg-type]
    return drawing.nodes[place]


def test_that_steps_lead_to_parent_larger_child_and_neighbours() -> None:
    full = draw(SMALL, Choice(full=True))
    assert walk(full, 18, "down") == 17 and walk(full, 17, "up") == 18 and walk(full, 18, "up") == 18
    assert walk(full, 12, "right") == 15 and walk(full, 15, "left") == 12 and walk(full, 15, "right") == 15
    assert walk(full, 11, "right right right") == 7  # 11, 3, 14, 7 have as many forks above them
    assert walk(full, 0, "down") == 0
    assert walk(FEW, 18, "down down") in (12, 15)
    assert walk(FEW, 18, "right") == 18 and walk(FEW, 16, "left") == 16


def test_that_a_step_down_follows_the_path() -> None:
    full = draw(SMALL, Choice(full=True))
    path = find_trail(SMALL, full, SMALL.path_to(8)).places
    assert walk(full, 18, "down down", path) == 8
    assert walk(full, 18, "down down") == 16


def test_that_the_joint_of_the_roots_is_no_place_to_go() -> None:
    tree = merged([(0, 1), (2, 3)], 4)
    drawing = draw(tree, Choice(full=True))
    layout = lay_out(tree, drawing)
    first = first_place(drawing)
    assert drawing.nodes[first] == 4 and next_place(tree, drawing, layout, first, "up") == first
    assert drawing.nodes[next_place(tree, drawing, layout, first, "right")] == 5
    assert next_place(tree, drawing, layout, -1, "down") == first and first_place(draw(tree, Choice(first=9))) == -1


# Paths


def nodes_of(drawing: Drawing, trail: Trail) -> tuple[list[int], list[int], int]:
    places = [drawing.nodes[place] for place in trail.places]
    return places, [drawing.nodes[place] for place in trail.edges], drawing.nodes[trail.fall] if trail.fall >= 0 else -1


def test_that_a_path_runs_as_far_as_it_is_drawn() -> None:
    full = draw(SMALL, Choice(full=True))
    path = SMALL.path_to(5)
    assert nodes_of(full, find_trail(SMALL, full, path)) == (path, path[1:], -1)
    assert nodes_of(FEW, find_trail(SMALL, FEW, path)) == ([18, 16, 15], [16, 15], -1)
    # It fell off the branch to 16.
    for leaf in (8, 9):
        assert nodes_of(FEW, find_trail(SMALL, FEW, SMALL.path_to(leaf))) == ([18], [], 16)
    assert find_trail(SMALL, FEW, ()) == Trail()
    assert nodes_of(FEW, find_trail(SMALL, FEW, [16, 15])) == ([16, 15], [15], -1)


def test_that_a_path_begins_at_the_joint_of_the_roots() -> None:
    tree = merged([(0, 1), (2, 3)], 4)
    drawing = draw(tree, Choice(full=True))
    trail = find_trail(tree, drawing, [5, 3])
    assert [drawing.nodes[place] for place in trail.edges] == [5, 3]
    assert drawing.nodes[drawing.above[trail.edges[0]]] == ABOVE_ROOTS


# Words


def test_that_the_words_say_how_much_is_drawn() -> None:
    assert summary_of(SMALL, FEW) == "1 fork of 9 merges · 2 images fell off"
    assert summary_of(SMALL, draw(SMALL, Choice(full=True))) == "all 9 merges of 10 leaves"
    cut = draw(SMALL, Choice(full=True, first=2))
    assert summary_of(SMALL, cut) == "7 forks of 9 merges · 1 image above the depths shown"
    assert summary_of(SMALL, draw(SMALL, Choice(full=True, first=99))) == ""
    tree = natural(1000, roots=2)
    assert "forks of 998 merges" in summary_of(tree, draw(tree, Choice(0.02)))
    assert [counted(*each) for each in ((1, "branch"), (2, "branch"), (1200, "image"), (2, "leaf"), (0, "class"))] == [
        "1 branch",
        "2 branches",
        "1,200 images",
        "2 leaves",
        "0 classes",
    ]
    assert fallen_tip(FEW, 1, 0.2).startswith("2 images fell off here, fewer than 20 % of all at a time.")


def test_that_a_node_is_put_into_words() -> None:
    import numpy as np

    assert default_tip(SMALL, 16, np.arange(9) / 10) == "8 of 10 images\n4 and 4\ndistance 0.600"
    assert default_tip(SMALL, 3, None) == "image 3"
