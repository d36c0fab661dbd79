from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.canvas.curve_plot import LARGEST_CURVE, thinned
from gui.canvas.live_curve import LiveCurve
from gui.text import figure
from gui.theme import DARK, LIGHT, apply_theme

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def curve(qtbot: QtBot, qapp: QApplication, show_dark: Callable[..., Any]) -> LiveCurve:
    made = show_dark(LiveCurve(), 500, 200)
    qtbot.waitExposed(made)
    qapp.processEvents()
    return made


def place_of(curve: LiveCurve, step: int) -> QPoint:
    """Return where a step is in the plot's viewport."""
    plot = curve.plot
    return plot.mapFromScene(plot.getPlotItem().getViewBox().mapViewToScene(QPointF(step, 0)))


def ranges(curve: LiveCurve) -> list[list[float]]:
    return curve.plot.getPlotItem().getViewBox().viewRange()


def heard_from(curve: LiveCurve) -> list[int]:
    heard: list[int] = []
    curve.cursor_moved.connect(heard.append)
    return heard


def test_that_the_steps_to_come_have_their_room_from_the_start(curve: LiveCurve) -> None:
    curve.set_curves(np.array([1.0, 2.0]), np.array([5.0, 4.0]), 256)
    assert ranges(curve)[0] == [0, 256]
    assert ranges(curve)[1][0] < 1 and ranges(curve)[1][1] > 2


def test_that_the_norm_has_the_scale_of_its_largest_so_far_until_the_next_run(curve: LiveCurve) -> None:
    norms = curve.plot._norm_scale
    curve.set_curves(np.ones(3), np.array([1.0, 10.0, 1.0]), 100)
    assert norms.viewRange()[1] == pytest.approx([0, 10.6])
    curve.set_curves(np.ones(4), np.ones(4), 100)
    assert norms.viewRange()[1] == pytest.approx([0, 10.6])
    curve.set_curves(np.ones(1), np.ones(1), 100)
    assert norms.viewRange()[1] == pytest.approx([0, 1.06])


def test_that_a_click_and_a_drag_move_the_cursor_within_what_has_been_run(qtbot: QtBot, curve: LiveCurve) -> None:
    heard = heard_from(curve)
    curve.set_curves(np.arange(100.0), np.ones(100), 200)
    view = curve.plot.viewport()
    qtbot.mousePress(view, LEFT, pos=place_of(curve, 30))
    for step in (60, 190):
        where = QPointF(place_of(curve, step))
        none = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(view, QMouseEvent(QEvent.Type.MouseMove, where, where, LEFT, LEFT, none))
    qtbot.mouseRelease(view, LEFT, pos=place_of(curve, 190))
    assert len(heard) == 3
    assert heard[0] == pytest.approx(30, abs=1) and heard[1] == pytest.approx(60, abs=1) and heard[2] == 99


def test_that_before_the_first_step_there_is_no_cursor(qtbot: QtBot, curve: LiveCurve) -> None:
    heard = heard_from(curve)
    qtbot.mouseClick(curve.plot.viewport(), LEFT, pos=QPoint(200, 80))
    qtbot.keyClick(curve.plot, Qt.Key.Key_Left)
    assert heard == [] and curve.cursor_step() is None


def test_that_the_keys_move_the_cursor_from_the_newest_step(qtbot: QtBot, curve: LiveCurve) -> None:
    heard = heard_from(curve)
    curve.set_curves(np.arange(50.0), np.ones(50), 100)
    keys = (Qt.Key.Key_Left, Qt.Key.Key_PageUp, Qt.Key.Key_Home, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_End)
    for key in keys:
        qtbot.keyClick(curve.plot, key)
    assert heard == [48, 38, 0, 1, 49]


def test_that_setting_the_cursor_tells_nobody_and_a_new_run_takes_it_away(curve: LiveCurve) -> None:
    heard = heard_from(curve)
    curve.set_curves(np.arange(50.0), np.ones(50), 100)
    curve.set_cursor(20)
    assert curve.cursor_step() == 20 and curve.plot._cursor_line.isVisible()
    curve.set_curves(np.arange(2.0), np.ones(2), 100)
    assert curve.cursor_step() is None and not curve.plot._cursor_line.isVisible()
    assert heard == []


def test_that_wheel_drag_and_right_click_change_no_range(
    qtbot: QtBot, curve: LiveCurve, monkeypatch: pytest.MonkeyPatch
) -> None:
    curve.set_curves(np.arange(50.0), np.ones(50), 100)
    before, view = ranges(curve), curve.plot.viewport()
    where, none = QPointF(200, 80), Qt.KeyboardModifier.NoModifier
    phase = Qt.ScrollPhase.NoScrollPhase
    wheel = QWheelEvent(where, where, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, none, phase, False)
    curve.plot.wheelEvent(wheel)
    assert not wheel.isAccepted()
    qtbot.mouseClick(view, Qt.MouseButton.RightButton, pos=QPoint(200, 80))
    qtbot.mousePress(view, LEFT, pos=QPoint(200, 80))
    qtbot.mouseRelease(view, LEFT, pos=QPoint(300, 100))
    assert ranges(curve) == before
    assert QApplication.activePopupWidget() is None


def test_that_a_reference_stays_in_sight_and_can_be_taken_away(curve: LiveCurve) -> None:
    curve.set_curves(np.array([1.0, 2.0]), np.ones(2), 10)
    curve.set_reference("best real image", 9.0)
    assert ranges(curve)[1][1] > 9
    curve.set_reference("best real image", 5.0)
    assert 5 < ranges(curve)[1][1] < 9
    curve.set_reference("best real image", None)
    assert ranges(curve)[1][1] < 3


def test_that_steps_that_are_no_number_do_no_harm(curve: LiveCurve) -> None:
    curve.set_curves(np.array([1.0, np.nan, 3.0, np.inf]), np.array([np.nan, 1.0, 2.0, np.nan]), 10)
    assert not curve.grab().isNull()
    assert ranges(curve)[1][1] < 4
    curve.set_curves(np.zeros(0), np.zeros(0), 10)
    assert not curve.grab().isNull()


def test_that_the_colours_follow_the_theme(qapp: QApplication, curve: LiveCurve) -> None:
    curve.set_curves(np.arange(5.0), np.ones(5), 10)
    assert curve.plot._score_curve.opts["pen"].color().name() == DARK.accent
    apply_theme(qapp, "light")
    assert curve.plot._score_curve.opts["pen"].color().name() == LIGHT.accent
    assert LIGHT.accent in curve._legend.text()
    apply_theme(qapp, "dark")


@pytest.mark.parametrize("count", [0, 1, 1000, 1998, 1999, 2500, 100_003])
def test_that_few_points_are_drawn_and_no_peak_is_lost(count: int) -> None:
    values = np.random.default_rng(1).normal(size=count)
    if count > 10:
        values[count // 3], values[count // 2] = 50, -50
    places = thinned(values)
    assert len(places) <= min(count, 2000)
    assert (np.diff(places) > 0).all()
    if count:
        assert places[0] == 0 and places[-1] == count - 1
        assert values[places].max() == values.max() and values[places].min() == values.min()
    assert LARGEST_CURVE < 2000


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.000"), (7.3081, "7.308"), (123.45, "123.5"), (2e-5, "2.0e−05"), (float("nan"), "–")]
)
def test_that_figures_are_short(value: float, text: str) -> None:
    assert figure(value) == text
