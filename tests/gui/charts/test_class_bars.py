from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.charts.class_bars import ROW_HEIGHT, ClassBars
from gui.theme import DARK

NAMES = ["airplane", "automobile", "bird", "cat", "deer"]
VALUES = [0.06, 0.01, 0.0, 0.91, 0.02]


@pytest.fixture
def bars(show_dark: Callable[..., Any]) -> ClassBars:
    return show_dark(ClassBars(rows=3), 300)


def test_that_the_likeliest_classes_come_first(bars: ClassBars) -> None:
    bars.set_probabilities(NAMES, VALUES)
    assert bars.shown() == [3, 0, 4]
    assert bars.accessibleDescription() == "cat 91 %, airplane 6 %, deer 2 %"


def test_that_equal_classes_keep_the_order_of_their_names(bars: ClassBars) -> None:
    bars.set_probabilities(NAMES, np.full(5, 0.2, np.float32))
    assert bars.shown() == [0, 1, 2]


def test_that_a_bar_is_as_long_as_its_share(bars: ClassBars) -> None:
    bars.set_probabilities(NAMES, [0.5, 0.25, 0.25, 0, 0])
    place, shot = bars.bar_rect(0), bars.grab().toImage()
    y = round(place.center().y())
    accent = [x for x in range(bars.width()) if shot.pixelColor(x, y) == QColor(DARK.accent)]
    assert abs(len(accent) - place.width() / 2) <= 2
    assert shot.pixelColor(round(place.right()) - 4, y) == QColor(DARK.raised)


def test_that_nothing_jumps_when_the_classes_change(bars: ClassBars) -> None:
    height = bars.height()
    bars.set_probabilities(NAMES, VALUES)
    place = bars.bar_rect(1)
    bars.set_probabilities(NAMES, VALUES[::-1])
    assert bars.bar_rect(1) == place
    bars.set_probabilities(NAMES, None)
    assert bars.bar_rect(1) == place and bars.height() == height


@pytest.mark.parametrize("values", [None, [np.nan] * 5])
def test_that_without_numbers_there_are_dashes_and_nothing_to_click(
    qtbot: QtBot, bars: ClassBars, values: list[float] | None
) -> None:
    heard: list[int] = []
    bars.class_chosen.connect(heard.append)
    bars.set_probabilities(NAMES, values)
    assert bars.shown() == []
    assert not bars.grab().isNull()
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(20, 10))
    qtbot.keyClick(bars, Qt.Key.Key_Return)
    assert heard == []


def test_that_a_click_and_the_keys_choose_a_class_by_its_index(qtbot: QtBot, bars: ClassBars) -> None:
    heard: list[int] = []
    bars.class_chosen.connect(heard.append)
    bars.set_probabilities(NAMES, VALUES)
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(20, ROW_HEIGHT + 10))
    # The cursor went where the click was.
    qtbot.keyClick(bars, Qt.Key.Key_Return)
    for _ in range(5):
        qtbot.keyClick(bars, Qt.Key.Key_Down)
    qtbot.keyClick(bars, Qt.Key.Key_Return)
    assert heard == [0, 0, 4]


def test_that_each_class_may_have_a_colour_and_lose_it_again(bars: ClassBars) -> None:
    bars.set_probabilities(NAMES, VALUES)
    colours = [QColor(40 * index, 200, 90) for index in range(5)]
    bars.set_colours(colours)
    place = bars.bar_rect(0)
    middle = QPoint(round(place.left()) + 20, round(place.center().y()))
    assert bars.grab().toImage().pixelColor(middle) == colours[3]
    bars.set_colours(None)
    assert bars.grab().toImage().pixelColor(middle) == QColor(DARK.accent)


def test_that_the_pointer_tells_the_class_it_comes_to_and_that_it_left(qtbot: QtBot, bars: ClassBars) -> None:
    heard: list[int] = []
    bars.class_hovered.connect(heard.append)
    bars.set_probabilities(NAMES, VALUES)
    for y in (10, 12, ROW_HEIGHT + 10):
        qtbot.mouseMove(bars, QPoint(20, y))
    QApplication.sendEvent(bars, QEvent(QEvent.Type.Leave))
    assert heard == [3, 0, -1]


def test_that_a_full_bar_and_the_words_are_those_of_the_scale_given(qtbot: QtBot) -> None:
    bars = ClassBars(rows=3, figure="{:.1f}".format)
    qtbot.addWidget(bars)
    bars.resize(300, bars.height())
    bars.set_probabilities(NAMES, [4.0, -2.0, 0.0, 2.0, 1.0], 4.0)
    assert bars.accessibleDescription() == "airplane 4.0, cat 2.0, deer 1.0"
    shot = bars.grab().toImage()
    filled = []
    for row in range(3):
        place = bars.bar_rect(row)
        y = round(place.center().y())
        filled.append(sum(shot.pixelColor(x, y) == QColor(DARK.accent) for x in range(300)) / place.width())
    assert filled == pytest.approx([1.0, 0.5, 0.25], abs=0.02)


def test_that_where_no_value_is_above_0_no_bar_is_filled(bars: ClassBars) -> None:
    bars.set_probabilities(NAMES, [-1.0, -2.0, 0.0, -2.0, -1.0], -1.0)
    shot, place = bars.grab().toImage(), bars.bar_rect(0)
    assert bars.shown()[0] == 2
    assert shot.pixelColor(round(place.left()) + 4, round(place.center().y())) == QColor(DARK.raised)


def test_that_a_long_name_leaves_room_for_the_bar(bars: ClassBars) -> None:
    bars.set_probabilities(["a name that is far too long for its column " * 3, "b"], [0.9, 0.1])
    assert bars.bar_rect(0).width() > 80
