"""Fine-tuning of few weights: against torch's own SGD on a copy, and that nothing else moves by a bit."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import cross_entropy

from backend.analysis.capture import capturing
from backend.analysis.cards import NetworkCard
from backend.analysis.events import Progress, finish
from backend.analysis.images.image_dataset import ArrayDataset
from backend.analysis.networks import Network
from backend.analysis.training.filter_weights import Rows, filter_weights
from backend.analysis.training.fine_tuning import (
    FineTuning,
    FineTuningSettings,
    _held_out,
    fine_tune,
    tuned_weights,
    weights_of,
)
from backend.analysis.training.training_data import Samples
from backend.errors import UserError
from tests.networks import TwoLayers, count_hooks
from tests.steps import finish_with_events

CLASSES = ("blue", "green", "red")
SETTINGS = FineTuningSettings(epochs=3, learning_rate=0.05, batch=4)
WAYS = ("filters on the paths", "last layer", "all weights")


def make_network(seed: int = 0) -> Network:
    torch.manual_seed(seed)
    module = TwoLayers(3, 3)
    torch.nn.init.normal_(module.bn1.running_mean, std=0.2)
    return Network(module, NetworkCard("tiny", "two-layers", CLASSES, (12, 12), (0.5,) * 3, (0.25,) * 3))


def pictures(count: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Give coloured noise of 16 px, a colour a class."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    pixels = generator.integers(0, 200, (count, 16, 16, 3), dtype=np.uint8)
    pixels[np.arange(count), :, :, 2 - labels] += 55
    return pixels, labels


def old_test(names: tuple[str, ...] = ("red", "green", "blue", "grey"), count: int = 20) -> ArrayDataset:
    """Give images under names in another order than the network's, with a class it does not know."""
    pixels, labels = pictures(count, seed=9)
    position = {name: index for index, name in enumerate(names)}
    own = np.array([position.get(CLASSES[label], 0) for label in labels])
    own[-1] = len(names) - 1
    return ArrayDataset("old", "old", names, own, pixels, "old")


def tune(network: Network, filters: tuple[int, ...] = (1, 4), layer: str = "relu2", count: int = 24) -> FineTuning:
    return finish(fine_tune(network, *pictures(count), old_test(), filters, layer, SETTINGS))


def samples(network: Network, count: int) -> Samples:
    pixels, labels = pictures(count)
    held = torch.from_numpy(pixels)
    return Samples(lambda picks: held[picks], torch.from_numpy(labels))


def literal(network: Network, way: Rows, training: Samples, settings: FineTuningSettings) -> dict[str, torch.Tensor]:
    """Train a copy with torch's own SGD and gradients that are masked by hand."""
    module = copy.deepcopy(network.module).eval()
    masks = {}
    for name, parameter in module.named_parameters():
        masks[name] = torch.zeros_like(parameter)
        if name in way:
            rows = way[name]
            masks[name][slice(None) if rows is None else torch.tensor(rows)] = 1.0
        parameter.requires_grad_(True)
    optimizer = torch.optim.SGD(module.parameters(), lr=settings.learning_rate, momentum=0.9, nesterov=True)
    generator = torch.Generator().manual_seed(settings.seed)
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = False  # The narrow convolutions of this network end the process with it.
    try:
        for _ in range(settings.epochs):
            for picks in torch.randperm(len(training), generator=generator).split(settings.batch):
                optimizer.zero_grad()
                inputs = network.normalize(training.read(picks))
                cross_entropy(module(inputs), training.targets[picks]).backward()
                for name, parameter in module.named_parameters():
                    parameter.grad *= masks[name]
                optimizer.step()
    finally:
        torch.backends.mkldnn.enabled = before
    return {name: parameter.detach() for name, parameter in module.named_parameters()}


@pytest.mark.parametrize("layer", ["relu1", "conv2", "fc", "everything"])
def test_that_the_weights_are_those_of_sgd_with_masked_gradients_and_no_other_moves(layer: str) -> None:
    network = make_network()
    way: Rows = {name: None for name, _ in network.module.named_parameters()}
    if layer != "everything":
        modules = {"fc": None} if layer == "fc" else filter_weights(network.card, layer, [4, 1])
        way = weights_of(network, modules)
    training = samples(network, 10)
    weights = finish(tuned_weights(network, way, training, SETTINGS))
    wanted = literal(network, way, training, SETTINGS)
    assert set(weights) == set(way)
    for name, weight in weights.items():
        torch.testing.assert_close(weight, wanted[name], rtol=1e-4, atol=1e-6)
        rows, start = way[name], network.module.get_parameter(name)
        moved = (weight != start).flatten(1).any(1) if weight.dim() > 1 else weight != start
        chosen = range(len(weight)) if rows is None else rows.tolist()
        assert moved.nonzero().flatten().tolist() == list(chosen)


def test_that_the_network_stays_as_it_is_with_all_its_statistics() -> None:
    network = make_network()
    before = {name: tensor.clone() for name, tensor in network.module.state_dict().items()}
    tune(network)
    after = network.module.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert not network.module.training and count_hooks(network) == 0
    assert all(weight.grad is None and not weight.requires_grad for weight in network.module.parameters())
    assert torch.backends.mkldnn.enabled


@pytest.mark.parametrize(
    ("layer", "filters", "own"),
    [("relu2", (1, 4), 2 * (6 * 9 + 1)), ("relu1", (0, 5, 2, 2), 3 * (3 * 9 + 1 + 2))],
)
def test_that_each_way_says_how_many_weights_it_trains(layer: str, filters: tuple[int, ...], own: int) -> None:
    found = tune(make_network(), filters, layer)
    assert [row.name for row in found.rows] == list(WAYS)
    everything = 6 * 28 + 12 + 8 * 55 + 27
    assert [row.weights_changed for row in found.rows] == [own, 3 * 8 + 3, everything]


def accuracy(network: Network, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    with torch.inference_mode():
        return float((network.logits(network.normalize(images)).argmax(1).numpy() == labels).mean())


def test_that_the_accuracies_are_those_of_the_old_weights_and_of_the_tuned_ones() -> None:
    network = make_network()
    pixels, labels = pictures(8)
    found: FineTuning = finish(fine_tune(network, pixels, labels, old_test(), (1, 4), "relu2", SETTINGS))
    old_pixels, old_labels = pictures(20, seed=9)
    old_pixels, old_labels = old_pixels[:-1], old_labels[:-1]  # The last one is of a class the network lacks.
    training = samples(network, 8)
    ways: list[Rows] = [weights_of(network, filter_weights(network.card, "relu2", [1, 4])), {}, {}]
    ways[1] = weights_of(network, {"fc": None})
    ways[2] = {name: None for name, _ in network.module.named_parameters()}
    for row, way in zip(found.rows, ways, strict=True):
        assert row.new_before == accuracy(network, pixels, labels)
        assert row.old_before == accuracy(network, old_pixels, old_labels)
        other = make_network()
        other.module.load_state_dict(literal(network, way, training, SETTINGS), strict=False)
        assert row.new_after == pytest.approx(accuracy(other, pixels, labels))
        assert row.old_after == pytest.approx(accuracy(other, old_pixels, old_labels))
    assert found.old == 19


def test_that_new_images_are_learned_and_more_weights_learn_them_sooner() -> None:
    settings = FineTuningSettings(epochs=25, learning_rate=0.05, batch=10)
    found: FineTuning = finish(fine_tune(make_network(), *pictures(60), old_test(), (0, 1), "relu1", settings))
    everything = found.rows[-1]
    assert everything.new_before < 0.6 and everything.new_after > 0.9
    assert max(row.new_after for row in found.rows) == everything.new_after


def test_that_from_ten_images_on_half_of_each_class_is_held_out_and_said() -> None:
    found = tune(make_network(), count=25)
    assert (found.trained, found.tested, found.held_out) == (13, 12, True)
    assert found.remark == ("Trained on 13 of 25 new images; the accuracy on new images is that on the other 12.")
    few = tune(make_network(), count=9)
    assert (few.trained, few.tested, few.held_out) == (9, 9, False)
    assert few.remark.startswith("Too few new images to hold any out") and "the 9 it was trained on" in few.remark


def test_that_held_out_images_are_tested_on_and_not_trained_on() -> None:
    pixels, labels = pictures(60)
    held = _held_out(labels, seed=0)
    assert [int((held & (labels == label)).sum()) for label in range(3)] == [10, 10, 10]
    settings = FineTuningSettings(epochs=12, learning_rate=0.05, batch=8)
    clear: FineTuning = finish(fine_tune(make_network(), pixels, labels, old_test(), (0,), "relu2", settings))
    pixels[held] = 0
    black: FineTuning = finish(fine_tune(make_network(), pixels, labels, old_test(), (0,), "relu2", settings))
    # All black ones look the same: one class of three is right. The weights are none the worse.
    assert clear.rows[-1].new_after > 0.5
    assert [row.new_after for row in black.rows] == pytest.approx([1 / 3] * 3)
    assert [row.old_after for row in black.rows] == [row.old_after for row in clear.rows]


def test_that_the_seed_decides_and_the_random_numbers_of_others_do_not() -> None:
    state = torch.get_rng_state()
    first = tune(make_network())
    torch.manual_seed(77)
    again = tune(make_network())
    assert first == again
    torch.set_rng_state(state)
    network = make_network()
    training = samples(network, 10)
    weights = [
        finish(tuned_weights(network, {"fc.weight": None}, training, replace(SETTINGS, seed=seed)))["fc.weight"]
        for seed in (0, 0, 1)
    ]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_that_each_way_takes_the_same_steps_and_progress_counts_the_images_of_all() -> None:
    events, _ = finish_with_events(fine_tune(make_network(), *pictures(24), old_test(), (1,), "relu2", SETTINGS))
    total = 4 * (12 + 19) + 3 * 3 * 12
    assert all(isinstance(event, Progress) and event.unit == "images" and event.total == total for event in events)
    assert events[-1].done == total
    assert [event.done for event in events] == sorted(event.done for event in events)
    # Two tests before; then for each way three epochs of three steps and two tests.
    assert len(events) == 2 + 3 * (3 * 3 + 2)


def test_that_a_fine_tuning_can_be_ended_in_the_middle() -> None:
    network = make_network()
    before = {name: tensor.clone() for name, tensor in network.module.state_dict().items()}
    steps = fine_tune(network, *pictures(24), old_test(), (1,), "relu2", SETTINGS)
    for _ in range(5):
        next(steps)
        assert torch.backends.mkldnn.enabled and not torch.is_inference_mode_enabled()
        assert all(torch.equal(network.module.state_dict()[name], tensor) for name, tensor in before.items())
    steps.close()
    assert count_hooks(network) == 0


def test_that_a_job_that_waits_with_hooks_on_the_network_is_not_disturbed() -> None:
    network, images = make_network(), torch.randn(2, 3, 12, 12)
    alone = tune(network)
    with capturing(network.module, {"conv2": 1}, before_relu=True) as forward:
        # It keeps outputs with a graph behind them, which refuse to be copied.
        kept = forward(images.requires_grad_()).outputs["conv2"]
        assert tune(network) == alone
        assert torch.equal(forward(images).outputs["conv2"], kept)


def test_that_a_loss_that_becomes_nan_stops_with_a_sentence() -> None:
    settings = replace(SETTINGS, learning_rate=1e30)
    with pytest.raises(UserError, match=r"in epoch \d\. Use a smaller learning rate than 1e\+30"):
        finish(fine_tune(make_network(), *pictures(12), old_test(), (1,), "relu2", settings))


def test_that_a_network_that_gives_nan_is_not_called_tuned_although_its_filters_stay_finite() -> None:
    network = make_network()
    network.module.fc.bias[0] = torch.nan
    network.module.conv2.bias[1] = -1000.0  # A dead filter has no gradient, not even NaN.
    way = weights_of(network, filter_weights(network.card, "relu2", [1]))
    with pytest.raises(UserError, match="in epoch 1"):
        finish(tuned_weights(network, way, samples(network, 8), SETTINGS))


def test_that_narrow_networks_are_trained_without_onednn_and_others_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    for narrow in (True, False):
        network = make_network()
        if not narrow:
            network.module.conv1, network.module.bn1 = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)
            network.module.conv2 = nn.Conv2d(8, 8, 3)
            network = Network(network.module, network.card)
        forward = network.module.forward
        monkeypatch.setattr(
            network.module, "forward", lambda x, f=forward: (seen.append(torch.backends.mkldnn.enabled), f(x))[1]
        )
        settings = replace(SETTINGS, epochs=1, batch=3)
        finish(tuned_weights(network, {"fc.weight": None}, samples(network, 3), settings))
    assert seen == [False, torch.backends.mkldnn.enabled]


@pytest.mark.parametrize(
    ("count", "labels", "settings", "words"),
    [
        (0, [], SETTINGS, "There are no new images"),
        (2, [0, 3], SETTINGS, "3 is no class of tiny: it has 3"),
        (2, [-1, 0], SETTINGS, "-1 is no class of tiny"),
        (2, [0], SETTINGS, "2 images have 1 classes"),
        (2, [0, 1], replace(SETTINGS, epochs=0), "at least one epoch"),
    ],
)
def test_that_what_cannot_be_learned_gets_a_sentence(
    count: int, labels: list[int], settings: FineTuningSettings, words: str
) -> None:
    images = pictures(3)[0][:count]
    with pytest.raises(UserError, match=words):
        finish(fine_tune(make_network(), images, labels, old_test(), (1,), "relu2", settings))


def test_that_an_old_test_set_without_a_class_gets_a_sentence() -> None:
    lacking = old_test(names=("red", "blue", "grey"))
    with pytest.raises(UserError, match="has no class “green”"):
        finish(fine_tune(make_network(), *pictures(3), lacking, (1,), "relu2", SETTINGS))
