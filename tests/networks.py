"""Small real networks for tests, made in milliseconds."""

from __future__ import annotations

import torch
from torch import nn

from backend.analysis.cards import NetworkCard
from backend.analysis.networks import Network


class TwoLayers(nn.Module):
    """conv → batch norm → ReLU → conv → ReLU → average pool → linear."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(6)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(6, 8, 3, padding=1, stride=2)
        self.relu2 = nn.ReLU()
        self.fc = nn.Linear(8, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu1(self.bn1(self.conv1(x)))
        return self.fc(self.relu2(self.conv2(x)).mean((2, 3)))


def tiny_network(
    channels: int = 3, classes: tuple[str, ...] = ("cat", "dog"), size: tuple[int, int] = (12, 12)
) -> Network:
    """Make a network of two layers with random weights that are the same at every call."""
    torch.manual_seed(0)
    card = NetworkCard(
        name="tiny",
        architecture="two-layers",
        classes=classes,
        input_size=size,
        mean=(0.5, 0.4, 0.3, 0.6)[:channels],
        std=(0.25, 0.2, 0.3, 0.2)[:channels],
        weights_digest="tiny",
    )
    return Network(TwoLayers(channels, len(classes)), card)


def count_hooks(network: Network) -> int:
    """Count the hooks on a network; none may be left by anything."""
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in network.module.modules())
