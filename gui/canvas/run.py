"""The run behind the optimization canvas: one job, its newest step, and what the buttons may do to it."""

from __future__ import annotations

import math
from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from backend.jobs import MaximizationSettings, Notice, OptimizeUnit, Recipe, RunStarted
from backend.worker import JobHandle, Worker

if TYPE_CHECKING:
    from backend.jobs import MaximizationStep


EVERY_STEP = math.inf
"""Frames a second while single steps are taken: a frame for each of them, however quickly they are asked for."""


class RunState(Enum):
    """What the run is doing; buttons and captions follow from it."""

    IDLE = auto()
    WAITING = auto()
    RUNNING = auto()
    PAUSED = auto()
    DONE = auto()
    STOPPED = auto()
    FAILED = auto()


class CanvasRun(QObject):
    """Starts, pauses, steps, steers and stops one `OptimizeUnit` job at a time.

    Signals
    -------
    started()
        The start images are there.
    stepped(MaximizationStep)
    noticed(str)
    failed(ErrorReport)
    state_changed()
    """

    started = Signal()
    stepped = Signal(object)
    noticed = Signal(str)
    failed = Signal(object)
    state_changed = Signal()

    def __init__(self, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = RunState.IDLE
        self.recipe: Recipe | None = None
        self.start_images: NDArray[np.uint8] | None = None
        self.last: MaximizationStep | None = None
        self._worker = worker
        self._handle: JobHandle | None = None
        self._settings = MaximizationSettings()
        self._frame_rate = 0.0

    def start(self, recipe: Recipe) -> None:
        """Begin anew; a run that still goes on is replaced."""
        self._let_go()
        self.recipe, self.last, self.start_images = recipe, None, None
        self._settings, self._frame_rate = recipe.settings, 0.0
        handle = self._handle = self._worker.submit(OptimizeUnit(recipe))
        handle.yielded.connect(self._on_event)
        handle.finished.connect(self._on_finished)
        handle.failed.connect(self._on_failed)
        handle.cancelled.connect(self._on_cancelled)
        self._set_state(RunState.WAITING)

    def toggle_pause(self) -> None:
        """Pause a run that goes on, resume one that waits."""
        if self._handle is None:
            return
        if self.state is RunState.PAUSED:
            self._show_frames(0.0)
            self._handle.resume()
            self._set_state(RunState.RUNNING)
        else:
            self._handle.pause()
            self._set_state(RunState.PAUSED)

    def step(self) -> None:
        """Take a single step and wait."""
        if self._handle is None:
            return
        if self.state is not RunState.PAUSED:
            self.toggle_pause()
        self._show_frames(EVERY_STEP)
        self._handle.step()

    def stop(self) -> None:
        """End the run and keep what it has made."""
        if self._handle is not None:
            self._handle.cancel()

    def clear(self) -> None:
        """Forget the run and its pictures."""
        self._let_go()
        self.recipe, self.last, self.start_images = None, None, None
        self._set_state(RunState.IDLE)

    def steer(self, settings: MaximizationSettings) -> None:
        """Change the settings of the run that goes on."""
        if self._handle is None or self.recipe is None or settings == self._settings:
            return
        if self.last is None:
            # Nothing has been made with the old ones, so that they need not be remembered either.
            paused = self.state is RunState.PAUSED
            self.start(replace(self.recipe, settings=settings))
            if paused:
                self.toggle_pause()
            return
        self._settings = settings
        self._handle.steer(replace(settings, frame_rate=self._frame_rate))

    def _show_frames(self, rate: float) -> None:
        if self._handle is not None and self.last is not None and rate != self._frame_rate:
            self._frame_rate = rate
            self._handle.steer(replace(self._settings, frame_rate=rate))

    @property
    def active(self) -> bool:
        return self._handle is not None

    def made_of(self) -> Recipe | None:
        """Give the recipe that makes the present picture again: as many steps, and every change on the way."""
        if self.recipe is None or self.last is None:
            return None
        step = self.last.step
        settings = replace(self.recipe.settings, steps=step)
        changes = tuple((at, replace(later, steps=step, frame_rate=0.0)) for at, later in self.last.changes)
        return replace(self.recipe, settings=settings, changes=changes)

    @Slot(object)
    def _on_event(self, event: object) -> None:
        if isinstance(event, RunStarted):
            rates = len(self._settings.learning_rates)
            self.start_images = np.repeat(event.start, rates, axis=0)
            if self.state is RunState.WAITING:
                self._set_state(RunState.RUNNING)
            self.started.emit()
        elif isinstance(event, Notice):
            self.noticed.emit(event.text)
        elif hasattr(event, "film"):
            self.last = event  # type: ignore[assignment]
            self.stepped.emit(event)

    @Slot(object)
    def _on_finished(self, step: object) -> None:
        self._handle = None
        self._set_state(RunState.DONE)
        self.last = step  # type: ignore[assignment]
        self.stepped.emit(step)

    @Slot(object)
    def _on_failed(self, report: object) -> None:
        self._handle = None
        self._set_state(RunState.FAILED)
        self.failed.emit(report)

    @Slot()
    def _on_cancelled(self) -> None:
        self._handle = None
        self._set_state(RunState.STOPPED)

    def _let_go(self) -> None:
        """Hear no more of the present job."""
        if self._handle is None:
            return
        for signal, slot in (
            (self._handle.yielded, self._on_event),
            (self._handle.finished, self._on_finished),
            (self._handle.failed, self._on_failed),
            (self._handle.cancelled, self._on_cancelled),
        ):
            signal.disconnect(slot)
        self._handle.cancel()
        self._handle = None

    def _set_state(self, state: RunState) -> None:
        self.state = state
        self.state_changed.emit()
