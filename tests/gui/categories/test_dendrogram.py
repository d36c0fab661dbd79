"""The dendrogram and the lines between two, driven with mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backend.jobs import compare_hierarchies
from gui.categories.category_view import hue_colour
from gui.categories.dendrogram import Dendrogram
from gui.categories.marks import Marks, cut
from gui.categories.tangle_lines import TangleLines
from gui.theme import tokens
from tests.categories import NAMES, VECTORS, categories, many_categories

LEFT = Qt.MouseButton.LeftButton
CAT, SHIP, DOG, TRUCK, NOISE = range(5)


@pytest.fixture
def view(show_dark: Callable[..., Any]) -> Dendrogram:
    made = show_dark(Dendrogram(), 460, 300)
    made.set_categories(categories())
    return made


def heard(view: Dendrogram) -> list[Any]:
    """Take up what the view tells."""
    told: list[Any] = []
    view.leaf_chosen.connect(lambda leaf: told.append(("leaf", leaf)))
    view.node_chosen.connect(lambda node: told.append(("node", node)))
    view.nothing_chosen.connect(lambda: told.append("nothing"))
    view.lit.connect(lambda leaves: told.append(("lit", *leaves)))
    return told


def at_node(view: Dendrogram, node: int) -> QPoint:
    return QPoint(round(float(view.node_x(node))), round(float(view.node_y(node))))


def ground(view: Dendrogram) -> QPoint:
    """Give a place inside a bracket, far from its lines."""
    return at_node(view, 7) + QPoint(25, 0)


def at_leaf(view: Dendrogram, leaf: int) -> QPoint:
    return view.name_rect(leaf).center().toPoint()


def wheel(view: Dendrogram, place: QPoint, notches: int) -> None:
    event = QWheelEvent(
        QPointF(place),
        QPointF(view.mapToGlobal(place)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def test_that_merges_lie_as_far_from_the_leaves_as_they_are_high(view: Dendrogram) -> None:
    hierarchy = view.hierarchy
    assert hierarchy is not None
    first, last = view.tree_span()
    xs = view.node_x(np.arange(9))
    assert np.allclose(xs[:5], first) and xs.min() > last
    assert np.allclose((first - xs[5:]) / (first - xs[8]), hierarchy.heights / hierarchy.heights[-1])
    ys = view.node_y(hierarchy.leaf_order)
    assert np.all(np.diff(ys) > 20)
    assert view.node_y(5) == pytest.approx((view.node_y(CAT) + view.node_y(DOG)) / 2)


def test_that_clicks_choose_leaves_merges_and_nothing(qtbot: QtBot, view: Dendrogram) -> None:
    told = heard(view)
    qtbot.mouseClick(view, LEFT, pos=at_leaf(view, DOG))
    qtbot.mouseClick(view, LEFT, pos=view.picture_rect(SHIP).center().toPoint())
    qtbot.mouseClick(view, LEFT, pos=at_node(view, 5))
    # The stem of a merge belongs to it too.
    half = (at_node(view, 6).x() + at_node(view, 7).x()) // 2
    qtbot.mouseClick(view, LEFT, pos=QPoint(half, at_node(view, 6).y()))
    qtbot.mouseClick(view, LEFT, pos=ground(view))
    qtbot.mouseClick(view, Qt.MouseButton.RightButton, pos=at_leaf(view, CAT))
    assert [event for event in told if event[0] != "lit"] == [
        ("leaf", DOG),
        ("leaf", SHIP),
        ("node", 5),
        ("node", 6),
        "nothing",
    ]


def test_that_the_pointer_lights_up_and_says_the_members_and_the_height(qtbot: QtBot, view: Dendrogram) -> None:
    told = heard(view)
    before = view.grab().toImage()
    qtbot.mouseMove(view, at_node(view, 7))
    assert told == [("lit", CAT, DOG, SHIP, TRUCK)]
    assert view.grab().toImage() != before
    assert view.cursor().shape() == Qt.CursorShape.PointingHandCursor
    assert view.hierarchy is not None
    assert view.node_tip(7) == f"4 classes, merged at {view.hierarchy.heights[2]:.3f}\ncat, dog, ship, truck"
    assert view.leaf_tip(DOG) == "dog · 3 images" and view.leaf_tip(CAT) == "cat · 1 image"
    qtbot.mouseMove(view, ground(view))
    assert told[-1] == ("lit",)


def test_that_the_cut_is_drawn_and_dragged_and_its_clusters_are_coloured(qtbot: QtBot, view: Dendrogram) -> None:
    hierarchy = view.hierarchy
    assert hierarchy is not None
    view.set_clusters(cut(hierarchy, float(hierarchy.heights[1] + hierarchy.heights[2]) / 2))
    shot = view.grab().toImage()
    # In the back of a bracket: a cluster's hue below the cut, none above.
    below = shot.pixelColor(at_node(view, 5) + QPoint(0, 4))
    assert abs(below.hue() - hue_colour(1).hue()) < 12
    assert shot.pixelColor(at_node(view, 8) + QPoint(0, 4)).saturation() < 90
    heights: list[float] = []
    view.cut_moved.connect(heights.append)
    x = round(float(view.height_x(view.cut_height())))
    qtbot.mousePress(view, LEFT, pos=QPoint(x, 8))
    qtbot.mouseMove(view, QPoint(x - 20, 9))
    qtbot.mouseMove(view, QPoint(x - 4000, 9))
    qtbot.mouseRelease(view, LEFT, pos=QPoint(x - 4000, 9))
    assert heights[0] > view.cut_height()
    assert float(view.height_x(heights[0])) == pytest.approx(x - 20, abs=1)
    assert heights[-1] == pytest.approx(view.tallest())
    assert view.zoom.scale == 1


def test_that_keys_walk_along_the_leaves_and_up_and_down_the_tree(qtbot: QtBot, view: Dendrogram) -> None:
    told = heard(view)
    view.leaf_chosen.connect(lambda leaf: view.set_marks(Marks(leaf=leaf)))
    view.node_chosen.connect(lambda node: view.set_marks(Marks(node=node)))
    keys = Qt.Key
    for key in (keys.Key_Down, keys.Key_Down, keys.Key_Up, keys.Key_Down, keys.Key_Left, keys.Key_Left, keys.Key_Right):
        qtbot.keyClick(view, key)
    expected = [("leaf", NOISE), ("leaf", CAT), ("leaf", NOISE), ("leaf", CAT), ("node", 5), ("node", 7), ("node", 5)]
    assert told == expected
    for _ in range(4):
        qtbot.keyClick(view, keys.Key_Left)
    assert told[-1] == ("node", 8)


def test_that_a_mirrored_one_has_its_leaves_at_the_left(qtbot: QtBot, view: Dendrogram) -> None:
    mirror = Dendrogram(mirrored=True)
    qtbot.addWidget(mirror)
    mirror.resize(view.size())
    mirror.show()
    mirror.set_categories(view.categories)
    nodes = np.arange(9)
    assert np.allclose(mirror.node_x(nodes), view.width() - view.node_x(nodes))
    told = heard(mirror)
    qtbot.mouseClick(mirror, LEFT, pos=at_leaf(mirror, TRUCK))
    qtbot.mouseClick(mirror, LEFT, pos=at_node(mirror, 5))
    assert told == [("leaf", TRUCK), ("node", 5)]
    mirror.set_marks(Marks(leaf=CAT))
    qtbot.keyClick(mirror, Qt.Key.Key_Right)
    assert told[-1] == ("node", 5)


def test_that_lines_join_the_same_classes_of_two_trees(qtbot: QtBot, view: Dendrogram) -> None:
    right = Dendrogram(mirrored=True)
    lines = TangleLines(view, right)
    for widget in (right, lines):
        qtbot.addWidget(widget)
        widget.resize(widget.width(), view.height())
        widget.show()
    right.set_categories(categories(VECTORS[[3, 1, 0]], ("truck", "ship", "cat")))
    assert lines.lines() == []
    lines.set_comparison(compare_hierarchies(view.hierarchy, right.hierarchy))  # type: ignore[arg-type]
    found = {NAMES[here]: (there, start, end) for here, there, start, end in lines.lines()}
    assert set(found) == {"cat", "ship", "truck"}
    assert found["ship"][1:] == (float(view.node_y(SHIP)), float(right.node_y(1)))
    before = lines.grab().toImage()
    view.set_marks(Marks(leaf=SHIP))
    assert lines.grab().toImage() != before


# Many classes


@pytest.fixture
def many(view: Dendrogram) -> Dendrogram:
    view.set_categories(many_categories(1000))
    return view


def test_that_names_thin_out_and_the_marked_one_is_always_there(many: Dendrogram) -> None:
    hierarchy = many.hierarchy
    assert hierarchy is not None
    places = [float(many.node_y(leaf)) for leaf in many.named()]
    assert 10 < len(places) < 25 and min(np.diff(places)) >= 13
    hidden = next(leaf for leaf in hierarchy.leaf_order.tolist() if leaf not in many.named())
    many.set_marks(Marks(leaf=hidden))
    places = [float(many.node_y(leaf)) for leaf in many.named()]
    assert hidden in many.named() and min(np.diff(places)) >= 12.9


def test_that_the_wheel_enlarges_about_the_pointer_and_a_drag_moves(qtbot: QtBot, many: Dendrogram) -> None:
    place = QPoint(many.width() - 20, 120)
    under = many.node_at(QPointF(place))
    for _ in range(6):
        wheel(many, place, 2)
    assert many.row_height() > 2 and abs(float(many.node_y(under)) - 120) <= many.row_height()
    y = float(many.node_y(under))
    qtbot.mousePress(many, LEFT, pos=QPoint(60, 150))
    qtbot.mouseMove(many, QPoint(60, 130))
    qtbot.mouseMove(many, QPoint(60, 100))
    qtbot.mouseRelease(many, LEFT, pos=QPoint(60, 100))
    assert float(many.node_y(under)) == pytest.approx(y - 50)
    for _ in range(40):
        wheel(many, place, 4)
    assert many.row_height() == pytest.approx(60)
    qtbot.keyClick(many, Qt.Key.Key_F)
    assert many.zoom.scale == 1


def test_that_a_drag_is_no_click_and_a_double_click_shows_all(qtbot: QtBot, many: Dendrogram) -> None:
    many.enlarge(30)
    told = heard(many)
    qtbot.mousePress(many, LEFT, pos=QPoint(400, 150))
    qtbot.mouseMove(many, QPoint(400, 100))
    qtbot.mouseRelease(many, LEFT, pos=QPoint(400, 100))
    assert told == []
    qtbot.mouseDClick(many, LEFT, pos=QPoint(60, 150))
    assert many.zoom.scale == 1


def test_that_a_class_that_was_found_is_brought_into_sight_and_can_be_read(many: Dendrogram) -> None:
    moved: list[bool] = []
    many.rows_moved.connect(lambda: moved.append(True))
    for leaf in (int(many.hierarchy.leaf_order[0]), 512):  # type: ignore[union-attr]
        many.show_leaf(leaf)
        assert many.row_height() >= 13.99
        assert 0 < float(many.node_y(leaf)) < many.base() and leaf in many.named()
    assert moved


def test_that_the_names_of_a_merge_do_not_lie_on_one_another(many: Dendrogram) -> None:
    hierarchy = many.hierarchy
    assert hierarchy is not None
    bare = many.grab().toImage()
    for node in (1000 + 700, 1000 + 998):
        many.set_marks(Marks(node=node))
        places = [float(many.node_y(leaf)) for leaf in many.named()]
        assert places and min(np.diff(places)) >= 12.9
        assert set(many.named()) & set(hierarchy.members(node))
        assert many.grab().toImage() != bare


def test_that_nothing_and_two_equal_classes_are_painted_too(view: Dendrogram) -> None:
    view.set_categories(categories(np.ones((2, 3), np.float32), ("a", "b")))
    assert not view.grab().isNull() and view.tallest() == 1.0
    view.set_categories(None)
    view.placeholder = "Nothing here"
    shot = view.grab().toImage()
    quiet = QColor(tokens().quiet)
    assert any(shot.pixelColor(x, y) == quiet for x in range(view.width()) for y in range(130, 170))
    assert view.node_at(QPointF(100, 100)) == -1 and view.named() == []
