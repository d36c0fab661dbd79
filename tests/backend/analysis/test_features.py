"""Features against single images; which layer is the default; bad input in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from backend.analysis import activation_scan
from backend.analysis.capture import capturing
from backend.analysis.cards import NetworkCard
from backend.analysis.events import Notice, Progress, finish
from backend.analysis.features import collect_features, default_feature_layer, feature_and_logits
from backend.analysis.images.image_dataset import ArrayDataset
from backend.analysis.network import Network
from backend.analysis.networks import load_network
from backend.analysis.weights.architectures import build
from backend.errors import UserError
from tests.networks import count_hooks, tiny_network


def pictures(count: int) -> ArrayDataset:
    array = np.random.default_rng(0).integers(0, 256, (count, 12, 12, 3), dtype=np.uint8)
    return ArrayDataset("noise", "noise", ("a", "b"), np.arange(count) % 2, array, "noise")


def layer_of(network: Network, layer: str, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    calls = {layer: network.card.layer(layer).calls}
    with capturing(network.module, calls) as forward, torch.inference_mode():
        return forward(network.normalize(images)).outputs[layer].numpy()


@pytest.mark.parametrize("layer", ["bn1", "relu2"])
def test_that_features_are_those_of_single_images_in_the_order_asked_for(
    layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activation_scan, "batch_size", lambda _: 64)
    network, dataset, events = tiny_network(), pictures(80), list[Any]()
    numbers = [7, 3, *range(70, 5, -1)]
    features = finish(collect_features(network, dataset, layer, numbers), events.append)
    assert features.shape == (67, *network.card.layer(layer).shape) and features.dtype == np.float32
    for row in (0, 1, 2, 63, 64, 66):
        expected = layer_of(network, layer, dataset.images([numbers[row]]))[0]
        np.testing.assert_allclose(features[row], expected, atol=1e-5)
    assert not features.flags.writeable and count_hooks(network) == 0
    assert events == [Progress(64, 67, "images"), Progress(67, 67, "images")]


def test_that_all_images_are_taken_where_none_is_named() -> None:
    network, dataset = tiny_network(), pictures(5)
    features = finish(collect_features(network, dataset, "relu2"))
    np.testing.assert_allclose(features, layer_of(network, "relu2", dataset.images(range(5))), atol=1e-5)


def test_that_one_pass_gives_feature_and_logits() -> None:
    network, images = tiny_network(), pictures(1).images([0])
    feature, logits = feature_and_logits(network, "conv1", network.normalize(images))
    np.testing.assert_allclose(feature, layer_of(network, "conv1", images)[0], atol=1e-6)
    np.testing.assert_allclose(logits, network.logits(network.normalize(images))[0].numpy(), atol=1e-6)
    assert not feature.flags.writeable and not logits.flags.writeable and count_hooks(network) == 0


def test_that_less_memory_makes_the_batch_smaller_and_the_features_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    network, dataset, events = tiny_network(), pictures(70), list[Any]()
    whole = finish(collect_features(network, dataset, "relu2"))
    normalize, passed = network.normalize, list[int]()

    def short_of_memory(images: Any) -> torch.Tensor:
        if len(images) > 16 and passed:
            raise torch.OutOfMemoryError("too much")
        passed.append(len(images))
        return normalize(images)

    monkeypatch.setattr(activation_scan, "batch_size", lambda _: 32)
    monkeypatch.setattr(network, "normalize", short_of_memory)
    np.testing.assert_allclose(finish(collect_features(network, dataset, "relu2"), events.append), whole, atol=1e-5)
    assert passed == [32, 16, 16, 6]
    assert "16 images at once" in [event.text for event in events if isinstance(event, Notice)][-1]


def test_that_a_collection_that_is_ended_leaves_no_hook() -> None:
    network = tiny_network()
    steps = collect_features(network, pictures(200), "relu2")
    next(steps)
    steps.close()
    assert count_hooks(network) == 0


@pytest.mark.parametrize(
    ("layer", "images", "says"),
    [
        ("layer9", None, "layer9"),
        ("fc", None, "relu2"),
        ("logits", None, "without space"),
        ("relu2", [], "at least one image"),
        ("relu2", [5], "images 0 to 4"),
        ("relu2", [-1], "images 0 to 4"),
    ],
)
def test_that_bad_input_is_a_sentence(layer: str, images: list[int] | None, says: str) -> None:
    with pytest.raises(UserError, match=says):
        finish(collect_features(tiny_network(), pictures(5), layer, images))


def test_that_weights_that_are_no_numbers_are_a_sentence_about_an_image() -> None:
    network = tiny_network()
    with torch.no_grad():
        network.module.get_parameter("conv2.weight")[0] = float("nan")
    with pytest.raises(UserError, match="image 3 holds NaN"):
        finish(collect_features(network, pictures(5), "relu2", [3, 4]))
    assert count_hooks(network) == 0


def test_that_the_default_layer_is_the_last_with_space() -> None:
    assert default_feature_layer(load_network("cifar10-resnet18").card) == "layer4"
    assert default_feature_layer(tiny_network().card) == "relu2"


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("torchvision/resnet18", "layer4"),
        ("torchvision/vgg11", "features"),
        ("torchvision/squeezenet1_1", "features"),
        ("torchvision/densenet121", "features"),
        ("torchvision/mobilenet_v2", "features"),
        ("torchvision/googlenet", "inception5b"),
        ("vgg16-bn-cifar", "features"),
    ],
)
def test_that_networks_of_other_kinds_have_a_default_layer(name: str, layer: str) -> None:
    card = NetworkCard("net", name, ("a", "b"), (96, 96), (0.5,) * 3, (0.25,) * 3)
    try:
        module = build(name, 2, card.input_size, {})
    except UserError:
        pytest.skip(f"{name} is not among the architectures.")
    assert default_feature_layer(Network(module, card).card) == layer


def test_that_a_network_without_space_behind_its_first_layer_has_one_place() -> None:
    class OnePlace(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 12)
            self.fc = nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.fc(self.conv(x).flatten(1))

    card = NetworkCard("one", "one", ("a", "b"), (12, 12), (0.5,) * 3, (0.25,) * 3)
    assert default_feature_layer(Network(OnePlace(), card).card) == "conv"
