"""Where a room stands in the window before its panel is there: a frame, empty until it is first shown."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from backend.worker import Worker
from gui.panel import Panel
from gui.rooms import Command, Room
from gui.session import Session
from gui.widgets.section import Section

BREATH = 40
"""Milliseconds between two steps of preparing what nobody has asked for yet."""


class RoomFrame(QWidget):
    """Makes its room's panel when it is first shown, or when a command needs it.

    Parameters
    ----------
    folder : str
        Of the room, in `gui`.
    room : Room
    session : Session
    worker : Worker
    remembered : mapping of str to dict
        What the panels gave to remember at the last end.
    folded : sequence of str
        Titles of the sections that were folded then.
    """

    def __init__(
        self,
        folder: str,
        room: Room,
        session: Session,
        worker: Worker,
        remembered: dict[str, object],
        folded: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.folder, self.room = folder, room
        self._session, self._worker = session, worker
        found = remembered.get(room.panel)
        self._remembered = found if isinstance(found, dict) else {}
        self._folded = folded
        self._panel: Panel | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.setObjectName(f"frame {room.panel}")

    @property
    def made(self) -> Panel | None:
        """The panel, where it was made already."""
        return self._panel

    def panel(self) -> Panel:
        """Give the panel; it is made, as it was left, where it is not there yet."""
        if self._panel is None:
            made: Panel = importlib.import_module(f"gui.{self.folder}.panel").PANEL(self._session, self._worker)
            self._panel = made
            made.restore(self._remembered)
            if self._folded:
                for section in made.findChildren(Section):
                    section.set_folded(section.title in self._folded)
            self._column.addWidget(made)
            made.show()  # A layout would only do so at the next event.
        return self._panel

    def remember(self) -> dict[str, object]:
        """Give what should come back: of a panel that nobody looked at, what it had before."""
        return self._remembered if self._panel is None else self._panel.remember()

    def run(self, command: Command) -> None:
        """Do what a command says."""
        act: Any = self.panel()
        for name in command.method.split("."):
            act = getattr(act, name)
        act()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.panel()

    def steps(self) -> Iterator[None]:
        """Load the room module by module, then make its panel; each step is short enough not to be felt."""
        package = importlib.import_module(f"gui.{self.folder}")
        for module in pkgutil.walk_packages(package.__path__, f"gui.{self.folder}."):
            if module.name not in sys.modules:
                importlib.import_module(module.name)
                yield
        self.panel()
        yield


class Preparation(QObject):
    """Makes the rooms that nobody has opened yet, a little at a time, so that the first click need not wait."""

    def __init__(self, frames: Sequence[RoomFrame], worker: Worker, parent: QObject) -> None:
        super().__init__(parent)
        self._worker = worker
        self._steps = (step for frame in frames for step in frame.steps())
        self._timer = QTimer(self, singleShot=True, interval=BREATH)
        self._timer.timeout.connect(self._go_on)

    @Slot()
    def begin(self) -> None:
        self._timer.start()

    @Slot()
    def _go_on(self) -> None:
        # Only Python runs here: what the user sees move, or waits for, goes first.
        if any(not handle.job.background for handle in self._worker.handles) or next(self._steps, False) is None:
            self._timer.start()
