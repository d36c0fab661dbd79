"""The selected images among all the scores of a unit: which they are, and how they differ. Pure: no widget."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from backend.jobs import top_of
from gui.session import Session
from gui.text import plural, score_text
from gui.units.unit_scores import UnitScores

SAME = 0.05
"""Deviations below which a difference is none to speak of."""


@dataclass(frozen=True, eq=False)
class SelectedScores:
    """Some of the images that have a score; it is asked the same questions as the scores of all.

    Attributes
    ----------
    whole : UnitScores
    numbers : ndarray of int64
        The selected images among them, ascending.
    total : int
        How many are selected, whether or not they have a score by now.
    name : str
        What they are.
    """

    whole: UnitScores
    numbers: NDArray[np.int64]
    total: int
    name: str

    @cached_property
    def scores(self) -> NDArray[np.float32]:
        return self.whole.scores[self.numbers]

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """Which of all images are selected, (images,)."""
        mask = np.zeros(len(self.whole.scores), np.bool_)
        mask[self.numbers] = True
        return mask

    @cached_property
    def mean(self) -> float:
        """Their mean score, what is no number left out; NaN where there is none."""
        finite = self.scores[np.isfinite(self.scores)]
        return float(finite.mean(dtype=np.float64)) if len(finite) else float("nan")

    @property
    def differs(self) -> float:
        """How far their mean lies above that of all images, in deviations of these."""
        statistics = self.whole.statistics
        return (self.mean - statistics.mean) / statistics.deviation if statistics.deviation > 0 else 0.0

    @cached_property
    def least_equals(self) -> int:
        finite = self.scores[np.isfinite(self.scores)]
        return int(np.count_nonzero(finite == finite.min())) if len(finite) else 0

    def top(self, k: int) -> NDArray[np.int64]:
        return self.numbers[top_of(self.scores, k)]

    def bottom(self, k: int) -> NDArray[np.int64]:
        return self.numbers[top_of(self.scores, k, lowest=True)]

    def within(self, low: float, high: float) -> NDArray[np.int64]:
        """Those whose score lies in low … high, highest first."""
        inside = self.whole.within(low, high)
        return inside[self.mask[inside]]

    @property
    def counted(self) -> str:
        """Say of how many: "142 selected", and of those that the scan has not reached yet, how many it has."""
        done = len(self.numbers)
        return f"{done:,} selected" if done == self.total else f"{done:,} of {self.total:,} selected"

    @property
    def words(self) -> str:
        """Say how they score: "mean 0.62, 1.3 deviations above all"."""
        if not np.isfinite(self.mean):
            return "none of them has a score yet"
        size = f"{abs(self.differs):.1f}"
        if abs(self.differs) < SAME:
            how = "as all"
        else:
            deviations = plural("deviation", 1 if size == "1.0" else 2)
            how = f"{size} {deviations} {'above' if self.differs > 0 else 'below'} all"
        known = "" if len(self.numbers) == self.total else f"{len(self.numbers):,} scanned: "
        return f"{known}mean {score_text(self.mean)}, {how}"


def selected_scores(session: Session, scores: UnitScores | None) -> SelectedScores | None:
    """Give the selected images among these scores; None where none are selected, or nothing is scored."""
    images = session.facts.images
    numbers = None if scores is None else session.images_in(scores.scan)
    if scores is None or images is None or numbers is None:
        return None
    return SelectedScores(scores, numbers, len(images), images.name)
