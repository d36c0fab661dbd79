"""The weights of a first-layer filter as a picture: the only filters whose weights can be looked at as such."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import nn

from backend.analysis.cards import NetworkCard
from backend.analysis.network import Network


def first_filter_layers(card: NetworkCard) -> tuple[str, ...]:
    """Name the first convolution, and the norm and ReLU that follow it with the same channels."""
    names: list[str] = []
    for layer in card.layers:
        if layer.kind.startswith("Conv") and not names:
            names.append(layer.name)
        elif names:
            if layer.kind.startswith("Conv") or layer.shape[:1] != card.layer(names[0]).shape[:1]:
                break
            if layer.kind.startswith(("BatchNorm", "ReLU")):
                names.append(layer.name)
    return tuple(names)


def first_filter_weights(network: Network, layer: str, channel: int) -> NDArray[np.float32] | None:
    """Give the weights of the filter behind a channel, float32 (height, width, 3), or None where it is no first filter.

    A filter of one input channel is repeated to grey; of more than three, the first three are given.
    """
    layers = first_filter_layers(network.card)
    if layer not in layers:
        return None
    convolution = dict(network.module.named_modules())[layers[0]]
    if not isinstance(convolution, nn.Conv2d) or convolution.groups != 1:
        return None
    weights = convolution.weight[channel].detach().float().cpu().numpy()
    shown = weights[[index % len(weights) for index in range(3)]]
    return np.ascontiguousarray(shown.transpose(1, 2, 0))


def weights_picture(weights: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Paint weights, float (height, width, 3): grey is 0, and the largest of either sign reaches black or white."""
    largest = float(np.abs(weights).max(initial=0.0))
    scaled = weights / largest if largest > 0 else np.zeros_like(weights)
    picture: NDArray[np.uint8] = np.rint(127.5 + 127.5 * scaled).astype(np.uint8)
    return picture
