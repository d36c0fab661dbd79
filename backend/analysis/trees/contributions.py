"""What each filter of a layer contributes to a class logit, and the logits that follow from a layer's features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from backend.analysis.arrays import frozen
from backend.analysis.capture import observing
from backend.analysis.features import check_has_space, default_feature_layer
from backend.analysis.network import Network
from backend.errors import UserError

SAME = 1e-4
"""Difference of logits, as a share of the largest, up to which a head counts as pooling and one linear layer: far above
what float32 rounds, far below what anything else between them would make."""


@dataclass(frozen=True, eq=False)
class Contributions:
    """The shares of filters in a class logit.

    Attributes
    ----------
    class_index : int
    filters : int64 (k,), read-only
    values : float32 (k,), read-only
        The share of each of these: weight × mean where `exact`, else gradient × activation, summed over space.
    total : float
        The sum over all filters of the layer, whichever were asked for.
    bias : float
        The head's bias for the class where `exact`, else 0.
    logit : float
        What the network gives. Where `exact`, it is `total` + `bias`; elsewhere that need not be so.
    exact : bool
        Whether the head averages over space and is linear, as far as this feature shows it.
    """

    class_index: int
    filters: NDArray[np.int64]
    values: NDArray[np.float32]
    total: float
    bias: float
    logit: float
    exact: bool


def contributions(
    network: Network,
    feature: NDArray[np.float32] | Tensor,
    class_index: int,
    filters: Sequence[int] | NDArray[np.int64] | None = None,
    layer: str | None = None,
) -> Contributions:
    """Share a class logit out among the filters of a layer.

    Parameters
    ----------
    network : Network
    feature : ndarray or Tensor
        Float32 (filters, height, width): what the layer gave an image.
    class_index : int
    filters : sequence of int, optional
        Those whose shares are wanted; by default all.
    layer : str, optional
        By default `default_feature_layer`.

    Returns
    -------
    Contributions

    Raises
    ------
    UserError
        Where there is no such layer, class or filter, or the feature has another shape than the layer's.
    """
    layer = layer or default_feature_layer(network.card)
    leaf = _checked(network, layer, feature).requires_grad_()
    chosen = np.arange(leaf.shape[1]) if filters is None else np.array(filters, np.int64)
    _check_range(class_index, len(network.classes), "class", network.name)
    for index in chosen.tolist():
        _check_range(index, leaf.shape[1], "filter", layer)
    logits = logits_of_features(network, layer, leaf)
    head = _linear_head(network.module, leaf.detach(), logits.detach())
    if head is None:
        (gradient,) = torch.autograd.grad(logits[0, class_index], leaf)
        shares, bias = (gradient * leaf.detach())[0].double().sum((1, 2)), 0.0
    else:
        shares = head.weight[class_index].double() * leaf.detach()[0].double().mean((1, 2))
        bias = 0.0 if head.bias is None else float(head.bias[class_index])
    values = shares.cpu().numpy()
    logit = float(logits.detach()[0, class_index])
    shown = frozen(values[chosen].astype(np.float32))
    return Contributions(class_index, frozen(chosen), shown, float(values.sum()), bias, logit, head is not None)


def logits_of_features(network: Network, layer: str, features: Tensor) -> Tensor:
    """Run what comes after a layer, as if the layer had given these features.

    The network runs on blank images, and the layer's output is overwritten as soon as it is there; so what goes around
    the layer sees a blank image.

    Parameters
    ----------
    network : Network
    layer : str
    features : Tensor
        Float32 (n, filters, height, width) on the network's device. Gradients flow back to it.

    Returns
    -------
    Tensor
        (n, classes).
    """
    blank = torch.zeros(len(features), network.in_channels, *network.input_size, device=network.device)

    def overwrite(_: str, output: Tensor) -> None:
        output.copy_(features)

    calls = {layer: network.card.layer(layer).calls}
    with observing(network.module, calls, overwrite) as forward:
        return forward(blank.contiguous(memory_format=torch.channels_last))


def _linear_head(module: nn.Module, feature: Tensor, logits: Tensor) -> nn.Linear | None:
    """Find the linear layer that makes these logits of the feature's means over space; None where there is none."""
    means, scale = feature.mean((2, 3)), max(1.0, float(logits.abs().max()))
    for part in reversed(list(module.modules())):
        fits = isinstance(part, nn.Linear) and part.weight.shape == (logits.shape[1], means.shape[1])
        if fits and float((part(means) - logits).abs().max()) <= SAME * scale:
            assert isinstance(part, nn.Linear)
            return part
    return None


def _checked(network: Network, layer: str, feature: Any) -> Tensor:
    check_has_space(network.card, layer)
    expected = network.card.layer(layer).shape
    if tuple(feature.shape) != expected:
        raise UserError(
            "The feature does not fit the layer",
            f"{layer} of {network.name} gives {expected}, this one is {tuple(feature.shape)}.",
            "Take the feature from this layer.",
        )
    values = feature.detach() if isinstance(feature, Tensor) else torch.from_numpy(np.array(feature))
    return values.to(network.device, torch.float32, copy=True)[None]


def _check_range(index: int, count: int, what: str, where: str) -> None:
    if not 0 <= index < count:
        raise UserError(
            f"No such {what}",
            f"{where} has no {what} {index}; they go from 0 to {count - 1}.",
            f"Choose another {what}.",
        )
