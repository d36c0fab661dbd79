"""The channels of a layer as rows of numbers and words: what the table shows, the filter asks and a file holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from backend.jobs import KINDS, DescribedLayer, UnitLabel

STATISTICS = ("mean", "deviation", "skewness", "kurtosis", "zeros", "selectivity")
SELECTED = ("selected", "differs")
"""What is known only while images are selected."""
NUMBERS = (*STATISTICS, *SELECTED)
WORDS = ("shape", "prefers", "looks for", "remarks")
COLUMNS = (
    "channel", "selected", "differs", "mean", "deviation", "skewness", "kurtosis", "zeros", "shape", "prefers",
    "selectivity", "looks for", "remarks",
)  # fmt: skip
"""From the left."""
EXPORTED = ("address", "images", *(name for name in COLUMNS if name not in SELECTED), "note")

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ChannelRows:
    """One row a channel, in the order of the channels.

    Attributes
    ----------
    images : int
        Of how many images the numbers are; 0 where there are none.
    names : tuple of str
        What a row is called: the channel's number, or a class.
    addresses : tuple of str
        Of the units, without the network's name.
    numbers : mapping of str to ndarray of float64
        `STATISTICS`, and `SELECTED` while images are selected; (channels,) each, NaN where nothing is known.
    words : mapping of str to tuple of str
        `WORDS`; empty where there is nothing to say.
    notes : tuple of str
    dead : ndarray of bool
        (channels,)
    twins : ndarray of float64
        (channels,), the cosine with the channel whose scores each repeats; NaN where it repeats none.
    selection : str
        What the selected images are; empty where none are.
    """

    images: int
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    numbers: Mapping[str, Floats]
    words: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]
    dead: NDArray[np.bool_]
    twins: Floats
    selection: str = ""

    def __len__(self) -> int:
        return len(self.names)

    def with_labels(self, labels: Sequence[UnitLabel]) -> ChannelRows:
        """Give the rows with what the units were said to look for."""
        kinds = tuple(label.kind for label in labels)
        return replace(self, words={**self.words, "looks for": kinds}, notes=tuple(label.note for label in labels))

    def with_selected(self, selection: str, means: Floats | None) -> ChannelRows:
        """Give the rows with the mean scores of the selected images, (channels,); None while they are not known."""
        selected = np.full(len(self), np.nan) if means is None else means
        mean, deviation = self.numbers["mean"], self.numbers["deviation"]
        # A channel that never varies tells no image from another.
        spread = np.where(deviation > 0, deviation, np.nan)
        numbers = {**self.numbers, "selected": selected, "differs": (selected - mean) / spread}
        return replace(self, numbers=numbers, selection=selection)

    def standing_out(self, units: str) -> str:
        """Say on how many of the `units` the selected images differ; empty while that is not known."""
        differs = self.numbers["differs"] if self.selection else np.zeros(0)
        if not np.isfinite(differs).any():
            return ""
        up, down = int(np.count_nonzero(differs > 1)), int(np.count_nonzero(differs < -1))
        return f"More than one deviation above all images on {up:,} of {len(self):,} {units}, below on {down:,}"

    @property
    def exported_columns(self) -> tuple[str, ...]:
        """Name the columns of a file: `EXPORTED`, and what the selected images tell."""
        return (*EXPORTED, *SELECTED, "selection") if self.selection else EXPORTED

    def exported(self, channel: int, network: str) -> list[str | int | float]:
        """Give the cells of `exported_columns`."""
        cells: dict[str, str | int | float] = {name: float(values[channel]) for name, values in self.numbers.items()}
        cells |= {name: values[channel] for name, values in self.words.items()}
        cells |= {"address": f"{network}/{self.addresses[channel]}", "images": self.images, "channel": channel}
        cells |= {"note": self.notes[channel], "selection": self.selection}
        return [cells[name] for name in self.exported_columns]


def channel_rows(
    names: Sequence[str], addresses: Sequence[str], described: DescribedLayer | None, class_names: Sequence[str]
) -> ChannelRows:
    """Make the rows of a layer; without statistics all that is known of a channel is its name."""
    count = len(names)
    if described is None or len(described.statistics.mean) != count:
        nothing, empty = np.full(count, np.nan), ("",) * count
        return ChannelRows(
            0, tuple(names), tuple(addresses), dict.fromkeys(STATISTICS, nothing), dict.fromkeys(WORDS, empty), empty,
            np.zeros(count, np.bool_), nothing,
        )  # fmt: skip
    found = described.statistics
    known = ~np.isnan(found.class_means).all(axis=1) & ~found.dead
    preferred = [class_names[index] if there else "" for index, there in zip(found.preferred, known, strict=True)]
    like = zip(found.twin, found.twin_cosine, found.duplicate, found.dead, strict=True)
    remarks = [
        "dead" if dead else f"like {names[twin]} ({cosine:.3f})" if same else "" for twin, cosine, same, dead in like
    ]
    words = {"shape": tuple(found.shapes()), "prefers": tuple(preferred), "remarks": tuple(remarks)}
    return ChannelRows(
        images=described.done,
        names=tuple(names),
        addresses=tuple(addresses),
        numbers={name: np.asarray(getattr(found, name), np.float64) for name in STATISTICS},
        words={**words, "looks for": ("",) * count},
        notes=("",) * count,
        dead=found.dead,
        twins=np.where(found.duplicate, found.twin_cosine.astype(np.float64), np.nan),
    )


def sorted_channels(rows: ChannelRows, column: str, descending: bool) -> NDArray[np.int64]:
    """Give all channels in the order of a column, equals by their number; what has no entry comes last either way."""
    keys = _keys(rows, column)
    return np.argsort(-keys if descending else keys, kind="stable").astype(np.int64)


def _keys(rows: ChannelRows, column: str) -> Floats:
    if column in rows.numbers:
        return rows.numbers[column]
    if column == "remarks":
        # The dead stand apart from those that only repeat another.
        return np.where(rows.dead, 2.0, rows.twins)
    if column in rows.words:
        words = rows.words[column]
        # Kinds in their own order, from what low layers look for to what high layers do.
        order = KINDS if column == "looks for" else sorted(set(words))
        ranks = {word: float(rank) for rank, word in enumerate(order)}
        return np.array([ranks[word] if word else np.nan for word in words], np.float64)
    return np.arange(len(rows), dtype=np.float64)
