from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QLabel, QLineEdit, QScrollBar, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.window.key_list import KeyList, listed


class Canvas(QWidget):
    title = "Optimization canvas"


def action(parent: QWidget, text: str, *keys: str) -> QAction:
    made = QAction(text, parent)
    made.setShortcuts([QKeySequence(key) for key in keys])
    return made


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 600)
    column = QVBoxLayout(window)
    column.addWidget(QLineEdit())
    window.show()
    return window


@pytest.fixture
def overlay(window: QWidget) -> KeyList:
    actions = [
        action(Canvas(window), "Run or pause", "Space"),
        action(window, "&Keyboard", "?"),
        action(window, "None"),
    ]
    return KeyList(actions, window)


def test_that_shortcuts_are_grouped_by_what_they_belong_to(window: QWidget) -> None:
    canvas = Canvas(window)
    special = action(window, "Find…", "Ctrl+K")
    special.setProperty("group", "Search")
    actions = [action(canvas, "Run or pause", "Space"), action(window, "&Quit", "Ctrl+Q", "Ctrl+W"), special]
    assert listed([*actions, action(window, "No key")], besides=[("Channels", "Move", "←")]) == {
        "Optimization canvas": [("Run or pause", "Space")],
        "Window": [("Quit", "Ctrl+Q  Ctrl+W")],
        "Search": [("Find", "Ctrl+K")],
        "Channels": [("Move", "←")],
    }


def test_that_the_list_covers_the_window_and_follows_its_size(qtbot: QtBot, window: QWidget, overlay: KeyList) -> None:
    overlay.show()
    assert overlay.geometry() == window.rect() and window.rect().contains(overlay.card.geometry())
    texts = {label.text() for label in overlay.findChildren(QLabel)}
    assert {"Run or pause", "Space", "Keyboard", "?", "Optimization canvas"} <= texts and "None" not in texts
    assert not overlay.findChildren(QScrollBar)[0].isVisible()
    window.resize(500, 220)
    qtbot.waitUntil(lambda: overlay.geometry() == window.rect())
    assert window.rect().contains(overlay.card.geometry())


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Question])
def test_that_a_key_closes_it_and_gives_the_focus_back(
    qtbot: QtBot, window: QWidget, overlay: KeyList, key: Qt.Key
) -> None:
    field = window.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    field.setFocus()
    overlay.show()
    qtbot.waitUntil(overlay.hasFocus)
    with qtbot.waitSignal(overlay.destroyed):
        qtbot.keyClick(overlay, key)
    assert field.hasFocus()


def test_that_a_click_closes_it(qtbot: QtBot, overlay: KeyList) -> None:
    overlay.show()
    with qtbot.waitSignal(overlay.destroyed):
        qtbot.mouseClick(overlay.card, Qt.MouseButton.LeftButton)


def test_that_the_shortcuts_sleep_while_the_list_is_shown(qtbot: QtBot, window: QWidget, overlay: KeyList) -> None:
    run = action(window, "Step", ".")
    pressed: list[bool] = []
    run.triggered.connect(lambda checked: pressed.append(checked))
    window.addAction(run)
    overlay.show()
    qtbot.waitUntil(overlay.hasFocus)
    qtbot.keyClick(overlay, Qt.Key.Key_Period)
    assert pressed == [] and overlay.isVisible()
    with qtbot.waitSignal(overlay.destroyed):
        qtbot.keyClick(overlay, Qt.Key.Key_Escape)
    qtbot.keyClick(window, Qt.Key.Key_Period)
    assert pressed == [False]
