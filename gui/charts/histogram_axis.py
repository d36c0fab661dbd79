"""The two axes of a histogram: where a score and a count stand in pixels, and at which of them to write a figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gui.charts.ticks import score_ticks

MOST_BARS = 80
NARROWEST_BAR = 3
# Room beyond the data, in widths of the data: in such steps the axis grows, so that a marker that creeps moves no bar.
ROOMS = (0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
LOG_FLOOR = 0.5  # below 1, so that a bar of one image has a height
TICK_GAP = 15  # pixels between the figures of two counts, at least

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """Slots of equal width in whole pixels. The bars take some of them in a row; markers beyond the data the others.

    Parameters
    ----------
    left : int
        Where the first slot begins, in pixels.
    pitch : int
        Pixels a slot.
    slots : int
        Number of slots, at least 1.
    first : int
        Slots before the first bar.
    edges : ndarray of float64, shape (bars + 1,)
        The scores at the edges of the bars, ascending; the outer two are exactly the least and the largest score.
    """

    left: int
    pitch: int
    slots: int
    first: int
    edges: Floats

    @property
    def bars(self) -> int:
        return len(self.edges) - 1

    @property
    def step(self) -> float:
        """Return the width of a bar in score units."""
        return float(self.edges[-1] - self.edges[0]) / self.bars

    @property
    def right(self) -> int:
        return self.left + self.pitch * self.slots

    @property
    def ends(self) -> tuple[float, float]:
        """Return the scores at both ends of the axis."""
        return self.edge(0), self.edge(self.slots)

    def edge(self, slot: int) -> float:
        """Return the score at the left edge of a slot, to the bit the one the bars were counted with."""
        bar = slot - self.first
        if 0 <= bar <= self.bars:
            return float(self.edges[bar])
        # From the nearer end of the data, so that the edges ascend whatever the rounding.
        near = 0 if bar < 0 else self.bars
        return float(self.edges[near]) + (bar - near) * self.step

    def x_of(self, score: float) -> float:
        """Return the place of a score in pixels; those beyond the axis stand at its ends."""
        slot = self.first + (score - float(self.edges[0])) / self.step
        return self.left + self.pitch * min(max(slot, 0.0), float(self.slots))

    def slot_at(self, x: float) -> int:
        """Return the slot at a place in pixels; −1 beyond the ends."""
        slot = math.floor((x - self.left) / self.pitch)
        return slot if 0 <= slot < self.slots else -1

    def touched(self, x: float, other: float) -> tuple[float, float]:
        """Return the scores around all slots that two places and the way between them touch."""
        low, high = sorted(self._place(each) for each in (x, other))
        first = min(math.floor(low), self.slots - 1)
        return self.edge(first), self.edge(max(math.ceil(high), first + 1))

    def nearest_edge(self, x: float) -> float:
        return self.edge(round(self._place(x)))

    def moved(self, low: float, high: float, slots: int) -> tuple[float, float]:
        """Move a range by whole slots, as far as the axis goes; one from beyond it comes back into it."""
        least, most = self.ends
        if high - low >= most - least:
            return least, most
        shift = min(max(slots * self.step, least - low), most - high)
        return self.snapped(low + shift), self.snapped(high + shift)

    def snapped(self, score: float) -> float:
        """Return an edge in place of a score that differs from it by rounding alone: that must cost no image."""
        slot = round(self.first + (score - float(self.edges[0])) / self.step)
        return self.edge(slot) if abs(self.edge(slot) - score) < 1e-6 * self.step else score

    def _place(self, x: float) -> float:
        return min(max((x - self.left) / self.pitch, 0.0), float(self.slots))


def fit_axis(left: int, width: int, data: tuple[float, float], rooms: tuple[float, float] = (0.0, 0.0)) -> Axis:
    """Lay about 70 bars over a width in pixels; `rooms` are what is kept free before and after, in widths of the data.

    data : least and largest score, the second greater than the first.
    """
    pitch = max(NARROWEST_BAR, -(-width // MOST_BARS))
    slots = max(width // pitch, 1)
    bars = max(int(slots / (1 + sum(rooms))), 1)
    while bars > 1 and bars + sum(math.ceil(room * bars) for room in rooms) > slots:
        bars -= 1
    before = min(math.ceil(rooms[0] * bars), slots - bars)
    return Axis(left, pitch, slots, before, np.linspace(data[0], data[1], bars + 1))


def rooms_for(values: Sequence[float], span: tuple[float, float], rooms: tuple[float, float]) -> tuple[float, float]:
    """Return the shares of `span` to keep free below and above it, for marked values that may lie beyond."""
    low, high = span
    below, above = (low - min(values, default=low)) / (high - low), (max(values, default=low) - high) / (high - low)
    return room_for(below, rooms[0]), room_for(above, rooms[1])


def room_for(needed: float, now: float) -> float:
    """Return the room beyond the data for a marker that stands `needed` widths of the data past its end (< 0: inside).

    It grows at once, but shrinks only when the marker has come back a good way: else one that trembles would make the
    bars jump.
    """
    wanted = _rounded_up(needed)
    if wanted < now and _rounded_up(needed + 0.15 + now / 4) >= now:
        return now
    return wanted


def _rounded_up(needed: float) -> float:
    return next((room for room in ROOMS if room >= needed), ROOMS[-1])


def shares(counts: Floats, top: int, log: bool) -> Floats:
    """Return how much of the height each count takes, 0 to 1 for 0 to `top`; on a logarithmic axis 0 takes none."""
    if log:
        floored = np.maximum(counts, LOG_FLOOR)
        return np.asarray(np.log(floored / LOG_FLOOR) / math.log(max(top, 1) / LOG_FLOOR))
    return np.asarray(counts / max(top, 1))


def heights(counts: NDArray[np.int64], top: int, room: int, log: bool) -> NDArray[np.int64]:
    """Return how many of `room` pixels each count takes; 0 takes none, and even the least other one takes one.

    counts : int64 of any shape, at most `top` each.
    """
    rounded = np.rint(shares(counts.astype(np.float64), top, log) * room)
    return np.where(counts > 0, np.maximum(rounded, 1), 0).astype(np.int64)


def count_ticks(top: int, room: int, log: bool) -> list[int]:
    """Return the counts to write at the left: the largest, and round ones that leave it and each other air."""
    if top < 1:
        return []
    if log:
        candidates = [10**power for power in range(len(str(top)) - 1, -1, -1)]
    else:
        candidates = [round(tick) for tick in reversed(score_ticks(0, top, max(room // 40, 1))) if tick >= 1]
    chosen = [top]
    for count in candidates:
        above, here = heights(np.array([chosen[-1], count]), top, room, log)
        if above - here >= TICK_GAP and here >= TICK_GAP / 2:
            chosen.append(count)
    return chosen


def axis_score_text(score: float, step: float) -> str:
    """Return a score with as many decimals as tell it from one that is `step` away.

    >>> axis_score_text(0.5, 0.25), axis_score_text(-2.0, 1.0), axis_score_text(0.00012, 0.0001)
    ('0.50', '−2', '1.2e-04')
    """
    decimals = max(0, math.ceil(-math.log10(step) - 1e-9))
    if decimals > 3 or abs(score) >= 1e6:
        text = "0" if abs(score) < step / 2 else f"{score:.1e}"
    else:
        text = f"{score:,.{decimals}f}"
    if not text.strip("-0."):  # no minus before a nought
        text = text.removeprefix("-")
    return "−" + text[1:] if text.startswith("-") else text


def short_count(count: int) -> str:
    """Return a count in at most five characters.

    >>> short_count(950), short_count(34_812), short_count(10_000), short_count(1_281_167)
    ('950', '34.8k', '10k', '1.28M')
    """
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.3g}{letter}"
    return str(count)
