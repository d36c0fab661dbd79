"""What a panel is: the part of a room that the window shows."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QTabWidget, QWidget

from backend.worker import Worker
from gui.session import Session


class Panel(QWidget):
    """Listens to the session, asks the worker, knows no other panel. It is made when its room is first shown."""

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

    def come_forward(self) -> None:
        """Show the panel where it is a tab behind others."""
        parent = self.parentWidget()
        while parent is not None:
            if isinstance(parent, QTabWidget):
                pages = (parent.widget(index) for index in range(parent.count()))
                parent.setCurrentIndex([page.isAncestorOf(self) for page in pages if page is not None].index(True))
            parent = parent.parentWidget()
