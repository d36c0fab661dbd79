"""Cells in rows that scroll, one of them under the keys: what walls and ranked grids have in common."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from gui.widgets.cell_area import CellArea
from gui.widgets.wall_grid import WallGrid


class ScrolledCells(CellArea):
    """Lays cells out by arithmetic, scrolls to them, and leads the keys from one to the next.

    It paints by arithmetic: a `QListView` asks its model 50,000 times how long it is whenever it lays itself out,
    which takes 70 ms with a model in Python.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._current = -1
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)

    def cells(self) -> WallGrid:
        """Return where the cells are now, before scrolling."""
        raise NotImplementedError

    def cell_rect(self, index: int) -> QRect:
        return self.cells().cell(index).translated(0, -self.verticalScrollBar().value())

    def index_at(self, place: QPoint) -> int:
        return self.cells().index_at(place + QPoint(0, self.verticalScrollBar().value()))

    def visible_cells(self) -> range:
        """Return the cells that can be seen, a started line included."""
        return self.cells().visible(self.verticalScrollBar().value(), self.viewport().height())

    def _update_scroll_range(self) -> None:
        cells, bar = self.cells(), self.verticalScrollBar()
        bar.setRange(0, max(0, cells.height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(cells.pitch)
        self.viewport().update()

    def _scroll_to(self, index: int, below: int = 0) -> None:
        """Bring a cell, and as many pixels below it, into sight."""
        cell, bar = self.cells().cell(index), self.verticalScrollBar()
        bottom = cell.bottom() + 1 + below
        if cell.top() < bar.value():
            bar.setValue(cell.top())
        elif bottom > bar.value() + self.viewport().height():
            bar.setValue(bottom - self.viewport().height())

    def _step(self, event: QKeyEvent) -> int | None:
        """Return the cell that a key without modifiers leads to; None, and the key is another's, where it is none."""
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return None
        return self.cells().step(self._current, Qt.Key(event.key()), self.viewport().height())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self._current if by_key else self.index_at(event.pos())
        if index >= 0:
            middle = self.viewport().mapToGlobal(self.cell_rect(index).center())
            self._open_menu(index, middle if by_key else event.globalPos())

    def _open_menu(self, index: int, place: QPoint) -> None:
        """Open the context menu of a cell at a place on the screen."""
        raise NotImplementedError
