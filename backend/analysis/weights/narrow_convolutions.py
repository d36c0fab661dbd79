"""A fault of oneDNN that would end the process in the middle of a training, and the way round it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from backend.analysis.network import Network


def is_narrow(network: Network) -> bool:
    """Tell whether a convolution has so few channels that oneDNN must not train it.

    On CPUs with AVX2 but no AVX-512, oneDNN of torch 2.15 writes past the weights' gradient of a channels-last
    convolution of fewer than 8 channels, and the process aborts.
    """
    return any(part.out_channels < 8 for part in network.module.modules() if isinstance(part, nn.Conv2d))


@contextmanager
def without_onednn(off: bool) -> Iterator[None]:
    """Compute without oneDNN while the block lasts, where `off`; the setting is everyone's, so never over a `yield`."""
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = before and not off  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.backends.mkldnn.enabled = before
