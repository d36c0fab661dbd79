from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from backend.jobs import UnitLabel
from gui.layer_table.channel_model import BAR
from gui.layer_table.channel_rows import COLUMNS, ChannelRows, channel_rows
from gui.layer_table.channel_table import ROW_HEIGHT, ChannelTable
from gui.theme import DARK
from tests.statistics_by_hand import described

LEFT = Qt.MouseButton.LeftButton
SKEWNESS = COLUMNS.index("skewness")


def rows_of(skewness: list[float]) -> ChannelRows:
    names = [str(index) for index in range(len(skewness))]
    return channel_rows(
        names, [f"layer4/{name}" for name in names], described("layer4", skewness), ("cat", "dog", "ox")
    )


def show(table: ChannelTable, rows: ChannelRows, mask: list[bool] | None = None) -> None:
    table.channels.set_rows(rows, np.array([True] * len(rows) if mask is None else mask))


@pytest.fixture
def table(show_dark: Callable[..., Any]) -> ChannelTable:
    made = show_dark(ChannelTable(), 780, 400)
    show(made, rows_of([0.5, -1.0, 2.0, 0.0]))
    return made


def cell(table: ChannelTable, row: int, column: int = 0) -> QPoint:
    return table.visualRect(table.channels.index(row, column)).center()


def press_header(qtbot: QtBot, table: ChannelTable, column: int) -> None:
    header = table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(column) + header.sectionSize(column) // 2, 12)
    qtbot.mouseClick(header.viewport(), LEFT, pos=place)


def test_that_a_press_on_a_header_sorts_the_largest_numbers_first(qtbot: QtBot, table: ChannelTable) -> None:
    heard: list[bool] = []
    table.sorted_anew.connect(lambda: heard.append(True))
    assert table.channels.shown() == [0, 1, 2, 3]
    press_header(qtbot, table, SKEWNESS)
    assert table.channels.shown() == [2, 0, 3, 1]
    press_header(qtbot, table, SKEWNESS)
    assert table.channels.shown() == [1, 3, 0, 2]
    assert len(heard) == 2
    assert (table.channels.sorted_by, table.channels.descending) == ("skewness", False)


def test_that_every_column_sorts_and_says_what_it_is(qtbot: QtBot, table: ChannelTable) -> None:
    model = table.channels
    for place, name in enumerate(COLUMNS):
        press_header(qtbot, table, place)
        assert sorted(model.shown()) == [0, 1, 2, 3]
        assert model.headerData(place, Qt.Orientation.Horizontal) == name
        assert model.headerData(place, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)


def test_that_two_thousand_channels_are_sorted_in_no_time(table: ChannelTable) -> None:
    show(table, rows_of([float(value) for value in np.random.default_rng(0).normal(size=2048)]))
    for column in ("skewness", "shape", "remarks"):
        start = time.perf_counter()
        table.sort_by(column, True)
        table.grab()
        assert time.perf_counter() - start < 0.5  # A tenth of it on a quiet machine.


def test_that_a_click_and_the_keys_choose_a_channel(qtbot: QtBot, table: ChannelTable) -> None:
    heard: list[int] = []
    table.chosen.connect(heard.append)
    table.sort_by("skewness", True)
    qtbot.mouseClick(table.viewport(), LEFT, pos=cell(table, 1))
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Up)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert heard == [0, 3, 0, 0]
    assert table.current() == 0


def test_that_the_focus_alone_chooses_nothing(qtbot: QtBot, table: ChannelTable) -> None:
    heard: list[int] = []
    table.chosen.connect(heard.append)
    with qtbot.waitActive(table):
        table.activateWindow()
    table.setFocus()
    assert heard == [] and table.current() == -1
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert heard == [0]


def test_that_a_channel_chosen_elsewhere_is_marked_and_scrolled_to_without_a_word(table: ChannelTable) -> None:
    show(table, rows_of([0.0] * 500))
    heard: list[int] = []
    table.chosen.connect(heard.append)
    table.set_current(400)
    assert table.current() == 400 and heard == []
    assert table.viewport().rect().contains(cell(table, 400))
    shot, place = table.viewport().grab().toImage(), cell(table, 400, COLUMNS.index("looks for"))
    assert shot.pixelColor(place) == QColor(DARK.selection)
    table.set_current(-1)
    assert table.current() == -1


def test_that_the_mark_stays_on_its_channel_when_the_order_changes(qtbot: QtBot, table: ChannelTable) -> None:
    heard: list[int] = []
    table.set_current(1)
    table.chosen.connect(heard.append)
    press_header(qtbot, table, SKEWNESS)
    assert table.current() == 1 and table.currentIndex().row() == 3
    assert heard == []


def test_that_a_filter_leaves_what_it_leaves_in_order(table: ChannelTable) -> None:
    table.sort_by("skewness", True)
    show(table, rows_of([0.5, -1.0, 2.0, 0.0]), [True, True, False, True])
    assert table.channels.shown() == [0, 3, 1]
    assert table.channels.row_of(2) == -1
    table.set_current(2)
    assert table.current() == -1


def test_that_a_bar_reaches_from_nought_to_the_number(table: ChannelTable) -> None:
    model = table.channels
    bars = [model.index(row, SKEWNESS).data(BAR) for row in range(4)]
    # From −1 to 2: nought is at a third.
    for bar, value in zip(bars, (0.5, 0.0, 1.0, 1 / 3), strict=True):
        assert bar == (pytest.approx(1 / 3), pytest.approx(value))
    assert model.index(0, COLUMNS.index("kurtosis")).data(BAR) is None  # all are nought
    shot, rect = table.viewport().grab().toImage(), table.visualRect(model.index(2, SKEWNESS))
    y = rect.center().y() - 7  # above the figures
    painted = [x for x in range(rect.left(), rect.right()) if shot.pixelColor(x, y) != shot.pixelColor(rect.left(), y)]
    assert abs(len(painted) - (rect.width() - 6) * 2 / 3) <= 2


def test_that_numbers_stand_at_the_right_and_unknown_ones_are_dashes(table: ChannelTable) -> None:
    model = table.channels
    assert model.index(1, SKEWNESS).data() == "−1.00"
    assert model.index(1, SKEWNESS).data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight
    show(table, channel_rows(["0"], ["a/0"], None, ()))
    assert model.index(0, SKEWNESS).data() == "–" and not table.grab().isNull()


def test_that_pictures_stand_before_the_channels_that_have_one(table: ChannelTable) -> None:
    red = np.zeros((4, 8, 8, 3), np.uint8)
    red[..., 0] = 250
    table.channels.set_tiles(red, np.array([True, False, True, True]))
    shot = table.viewport().grab().toImage()
    assert shot.pixelColor(15, ROW_HEIGHT // 2) == QColor(250, 0, 0)
    assert shot.pixelColor(15, ROW_HEIGHT + ROW_HEIGHT // 2) == QColor(DARK.raised)


def test_that_a_note_stands_in_the_tip_of_the_label(table: ChannelTable) -> None:
    labels = [UnitLabel("object", "The bow of a ship"), *[UnitLabel()] * 3]
    show(table, rows_of([0.0] * 4).with_labels(labels))
    index = table.channels.index(0, COLUMNS.index("looks for"))
    assert index.data() == "object"
    assert index.data(Qt.ItemDataRole.ToolTipRole) == "object\nThe bow of a ship"


def test_that_the_menu_copies_and_exports(qtbot: QtBot, table: ChannelTable) -> None:
    heard: list[object] = []
    table.copy_wanted.connect(heard.append)
    table.copy_table_wanted.connect(lambda: heard.append("table"))
    table.export_wanted.connect(lambda: heard.append("export"))
    menu = table.menu(2)
    actions = [action for action in menu.actions() if not action.isSeparator()]
    assert [action.text() for action in actions] == [
        "Copy layer4/2", "Copy the table as CSV", "Export the table as CSV…"
    ]  # fmt: skip
    for action in actions:
        action.trigger()
    table.set_current(3)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert heard == [2, "table", "export", 3]
    assert len(table.menu(-1).actions()) == 2
