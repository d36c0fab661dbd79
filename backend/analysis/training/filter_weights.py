"""Which weights belong to which filters: rows of the convolution that makes them, and of the batch norm behind it.

Torch-free: the card says how the layers follow each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.cards import LayerInfo, NetworkCard
from backend.analysis.objectives import Channel, check_objective
from backend.errors import UserError

Rows = Mapping[str, NDArray[np.int64] | None]
"""Names of modules, or of their weight and bias tensors, each with the rows that are meant; None for all."""

_SHORTCUT = "downsample"
"""What ResNets call the convolution beside a block: it is called last, but only what it is added to is the block's."""


def filter_weights(card: NetworkCard, layer: str, filters: Sequence[int]) -> Rows:
    """Name the weights that make filters of a layer what they are.

    They are the rows of the last convolution in the layer that has as many filters (of the last before it, where the
    layer is no more than a batch norm, a ReLU or a pooling), and scale and shift of a batch norm right behind it.

    Parameters
    ----------
    card : NetworkCard
    layer : str
    filters : sequence of int

    Returns
    -------
    mapping of str to int64 (filters,)
        Names of modules, not yet of tensors: whether there is a bias, the card does not say.

    Raises
    ------
    UserError
        Where there is no such layer, filter or convolution, or no filter at all.
    """
    if not len(filters):
        raise UserError("No filters to train", "No filter was chosen.", "Choose images whose paths have filters.")
    for index in filters:
        check_objective(Channel(layer, int(index)), card)
    convolution = _maker(card, card.layer(layer))
    rows = frozen(np.unique(np.asarray(filters, np.int64)))
    behind = card.layers[card.layers.index(convolution) + 1]
    norms = [behind] if behind.kind == "BatchNorm2d" and behind.channels == convolution.channels else []
    return {module.name: rows for module in (convolution, *norms)}


def last_layer(card: NetworkCard) -> Rows:
    """Name the layer that gives the logits: the last one with as many outputs as there are classes."""
    for layer in reversed(card.layers):
        if layer.kind in ("Linear", "Conv2d") and layer.channels == len(card.classes):
            return {layer.name: None}
    raise UserError(
        "No last layer", f"No linear layer of {card.name} gives its {len(card.classes)} classes.", "Choose another one."
    )


def _maker(card: NetworkCard, layer: LayerInfo) -> LayerInfo:
    makers = [other for other in card.layers if _may_make(other, layer)]
    parts = [other for other in card.layers if _within(other.name, _speaker(layer))]
    inside = [other for other in makers if other in parts]
    if inside and not any(_mixes(other) for other in parts[parts.index(inside[-1]) :]):
        return inside[-1]
    before = [other for other in makers if card.layers.index(other) < card.layers.index(layer)]
    if before and layer.has_space and not any(other.kind == "Conv2d" or _mixes(other) for other in parts):
        return before[-1]
    raise UserError(
        "No convolution gives these filters",
        f"No single convolution of {card.name} gives the {layer.channels} channels of {layer.name}.",
        "Choose a layer behind one convolution.",
    )


def _may_make(convolution: LayerInfo, layer: LayerInfo) -> bool:
    beside = _SHORTCUT in convolution.name.split(".") and _SHORTCUT not in layer.name.split(".")
    return convolution.kind == "Conv2d" and convolution.channels == layer.channels and not beside


def _mixes(layer: LayerInfo) -> bool:
    """Tell whether a layer makes new channels at every place of a map, as ConvNeXt's linear ones do."""
    return layer.kind == "Linear" and layer.has_space


def _speaker(layer: LayerInfo) -> str:
    """Name what a layer speaks for: a ReLU that its block calls several times gives, in the end, the block's output."""
    return layer.name.rpartition(".")[0] if layer.calls > 1 else layer.name


def _within(name: str, outer: str) -> bool:
    return not outer or name == outer or name.startswith(outer + ".")
