from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QHelpEvent, QImage
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from gui.charts.tuning_view import CHART_HEIGHT, GAP, TuningView
from gui.theme import DARK


@dataclass
class Made:
    """A curve made by hand."""

    name: str
    unit: str
    values: NDArray[np.float64]
    mean: NDArray[np.float32]
    largest: NDArray[np.float32]


def curve(mean: list[float], name: str = "orientation", unit: str = "°") -> Made:
    means = np.array(mean, np.float32)
    return Made(name, unit, np.linspace(0, 160, len(mean)), means, means + 1)


@pytest.fixture
def view(show_dark: Callable[..., Any]) -> TuningView:
    return show_dark(TuningView(), 320, 220)


def columns_of(shot: QImage, colour: str, left: int, right: int, y: int) -> list[int]:
    """Return where a line of this colour crosses a row, as far as its smooth edge lets one tell."""
    wanted = QColor(colour)
    near = []
    for x in range(left, right):
        seen = shot.pixelColor(x, y)
        parts = zip(seen.getRgb()[:3], wanted.getRgb()[:3], strict=True)  # type: ignore[arg-type]
        if max(abs(a - b) for a, b in parts) < 40:
            near.append(x)
    return near


def test_that_each_pair_of_curves_takes_a_row(view: TuningView) -> None:
    heights = []
    for count in range(5):
        view.set_curves([curve([0, 1, 2])] * count)
        heights.append(view.sizeHint().height())
    both = 2 * CHART_HEIGHT + GAP
    assert heights == [0, CHART_HEIGHT, CHART_HEIGHT, both, both]
    assert view.chart_rect(3).bottom() == both and view.chart_rect(1).right() == view.width()


def test_that_the_mean_is_drawn_where_it_is(view: TuningView) -> None:
    view.set_curves([curve([0.0, 0.0, 4.0, 0.0, 0.0])])
    shot, box = view.grab().toImage(), view.chart_rect(0)
    rows = [y for y in range(30, 90) if columns_of(shot, DARK.accent, 8, int(box.right()) - 8, y)]
    peak = columns_of(shot, DARK.accent, 8, int(box.right()) - 8, rows[0] + 1)
    assert abs(np.mean(peak) - box.center().x()) <= 2


def test_that_it_says_where_the_mean_is_highest(view: TuningView) -> None:
    view.set_curves([curve([0, 3, 1, 0, 0]), curve([np.nan, np.nan], "size", " of the side")])
    assert view.accessibleDescription() == "orientation: strongest at 40°, size: strongest at –"


def test_that_values_without_a_score_leave_a_gap_and_none_at_all_an_empty_chart(view: TuningView) -> None:
    view.set_curves([curve([0, np.nan, 1, np.nan]), curve([np.nan] * 3), curve([2.0, 2.0]), curve([1.0])])
    assert not view.grab().isNull()


def test_that_a_tooltip_says_what_a_chart_shows(qtbot: QtBot, view: TuningView) -> None:
    view.set_curves([curve([0.0, 2.0, 1.0])])
    for place, told in ((QPoint(40, 40), "Score against orientation, from 0.000 to 3.000."), (QPoint(300, 40), "")):
        QApplication.sendEvent(view, QHelpEvent(QHelpEvent.Type.ToolTip, place, view.mapToGlobal(place)))
        qtbot.waitUntil(lambda told=told: QToolTip.text().startswith(told) if told else True)
    QToolTip.hideText()
