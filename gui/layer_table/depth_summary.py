"""Skewness, zeros and shapes by depth: one row a layer, and the sentence that answers the paper's claim (sec. 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.jobs import LOGITS, DescribedLayer
from gui.text import percentage

SHAPES = ("long-tailed", "skewed", "mostly silent", "dead", "flat", "bell-shaped")
"""In the order in which they are stacked: what the claim is about stands on the ground."""
BELL, LONG_TAILED, SILENT = (SHAPES.index(shape) for shape in ("bell-shaped", "long-tailed", "mostly silent"))
TREND = 0.5
"""Rank correlation from which on there is a trend with depth."""
FEWEST = 4
"""Layers below which a correlation says nothing."""


@dataclass(frozen=True)
class LayerDepth:
    """One layer.

    Attributes
    ----------
    layer : str
    channels, images : int
    skewness, low, high : float
        Median, 10 % and 90 % quantile of its living channels; NaN where all are dead.
    zeros : float
        Mean share of scores that are exactly 0, in 0..1.
    shapes : tuple of float
        Share of the channels of each of `SHAPES`.
    """

    layer: str
    channels: int
    images: int
    skewness: float
    low: float
    high: float
    zeros: float
    shapes: tuple[float, ...]


def summary(described: DescribedLayer) -> LayerDepth:
    """Sum a layer up."""
    found, words = described.statistics, described.statistics.shapes()
    living = found.skewness[~found.dead].astype(np.float64)
    low, median, high = np.quantile(living, [0.1, 0.5, 0.9]) if len(living) else (float("nan"),) * 3
    shares = tuple(words.count(shape) / max(len(words), 1) for shape in SHAPES)
    zeros = float(found.zeros.mean()) if len(words) else float("nan")
    return LayerDepth(
        described.layer, len(words), described.done, float(median), float(low), float(high), zeros, shares
    )


def summaries(described: Iterable[DescribedLayer], order: Sequence[str]) -> tuple[LayerDepth, ...]:
    """Sum up the layers that are known, in the order in which the network calls them."""
    known = {each.layer: each for each in described}
    return tuple(summary(known[name]) for name in order if name in known)


def rank_correlation(values: Sequence[float]) -> float:
    """Give Spearman's correlation of values with their place; NaN where they are all equal or fewer than two."""
    numbers = np.asarray(values, np.float64)
    places, ranks = np.arange(len(numbers), dtype=np.float64), _ranks(numbers)
    if len(numbers) < 2 or np.ptp(ranks) == 0:
        return float("nan")
    return float(np.corrcoef(places, ranks)[0, 1])


def claim(layers: Sequence[LayerDepth]) -> str:
    """Say what the layers say of “low layers bell-shaped, high layers long-tailed”, whether or not they agree.

    The logits are left out: they are sums of filters, and no filters.
    """
    told = [layer for layer in layers if layer.layer != LOGITS and np.isfinite(layer.skewness)]
    if not told:
        return ""
    first, last = told[0], told[-1]
    if len(told) == 1:
        return f"The median skewness of {first.layer} is {_signed(first.skewness)}; a second layer is yet to come."
    correlation = rank_correlation([layer.skewness for layer in told])
    known = len(told) >= FEWEST and np.isfinite(correlation)
    ranked = f" (rank correlation with depth {_signed(correlation)})" if known else ""
    silent = _change("mostly silent ones", first.shapes[SILENT], last.shapes[SILENT], 0)
    parts = [
        f"the median skewness goes from {_signed(first.skewness)} to {_signed(last.skewness)}{ranked}",
        _change("zeros", first.zeros, last.zeros, 1),
        _change("bell-shaped channels", first.shapes[BELL], last.shapes[BELL], 0),
        _change("long-tailed ones", first.shapes[LONG_TAILED], last.shapes[LONG_TAILED], 0),
        *([silent] if first.shapes[SILENT] or last.shapes[SILENT] else []),
    ]
    sentence = f"From {first.layer} to {last.layer} {', '.join(parts)}."
    return f"{sentence} {_verdict(correlation, _tails(first), _tails(last))}" if known else sentence


def _verdict(correlation: float, tails_first: float, tails_last: float) -> str:
    if correlation >= TREND and tails_last > tails_first:
        return "So the tails grow with depth, as the paper says (sec. 2.3)."
    if correlation <= -TREND and tails_last < tails_first:
        return "So the tails shrink with depth, which contradicts the paper (sec. 2.3)."
    return "That is no clear trend with depth, where the paper saw tails that grow (sec. 2.3)."


def _tails(layer: LayerDepth) -> float:
    """Give the share of channels that few images excite: a silent one has the longest tail of all."""
    return layer.shapes[LONG_TAILED] + layer.shapes[SILENT]


def _change(name: str, first: float, last: float, decimals: int) -> str:
    return f"{name} from {percentage(first, decimals)} to {percentage(last, decimals)}"


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give ranks from 0; equals share the mean of theirs."""
    below = (values[:, None] > values[None]).sum(1)
    equal = (values[:, None] == values[None]).sum(1)
    ranks: NDArray[np.float64] = below + (equal - 1) / 2
    return ranks
