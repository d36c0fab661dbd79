"""The tree behind the panel: found in the store at once, or built in the background when it is asked for."""

from __future__ import annotations

from functools import partial
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from backend.errors import ErrorReport
from backend.jobs import Job
from backend.worker import JobHandle, Worker
from gui.session import Session
from gui.text import pace_text, progress_text

RunState = Literal["none", "looking", "absent", "running", "there"]


class TreeRun(QObject):
    """Gets one result at a time: looks for what is wished for, and computes it when told to.

    Signals
    -------
    came(object)
        The result of what is wished for; None where there is nothing to show for it yet.
    state_changed()
        Also as what is computed comes further.
    """

    came = Signal(object)
    state_changed = Signal()

    def __init__(self, session: Session, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state: RunState = "none"
        self.handle: JobHandle | None = None
        self._session, self._worker = session, worker
        self._wish: tuple[Job, Job] | None = None
        self._looking: JobHandle | None = None

    def ask(self, find: Job, compute: Job) -> None:
        """Wish for a result: `find` gives it where it is stored, else None; `compute` makes it."""
        if (find, compute) == self._wish:
            return
        self.cancel()
        self._wish = (find, compute)
        self.came.emit(None)
        handle = self._looking = self._worker.submit(find)
        handle.finished.connect(partial(self._found, handle))
        handle.failed.connect(partial(self._failed, handle))
        self._set_state("looking")

    @Slot()
    def forget(self) -> None:
        """Wish for nothing."""
        self.cancel()
        self._wish = self._looking = None
        self._set_state("none")
        self.came.emit(None)

    @Slot()
    def start(self) -> None:
        """Compute what is wished for."""
        if self._wish is None or self.handle is not None:
            return
        self._looking = None
        handle = self.handle = self._worker.submit(self._wish[1])
        handle.yielded.connect(self._session.events.take_notice)
        handle.changed.connect(self.state_changed)
        handle.finished.connect(partial(self._computed, handle))
        handle.failed.connect(partial(self._failed, handle))
        handle.cancelled.connect(partial(self._ended, handle))
        self._set_state("running")

    @Slot()
    def cancel(self) -> None:
        """Stop computing."""
        if self.handle is not None:
            handle, self.handle = self.handle, None
            handle.cancel()
            self._set_state("absent")

    def progress_words(self) -> str:
        """Say how far the computing is."""
        progress = None if self.handle is None else self.handle.progress
        if self.handle is None or progress is None:
            return "Building the tree, as soon as the device is free…"
        words = f"Building the tree… {progress_text(progress)}"
        left = pace_text(progress, self.handle.seconds_left())
        return f"{words} · {left}" if left else words

    def _found(self, handle: JobHandle, result: object) -> None:
        if handle is not self._looking:
            return
        self._looking = None
        self._set_state("absent" if result is None else "there")
        if result is not None:
            self.came.emit(result)

    def _computed(self, handle: JobHandle, result: object) -> None:
        if self._ended(handle):
            self._set_state("there")
            self.came.emit(result)

    def _failed(self, handle: JobHandle, report: ErrorReport) -> None:
        looked = handle is self._looking
        if looked:
            self._looking = None
            self._set_state("absent")
        if self._ended(handle) or looked:
            self._session.events.error.emit(report)

    def _ended(self, handle: JobHandle) -> bool:
        if handle is not self.handle:
            return False
        self.handle = None
        self._set_state("absent")
        return True

    def _set_state(self, state: RunState) -> None:
        self.state = state
        self.state_changed.emit()
