"""Whether a GPU may scan in half precision: only where the order of the images stays what it was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from backend.analysis.capture import capturing
from backend.analysis.images.image_dataset import ImageDataset
from backend.analysis.network import Network

SAMPLE = 128
CLOSE = 0.999
"""Rank correlation of the scores in both precisions from which on the ranks count as right."""


def autocast_keeps_ranks(
    network: Network, dataset: ImageDataset, layers: Sequence[str], kind: torch.dtype = torch.float16
) -> bool:
    """Compare how both precisions order a sample of images, channel by channel, and take the worst layer's median.

    Parameters
    ----------
    network : Network
    dataset : ImageDataset
    layers : sequence of str
    kind : torch.dtype, default torch.float16
        The narrower type.
    """
    rows = np.linspace(0, len(dataset) - 1, min(SAMPLE, len(dataset))).astype(np.int64)
    images = network.normalize(np.ascontiguousarray(dataset.images(np.unique(rows))))
    calls = {name: network.card.layer(name).calls for name in layers}
    with capturing(network.module, calls) as forward, torch.inference_mode():
        exact = forward(images).outputs
        with torch.autocast(network.device.type, kind):
            narrow = forward(images).outputs
    worst = min(_rank_correlation(exact[name], narrow[name]) for name in layers)
    return worst >= CLOSE


def _rank_correlation(first: torch.Tensor, second: torch.Tensor) -> float:
    """Give the median over channels of Spearman's correlation."""
    ranks = []
    for output in (first, second):
        scores = output.float().flatten(2).mean(2) if output.dim() > 2 else output.float()
        # Stable, so that a channel that never varies has the same ranks twice.
        order = scores.argsort(dim=0, stable=True).argsort(dim=0).float()
        ranks.append(order - order.mean(0))
    spread = (ranks[0].norm(dim=0) * ranks[1].norm(dim=0)).clamp_min(1e-12)
    return float(((ranks[0] * ranks[1]).sum(0) / spread).median())
