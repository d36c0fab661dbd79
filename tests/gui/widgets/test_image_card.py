from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.theme import DARK
from gui.widgets.hover_card import PATIENCE, HoverCard
from gui.widgets.image_card import APART, SIDE, ImageCard, place_beside
from gui.widgets.ranked_grid import RankedGrid

SCREEN = QRect(0, 0, 800, 600)
CARD = QSize(256, 300)
ORDER = np.arange(90, 50, -1)


class Greedy(QLineEdit):
    """A field that keeps Esc to itself."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()


class Scene:
    """A panel that scrolls, in it a line of text and a grid of 40 images with a hover card."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.panel, content = QScrollArea(), QWidget()
        qtbot.addWidget(self.panel)
        self.line, self.grid = Greedy(), RankedGrid(62, fitted=True)
        column = QVBoxLayout(content)
        column.addWidget(self.line)
        column.addWidget(self.grid)
        column.addStretch()
        self.panel.setWidget(content)
        self.panel.setWidgetResizable(True)
        self.panel.resize(360, 400)
        self.card = ImageCard(self.panel)
        self.hover = HoverCard(self.grid, self.card)
        self.wanted: list[int] = []
        self.hover.wanted.connect(self.wanted.append)
        self.grid.set_order(ORDER, "rank {}".format)
        self.panel.show()
        with qtbot.waitActive(self.panel):
            self.panel.activateWindow()

    def move_to(self, row: int) -> None:
        for step in (3, 0):
            self.qtbot.mouseMove(self.grid.viewport(), self.grid.cell_rect(row).center() - QPoint(step, 0))

    def leave(self) -> None:
        """Move to the line. What was left is told so by the platform; QTest tells it only sometimes."""
        self.qtbot.mouseMove(self.line, QPoint(5, 5))
        QApplication.sendEvent(self.grid.viewport(), QEvent(QEvent.Type.Leave))

    def open_at(self, row: int) -> None:
        self.move_to(row)
        self.qtbot.waitUntil(lambda: self.card.isVisible())


@pytest.fixture
def scene(qtbot: QtBot) -> Iterator[Scene]:
    scene = Scene(qtbot)
    yield scene
    scene.hover.close()
    scene.panel.close()


@pytest.mark.parametrize(
    ("beside", "place"),
    [
        (QRect(100, 50, 60, 60), QPoint(160 + APART, 50)),
        (QRect(100, 500, 60, 60), QPoint(160 + APART, 300)),
        (QRect(700, 50, 60, 60), QPoint(700 - APART - 256, 50)),
        (QRect(200, 50, 400, 60), QPoint(200, 110 + APART)),
        (QRect(200, 500, 400, 60), QPoint(200, 500 - APART - 300)),
        (QRect(0, 0, 800, 600), QPoint(0, 300)),
        (QRect(-90, -90, 60, 60), QPoint(0, 0)),
    ],
)
def test_that_a_card_stands_beside_its_place_and_wholly_on_the_screen(beside: QRect, place: QPoint) -> None:
    assert place_beside(beside, CARD, SCREEN) == place
    assert SCREEN.contains(QRect(place, CARD))


def test_that_a_card_keeps_clear_of_its_place_on_a_second_screen() -> None:
    second = QRect(-1000, 200, 1000, 800)
    assert place_beside(QRect(-90, 210, 60, 60), CARD, second) == QPoint(-90 - APART - 256, 210)


def test_that_a_card_shows_a_picture_in_its_proportions_with_a_title_and_lines(qtbot: QtBot) -> None:
    card = ImageCard()
    qtbot.addWidget(card)
    card.show_at(QRect(10, 10, 60, 60), np.full((10, 20, 3), 255, np.uint8), "2.04 <b>ship</b>", ("image 7", "rank 1"))
    assert card.picture.size() == QSize(SIDE, SIDE // 2)
    assert {label.textFormat() for label in card.findChildren(QLabel)} == {Qt.TextFormat.PlainText}
    assert card.title() == "2.04 <b>ship</b>" and card.lines() == ("image 7", "rank 1")
    assert card.grab().toImage().pixelColor(128, 60) == QColor(255, 255, 255)
    higher = card.height()
    card.show_at(QRect(10, 10, 60, 60), None, "2.04 ship", ())
    assert card.picture.size() == QSize(SIDE, SIDE) and card.lines() == () and card.height() != higher
    assert QGuiApplication.primaryScreen().availableGeometry().contains(card.geometry())
    card.hide()


def test_that_a_long_title_takes_more_lines_instead_of_being_cut(qtbot: QtBot) -> None:
    card = ImageCard()
    qtbot.addWidget(card)
    picture = np.zeros((32, 32, 3), np.uint8)
    card.show_at(QRect(10, 10, 60, 60), picture, "ship", ("one",))
    short = card.height()
    card.show_at(QRect(10, 10, 60, 60), picture, "ship " * 20, ("one",))
    assert card.height() >= short + 2 * card.fontMetrics().height() and card.width() == SIDE + 16
    card.hide()


def test_that_an_outline_lies_on_the_pixels_it_names_and_shows_on_any_picture(qtbot: QtBot) -> None:
    card = ImageCard()
    qtbot.addWidget(card)
    for level in (0, 255):
        card.show_at(QRect(10, 10, 60, 60), np.full((24, 24, 3), level, np.uint8), "", ())
        card.set_outline((6, 12, 18, 24))
        shot = card.picture.grab().toImage()
        # A pixel of the picture is 10 on the screen; the edge at the right moves in, so that it can be seen.
        accent = QColor(DARK.accent)
        for place in (QPoint(180, 60), QPoint(120, 100), QPoint(180, 179), QPoint(238, 100), QPoint(179, 120)):
            assert shot.pixelColor(place) == accent, place
        assert shot.pixelColor(180, 100) == shot.pixelColor(60, 120) == QColor(level, level, level)
        assert shot.pixelColor(180, 61).value() < 80 and shot.pixelColor(180, 58).value() < 80
    card.set_outline(None)
    assert card.picture.grab().toImage().pixelColor(180, 60) == QColor(255, 255, 255)
    card.hide()


def test_that_pixels_are_seen_where_smooth_is_off(qtbot: QtBot) -> None:
    card = ImageCard()
    qtbot.addWidget(card)
    halves = np.zeros((2, 2, 3), np.uint8)
    halves[:, 1] = 255
    shades = []
    for smooth in (True, False):
        card.smooth = smooth
        card.show_at(QRect(10, 10, 60, 60), halves, "", ())
        shot = card.picture.grab().toImage()
        shades.append({shot.pixelColor(x, 100).red() for x in range(10, 230)})
    assert len(shades[0]) > 20 and shades[1] == {0, 255}
    card.hide()


def test_that_a_card_takes_neither_focus_nor_mouse(scene: Scene) -> None:
    scene.line.setFocus()
    scene.open_at(1)
    assert scene.panel.isActiveWindow() and scene.line.hasFocus()
    assert scene.card.windowFlags() & Qt.WindowType.WindowTransparentForInput


def test_that_the_card_comes_after_a_moment_and_moves_on_at_once(qtbot: QtBot, scene: Scene) -> None:
    began = time.perf_counter()
    scene.open_at(1)
    assert time.perf_counter() - began > PATIENCE / 1000 - 0.01
    assert scene.wanted == [89] and scene.hover.open_image() == 89 and scene.card.title() == "rank 1"
    beside = scene.card.x()
    scene.move_to(2)
    assert scene.wanted == [89, 88] and scene.card.isVisible() and scene.card.x() > beside
    scene.leave()
    qtbot.waitUntil(lambda: not scene.card.isVisible(), timeout=5000)
    assert scene.hover.open_image() == -1


def test_that_a_pointer_that_passes_by_opens_nothing(qtbot: QtBot, scene: Scene) -> None:
    scene.move_to(1)
    scene.leave()
    qtbot.wait(PATIENCE + 60)
    assert scene.wanted == [] and not scene.card.isVisible()


def test_that_an_answer_fills_the_card_and_one_that_comes_too_late_does_not(scene: Scene) -> None:
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    scene.grid.set_pictures((88, 89), np.stack([image, image // 2]))
    scene.hover.wanted.connect(lambda index: scene.hover.fill(index, None, f"no. {index}", ("ship",), (0, 0, 8, 8)))
    scene.open_at(1)
    assert scene.card.title() == "no. 89" and scene.card.lines() == ("ship",)
    assert np.array_equal(scene.card.picture.image(), image // 2)
    assert scene.card.picture.outline_rect().bottomRight().toPoint() == QPoint(60, 60)
    scene.move_to(2)
    scene.hover.fill(89, None, "late", ())
    assert scene.card.title() == "no. 88"
    scene.hover.fill(88, image[:16], "larger", ("a", "b"))
    assert scene.card.picture.height() == SIDE // 2 and scene.card.picture.outline_rect().isEmpty()


def test_that_scrolling_the_panel_takes_the_card_away(scene: Scene) -> None:
    scene.open_at(6)
    scene.panel.verticalScrollBar().setValue(20)
    assert not scene.card.isVisible()


def test_that_scrolling_before_the_card_has_come_keeps_it_away(qtbot: QtBot, scene: Scene) -> None:
    scene.move_to(6)
    scene.panel.verticalScrollBar().setValue(20)
    qtbot.wait(PATIENCE + 60)
    assert scene.wanted == [] and not scene.card.isVisible()


@pytest.mark.parametrize("focused", ["line", "grid"])
def test_that_escape_takes_the_card_away_wherever_the_focus_is(scene: Scene, focused: str) -> None:
    widget = getattr(scene, focused)
    elsewhere: list[bool] = []
    shortcut = QShortcut(QKeySequence(Qt.Key.Key_Escape), scene.panel)
    shortcut.activated.connect(lambda: elsewhere.append(True))
    widget.setFocus()
    scene.open_at(1)
    scene.qtbot.keyClick(widget, Qt.Key.Key_Escape)
    assert not scene.card.isVisible() and not elsewhere
    scene.qtbot.keyClick(scene.grid, Qt.Key.Key_Escape)
    assert elsewhere == [True]
    scene.open_at(2)


def test_that_another_window_takes_the_card_away(qtbot: QtBot, scene: Scene) -> None:
    scene.open_at(1)
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: not scene.card.isVisible())
    other.close()


def test_that_a_menu_or_a_hidden_panel_takes_the_card_away(qtbot: QtBot, scene: Scene) -> None:
    scene.open_at(1)
    scene.grid.menu_wanted.emit(89, QPoint())
    assert not scene.card.isVisible()
    scene.open_at(2)
    scene.panel.hide()
    assert not scene.card.isVisible()


def test_that_keys_open_the_card_as_the_pointer_does(qtbot: QtBot, scene: Scene) -> None:
    scene.grid.setFocus()
    for _ in range(2):
        qtbot.keyClick(scene.grid, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: scene.card.isVisible())
    assert scene.wanted == [89]
    qtbot.keyClick(scene.grid, Qt.Key.Key_Down)
    assert scene.wanted == [89, 84] and scene.card.isVisible()
    scene.line.setFocus()
    assert not scene.card.isVisible() and QApplication.focusWidget() is scene.line


def test_that_two_grids_share_a_card(qtbot: QtBot, scene: Scene) -> None:
    second = RankedGrid(62, fitted=True)
    scene.panel.widget().layout().insertWidget(1, second)
    hover = HoverCard(second, scene.card)
    second.set_order(np.array([5, 6]), "second {}".format)
    qtbot.waitUntil(lambda: second.height() > 0 and scene.grid.y() > second.height())
    scene.open_at(1)
    QApplication.sendEvent(scene.grid.viewport(), QEvent(QEvent.Type.Leave))
    for step in (3, 0):
        qtbot.mouseMove(second.viewport(), second.cell_rect(1).center() - QPoint(step, 0))
    qtbot.waitUntil(lambda: hover.open_image() == 6)
    assert scene.hover.open_image() == -1 and scene.card.isVisible() and scene.card.title() == "second 1"
    hover.close()
