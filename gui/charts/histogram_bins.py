"""What a histogram counts: the scores of many images, bar by bar and class by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gui.charts.histogram_axis import Axis, axis_score_text

MOST_CLASSES = 12
OTHER = -1


@dataclass(frozen=True)
class Sample:
    """The images that have a score, and what is known of them all.

    Parameters
    ----------
    scores : ndarray of float32, shape (images,)
        Finite; may be empty.
    labels : ndarray of int64, shape (images,), or None
        The class of each image; None where no class is known.
    class_names : sequence of str
        A label beyond these counts as `OTHER`.
    classes : tuple of int
        The classes in the order they are stacked, from below; `OTHER` stands for all the rest, and comes last.
    groups : ndarray of int64, shape (images,), or None
        The place of each image's class in `classes`.
    low, high, mean, deviation : float
        Of `scores`; NaN where there are none.
    left_out : int
        How many images have no finite score.
    selected : ndarray of bool, shape (images,), or None
        Which of them are told from the rest; None where none are.
    """

    scores: NDArray[np.float32]
    labels: NDArray[np.int64] | None
    class_names: Sequence[str]
    classes: tuple[int, ...]
    groups: NDArray[np.int64] | None
    low: float
    high: float
    mean: float
    deviation: float
    left_out: int
    selected: NDArray[np.bool_] | None = None

    @property
    def span(self) -> tuple[float, float]:
        """Return the scores that the bars reach over: low to high, or some room about them where they are one."""
        if self.high > self.low:
            return self.low, self.high
        pad = abs(self.low) / 2 or 0.5
        return self.low - pad, self.high + pad


@dataclass(frozen=True, eq=False)
class Bars:
    """A sample, counted.

    Parameters
    ----------
    axis : Axis
    of_each : ndarray of int64, shape (images,)
        The bar of each image.
    counts : ndarray of int64, shape (classes, bars)
        Images of each class of the stack; of all images in one row where no class is known.
    selected : ndarray of int64, shape (bars,), or None
        Selected images of each bar.
    """

    axis: Axis
    of_each: NDArray[np.int64]
    counts: NDArray[np.int64]
    selected: NDArray[np.int64] | None = None

    @property
    def totals(self) -> NDArray[np.int64]:
        return np.asarray(self.counts.sum(axis=0))

    @property
    def top(self) -> int:
        """Return the number of images in the largest bar."""
        return int(self.totals.max(initial=0))


def gather(
    scores: NDArray[np.float32],
    labels: NDArray[np.int64] | None = None,
    class_names: Sequence[str] = (),
    selected: NDArray[np.bool_] | None = None,
) -> Sample:
    """Leave out the scores that are no number, and find which classes are stacked."""
    scores = np.asarray(scores, dtype=np.float32).reshape(-1)
    labels = None if labels is None else np.asarray(labels, dtype=np.int64).reshape(-1)
    finite = np.isfinite(scores)
    left_out = len(scores) - int(np.count_nonzero(finite))
    if left_out:
        scores, labels = scores[finite], None if labels is None else labels[finite]
        selected = None if selected is None else selected[finite]
    classes, groups = ((), None) if labels is None else _stack(scores, labels, len(class_names))
    if not len(scores):
        nan = float("nan")
        return Sample(scores, labels, class_names, classes, groups, nan, nan, nan, nan, left_out, selected)
    mean, deviation = float(scores.mean(dtype=np.float64)), float(scores.std(dtype=np.float64))
    low, high = float(scores.min()), float(scores.max())
    return Sample(scores, labels, class_names, classes, groups, low, high, mean, deviation, left_out, selected)


def _stack(
    scores: NDArray[np.float32], labels: NDArray[np.int64], count: int
) -> tuple[tuple[int, ...], NDArray[np.int64]]:
    """Choose the classes that are told apart; return them and, for each image, its place among them."""
    # One more for every label that has no name.
    known = np.where((labels >= 0) & (labels < count), labels, count)
    sizes = np.bincount(known, minlength=count + 1)
    chosen = np.flatnonzero(sizes[:count])
    if len(chosen) > MOST_CLASSES:
        # Of classes of one size, as most data sets have them, those that excite the unit most.
        sums = np.bincount(known, scores, minlength=count + 1)
        chosen = np.sort(np.lexsort((-sums[:count], -sizes[:count]))[: MOST_CLASSES - 1])
    places = np.full(count + 1, len(chosen))
    places[chosen] = np.arange(len(chosen))
    classes = tuple(int(each) for each in chosen)
    return (classes if sizes[chosen].sum() == len(labels) else (*classes, OTHER)), places[known]


def bar_of_each(scores: NDArray[np.float32], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the bar of each score, as `numpy.histogram` counts it: [edge, next edge), the last one closed.

    scores : float32 (images,) within the edges; edges : float64 (bars + 1,), equally spaced. Returns int64 (images,).
    """
    bars = len(edges) - 1
    exact = scores.astype(np.float64)
    found: NDArray[np.int64] = ((exact - edges[0]) * (bars / (edges[-1] - edges[0]))).astype(np.int64)
    np.clip(found, 0, bars - 1, out=found)
    # Rounding may have put a score on the wrong side of the edge beside it.
    found -= exact < edges[found]
    found += (exact >= edges[found + 1]) & (found < bars - 1)
    return found


def count_bars(sample: Sample, axis: Axis) -> Bars:
    """Count the images of each bar, class by class."""
    of_each, bars = bar_of_each(sample.scores, axis.edges), axis.bars
    chosen = sample.selected
    selected = None if chosen is None else np.bincount(of_each[chosen], minlength=bars).astype(np.int64)
    if sample.groups is None:
        return Bars(axis, of_each, np.bincount(of_each, minlength=bars).astype(np.int64)[None], selected)
    groups = len(sample.classes)
    counts = np.bincount(sample.groups * bars + of_each, minlength=groups * bars).astype(np.int64)
    return Bars(axis, of_each, counts.reshape(groups, bars), selected)


def told(sample: Sample, bars: Bars, slot: int, most: int = 5) -> str:
    """Return in lines what a slot of the axis holds: its scores, its images, and its largest classes."""
    axis, bar = bars.axis, slot - bars.axis.first
    low, high = (axis_score_text(axis.edge(each), axis.step / 2) for each in (slot, slot + 1))
    chosen = bars.of_each == bar
    lines = [f"{low} to {high}", _images(int(np.count_nonzero(chosen)))]
    if sample.selected is not None:
        lines[1] += f", {int(np.count_nonzero(chosen & sample.selected)):,} selected"
    if sample.labels is not None:
        labels, counts = np.unique(sample.labels[chosen], return_counts=True)
        order = np.argsort(-counts, kind="stable")[:most]
        names = sample.class_names
        for label, count in zip(labels[order].tolist(), counts[order].tolist(), strict=True):
            lines.append(f"{names[label] if 0 <= label < len(names) else f'class {label}'}  {count:,}")
    return "\n".join(lines)


def description(sample: Sample) -> str:
    """Return a sample in words; "" where there are no images at all."""
    left_out = f"{sample.left_out:,} without a finite score left out" if sample.left_out else ""
    if not len(sample.scores):
        return left_out
    low, high = sample.low, sample.high
    where = f"from {low:.3g} to {high:.3g}" if high > low else f"at {low:.3g}"
    selected = "" if sample.selected is None else f"{int(np.count_nonzero(sample.selected)):,} selected"
    return "; ".join(part for part in (f"{_images(len(sample.scores))} {where}", selected, left_out) if part)


def _images(count: int) -> str:
    return f"{count:,} {'image' if count == 1 else 'images'}"
