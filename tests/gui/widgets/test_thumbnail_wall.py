from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.theme import DARK
from gui.widgets.dropped_pictures import UNIT_MIME
from gui.widgets.thumbnail_wall import ThumbnailWall
from gui.widgets.wall_grid import SPACING, WallGrid

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def wall(show_dark: Callable[..., Any]) -> ThumbnailWall:
    """Return a wall of 23 cells in 5 columns."""
    made = show_dark(ThumbnailWall(), 272, 400)
    made.set_count(23, "layer4/{}".format)
    assert made.cells().columns == 5
    return made


def chosen_by(wall: ThumbnailWall) -> list[int]:
    heard: list[int] = []
    wall.chosen.connect(heard.append)
    return heard


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def colour_at(wall: ThumbnailWall, index: int, place: QPoint) -> QColor:
    return wall.viewport().grab().toImage().pixelColor(wall.cell_rect(index).topLeft() + place)


@pytest.mark.parametrize("width", [52, 100, 271, 272, 273, 341, 640])
def test_that_cells_fill_every_width_exactly_and_stay_square(width: int) -> None:
    grid = WallGrid(100, width)
    row = [grid.cell(index) for index in range(grid.columns)]
    assert row[0].left() == 0 and row[-1].right() == width - 1
    assert all(right.left() - left.right() - 1 == SPACING for left, right in pairwise(row))
    assert all(0 <= cell.width() - cell.height() <= 1 for cell in row)
    assert 40 <= grid.side <= 70


def test_that_every_cell_is_found_by_its_own_place_and_gaps_hold_none() -> None:
    grid = WallGrid(23, 272)
    for index in range(23):
        assert grid.index_at(grid.cell(index).center()) == index
    assert grid.index_at(QPoint(grid.cell(0).right() + 2, 5)) == -1
    assert grid.index_at(grid.cell(23).center()) == -1
    assert grid.index_at(QPoint(-1, 5)) == -1


def test_that_only_rows_in_sight_are_visible() -> None:
    grid = WallGrid(100, 272)
    assert grid.visible(0, grid.side) == range(5)
    assert grid.visible(grid.pitch, grid.side) == range(5, 10)
    assert grid.visible(10**6, 100) == range(100, 100)


def test_that_a_click_chooses(qtbot: QtBot, wall: ThumbnailWall) -> None:
    heard = chosen_by(wall)
    qtbot.mouseClick(wall.viewport(), LEFT, pos=wall.cell_rect(7).center())
    assert heard == [7] and wall.current() == 7
    qtbot.mouseClick(wall.viewport(), LEFT, pos=wall.cell_rect(30).center())
    assert heard == [7]


def test_that_arrow_keys_move_in_two_dimensions(qtbot: QtBot, wall: ThumbnailWall) -> None:
    heard = chosen_by(wall)
    wall.set_current(7)
    keys = Qt.Key
    for key in (keys.Key_Down, keys.Key_Right, keys.Key_Up, keys.Key_Left, keys.Key_Home, keys.Key_Left, keys.Key_End):
        qtbot.keyClick(wall, key)
    assert heard == [12, 13, 8, 7, 0, 22]
    # Down from above a hole in the last row goes to its last cell, and further nowhere.
    wall.set_current(19)
    qtbot.keyClick(wall, keys.Key_Down)
    qtbot.keyClick(wall, keys.Key_Down)
    assert heard[6:] == [22]


def test_that_pages_and_enter_work(qtbot: QtBot, wall: ThumbnailWall) -> None:
    heard = chosen_by(wall)
    wall.resize(272, 2 * wall.cells().pitch + 20)
    wall.set_current(1)
    qtbot.keyClick(wall, Qt.Key.Key_PageDown)
    qtbot.keyClick(wall, Qt.Key.Key_PageUp)
    qtbot.keyClick(wall, Qt.Key.Key_PageUp)
    qtbot.keyClick(wall, Qt.Key.Key_Return)
    assert heard == [6, 1, 1]


def test_that_the_first_key_without_a_cursor_goes_to_the_first_cell(qtbot: QtBot, wall: ThumbnailWall) -> None:
    heard = chosen_by(wall)
    qtbot.keyClick(wall, Qt.Key.Key_Down)
    assert heard == [0]


def test_that_setting_the_cursor_tells_nobody_and_scrolls_there(qtbot: QtBot, wall: ThumbnailWall) -> None:
    heard = chosen_by(wall)
    wall.set_count(512, str)
    wall.set_current(511)
    assert not heard
    assert wall.viewport().rect().contains(wall.cell_rect(511))
    wall.set_current(-1)
    assert wall.current() == -1


def test_that_the_chosen_cell_wears_accent_and_a_missing_tile_is_flat(wall: ThumbnailWall) -> None:
    assert colour_at(wall, 3, QPoint(20, 20)) == QColor(DARK.raised)
    wall.set_current(3)
    assert colour_at(wall, 3, QPoint(20, 0)) == QColor(DARK.accent)
    assert colour_at(wall, 4, QPoint(20, 0)) == QColor(DARK.raised)


def test_that_a_growing_tile_is_dimmed_and_underlined_until_it_is_finished(wall: ThumbnailWall) -> None:
    white = np.full((1, 8, 8, 3), 255, np.uint8)
    wall.set_tiles([0], white, finished=False)
    bottom = QPoint(20, wall.cell_rect(0).height() - 1)
    raised = QColor(DARK.raised).red()
    assert abs(colour_at(wall, 0, QPoint(20, 20)).red() - (0.6 * 255 + 0.4 * raised)) <= 2
    assert colour_at(wall, 0, bottom) == QColor(DARK.accent)
    assert "growing" in wall.tip(0)
    wall.set_tiles([0], white, finished=True)
    assert colour_at(wall, 0, QPoint(20, 20)).red() == 255
    assert colour_at(wall, 0, bottom).red() == 255


def test_that_only_a_finished_flat_tile_is_marked_silent(wall: ThumbnailWall) -> None:
    flat = np.full((1, 8, 8, 3), 120, np.uint8)
    wall.set_tiles([0], flat, finished=False)
    assert "Silent" not in wall.tip(0)
    wall.set_tiles([0], flat, finished=True)
    wall.set_tiles([1], noise(1), finished=True)
    corner = QPoint(wall.cell_rect(0).width() - 2, 1)
    assert "Silent" in wall.tip(0) and colour_at(wall, 0, corner) == QColor(DARK.warn)
    assert wall.tip(1) == "layer4/1"
    wall.set_tiles([0], noise(1), finished=True)
    assert "Silent" not in wall.tip(0)


def test_that_clear_empties_the_cells(wall: ThumbnailWall) -> None:
    wall.set_tiles([0], np.full((1, 8, 8, 3), 255, np.uint8), True)
    wall.clear()
    assert wall.count() == 23
    assert colour_at(wall, 0, QPoint(20, 20)) == QColor(DARK.raised)


def test_that_a_tile_keeps_its_proportions(wall: ThumbnailWall) -> None:
    wall.set_tiles([0], np.full((1, 8, 16, 3), 255, np.uint8), True)
    assert colour_at(wall, 0, QPoint(25, 25)).red() == 255
    assert colour_at(wall, 0, QPoint(25, 4)).red() < 60


def test_that_a_drag_carries_the_address_and_chooses_nothing(
    qtbot: QtBot, wall: ThumbnailWall, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried: list[tuple[bytes, str]] = []

    def catch(drag: QDrag, *_: object) -> Qt.DropAction:
        data = drag.mimeData()
        carried.append((bytes(data.data(UNIT_MIME).data()), data.text()))
        return Qt.DropAction.CopyAction

    monkeypatch.setattr(QDrag, "exec", catch)
    heard = chosen_by(wall)
    wall.set_tiles(range(23), noise(23), True)
    start = wall.cell_rect(6).center()
    qtbot.mousePress(wall.viewport(), LEFT, pos=start)
    qtbot.mouseMove(wall.viewport(), start + QPoint(30, 0))
    # QTest moves without a button, so the moves of a drag are sent by hand.
    drag_move(wall, start + QPoint(30, 0))
    qtbot.mouseRelease(wall.viewport(), LEFT, pos=start + QPoint(30, 0))
    assert carried == [(b"layer4/6", "layer4/6")] and not heard


def drag_move(wall: ThumbnailWall, place: QPoint) -> None:
    where = QPointF(place)
    none = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, where, where, Qt.MouseButton.NoButton, LEFT, none)
    QApplication.sendEvent(wall.viewport(), event)


def test_that_copying_asks_for_the_current_cell(qtbot: QtBot, wall: ThumbnailWall) -> None:
    heard: list[int] = []
    wall.copy_requested.connect(heard.append)
    qtbot.keyClick(wall, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    wall.set_current(9)
    qtbot.keyClick(wall, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    wall.menu(4).actions()[0].trigger()
    assert heard == [9, 4]


def test_that_a_hovered_cell_has_a_quiet_border(qtbot: QtBot, wall: ThumbnailWall) -> None:
    qtbot.mouseMove(wall.viewport(), wall.cell_rect(8).center())
    drag_move(wall, wall.cell_rect(8).center())
    assert colour_at(wall, 8, QPoint(20, 0)) == QColor(DARK.quiet)
