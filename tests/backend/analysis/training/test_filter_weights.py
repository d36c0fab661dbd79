"""Which convolution makes the filters of a layer, in networks of the kinds that can be opened."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from backend.analysis.cards import NetworkCard
from backend.analysis.networks import Network
from backend.analysis.training.filter_weights import filter_weights, last_layer
from backend.analysis.weights.architectures import build
from backend.errors import UserError
from tests.networks import tiny_network

CLASSES = ("a", "b", "c")


@lru_cache
def card(architecture: str) -> NetworkCard:
    torch.manual_seed(0)
    arguments = {} if "/" in architecture else {"width": 4 if "resnet" in architecture else 8}
    size = (32, 32)
    card = NetworkCard(architecture, architecture, CLASSES, size, (0.5,) * 3, (0.2,) * 3, arguments)
    return Network(build(architecture, len(CLASSES), size, arguments), card).card


@pytest.mark.parametrize(
    ("architecture", "layer", "names"),
    [
        ("resnet18-cifar", "layer4", ("layer4.1.conv2", "layer4.1.bn2")),
        ("resnet18-cifar", "layer4.1", ("layer4.1.conv2", "layer4.1.bn2")),
        # The ReLU is called twice, and what it gives in the end is the block's output.
        ("resnet18-cifar", "layer4.1.relu", ("layer4.1.conv2", "layer4.1.bn2")),
        ("resnet18-cifar", "layer4.1.bn2", ("layer4.1.conv2", "layer4.1.bn2")),
        ("resnet18-cifar", "layer4.1.bn1", ("layer4.1.conv1", "layer4.1.bn1")),
        ("resnet18-cifar", "layer4.1.conv1", ("layer4.1.conv1", "layer4.1.bn1")),
        # The shortcut is called last, but the block's own convolution counts.
        ("resnet18-cifar", "layer4.0", ("layer4.0.conv2", "layer4.0.bn2")),
        ("resnet18-cifar", "layer4.0.bn2", ("layer4.0.conv2", "layer4.0.bn2")),
        ("resnet18-cifar", "layer4.0.downsample", ("layer4.0.downsample.0", "layer4.0.downsample.1")),
        ("resnet18-cifar", "layer4.0.downsample.1", ("layer4.0.downsample.0", "layer4.0.downsample.1")),
        ("resnet18-cifar", "relu", ("conv1", "bn1")),
        ("resnet18-cifar", "avgpool", ("layer4.1.conv2", "layer4.1.bn2")),
        ("vgg16-bn-cifar", "features", ("features.40", "features.41")),
        ("vgg16-bn-cifar", "features.43", ("features.40", "features.41")),
        ("vgg16-bn-cifar", "features.2", ("features.0", "features.1")),
    ],
)
def test_that_the_weights_of_a_layers_filters_are_found(architecture: str, layer: str, names: tuple[str, ...]) -> None:
    found = filter_weights(card(architecture), layer, [3, 1, 3])
    assert tuple(found) == names
    assert all(rows is not None and rows.tolist() == [1, 3] for rows in found.values())


def test_that_a_convolution_without_a_batch_norm_stands_alone() -> None:
    assert list(filter_weights(tiny_network().card, "relu2", [0])) == ["conv2"]
    assert list(filter_weights(tiny_network().card, "relu1", np.array([0]))) == ["conv1", "bn1"]


def test_that_the_last_layer_gives_the_classes() -> None:
    assert dict(last_layer(card("resnet18-cifar"))) == {"fc": None}
    assert dict(last_layer(card("vgg16-bn-cifar"))) == {"classifier": None}


class Joined(nn.Module):
    """A layer whose channels come from two convolutions, and a head that only adds up."""

    def __init__(self) -> None:
        super().__init__()
        self.block = Block()

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x).mean((2, 3))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.one(x), self.two(x)], 1)


def test_that_filters_of_no_single_convolution_and_a_head_without_weights_get_a_sentence() -> None:
    classes = ("a", "b", "c", "d")
    joined = Network(Joined(), NetworkCard("joined", "joined", classes, (8, 8), (0.5,) * 3, (0.2,) * 3)).card
    with pytest.raises(UserError, match="No single convolution of joined gives the 4 channels of block"):
        filter_weights(joined, "block", [0])
    with pytest.raises(UserError, match="No linear layer of joined"):
        last_layer(joined)


class Growing(nn.Module):
    """A convolution whose output is joined to its input before the next batch norm, as in DenseNet."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.fc = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(7), nn.Linear(7, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.norm(torch.cat([x, self.conv(x)], 1)).mean((2, 3)))


def test_that_a_batch_norm_of_other_channels_is_not_the_filters() -> None:
    growing = Network(Growing(), NetworkCard("growing", "growing", CLASSES, (8, 8), (0.5,) * 3, (0.2,) * 3)).card
    assert list(filter_weights(growing, "conv", [0])) == ["conv"]
    with pytest.raises(UserError, match="No single convolution of growing gives the 7 channels of norm"):
        filter_weights(growing, "norm", [0])


class Mixing(nn.Module):
    """A convolution whose channels are mixed at every place afterwards, as in ConvNeXt."""

    def __init__(self) -> None:
        super().__init__()
        self.block = MixingBlock()
        self.fc = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.block(x).mean((2, 3)))


class MixingBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.linear = nn.Conv2d(3, 4, 3), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.conv(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def test_that_a_convolution_whose_filters_are_mixed_afterwards_does_not_make_the_layers() -> None:
    mixing = Network(Mixing(), NetworkCard("mixing", "mixing", CLASSES, (8, 8), (0.5,) * 3, (0.2,) * 3)).card
    with pytest.raises(UserError, match="No single convolution of mixing gives the 4 channels of block"):
        filter_weights(mixing, "block", [0])
    assert list(filter_weights(mixing, "block.conv", [0])) == ["block.conv"]


@pytest.mark.parametrize(
    ("layer", "filters", "words"),
    [
        ("conv2", [8], "no channel 8"),
        ("conv2", [-1], "no channel -1"),
        ("conv2", [], "No filter was chosen"),
        ("conv9", [0], "no layer called"),
        ("fc", [0], "No single convolution"),
        ("logits", [0], "No single convolution"),
    ],
)
def test_that_what_has_no_filters_gets_a_sentence(layer: str, filters: list[int], words: str) -> None:
    with pytest.raises(UserError, match=words):
        filter_weights(tiny_network().card, layer, filters)
