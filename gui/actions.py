"""Actions: a text, a key, and what they do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

WORDS = "search words"
"""Property of an action: other words that people look for it by."""


def make_action(parent: QObject, text: str, shortcut: str, slot: Callable[[], object], *, words: str = "") -> QAction:
    """Make an action; `shortcut` may be empty."""
    action = QAction(text, parent)
    action.setProperty(WORDS, words)
    if shortcut:
        action.setShortcut(QKeySequence(shortcut))

    def triggered(_checked: bool = False) -> None:
        slot()

    action.triggered.connect(triggered)
    return action
