from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.widgets import kept_pictures
from gui.widgets.image_picker import SIDE, ImagePicker

COUNT = 50_000


@pytest.fixture
def picker(qtbot: QtBot) -> Iterator[ImagePicker]:
    picker = ImagePicker(COUNT)
    qtbot.addWidget(picker)
    yield picker
    picker.close()


def asked(qtbot: QtBot, picker: ImagePicker) -> list[tuple[int, ...]]:
    """Show the picker and wait for what it asks first; the list goes on growing."""
    pages: list[tuple[int, ...]] = []
    picker.wanted.connect(pages.append)
    picker.show()
    qtbot.waitUntil(lambda: len(pages) > 0)
    return pages


def click(qtbot: QtBot, picker: ImagePicker, row: int, modifier: Qt.KeyboardModifier | None = None) -> None:
    place = picker.grid.cell_rect(row).center()
    keys = modifier or Qt.KeyboardModifier.NoModifier
    qtbot.mouseClick(picker.grid.viewport(), Qt.MouseButton.LeftButton, keys, place)


def test_that_only_what_can_be_seen_is_asked_for(qtbot: QtBot, picker: ImagePicker) -> None:
    (first,) = asked(qtbot, picker)
    area = picker.grid.viewport().rect()
    seen = [row for row in range(200) if picker.grid.cell_rect(row).intersects(area)]
    assert first == tuple(seen) and 0 < len(seen) < 100


def test_that_scrolling_asks_once_it_has_come_to_rest(qtbot: QtBot, picker: ImagePicker) -> None:
    pages = asked(qtbot, picker)
    bar = picker.grid.verticalScrollBar()
    for step in range(1, 9):
        bar.setValue(bar.maximum() * step // 8)
        qtbot.wait(5)
    qtbot.waitUntil(lambda: len(pages) == 2)
    assert pages[1][-1] == COUNT - 1
    qtbot.wait(150)
    assert len(pages) == 2


def test_that_images_that_have_come_are_not_asked_for_again(qtbot: QtBot, picker: ImagePicker) -> None:
    pages = asked(qtbot, picker)
    images = np.zeros((len(pages[0]), 4, 4, 3), np.uint8)
    picker.set_images(pages[0], images, [str(row) for row in pages[0]])
    bar = picker.grid.verticalScrollBar()
    bar.setValue(picker.grid.cells().pitch)
    qtbot.waitUntil(lambda: len(pages) == 2)
    assert not set(pages[0]) & set(pages[1])
    bar.setValue(0)
    qtbot.wait(150)
    assert len(pages) == 2


def test_that_a_page_that_never_came_is_asked_for_again(qtbot: QtBot, picker: ImagePicker) -> None:
    pages = asked(qtbot, picker)
    picker.show_image(COUNT // 2)
    qtbot.waitUntil(lambda: len(pages) == 2)
    picker.grid.verticalScrollBar().setValue(0)
    qtbot.waitUntil(lambda: len(pages) == 3)
    assert pages[2] == pages[0]


def test_that_pictures_are_shown_in_their_own_proportions(qtbot: QtBot, picker: ImagePicker) -> None:
    asked(qtbot, picker)
    wide = np.zeros((1, 20, 40, 3), np.uint8)
    wide[...] = (10, 200, 30)
    picker.set_images([1], wide, ["1 · frog"])  # the keys' ring is on the first
    assert picker.grid.tip(1) == "1 · frog"
    shot = picker.grid.viewport().grab().toImage()
    cell = picker.grid.cell_rect(1)
    column = cell.center().x()
    green = [y for y in range(cell.top(), cell.bottom()) if shot.pixelColor(column, y) == QColor(10, 200, 30)]
    assert len(green) == pytest.approx(cell.width() / 2, abs=2) and cell.width() == pytest.approx(SIDE, abs=8)


def test_that_ctrl_and_shift_choose_several(qtbot: QtBot, picker: ImagePicker) -> None:
    asked(qtbot, picker)
    click(qtbot, picker, 2)
    click(qtbot, picker, 4, Qt.KeyboardModifier.ShiftModifier)
    click(qtbot, picker, 9, Qt.KeyboardModifier.ControlModifier)
    click(qtbot, picker, 3, Qt.KeyboardModifier.ControlModifier)
    assert picker.selected() == (2, 4, 9)
    assert picker.accept_button.text() == "Choose 3 images"
    with qtbot.waitSignal(picker.chosen) as chosen:
        qtbot.mouseClick(picker.accept_button, Qt.MouseButton.LeftButton)
    assert chosen.args == [(2, 4, 9)] and not picker.isVisible()


def test_that_where_one_is_wanted_only_one_is_chosen(qtbot: QtBot) -> None:
    picker = ImagePicker(COUNT, several=False)
    qtbot.addWidget(picker)
    asked(qtbot, picker)
    click(qtbot, picker, 2)
    click(qtbot, picker, 5, Qt.KeyboardModifier.ControlModifier)
    assert picker.selected() == (5,)


def test_that_arrows_and_enter_choose(qtbot: QtBot, picker: ImagePicker) -> None:
    asked(qtbot, picker)
    assert not picker.accept_button.isEnabled()
    click(qtbot, picker, 0)
    qtbot.keyClick(picker.grid, Qt.Key.Key_Right)
    qtbot.keyClick(picker.grid, Qt.Key.Key_Down)
    columns = picker.grid.cells().columns
    with qtbot.waitSignal(picker.chosen) as chosen:
        qtbot.keyClick(picker.grid, Qt.Key.Key_Return)
    assert chosen.args == [(columns + 1,)]


def test_that_a_number_and_the_dice_bring_an_image_into_view(
    qtbot: QtBot, picker: ImagePicker, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = asked(qtbot, picker)
    with qtbot.waitActive(picker):
        picker.activateWindow()
    picker.go_to.setFocus()
    picker.go_to.selectAll()
    qtbot.keyClicks(picker.go_to, "31234")
    assert picker.selected() == ()
    qtbot.keyClick(picker.go_to, Qt.Key.Key_Return)
    assert picker.selected() == (31234,) and picker.isVisible()
    qtbot.waitUntil(lambda: 31234 in pages[-1])
    monkeypatch.setattr("random.randrange", lambda count: count - 1)
    qtbot.mouseClick(picker.random, Qt.MouseButton.LeftButton)
    assert picker.selected() == (COUNT - 1,)
    qtbot.waitUntil(lambda: COUNT - 1 in pages[-1])


def test_that_esc_leaves_without_a_choice(qtbot: QtBot, picker: ImagePicker) -> None:
    asked(qtbot, picker)
    chosen: list[object] = []
    picker.chosen.connect(chosen.append)
    click(qtbot, picker, 0)
    qtbot.keyClick(picker.grid, Qt.Key.Key_Escape)
    assert chosen == [] and not picker.isVisible()


def test_that_thumbnails_seen_long_ago_go(monkeypatch: pytest.MonkeyPatch, picker: ImagePicker) -> None:
    monkeypatch.setattr(kept_pictures, "KEPT", 5)
    picker.set_images(range(8), np.zeros((8, 300, 200, 3), np.uint8), [""] * 8)
    assert [row for row in range(8) if picker.grid.picture(row) is None] == [0, 1, 2]
    kept = picker.grid.picture(7)
    assert kept is not None and (kept.shape[1], kept.shape[0]) == (pytest.approx(160 * 2 / 3, abs=1), 160)


def test_that_an_empty_data_set_shows_an_empty_grid(qtbot: QtBot) -> None:
    picker = ImagePicker(0)
    qtbot.addWidget(picker)
    pages: list[object] = []
    picker.wanted.connect(pages.append)
    picker.show()
    qtbot.mouseClick(picker.random, Qt.MouseButton.LeftButton)
    qtbot.wait(100)
    assert pages == [] and picker.selected() == ()
    picker.close()


def test_that_selecting_all_of_a_large_data_set_does_not_hold_the_window_still(
    qtbot: QtBot, picker: ImagePicker
) -> None:
    asked(qtbot, picker)
    began = time.perf_counter()
    qtbot.keyClick(picker.grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert picker.accept_button.text() == "Choose 50,000 images"
    assert time.perf_counter() - began < 1.0
    click(qtbot, picker, 0)
    assert picker.selected() == (0,)


def test_that_shift_with_the_arrows_and_a_drag_select_up_to_here(qtbot: QtBot, picker: ImagePicker) -> None:
    asked(qtbot, picker)
    click(qtbot, picker, 1)
    for _ in range(3):
        qtbot.keyClick(picker.grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert picker.selected() == (1, 2, 3, 4)
    qtbot.keyClick(picker.grid, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert picker.selected() == (1, 2, 3)
    view = picker.grid.viewport()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=picker.grid.cell_rect(5).center())
    QTest.mouseMove(view, picker.grid.cell_rect(8).center())
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=picker.grid.cell_rect(8).center())
    assert picker.selected() == (5, 6, 7, 8)


def test_that_a_picker_of_fifty_thousand_is_shown_in_no_time(qtbot: QtBot, picker: ImagePicker) -> None:
    asked(qtbot, picker)
    began = time.perf_counter()
    for width in range(700, 900, 20):
        picker.resize(width, 560)
        picker.grid.viewport().grab()
    assert time.perf_counter() - began < 1.0


@pytest.fixture
def narrowed(qtbot: QtBot) -> Iterator[ImagePicker]:
    """Give a picker of which a thousand images are selected elsewhere."""
    picker = ImagePicker(COUNT, selected=np.arange(7, 10_007, 10))
    qtbot.addWidget(picker)
    yield picker
    picker.close()


def test_that_without_selected_images_there_is_nothing_to_narrow(qtbot: QtBot, picker: ImagePicker) -> None:
    asked(qtbot, picker)
    assert not picker.selected_only.isVisible()


def test_that_only_the_selected_images_are_shown_asked_for_and_chosen(qtbot: QtBot, narrowed: ImagePicker) -> None:
    pages = asked(qtbot, narrowed)
    click(qtbot, narrowed, 3)
    assert narrowed.selected_only.text() == "Selected only (1,000)"
    qtbot.mouseClick(narrowed.selected_only, Qt.MouseButton.LeftButton)
    assert narrowed.grid.count() == 1000 and narrowed.selected() == () and not narrowed.accept_button.isEnabled()
    qtbot.waitUntil(lambda: pages[-1][:2] == (7, 17))
    assert all(image % 10 == 7 for image in pages[-1])
    assert narrowed.grid.tip(2) == "27"
    narrowed.set_images([27], np.zeros((1, 4, 4, 3), np.uint8), ["27 · frog"])
    assert narrowed.grid.tip(2) == "27 · frog"
    click(qtbot, narrowed, 2)
    click(qtbot, narrowed, 4, Qt.KeyboardModifier.ControlModifier)
    assert narrowed.selected() == (27, 47)
    qtbot.mouseClick(narrowed.selected_only, Qt.MouseButton.LeftButton)
    assert narrowed.grid.count() == COUNT and narrowed.selected() == ()
    assert narrowed.grid.tip(27) == "27 · frog"


def test_that_the_dice_keep_to_the_selected_images_and_a_number_beyond_them_shows_all(
    qtbot: QtBot, narrowed: ImagePicker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(qtbot, narrowed)
    qtbot.mouseClick(narrowed.selected_only, Qt.MouseButton.LeftButton)
    monkeypatch.setattr("random.randrange", lambda count: count - 1)
    qtbot.mouseClick(narrowed.random, Qt.MouseButton.LeftButton)
    assert narrowed.selected() == (9997,)
    narrowed.go_to.setValue(107)
    assert narrowed.selected() == (107,) and narrowed.selected_only.isChecked()
    narrowed.go_to.setValue(108)
    assert narrowed.selected() == (108,) and not narrowed.selected_only.isChecked()
