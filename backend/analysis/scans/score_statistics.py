"""How scores are distributed: moments, a word for the shape, and what a layer's channels have in common. Torch-free."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.events import Progress
from backend.analysis.scans.scan_results import ActivationScan, Floats

SILENT_SHARE = 0.5
TAIL_SKEWNESS = 1.0
SLIGHT_SKEWNESS = 0.5
TAIL_KURTOSIS = 3.0
FLAT_KURTOSIS = -1.0
DUPLICATE = 0.995
"""Cosine of two channels' score vectors from which on they are called duplicates."""
_AT_ONCE = 64
"""Channels whose scores are held in double precision at once."""

SHAPE_RULE = (
    "dead: every image has the same score\n"
    "mostly silent: at least half of the images score exactly 0\n"
    "long-tailed: skewness beyond ±1, or excess kurtosis above 3\n"
    "skewed: skewness beyond ±0.5\n"
    "flat: excess kurtosis below −1, as of an even spread or of two peaks\n"
    "bell-shaped: none of these"
)
"""The rule behind `shape_word`, to be shown beside it."""


@dataclass(frozen=True)
class ScoreStatistics:
    """Of the scores of one unit over many images.

    Attributes
    ----------
    images : int
        Those whose score is a finite number.
    mean, deviation, skewness, kurtosis : float
        Population moments; kurtosis is the excess over the normal distribution's 3. Skewness and kurtosis are 0 where
        the deviation is.
    zeros : float
        Share of scores that are exactly 0, in 0..1.
    least, largest : float
    """

    images: int
    mean: float
    deviation: float
    skewness: float
    kurtosis: float
    zeros: float
    least: float
    largest: float

    @property
    def shape(self) -> str:
        return shape_word(self.deviation, self.skewness, self.kurtosis, self.zeros)


def describe_scores(scores: Floats) -> ScoreStatistics:
    """Describe scores, float32 (images,); what is not finite is left out (paper sec. 2.3, fig. 5)."""
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        nan = float("nan")
        return ScoreStatistics(0, nan, nan, nan, nan, nan, nan, nan)
    mean, deviation, skewness, kurtosis = (float(value[0]) for value in _moments(finite[None]))
    zeros = float(np.count_nonzero(finite == 0)) / len(finite)
    return ScoreStatistics(
        len(finite), mean, deviation, skewness, kurtosis, zeros, float(finite.min()), float(finite.max())
    )


def shape_word(deviation: float, skewness: float, kurtosis: float, zeros: float) -> str:
    """Say what the shape of a distribution is called; `SHAPE_RULE` has the rule in words."""
    if not deviation > 0:
        return "dead"
    if zeros >= SILENT_SHARE:
        return "mostly silent"
    if abs(skewness) >= TAIL_SKEWNESS or kurtosis >= TAIL_KURTOSIS:
        return "long-tailed"
    if abs(skewness) >= SLIGHT_SKEWNESS:
        return "skewed"
    return "flat" if kurtosis <= FLAT_KURTOSIS else "bell-shaped"


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """Of every channel of one layer; arrays are (channels,) and read-only.

    Attributes
    ----------
    mean, deviation, skewness, kurtosis, zeros : float32
        As in `ScoreStatistics`.
    class_means : float32 (channels, classes)
        Mean score of each of the data set's classes; NaN for a class without images.
    preferred : int32
        The class with the largest mean.
    selectivity : float32
        How far its mean lies above that of all other images, in deviations of the channel.
    twin : int32
        The most similar other channel, by the cosine of the score vectors; −1 where there is none.
    twin_cosine : float32
    """

    mean: Floats
    deviation: Floats
    skewness: Floats
    kurtosis: Floats
    zeros: Floats
    class_means: Floats
    preferred: NDArray[np.int32]
    selectivity: Floats
    twin: NDArray[np.int32]
    twin_cosine: Floats

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Channels that give every image the same score."""
        return ~(self.deviation > 0)

    @property
    def duplicate(self) -> NDArray[np.bool_]:
        """Living channels whose scores another channel repeats."""
        return (self.twin_cosine >= DUPLICATE) & ~self.dead

    def shapes(self) -> list[str]:
        rows = zip(self.deviation, self.skewness, self.kurtosis, self.zeros, strict=True)
        return [shape_word(*(float(value) for value in row)) for row in rows]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what `LayerStatistics(**arrays)` makes it of again."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def describe_layer(scan: ActivationScan, layer: str) -> Generator[Progress, None, LayerStatistics]:
    """Describe every channel of a scanned layer over the images that are done.

    Yields
    ------
    Progress
        In channels.
    """
    scores = scan.layer_scores(layer)
    channels = len(scores)
    labels, classes = scan.labels, len(scan.header.class_names)
    found: list[tuple[NDArray[Any], ...]] = []
    for start in range(0, channels, _AT_ONCE):
        yield Progress(start, channels, "channels")
        part = scores[start : start + _AT_ONCE]
        zeros = np.count_nonzero(part == 0, axis=1) / max(part.shape[1], 1)
        found.append((*_moments(part), zeros, class_means(part, labels, classes)))
    mean, deviation, skewness, kurtosis, zeros, means = (np.concatenate(parts) for parts in zip(*found, strict=True))
    preferred, selectivity = _preferences(means, mean, deviation, labels, classes)
    yield Progress(channels, channels, "channels")
    twin, cosine = _twins(scores)
    names = ("mean", "deviation", "skewness", "kurtosis", "zeros", "class_means", "selectivity", "twin_cosine")
    values: tuple[NDArray[Any], ...] = (mean, deviation, skewness, kurtosis, zeros, means, selectivity, cosine)
    narrow = {name: frozen(value.astype(np.float32)) for name, value in zip(names, values, strict=True)}
    return LayerStatistics(**narrow, preferred=frozen(preferred.astype(np.int32)), twin=frozen(twin))


def class_means(scores: Floats, labels: NDArray[np.integer], classes: int) -> NDArray[np.float64]:
    """Give the mean score of each class, float64 (channels, classes), of scores (channels, images)."""
    order = np.argsort(labels, kind="stable")
    counts = np.bincount(labels, minlength=classes)
    there = np.flatnonzero(counts)
    means = np.full((len(scores), classes), np.nan)
    if len(there):
        starts = np.concatenate([[0], np.cumsum(counts[there])[:-1]])
        sums = np.add.reduceat(scores[:, order].astype(np.float64), starts, axis=1)
        means[:, there] = sums / counts[there]
    return means


def similar_channels(scan: ActivationScan, layer: str, channel: int, k: int = 6) -> list[tuple[int, float]]:
    """Give the `k` channels of the layer whose score vectors have the largest cosine with this one's, best first."""
    scores = scan.layer_scores(layer)
    products = scores @ scores[channel]
    norms = np.sqrt(np.einsum("ci,ci->c", scores, scores))
    cosines = products / np.maximum(norms * norms[channel], 1e-30)
    cosines[channel] = -np.inf
    best = np.argsort(-cosines, kind="stable")[: min(k, len(scores) - 1)]
    return [(int(index), float(cosines[index])) for index in best]


def percentile_of(score: float, ordered: Floats) -> float:
    """Give the share of `ordered` (ascending) scores below `score`, in 0..1; ties count half."""
    if not len(ordered):
        return float("nan")
    below, upto = np.searchsorted(ordered, score, "left"), np.searchsorted(ordered, score, "right")
    return float(below + upto) / (2 * len(ordered))


def _moments(scores: Floats) -> tuple[NDArray[np.float64], ...]:
    """Give mean, deviation, skewness and excess kurtosis of each row of (rows, images)."""
    exact = scores.astype(np.float64)
    mean = exact.mean(1) if exact.shape[1] else np.zeros(len(exact))
    exact -= mean[:, None]
    # A row that never varies must come out as exactly that, whatever its mean was rounded to.
    exact[np.ptp(scores, axis=1) == 0] = 0.0
    square = exact * exact
    variance = square.mean(1)
    safe = np.where(variance > 0, variance, 1.0)
    skewness = np.einsum("ri,ri->r", square, exact) / exact.shape[1] / safe**1.5
    kurtosis = np.einsum("ri,ri->r", square, square) / exact.shape[1] / safe**2 - 3.0
    alive = variance > 0
    return mean, np.sqrt(variance), np.where(alive, skewness, 0.0), np.where(alive, kurtosis, 0.0)


def _preferences(
    means: NDArray[np.float64],
    mean: NDArray[np.float64],
    deviation: NDArray[np.float64],
    labels: NDArray[np.integer],
    classes: int,
) -> tuple[NDArray[np.integer], NDArray[np.float64]]:
    counts = np.bincount(labels, minlength=classes)
    preferred = np.argmax(np.where(np.isnan(means), -np.inf, means), axis=1)
    best = np.take_along_axis(means, preferred[:, None], axis=1)[:, 0]
    total, own = counts.sum(), counts[preferred]
    rest = (mean * total - best * own) / np.maximum(total - own, 1)
    alone = total == own
    spread = np.where(deviation > 0, deviation, 1.0)
    return preferred, np.where(alone | ~(deviation > 0), 0.0, (best - rest) / spread)


def _twins(scores: Floats) -> tuple[NDArray[np.int32], Floats]:
    norms = np.sqrt(np.einsum("ci,ci->c", scores, scores))
    unit = scores / np.maximum(norms, 1e-30)[:, None]
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    twin = np.argmax(cosines, axis=1).astype(np.int32)
    cosine = np.take_along_axis(cosines, twin[:, None].astype(np.int64), axis=1)[:, 0]
    if len(scores) < 2:
        return np.full(len(scores), -1, np.int32), np.zeros(len(scores), np.float32)
    return twin, np.clip(cosine, -1.0, 1.0).astype(np.float32)
