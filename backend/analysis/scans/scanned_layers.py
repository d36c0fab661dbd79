"""Which layers a scan looks at unless it is told otherwise. Torch-free: the window says what it will take."""

from __future__ import annotations

import re

from backend.analysis.cards import LOGITS, LayerInfo, NetworkCard
from backend.analysis.scans.scan_results import ScanHeader, ScannedLayer

_BLOCK = re.compile(r"(Block|Bottleneck|Inception\w?|InvertedResidual|MBConv|Fire|_Transition)$")
_POOLS = ("MaxPool2d", "AvgPool2d")


def default_layers(card: NetworkCard) -> tuple[str, ...]:
    """Give the first batch norm, the blocks' outputs, the last convolution and the logits (paper fig. 4).

    Of a network without blocks, such as VGG, every pooling layer closes one.
    """
    spatial = [layer for layer in card.layers if layer.has_space]
    norms = [layer for layer in spatial if layer.kind.startswith("BatchNorm")][:1]
    blocks = [layer for layer in spatial if _BLOCK.search(layer.kind)]
    blocks = blocks or [layer for layer in spatial if layer.kind in _POOLS]
    convolutions = [layer for layer in spatial if layer.kind.startswith("Conv")][-1:]
    chosen = {layer.name for layer in (*norms, *blocks, *convolutions)} | {LOGITS}
    return tuple(layer.name for layer in card.layers if layer.name in chosen)


def scanned_name(card: NetworkCard, name: str) -> str:
    """Name the layer that gives the same output: of a `Sequential` that is its last child."""
    layer = card.layer(name)
    while layer.kind == "Sequential":
        children = [other for other in card.layers if other.name.rpartition(".")[0] == layer.name]
        if not children or children[-1].shape != layer.shape:
            break
        layer = children[-1]
    return layer.name


def scan_header(
    card: NetworkCard,
    dataset: str,
    digest: str,
    class_names: tuple[str, ...],
    count: int,
    layers: tuple[str, ...] = (),
    images: range | None = None,
) -> ScanHeader:
    """Say what a scan of `layers` (by default `default_layers`) over `count` images will be.

    Raises
    ------
    UserError
        Where the network has no such layer.
    """
    names = [scanned_name(card, name) for name in layers or default_layers(card)]
    chosen = [layer for layer in card.layers if layer.name in names]
    aliases = tuple(
        (layer.name, scanned_name(card, layer.name))
        for layer in card.layers
        if layer.kind == "Sequential" and scanned_name(card, layer.name) in names
    )
    images = images or range(count)
    return ScanHeader(
        network=card.name,
        dataset=dataset,
        weights=card.weights_digest,
        data=digest,
        first=images.start,
        stop=images.stop,
        total=count,
        layers=tuple(_scanned(layer) for layer in chosen),
        class_names=class_names,
        classes=len(card.classes),
        aliases=aliases,
    )


def _scanned(layer: LayerInfo) -> ScannedLayer:
    height, width = layer.shape[1:] if layer.has_space else (1, 1)
    return ScannedLayer(layer.name, layer.channels, height, width)
