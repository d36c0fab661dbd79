"""Which pixels a place of a layer sees: measured, so that it holds for any architecture."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from backend.analysis.capture import Captured, capturing
from backend.analysis.networks import Network
from backend.analysis.objectives import Neuron

Box = tuple[int, int, int, int]
"""Top, left, bottom, right in pixels; bottom and right are the first that lie outside."""

MOST_ROUNDS = 12
QUIET_ROUNDS = 3
"""It is over when so many rounds in a row have brought no new pixel."""


def receptive_field(network: Network, layer: str, y: int, x: int) -> Box:
    """Measure which pixels can change a layer's output at one place.

    The gradient of a randomly weighted sum over the channels there is taken for a few inputs of random noise: a ReLU or
    a maximum hides some paths from each, but hardly the same ones. Where a ReLU gives the output, its input is read: it
    sees the same pixels, and has a gradient even where the unit is dead.

    Parameters
    ----------
    network : Network
    layer : str
    y, x : int
        Row and column of the layer's map, from the top left; without meaning for a layer without space.

    Returns
    -------
    (int, int, int, int)
        Top, left, bottom and right of the smallest rectangle around those pixels, at the network's input size; bottom
        and right exclusive. The whole image for a layer without space; all zeros where no pixel changes anything.

    Raises
    ------
    UserError
        Where the layer or the place does not exist.
    """
    info = network.card.layer(layer)
    if not info.has_space:
        return (0, 0, *network.input_size)
    Neuron(layer, 0, y, x).check(info)
    seen = torch.zeros(network.input_size, dtype=torch.bool, device=network.device)
    generator = torch.Generator().manual_seed(0)
    quiet = 0
    # cuDNN's Winograd and Fourier convolutions leave rounding noise where the gradient is exactly zero.
    with (
        torch.backends.cudnn.flags(enabled=False),
        capturing(network.module, {layer: info.calls}, before_relu=True) as forward,
    ):
        for _ in range(MOST_ROUNDS):
            reached = _reached(forward, network, Neuron(layer, 0, y, x), generator)
            quiet = 0 if bool((reached & ~seen).any()) else quiet + 1
            seen |= reached
            if quiet == QUIET_ROUNDS or bool(seen.all()):
                break
    return _box_around(seen)


def _reached(
    forward: Callable[[Tensor], Captured], network: Network, place: Neuron, generator: torch.Generator
) -> Tensor:
    """Give the pixels, bool (height, width), whose gradient is not zero for one input of random noise."""
    noise = torch.randn(1, network.in_channels, *network.input_size, generator=generator)
    image = noise.to(network.device).contiguous(memory_format=torch.channels_last).requires_grad_()
    captured = forward(image)
    output = captured.before_relu.get(place.layer, captured.outputs[place.layer])
    there = output[0, :, place.y, place.x]
    weights = torch.randn(there.shape, generator=generator).to(there)
    # Random weights, for in a plain sum opposite channels would cancel.
    (gradient,) = torch.autograd.grad((there * weights).sum(), image)
    return (gradient[0] != 0).any(0)


def _box_around(mask: Tensor) -> Box:
    rows, columns = (mask.any(along).nonzero().flatten().tolist() for along in (1, 0))
    return (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1) if rows else (0, 0, 0, 0)
