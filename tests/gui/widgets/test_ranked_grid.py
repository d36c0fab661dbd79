from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.theme import DARK, apply_theme, tokens
from gui.widgets import kept_pictures, ranked_grid
from gui.widgets.ranked_cells import CAPTION_ROOM, GAP, LINE
from gui.widgets.ranked_grid import RankedGrid

LEFT, KEYS = Qt.MouseButton.LeftButton, Qt.Key
Reason = QContextMenuEvent.Reason
COUNT = 50_000
DOWNWARDS = np.arange(COUNT, dtype=np.int64)[::-1]
GREEN = (10, 200, 30)


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> Iterator[QWidget]:
    """Give a window with room below the grid that a test puts into it."""
    if tokens() is not DARK:
        apply_theme(qapp, "dark")
    window = QWidget()
    qtbot.addWidget(window)
    QVBoxLayout(window).setContentsMargins(0, 0, 0, 40)
    window.resize(340, 400)
    yield window
    window.close()


@pytest.fixture
def show(qtbot: QtBot, window: QWidget) -> Callable[..., RankedGrid]:
    """Give a function that shows a grid of 5 columns of 62 px in the window."""

    def show_one(order: NDArray[np.int64], fitted: bool = False) -> RankedGrid:
        grid = RankedGrid(62, fitted=fitted)
        window.layout().addWidget(grid)
        window.layout().setAlignment(grid, Qt.AlignmentFlag.AlignTop if fitted else Qt.AlignmentFlag(0))
        grid.set_order(order, "{}.".format)
        window.show()
        qtbot.waitExposed(window)
        return grid

    return show_one


def pages_of(grid: RankedGrid) -> list[tuple[int, ...]]:
    pages: list[tuple[int, ...]] = []
    grid.wanted.connect(pages.append)
    return pages


def moves_of(grid: RankedGrid) -> list[object]:
    """Return a list of what is hovered, that goes on growing; "left" where it is left."""
    heard: list[object] = []
    grid.hovered.connect(lambda index, place: heard.append(index))
    grid.left.connect(lambda: heard.append("left"))
    return heard


def plain(count: int, colour: tuple[int, int, int] = GREEN) -> NDArray[np.uint8]:
    return np.full((count, 4, 4, 3), colour, np.uint8)


def colour_at(grid: RankedGrid, row: int, place: QPoint) -> QColor:
    shot: QImage = grid.viewport().grab().toImage()
    return shot.pixelColor(grid.cell_rect(row).topLeft() + place)


def test_that_only_what_can_be_seen_is_asked_for_by_the_number_of_the_image(
    qtbot: QtBot, show: Callable[..., RankedGrid]
) -> None:
    grid = show(DOWNWARDS)
    pages = pages_of(grid)
    qtbot.waitUntil(lambda: len(pages) == 1)
    area = grid.viewport().rect()
    seen = [row for row in range(200) if grid.cell_rect(row).intersects(area)]
    assert pages[0] == tuple(COUNT - 1 - row for row in seen) and 10 < len(seen) < 40


def test_that_scrolling_asks_once_it_has_come_to_rest(
    qtbot: QtBot, show: Callable[..., RankedGrid], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranked_grid, "CALM", 120)  # A busy machine must not make a rest.
    grid = show(DOWNWARDS)
    pages = pages_of(grid)
    qtbot.waitUntil(lambda: len(pages) == 1)
    bar = grid.verticalScrollBar()
    for step in range(1, 6):
        bar.setValue(bar.maximum() * step // 5)
        qtbot.wait(4)
    qtbot.waitUntil(lambda: len(pages) == 2)
    assert pages[1][-1] == 0 and grid.cell_rect(COUNT - 1).bottom() < grid.viewport().height()
    bar.setValue(0)
    qtbot.waitUntil(lambda: len(pages) == 3)
    assert pages[2] == pages[0]


def test_that_a_new_order_shows_known_pictures_at_once(qtbot: QtBot, show: Callable[..., RankedGrid]) -> None:
    grid = show(np.array([7, 8, 9]))
    pages = pages_of(grid)
    qtbot.waitUntil(lambda: pages == [(7, 8, 9)])
    grid.set_pictures((7, 8, 9), plain(3))
    grid.set_order(np.array([3, 9, 3, 9]))
    assert colour_at(grid, 1, QPoint(30, 30)) == QColor(*GREEN)
    assert colour_at(grid, 0, QPoint(30, 30)) == QColor(DARK.raised)
    qtbot.waitUntil(lambda: pages[1:] == [(3,)])
    grid.clear_pictures()
    assert colour_at(grid, 1, QPoint(30, 30)) == QColor(DARK.raised)
    qtbot.waitUntil(lambda: pages[2:] == [(3, 9)])


def test_that_what_is_on_its_way_is_not_asked_for_again(qtbot: QtBot, show: Callable[..., RankedGrid]) -> None:
    grid = show(np.array([7, 8, 9]))
    pages = pages_of(grid)
    qtbot.waitUntil(lambda: len(pages) == 1)
    for _ in range(3):
        grid.set_order(np.array([7, 8, 9]))
        qtbot.wait(5)
    assert len(pages) == 1
    grid.set_pictures((7, 8), plain(2))
    grid.set_order(np.array([7, 8, 9]))
    qtbot.waitUntil(lambda: pages[1:] == [(9,)])


def test_that_a_hidden_grid_asks_for_nothing_until_it_is_shown(qtbot: QtBot) -> None:
    grid = RankedGrid()
    qtbot.addWidget(grid)
    pages = pages_of(grid)
    grid.set_order(np.arange(3))
    qtbot.wait(20)
    assert pages == []
    grid.show()
    qtbot.waitUntil(lambda: pages == [(0, 1, 2)])
    grid.close()


def test_that_a_picture_is_given_back_as_it_came(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_pictures, "KEPT", 2)
    grid = RankedGrid()
    qtbot.addWidget(grid)
    images = np.random.default_rng(0).integers(0, 256, (3, 31, 33, 3), dtype=np.uint8)
    grid.set_pictures((5, 6, 7), images)
    assert grid.picture(5) is None
    assert np.array_equal(grid.picture(7), images[2])
    grid.set_pictures((8,), np.zeros((1, 512, 256, 3), np.uint8))
    assert grid.picture(8).shape == (128, 64, 3)


def test_that_captions_are_asked_for_visible_rows_only(qtbot: QtBot, show: Callable[..., RankedGrid]) -> None:
    grid = show(DOWNWARDS)
    asked: set[int] = set()
    grid.set_order(DOWNWARDS, lambda row: str(asked.add(row)))
    assert not asked
    grid.viewport().grab()
    assert asked == set(grid.visible_cells()) and len(asked) < 40
    grid.set_order(DOWNWARDS)
    assert grid.caption(1) == str(COUNT - 2)


def test_that_fifty_thousand_images_are_ordered_in_a_moment(qtbot: QtBot, show: Callable[..., RankedGrid]) -> None:
    grid = show(DOWNWARDS)
    took = []
    for _ in range(5):
        began = time.perf_counter()
        grid.set_order(DOWNWARDS)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.003


def test_that_a_fitted_grid_is_as_high_as_its_rows_at_every_width(
    qtbot: QtBot, window: QWidget, show: Callable[..., RankedGrid]
) -> None:
    grid = show(np.arange(9), fitted=True)
    line = 62 + CAPTION_ROOM + GAP
    qtbot.waitUntil(lambda: grid.height() == 2 * line - GAP)
    assert not grid.verticalScrollBar().isVisible() and grid.cell_rect(4).right() == grid.width() - 1
    window.resize(200, 400)
    qtbot.waitUntil(lambda: grid.height() == 3 * line - GAP)
    grid.set_order(np.arange(2))
    qtbot.waitUntil(lambda: grid.height() == line - GAP)
    grid.set_order(np.arange(0))
    qtbot.waitUntil(lambda: grid.height() == 0)


def test_that_a_second_line_takes_its_room_and_is_painted(qtbot: QtBot) -> None:
    heights = []
    for lines in (1, 2):
        grid = RankedGrid(62, lines=lines, fitted=True)
        qtbot.addWidget(grid)
        grid.resize(340, 100)
        grid.set_order(np.arange(3), lambda row: "first\nsecond")
        grid.show()
        qtbot.waitExposed(grid)
        heights.append(grid.height())
        shot, cell = grid.viewport().grab().toImage(), grid.cell_rect(0)
        rows = range(cell.bottom() + 1, grid.height())
        ground = shot.pixelColor(0, cell.bottom() + 2)
        inked = [y for y in rows if any(shot.pixelColor(x, y) != ground for x in range(cell.width()))]
        assert (inked[-1] > cell.bottom() + CAPTION_ROOM) == (lines == 2)
        grid.close()
    assert heights == [62 + CAPTION_ROOM, 62 + CAPTION_ROOM + LINE]


def test_that_pictures_that_are_dropped_are_asked_for_when_they_are_seen_next(
    qtbot: QtBot, show: Callable[..., RankedGrid]
) -> None:
    grid = show(np.array([7, 8, 9]))
    pages = pages_of(grid)
    qtbot.waitUntil(lambda: pages == [(7, 8, 9)])
    grid.set_pictures((7, 8, 9), plain(3))
    grid.drop_pictures([8, 1])
    assert grid.visible_images() == [7, 8, 9] and grid.picture(8) is None and grid.picture(7) is not None
    grid.set_order(np.array([7, 8, 9]))
    qtbot.waitUntil(lambda: pages[1:] == [(8,)])


def test_that_the_pointer_tells_where_it_comes_and_goes(
    qtbot: QtBot, window: QWidget, show: Callable[..., RankedGrid]
) -> None:
    grid = show(np.array([70, 71, 72]))
    heard, places = moves_of(grid), list[QRect]()
    grid.hovered.connect(lambda index, place: places.append(place))
    for row in (0, 0, 1):
        qtbot.mouseMove(grid.viewport(), grid.cell_rect(row).center() + QPoint(len(heard), 0))
    qtbot.waitUntil(lambda: heard == [70, 71])
    cell = grid.cell_rect(1)
    assert places[1] == QRect(grid.viewport().mapToGlobal(cell.topLeft()), cell.size())
    assert colour_at(grid, 1, QPoint(30, 0)) == QColor(DARK.text)
    qtbot.mouseMove(grid.viewport(), grid.cell_rect(1).center() + QPoint(0, 120))
    qtbot.mouseMove(grid.viewport(), grid.cell_rect(2).center())
    qtbot.mouseMove(window, QPoint(30, 385))
    qtbot.waitUntil(lambda: heard == [70, 71, "left", 72, "left"])


def test_that_scrolling_leaves_and_a_new_order_says_what_lies_below_the_pointer_now(
    qtbot: QtBot, show: Callable[..., RankedGrid]
) -> None:
    grid = show(DOWNWARDS)
    heard = moves_of(grid)
    qtbot.mouseMove(grid.viewport(), grid.cell_rect(6).center())
    qtbot.waitUntil(lambda: heard == [COUNT - 7])
    grid.set_order(DOWNWARDS.copy())
    assert heard == [COUNT - 7]
    grid.set_order(np.arange(COUNT))
    assert heard == [COUNT - 7, 6]
    grid.verticalScrollBar().setValue(500)
    assert heard == [COUNT - 7, 6, "left"]
    grid.set_order(np.arange(COUNT)[::-1])
    assert grid.verticalScrollBar().value() == 500 and len(heard) == 3


def test_that_keys_move_and_tab_leaves(qtbot: QtBot, window: QWidget, show: Callable[..., RankedGrid]) -> None:
    line = QLineEdit()
    grid = show(DOWNWARDS)
    window.layout().addWidget(line)
    with qtbot.waitActive(window):
        window.activateWindow()
    grid.setFocus()
    heard, chosen = moves_of(grid), list[int]()
    grid.activated_image.connect(chosen.append)
    qtbot.keyClick(grid, KEYS.Key_Return)
    for key in (KEYS.Key_Right, KEYS.Key_Right, KEYS.Key_Down, KEYS.Key_Left, KEYS.Key_Return):
        qtbot.keyClick(grid, key)
    top = COUNT - 1
    assert heard == [top, top - 1, top - 6, top - 5] and chosen == [top - 5] == [grid.current_image()]
    qtbot.keyClick(grid, KEYS.Key_End)
    assert heard[4:] == ["left", 0] and grid.viewport().rect().contains(grid.cell_rect(COUNT - 1))
    qtbot.keyClick(grid, KEYS.Key_Tab)
    assert line.hasFocus() and heard[6:] == ["left"]


def test_that_tab_shows_where_the_keys_are(qtbot: QtBot, window: QWidget, show: Callable[..., RankedGrid]) -> None:
    grid = show(np.arange(7))
    with qtbot.waitActive(window):
        window.activateWindow()
    grid.clearFocus()
    assert colour_at(grid, 0, QPoint(30, 0)) == QColor(DARK.raised)
    grid.setFocus(Qt.FocusReason.TabFocusReason)
    assert grid.current_image() == 0 and colour_at(grid, 0, QPoint(30, 0)) == QColor(DARK.text)


def test_that_a_double_click_chooses_and_a_right_click_wants_a_menu(
    qtbot: QtBot, show: Callable[..., RankedGrid]
) -> None:
    grid = show(np.array([70, 71, 72]))
    chosen, menus = list[int](), list[tuple[int, QPoint]]()
    grid.activated_image.connect(chosen.append)
    grid.menu_wanted.connect(lambda index, place: menus.append((index, place)))
    place = grid.cell_rect(2).center()
    qtbot.mouseClick(grid.viewport(), LEFT, pos=place)
    assert grid.current_image() == 72 and not chosen
    qtbot.mouseDClick(grid.viewport(), LEFT, pos=place)
    qtbot.mouseDClick(grid.viewport(), LEFT, pos=place + QPoint(0, 120))
    qtbot.mouseDClick(grid.viewport(), Qt.MouseButton.RightButton, pos=place)
    assert chosen == [72]
    for reason, where in ((Reason.Mouse, grid.cell_rect(1).topLeft()), (Reason.Keyboard, QPoint(-1, -1))):
        ask = QContextMenuEvent(reason, where, grid.viewport().mapToGlobal(where))
        QApplication.sendEvent(grid.viewport(), ask)
    at = grid.viewport().mapToGlobal
    assert menus == [(71, at(grid.cell_rect(1).topLeft())), (72, at(place))]


def test_that_a_marked_image_is_ringed_wherever_it_stands(qtbot: QtBot, show: Callable[..., RankedGrid]) -> None:
    grid = show(np.array([70, 71, 72]))
    grid.mark(72)
    assert colour_at(grid, 2, QPoint(30, 0)) == QColor(DARK.accent)
    grid.set_order(np.array([72, 70]))
    assert colour_at(grid, 0, QPoint(30, 0)) == QColor(DARK.accent)
    assert colour_at(grid, 1, QPoint(30, 0)) == QColor(DARK.raised)
    grid.mark(None)
    assert colour_at(grid, 0, QPoint(30, 0)) == QColor(DARK.raised)


def test_that_a_fitted_grid_scrolls_the_panel_around_it(qtbot: QtBot) -> None:
    panel, grid = QScrollArea(), RankedGrid(62, fitted=True)
    qtbot.addWidget(panel)
    panel.setWidget(grid)
    panel.setWidgetResizable(True)
    panel.resize(340, 200)
    grid.set_order(np.arange(40))
    panel.show()
    qtbot.waitUntil(lambda: panel.verticalScrollBar().isVisible())
    qtbot.keyClick(grid, KEYS.Key_End)
    cell = grid.cell_rect(39)
    seen = QRect(grid.viewport().mapTo(panel.viewport(), cell.topLeft()), cell.size())
    assert panel.viewport().rect().contains(seen)
    before = panel.verticalScrollBar().value()
    QTest.wheelEvent(panel.windowHandle(), QPointF(100, 100), QPoint(0, 120))
    assert panel.verticalScrollBar().value() < before
    panel.close()


def test_that_one_image_or_none_or_a_tall_one_is_shown(qtbot: QtBot, show: Callable[..., RankedGrid]) -> None:
    grid = show(np.arange(0))
    pages = pages_of(grid)
    qtbot.keyClick(grid, KEYS.Key_Down)
    qtbot.keyClick(grid, KEYS.Key_Return)
    qtbot.mouseDClick(grid.viewport(), LEFT, pos=QPoint(30, 30))
    qtbot.wait(ranked_grid.CALM + 20)
    assert pages == [] and grid.current_image() == -1
    grid.set_order(np.array([5]))
    grid.set_pictures([5], np.full((1, 20, 10, 3), 255, np.uint8))
    side = grid.cells().side
    assert colour_at(grid, 0, QPoint(side // 2, 3)).red() == 255
    assert colour_at(grid, 0, QPoint(4, side // 2)) != QColor(255, 255, 255)
