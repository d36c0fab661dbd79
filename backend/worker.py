"""The one compute thread, and the mail between it and the window. Jobs are generators; see `schedule`."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from backend.analysis.events import Progress
from backend.engine import Engine
from backend.jobs import Job
from backend.schedule import End, Outcome, Task

SWITCH_INTERVAL = 0.0005
"""Seconds after which the compute thread's Python gives way to the window's; the default is a third of a frame."""
TELLING_INTERVAL = 0.2
"""Seconds between two words about progress: nobody reads faster, and each costs a repaint."""
DELIVERY_INTERVAL = 16
"""Milliseconds between deliveries: at most 60 frames a second reach the painter."""


class JobHandle(QObject):
    """A job as the window sees it. Lives in the GUI thread; its signals arrive there.

    Signals
    -------
    yielded(object)
        What the job yields: a frame, `Progress`, a partial result, a `Notice`.
    finished(object), failed(ErrorReport), cancelled()
        Exactly one of them, once.
    changed()
        Progress or pause has changed.
    """

    yielded = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    changed = Signal()

    def __init__(self, job: Job, task: Task, thread: _ComputeThread, parent: QObject) -> None:
        super().__init__(parent)
        self.job = job
        self.progress: Progress | None = None
        self.outcome: Outcome | None = None
        self._task = task
        self._thread = thread
        self._running_since: float | None = None
        self._worked = 0.0
        self._first_done = 0
        self._told = 0.0

    @property
    def running(self) -> bool:
        return self.outcome is None

    @property
    def paused(self) -> bool:
        return self._task.paused

    def seconds_left(self) -> float | None:
        """Estimate from the rate so far; None until there is one."""
        if self.progress is None or not self.progress.total:
            return None
        done = self.progress.done - self._first_done
        worked = self._worked + (time.monotonic() - self._running_since if self._running_since else 0.0)
        return worked / done * (self.progress.total - self.progress.done) if done > 0 and worked > 0.5 else None

    def pause(self) -> None:
        """Ask for no further event until `resume`."""
        self._set_paused(True)

    def resume(self) -> None:
        self._set_paused(False)

    def step(self) -> None:
        """Take one event while paused."""
        self._thread.change(self._task, steps=1)

    def steer(self, settings: object) -> None:
        """Send new settings into the generator; they take effect at its next step."""
        self._thread.change(self._task, settings=settings)

    def cancel(self) -> None:
        """Stop the job. What it still produces is dropped; `cancelled` follows."""
        self._task.cancelled = True
        self._thread.change(self._task)

    def _set_paused(self, paused: bool) -> None:
        if paused == self._task.paused:
            return
        self._thread.change(self._task, paused=paused)
        self._note_time()
        self.changed.emit()

    def _note_time(self) -> None:
        now = time.monotonic()
        if self._running_since is not None:
            self._worked += now - self._running_since
        self._running_since = None if self.paused or not self.running else now

    def _take(self, event: object) -> None:
        if self._task.cancelled:
            return
        progress = event if isinstance(event, Progress) else getattr(event, "progress", None)
        if progress is not None:
            if self.progress is None or progress.unit != self.progress.unit:
                # A rate of images says nothing of how long merges take.
                self._first_done, self._worked, self._running_since = progress.done, 0.0, None
                self._note_time()
            self.progress = progress
            now = time.monotonic()
            if now - self._told > TELLING_INTERVAL or progress.done == progress.total:
                self._told = now
                self.changed.emit()
        self.yielded.emit(event)

    def _end(self, outcome: Outcome, content: object) -> None:
        # What ends after it was cancelled or replaced has been cancelled, whatever it brought.
        self.outcome = Outcome.CANCELLED if self._task.cancelled else outcome
        if self.outcome is Outcome.FINISHED:
            self.finished.emit(content)
        elif self.outcome is Outcome.FAILED:
            self.failed.emit(content)
        else:
            self.cancelled.emit()
        self.changed.emit()


class Worker(QObject):
    """The door to the compute thread, for panels.

    `submit(job)` gives a `JobHandle`; connect its signals and go on. A job with the same `key` as one that still runs
    replaces it.
    """

    jobs_changed = Signal()
    stopped = Signal()

    def __init__(self, engine: Engine | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._handles: dict[int, JobHandle] = {}
        self._numbers = itertools.count()
        self._last_delivery = 0.0
        self._stopping = False
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._deliver)
        self._thread = _ComputeThread(engine or Engine())
        self._thread.mailbox.posted.connect(self._on_posted, Qt.ConnectionType.QueuedConnection)
        self._thread.finished.connect(self._on_thread_finished)
        self._thread.start()

    @property
    def handles(self) -> list[JobHandle]:
        """Jobs that have not ended, oldest first."""
        return list(self._handles.values())

    def submit(self, job: Job) -> JobHandle:
        """Queue `job`; an interactive one goes before every background one."""
        for other in self.handles:
            if job.key and other.job.key == job.key:
                other.cancel()
        task = Task(job, next(self._numbers))
        handle = JobHandle(job, task, self._thread, self)
        if self._stopping:
            # What is asked while the window closes, by a panel that hears of the last results, ends at once.
            task.cancelled = True
            QTimer.singleShot(0, handle, lambda: self._let_go(handle, End(Outcome.CANCELLED)))
            return handle
        self._handles[task.number] = handle
        self._thread.add(task)
        self.jobs_changed.emit()
        return handle

    def stop(self) -> None:
        """End the thread: every open job is cancelled at its next event, then `stopped` is emitted."""
        self._stopping = True
        self._thread.stop()

    def wait(self, milliseconds: int) -> bool:
        """Block until the thread has ended; for the very end of a program and for tests."""
        return self._thread.wait(milliseconds)

    @Slot()
    def _on_posted(self) -> None:
        since = (time.monotonic() - self._last_delivery) * 1000
        if not self._timer.isActive():
            self._timer.start(max(0, DELIVERY_INTERVAL - int(since)))

    @Slot()
    def _deliver(self) -> None:
        self._last_delivery = time.monotonic()
        for number, content in self._thread.mailbox.take():
            handle = self._handles.get(number)
            if handle is None:
                continue
            if not isinstance(content, End):
                handle._take(content)
                continue
            del self._handles[number]
            self._let_go(handle, content)
            self.jobs_changed.emit()

    def _let_go(self, handle: JobHandle, end: End) -> None:
        handle._end(end.outcome, end.content)
        # With it goes what its signals hold; where that was the last to hold the worker, its children are deleted too.
        handle.setParent(None)
        handle.deleteLater()

    @Slot()
    def _on_thread_finished(self) -> None:
        self._deliver()
        self.stopped.emit()


class _Mailbox(QObject):
    """Events on their way to the window. Of events that say `latest_wins`, only the newest of each job waits."""

    posted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._letters: dict[object, tuple[int, object]] = {}
        self._numbers = itertools.count()

    def post(self, number: int, content: object) -> None:
        replaces = isinstance(content, Progress) or getattr(content, "latest_wins", False)
        slot = (number, type(content)) if replaces else next(self._numbers)
        with self._lock:
            first = not self._letters
            self._letters[slot] = (number, content)
        if first:
            self.posted.emit()

    def take(self) -> list[tuple[int, object]]:
        with self._lock:
            letters, self._letters = self._letters, {}
        return list(letters.values())


class _ComputeThread(QThread):
    """Runs one generator step at a time, always of the job that is first in order."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.mailbox = _Mailbox()
        self._engine = engine
        self._tasks: list[Task] = []
        self._stopping = False
        self._condition = threading.Condition()

    def add(self, task: Task) -> None:
        with self._condition:
            self._tasks.append(task)
            self._condition.notify()

    def change(self, task: Task, *, paused: bool | None = None, steps: int = 0, settings: object | None = None) -> None:
        with self._condition:
            if paused is not None:
                task.paused, task.steps = paused, 0
            task.steps += steps
            task.settings = settings if settings is not None else task.settings
            self._condition.notify()

    def stop(self) -> None:
        with self._condition:
            self._stopping = True
            self._condition.notify()

    def run(self) -> None:
        while (task := self._next_task()) is not None:
            ended = self._advance(task)
            if ended is not None:
                with self._condition:
                    self._tasks.remove(task)
                self.mailbox.post(task.number, ended)
        for task in self._tasks:
            task.close()
            self.mailbox.post(task.number, End(Outcome.CANCELLED))
        self._engine.sleep()

    def _next_task(self) -> Task | None:
        with self._condition:
            while not self._stopping:
                ready = [task for task in self._tasks if task.ready]
                if ready:
                    return min(ready, key=lambda task: task.order)
                self._condition.wait()
            return None

    def _advance(self, task: Task) -> End | None:
        event = task.advance(self._engine, self._take_settings(task))
        if isinstance(event, End):
            return event
        self.mailbox.post(task.number, event)
        return None

    def _take_settings(self, task: Task) -> Any:
        with self._condition:
            settings, task.settings = task.settings, None
            if settings is None:
                task.steps = max(0, task.steps - 1)
            return settings
