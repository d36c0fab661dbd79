"""Cells that scroll; each says in a tooltip what it is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip


class CellArea(QAbstractScrollArea):
    """A viewport of cells; where they lie and what they show is the business of who inherits."""

    def index_at(self, place: QPoint) -> int:
        """Return the cell at a place in the viewport, −1 where there is none."""
        raise NotImplementedError

    def cell_rect(self, index: int) -> QRect:
        """Return a cell's place in the viewport, as it is scrolled now."""
        raise NotImplementedError

    def tip(self, index: int) -> str:
        """Return what is known of a cell in words."""
        raise NotImplementedError

    def _hover(self, index: int) -> None:
        """Hear that the pointer came to a cell; −1 where it left all."""
        raise NotImplementedError

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.index_at(event.pos())
            if index >= 0:
                QToolTip.showText(event.globalPos(), self.tip(index), self.viewport(), self.cell_rect(index))
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)
