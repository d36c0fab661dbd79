"""How wide each dock is to be: what a small window took from it, a larger one gives back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow


class DockWidths:
    """Keeps the widths that the user wants. The window asks for them whenever its own size has changed."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._wanted: dict[QDockWidget, int] = {}
        self._given: dict[QDockWidget, int] = {}

    def want(self, dock: QDockWidget, width: int) -> None:
        self._wanted[dock] = width
        self.fit()

    def fit(self) -> None:
        """Give each dock the width that is wanted, as far as the window has room."""
        shown = [dock for dock in self._wanted if dock.isVisibleTo(self._window)]
        self._window.resizeDocks(shown, [self._wanted[dock] for dock in shown], Qt.Orientation.Horizontal)
        self._given = {dock: dock.width() for dock in shown}

    def note(self) -> None:
        """Want what the docks have now, where it is not what they were given: the user has moved their edge."""
        for dock, given in self._given.items():
            if dock.width() != given:
                self._wanted[dock] = self._given[dock] = dock.width()

    def take_over(self) -> None:
        """Want the widths of last time, but for a dock that was as narrow as it can be: its window was small."""
        for dock in self._wanted:
            if dock.width() > dock.minimumSizeHint().width():
                self._wanted[dock] = dock.width()
        self.fit()
