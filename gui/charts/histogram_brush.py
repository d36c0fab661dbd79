"""How a range of scores follows the hand: drawn, moved, resized, in whole bars. No window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gui.charts.histogram_axis import Axis

GRIP = 4
LEAST_DRAG = 3

Range = tuple[float, float]
Grip = Literal["", "low", "high", "inside"]


@dataclass(frozen=True)
class Drag:
    """Where the mouse was pressed, on what part of the range, and what the range was then."""

    x: float
    grip: Grip
    brush: Range | None

    def begins(self, x: float) -> bool:
        """Say whether the mouse has gone far enough for more than a click."""
        return abs(x - self.x) >= LEAST_DRAG

    def brush_at(self, x: float, axis: Axis) -> Range:
        """Return the range for the mouse at `x`."""
        if self.brush is None or self.grip == "":
            return axis.touched(self.x, x)
        if self.grip == "inside":
            return axis.moved(*self.brush, round((x - self.x) / axis.pitch))
        still = self.brush[1] if self.grip == "low" else self.brush[0]
        moving = axis.nearest_edge(x)
        return self.brush if moving == still else (min(moving, still), max(moving, still))


def grip_at(x: float, axis: Axis, brush: Range | None) -> Grip:
    """Return what of the range is under the mouse; a narrow one keeps a part inside that moves it."""
    if brush is None:
        return ""
    low, high = (axis.x_of(score) for score in brush)
    reach = min(GRIP, (high - low) / 3)
    if low - GRIP <= x <= low + reach:
        return "low"
    if high - reach <= x <= high + GRIP:
        return "high"
    return "inside" if low < x < high else ""


def stepped(axis: Axis, brush: Range | None, slots: int, resize: bool) -> Range:
    """Move a range, or its right edge alone, by slots; where there is none, begin with the outermost bar."""
    if brush is None:
        bar = axis.first if slots > 0 else axis.first + axis.bars - 1
        return axis.edge(bar), axis.edge(bar + 1)
    low, high = axis.moved(*brush, 0 if resize else slots)
    if not resize:
        return low, high
    moved = axis.snapped(high + slots * axis.step)
    return low, min(max(moved, axis.snapped(low + axis.step)), axis.ends[1])
