"""What a panel is. A room whose `panel.py` defines `PANEL` is found and shown; nothing else has to know of it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QTabWidget, QWidget

import gui
from backend.worker import Worker
from gui.actions import make_action
from gui.session import Session

Area = Literal["left", "centre", "right"]


class Panel(QWidget):
    """A part of the window. Listens to the session, asks the worker, knows no other panel.

    Attributes
    ----------
    title : str
    area : {"left", "centre", "right"}
        Docked at a side, or a tab in the middle.
    order : int
        Position among the panels of its area.
    """

    title: ClassVar[str] = ""
    area: ClassVar[Area] = "centre"
    order: ClassVar[int] = 0

    def __init__(self, session: Session, worker: Worker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.worker = worker
        self.setObjectName(type(self).__name__)

    def remember(self) -> dict[str, Any]:
        """Give what of this panel should come back at the next start, as JSON."""
        return {}

    def restore(self, remembered: dict[str, Any]) -> None:
        """Bring back what `remember` gave; what cannot be used is passed over."""

    def menu_actions(self) -> list[QAction]:
        """Give the actions that the window offers in its menu and in search, with their shortcuts."""
        return []

    def action(self, text: str, shortcut: str, slot: Callable[[], object]) -> QAction:
        """Make an action that works wherever the focus is in the window."""
        return make_action(self, text, shortcut, slot)

    def come_forward(self) -> None:
        """Show the panel where it is a tab behind others."""
        parent = self.parentWidget()
        while parent is not None:
            if isinstance(parent, QTabWidget):
                parent.setCurrentWidget(self)
            parent = parent.parentWidget()

    def export_actions(self) -> list[QAction]:
        """Give the actions behind the Export button."""
        return []


def discover_panels() -> list[type[Panel]]:
    """Find every panel class: the `PANEL` of each room's `panel.py`."""
    rooms = [found.name for found in pkgutil.iter_modules(gui.__path__) if found.ispkg]
    names = [f"gui.{room}.panel" for room in rooms if (Path(gui.__path__[0]) / room / "panel.py").is_file()]
    panels: list[type[Panel]] = [importlib.import_module(name).PANEL for name in names]
    return sorted(panels, key=lambda panel: panel.order)
