"""The jobs that ask whether filters matter: ablation and fine-tuning, through the engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.analysis.events import finish
from backend.analysis.training.fine_tuning_paths import fine_tune_on_paths
from backend.analysis.trees.ablation import ablate_filters
from backend.engine import Engine
from backend.errors import UserError
from backend.jobs import (
    AblateFilters,
    Ablation,
    BuildTree,
    DatasetInfo,
    FineTune,
    FineTuning,
    FineTuningSettings,
    OpenDataset,
    OpenNewImages,
    PredictionTree,
    Progress,
)
from tests.networks import count_hooks
from tests.picture_files import png
from tests.scanned import FEW, save_images
from tests.steps import finish_with_events

SETTINGS = FineTuningSettings(epochs=1, batch=8)


def picture(seed: int = 1) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (20, 24, 3), dtype=np.uint8)


def test_that_an_ablation_is_that_of_the_core_for_an_image_and_for_a_file(places: Path, engine: Engine) -> None:
    network = str(places / "small.json")
    wanted: Ablation = finish(ablate_filters(engine.network(network), picture(), "layer4", (3, 7), 1))
    for given in (picture(), png(picture())):
        events, found = finish_with_events(AblateFilters(network, given, "layer4", (3, 7), 1).run(engine))
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
        finish(AblateFilters(network, picture(), "layer4", (99,), 1).run(engine))


def test_that_a_newer_ablation_for_the_same_place_replaces_the_older(places: Path) -> None:
    def key(filters: tuple[int, ...], **named: str) -> str:
        return AblateFilters("network", picture(), "layer4", filters, 1, **named).key

    assert key((1,)) == key((2,)) != key((1,), place="page")
    job = AblateFilters("network", picture(), "layer4", (1, 2), 1)
    assert job.lasting and not job.background and job.title == "Removing 2 filters"


def tree_of(places: Path, engine: Engine) -> PredictionTree:
    job = BuildTree(str(places / "small.json"), str(places / "few"), "layer4")
    tree: PredictionTree = finish(job.run(engine))
    return tree


def test_that_a_fine_tuning_is_that_of_the_core_and_lets_others_go_first(places: Path, engine: Engine) -> None:
    network, old = str(places / "small.json"), str(places / "few")
    new = str(save_images(places / "new", 12))
    tree = tree_of(places, engine)
    job = FineTune(network, new, tree, "layer4", old, settings=SETTINGS)
    assert job.background and job.lasting and job.title == "Fine-tuning on new images" and job.key
    events, found = finish_with_events(job.run(engine))
    opened = engine.network(network)
    dataset, tested = (finish(engine.dataset(source, opened)) for source in (new, old))
    core = fine_tune_on_paths(opened, dataset, tree, "layer4", tested, settings=SETTINGS)
    assert isinstance(found, FineTuning) and found == finish(core)
    assert (found.trained, found.old, found.of_filters) == (6, FEW, 32)
    assert [row.name for row in found.rows] == ["filters on the paths", "last layer", "all weights"]
    assert events[-1].done == events[-1].total and count_hooks(opened) == 0
    assert FineTune(network, new, tree, "layer4", old).settings == FineTuningSettings()


def test_that_chosen_images_of_the_old_test_set_are_not_tested_as_old_ones(places: Path, engine: Engine) -> None:
    network, old = str(places / "small.json"), str(places / "few")
    job = FineTune(network, old, tree_of(places, engine), "layer4", old, (1, 5, 7), settings=SETTINGS)
    assert job.title == "Fine-tuning on 3 images"
    found = finish(job.run(engine))
    assert (found.trained, found.old, found.left_out) == (3, FEW - 3, 3)


def test_that_a_flat_folder_is_tuned_on_with_the_class_that_is_said(places: Path, engine: Engine) -> None:
    network, old, flat = str(places / "small.json"), str(places / "few"), save_images(places / "flat", 4) / "blue"
    info = finish(OpenNewImages(str(flat), network).run(engine))
    assert isinstance(info, DatasetInfo) and info.class_names == ("blue",) and info.count == 2
    assert OpenNewImages(str(flat), network).key not in ("", OpenDataset(str(flat), network).key)
    strange = flat.rename(places / "strange")
    tree = tree_of(places, engine)
    with pytest.raises(UserError, match="No image of strange is of a class of small"):
        finish(FineTune(network, str(strange), tree, "layer4", old, settings=SETTINGS).run(engine))
    found = finish(FineTune(network, str(strange), tree, "layer4", old, label=2, settings=SETTINGS).run(engine))
    assert found.new_classes == ("red",)


def test_that_without_a_tree_there_is_a_sentence(places: Path, engine: Engine) -> None:
    few = str(places / "few")
    with pytest.raises(UserError, match="Build the prediction tree first"):
        finish(FineTune(str(places / "small.json"), few, None, "layer4", few).run(engine))


def test_that_a_fine_tuning_that_is_ended_in_the_middle_leaves_nothing(places: Path, engine: Engine) -> None:
    network, few = str(places / "small.json"), str(places / "few")
    steps = FineTune(network, few, tree_of(places, engine), "layer4", few, (1, 5, 7), settings=SETTINGS).run(engine)
    for _ in range(6):
        next(steps)
    steps.close()
    assert count_hooks(engine.network(network)) == 0
