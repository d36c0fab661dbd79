from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QFrame
from pytestqt.qtbot import QtBot

from gui.charts.statistic_chips import StatisticChips

NAMES = {"mean": "", "skewness": "0 for a symmetric distribution", "zeros": "", "shape": "dead: the rule"}


@pytest.fixture
def chips(qtbot: QtBot) -> StatisticChips:
    made = StatisticChips(NAMES, columns=3)
    qtbot.addWidget(made)
    made.resize(300, 100)
    made.show()
    return made


def places(chips: StatisticChips) -> list[tuple[int, int, int]]:
    return [(frame.x(), frame.y(), frame.width()) for frame in chips.findChildren(QFrame) if frame.layout()]


def test_that_a_figure_that_is_missing_is_a_dash(chips: StatisticChips) -> None:
    assert chips.figure("mean") == "–"
    chips.set_figures({"mean": "0.62", "shape": "long-tailed"})
    assert [chips.figure(name) for name in NAMES] == ["0.62", "–", "–", "long-tailed"]
    chips.set_figures({})
    assert chips.figure("mean") == "–"


def test_that_the_boxes_stand_in_equal_columns_whatever_they_show(chips: StatisticChips) -> None:
    before = places(chips)
    (x, y, width), (second, same, _), _, (last, below, whole) = before
    assert (x, last) == (0, 0) and second > x + width - 1 and same == y and below > y
    assert whole == chips.width() and abs(before[1][2] - width) <= 1
    chips.set_figures({"mean": "a figure that is far too long for its box", "shape": "x"})
    assert places(chips) == before


def test_that_a_box_tells_its_rule(chips: StatisticChips) -> None:
    figure = chips._figures["shape"]
    QApplication.sendEvent(figure, QHelpEvent(QHelpEvent.Type.ToolTip, QPoint(3, 3), figure.mapToGlobal(QPoint(3, 3))))
    assert "dead: the rule" in figure.toolTip() and figure.accessibleName() == "shape"
