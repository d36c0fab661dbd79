"""The features of images: what a layer gives each of them, kept whole. Torch-free at import."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.cards import LOGITS, LayerInfo, NetworkCard
from backend.analysis.events import Notice, Progress
from backend.analysis.images.prefetch import prefetched
from backend.analysis.trees.tree_features import check_finite
from backend.errors import UserError, is_out_of_memory

_HEAD = re.compile(r"Adaptive\w*Pool|Dropout|Identity$")
"""Kinds of layers that stand between the features and the head, and add nothing to them."""

if TYPE_CHECKING:
    from torch import Tensor

    from backend.analysis.images.image_dataset import ImageDataset
    from backend.analysis.network import Network


def default_feature_layer(card: NetworkCard) -> str:
    """Name the layer whose maps are the features of an image: of a ResNet `layer4`, of a VGG `features`.

    It is found from the last layer called that has more than one place, which may lie deep inside a block: the
    outermost module around it that still has space. What pools the maps for the head and what only passes them on are
    no features, and neither are maps that are one a class already, as those of SqueezeNet's head.
    """
    spatial = [layer for layer in card.layers if layer.has_space]
    if not spatial:
        raise UserError(
            "No layer with space", f"No layer of {card.name} has height and width.", "Open a convolutional network."
        )
    wide = [layer for layer in spatial if layer.shape[1] * layer.shape[2] > 1]
    found = _without_class_maps(card, [layer for layer in wide if not _HEAD.match(layer.kind)])
    candidates = found or wide or spatial
    names = {layer.name for layer in candidates}
    name = candidates[-1].name
    while (around := name.rpartition(".")[0]) in names:
        name = around
    return name


def _without_class_maps(card: NetworkCard, layers: list[LayerInfo]) -> list[LayerInfo]:
    """Leave out the maps behind the last feature of a network whose head is a convolution to its classes."""
    if any(layer.kind == "Linear" for layer in card.layers):
        return layers
    classes = card.layers[-1].channels
    return [layer for layer in layers if layer.channels != classes]


def check_has_space(card: NetworkCard, layer: str) -> None:
    """Raise `UserError` where there is no such layer, or it has no space."""
    if not card.layer(layer).has_space:
        raise UserError(
            "A layer without space",
            f"{layer} of {card.name} gives one number a unit, not a map.",
            f"Choose a convolutional layer, such as {default_feature_layer(card)}.",
        )


def collect_features(
    network: Network, dataset: ImageDataset, layer: str, images: Sequence[int] | NDArray[np.int64] | None = None
) -> Generator[Progress | Notice, None, NDArray[np.float32]]:
    """Collect what a layer gives each of some images.

    Parameters
    ----------
    network : Network
    dataset : ImageDataset
    layer : str
        With space.
    images : sequence of int, optional
        Numbers in the data set, in the order wanted; by default all.

    Yields
    ------
    Progress
        In images.
    Notice
        Where a batch was halved for want of memory on the device.

    Returns
    -------
    float32 (images, filters, height, width), read-only

    Raises
    ------
    UserError
        Where there is no such layer, it has no space, there are no images, an image has no number in the data set, or
        what comes out is not finite.
    """
    from backend.analysis.activation_scan import batch_size

    check_has_space(network.card, layer)
    numbers = _checked_numbers(dataset, images)
    features = np.empty((len(numbers), *network.card.layer(layer).shape), np.float32)
    done, batch = 0, batch_size(network)
    while done < len(numbers):
        try:
            with closing(_batches(network, dataset, layer, numbers[done:], batch)) as batches:
                for values in batches:
                    check_finite(values, numbers[done:])
                    features[done : done + len(values)] = values
                    done += len(values)
                    yield Progress(done, len(numbers), "images")
        except Exception as error:
            if not is_out_of_memory(error) or batch == 1:
                raise
            batch //= 2
            yield Notice(f"The device ran out of memory; it goes on with {batch} images at once.")
    return frozen(features)


def feature_and_logits(network: Network, layer: str, images: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give what a layer and the whole network give one image, in one pass.

    Parameters
    ----------
    network : Network
    layer : str
        With space.
    images : Tensor
        (1, channels, height, width), normalised float32.

    Returns
    -------
    feature : float32 (filters, height, width), read-only
    logits : float32 (classes,), read-only

    Raises
    ------
    UserError
        As `collect_features`.
    """
    import torch

    from backend.analysis.capture import capturing

    check_has_space(network.card, layer)
    calls = {layer: network.card.layer(layer).calls, LOGITS: 1}
    with capturing(network.module, calls) as forward, torch.inference_mode():
        outputs = forward(images).outputs
    feature, logits = (outputs[name].float().cpu().numpy() for name in calls)
    check_finite(feature)
    return frozen(feature[0]), frozen(logits[0])


def _batches(
    network: Network, dataset: ImageDataset, layer: str, numbers: NDArray[np.int64], batch: int
) -> Generator[NDArray[np.float32], None, None]:
    import torch

    from backend.analysis.capture import capturing

    requests = [numbers[start : start + batch] for start in range(0, len(numbers), batch)]
    with (
        capturing(network.module, {layer: network.card.layer(layer).calls}) as forward,
        closing(prefetched(lambda rows: np.array(dataset.images(rows), order="C"), requests)) as loaded,
    ):
        for _, pixels in loaded:
            with torch.inference_mode():
                output = forward(network.normalize(pixels)).outputs[layer].float().cpu().numpy()
            yield output


def _checked_numbers(dataset: ImageDataset, images: Sequence[int] | NDArray[np.int64] | None) -> NDArray[np.int64]:
    numbers = np.arange(len(dataset)) if images is None else np.array(images, np.int64)
    if not len(numbers):
        raise UserError("No images", f"None of {dataset.name}'s images were chosen.", "Choose at least one image.")
    if numbers.min() < 0 or numbers.max() >= len(dataset):
        raise UserError(
            "No such image",
            f"{dataset.name} has images 0 to {len(dataset) - 1:,}, and not all of those chosen are among them.",
            "Choose images of the data set that is open.",
        )
    return numbers
