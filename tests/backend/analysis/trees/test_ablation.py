"""Filters that are removed, against a loop that zeroes channel after channel by hand."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from backend.analysis.cards import NetworkCard
from backend.analysis.events import Progress
from backend.analysis.networks import Network
from backend.analysis.trees import ablation
from backend.analysis.trees.ablation import Ablation, ablate_filters
from backend.errors import UserError
from tests.networks import count_hooks, tiny_network
from tests.steps import finish_with_events

LAYERS = ("conv1", "relu1", "conv2", "relu2")


@pytest.fixture(scope="module")
def network() -> Network:
    return tiny_network(classes=("cat", "dog", "horse"))


@pytest.fixture(scope="module")
def image() -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (12, 12, 3), dtype=np.uint8)


def run(network: Network, *arguments: Any, **named: Any) -> tuple[list[Progress], Ablation]:
    return finish_with_events(ablate_filters(network, *arguments, **named))


def literal(network: Network, image: NDArray[np.uint8], layer: str, removed: Sequence[int]) -> Tensor:
    """Call the layers one after the other and zero channels one by one."""
    module = network.module
    x = network.normalize(image)
    for name in ("conv1", "bn1", "relu1", "conv2", "relu2"):
        x = module.get_submodule(name)(x)
        if name == layer:
            x = x.clone()
            for channel in removed:
                x[:, channel] = 0.0
    return module.fc(x.mean((2, 3)))[0]


@pytest.mark.parametrize("layer", LAYERS)
def test_that_the_curve_is_that_of_zeroing_one_channel_after_the_other(
    network: Network, image: NDArray[np.uint8], layer: str
) -> None:
    _, found = run(network, image, layer, [4, 0, 2], 1)
    assert found.counts.tolist() == [0, 1, 2, 3]
    for count, removed in enumerate(([], [4], [4, 0], [4, 0, 2])):
        logits = literal(network, image, layer, removed)
        assert found.logit[count] == pytest.approx(logits[1].item(), abs=1e-6)
        assert found.probability[count] == pytest.approx(logits.softmax(0)[1].item(), abs=1e-6)
        assert found.predictions[count] == logits.argmax().item()
    assert len(set(found.logit.tolist())) == 4


def test_that_the_random_choices_are_others_and_each_removes_one_more(
    network: Network, image: NDArray[np.uint8]
) -> None:
    filters, others = [4, 0, 2], (1, 3, 5, 6, 7)
    _, found = run(network, image, "conv2", filters, 2, repeats=6, seed=3)
    values: dict[frozenset[int], float] = {}
    for bits in range(2**8):
        chosen = frozenset(index for index in range(8) if bits >> index & 1)
        if chosen <= set(others) and len(chosen) <= 3:
            values[chosen] = literal(network, image, "conv2", sorted(chosen))[2].item()
    assert found.random_logit.shape == (6, 4)
    for curve in found.random_logit.tolist():
        fitting = [frozenset()]
        for count, value in enumerate(curve):
            fitting = [
                chosen
                for chosen, literal_value in values.items()
                if len(chosen) == count
                and abs(literal_value - value) < 1e-6
                and any(smaller <= chosen for smaller in fitting)
            ]
            assert fitting
    assert len({tuple(row) for row in found.random_logit.tolist()}) > 1


def test_that_the_seed_decides_the_random_choices(network: Network, image: NDArray[np.uint8]) -> None:
    curves = [run(network, image, "conv2", [4, 0, 2], 2, seed=seed)[1].random_logit for seed in (0, 0, 1)]
    np.testing.assert_array_equal(curves[0], curves[1])
    assert not np.array_equal(curves[0], curves[2])
    assert curves[0].shape == (20, 4)


def test_that_equal_filters_are_removed_once_and_the_order_counts(network: Network, image: NDArray[np.uint8]) -> None:
    _, twice = run(network, image, "conv2", [4, 4, 0, 4, 0], 1)
    _, once = run(network, image, "conv2", [4, 0], 1)
    _, turned = run(network, image, "conv2", np.array([0, 4]), 1)
    np.testing.assert_array_equal(twice.logit, once.logit)
    assert turned.logit[1] != once.logit[1] and turned.logit[2] == pytest.approx(once.logit[2], abs=1e-6)


@pytest.mark.parametrize("at_once", [1, 8 * 36, 5 * 8 * 36, 1 << 22])
def test_that_batches_are_bounded_and_do_not_matter(
    network: Network, image: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    whole = run(network, image, "conv2", [4, 0, 2], 1)[1]
    monkeypatch.setattr(ablation, "VALUES_AT_ONCE", at_once)
    events, found = run(network, image, "conv2", [4, 0, 2], 1)
    steps = np.diff([0, *[event.done for event in events]])
    assert steps.max() <= max(1, at_once // (8 * 36))
    assert {(event.total, event.unit) for event in events} == {(1 + 3 + 20 * 3, "forwards")}
    assert events[-1].done == events[-1].total
    for name in ("logit", "probability", "random_logit", "random_probability"):
        np.testing.assert_allclose(getattr(found, name), getattr(whole, name), atol=1e-6)


class Joining(nn.Module):
    """Joins the first layer's output to the second's, as DenseNet does: both need as many images."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3)
        self.second = nn.Conv2d(4, 5, 3, padding=1)
        self.fc = nn.Linear(9, 3)
        self.rows: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        self.rows.append(len(x))
        first = self.first(x).relu()
        return self.fc(torch.cat([first, self.second(first)], 1).mean((2, 3)))


def test_that_a_network_that_cannot_go_on_with_more_rows_gets_them_from_the_start(
    image: NDArray[np.uint8],
) -> None:
    torch.manual_seed(0)
    network = Network(Joining(), NetworkCard("joining", "joining", ("a", "b", "c"), (12, 12), (0.5,) * 3, (0.2,) * 3))
    module = network.module
    _, found = run(network, image, "second", [3, 1], 0, repeats=2)
    inputs = network.normalize(image)
    first = module.first(inputs).relu()
    second = module.second(first)
    for count, removed in enumerate(([], [3], [3, 1])):
        mask = torch.tensor([float(channel not in removed) for channel in range(5)]).view(1, 5, 1, 1)
        logits = module.fc(torch.cat([first, second * mask], 1).mean((2, 3)))
        assert found.logit[count] == pytest.approx(logits[0, 0].item(), abs=1e-6)
    assert module.rows[-1] == 7
    module.rows.clear()
    run(network, image, "first", [3, 1], 0, repeats=2)
    assert set(module.rows) == {1}


def steering_network() -> Network:
    """Make a network whose first class holds while filters 0 or 1 of `conv1` are there; the other six do nothing."""
    network = tiny_network(classes=("kept", "other"))
    torch.nn.init.zeros_(network.module.conv2.weight)
    torch.nn.init.zeros_(network.module.conv2.bias)
    torch.nn.init.zeros_(network.module.fc.weight)
    network.module.conv2.bias[:2] = 1.0
    network.module.fc.weight[0, :2] = 1.0
    network.module.fc.bias[:] = torch.tensor([0.0, 0.5])
    return network


def test_that_the_count_at_which_the_prediction_flips_is_found_and_compared(image: NDArray[np.uint8]) -> None:
    network = steering_network()
    _, found = run(network, image, "conv2", [5, 0, 1, 6], 0)
    assert found.predictions.tolist() == [0, 0, 0, 1, 1]
    assert found.flips_at == 3
    assert found.random_flips == 0.0
    # Where the two that count are among the others, those who draw both flip too.
    _, turned = run(network, image, "conv2", [2, 3, 4, 5], 0, repeats=40)
    assert turned.flips_at is None
    drawn = (turned.random_predictions != 0).any(1)
    assert turned.random_flips == pytest.approx(drawn.mean()) and 0 < turned.random_flips <= 1


def test_that_a_random_choice_that_flips_and_comes_back_counts_as_flipped() -> None:
    predictions = np.array([[0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 1, 1]])
    assert ablation._random_flips(predictions, 2) == 0.5
    assert ablation._random_flips(predictions, 3) == 0.75
    assert ablation._random_flips(predictions, 0) == 0.0


def test_that_where_the_others_run_out_nothing_is_compared(image: NDArray[np.uint8]) -> None:
    network = steering_network()
    _, found = run(network, image, "conv2", [5, 4, 6, 0, 1, 7], 0, repeats=3)
    assert found.compared == 2
    assert np.isnan(found.random_logit[:, 3:]).all() and np.isnan(found.random_probability[:, 3:]).all()
    assert not np.isnan(found.random_logit[:, :3]).any()
    assert (found.random_predictions[:, 3:] == -1).all() and (found.random_predictions[:, :3] >= 0).all()
    # Both others at once are the same for every order.
    assert len(set(found.random_logit[:, 2].tolist())) == 1
    assert found.flips_at == 5 and math.isnan(found.random_flips)
    assert run(network, image, "conv2", [5, 4], 0)[1].compared == 2


def test_that_the_last_call_of_a_layer_is_what_is_removed(image: NDArray[np.uint8]) -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.relu = nn.ReLU()
            self.fc = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.relu(self.relu(self.conv(x)) + 1).mean((2, 3)))

    torch.manual_seed(1)
    network = Network(Twice(), NetworkCard("twice", "twice", ("a", "b"), (12, 12), (0.5,) * 3, (0.2,) * 3))
    _, found = run(network, image, "relu", [0, 1, 2], 1)
    means = (network.module.conv(network.normalize(image)).relu() + 1).mean((2, 3))[0]
    means[:3] = 0
    assert found.logit[3] == pytest.approx(network.module.fc(means)[1].item(), abs=1e-6)


def test_that_units_without_space_can_be_removed_too(network: Network, image: NDArray[np.uint8]) -> None:
    _, found = run(network, image, "fc", [1], 1)
    assert found.logit[1] == 0.0 and found.logit[0] != 0.0


@pytest.mark.parametrize(
    ("layer", "filters", "class_index", "words"),
    [
        ("conv2", [1, 8], 0, "no channel 8"),
        ("conv2", [-1], 0, "no channel -1"),
        ("conv7", [1], 0, "no layer called “conv7”"),
        ("conv2", [1], 3, "no class 3"),
        ("conv2", [], 0, "No filter was chosen"),
        ("conv2", range(8), 0, "All 8 filters"),
        ("logits", [1], 0, "read in the end"),
    ],
)
def test_that_what_cannot_be_removed_gets_a_sentence(
    network: Network, image: NDArray[np.uint8], layer: str, filters: Sequence[int], class_index: int, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        run(network, image, layer, filters, class_index)
    assert count_hooks(network) == 0


def test_that_an_ablation_that_is_ended_leaves_the_network_as_it_was(
    network: Network, image: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ablation, "VALUES_AT_ONCE", 1)
    plain = network.logits(network.normalize(image))
    steps = ablate_filters(network, image, "conv2", [1, 2], 0)
    next(steps)
    assert torch.equal(network.logits(network.normalize(image)), plain)
    assert not torch.is_inference_mode_enabled()
    steps.close()
    assert count_hooks(network) == 0


def test_that_the_arrays_are_frozen_and_of_the_type_that_is_said(network: Network, image: NDArray[np.uint8]) -> None:
    _, found = run(network, image, "conv2", [1, 2], 0)
    arrays = {field.name: getattr(found, field.name) for field in fields(found)}
    types = {name: value.dtype.name for name, value in arrays.items() if isinstance(value, np.ndarray)}
    whole, real = ("counts", "predictions", "random_predictions"), ("probability", "logit")
    assert types == dict.fromkeys(whole, "int64") | dict.fromkeys(
        (*real, "random_probability", "random_logit"), "float32"
    )
    assert not any(arrays[name].flags.writeable for name in types)


def test_that_what_an_ablation_is_can_be_said_without_torch() -> None:
    code = "import sys, backend.analysis.trees.ablation\nprint('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
