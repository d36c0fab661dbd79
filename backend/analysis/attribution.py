"""What in an image excites a unit: map, attribution to pixels, Grad-CAM; each as a glow. Torch-free at import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backend.analysis.cards import LayerInfo
from backend.analysis.objectives import Channel, ClassLogit, Unit, check_objective, needed_calls
from backend.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from backend.analysis.networks import Network

PIXELS_AT_ONCE = 64 * 32 * 32
"""Pixels in one forward pass: more gains no speed, and large images must not fill the memory."""
ATTRIBUTION_SPREAD = 1 / 32
"""How far `overlay` spreads an attribution: pixel by pixel it is speckled, and only its neighbourhoods can be read."""

_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_GREY_FLOOR, _GREY_SHARE = 28.0, 0.55
"""The picture under the glow: black becomes 28 of 255, white 168, so that the brightest glow stands out on both."""
_TINY = np.finfo(np.float32).tiny
_GLOW = np.array(
    [
        (0x00, 0x00, 0x04),
        (0x1B, 0x0C, 0x41),
        (0x4A, 0x0C, 0x6B),
        (0x78, 0x1C, 0x6D),
        (0xA5, 0x2C, 0x60),
        (0xCF, 0x44, 0x46),
        (0xED, 0x69, 0x25),
        (0xFB, 0x9B, 0x06),
        (0xF7, 0xD1, 0x3D),
        (0xFC, 0xFF, 0xA4),
    ],
    np.float32,
)
"""The colour map "inferno" at ten even steps."""


def activation_maps(network: Network, unit: Unit, images: Tensor) -> NDArray[np.float32]:
    """Give where a unit answers, at its layer's own resolution.

    Parameters
    ----------
    network : Network
    unit : Unit
        A channel, a neuron (the map of its whole channel), or a layer with space (the mean over its channels).
    images : Tensor
        (n, channels, height, width), normalised float32.

    Returns
    -------
    ndarray of float32
        (n, map height, map width), read-only; in units of activation.

    Raises
    ------
    UserError
        Where the unit does not exist, or its layer has no space.
    """
    import torch

    from backend.analysis.arrays import frozen
    from backend.analysis.capture import capturing

    check_objective(unit, network.card)
    layer = _layer_with_space(network, unit.layer_name)
    maps = np.empty((len(images), *layer.shape[1:]), np.float32)
    batch = _batch_size(images)
    with capturing(network.module, needed_calls(unit, network.card)) as forward, torch.no_grad():
        for first in range(0, len(images), batch):
            output = forward(_on_device(network, images[first : first + batch])).outputs[layer.name]
            shown = output[:, unit.index] if isinstance(unit, Channel) else output.mean(1)
            maps[first : first + batch] = shown.cpu().numpy()
    return frozen(maps)


def grad_cam(network: Network, layer: str, class_index: int, images: Tensor) -> NDArray[np.float32]:
    """Show where a layer speaks for a class (Grad-CAM, Selvaraju et al. 2017), at the layer's own resolution.

    Each channel counts by the mean of its gradient; what is left of their sum above 0 is the map.

    Parameters
    ----------
    network : Network
    layer : str
        Best the last one with space.
    class_index : int
        The class whose logit is explained.
    images : Tensor
        (n, channels, height, width), normalised float32.

    Returns
    -------
    ndarray of float32
        (n, map height, map width), read-only; 0 or more, to be laid over the images by `overlay`.

    Raises
    ------
    UserError
        Where layer or class do not exist, or the layer has no space.
    """
    # Late: captum brings matplotlib along.
    from captum.attr import LayerGradCam  # type: ignore[import-untyped]

    from backend.analysis.arrays import frozen

    check_objective(ClassLogit(class_index), network.card)
    shape = _layer_with_space(network, layer).shape
    # Its own hook is gone after each batch, whatever happens; the layer's output, not a weight, gets the gradient.
    method = LayerGradCam(network.module, network.module.get_submodule(layer))
    maps = np.empty((len(images), *shape[1:]), np.float32)
    batch = _batch_size(images)
    for first in range(0, len(images), batch):
        chosen = _on_device(network, images[first : first + batch])
        found = method.attribute(chosen, target=class_index, relu_attributions=True)
        maps[first : first + batch] = found[:, 0].detach().cpu().numpy()
    return frozen(maps)


def attribute_to_unit(
    network: Network, unit: Unit, images: Tensor, steps: int = 24, *, signed: bool = False
) -> NDArray[np.float32]:
    """Share out what a unit gives an image among its pixels, by integrated gradients (Sundararajan et al. 2017).

    The gradient is integrated on the straight way from the data set's mean colour to the image, so that the signed
    shares add up to the difference that the image makes to the unit's score.

    Parameters
    ----------
    network : Network
    unit : Unit
        Anything that scores each image by itself.
    images : Tensor
        (n, channels, height, width), normalised float32.
    steps : int, default 24
        Points on the way. More bring the sum closer to the true difference.
    signed : bool, default False
        Keep the sign of each pixel's share: negative where it holds the unit back.

    Returns
    -------
    ndarray of float32
        (n, height, width), read-only: summed over the colour channels; its absolute value unless `signed`.

    Raises
    ------
    UserError
        Where the unit does not exist.
    """
    # Late: captum brings matplotlib along.
    from captum.attr import IntegratedGradients

    from backend.analysis.arrays import frozen
    from backend.analysis.capture import capturing

    check_objective(unit, network.card)
    shares = np.empty((len(images), *images.shape[2:]), np.float32)
    batch = _batch_size(images)
    with capturing(network.module, needed_calls(unit, network.card)) as forward:
        method = IntegratedGradients(lambda inputs: unit.pool(forward(inputs).outputs[unit.layer_name]))
        for first in range(0, len(images), batch):
            chosen = _on_device(network, images[first : first + batch])
            # Zero is the mean colour of normalised images.
            result = method.attribute(chosen, baselines=0.0, n_steps=steps, internal_batch_size=batch)
            shares[first : first + batch] = result.sum(1).cpu().numpy()
    return frozen(shares if signed else np.abs(shares))


def overlay(images: NDArray[np.uint8], maps: NDArray[np.float32], spread: float = 0.0) -> NDArray[np.uint8]:
    """Let the strong places of a map glow over the picture, which is shown in quiet grey.

    Parameters
    ----------
    images : ndarray of uint8
        (n, height, width, 3), cut as the network saw them.
    maps : ndarray of float32
        (n, map height, map width): of any size, resized bilinearly. Each is measured by its own maximum; what is
        negative or no number does not glow.
    spread : float, default 0.0
        Deviation of a Gaussian that smooths the maps first, as a share of their shorter side; `ATTRIBUTION_SPREAD` for
        what `attribute_to_unit` gives.

    Returns
    -------
    ndarray of uint8
        (n, height, width, 3), read-only; the plain grey picture where a map has nothing positive.
    """
    grey = _GREY_FLOOR + _GREY_SHARE * (images.astype(np.float32) @ _LUMINANCE)[..., None]
    positive = np.maximum(np.nan_to_num(maps, nan=0.0, posinf=0.0, neginf=0.0), 0.0)
    heat = _resized(_smoothed(positive.astype(np.float32), spread), images.shape[1:3])
    steps = np.linspace(0, 1, len(_GLOW))
    glow = np.stack([np.interp(heat, steps, channel) for channel in _GLOW.T], axis=-1)
    blended: NDArray[np.uint8] = np.rint(grey + heat[..., None] * (glow - grey)).astype(np.uint8)
    blended.flags.writeable = False
    return blended


def _smoothed(maps: NDArray[np.float32], spread: float) -> NDArray[np.float32]:
    if spread <= 0:
        return maps
    deviation = spread * min(maps.shape[1:])
    smoothed = _gaussian(maps.shape[1], deviation) @ maps @ _gaussian(maps.shape[2], deviation).T
    return smoothed.astype(np.float32)


def _gaussian(side: int, deviation: float) -> NDArray[np.float32]:
    """Give the matrix that smooths a line of `side` values; its rows add up to 1, at the border too."""
    places = np.arange(side, dtype=np.float32)
    matrix = np.exp(-((places[:, None] - places) ** 2) / (2 * deviation**2))
    weights: NDArray[np.float32] = matrix / matrix.sum(1, keepdims=True)
    return weights


def _resized(maps: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    """Scale each map to 0..1 by its maximum and to `size`, bilinearly."""
    heat = np.empty((len(maps), *size), np.float32)
    for row, one in enumerate(maps):
        scaled = Image.fromarray(one / np.maximum(one.max(), _TINY))
        heat[row] = np.asarray(scaled.resize((size[1], size[0]), Image.Resampling.BILINEAR))
    return heat


def _layer_with_space(network: Network, name: str) -> LayerInfo:
    layer = network.card.layer(name)
    if not layer.has_space:
        raise UserError(
            "No map", f"{name} has no space, so its units have no map.", "Look at the attribution in its place."
        )
    return layer


def _batch_size(images: Tensor) -> int:
    height, width = images.shape[2:]
    return max(1, PIXELS_AT_ONCE // (height * width))


def _on_device(network: Network, images: Tensor) -> Tensor:
    import torch

    return images.detach().to(network.device, torch.float32).contiguous(memory_format=torch.channels_last)
