"""The loop to compare with: the least PyTorch code that makes the same forward and backward."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import torch
from torch import Tensor

from backend.analysis.network import Network


class _Reached(Exception):
    pass


@contextmanager
def stopped_at(network: Network, layer: str) -> Iterator[dict[str, Tensor]]:
    """End every forward at `layer` and keep its output."""
    kept: dict[str, Tensor] = {}

    def keep(_module: object, _inputs: object, output: Tensor) -> None:
        kept["output"] = output
        raise _Reached

    handle = dict(network.module.named_modules())[layer].register_forward_hook(keep)
    try:
        yield kept
    finally:
        handle.remove()


def bare_steps_per_second(network: Network, layer: str, channel: int, batch: int, seconds: float) -> float:
    """Climb a channel's mean with plain gradient ascent: weights frozen, forward stopped, channels-last."""
    size = network.input_size
    images = torch.randn(batch, network.in_channels, *size, device=network.device) * 0.1
    images = images.contiguous(memory_format=torch.channels_last).requires_grad_()
    steps = 0
    with stopped_at(network, layer) as kept:
        begin = time.perf_counter()
        while time.perf_counter() - begin < seconds:
            with suppress(_Reached):
                network.module(images)
            (gradient,) = torch.autograd.grad(kept["output"][:, channel].mean((1, 2)).sum(), images)
            images = (images.detach() + 0.05 * gradient).requires_grad_()
            steps += 1
        if network.device.type == "cuda":
            torch.cuda.synchronize()
        return steps / (time.perf_counter() - begin)


def best_bare(network: Network, layer: str, channel: int, batch: int, seconds: float, cores: int) -> float:
    """Give the best rate over one thread and all cores; leaves torch with the number it had."""
    before = torch.get_num_threads()
    rates = []
    for threads in {1, cores}:
        torch.set_num_threads(threads)
        rates.append(bare_steps_per_second(network, layer, channel, batch, seconds))
    torch.set_num_threads(before)
    return max(rates)
