"""What the colours of a histogram mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from gui.charts.histogram_bins import OTHER
from gui.charts.histogram_legend import HistogramLegend, class_entries
from gui.charts.histogram_paint import class_colours
from gui.charts.histogram_view import HistogramView

NAMES = ("cat", "dog", "a class with a name that is far too long to stand in a line of a legend")
SCORES, LABELS = np.linspace(0, 1, 30, dtype=np.float32), np.arange(30) % 3


@pytest.fixture
def legend(show_dark: Callable[..., Any]) -> HistogramLegend:
    made = show_dark(HistogramLegend(), 160)
    made.set_entries(class_entries((1, 0, 2, OTHER), NAMES))
    return made


def test_that_each_colour_is_named_and_has_the_colour_of_its_bars(legend: HistogramLegend) -> None:
    assert legend.texts() == ["dog", "cat", NAMES[2], "other classes"]
    shot, rects = legend.grab().toImage(), legend.rects()
    middle = rects[0].center().y()
    assert shot.pixelColor(rects[0].left() + 4, middle) == class_colours(3)[1]
    assert shot.pixelColor(rects[1].left() + 4, middle) == class_colours(3)[0]


def test_that_it_is_as_high_as_its_lines_and_within_its_width(legend: HistogramLegend) -> None:
    assert legend.height() == legend.rects()[-1].bottom() + 1 > legend.rects()[0].bottom() + 1
    assert max(rect.right() for rect in legend.rects()) < 160
    legend.resize(600, legend.height())
    assert legend.height() == legend.rects()[0].bottom() + 1


def test_that_the_pointer_tells_the_class_it_is_on(qtbot: QtBot, legend: HistogramLegend) -> None:
    heard: list[int] = []
    legend.class_hovered.connect(heard.append)
    for rect in legend.rects()[:2]:
        qtbot.mouseMove(legend, rect.center())
    qtbot.mouseMove(legend, legend.rects()[3].center() + QPoint(1, 0))
    assert heard == [1, 0, -1]


def test_that_a_histogram_explains_its_colours_and_says_nothing_of_a_single_one(qtbot: QtBot) -> None:
    view = HistogramView()
    qtbot.addWidget(view)
    view.set_scores(SCORES, LABELS, NAMES)
    assert view.legend() == ()
    with qtbot.waitSignal(view.colours_changed):
        view.set_stacked(True)
    assert {entry.text for entry in view.legend()} == set(NAMES)
    view.set_stacked(False)
    with qtbot.waitSignal(view.colours_changed):
        view.set_scores(SCORES, LABELS, NAMES, LABELS == 1)
    assert [entry.text for entry in view.legend()] == ["selected images", "all images"]
