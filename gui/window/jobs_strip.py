"""What runs, how far it is and how long it will take, for the foot of the window."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from backend.worker import JobHandle
from gui.text import pace_text, progress_text
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.toggle import leave_space

MOST_SHOWN = 2
ROOMY, TIGHT = 920, 560
"""Widths in pixels: two jobs fit beside each other from `ROOMY` on; below `TIGHT` not even one with its bar."""
Room = Literal["whole", "half", "tight"]
WIDEST = 160
"""Pixels of a text that others make room for; a longer one is elided where there is no more."""
FLASH = 0.25
"""Seconds that a job must last to be shown at all."""
REFRESH = 100
"""Milliseconds between two updates of a row: figures that change faster cannot be read."""


class JobRow(QWidget):
    """One job: title, how far, a bar, time left, Pause, Cancel."""

    def __init__(self, handle: JobHandle, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.handle = handle
        self.title = ElidedLabel(handle.job.title)
        self.count = ElidedLabel()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setMinimumWidth(60)
        self.bar.setMaximumWidth(140)
        self.bar.setAccessibleName(f"Progress of {handle.job.title}")
        self.left = ElidedLabel()
        for label in (self.count, self.left):
            label.setForegroundRole(label.foregroundRole().PlaceholderText)
        self.left.setMinimumWidth(self.left.fontMetrics().horizontalAdvance("22 min left") + 2)
        self.title.setMinimumWidth(min(140, self.title.sizeHint().width()))
        self._room: Room = "whole"
        self.pause = QPushButton("Pause", flat=True)
        self.pause.setFixedWidth(self.pause.fontMetrics().horizontalAdvance("Resume") + 12)
        self.cancel = QPushButton("Cancel", flat=True)
        self._later = QTimer(self, singleShot=True, interval=REFRESH)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        for widget in (self.title, self.count, self.bar, self.left):
            line.addWidget(widget)
        line.addStretch()
        for button in (self.pause, self.cancel):
            line.addWidget(button)
            leave_space(button)
        self.pause.clicked.connect(self._pause_or_resume)
        self.cancel.clicked.connect(self._cancel)
        self._later.timeout.connect(self.refresh)
        handle.changed.connect(self._changed)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show how things stand now."""
        progress, paused = self.handle.progress, self.handle.paused
        self._set(self.count, progress_text(progress))
        total = progress.total if progress else 0
        self.bar.setVisible(total > 0 and self._room != "tight")
        self.bar.setToolTip(self.count.text())
        self.count.setVisible(self._room != "half" or total <= 0)
        if progress is not None and total > 0:
            # Counts may be bytes beyond what a progress bar can hold.
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * min(1.0, progress.done / total)))
        seconds = self.handle.seconds_left()
        self._set(self.left, "paused" if paused else pace_text(progress, seconds))
        self.left.setVisible((total > 0 or paused) and self._room != "tight")
        self.pause.setText("Resume" if paused else "Pause")
        self.pause.setAccessibleName(f"{self.pause.text()} {self.title.text()}")
        self.cancel.setAccessibleName(f"Cancel {self.title.text()}")

    def set_room(self, room: Room) -> None:
        """Half the strip has no room for the count beside the bar, a tight one none for bar and time left."""
        if room != self._room:
            self._room = room
            self.refresh()

    @Slot()
    def _changed(self) -> None:
        if not self._later.isActive():
            self._later.start()

    @Slot()
    def _pause_or_resume(self) -> None:
        if self.handle.paused:
            self.handle.resume()
        else:
            self.handle.pause()
        self.refresh()

    @Slot()
    def _cancel(self) -> None:
        # The job ends at its next event; the press is answered now.
        self.cancel.setEnabled(False)
        self.pause.setEnabled(False)
        self.cancel.setText("Ending…")
        self.handle.cancel()

    def _set(self, label: ElidedLabel, text: str) -> None:
        if label.text() != text:
            label.setText(text)
            label.setMinimumWidth(max(label.minimumWidth(), min(WIDEST, label.sizeHint().width())))


class JobsPopup(QFrame):
    """The jobs that do not fit in the strip."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("JobsPopup")
        self.setStyleSheet("#JobsPopup { background: palette(button); border: 1px solid palette(midlight); }")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 8, 12, 8)
        self.column.setSpacing(4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)


class JobsStrip(QWidget):
    """Shows the running jobs, the first two in the line and the others in a list behind "+1 more"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[JobHandle, JobRow] = {}
        self.popup = JobsPopup(self)
        self.more = QPushButton(flat=True)
        self.more.hide()
        self._handles: list[JobHandle] = []
        self._since: dict[JobHandle, float] = {}
        self._ripen = QTimer(self, singleShot=True)
        self._tick = QTimer(self, interval=1000)
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(24)
        self._line.addWidget(self.more)
        self._line.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.more.clicked.connect(self._show_popup)
        self._ripen.timeout.connect(self._arrange)
        self._tick.timeout.connect(self._refresh)

    def set_handles(self, handles: Sequence[JobHandle]) -> None:
        """Take the jobs that run now, oldest first. A job is shown once it has lasted `FLASH` seconds."""
        now = time.monotonic()
        self._handles = list(handles)
        self._since = {handle: self._since.get(handle, now) for handle in handles}
        self._arrange()

    @Slot()
    def _arrange(self) -> None:
        now = time.monotonic()
        ripe = [handle for handle in self._handles if now - self._since[handle] >= FLASH]
        for handle in [known for known in self.rows if known not in ripe]:
            row = self.rows.pop(handle)
            row.hide()
            row.setParent(None)
            row.deleteLater()
        shown = MOST_SHOWN if self.width() >= ROOMY else 1
        for place, handle in enumerate(ripe):
            if handle not in self.rows:
                self.rows[handle] = JobRow(handle, self)
            self._place(self.rows[handle], place, shown)
        self._show_more(len(ripe) - shown)
        waiting = [FLASH - now + self._since[handle] for handle in self._handles if handle not in self.rows]
        if waiting:
            self._ripen.start(max(1, round(min(waiting) * 1000) + 1))
        if bool(self.rows) != self._tick.isActive():
            self._tick.start() if self.rows else self._tick.stop()

    def _place(self, row: JobRow, place: int, shown: int) -> None:
        line = self._line if place < shown else self.popup.column
        if place >= shown:
            row.set_room("whole")
        else:
            row.set_room(
                "tight" if self.width() < TIGHT else "half" if len(self._handles) > 1 and shown > 1 else "whole"
            )
        place = place if place < shown else place - shown
        if line.indexOf(row) != place:
            line.insertWidget(place, row)
            row.show()

    def _show_more(self, count: int) -> None:
        self.more.setVisible(count > 0)
        if count > 0:
            self.more.setText(f"+{count} more")
            self.popup.adjustSize()
        else:
            self.popup.hide()

    @Slot()
    def _show_popup(self) -> None:
        self.popup.adjustSize()
        corner = self.more.mapToGlobal(QPoint(0, -self.popup.height() - 4))
        self.popup.move(corner)
        self.popup.show()

    @Slot()
    def _refresh(self) -> None:
        """Time goes on even where no progress comes."""
        for row in self.rows.values():
            row.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def hideEvent(self, event: QHideEvent) -> None:
        self.popup.hide()
        super().hideEvent(event)
