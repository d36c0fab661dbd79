from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from gui.charts.histogram_paint import class_colours, luminance
from gui.charts.histogram_view import HistogramView
from gui.theme import DARK, LIGHT, apply_theme

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
NAMES = ["cat", "dog", "ship"]
Heard = list[tuple[float, ...]]


@pytest.fixture
def view(show_dark: Callable[..., Any]) -> Iterator[HistogramView]:
    yield show_dark(HistogramView(), 320, 150)
    QToolTip.hideText()


def some_scores(count: int = 4000) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    random = np.random.default_rng(3)
    return random.uniform(0, 4, count).astype(np.float32), random.integers(0, 3, count)


def heard_from(view: HistogramView) -> Heard:
    heard: Heard = []
    view.brushed.connect(lambda low, high: heard.append((low, high)))
    view.brush_cleared.connect(lambda: heard.append(()))
    return heard


def x_of(view: HistogramView, score: float) -> int:
    return round(view.bars().axis.x_of(score))


def move(view: HistogramView, x: int, button: Qt.MouseButton = LEFT) -> None:
    where = QPointF(x, 70)
    QApplication.sendEvent(view, QMouseEvent(QEvent.Type.MouseMove, where, where, button, button, NONE))


def drag(qtbot: QtBot, view: HistogramView, start: int, *way: int) -> None:
    qtbot.mousePress(view, LEFT, pos=QPoint(start, 70))
    for x in way:
        move(view, x)
    qtbot.mouseRelease(view, LEFT, pos=QPoint(way[-1], 70))


def column(shot: QImage, view: HistogramView, bar: int, colour: QColor | str) -> int:
    """Count the pixels of a colour in the middle of a bar."""
    axis, plot = view.bars().axis, view.plot_rect()
    x = axis.left + (axis.first + bar) * axis.pitch + 1
    return [shot.pixelColor(x, y) for y in range(plot.top(), plot.bottom() + 1)].count(QColor(colour))


def test_that_the_bars_are_as_high_as_their_counts(view: HistogramView) -> None:
    view.set_scores(np.repeat(np.arange(4, dtype=np.float32), [40, 10, 0, 20]), None, ())
    shot, height, bars = view.grab().toImage(), view.plot_rect().height(), view.bars()
    filled = np.flatnonzero(bars.totals).tolist()
    assert bars.totals[filled].tolist() == [40, 10, 20]
    assert [column(shot, view, bar, DARK.accent) for bar in filled] == [height, round(height / 4), round(height / 2)]
    assert column(shot, view, filled[0] + 3, DARK.accent) == 0


def test_that_stacked_bars_give_each_class_its_share(view: HistogramView) -> None:
    labels = np.array([0] * 20 + [2] * 60 + [1])
    view.set_scores(np.array([1.0] * 80 + [2.0], np.float32), labels, NAMES)
    assert QColor(DARK.accent) not in class_colours(3)
    view.set_stacked(True)
    shot, height, colours = view.grab().toImage(), view.plot_rect().height(), class_colours(3)
    assert column(shot, view, 0, colours[0]) == round(height / 4)
    assert column(shot, view, 0, colours[2]) == height - round(height / 4)
    assert column(shot, view, 0, DARK.accent) == column(shot, view, 0, colours[1]) == 0
    view.set_stacked(False)
    assert column(view.grab().toImage(), view, 0, DARK.accent) == height
    assert view.stacked_classes() == [0, 1, 2]


def test_that_on_a_logarithmic_axis_a_single_image_is_seen_beside_thousands(view: HistogramView) -> None:
    view.set_scores(np.array([0.0] * 30_000 + [4.0], np.float32), None, ())
    last = view.bars().axis.bars - 1
    assert column(view.grab().toImage(), view, last, DARK.accent) == 1
    view.set_log(True)
    shot = view.grab().toImage()
    assert column(shot, view, last, DARK.accent) >= 5
    assert column(shot, view, last - 1, DARK.accent) == 0
    assert column(shot, view, 0, DARK.accent) == view.plot_rect().height()


def test_that_a_highlighted_class_stands_before_the_others(view: HistogramView) -> None:
    view.set_scores(np.full(100, 2, np.float32), np.array([0] * 75 + [1] * 25), NAMES)
    bar = int(view.bars().totals.argmax())
    view.set_highlight(1)
    shot, height = view.grab().toImage(), view.plot_rect().height()
    assert column(shot, view, bar, class_colours(3)[1]) == round(height / 4)
    assert column(shot, view, bar, DARK.accent) == 0
    view.set_highlight(None)
    assert column(view.grab().toImage(), view, bar, DARK.accent) == height


def test_that_the_normal_curve_goes_where_the_normal_curve_goes(view: HistogramView) -> None:
    scores = np.random.default_rng(0).normal(0, 1, 20_000).astype(np.float32)
    view.set_scores(scores, None, ())
    before = view.grab().toImage()
    view.set_normal(True)
    after, plot = view.grab().toImage(), view.plot_rect()
    for score in (-1.5, 0.0, 2.0):
        x = x_of(view, score)
        expected = 20_000 * view.bars().axis.step * np.exp(-(score**2) / 2) / np.sqrt(2 * np.pi) / view.bars().top
        changed = [y for y in range(plot.top(), plot.bottom() + 1) if after.pixel(x, y) != before.pixel(x, y)]
        assert np.mean(changed) == pytest.approx(plot.bottom() + 1 - min(expected, 1) * plot.height(), abs=4)


def test_that_a_drag_draws_a_range_and_says_so_on_the_way(qtbot: QtBot, view: HistogramView) -> None:
    view.set_scores(*some_scores(), NAMES)
    heard = heard_from(view)
    drag(qtbot, view, x_of(view, 1), x_of(view, 1) + 1, x_of(view, 2), x_of(view, 3))
    step = view.bars().axis.step
    assert [high for _, high in heard] == pytest.approx([2, 3], abs=step)
    assert heard[-1] == view.brush() and view.brush()[0] == pytest.approx(1, abs=step)  # type: ignore[index]
    scores, (low, high) = view._sample.scores, heard[-1]
    counted = sum(
        view.bars().totals[bar] for bar, edge in enumerate(view.bars().axis.edges[:-1]) if low <= edge < high - 1e-9
    )
    assert counted == np.count_nonzero((scores >= low) & (scores < high))


def test_that_a_drag_beyond_the_ends_takes_in_the_least_and_the_largest_score(
    qtbot: QtBot, view: HistogramView
) -> None:
    scores, labels = some_scores()
    view.set_scores(scores, labels, NAMES)
    drag(qtbot, view, 150, 0, 319)
    drag(qtbot, view, x_of(view, view.brush()[0]), 0)  # type: ignore[index]
    assert view.brush() == (float(scores.min()), float(scores.max()))


def test_that_a_range_is_moved_from_inside_and_resized_at_an_edge(qtbot: QtBot, view: HistogramView) -> None:
    view.set_scores(*some_scores(), NAMES)
    step = view.bars().axis.step
    view.set_brush(1, 2)
    drag(qtbot, view, x_of(view, 1.5), x_of(view, 2.5))
    assert view.brush() == pytest.approx((2, 3), abs=step)
    drag(qtbot, view, x_of(view, view.brush()[1]) + 3, x_of(view, 3.5))  # type: ignore[index]
    assert view.brush() == pytest.approx((2, 3.5), abs=step)
    drag(qtbot, view, x_of(view, view.brush()[0]) - 3, x_of(view, 0.5))  # type: ignore[index]
    assert view.brush() == pytest.approx((0.5, 3.5), abs=step)


def test_that_a_listener_who_echoes_the_range_does_not_break_the_drag(qtbot: QtBot, view: HistogramView) -> None:
    view.set_scores(*some_scores(), NAMES)
    view.brushed.connect(view.set_brush)
    heard = heard_from(view)
    drag(qtbot, view, x_of(view, 1), x_of(view, 2), x_of(view, 3))
    assert len(heard) == 2


def test_that_the_mouse_shows_what_it_would_do(view: HistogramView) -> None:
    view.set_scores(*some_scores(), NAMES)
    view.set_brush(1, 2)
    shapes = []
    for score in (0.5, 1, 1.5, 2):
        move(view, x_of(view, score), Qt.MouseButton.NoButton)
        shapes.append(view.cursor().shape())
    shape = Qt.CursorShape
    assert shapes == [shape.CrossCursor, shape.SizeHorCursor, shape.OpenHandCursor, shape.SizeHorCursor]


def test_that_a_click_a_double_click_and_escape_clear_the_range_once(qtbot: QtBot, view: HistogramView) -> None:
    view.set_scores(*some_scores(), NAMES)
    heard = heard_from(view)
    qtbot.mouseClick(view, LEFT, pos=QPoint(200, 70))
    assert heard == []
    for act in (
        lambda: qtbot.mouseClick(view, LEFT, pos=QPoint(200, 70)),
        lambda: qtbot.mouseDClick(view, LEFT, pos=QPoint(200, 70)),
        lambda: qtbot.keyClick(view, Qt.Key.Key_Escape),
    ):
        view.set_brush(1, 2)
        act()
        assert view.brush() is None
    assert heard == [(), (), ()]


def test_that_escape_in_the_middle_of_a_drag_ends_it(qtbot: QtBot, view: HistogramView) -> None:
    view.set_scores(*some_scores(), NAMES)
    heard = heard_from(view)
    qtbot.mousePress(view, LEFT, pos=QPoint(100, 70))
    move(view, 140)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    move(view, 200)
    qtbot.mouseRelease(view, LEFT, pos=QPoint(200, 70))
    assert len(heard) == 2 and heard[-1] == () and view.brush() is None


def test_that_the_keys_move_resize_and_choose_all(qtbot: QtBot, view: HistogramView) -> None:
    scores, labels = some_scores()
    view.set_scores(scores, labels, NAMES)
    axis, heard, shift = view.bars().axis, heard_from(view), Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Right, shift)
    qtbot.keyClick(view, Qt.Key.Key_Right, shift)
    qtbot.keyClick(view, Qt.Key.Key_Left, shift)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    slots = [(0, 1), (1, 2), (1, 3), (1, 4), (1, 3), (0, 2)]
    assert heard == [(axis.edge(low), axis.edge(high)) for low, high in slots]
    view.set_marker("canvas", 9.0)
    qtbot.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert heard[-1] == (float(scores.min()), float(scores.max()))


def test_that_setting_the_range_tells_nobody_and_bars_outside_are_dimmed(view: HistogramView) -> None:
    view.set_scores(*some_scores(), NAMES)
    heard = heard_from(view)
    view.set_brush(3, 1)
    assert view.brush() == (1, 3) and heard == []
    assert view.accessibleDescription().endswith("; chosen: 1 to 3")
    shot, bars = view.grab().toImage(), view.bars().axis.bars
    assert column(shot, view, 2, DARK.accent) == 0
    assert column(shot, view, bars // 2, DARK.accent) > 20
    view.set_brush(None, None)
    assert column(view.grab().toImage(), view, 2, DARK.accent) > 0 and heard == []
    view.set_brush(float("nan"), 2)
    assert view.brush() is None


def test_that_a_marker_beyond_the_data_is_painted_inside(view: HistogramView) -> None:
    view.set_scores(*some_scores(), NAMES)
    view.set_marker("canvas", 7.0, "on canvas", colour="path")
    shot, x, plot = view.grab().toImage(), x_of(view, 7), view.plot_rect()
    assert x_of(view, 4) < x < view.width() - 2
    assert shot.pixelColor(x, plot.center().y()) == QColor(DARK.path)
    view.set_marker("canvas", 1e12, "on canvas", colour="path")
    shot = view.grab().toImage()
    assert any(
        shot.pixelColor(x, plot.center().y()) == QColor(DARK.path) for x in range(plot.right() - 6, view.width())
    )
    view.set_marker("canvas", None)
    assert view.bars().axis.ends[1] < 4.1
    shot = view.grab().toImage()
    assert QColor(DARK.path) not in [shot.pixelColor(x, 60) for x in range(view.width())]


def test_that_a_marker_that_moves_a_little_counts_and_paints_no_bar_anew(view: HistogramView) -> None:
    view.set_scores(*some_scores(), NAMES)
    view.set_marker("canvas", 4.2)
    view.grab()
    bars, picture = view.bars(), view._pictures[1][0]
    for value in np.linspace(4.2, 4.9, 20):
        view.set_marker("canvas", float(value))
        view.grab()
    assert view.bars() is bars and view._pictures[1][0] is picture
    view.set_marker("canvas", 5.1)
    assert view.bars() is not bars


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_that_a_marker_that_is_no_number_is_not_there(view: HistogramView, value: float | None) -> None:
    view.set_scores(*some_scores(), NAMES)
    plain = view.grab().toImage()
    view.set_marker("canvas", 2.0)
    view.set_marker("canvas", value)
    assert view.grab().toImage() == plain


def test_that_labels_of_markers_lie_neither_on_each_other_nor_outside(view: HistogramView) -> None:
    from gui.charts.histogram_paint import label_rects

    rects = label_rects([60, 62, 200, 310], [80, 70, 60, 90], 320)
    for index, rect in enumerate(rects):
        assert rect.left() >= 0 and rect.right() < 320
        assert not any(rect.intersects(other) for other in rects[:index])
    assert rects[0].left() > 60 and rects[3].right() < 310
    assert rects[0].top() == rects[2].top() < rects[1].top()


SCORES = {
    "none": [],
    "one": [2.5],
    "constant": [0.0] * 50,
    "no numbers": [np.nan, np.inf],
    "some numbers": [1.0, np.nan, 2.0],
    "huge": [-3e38, 3e38],
    "tiny": [0.0, 1e-45],
    "close": [1e6, 1e6 + 0.0625],
}


@pytest.mark.parametrize("name", SCORES)
def test_that_odd_scores_do_no_harm(qtbot: QtBot, view: HistogramView, name: str) -> None:
    scores = np.array(SCORES[name], np.float32)
    view.set_placeholder("Nothing yet.")
    view.set_scores(scores, np.zeros(len(scores), np.int64), NAMES)
    view.set_marker("canvas", 3.0)
    view.set_normal(True)
    for log in (True, False):
        view.set_log(log)
        view.set_stacked(log)
        assert not view.grab().isNull()
    drag(qtbot, view, 80, 200, 120)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    point(view, 150)
    assert not view.grab().isNull()
    assert view.brush() is None or np.isfinite(view.brush()).all()
    if name == "none":
        assert view.accessibleDescription() == "Nothing yet." and view.brush() is None


def test_that_the_description_counts_what_is_shown_and_what_is_not(view: HistogramView) -> None:
    view.set_scores(np.array([0, 3.2, np.nan], np.float32), None, ())
    assert view.accessibleDescription() == "2 images from 0 to 3.2; 1 without a finite score left out"


def point(view: HistogramView, x: int) -> None:
    place = QPoint(x, 70)
    QApplication.sendEvent(view, QHelpEvent(QEvent.Type.ToolTip, place, view.mapToGlobal(place)))


def test_that_hovering_tells_what_a_bar_holds(qtbot: QtBot, view: HistogramView) -> None:
    view.set_scores(np.array([0.0] * 3 + [8.0], np.float32), np.array([1, 2, 2, 0]), NAMES)
    point(view, view.bars().axis.left + 1)
    assert QToolTip.text().splitlines()[1:] == ["3 images", "ship  2", "dog  1"]
    point(view, 2)
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_that_a_new_theme_paints_the_bars_anew(qapp: QApplication, view: HistogramView) -> None:
    view.set_scores(np.full(10, 2, np.float32), None, ())
    bar = int(view.bars().totals.argmax())
    assert column(view.grab().toImage(), view, bar, DARK.accent) > 0
    apply_theme(qapp, "light")
    shot = view.grab().toImage()
    apply_theme(qapp, "dark")
    assert column(shot, view, bar, LIGHT.accent) > 0 and column(shot, view, bar, DARK.accent) == 0


def test_that_a_wider_widget_has_its_bars_over_the_whole_width(view: HistogramView) -> None:
    view.set_scores(*some_scores(), NAMES)
    view.bars()
    view.resize(700, 150)
    axis = view.bars().axis
    assert view.plot_rect().right() - axis.pitch <= axis.right <= view.plot_rect().right() + 1
    assert view.bars().totals.sum() == 4000


def test_that_a_ring_shows_the_focus_that_came_by_key(qtbot: QtBot, view: HistogramView) -> None:
    view.set_scores(*some_scores(), NAMES)
    top = (view.width() // 2, 0)
    view.setFocus(Qt.FocusReason.MouseFocusReason)
    assert view.hasFocus()
    plain = view.grab().toImage().pixelColor(*top)
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert view.grab().toImage().pixelColor(*top) != plain


def test_that_the_colours_of_classes_can_be_told_apart_in_both_themes() -> None:
    colours = class_colours(40)
    assert len({colour.name() for colour in colours}) == 40
    assert [colour.name() for colour in class_colours(3)] == [colour.name() for colour in colours[:3]]
    for colour in colours:
        light, dark = luminance(QColor(LIGHT.panel)) + 0.05, luminance(QColor(DARK.panel)) + 0.05
        assert light / (luminance(colour) + 0.05) > 2.6 and (luminance(colour) + 0.05) / dark > 2.6
    seen = np.array([oklab(colour) for colour in colours[:12]])
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=2) + np.eye(12)
    assert apart.min() > 0.08


def oklab(colour: QColor) -> NDArray[np.float64]:
    """Return the colour where distances are as the eye sees them; 0.02 is a difference that is just seen."""
    channels = np.array(colour.getRgbF()[:3])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    cones = [[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]]
    opponents = [[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]]
    return np.asarray(np.array(opponents) @ np.cbrt(np.array(cones) @ linear))


def test_that_selected_images_stand_before_the_quiet_whole_as_tall_as_the_picture_allows(view: HistogramView) -> None:
    scores = np.repeat(np.arange(4, dtype=np.float32), [400, 100, 0, 200])
    chosen = np.zeros(700, np.bool_)
    chosen[[0, 401, 402, 403, 404]] = True
    view.set_scores(scores, None, (), chosen)
    shot, height, bars = view.grab().toImage(), view.plot_rect().height(), view.bars()
    first, second, _ = np.flatnonzero(bars.totals).tolist()
    # Four images of a hundred in the largest bar, which holds four hundred: a hundred times as tall would fit just so.
    own, whole = view.markers()
    assert (own.text, own.value) == ("selected, bars ×100", pytest.approx(0.8))
    assert (whole.text, whole.value) == ("all", pytest.approx(scores.mean()))
    assert column(shot, view, second, DARK.accent) == height
    assert column(shot, view, first, DARK.accent) == round(height / 4)
    view.set_log(True)
    assert view.markers()[0].text == "selected"
    assert 0 < column(view.grab().toImage(), view, second, DARK.accent) < height
    view.set_scores(scores, None, ())
    assert view.markers() == []


def test_that_a_class_in_the_light_goes_before_the_selected_images(view: HistogramView) -> None:
    scores, labels = some_scores()
    chosen = np.zeros(len(scores), np.bool_)
    chosen[:100] = True
    view.set_scores(scores, labels, NAMES, chosen)
    view.set_stacked(True)
    shot = view.grab().toImage()
    assert any(column(shot, view, bar, DARK.accent) for bar in range(5))
    view.set_highlight(1)
    shot = view.grab().toImage()
    bars = range(10, view.bars().axis.bars)
    assert all(column(shot, view, bar, class_colours(3)[1]) for bar in bars)


def test_that_the_tip_says_how_many_of_a_bar_are_selected(view: HistogramView) -> None:
    view.set_scores(np.full(10, 2, np.float32), None, (), np.arange(10) < 3)
    (bar,) = np.flatnonzero(view.bars().totals).tolist()
    assert "10 images, 3 selected" in view.tip(view.bars().axis.first + bar)
    assert "3 selected" in view.accessibleDescription()
