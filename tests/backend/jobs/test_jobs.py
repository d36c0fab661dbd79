"""The jobs themselves, with a real network on the real thread: what they leave behind, and what they say."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from backend.engine import Engine, EngineStatus
from backend.errors import ErrorReport
from backend.jobs import (
    LIFELIKE,
    Channel,
    ClassLogit,
    ComputeWall,
    DatasetStart,
    DescribeImages,
    Images,
    Job,
    NoiseStart,
    Objective,
    OpenDataset,
    OpenNetwork,
    OpenRecipe,
    OptimizeUnit,
    PictureStart,
    Recipe,
    RunStarted,
    Start,
    SwitchDevice,
    Unit,
    WakeEngine,
)
from backend.worker import JobHandle, Worker
from tests.networks import count_hooks

NAME = "cifar10-resnet18"
CYCLES = 50


@pytest.fixture
def worker(qtbot: QtBot, engine: Engine) -> Iterator[Worker]:
    worker = Worker(engine)
    yield worker
    with qtbot.waitSignal(worker.stopped, timeout=10_000):
        worker.stop()
    assert worker.wait(5000)


def optimize(unit: Unit, start: Start | None = None) -> OptimizeUnit:
    return OptimizeUnit(Recipe(NAME, Objective(((1.0, unit),)), "", start or NoiseStart(), LIFELIKE))


class Heard:
    """What a job says."""

    def __init__(self, handle: JobHandle) -> None:
        self.events: list[Any] = []
        self.ends: list[Any] = []
        handle.yielded.connect(self.events.append)
        handle.finished.connect(self.ends.append)
        handle.failed.connect(self.ends.append)
        handle.cancelled.connect(self._note_cancelled)

    def _note_cancelled(self) -> None:
        self.ends.append("cancelled")


def outcome(qtbot: QtBot, worker: Worker, job: Job) -> Any:
    heard = Heard(worker.submit(job))
    qtbot.waitUntil(lambda: bool(heard.ends), timeout=20_000)
    return heard.ends[0]


def test_that_starting_and_cancelling_leaves_no_hook_and_no_thread(
    qtbot: QtBot, worker: Worker, engine: Engine
) -> None:
    def threads() -> tuple[int, int]:
        tasks = Path("/proc/self/task")
        return threading.active_count(), len(list(tasks.iterdir())) if tasks.exists() else 0

    def cycle(index: int) -> None:
        heard = Heard(handle := worker.submit(optimize(Channel("layer2", index))))
        qtbot.waitUntil(lambda: len(heard.events) >= 2, timeout=20_000)
        handle.cancel()
        qtbot.waitUntil(lambda: heard.ends == ["cancelled"], timeout=20_000)

    cycle(0)
    before = threads()
    for index in range(1, CYCLES):
        cycle(index)
    assert count_hooks(engine.network(NAME)) == 0
    assert worker.handles == [] and len(worker.children()) <= 3
    assert threads() == before


def test_that_a_run_gives_its_start_then_its_steps_and_returns_the_last(qtbot: QtBot, worker: Worker) -> None:
    job = optimize(ClassLogit(5))
    heard = Heard(worker.submit(OptimizeUnit(job.recipe)))
    qtbot.waitUntil(lambda: len(heard.events) > 3, timeout=20_000)
    assert isinstance(heard.events[0], RunStarted) and heard.events[0].start.shape == (1, 32, 32, 3)
    steps = [event.step for event in heard.events[1:]]
    assert steps == sorted(steps) and not heard.events[1].images.flags.writeable


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (optimize(Channel("layer4", 999)), "layer4 has no channel 999"),
        (optimize(Channel("layer9", 1)), "no layer called “layer9”"),
        (optimize(ClassLogit(10)), "no class 10"),
        (OptimizeUnit(Recipe(NAME, Objective(()), "")), "has no unit"),
        (OptimizeUnit(Recipe("gone", Objective(((1.0, ClassLogit(0)),)), "")), "neither a shipped network nor"),
        (optimize(ClassLogit(0), PictureStart(b"words", "words.png")), "not a JPEG"),
        (optimize(ClassLogit(0), DatasetStart("probe", (10**6,))), "no image 1000000"),
        (optimize(ClassLogit(0), DatasetStart("/nowhere/at/all", (0,))), "/nowhere/at/all"),
        (ComputeWall(NAME, "layer9"), "no layer called “layer9”"),
        (OpenNetwork("/nowhere/network.json"), "No such file"),
        (OpenDataset("/nowhere/at/all", NAME), "/nowhere/at/all"),
        (OpenRecipe(Path("/nowhere/picture.png")), "No such file"),
    ],
)
def test_that_what_does_not_exist_gives_a_sentence(
    qtbot: QtBot, worker: Worker, engine: Engine, job: Job, words: str
) -> None:
    report = outcome(qtbot, worker, job)
    assert isinstance(report, ErrorReport) and words in report.happened and report.advice
    assert count_hooks(engine.network(NAME)) == 0


def test_that_the_engine_says_what_it_works_with(qtbot: QtBot, worker: Worker) -> None:
    woken = outcome(qtbot, worker, WakeEngine("a device that is not here"))
    assert isinstance(woken, EngineStatus)
    assert woken.device == woken.devices[0] and woken.devices[-1] == "cpu" and woken.torch_version
    assert outcome(qtbot, worker, SwitchDevice("cpu")).device == "cpu"


def test_that_images_of_a_data_set_are_described(qtbot: QtBot, worker: Worker) -> None:
    images = outcome(qtbot, worker, DescribeImages("probe", NAME, (0, 7, -1, 10**6)))
    assert isinstance(images, Images) and images.indices == (0, 7)
    assert images.images.shape == (2, 32, 32, 3) and images.images.dtype == np.uint8
    assert [caption.split(" · ")[0] for caption in images.captions] == ["0", "7"]


def test_that_what_is_quickly_done_does_not_wait_for_the_end_of_a_run(qtbot: QtBot, worker: Worker) -> None:
    run = Heard(worker.submit(optimize(ClassLogit(5))))
    qtbot.waitUntil(lambda: len(run.events) >= 2, timeout=20_000)
    card = outcome(qtbot, worker, OpenNetwork("cat-dog-resnet18"))
    assert card.name == "cat-dog-resnet18" and run.ends == []
    before = len(run.events)
    qtbot.waitUntil(lambda: len(run.events) > before, timeout=20_000)


def test_that_every_job_has_a_title_to_be_shown() -> None:
    jobs = [WakeEngine(), SwitchDevice("cpu"), OpenNetwork(NAME), OpenDataset("probe", NAME), ComputeWall(NAME, "fc")]
    assert all(" " in job.title for job in [*jobs, optimize(ClassLogit(0))])
