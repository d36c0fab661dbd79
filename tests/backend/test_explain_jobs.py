"""The jobs that ask whether filters matter: ablation and fine-tuning, through the engine."""

from __future__ import annotations

import io
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from backend.analysis.ablation import ablate_filters
from backend.analysis.fine_tuning import fine_tune
from backend.engine import Engine
from backend.errors import UserError
from backend.jobs import AblateFilters, Ablation, FineTune, FineTuning, FineTuningSettings, Job, Progress
from backend.store import Store
from tests.networks import count_hooks
from tests.scanned import FEW, save_images, save_small_network

SETTINGS = FineTuningSettings(epochs=1, batch=8)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    save_small_network(folder / "small.json")
    save_images(folder / "few", FEW)
    return folder


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = Engine(Store(tmp_path / "results"))
    engine.wake("cpu")
    return engine


def finish(job: Job | Generator[Any, Any, Any], engine: Engine) -> tuple[list[Any], Any]:
    steps: Generator[Any, Any, Any] = job.run(engine) if isinstance(job, Job) else job
    events = []
    while True:
        try:
            events.append(next(steps))
        except StopIteration as end:
            return events, end.value


def picture(seed: int = 1) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (20, 24, 3), dtype=np.uint8)


def test_that_an_ablation_is_that_of_the_core_for_an_image_and_for_a_file(places: Path, engine: Engine) -> None:
    network = str(places / "small.json")
    file = io.BytesIO()
    Image.fromarray(picture()).save(file, "PNG")
    wanted: Ablation = finish(ablate_filters(engine.network(network), picture(), "layer4", (3, 7), 1), engine)[1]
    for given in (picture(), file.getvalue()):
        events, found = finish(AblateFilters(network, given, "layer4", (3, 7), 1), engine)
        assert isinstance(found, Ablation) and all(isinstance(event, Progress) for event in events)
        np.testing.assert_array_equal(found.logit, wanted.logit)
        np.testing.assert_array_equal(found.random_probability, wanted.random_probability)


def test_that_an_ablation_that_is_ended_or_refused_leaves_no_hook(places: Path, engine: Engine) -> None:
    network = str(places / "small.json")
    steps = AblateFilters(network, picture(), "layer4", (3, 7), 1).run(engine)
    next(steps)
    steps.close()
    assert count_hooks(engine.network(network)) == 0
    with pytest.raises(UserError, match="no channel 99"):
        finish(AblateFilters(network, picture(), "layer4", (99,), 1), engine)


def test_that_a_newer_ablation_for_the_same_place_replaces_the_older(places: Path) -> None:
    def key(filters: tuple[int, ...], **named: str) -> str:
        return AblateFilters("network", picture(), "layer4", filters, 1, **named).key

    assert key((1,)) == key((2,)) != key((1,), place="page")
    job = AblateFilters("network", picture(), "layer4", (1, 2), 1)
    assert job.lasting and not job.background and job.title == "Removing 2 filters"


def test_that_a_fine_tuning_is_that_of_the_core_and_lets_others_go_first(places: Path, engine: Engine) -> None:
    network, old = str(places / "small.json"), str(places / "few")
    images, labels = np.stack([picture(seed) for seed in range(12)]), tuple(number % 3 for number in range(12))
    job = FineTune(network, images, labels, old, "layer4", (3, 7), SETTINGS)
    assert job.background and job.lasting and job.title == "Fine-tuning on 12 images" and job.key
    events, found = finish(job, engine)
    opened = engine.network(network)
    _, dataset = finish(engine.dataset(old, opened), engine)
    wanted = finish(fine_tune(opened, images, labels, dataset, (3, 7), "layer4", SETTINGS), engine)[1]
    assert isinstance(found, FineTuning) and found == wanted and found.old == FEW
    assert [row.name for row in found.rows] == ["filters on the paths", "last layer", "all weights"]
    assert events[-1].done == events[-1].total and count_hooks(opened) == 0
    assert FineTune(network, images, labels, old, "layer4", (3,)).settings == FineTuningSettings()
