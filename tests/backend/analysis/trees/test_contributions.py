"""Contributions to a logit: exact where the head is linear, by the gradient elsewhere; logits made of features."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from backend.analysis.cards import NetworkCard
from backend.analysis.features import feature_and_logits
from backend.analysis.network import Network
from backend.analysis.networks import load_network
from backend.analysis.trees.contributions import contributions, logits_of_features
from backend.errors import UserError
from tests.networks import count_hooks, tiny_network


def noise(network: Network, count: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(count, network.in_channels, *network.input_size, generator=generator)


class MaximumHead(nn.Module):
    """conv → ReLU → maximum over space → linear: not exact by the mean."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(5, 2, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.relu(self.conv(x)).amax((2, 3)))


def maximum_network() -> Network:
    torch.manual_seed(1)
    return Network(MaximumHead(), NetworkCard("top", "top", ("a", "b"), (8, 8), (0.5,) * 3, (0.25,) * 3))


def test_that_of_a_pooled_linear_head_contributions_are_weight_times_mean() -> None:
    network = tiny_network(classes=("x", "y", "z"))
    feature, logits = feature_and_logits(network, "relu2", noise(network))
    head: Any = network.module.get_submodule("fc")
    for index in range(3):
        found = contributions(network, feature, index)
        by_hand = [float(head.weight[index, f]) * float(feature[f].mean()) for f in range(8)]
        np.testing.assert_allclose(found.values, by_hand, rtol=1e-5, atol=1e-7)
        assert found.exact and found.logit == pytest.approx(float(logits[index]), abs=1e-5)
        assert found.total + found.bias == pytest.approx(found.logit, abs=1e-5)
        assert found.bias == float(head.bias[index]) and found.filters.tolist() == list(range(8))
    assert count_hooks(network) == 0


def test_that_the_shipped_network_has_exact_contributions() -> None:
    network = load_network("cifar10-resnet18")
    feature, logits = feature_and_logits(network, "layer4", noise(network))
    found = contributions(network, feature, 7)
    assert found.exact and found.total + found.bias == pytest.approx(float(logits[7]), abs=1e-4)
    assert found.values.sum() == pytest.approx(found.total, abs=1e-4)
    inside = contributions(network, feature, 7, layer="layer4.1")
    np.testing.assert_array_equal(inside.values, found.values)


def test_that_only_the_filters_asked_for_are_given_and_the_total_is_that_of_all() -> None:
    network = tiny_network()
    feature, _ = feature_and_logits(network, "relu2", noise(network))
    every = contributions(network, feature, 1)
    some = contributions(network, torch.from_numpy(np.array(feature)), 1, [6, 2])
    np.testing.assert_array_equal(some.values, every.values[[6, 2]])
    assert some.filters.tolist() == [6, 2] and some.total == every.total
    assert not some.values.flags.writeable and not some.filters.flags.writeable


def test_that_elsewhere_contributions_are_gradient_times_activation() -> None:
    network = maximum_network()
    feature, logits = feature_and_logits(network, "relu", noise(network))
    found = contributions(network, feature, 1)
    weight: Any = network.module.get_submodule("fc").weight
    # The gradient is the weight at the largest place, and 0 at all others.
    by_hand = [float(weight[1, f]) * float(feature[f].max()) for f in range(5)]
    np.testing.assert_allclose(found.values, by_hand, rtol=1e-5, atol=1e-7)
    assert not found.exact and found.bias == 0.0
    assert found.total == pytest.approx(sum(by_hand), abs=1e-6)
    assert found.logit == pytest.approx(float(logits[1]), abs=1e-6)
    assert count_hooks(network) == 0


def test_that_a_layer_before_the_last_is_not_exact() -> None:
    network = tiny_network()
    feature, logits = feature_and_logits(network, "bn1", noise(network))
    found = contributions(network, feature, 0, layer="bn1")
    assert not found.exact and found.logit == pytest.approx(float(logits[0]), abs=1e-5)
    step = 1e-3
    wide = torch.from_numpy(np.array(feature))[None].repeat(2, 1, 1, 1)
    wide[0, 2] *= 1 - step
    wide[1, 2] *= 1 + step
    with torch.no_grad():
        low, high = logits_of_features(network, "bn1", wide)[:, 0].tolist()
    assert found.values[2] == pytest.approx((high - low) / (2 * step), rel=0.02, abs=1e-4)


@pytest.mark.parametrize("layer", ["conv1", "bn1", "relu1", "conv2", "relu2"])
def test_that_logits_follow_from_the_features_of_any_layer(layer: str) -> None:
    network = tiny_network()
    images = noise(network, 2)
    features = [feature_and_logits(network, layer, image[None])[0] for image in images]
    with torch.no_grad():
        logits = logits_of_features(network, layer, torch.from_numpy(np.stack(features)))
    torch.testing.assert_close(logits, network.logits(images), atol=1e-5, rtol=1e-5)


def test_that_logits_follow_from_a_layer_whose_blocks_add_and_work_in_place() -> None:
    network = load_network("cifar10-resnet18")
    images = noise(network)
    for layer in ("layer3", "layer4.0", "layer4.1", "layer4"):
        feature, logits = feature_and_logits(network, layer, images)
        with torch.no_grad():
            found = logits_of_features(network, layer, torch.from_numpy(np.array(feature))[None])
        np.testing.assert_allclose(found[0].numpy(), logits, atol=1e-4)


def test_that_a_filter_set_to_zero_takes_its_contribution_away() -> None:
    network = tiny_network()
    feature, logits = feature_and_logits(network, "relu2", noise(network))
    found = contributions(network, feature, 0)
    without = np.array(feature)
    without[5] = 0
    with torch.no_grad():
        left = float(logits_of_features(network, "relu2", torch.from_numpy(without)[None])[0, 0])
    assert float(logits[0]) - left == pytest.approx(float(found.values[5]), abs=1e-5)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"class_index": 2}, "no class 2"),
        ({"class_index": -1}, "no class -1"),
        ({"filters": [8]}, "no filter 8"),
        ({"layer": "conv1"}, "does not fit"),
        ({"layer": "fc"}, "without space"),
        ({"layer": "layer9"}, "layer9"),
    ],
)
def test_that_what_does_not_fit_is_a_sentence(change: dict[str, Any], says: str) -> None:
    network = tiny_network()
    feature, _ = feature_and_logits(network, "relu2", noise(network))
    with pytest.raises(UserError, match=says):
        contributions(network, feature, **{"class_index": 0, **change})
    assert count_hooks(network) == 0
