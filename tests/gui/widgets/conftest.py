"""A widget alone on the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.theme import DARK, apply_theme, tokens


@pytest.fixture
def show_dark(qtbot: QtBot, qapp: QApplication) -> Callable[..., Any]:
    """Give a function that shows a widget in the dark theme, in a size; where no height is said, in its own."""
    if tokens() is not DARK or not qapp.styleSheet():  # It takes longer than the rest.
        apply_theme(qapp, "dark")

    def show(widget: QWidget, width: int, height: int | None = None) -> QWidget:
        qtbot.addWidget(widget)
        widget.resize(width, widget.height() if height is None else height)
        widget.show()
        return widget

    return show
