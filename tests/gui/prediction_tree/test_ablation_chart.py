from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backend.pages.explanation import AblationCurve
from gui.prediction_tree.ablation_chart import FOOT, GUTTER, RIGHT, TOP, AblationChart, shown_counts
from gui.theme import DARK, LIGHT, apply_theme

OWN, LOW, MEAN, HIGH = [0.97, 0.75, 0.5, 0.41], [0.97, 0.9, 0.6, 0.7], [0.97, 0.96, 0.8, 0.95], [0.97, 0.97, 0.9, 0.96]


def curve(*rows: list[float]) -> AblationCurve:
    return AblationCurve(np.arange(len(rows[0])), *(np.array(row, np.float32) for row in rows))


@pytest.fixture
def chart(qtbot: QtBot, qapp: QApplication) -> AblationChart:
    """Return a chart whose curves have 300 × 200 px."""
    apply_theme(qapp, "dark")
    made = AblationChart()
    qtbot.addWidget(made)
    made.resize(GUTTER + 300 + RIGHT, TOP + 200 + FOOT)
    made.set_curve(curve(OWN, LOW, MEAN, HIGH))
    made.show()
    return made


def colour_at(chart: AblationChart, x: float, y: float) -> QColor:
    return chart.grab().toImage().pixelColor(round(x), round(y))


def test_that_a_share_stands_at_its_height_above_its_count(chart: AblationChart) -> None:
    assert chart.plot().size().toTuple() == (300.0, 200.0)
    assert chart.point(0, 1.0).toTuple() == (GUTTER, TOP)
    assert chart.point(3, 0.0).toTuple() == (GUTTER + 300, TOP + 200)
    assert chart.point(1, 0.75).toTuple() == (GUTTER + 100, TOP + 50)


def test_that_counts_need_not_be_evenly_spaced(chart: AblationChart) -> None:
    rows = [np.array([0.9, 0.5, 0.4], np.float32)] * 4
    chart.set_curve(AblationCurve(np.array([0, 1, 10]), *rows))
    assert chart.point(1, 0.0).x() == GUTTER + 30
    assert chart.readout()[0] == ("without 10 critical filters", "40 %")


@pytest.mark.parametrize(("theme", "colours"), [("dark", DARK), ("light", LIGHT)])
def test_that_the_curve_has_the_colour_of_the_path(
    qapp: QApplication, chart: AblationChart, theme: str, colours: object
) -> None:
    apply_theme(qapp, theme)  # type: ignore[arg-type]
    first, second = chart.point(1, 0.75), chart.point(2, 0.5)
    for point in (first, (first + second) / 2):
        assert colour_at(chart, point.x(), point.y()) == QColor(colours.path)  # type: ignore[attr-defined]


def test_that_the_band_lies_between_the_least_and_the_largest(chart: AblationChart) -> None:
    # Above count 2 it goes from 60 to 90 %; the grid lies at 75, the broken line at 80 %.
    empty = colour_at(chart, chart.point(2, 0).x(), chart.point(2, 0.93).y())
    inside = [colour_at(chart, chart.point(2, 0).x(), chart.point(2, share).y()) for share in (0.63, 0.7, 0.87)]
    outside = [colour_at(chart, chart.point(2, 0).x(), chart.point(2, share).y()) for share in (0.56, 0.3)]
    assert set(map(QColor.name, outside)) == {empty.name()}
    assert len(set(map(QColor.name, inside))) == 1 and inside[0] != empty


def test_that_the_figures_are_those_of_the_last_count_until_one_is_pointed_at(
    qtbot: QtBot, chart: AblationChart
) -> None:
    assert chart.readout() == (
        ("without 3 critical filters", "41 %"),
        ("without 3 random others", "95 % (70 % to 96 %)"),
    )
    qtbot.mouseMove(chart, QPoint(GUTTER + 140, 100))
    assert chart.marked() == 1
    assert chart.readout() == (("without 1 critical filter", "75 %"), ("without 1 random other", "96 % (90 % to 97 %)"))
    assert "without 1 critical filter 75 %" in chart.accessibleDescription()
    qtbot.mouseMove(chart, QPoint(GUTTER + 160, 100))
    assert chart.marked() == 2
    qtbot.mouseMove(chart, QPoint(2, 100))
    assert chart.readout() == (("with every filter", "97 %"), ("random others", ""))
    QApplication.sendEvent(chart, QEvent(QEvent.Type.Leave))
    assert chart.marked() == 3


def test_that_pointing_at_a_count_is_seen(qtbot: QtBot, chart: AblationChart) -> None:
    before = chart.grab().toImage()
    qtbot.mouseMove(chart, QPoint(GUTTER + 100, 100))
    after = chart.grab().toImage()
    line = (GUTTER + 100, TOP + 150)
    assert after.pixelColor(*line) != before.pixelColor(*line)
    # The figures above have changed.
    assert after.copy(GUTTER, 0, 300, TOP - 8) != before.copy(GUTTER, 0, 300, TOP - 8)


def test_that_the_keys_walk_the_counts(qtbot: QtBot, chart: AblationChart) -> None:
    walked = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left):
        qtbot.keyClick(chart, key)
        walked.append(chart.marked())
    assert walked == [3, 2, 1, 0, 0]
    qtbot.keyClick(chart, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert chart.marked() == 0


def test_that_a_narrow_chart_leaves_the_range_out_rather_than_writing_over_it(chart: AblationChart) -> None:
    def second_line(least: float) -> QImage:
        chart.set_curve(curve(OWN, [*LOW[:3], least], MEAN, HIGH))
        return chart.grab().toImage().copy(0, 18, chart.width(), 16)

    assert second_line(0.2) != second_line(0.7)
    chart.resize(chart.minimumWidth(), chart.height())
    assert second_line(0.2) == second_line(0.7)
    shot, plot = chart.grab().toImage(), chart.plot()
    blank = shot.pixelColor(1, 1)
    second = range(2 + 16, 2 + 32)
    written = [
        x
        for x in range(int(plot.left()) + 30, int(plot.right()))
        if any(shot.pixelColor(x, y) != blank for y in second)
    ]
    # Between the words and the figure, somewhere, there is air.
    assert max(right - left for left, right in pairwise(written)) >= 6


@pytest.mark.parametrize("missing", [0, 1, 4])
def test_that_a_chart_with_gaps_and_none_at_all_are_painted(qtbot: QtBot, chart: AblationChart, missing: int) -> None:
    nothing = [math.nan] * 2
    rows = [[0.9, share] for share in (0.5, 0.7, 0.8, 0.9)]
    # The mean goes with the range: both are of the same choices.
    gone = {0: (), 1: (1, 2, 3), 4: (0, 1, 2, 3)}[missing]
    chart.set_curve(curve(*[nothing if place in gone else row for place, row in enumerate(rows)]))
    assert not chart.grab().isNull()
    assert all("nan" not in text for line in chart.readout() for text in line)
    assert chart.readout()[1][1] == ("80 % (70 % to 90 %)" if not missing else "–")
    chart.set_curve(None)
    qtbot.mouseMove(chart, QPoint(GUTTER + 100, 100))
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.readout() == () and chart.marked() == -1 and not chart.grab().isNull()


def test_that_a_single_count_is_painted_too(qtbot: QtBot, chart: AblationChart) -> None:
    chart.set_curve(curve([0.9], [0.9], [0.9], [0.9]))
    qtbot.mouseMove(chart, QPoint(GUTTER + 100, 100))
    assert chart.readout()[0] == ("with every filter", "90 %") and not chart.grab().isNull()


def test_that_figures_leave_each_other_room_and_the_marked_one_stays() -> None:
    assert shown_counts([0.0, 30.0, 60.0], 0) == [0, 1, 2]
    assert shown_counts([10.0 * place for place in range(11)], 7) == [0, 3, 7, 10]
    assert shown_counts([10.0 * place for place in range(11)], 9) == [0, 3, 6, 9]
    assert shown_counts([0.0], 0) == [0]
