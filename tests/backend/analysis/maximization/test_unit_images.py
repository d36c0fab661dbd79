"""Optimised pictures of one unit: six, stored, each the picture that its objective gives."""

from __future__ import annotations

import errno
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from backend.analysis import activation_maximization
from backend.analysis.activation_maximization import maximize
from backend.analysis.cards import LayerInfo
from backend.analysis.events import Notice, finish
from backend.analysis.maximization.maximization_settings import LIFELIKE
from backend.analysis.maximization.starts import start_images
from backend.analysis.maximization.unit_images import (
    UnitImages,
    UnitImagesStep,
    _diverse,
    _Enough,
    optimise_unit_images,
    stored_unit_images,
)
from backend.analysis.maximization.walls import START
from backend.analysis.networks import Network
from backend.analysis.objectives import Channel, ClassLogit, ClassProbability, Diversity, Layer, Neuron, Unit
from backend.errors import UserError
from backend.store import Store
from tests.networks import count_hooks, tiny_network
from tests.steps import finish_with_events

FEW = replace(LIFELIKE, steps=3)
BARE = replace(LIFELIKE, steps=40, total_variation_weight=0.0)
"""The weights of the small network are small: beside them, a penalty would decide everything."""
UNIT = Channel("conv2", 3)


@pytest.fixture
def network() -> Network:
    return tiny_network()


@pytest.fixture
def lively() -> Network:
    """A network that the picture matters more to than the biases do."""
    network = tiny_network()
    with torch.no_grad():
        for layer in (network.module.conv1, network.module.conv2):
            layer.weight *= 4.0
            layer.bias *= 0.0
    return network


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results", tmp_path / "shipped")


def pictures(images: UnitImages) -> tuple[np.ndarray, ...]:
    return images.positive, images.negative, images.diverse


UNITS = [UNIT, Neuron("conv2", 3, 1, 2), ClassLogit(1), ClassProbability(1), Layer("relu2")]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: type(unit).__name__)
def test_that_every_kind_of_unit_has_six_pictures(network: Network, store: Store, unit: Unit) -> None:
    images = finish(optimise_unit_images(network, unit, store, replace(BARE, steps=8)))
    assert images.done
    assert [picture.shape for picture in pictures(images)] == [(12, 12, 3), (12, 12, 3), (4, 12, 12, 3)]
    assert all(picture.dtype == np.uint8 and not picture.flags.writeable for picture in pictures(images))
    assert images.negative_score <= images.positive_score
    assert len(images.diverse_scores) == 4 and all(math.isfinite(score) for score in images.diverse_scores)
    assert count_hooks(network) == 0


def test_that_the_positive_picture_is_the_one_that_the_unit_gives_alone(network: Network, store: Store) -> None:
    images = finish(optimise_unit_images(network, UNIT, store, FEW))
    alone = list(maximize(network, UNIT, start_images(START, network), FEW))[-1].images[0]
    np.testing.assert_array_equal(images.positive, alone)


def outputs_of_conv2(network: Network, images: np.ndarray) -> torch.Tensor:
    module: Any = network.module
    return module.conv2(module.relu1(module.bn1(module.conv1(network.normalize(images)))))


def test_that_scores_are_what_the_unit_gives_the_pictures(network: Network, store: Store) -> None:
    images = finish(optimise_unit_images(network, UNIT, store, FEW))
    output = outputs_of_conv2(network, np.stack([images.positive, images.negative, *images.diverse]))
    expected = [feature[3].mean().item() for feature in output]
    # Pictures are rounded to 8 bits, what was scored is not.
    assert [images.positive_score, images.negative_score, *images.diverse_scores] == pytest.approx(expected, abs=0.002)


def test_that_the_negative_picture_goes_further_below_a_relu_than_its_gradient_leads(
    lively: Network, store: Store
) -> None:
    unit, settings = Channel("relu2", 3), replace(BARE, pre_activation="never")
    images = finish(optimise_unit_images(lively, unit, store, settings))
    after_relu = list(maximize(lively, -unit, start_images(START, lively), settings))[-1].images[0]
    pictures = np.stack([images.negative, after_relu])
    before_relu = outputs_of_conv2(lively, pictures)[:, 3].mean((1, 2))
    assert before_relu[0] < before_relu[1] - 0.3


def test_that_the_diverse_pictures_differ_more_than_their_noise_alone_makes_them(lively: Network, store: Store) -> None:
    unit = Channel("relu2", 3)
    images = finish(optimise_unit_images(lively, unit, store, BARE))
    noise = torch.cat([start_images(replace(START, seed=seed), lively) for seed in (1, 2, 3, 4)])
    alike = list(maximize(lively, unit, noise, BARE))[-1].images
    among, without = (
        float(Diversity("relu2").pool(outputs_of_conv2(lively, batch).relu()).mean())
        for batch in (images.diverse, alike)
    )
    assert among > without + 0.1
    assert np.mean(images.diverse_scores) > 0.5 * images.positive_score


def test_that_beyond_enough_nothing_is_gained() -> None:
    output = torch.tensor([[1.0, 0.0], [5.0, 0.0]], requires_grad=True)
    value = _Enough(Channel("fc", 0), 2.0).pool(output)
    assert value.tolist() == [1.0, 2.0]
    assert torch.autograd.grad(value.sum(), output)[0].tolist() == [[1.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(("reached", "most", "weight"), [(4.0, 2.8, 1.0), (-2.0, -2.6, 0.5), (0.0, -0.03, 0.025)])
def test_that_enough_and_diversity_follow_the_scale_of_the_unit(
    network: Network, reached: float, most: float, weight: float
) -> None:
    (_, enough), (factor, diversity) = _diverse(UNIT, reached, network.card).terms
    assert isinstance(enough, _Enough) and enough.most == pytest.approx(most)
    assert factor == pytest.approx(weight) and diversity == Diversity("conv2")


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([("a", (4, 8, 8)), ("b", (4, 4, 4)), ("b.conv", (4, 4, 4)), ("pool", (4, 1, 1)), ("fc", (4,))], "b"),
        ([("net", (2,)), ("net.a", (4, 8, 8)), ("net.b", (4, 4, 4)), ("net.b.bn", (4, 4, 4))], "net.b"),
        ([("fc", (4,))], "logits"),
    ],
)
def test_that_outputs_of_the_network_differ_in_the_last_layer_with_space(
    network: Network, layers: list[tuple[str, tuple[int, ...]]], expected: str
) -> None:
    infos = [LayerInfo(name, "Conv2d", shape, 0) for name, shape in (*layers, ("logits", (2,)))]
    (_, _), (_, diversity) = _diverse(ClassLogit(0), 1.0, replace(network.card, layers=tuple(infos))).terms
    assert diversity == Diversity(expected)


def test_that_steps_grow_one_picture_after_the_other(
    network: Network, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.analysis.maximization.unit_images.FRAME_RATE", 0.0)
    events, _ = finish_with_events(optimise_unit_images(network, UNIT, store, FEW))
    assert [event.progress.done for event in events] == list(range(1, 10))
    assert {(event.progress.total, event.progress.unit) for event in events} == {(9, "steps")}
    assert UnitImagesStep.latest_wins and not any(event.images.done for event in events)
    noise = network.to_images(start_images(START, network))[0]
    assert np.array_equal(events[2].images.negative, noise) and not np.array_equal(events[3].images.negative, noise)
    assert np.array_equal(events[2].images.positive, events[-1].images.positive)
    assert math.isnan(events[2].images.positive_score) and math.isfinite(events[3].images.positive_score)


def test_that_finished_pictures_cost_nothing_and_come_without_torch(
    network: Network, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = finish(optimise_unit_images(network, UNIT, store, FEW))
    monkeypatch.setattr(activation_maximization, "maximize", None)
    events, again = finish_with_events(optimise_unit_images(network, UNIT, store, FEW))
    assert events == [] and again.done
    for one, other in zip(pictures(first), pictures(again), strict=True):
        np.testing.assert_array_equal(one, other)
        assert not other.flags.writeable
    assert (again.positive_score, again.negative_score) == (first.positive_score, first.negative_score)
    assert again.diverse_scores == first.diverse_scores


def test_that_importing_needs_no_torch() -> None:
    code = "import sys, backend.analysis.maximization.unit_images as m; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_that_other_weights_units_or_settings_have_pictures_of_their_own(network: Network, store: Store) -> None:
    finish(optimise_unit_images(network, ClassLogit(1), store, FEW))
    card = network.card
    assert stored_unit_images(card, ClassLogit(1), store, replace(FEW, frame_rate=9.0)) is not None
    assert stored_unit_images(card, ClassProbability(1), store, FEW) is None
    assert stored_unit_images(card, ClassLogit(0), store, FEW) is None
    assert stored_unit_images(card, ClassLogit(1), store, replace(FEW, steps=4)) is None
    assert stored_unit_images(replace(card, weights_digest="other"), ClassLogit(1), store, FEW) is None


def test_that_stored_pictures_of_another_size_are_not_used(network: Network, store: Store) -> None:
    finish(optimise_unit_images(network, UNIT, store, FEW))
    (path,) = store.root.iterdir()
    with np.load(path) as content:
        arrays = dict(content)
    np.savez(path, **arrays | {"diverse": arrays["diverse"][:, :5]})
    assert stored_unit_images(network.card, UNIT, store, FEW) is None


def test_that_a_run_that_is_closed_leaves_no_hook_and_stores_nothing(
    network: Network, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.analysis.maximization.unit_images.FRAME_RATE", 0.0)
    for taken in (1, 5, 8):
        steps = optimise_unit_images(network, UNIT, store, FEW)
        for _ in range(taken):
            next(steps)
        assert count_hooks(network) > 0
        steps.close()
        assert count_hooks(network) == 0
    assert not store.root.exists()


def test_that_a_full_disk_is_said_and_the_pictures_are_given(
    network: Network, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "the disk says no")

    monkeypatch.setattr(store, "save", full)
    events, images = finish_with_events(optimise_unit_images(network, UNIT, store, FEW))
    assert [event.text for event in events if isinstance(event, Notice)] == [
        "The pictures cannot be kept for the next time: the disk says no."
    ]
    assert images.done


def test_that_a_unit_that_does_not_exist_is_a_sentence(network: Network, store: Store) -> None:
    with pytest.raises(UserError, match="no channel 99"):
        finish(optimise_unit_images(network, Channel("conv2", 99), store, FEW))


def test_that_of_several_learning_rates_the_first_is_used(network: Network, store: Store) -> None:
    one = finish(optimise_unit_images(network, UNIT, store, FEW))
    several = replace(FEW, learning_rate=(0.05, 1.0))
    assert stored_unit_images(network.card, UNIT, store, several) is not None
    other = finish(optimise_unit_images(network, UNIT, Store(store.root / "other", store.root / "none"), several))
    np.testing.assert_array_equal(one.diverse, other.diverse)
