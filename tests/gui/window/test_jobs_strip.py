from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt, Slot
from pytestqt.qtbot import QtBot

from backend.jobs import Engine, Job, Progress, Steps
from backend.worker import JobHandle, Worker
from gui.text import pace_text, progress_text, time_left_text
from gui.window.jobs_strip import JobRow, JobsStrip


@dataclass(frozen=True)
class Counting(Job):
    """Counts to `total` and takes a moment for each."""

    name: str
    total: int = 10_000

    @property
    def title(self) -> str:
        return self.name

    def run(self, engine: Engine) -> Steps[int]:
        for done in range(self.total):
            yield Progress(done, self.total, "channels")
            time.sleep(0.002)
        return self.total


class Following(JobsStrip):
    """A strip that shows the jobs of `worker`, as the one of the window does."""

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self._worker = worker
        worker.jobs_changed.connect(self._follow)

    @Slot()
    def _follow(self) -> None:
        self.set_handles(self._worker.handles)


@pytest.fixture
def worker(qtbot: QtBot) -> Iterator[Worker]:
    worker = Worker()
    yield worker
    with qtbot.waitSignal(worker.stopped, timeout=5000):
        worker.stop()
    assert worker.wait(5000)


@pytest.fixture
def strip(qtbot: QtBot, worker: Worker) -> JobsStrip:
    strip = Following(worker)
    qtbot.addWidget(strip)
    strip.resize(1000, 30)
    strip.show()
    return strip


def shown(qtbot: QtBot, strip: JobsStrip, handle: JobHandle) -> JobRow:
    qtbot.waitUntil(lambda: handle in strip.rows, timeout=3000)
    return strip.rows[handle]


@pytest.mark.parametrize(
    ("unit", "seconds", "text"),
    [
        ("images", 30.0, "30 images/s · 30 s left"),
        ("images", 900.0, "1.0 images/s · 15 min left"),
        ("images", 0.0, "a moment left"),
        ("images", None, ""),
        ("steps", 30.0, "30 s left"),
    ],
)
def test_that_images_have_a_rate_beside_the_time_left(unit: str, seconds: float | None, text: str) -> None:
    assert pace_text(Progress(100, 1000, unit), seconds) == text
    assert pace_text(None, seconds) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "a moment left"),
        (4.2, "4 s left"),
        (49, "49 s left"),
        (50, "1 min left"),
        (89, "1 min left"),
        (91, "2 min left"),
        (59.4 * 60, "59 min left"),
        (3600, "about 1 h left"),
        (2 * 3600 + 60, "about 2 h left"),
        (72 * 3600, "about 3 days left"),
    ],
)
def test_that_time_left_is_said_in_the_unit_that_can_be_grasped(seconds: float, text: str) -> None:
    assert time_left_text(seconds) == text


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (None, "waiting"),
        (Progress(105, 256, "channels"), "105 of 256 channels"),
        (Progress(4096, 50_000, "images"), "4,096 of 50,000 images"),
        (Progress(12, 0, "MB"), "12 MB"),
        (Progress(0, 0, ""), ""),
    ],
)
def test_that_progress_is_said_in_its_own_unit(progress: Progress | None, text: str) -> None:
    assert progress_text(progress) == text


def test_that_a_running_job_shows_its_title_and_how_far_it_is(qtbot: QtBot, strip: JobsStrip, worker: Worker) -> None:
    handle = worker.submit(Counting("Wall of layer4"))
    row = shown(qtbot, strip, handle)
    qtbot.waitUntil(lambda: row.count.text().endswith("of 10,000 channels"))
    qtbot.waitUntil(lambda: row.left.text().endswith("left"), timeout=3000)
    assert row.title.text() == "Wall of layer4" and row.isVisible() and row.bar.isVisible()
    assert row.bar.value() == pytest.approx(1000 * int(row.count.text().split()[0].replace(",", "")) / 10_000, abs=1)


def test_that_a_job_that_ends_at_once_never_flashes_up(qtbot: QtBot, strip: JobsStrip, worker: Worker) -> None:
    handle = worker.submit(Counting("Quick", total=3))
    with qtbot.waitSignal(handle.finished):
        pass
    qtbot.wait(350)
    assert strip.rows == {}


def test_that_pause_stops_the_count_and_resume_goes_on(qtbot: QtBot, strip: JobsStrip, worker: Worker) -> None:
    handle = worker.submit(Counting("Wall"))
    row = shown(qtbot, strip, handle)
    qtbot.mouseClick(row.pause, Qt.MouseButton.LeftButton)
    assert handle.paused and row.pause.text() == "Resume" and row.left.text() == "paused"
    qtbot.wait(50)
    before = handle.progress
    qtbot.wait(100)
    assert handle.progress == before
    row.pause.setFocus()
    qtbot.keyClick(row.pause, Qt.Key.Key_Space)
    assert not handle.paused and row.pause.text() == "Pause"
    qtbot.waitUntil(lambda: handle.progress != before)


def test_that_cancel_is_answered_at_once_and_the_row_goes(qtbot: QtBot, strip: JobsStrip, worker: Worker) -> None:
    handle = worker.submit(Counting("Wall"))
    row = shown(qtbot, strip, handle)
    with qtbot.waitSignal(handle.cancelled):
        qtbot.mouseClick(row.cancel, Qt.MouseButton.LeftButton)
        assert not row.cancel.isEnabled()
    qtbot.waitUntil(lambda: strip.rows == {})


def test_that_more_than_two_jobs_are_in_a_list_that_opens(qtbot: QtBot, strip: JobsStrip, worker: Worker) -> None:
    handles = [worker.submit(Counting(f"Job {number}")) for number in range(4)]
    for handle in handles:
        shown(qtbot, strip, handle)
    assert strip.more.isVisible() and strip.more.text() == "+2 more"
    assert [strip.rows[handle].window() is strip for handle in handles] == [True, True, False, False]
    qtbot.mouseClick(strip.more, Qt.MouseButton.LeftButton)
    assert strip.popup.isVisible() and strip.rows[handles[3]].isVisible()
    qtbot.keyClick(strip.popup, Qt.Key.Key_Escape)
    assert not strip.popup.isVisible()
    handles[0].cancel()
    qtbot.waitUntil(lambda: strip.more.text() == "+1 more")
    assert strip.rows[handles[2]].window() is strip and strip.rows[handles[2]].isVisible()


def test_that_a_narrow_strip_shows_one_job_without_overlap(qtbot: QtBot, strip: JobsStrip, worker: Worker) -> None:
    handles = [worker.submit(Counting(f"Optimising layer{number}")) for number in range(2)]
    rows = [shown(qtbot, strip, handle) for handle in handles]
    for width in (1000, 700, 480):
        strip.resize(width, 30)
        qtbot.wait(20)
        beside = [row for row in rows if row.window() is strip]
        assert len(beside) == (2 if width == 1000 else 1)
        assert all(row.width() >= row.minimumSizeHint().width() for row in beside)
