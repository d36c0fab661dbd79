"""The tree canvas driven by hand: pointer, wheel and keys."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from gui.prediction_tree.drawing.condensing import ABOVE_ROOTS
from gui.prediction_tree.drawing.tree_canvas import TreeCanvas
from gui.theme import DARK, apply_theme, tokens
from tests.gui.prediction_tree.drawing.test_condensing import SMALL
from tests.merge_trees import balanced, merged, natural
from tests.tree_canvases import at, click, drag, heard_from, move, near, plain, shot, show_tree, shown, tip, wheel

GROUND = QPoint(12, 12)


@pytest.fixture
def canvas(qtbot: QtBot, qapp: QApplication) -> Iterator[TreeCanvas]:
    """Give the small tree of ten images: 18 – (2 fell off) – 16, and below it 12 and 15, closed."""
    if tokens() is not DARK:
        apply_theme(qapp, "dark")
    made = shown(qtbot, SMALL)
    made.set_share(0.2)
    yield made
    QToolTip.hideText()


def middle_of_pill(canvas: TreeCanvas, node: int) -> QPoint:
    where = canvas.scene().pill_at(canvas.drawing().place_of(node))
    assert where is not None
    return where.toPoint()


def middle_of_badge(canvas: TreeCanvas, node: int) -> QPoint:
    rect = canvas.scene().badge_rect(canvas.drawing().place_of(node))
    assert rect is not None
    return rect.center().toPoint()


# The pointer


def test_that_a_click_chooses_a_node_and_one_beside_it_none(qtbot: QtBot, canvas: TreeCanvas) -> None:
    heard = heard_from(canvas)
    click(qtbot, canvas, at(canvas, 12))
    click(qtbot, canvas, GROUND)
    assert [each for each in heard if each[0] == "node_chosen"] == [("node_chosen", 12)]
    assert canvas.current() == 12
    assert near(shot(canvas), at(canvas, 12), DARK.accent, reach=40)


def test_that_the_node_under_the_pointer_is_ringed_at_once_and_told(canvas: TreeCanvas) -> None:
    heard = heard_from(canvas)
    before = shot(canvas)
    move(canvas, at(canvas, 15))
    assert shot(canvas) != before and canvas.cursor().shape() == Qt.CursorShape.PointingHandCursor
    move(canvas, at(canvas, 15) + QPoint(2, 2))
    move(canvas, GROUND)
    assert shot(canvas) == before
    assert heard == [("node_hovered", 15), ("node_hovered", -1)]
    assert canvas.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_that_the_tooltip_comes_from_the_canvas_or_from_who_is_asked(qtbot: QtBot, canvas: TreeCanvas) -> None:
    canvas.set_distances(np.arange(9) / 10)
    assert tip(qtbot, canvas, at(canvas, 16)) == "8 of 10 images\n4 and 4\ndistance 0.600"
    canvas.set_words(tip=lambda node: f"node {node}")
    assert tip(qtbot, canvas, at(canvas, 16)) == "node 16"
    assert tip(qtbot, canvas, GROUND) == ""
    assert tip(qtbot, canvas, middle_of_pill(canvas, 16)).startswith("2 images fell off here")


def test_that_a_drag_moves_the_view_and_chooses_nothing(qtbot: QtBot, canvas: TreeCanvas) -> None:
    heard = heard_from(canvas)
    start = at(canvas, 12)
    drag(qtbot, canvas, start, start + QPoint(20, 5), start + QPoint(60, -30))
    assert at(canvas, 12) == start + QPoint(60, -30)
    assert not [each for each in heard if each[0] == "node_chosen"]
    # A hand that trembles has clicked all the same.
    spot = at(canvas, 12)
    drag(qtbot, canvas, spot, spot + QPoint(2, 1))
    assert ("node_chosen", 12) in heard and at(canvas, 12) == spot


def test_that_the_wheel_enlarges_about_the_pointer(canvas: TreeCanvas) -> None:
    where, other = at(canvas, 12), at(canvas, 15)
    wheel(canvas, where, 2)
    assert at(canvas, 12) == where
    assert at(canvas, 15).x() - where.x() == pytest.approx((other.x() - where.x()) * 1.44, abs=2)
    wheel(canvas, where, -2)
    assert at(canvas, 15) == other
    wheel(canvas, where, 200)
    assert at(canvas, 12) == where and canvas.frame().level <= 500


def test_that_a_double_click_on_the_ground_shows_all_and_one_on_a_node_activates_it(
    qtbot: QtBot, canvas: TreeCanvas
) -> None:
    heard = heard_from(canvas)
    whole = canvas.frame()
    wheel(canvas, QPoint(300, 200), 3)
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=GROUND)
    assert canvas.frame() == whole
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=at(canvas, 16))
    assert [each for each in heard if each[0] == "node_activated"] == [("node_activated", 16)]


def test_that_the_words_on_a_branch_open_it_and_a_double_click_does_not_lose_the_place(
    qtbot: QtBot, canvas: TreeCanvas
) -> None:
    heard = heard_from(canvas)
    pill, before = middle_of_pill(canvas, 16), at(canvas, 16)
    click(qtbot, canvas, pill)
    assert {8, 9, 17} <= set(canvas.drawing().nodes) and heard[-1] == ("expanded", 16)
    frame = canvas.frame()
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=pill)
    assert canvas.frame() == frame and at(canvas, 16) == before


def test_that_the_button_of_a_node_opens_it_in_its_place_and_closes_it(qtbot: QtBot, canvas: TreeCanvas) -> None:
    heard = heard_from(canvas)
    where = at(canvas, 12)
    move(canvas, where)
    assert tip(qtbot, canvas, middle_of_badge(canvas, 12)) == "Show all that is below (+)"
    click(qtbot, canvas, middle_of_badge(canvas, 12))
    assert {0, 1, 2, 3, 10, 11} <= set(canvas.drawing().nodes) and at(canvas, 12) == where
    move(canvas, where)
    click(qtbot, canvas, middle_of_badge(canvas, 12))
    assert 11 not in canvas.drawing().nodes and at(canvas, 12) == where
    assert [each for each in heard if each[0] != "node_hovered"] == [("expanded", 12), ("collapsed", 12)]


def test_that_the_small_roots_are_shown_by_a_click_on_what_joins_the_large_ones(
    qtbot: QtBot, canvas: TreeCanvas
) -> None:
    show_tree(canvas, merged([(0, 1), (8, 2), (9, 3), (4, 5), (11, 6)], 8))
    canvas.set_share(0.25)
    heard = heard_from(canvas)
    where = canvas.scene().centre(0).toPoint()
    assert canvas.drawing().nodes[0] == ABOVE_ROOTS and 7 not in canvas.drawing().nodes
    assert tip(qtbot, canvas, where).startswith("1 image lie below roots")
    click(qtbot, canvas, where)
    assert 7 in canvas.drawing().nodes
    assert all(node == -1 for word, node in heard)


# Keys


def test_that_the_arrows_walk_the_tree(qtbot: QtBot, canvas: TreeCanvas) -> None:
    canvas.show_full(True)
    heard = heard_from(canvas)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Up):
        qtbot.keyClick(canvas, key)
    assert heard == [("node_chosen", node) for node in (18, 17, 9, 17, 18)]
    canvas.set_sideways(True)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left):
        qtbot.keyClick(canvas, key)
    assert [node for _, node in heard[5:]] == [17, 16, 8, 17]


def test_that_a_step_down_goes_along_the_path(qtbot: QtBot, canvas: TreeCanvas) -> None:
    canvas.show_full(True)
    canvas.set_path(SMALL.path_to(5))
    heard = heard_from(canvas)
    for _ in range(9):
        qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert [node for _, node in heard] == SMALL.path_to(5)


def test_that_plus_opens_and_minus_closes(qtbot: QtBot, canvas: TreeCanvas) -> None:
    heard = heard_from(canvas)
    canvas.set_current(12)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert 10 in canvas.drawing().nodes
    canvas.set_current(10)
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    assert canvas.drawing().closed[canvas.drawing().place_of(10)] and canvas.current() == 10
    qtbot.keyClick(canvas, Qt.Key.Key_Equal)
    canvas.set_current(0)
    # A leaf closes what was opened above it, and what is current goes where it is hidden.
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    assert canvas.current() == 12 and 0 not in canvas.drawing().nodes
    words = ["expanded", "collapsed", "expanded", "node_chosen", "collapsed"]
    assert [word for word, _ in heard] == words
    canvas.set_current(16)
    qtbot.keyClick(canvas, Qt.Key.Key_Asterisk)
    assert 17 in canvas.drawing().nodes and heard[-1] == ("expanded", 16)


def test_that_enter_activates_f_fits_and_home_goes_to_the_root(qtbot: QtBot, canvas: TreeCanvas) -> None:
    heard = heard_from(canvas)
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    canvas.set_current(15)
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    qtbot.keyClick(canvas, Qt.Key.Key_Enter)
    whole = canvas.frame()
    wheel(canvas, GROUND, 4)
    qtbot.keyClick(canvas, Qt.Key.Key_F)
    assert canvas.frame() == whole
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    assert heard == [("node_activated", 15), ("node_activated", 15), ("node_chosen", 18)]


def test_that_other_keys_go_on_to_the_window(qtbot: QtBot, canvas: TreeCanvas) -> None:
    for key, held in (
        (Qt.Key.Key_Q, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier),
    ):
        event = QKeyEvent(QKeyEvent.Type.KeyPress, key, held)
        canvas.keyPressEvent(event)
        assert not event.isAccepted()


def test_that_a_step_out_of_view_brings_the_node_into_it(qtbot: QtBot, canvas: TreeCanvas) -> None:
    canvas.set_current(16)
    wheel(canvas, at(canvas, 16), 6)
    before = canvas.scene().centre(canvas.drawing().place_of(12))
    assert not canvas.rect().contains(before.toPoint())
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    node = canvas.current()
    rect = canvas.scene().node_rect(canvas.drawing().place_of(node))
    assert node in (12, 15) and QPointF(rect.center()).y() < canvas.height() and rect.right() <= canvas.width()


# How much is drawn


def test_that_a_tree_starts_condensed_with_about_seven_forks_and_one_press_shows_it_in_full(
    canvas: TreeCanvas,
) -> None:
    tree = natural(300, 1)
    show_tree(canvas, tree)
    assert 5 <= canvas.drawing().forks <= 9 and 0 < canvas.share() < 0.1
    canvas.show_full(True)
    assert len(canvas.drawing().nodes) == len(tree.sizes)
    assert canvas.summary() == "all 299 merges of 300 leaves"
    canvas.show_full(False)
    assert 5 <= canvas.drawing().forks <= 9


def test_that_share_depth_and_path_change_what_is_drawn_and_tell(canvas: TreeCanvas) -> None:
    heard: list[int] = []
    canvas.drawing_changed.connect(lambda: heard.append(canvas.drawing().forks))
    canvas.set_share(0.0)
    assert canvas.deepest_fork() == 5 and heard == [9]
    canvas.set_depth_range(1, 2)
    canvas.set_depth_range()
    canvas.set_path(SMALL.path_to(5))
    canvas.set_path_only(True)
    assert heard == [9, 2, 9, 6] and canvas.drawing().closed[canvas.drawing().place_of(12)]
    # A longer comparison: both paths are drawn.
    canvas.set_compared_path(SMALL.path_to(0))
    canvas.set_path_only(False)
    assert heard == [9, 2, 9, 6, 9, 9]
    canvas.set_share(0.0)
    assert len(heard) == 6


def test_that_a_path_alone_is_drawn_with_every_step_where_these_are_few(canvas: TreeCanvas) -> None:
    path = SMALL.path_to(9)
    assert not set(path[1:]) <= set(canvas.drawing().nodes)
    canvas.set_path(path)
    canvas.set_path_only(True)
    siblings = {child for node in path for child in SMALL.children(node)}
    assert set(canvas.drawing().nodes) == set(path) | siblings
    tree = natural(300, 1)
    long = max((tree.path_to(leaf) for leaf in range(300)), key=len)
    show_tree(canvas, tree)
    canvas.set_path(long)
    canvas.set_path_only(True)
    assert len(canvas.drawing().nodes) < len(long) > 24


def test_that_a_view_that_was_moved_by_hand_keeps_the_current_node_in_its_place(canvas: TreeCanvas) -> None:
    show_tree(canvas, natural(300, 1))
    root = canvas.tree().roots[0]
    canvas.set_current(root)
    wheel(canvas, at(canvas, root), 1)
    before = at(canvas, root)
    canvas.set_share(0.005)
    assert at(canvas, root) == before
    canvas.fit()
    canvas.set_share(0.02)
    assert canvas.rect().contains(at(canvas, canvas.drawing().nodes[-1]))


def test_that_a_root_closed_out_of_sight_comes_into_view_and_the_share_opens_it_again(
    qtbot: QtBot, canvas: TreeCanvas
) -> None:
    root = canvas.tree().roots[0]
    canvas.set_current(root)
    start = at(canvas, root)
    for _ in range(3):
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
        qtbot.mouseMove(canvas, QPoint(300, 5 - canvas.height()))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 5 - canvas.height()))
    assert not canvas.rect().contains(at(canvas, root)) and at(canvas, root) != start
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    assert canvas.drawing().nodes == (root,) and canvas.rect().contains(at(canvas, root))
    canvas.set_share(0.1)
    assert canvas.drawing().forks > 1


def test_that_a_hidden_node_can_be_revealed_and_until_then_is_stood_for(canvas: TreeCanvas) -> None:
    canvas.set_current(5)
    assert canvas.point_of(5) == canvas.point_of(15)
    assert near(shot(canvas), at(canvas, 15), DARK.accent, reach=40)
    canvas.set_path(SMALL.path_to(0))
    canvas.set_path_only(True)
    canvas.set_depth_range(0, 1)
    canvas.reveal(5)
    assert canvas.drawing().place_of(5) >= 0
    canvas.reveal(-1)
    canvas.reveal(999)


def test_that_another_tree_begins_anew(canvas: TreeCanvas) -> None:
    canvas.set_current(12)
    canvas.set_path(SMALL.path_to(5))
    canvas.set_picture(16, plain((255, 0, 0)))
    canvas.expand(12)
    show_tree(canvas, balanced(16))
    assert canvas.current() == -1 and not canvas.scene().marks.path.places
    assert not canvas.scene().pictures.has(16) and not canvas.choice().whole


# Odd trees


def test_that_no_tree_says_why_and_takes_every_key(qtbot: QtBot, canvas: TreeCanvas) -> None:
    empty = shown(qtbot)
    bare = shot(empty)
    empty.set_placeholder("Choose a class to grow its tree")
    assert shot(empty) != bare
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Plus, Qt.Key.Key_F, Qt.Key.Key_Home):
        qtbot.keyClick(empty, key)
    click(qtbot, empty, GROUND)
    wheel(empty, GROUND, 1)
    assert empty.current() == -1 and empty.summary() == ""


def test_that_a_single_leaf_is_a_tree(qtbot: QtBot, canvas: TreeCanvas) -> None:
    show_tree(canvas, merged([], 1))
    heard = heard_from(canvas)
    click(qtbot, canvas, at(canvas, 0))
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert ("node_chosen", 0) in heard and at(canvas, 0).x() == pytest.approx(canvas.width() / 2, abs=2)


def test_that_the_canvas_tells_a_reader_what_is_current(canvas: TreeCanvas) -> None:
    canvas.set_current(16)
    assert canvas.accessibleDescription().startswith("8 of 10 images")
    canvas.set_current(-1)
    assert canvas.accessibleDescription() == canvas.summary()
