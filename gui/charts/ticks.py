"""Round figures along an axis."""

from __future__ import annotations

import math


def skewness_ticks(low: float, high: float) -> list[float]:
    """Give round figures between `low` and `high`, 0 among them, at most five."""
    rough = (high - low) / 4
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    return [place * step for place in range(math.ceil(low / step), math.floor(high / step) + 1)]


def score_ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most `most` round scores within [low, high]."""
    step = _round_step((high - low) / max(most, 1))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last - first >= most:
        step = _round_step(step * 1.01)
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [count * step for count in range(first, last + 1)]


def _round_step(least: float) -> float:
    """Return the least of 1, 2, 5, 10, … times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
