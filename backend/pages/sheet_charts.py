"""The charts of exported pages as inline SVG, their colours following the page's. Text in, text out; torch-free."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.analysis.scans.tuning import TuningCurve
from backend.pages.numbers import number
from backend.pages.sheet_page import escaped

FURTHEST_MARK = 0.75
"""How far beyond the bars a mark may widen the axis, in widths of the bars; further away it is only named."""
MOST_CLASSES = 12


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many images have which score: `counts` (bins,) between `edges` (bins + 1,), ascending."""

    counts: NDArray[np.int64]
    edges: NDArray[np.float64]


@dataclass(frozen=True)
class _Frame:
    """The plot area of a chart, in pixels, and the values at its borders."""

    width: int
    height: int
    low: float
    high: float
    bottom: float
    top: float
    left_margin: int = 52
    bottom_margin: int = 40

    def x(self, value: float) -> float:
        inner = self.width - self.left_margin - 12
        return self.left_margin + inner * (value - self.low) / ((self.high - self.low) or 1.0)

    def y(self, value: float) -> float:
        inner = self.height - self.bottom_margin - 24
        return 24 + inner * (1 - (value - self.bottom) / ((self.top - self.bottom) or 1.0))


def round_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Give at most `most` round values between `low` and `high`: steps of 1, 2 or 5 times a power of ten."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low] if math.isfinite(low) else []
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    for factor in (1, 2, 5, 10, 20):
        step = factor * power
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            break
    return [index * step for index in range(first, last + 1)]


def histogram_chart(histogram: Histogram, mark: float | None = None, width: int = 680, height: int = 240) -> str:
    """Draw how many images have which score; `mark` is the score of the optimised picture.

    A bin that holds a single image is still a pixel high, so that the tail is seen.
    """
    counts, edges = histogram.counts, histogram.edges
    low, high = float(edges[0]), float(edges[-1])
    reach = FURTHEST_MARK * (high - low)
    near = mark is not None and low - reach <= mark <= high + reach
    if mark is not None and near:
        low, high = min(low, mark), max(high, mark)
    frame = _Frame(width, height, low, high, 0.0, float(max(counts.max(initial=0), 1)))
    bars = []
    for count, left, right in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if count:
            tall = max(1.0, frame.y(0) - frame.y(count))
            wide = max(0.5, frame.x(right) - frame.x(left) - 0.75)
            bars.append(_rectangle(frame.x(left), frame.y(0) - tall, wide, tall))
    content = [_axes(frame, "score", "images", counting=True), *bars]
    if mark is not None and math.isfinite(mark):
        content.append(_optimised_mark(frame, mark if near else None, mark))
    return _svg(frame, "How many images have which score", content)


def _optimised_mark(frame: _Frame, place: float | None, score: float) -> str:
    text = f"optimised {number(score)}"
    if place is None:
        far = "→" if score > frame.high else "←"
        return _text(frame.width - 12, 14, f"{text} {far}", "end", "found")
    x = frame.x(place)
    line = f'<path class="mark" d="M{x:.1f} 20V{frame.y(0):.1f}"/>'
    if x > frame.width - 60:
        return line + _text(frame.width - 4, 14, text, "end", "found")
    return line + _text(max(x, 52.0), 14, text, "middle", "found")


def curve_chart(curve: TuningCurve, width: int = 248, height: int = 170) -> str:
    """Draw the mean score (line) and the largest (broken line) against the parameter."""
    values = np.asarray(curve.values, float)
    mean, largest = np.asarray(curve.mean, float), np.asarray(curve.largest, float)
    known = np.concatenate([mean[np.isfinite(mean)], largest[np.isfinite(largest)], [0.0]])
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    frame = _Frame(width, height, low, high, float(known.min()), float(known.max()), left_margin=40)
    unit = curve.unit.strip()
    title = curve.name.capitalize() + (f" ({unit})" if unit else "")
    dots = [
        f'<circle class="dot" cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="2.5"/>'
        for x, y in zip(values.tolist(), mean.tolist(), strict=True)
        if math.isfinite(y)
    ]
    lines = [_line(frame, values, largest, "faint"), _line(frame, values, mean, "line")]
    return _svg(frame, f"Score against {curve.name}", [_axes(frame, title, "score", most=4), *lines, *dots])


def _line(frame: _Frame, values: NDArray[Any], scores: NDArray[Any], kind: str) -> str:
    """Join neighbouring points; what is not known leaves a gap."""
    path, drawing = [], False
    for value, score in zip(values.tolist(), scores.tolist(), strict=True):
        if math.isfinite(score):
            path.append(f"{'L' if drawing else 'M'}{frame.x(value):.1f} {frame.y(score):.1f}")
        drawing = math.isfinite(score)
    return f'<path class="{kind}" d="{"".join(path)}"/>' if path else ""


def class_chart(classes: Sequence[tuple[str, float]], width: int = 308) -> str:
    """Draw the mean score of each class as a bar, the largest first; at most `MOST_CLASSES` of them."""
    shown = sorted(classes, key=lambda entry: -entry[1])[:MOST_CLASSES]
    scores = [score for _, score in shown if math.isfinite(score)]
    low, high = min([0.0, *scores]), max([0.0, *scores])
    frame = _Frame(width, 22 * len(shown) + 38, low, high, 0.0, 1.0, left_margin=120)
    content = []
    for row, (name, score) in enumerate(shown):
        y = 22 * row + 4
        text = name if len(name) <= 18 else name[:17] + "…"
        content.append(f"<g><title>{escaped(name)}</title>{_text(112, y + 11, text, 'end', 'title')}")
        if math.isfinite(score):
            left, right = sorted((frame.x(0), frame.x(score)))
            content.append(_rectangle(left, y, max(right - left, 1.0), 14))
            # Inside a long bar there is no room for the value beside it.
            content.append(_text(frame.x(max(score, 0.0)) + 6, y + 11, number(score), "start", ""))
        content.append("</g>")
    floor = 22 * len(shown) + 4
    content.append(f'<path class="axis" d="M{frame.x(0):.1f} 0V{floor}"/>')
    content.append(_text((120 + width - 12) / 2, floor + 18, "mean score", "middle", "title"))
    return _svg(frame, "Mean score of each class", content, right=40)


def _axes(frame: _Frame, across: str, up: str, most: int = 6, counting: bool = False) -> str:
    floor, left = frame.y(frame.bottom), frame.left_margin
    parts = [f'<path class="axis" d="M{left} {floor:.1f}H{frame.width - 12}"/>']
    for tick in round_ticks(frame.low, frame.high, most):
        x = frame.x(tick)
        parts.append(f'<path class="axis" d="M{x:.1f} {floor:.1f}v4"/>')
        parts.append(_text(x, floor + 16, _tick(tick), "middle", ""))
    for tick in round_ticks(frame.bottom, frame.top, 4):
        if counting and tick != round(tick):
            continue
        y = frame.y(tick)
        if tick > frame.bottom:
            parts.append(f'<path class="axis" opacity=".55" d="M{left} {y:.1f}H{frame.width - 12}"/>')
        parts.append(_text(left - 6, y + 4, _tick(tick), "end", ""))
    parts.append(_text((left + frame.width - 12) / 2, frame.height - 6, across, "middle", "title"))
    parts.append(_text(left - 6, 12, up, "end", "title"))
    return "".join(parts)


def _tick(value: float) -> str:
    return f"{value:,.10g}".replace("-", "−")


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{width:.2f}" height="{height:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str, kind: str) -> str:
    mark = f' class="{kind}"' if kind else ""
    return f'<text{mark} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escaped(text)}</text>'


def _svg(frame: _Frame, meaning: str, content: Sequence[str], right: int = 0) -> str:
    width = frame.width + right
    return (
        f'<svg viewBox="0 0 {width} {frame.height}" width="{width}" height="{frame.height}" role="img" '
        f'aria-label="{escaped(meaning)}">{"".join(content)}</svg>'
    )
