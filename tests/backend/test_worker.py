"""The compute thread: order, pause, steering, cancelling, and exactly one end for each job."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from PySide6.QtCore import QThread

from backend.analysis.events import Progress
from backend.engine import Engine
from backend.errors import ErrorReport, UserError
from backend.jobs import Job
from backend.schedule import Task
from backend.store import Store
from backend.worker import Worker


@dataclass(frozen=True)
class Frame:
    number: int
    latest_wins: ClassVar[bool] = True


@dataclass(frozen=True, eq=False)
class Count(Job):
    """Yields 0, 1, 2, ...; waits for `gate` before each, and writes what happens into `log`."""

    until: int = 3
    name: str = ""
    same: str = ""
    log: list = field(default_factory=list)
    gate: threading.Semaphore | None = None
    frames: bool = False

    @property
    def key(self):
        return self.same

    def run(self, engine):
        self.log.append((self.name, "thread", QThread.currentThread()))
        try:
            for number in range(self.until):
                if self.gate is not None:
                    assert self.gate.acquire(timeout=10)
                self.log.append((self.name, number))
                sent = yield Frame(number) if self.frames else number
                while sent is not None:
                    self.log.append((self.name, "sent", sent))
                    sent = yield "taken"
            return f"{self.name} counted"
        finally:
            self.log.append((self.name, "closed"))


@dataclass(frozen=True, eq=False)
class Background(Count):
    background: ClassVar[bool] = True


@dataclass(frozen=True, eq=False)
class Awaited(Background):
    awaited: ClassVar[bool] = True


@dataclass(frozen=True)
class Raises(Job):
    error: Exception

    def run(self, engine):
        yield Progress(1, 2, "images")
        raise self.error


class Ends:
    """Collects how a handle ends."""

    def __init__(self, handle):
        self.handle, self.events, self.ends = handle, [], []
        handle.yielded.connect(self.events.append)
        handle.finished.connect(lambda result: self.ends.append(("finished", result)))
        handle.failed.connect(lambda report: self.ends.append(("failed", report)))
        handle.cancelled.connect(lambda: self.ends.append(("cancelled",)))


@pytest.fixture
def worker(qtbot, tmp_path):
    worker = Worker(Engine(Store(tmp_path)))
    yield worker
    with qtbot.waitSignal(worker.stopped, timeout=10_000):
        worker.stop()
    assert worker.wait(5000)


def wait_for(qtbot, *ends):
    qtbot.waitUntil(lambda: all(end.ends for end in ends), timeout=10_000)


def test_that_a_job_runs_off_the_gui_thread_and_its_result_arrives(qtbot, worker):
    job = Count(3, "a")
    ends = Ends(worker.submit(job))
    wait_for(qtbot, ends)
    assert ends.events == [0, 1, 2]
    assert ends.ends == [("finished", "a counted")]
    assert job.log[0][2] is not QThread.currentThread()
    assert worker.handles == []


def test_that_an_interactive_job_overtakes_a_background_job_which_goes_on_afterwards(qtbot, worker):
    log, gate = [], threading.Semaphore(0)
    background = Ends(worker.submit(Background(3, "scan", log=log, gate=gate)))
    qtbot.waitUntil(lambda: len(log) == 1)
    interactive = Ends(worker.submit(Count(2, "look", log=log)))
    gate.release(3)
    wait_for(qtbot, background, interactive)
    order = [entry[:2] for entry in log if entry[1] != "thread"]
    overtaken = [("look", 0), ("look", 1), ("look", "closed")]
    assert order == [("scan", 0), *overtaken, ("scan", 1), ("scan", 2), ("scan", "closed")]


def test_that_what_somebody_waits_for_overtakes_other_background_jobs(qtbot, worker):
    log, gate = [], threading.Semaphore(0)
    wall = Ends(worker.submit(Background(2, "wall", log=log, gate=gate)))
    qtbot.waitUntil(lambda: len(log) == 1)
    tree = Ends(worker.submit(Awaited(1, "tree", log=log)))
    gate.release(2)
    wait_for(qtbot, wall, tree)
    order = [entry[:2] for entry in log if entry[1] != "thread"]
    assert order == [("wall", 0), ("tree", 0), ("tree", "closed"), ("wall", 1), ("wall", "closed")]


def test_that_a_newer_job_with_the_same_key_replaces_the_older(qtbot, worker):
    gate = threading.Semaphore(0)
    older_job = Count(100, "old", same="x", gate=gate)
    older = Ends(worker.submit(older_job))
    qtbot.waitUntil(lambda: bool(older_job.log))
    newer = Ends(worker.submit(Count(1, "new", same="x")))
    gate.release(1)
    wait_for(qtbot, older, newer)
    assert older.ends == [("cancelled",)]
    assert older.events == []
    assert older_job.log[-1] == ("old", "closed")
    assert newer.ends == [("finished", "new counted")]


def test_that_cancelling_closes_the_generator_and_says_so_once(qtbot, worker):
    gate = threading.Semaphore(2)
    job = Count(100, "a", gate=gate)
    ends = Ends(worker.submit(job))
    qtbot.waitUntil(lambda: ends.events == [0, 1])
    ends.handle.cancel()
    ends.handle.cancel()
    gate.release(1)
    wait_for(qtbot, ends)
    qtbot.wait(50)
    assert ends.ends == [("cancelled",)]
    assert job.log[-1] == ("a", "closed")


def test_that_what_finishes_after_it_was_cancelled_counts_as_cancelled(qtbot, worker):
    gate = threading.Semaphore(0)
    ends = Ends(worker.submit(Count(1, "a", gate=gate)))
    qtbot.wait(20)
    ends.handle.cancel()
    gate.release(1)
    wait_for(qtbot, ends)
    assert ends.ends == [("cancelled",)]
    assert ends.events == []


def test_that_a_paused_job_takes_single_steps_and_goes_on(qtbot, worker):
    ends = Ends(worker.submit(Count(1000, "a", gate=threading.Semaphore(2))))
    gate = ends.handle.job.gate
    qtbot.waitUntil(lambda: ends.events == [0, 1])
    ends.handle.pause()
    gate.release(998)
    qtbot.wait(60)
    # The step that was under way when the pause came may still arrive.
    held = len(ends.events)
    assert held <= 3
    ends.handle.step()
    qtbot.waitUntil(lambda: len(ends.events) == held + 1)
    qtbot.wait(60)
    assert len(ends.events) == held + 1
    ends.handle.resume()
    wait_for(qtbot, ends)
    assert ends.events == list(range(1000))


def test_that_settings_reach_the_generator_also_while_it_is_paused(qtbot, worker):
    gate = threading.Semaphore(1)
    job = Count(2, "a", gate=gate)
    ends = Ends(worker.submit(job))
    qtbot.waitUntil(lambda: ends.events == [0])
    ends.handle.pause()
    gate.release(1)
    qtbot.wait(50)
    ends.handle.steer("blue")
    qtbot.waitUntil(lambda: "taken" in ends.events)
    ends.handle.resume()
    wait_for(qtbot, ends)
    assert ("a", "sent", "blue") in job.log
    assert ends.ends == [("finished", "a counted")]


def test_that_an_error_arrives_as_text(qtbot, worker):
    ends = Ends(worker.submit(Raises(UserError("No such layer", "It has no layer.", "Choose another."))))
    odd = Ends(worker.submit(Raises(ZeroDivisionError("inside"))))
    wait_for(qtbot, ends, odd)
    assert ends.ends == [("failed", ErrorReport("No such layer", "It has no layer.", "Choose another."))]
    assert isinstance(odd.ends[0][1], ErrorReport)
    assert "inside" in odd.ends[0][1].happened


def test_that_frames_do_not_queue_up_behind_a_slow_painter_but_the_newest_arrives(qtbot, worker):
    ends = Ends(worker.submit(Count(20_000, "a", frames=True)))
    wait_for(qtbot, ends)
    numbers = [frame.number for frame in ends.events]
    assert numbers[-1] == 19_999
    assert numbers == sorted(numbers)
    assert len(numbers) < 2000


def test_that_partial_results_are_never_dropped(qtbot, worker):
    ends = Ends(worker.submit(Count(5000, "a")))
    wait_for(qtbot, ends)
    assert ends.events == list(range(5000))


def test_that_progress_gives_a_time_left(qtbot, worker):
    @dataclass(frozen=True, eq=False)
    class Slow(Job):
        gate: threading.Semaphore

        def run(self, engine):
            for done in range(4):
                yield Progress(done, 4, "images")
                assert self.gate.acquire(timeout=10)

    gate = threading.Semaphore(0)
    ends = Ends(worker.submit(Slow(gate)))
    qtbot.waitUntil(lambda: len(ends.events) == 1)
    assert ends.handle.seconds_left() is None
    qtbot.wait(600)
    gate.release(1)
    qtbot.waitUntil(lambda: len(ends.events) == 2)
    assert 1.5 < ends.handle.seconds_left() < 6
    gate.release(9)
    wait_for(qtbot, ends)


def test_that_stopping_cancels_what_is_open_and_queued(qtbot, tmp_path):
    worker = Worker(Engine(Store(tmp_path)))
    gate = threading.Semaphore(0)
    job = Count(100, "a", gate=gate)
    first, second = Ends(worker.submit(job)), Ends(worker.submit(Count(1, "b")))
    qtbot.waitUntil(lambda: bool(job.log))
    with qtbot.waitSignal(worker.stopped, timeout=10_000):
        worker.stop()
        gate.release(1)
    assert worker.wait(5000)
    assert first.ends == second.ends == [("cancelled",)]
    assert job.log[-1] == ("a", "closed")


def test_that_a_job_asked_for_after_the_stop_is_cancelled(qtbot, tmp_path):
    worker = Worker(Engine(Store(tmp_path)))
    with qtbot.waitSignal(worker.stopped, timeout=10_000):
        worker.stop()
        early = Ends(worker.submit(Count(3)))
    late = Ends(worker.submit(Count(3)))
    wait_for(qtbot, early, late)
    assert early.ends == late.ends == [("cancelled",)]
    assert worker.wait(5000) and not worker.handles


@dataclass(frozen=True)
class UsesThreads(Job):
    pixels: int

    def run(self, engine):
        engine.share_work(self.pixels)
        while True:
            yield engine.threads


def test_that_a_job_goes_on_with_the_threads_it_chose():
    class Cores(Engine):
        def use_threads(self, threads):
            self.threads = threads

    engine = Cores()
    engine._cores = 8
    one, many = Task(UsesThreads(10), 0), Task(UsesThreads(10**6), 1)
    assert [task.advance(engine, None) for task in (one, many, one, many, many, one)] == [1, 8, 1, 8, 8, 1]
    one.close()
    many.close()
