"""The words above the layer table: which channels they leave. A pure function, tested without a window."""

from __future__ import annotations

import operator
import re

import numpy as np
from numpy.typing import NDArray

from gui.layer_table.channel_rows import SELECTED, STATISTICS, ChannelRows

Mask = NDArray[np.bool_]

COMPARISONS = {
    ">=": operator.ge, "<=": operator.le, "!=": operator.ne, "==": operator.eq, ">": operator.gt, "<": operator.lt,
    "=": operator.eq,
}  # fmt: skip
_SIGNS = "|".join(COMPARISONS)
_AROUND = re.compile(rf"\s*({_SIGNS})\s*")
_COMPARISON = re.compile(rf"(.*?)({_SIGNS})(.*)")
_SAME = str.maketrans({"≥": ">=", "≤": "<=", "≠": "!=", "−": "-"})
EXAMPLES = {
    "channel": "100", "mean": "0.5", "deviation": "0.1", "skewness": "2", "kurtosis": "3", "zeros": "0.5",
    "selectivity": "1", "selected": "0.5", "differs": "1",
}  # fmt: skip


def filter_channels(text: str, rows: ChannelRows) -> tuple[Mask, str]:
    """Say which channels a filter leaves.

    Parameters
    ----------
    text : str
        Words that must all match: part of a class, of a label, of its note or of a shape; a channel's number; "dead",
        "duplicate", "labelled", "unlabelled". Comparisons such as `skewness>2`, `zeros>=50%`: names may be shortened.
        `differs>1` and `selected>0.5` where images are selected.
    rows : ChannelRows

    Returns
    -------
    mask : ndarray of bool, shape (channels,)
    complaint : str
        What cannot be understood, and is passed over; else empty.
    """
    mask, complaint = np.ones(len(rows), np.bool_), ""
    for term in _AROUND.sub(r"\1", text.translate(_SAME).lower()).split():
        found = _COMPARISON.fullmatch(term)
        here = _compare(*found.groups(), rows=rows) if found else _match(term, rows)
        if isinstance(here, str):
            complaint = complaint or here
        else:
            mask &= here
    return mask, complaint


def nothing_left(text: str, rows: ChannelRows, units: str) -> str:
    """Say why a filter that was understood leaves no row; `units` is "channels" or "classes"."""
    word = text.strip().lower()
    if word in ("dead", "duplicate") and np.isnan(rows.numbers["mean"]).all():
        return f"Which {units} are {word} is known once the layer is scanned."
    reasons = {
        "dead": f"None of these {units} is dead: each gives some images another score than others.",
        "duplicate": f"No two of these {units} score all images alike.",
        "labelled": f"None of these {units} has a label yet: keys 1 to 6 give one.",
        "unlabelled": f"All of these {units} have a label.",
    }
    return reasons.get(word, f"None of these {units} matches “{text.strip()}”.")


def _match(word: str, rows: ChannelRows) -> Mask:
    kinds = np.array([bool(kind) for kind in rows.words["looks for"]], np.bool_)
    standing = {"dead": rows.dead, "duplicate": ~np.isnan(rows.twins), "labelled": kinds, "unlabelled": ~kinds}
    if word in standing:
        return standing[word]
    if word.isdecimal():
        return np.array([word == str(channel) for channel in range(len(rows))], np.bool_)
    texts = zip(
        rows.names, rows.addresses, rows.words["shape"], rows.words["prefers"], rows.words["looks for"], rows.notes,
        strict=True,
    )  # fmt: skip
    return np.array([any(word in text.lower() for text in row) for row in texts], np.bool_)


def _compare(name: str, sign: str, value: str, *, rows: ChannelRows) -> Mask | str:
    """Give the rows for which the comparison holds, or what is wrong with it."""
    known = compared(rows)
    columns = [name] if name in known else [column for column in known if name and column.startswith(name)]
    if len(columns) != 1:
        return _unnamed(name, sign, value, columns, known)
    column = columns[0]
    try:
        number = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        wrong = f"“{value}” is no number" if value else "A number is missing"
        return f"{wrong} after “{name}{sign}”. Write for example {column}{sign}{EXAMPLES[column]}."
    values = np.arange(len(rows), dtype=np.float64) if column == "channel" else rows.numbers[column]
    held: Mask = COMPARISONS[sign](values, number) & ~np.isnan(values)
    return held


def compared(rows: ChannelRows) -> tuple[str, ...]:
    """Name the numbers that the filter knows of these rows."""
    return ("channel", *STATISTICS, *(name for name in SELECTED if name in rows.numbers))


def _unnamed(name: str, sign: str, value: str, columns: list[str], known: tuple[str, ...]) -> str:
    if columns:
        return f"“{name}” may be {' or '.join(columns)}."
    if name in SELECTED:
        return f"“{name}” is of selected images, and none are selected: choose a node of the prediction tree."
    wrong = f"There is no number called “{name}”" if name else f"A name is missing before “{sign}{value}”"
    return f"{wrong}. Compare {', '.join(known[:-1])} or {known[-1]}."
