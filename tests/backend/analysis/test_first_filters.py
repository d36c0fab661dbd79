"""The weights of first-layer filters: which channels have some, and how they are painted."""

from __future__ import annotations

import numpy as np

from backend.analysis.first_filters import first_filter_layers, first_filter_weights, weights_picture
from backend.analysis.networks import load_network
from tests.networks import tiny_network


def test_that_the_first_convolution_its_norm_and_its_relu_have_weights() -> None:
    network = load_network("cifar10-resnet18")
    assert first_filter_layers(network.card) == ("conv1", "bn1", "relu")
    weights = first_filter_weights(network, "bn1", 7)
    assert weights is not None
    assert np.allclose(weights, network.module.conv1.weight[7].detach().permute(1, 2, 0).numpy())
    assert first_filter_weights(network, "layer1.0", 7) is None
    assert first_filter_weights(network, "logits", 0) is None


def test_that_filters_of_other_channels_than_three_can_be_seen() -> None:
    grey = first_filter_weights(tiny_network(channels=1), "conv1", 2)
    assert grey is not None and grey.shape == (3, 3, 3) and np.array_equal(grey[..., 0], grey[..., 2])
    four = first_filter_weights(tiny_network(channels=4), "conv1", 2)
    assert four is not None and four.shape == (3, 3, 3)


def test_that_grey_is_no_weight_and_the_largest_reaches_an_end() -> None:
    weights = np.array([[[0.0, -0.5, 0.25]]], dtype=np.float32)
    assert weights_picture(weights).tolist() == [[[128, 0, 191]]]
    assert (weights_picture(np.zeros((2, 2, 3), np.float32)) == 128).all()
