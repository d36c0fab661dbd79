"""A ranked grid of which one picture or several can be selected, as files in a file manager."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QWidget

from gui.widgets.ranked_grid import RankedGrid

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class SelectableGrid(RankedGrid):
    """Click and arrows select one picture, Ctrl adds and takes away, Shift or a drag selects up to here.

    Parameters
    ----------
    side : int
        Pixels of a picture's side, where the width allows.
    several : bool, default True
        Whether more than one can be selected.
    """

    selection_changed = Signal()

    def __init__(self, side: int, *, several: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(side, parent=parent)
        self._several = several
        self._selected = np.zeros(0, bool)
        self._anchor = 0

    def set_order(self, indices: NDArray[np.int64], captions: Callable[[int], str] | None = None) -> None:
        """Show these images in this order; none of them is selected."""
        self._selected = np.zeros(len(indices), bool)
        self._anchor = 0
        super().set_order(indices, captions)
        self.selection_changed.emit()

    def selected(self) -> NDArray[np.int64]:
        """Return the numbers of the selected images, ascending: int64 (n,)."""
        return np.sort(self.images()[self._selected])

    def select(self, rows: Sequence[int] | slice) -> None:
        """Select these rows and no others."""
        self._selected[:] = False
        self._selected[rows] = True
        self._tell()

    def go_to_row(self, row: int) -> None:
        """Select one row alone and bring it into view."""
        self._anchor = row
        self._go_to(row)
        self.select([row])

    def is_marked(self, row: int) -> bool:
        return bool(self._selected[row])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        row = self.index_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton:
            if row >= 0:
                self._select_at(row, event.modifiers())
            elif not event.modifiers() & (CTRL | SHIFT):
                self.select([])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        row = self.index_at(event.position().toPoint())
        if self._several and row >= 0 and event.buttons() & Qt.MouseButton.LeftButton and row != self._anchor:
            self._select_at(row, SHIFT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._several and event.matches(QKeySequence.StandardKey.SelectAll):
            self.select(slice(None))
        elif event.key() == Qt.Key.Key_Space and self._current >= 0:
            self._select_at(self._current, event.modifiers())
        else:
            shift = bool(event.modifiers() & SHIFT)
            before = self._current
            # The arrows lead on with Shift held as they do without.
            super().keyPressEvent(_without_shift(event) if shift else event)
            if self._current != before:
                self._select_at(self._current, SHIFT if shift else Qt.KeyboardModifier.NoModifier)

    def _select_at(self, row: int, modifiers: Qt.KeyboardModifier) -> None:
        if self._several and modifiers & SHIFT:
            first, last = sorted((self._anchor, row))
            self.select(slice(first, last + 1))
        elif self._several and modifiers & CTRL:
            self._anchor = row
            self._selected[row] = not self._selected[row]
            self._tell()
        else:
            self._anchor = row
            self.select([row])

    def _tell(self) -> None:
        self.viewport().update()
        self.selection_changed.emit()


def _without_shift(event: QKeyEvent) -> QKeyEvent:
    return QKeyEvent(event.type(), event.key(), event.modifiers() & ~SHIFT, event.text())
