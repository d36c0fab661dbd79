"""The charts of an explained prediction as inline SVG: what filters add to a logit, and what is left without them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from backend.pages.numbers import number, per_cent, signed
from backend.pages.sheet_charts import round_ticks
from backend.pages.sheet_page import escaped

BAR = 14
"""Pixels that a bar is high."""
_QUIET, _PATH = "fill:var(--quiet)", "fill:var(--path)"


@dataclass(frozen=True, eq=False)
class AblationCurve:
    """A class's probability as filters are set to 0, those of a path against as many random others of their layer.

    Attributes
    ----------
    counts : ndarray of int64
        (n,), how many filters are set to 0; ascending from 0.
    probability : ndarray of float
        (n,), in 0..1: without the path's critical filters, the first 0, 1, … of them.
    random_low, random_mean, random_high : ndarray of float
        (n,), in 0..1: least, mean and largest over the random choices; NaN from where on
        the layer has fewer others than that.
    """

    counts: NDArray[np.int64]
    probability: NDArray[np.floating[Any]]
    random_low: NDArray[np.floating[Any]]
    random_mean: NDArray[np.floating[Any]]
    random_high: NDArray[np.floating[Any]]


Kind = Literal["path", "filters", "rest", "sum"]
_STYLES: dict[Kind, str] = {"path": _PATH, "filters": "", "rest": _QUIET, "sum": "fill:var(--text)"}


class Portion(NamedTuple):
    """One bar of a sum: its name, where it begins and ends, and what it is of."""

    name: str
    begin: float
    end: float
    kind: Kind = "filters"

    @property
    def figure(self) -> str:
        """What it adds, with its sign; of the sum, what that is."""
        return number(self.end) if self.kind == "sum" else signed(self.end - self.begin)


def signed_bar(value: float, least: float, most: float, width: int) -> str:
    """Draw one number as a bar to the right or left of 0, the number beside it.

    Parameters
    ----------
    value : float
    least, most : float
        Of all the bars that are to be compared with this one; 0 is always in sight.
    width : int
        Pixels, the number included.
    """
    inner = width - 48
    low, high = min(least, 0.0), max(most, 0.0)
    scale = inner / ((high - low) or 1.0)
    zero = -low * scale
    content = []
    if math.isfinite(value):
        # A thin one is still seen, and on its own side of 0.
        long = max(abs(value) * scale, 1.0)
        content.append(_bar(zero if value >= 0 else zero - long, 1, long, "" if value >= 0 else _QUIET))
    content.append(f'<path class="axis" d="M{zero:.1f} 0V{BAR + 2}"/>')
    content.append(_text(width, BAR - 2, signed(value), "end", "strong"))
    return _svg(width, BAR + 2, f"contribution {signed(value)}", content)


def sum_chart(portions: Sequence[Portion], width: int = 680) -> str:
    """Draw numbers and their sum below one another, each bar beginning where the one above it ends."""
    margin, row, right = 200, BAR + 10, 64
    ends = [0.0, *(end for portion in portions for end in (portion.begin, portion.end))]
    low, high = min(ends), max(ends)
    scale = (width - margin - right) / ((high - low) or 1.0)
    content = [f'<path class="axis" d="M{margin - low * scale:.1f} 0V{row * len(portions)}"/>']
    for place, portion in enumerate(portions):
        name, begin, end, kind = portion
        left, far = (margin + (value - low) * scale for value in sorted((begin, end)))
        top = place * row + 5
        shown = name if len(name) <= 30 else name[:29] + "…"
        label = _text(margin - 12, top + BAR - 3, shown, "end", "title")
        content.append(f"<g><title>{escaped(name)}</title>{label}</g>")
        content.append(_bar(left, top, max(far - left, 1.0), _STYLES[kind]))
        content.append(_text(max(far, left + 1) + 8, top + BAR - 3, portion.figure, "start", "strong"))
        if place < len(portions) - 1:
            x = margin + (end - low) * scale
            content.append(f'<path class="axis" d="M{x:.1f} {top + BAR}v{row - BAR}"/>')
    return _svg(width, row * len(portions), "What the logit is the sum of", content)


class Share(Protocol):
    """What a bar of `shares_chart` is drawn from."""

    @property
    def address(self) -> str: ...
    @property
    def contribution(self) -> float: ...
    @property
    def on_path(self) -> bool: ...


def shares_chart(shares: Sequence[Share], network: str = "", width: int = 680) -> str:
    """Draw what single filters add to a sum or take from it below one another; a dot marks those of the path."""
    margin, row, right = 200, BAR + 10, 64
    values = [0.0, *(share.contribution for share in shares if math.isfinite(share.contribution))]
    scale = (width - margin - right) / ((max(values) - min(values)) or 1.0)
    zero = margin - min(values) * scale
    content = [f'<path class="axis" d="M{zero:.1f} 0V{row * len(shares)}"/>']
    for place, share in enumerate(shares):
        top, name = place * row + 5, share.address.removeprefix(f"{network}/")
        if share.on_path:
            content.append(f'<circle style="{_PATH}" cx="{margin - 12:.1f}" cy="{top + BAR / 2}" r="3.5"/>')
        shown = name if len(name) <= 28 else "…" + name[-27:]
        content.append(f"<g><title>{escaped(share.address)}</title>")
        content.append(_text(margin - 24, top + BAR - 3, shown, "end", "title") + "</g>")
        if math.isfinite(share.contribution):
            long = max(abs(share.contribution) * scale, 1.0)
            less = share.contribution < 0
            content.append(_bar(zero - long if less else zero, top, long, _QUIET if less else ""))
        content.append(_text(width, top + BAR - 3, signed(share.contribution), "end", "strong"))
    return _svg(width, row * len(shares), "The filters that contribute the most", content)


def ablation_chart(curve: AblationCurve, width: int = 680, height: int = 260) -> str:
    """Draw the probability against the filters set to 0: the path's as a line, random others as a band and its mean."""
    left, right, top, floor = 48, width - 56, 36, height - 40
    most = max(float(curve.counts[-1]), 1.0)

    def place(count: float, share: float) -> str:
        return f"{left + (right - left) * count / most:.1f} {floor + (top - floor) * share:.1f}"

    content = [_ablation_axes(left, right, top, floor, most), _ablation_legend(left)]
    known = np.isfinite(curve.random_low) & np.isfinite(curve.random_high)
    counts = curve.counts.astype(float)
    upper = [place(*point) for point in zip(counts[known].tolist(), curve.random_high[known].tolist(), strict=True)]
    lower = [place(*point) for point in zip(counts[known].tolist(), curve.random_low[known].tolist(), strict=True)]
    if len(upper) > 1:
        band = "L".join([*upper, *reversed(lower)])
        content.append(f'<path class="band" style="{_QUIET};opacity:.18" d="M{band}Z"/>')
    for values, kind, style in ((curve.random_mean, "faint", ""), (curve.probability, "mark", "stroke-width:2")):
        points = zip(counts.tolist(), values.tolist(), strict=True)
        line = "L".join(place(count, share) for count, share in points if math.isfinite(share))
        content.append(f'<path class="{kind}" style="{style}" d="M{line}"/>' if line else "")
    sparse = len(counts) <= (right - left) / 8
    for count, share in zip(counts.tolist(), curve.probability.tolist(), strict=True):
        if sparse and math.isfinite(share):
            x, y = place(count, share).split()
            content.append(f'<circle class="dot" style="{_PATH}" cx="{x}" cy="{y}" r="3"/>')
    content.append(_ablation_ends(curve, right + 10, top, floor))
    return _svg(width, height, "Probability against the number of filters set to 0", content)


def _ablation_axes(left: int, right: int, top: int, floor: int, most: float) -> str:
    parts = []
    for quarter in range(5):
        y = floor + (top - floor) * quarter / 4
        faint = ' opacity=".55"' if quarter else ""
        parts.append(f'<path class="axis"{faint} d="M{left} {y:.1f}H{right}"/>')
        parts.append(_text(left - 8, y + 4, f"{25 * quarter} %", "end", ""))
    for tick in round_ticks(0.0, most, 10):
        if tick == round(tick):
            x = left + (right - left) * tick / most
            parts.append(
                f'<path class="axis" d="M{x:.1f} {floor}v4"/>{_text(x, floor + 16, f"{tick:,.0f}", "middle", "")}'
            )
    parts.append(_text((left + right) / 2, floor + 34, "filters set to 0", "middle", "title"))
    return "".join(parts)


def _ablation_legend(left: int) -> str:
    other = left + 196
    return "".join(
        [
            f'<path class="mark" style="stroke-width:2" d="M{left} 10h18"/>',
            f'<circle style="{_PATH}" cx="{left + 9}" cy="10" r="3"/>',
            _text(left + 26, 14, "critical filters of the path", "start", "title"),
            f'<rect style="{_QUIET};opacity:.18" x="{other}" y="4" width="18" height="12"/>',
            f'<path class="faint" d="M{other} 10h18"/>',
            _text(other + 26, 14, "random others: mean, and least to largest", "start", "title"),
        ]
    )


def _ablation_ends(curve: AblationCurve, x: float, top: int, floor: int) -> str:
    """Write both values at the end of the curve, the higher one above the other and neither upon it."""
    ends = [(float(curve.probability[-1]), "found"), (float(curve.random_mean[-1]), "")]
    shown = sorted(((share, kind) for share, kind in ends if math.isfinite(share)), reverse=True)
    heights = [floor + (top - floor) * share + 4 for share, _ in shown]
    if len(shown) == 2 and heights[1] - heights[0] < 13:
        middle = sum(heights) / 2
        heights = [middle - 6.5, middle + 6.5]
    return "".join(
        _text(x, height, per_cent(share), "start", kind) for (share, kind), height in zip(shown, heights, strict=True)
    )


def _bar(left: float, top: float, width: float, style: str) -> str:
    shown = f' style="{style}"' if style else ""
    return f'<rect class="bar"{shown} x="{left:.1f}" y="{top}" width="{width:.2f}" height="{BAR}"/>'


def _text(x: float, y: float, text: str, anchor: str, kind: str) -> str:
    mark = f' class="{kind}"' if kind else ""
    return f'<text{mark} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escaped(text)}</text>'


def _svg(width: int, height: int, meaning: str, content: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escaped(meaning)}">{"".join(content)}</svg>'
    )
