"""What the panels show of one unit's scores, worked out from a scan. Pure: no widget, no signal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from backend.jobs import (
    ActivationScan,
    Channel,
    ClassLogit,
    ClassProbability,
    Layer,
    Neuron,
    PictureScores,
    Pooling,
    ScoreStatistics,
    Unit,
    class_means,
    describe_scores,
    percentile_of,
    top_of,
)
from gui.text import share_text


@dataclass(frozen=True, eq=False)
class UnitScores:
    """The scores of one unit for every scanned image.

    Attributes
    ----------
    scan : ActivationScan
    unit : Unit
    pooling : {"mean", "maximum"}
    scores : float32 (images,)
    """

    scan: ActivationScan
    unit: Unit
    pooling: Pooling
    scores: NDArray[np.float32]

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        return self.scan.labels.astype(np.int64)

    @cached_property
    def statistics(self) -> ScoreStatistics:
        return describe_scores(self.scores)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Images from the highest score down; what is no number comes last."""
        return np.argsort(-self.scores, kind="stable")

    @cached_property
    def ascending(self) -> NDArray[np.float32]:
        """The finite scores, from the least up."""
        return np.sort(self.scores[np.isfinite(self.scores)])

    @cached_property
    def best_real(self) -> float | None:
        """The highest score of an image; None where the canvas maximises something else than what is shown here."""
        mean = self.pooling == "mean" or isinstance(self.unit, ClassLogit | ClassProbability)
        same = mean and not isinstance(self.unit, Neuron)
        return float(self.ascending[-1]) if same and len(self.ascending) else None

    @cached_property
    def least_equals(self) -> int:
        """How many images share the least score: of these, the first are as good as any."""
        return int(np.count_nonzero(self.scores == self.ascending[0])) if len(self.ascending) else 0

    def top(self, k: int) -> NDArray[np.int64]:
        return top_of(self.scores, k)

    def bottom(self, k: int) -> NDArray[np.int64]:
        """The `k` images with the lowest scores, lowest first; of equals the earlier first."""
        return top_of(self.scores, k, lowest=True)

    def within(self, low: float, high: float) -> NDArray[np.int64]:
        """Images whose score lies in low … high, highest first."""
        scores = self.scores[self.order]
        return self.order[(scores >= low) & (scores <= high)]

    def percentile(self, score: float) -> float:
        return percentile_of(score, self.ascending)

    @cached_property
    def class_means(self) -> NDArray[np.float64]:
        """Mean score of each of the data set's classes, NaN for one without images."""
        means: NDArray[np.float64] = class_means(self.scores[None], self.labels, len(self.scan.header.class_names))[0]
        return means

    @property
    def has_space(self) -> bool:
        """Whether the unit's layer has maps rather than single numbers."""
        layer = self.scan.layer(self.unit.layer_name)
        return layer.height * layer.width > 1

    def place(self, image: int) -> tuple[int, int] | None:
        """Where the unit is most excited by an image, as (row, column) of its map; None where it has no space."""
        if not isinstance(self.unit, Channel) or not self.has_space:
            return None
        return self.scan.place(self.unit.layer, self.unit.index, image)

    def score_of(self, picture: PictureScores) -> float:
        """Give the unit's score for a single picture; NaN where that was scored on another layer."""
        if picture.layer != self.unit.layer_name:
            return float("nan")
        pooled = picture.mean if self.pooling == "mean" else picture.maximum
        match self.unit:
            case ClassProbability(index):
                return float(picture.probabilities[index])
            case Layer():
                return float(pooled.mean())
            case Channel(_, index) | ClassLogit(index):
                return float(pooled[index])
            case _:
                return float("nan")


def unit_scores(scan: ActivationScan, unit: Unit, pooling: Pooling = "mean") -> UnitScores:
    """Read one unit's scores out of a scan that has its layer; a neuron is shown by its whole channel."""
    match unit:
        case ClassProbability(index):
            scores = scan.class_probabilities(index)
        case ClassLogit(index):
            scores = scan.channel_scores(unit.layer_name, index, pooling)
        case Neuron(layer, index) | Channel(layer, index):
            scores = scan.channel_scores(layer, index, pooling)
        case _:
            scores = scan.layer_scores(unit.layer_name, pooling).mean(0)
    return UnitScores(scan, unit, pooling, scores)


def standing(score: float, scores: UnitScores) -> str:
    """Say where a score stands among the images': "above all 50,000 images", "above 97.3 % of the images"."""
    if not np.isfinite(score) or not len(scores.ascending):
        return ""
    if score > scores.ascending[-1]:
        return f"above all {len(scores.ascending):,} images"
    if score < scores.ascending[0]:
        return f"below all {len(scores.ascending):,} images"
    return f"above {share_text(scores.percentile(score))} of the images"
