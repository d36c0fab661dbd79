"""Small buttons that stay down, and what all buttons of a panel do with the keyboard."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton


def toggle(text: str, tip: str) -> QPushButton:
    """Make a small button that is on or off."""
    button = QPushButton(text)
    button.setCheckable(True)
    button.setProperty("small", True)
    button.setToolTip(tip)
    leave_space(button)
    return button


def leave_space(button: QPushButton) -> None:
    """Leave Space to the run, whichever button was pressed last; Enter presses the one that has the focus."""
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAutoDefault(True)
