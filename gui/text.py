"""Numbers, plurals, sizes, paces and names in words: the one place that every room takes them from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from backend.jobs import Progress, counted, number, per_cent, percentage, plural, signed, with_minus

__all__ = [
    "counted",
    "number",
    "per_cent",
    "percentage",
    "plural",
    "signed",
]


def time_left_text(seconds: float) -> str:
    """Say how long it will take: "4 s left", "1 min left", "about 2 h left"."""
    if seconds < 1:
        return "a moment left"
    if seconds < 50:
        return f"{round(seconds)} s left"
    if seconds < 59.5 * 60:
        return f"{max(1, round(seconds / 60))} min left"
    if seconds < 36 * 3600:
        return f"about {max(1, round(seconds / 3600))} h left"
    return f"about {round(seconds / 86400)} days left"


def progress_text(progress: Progress | None) -> str:
    """Say how far a job is: "105 of 256 channels"."""
    if progress is None:
        return "waiting"
    if not progress.unit:
        return ""
    if not progress.total:
        return f"{progress.done:,} {progress.unit}" if progress.done else ""
    return f"{progress.done:,} of {progress.total:,} {progress.unit}"


def pace_text(progress: Progress | None, seconds: float | None) -> str:
    """Say how fast a job is and how long it will take: "310 images/s · 26 s left"; images alone are worth a rate."""
    if progress is None or seconds is None:
        return ""
    left = time_left_text(seconds)
    if progress.unit != "images" or seconds <= 0:
        return left
    rate = (progress.total - progress.done) / seconds
    return f"{rate:,.0f} images/s · {left}" if rate >= 10 else f"{rate:.1f} images/s · {left}"


DATASET_NAMES = {
    "probe": "Probe set",
    "cifar10": "CIFAR-10",
    "cifar10/test": "CIFAR-10 test",
    "cifar100": "CIFAR-100",
    "cifar100/test": "CIFAR-100 test",
}


def source_name(source: str) -> str:
    """Give the short name of a network or data set by its source."""
    if source in DATASET_NAMES:
        return DATASET_NAMES[source]
    return source if source.startswith("torchvision/") else Path(source).stem


def figure(value: float) -> str:
    """Return a number in four characters or so; a dash for what is none."""
    if not np.isfinite(value):
        return "–"
    if value and not 0.001 <= abs(value) < 10_000:
        return with_minus(f"{value:.1e}")
    return with_minus(f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}")


def number_text(column: str, value: float) -> str:
    """Put a number of the table into words, all of a column alike; a dash for what is none.

    >>> number_text("zeros", 0.067), number_text("skewness", -0.114), number_text("mean", 0.0004)
    ('6.7 %', '−0.11', '4.0e−04')
    >>> number_text("differs", 1.3), number_text("differs", -0.5)
    ('+1.30', '−0.50')
    """
    if not np.isfinite(value):
        return "–"
    if column == "zeros":
        # Only a true 0 or 1 is called that.
        return percentage(value) if value in (0, 1) else percentage(min(value, 0.999), 1)
    size = abs(value)
    if size >= 100:
        text = f"{value:,.0f}" if size < 1e6 else f"{value:.1e}"
    elif column in ("mean", "deviation", "selected") and size < 10:
        text = f"{value:.1e}" if 0 < size < 0.001 else f"{value:.3f}"
    else:
        text = f"{value:.2f}"
    if column == "differs" and value > 0:
        return f"+{text}"
    return with_minus(text)


def share_text(share: float) -> str:
    """Say a share of 0..1 in per cent: with one decimal, and with two where one would round it to nothing or all."""
    return f"{100 * share:.1f} %" if 0.0005 <= share < 0.9995 or share in (0, 1) else f"{100 * share:.2f} %"


def score_text(score: float) -> str:
    """Give a score in two decimals where that says something, else as `figure` does; only a true 0 is called that."""
    if score == 0:
        return "0"
    return with_minus(f"{score:.2f}") if 0.1 <= abs(score) < 1000 else figure(float(score))


def size_text(megabytes: float) -> str:
    """Say how large something is: "60 MB", "1.3 GB"."""
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{max(1, round(megabytes))} MB"


def distance_text(distance: float) -> str:
    """Give a distance with as many digits as tell it from others.

    >>> distance_text(0.0684), distance_text(0.00213), distance_text(0.0)
    ('0.068', '0.0021', '0')
    """
    if distance == 0:
        return "0"
    return f"{distance:.3f}" if distance >= 0.01 else f"{distance:.2g}"


def count_text(count: int) -> str:
    """Say how many weights those are, in three or four figures.

    >>> count_text(640), count_text(12_345), count_text(11_173_962)
    ('640', '12.3 K', '11.2 M')
    """
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f} K" if count < 999_950 else f"{count / 1e6:.1f} M"
