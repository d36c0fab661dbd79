"""The model behind the layer table: which channels are shown, in which order, and what stands in their cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QPixmap

from backend.jobs import SHAPE_RULE
from gui.layer_table.channel_rows import COLUMNS, NUMBERS, SELECTED, ChannelRows, sorted_channels
from gui.text import number_text
from gui.widgets.pixels import to_qimage

BAR = Qt.ItemDataRole.UserRole
"""Where the bar behind a number begins and ends, as shares of the cell: (zero, value); None where there is none."""
DEAD = Qt.ItemDataRole.UserRole + 1

TIPS = {
    "channel": "The unit: click a row, or walk through them with the arrow keys",
    "selected": "Mean score over the selected images",
    "differs": "How far the mean of the selected images lies from that of all, in deviations",
    "mean": "Mean score over all images",
    "deviation": "Standard deviation of the scores",
    "skewness": "0 for a symmetric distribution of scores, above 0 where the tail is to the right",
    "kurtosis": "Excess kurtosis: 0 for the normal curve, above 0 where the tails are heavier",
    "zeros": "Share of images that score exactly 0",
    "shape": SHAPE_RULE,
    "prefers": "The class whose images score highest on average",
    "selectivity": "How far the mean of the preferred class lies above that of all other images, in deviations",
    "looks for": "What you said that the unit looks for; a note stands in the tooltip",
    "remarks": "Dead: every image has the same score\nLike another: the scores are the same but for a factor (cosine)",
}
Index = QModelIndex | QPersistentModelIndex


class ChannelModel(QAbstractTableModel):
    """Sorts and filters by NumPy: two thousand channels take a millisecond, where a proxy would ask for each pair."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: ChannelRows | None = None
        self.sorted_by, self.descending = "channel", False
        self._mask: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._shown: NDArray[np.int64] = np.zeros(0, np.int64)
        self._ranges: dict[str, tuple[float, float]] = {}
        self._tiles: NDArray[np.uint8] | None = None
        self._made: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._pixmaps: dict[int, QPixmap] = {}
        self._first = "channel"

    def set_rows(self, rows: ChannelRows, mask: NDArray[np.bool_], first: str = "channel") -> None:
        """Show the rows that `mask` leaves; `first` is what the first column is called."""
        self.beginResetModel()
        self.rows, self._mask, self._first = rows, mask, first
        self._ranges = {name: _range(values) for name, values in rows.numbers.items()}
        if self.has_selected:
            # One scale for both, so that their bars can be compared.
            both = _range(np.concatenate([rows.numbers["mean"], rows.numbers["selected"]]))
            self._ranges |= {"mean": both, "selected": both}
        self._arrange()
        self.endResetModel()

    def set_tiles(self, tiles: NDArray[np.uint8] | None, made: NDArray[np.bool_]) -> None:
        """Give the pictures, uint8 (channels, height, width, 3), of those that are made; None for none."""
        self._tiles, self._made = tiles, made
        self._pixmaps.clear()
        if len(self._shown):
            last = self.index(len(self._shown) - 1, 0)
            self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.DecorationRole])

    @property
    def has_selected(self) -> bool:
        """Whether the rows tell of selected images."""
        return self.rows is not None and bool(self.rows.selection)

    def shown(self) -> list[int]:
        """Return the channels from the top."""
        return [int(channel) for channel in self._shown]

    def channel_at(self, row: int) -> int:
        return int(self._shown[row]) if 0 <= row < len(self._shown) else -1

    def row_of(self, channel: int) -> int:
        """Return the row of a channel, −1 where the filter leaves it out."""
        found = np.flatnonzero(self._shown == channel)
        return int(found[0]) if len(found) else -1

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.beginResetModel()
        self.sorted_by, self.descending = COLUMNS[column], order == Qt.SortOrder.DescendingOrder
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        if self.rows is not None:
            order = sorted_channels(self.rows, self.sorted_by, self.descending)
            self._shown = order[self._mask[order]]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        name = COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return name if section else self._first
        if role == Qt.ItemDataRole.ToolTipRole:
            return TIPS[name]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(name)
        if role == Qt.ItemDataRole.InitialSortOrderRole and name in (*NUMBERS, "remarks"):
            # Of numbers the largest are what one looks for.
            return Qt.SortOrder.DescendingOrder
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        channel, name = self.channel_at(index.row()), COLUMNS[index.column()]
        if channel < 0 or self.rows is None or (name in SELECTED and not self.has_selected):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(channel, name)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(channel, name)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(name)
        if role == Qt.ItemDataRole.DecorationRole and name == "channel":
            return self._pixmap(channel)
        if role == BAR and name in NUMBERS:
            return self._bar(channel, name)
        return bool(self.rows.dead[channel]) if role == DEAD else None

    def _text(self, channel: int, name: str) -> str:
        assert self.rows is not None
        if name in NUMBERS:
            return number_text(name, float(self.rows.numbers[name][channel]))
        return self.rows.words[name][channel] if name in self.rows.words else self.rows.names[channel]

    def _tip(self, channel: int, name: str) -> str:
        assert self.rows is not None
        note = self.rows.notes[channel]
        if name == "looks for":
            return "\n".join(part for part in (self.rows.words[name][channel], note) if part)
        if name == "channel":
            return self.rows.addresses[channel]
        return self._text(channel, name) if name in self.rows.words else ""

    def _bar(self, channel: int, name: str) -> tuple[float, float] | None:
        assert self.rows is not None
        value, (low, high) = float(self.rows.numbers[name][channel]), self._ranges[name]
        if not np.isfinite(value) or high <= low:
            return None
        return -low / (high - low), (value - low) / (high - low)

    def _pixmap(self, channel: int) -> QPixmap | None:
        if self._tiles is None or channel >= len(self._made) or not self._made[channel]:
            return None
        if channel not in self._pixmaps:
            self._pixmaps[channel] = QPixmap.fromImage(to_qimage(self._tiles[channel]))
        return self._pixmaps[channel]


def _alignment(name: str) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if name in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    """Give the least and the largest number of a column, 0 among them."""
    finite = values[np.isfinite(values)]
    return float(finite.min(initial=0.0)), float(finite.max(initial=0.0))
