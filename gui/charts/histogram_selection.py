"""The selected images within a histogram: bars of their own before the quiet whole, and the two means."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QPixmap

from gui.charts import histogram_paint as paint
from gui.charts.histogram_bins import Bars, Sample
from gui.charts.histogram_paint import Marker
from gui.theme import tokens

QUIET = 0.45
"""Opacity of the whole behind the selected images: it is still read, class by class."""


def magnification(bars: Bars, log: bool) -> int:
    """Say how many times taller the selected images are drawn: 1, 2, 5, 10, 20 …, as fits.

    A hundred images among thousands would be a line at the bottom. On a logarithmic axis each can be seen as it is.
    """
    tallest = 0 if bars.selected is None else int(bars.selected.max(initial=0))
    if log or not tallest:
        return 1
    steps: list[int] = [step * int(10**power) for power in range(9) for step in (1, 2, 5)]
    return max(step for step in steps if step == 1 or step * tallest <= bars.top)


def selection_picture(size: QRect, ratio: float, bars: Bars, log: bool) -> QPixmap:
    """Paint the bars of the selected images alone on nothing."""
    counts = np.zeros(bars.axis.bars, np.int64) if bars.selected is None else bars.selected
    return paint.plain_picture(size, ratio, bars, counts * magnification(bars, log), log, tokens().accent)


def mean_markers(sample: Sample, bars: Bars, log: bool) -> list[Marker]:
    """Mark the mean of the selected images and that of all; the first says how tall its bars are drawn."""
    if sample.selected is None or not sample.selected.any():
        return []
    mean = float(sample.scores[sample.selected].mean(dtype=np.float64))
    factor = magnification(bars, log)
    words = f"selected, bars ×{factor:,}" if factor > 1 else "selected"
    return [Marker(mean, words, "accent"), Marker(sample.mean, "all", "quiet")]
