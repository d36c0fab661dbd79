"""The filters of the largest terms of a sum, one a row: optimised picture, name, bar, term."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from gui.text import number
from gui.theme import CAPTION_SIZE, text_font, theme_manager, tokens
from gui.widgets.picture_paint import paint_picture
from gui.widgets.pixels import thumbnail_pixmap
from gui.widgets.row_list import RowList

CARRIES = "{name} adds {term} to the cosine {sum}. Click to look at it."
ROWS, ROW, SIDE, BAR, GAP = 6, 36, 32, 6, 8


class FilterTerms(RowList):
    """The largest terms. Up and Down go along the rows, Enter chooses.

    Parameters
    ----------
    tip : str
        What a row's tooltip says, of its {name}, its {term} and the {sum} of all.

    Signals
    -------
    chosen(int)
        A filter was clicked, or chosen with Enter.
    """

    chosen = Signal(int)

    def __init__(self, tip: str = CARRIES, parent: QWidget | None = None) -> None:
        super().__init__(ROW, parent)
        self._tip_words = tip
        self._names: Sequence[str] = ()
        self._terms: NDArray[np.float64] = np.zeros(0)
        self._order: list[int] = []
        self._pictures: dict[int, QPixmap] = {}
        self.setAccessibleName("Filters that carry the similarity")
        theme_manager().changed.connect(self.update)

    def set_terms(self, names: Sequence[str], terms: NDArray[np.float64]) -> None:
        """Show the largest of `terms` (one a name), without their pictures."""
        self._names, self._terms, self._pictures = names, terms, {}
        self._order = [int(index) for index in np.argsort(-terms, kind="stable")[:ROWS]]
        self._hovered, self._cursor = -1, 0
        self.setFixedHeight(ROW * len(self._order))
        words = [f"{names[index]} {number(float(terms[index]))}" for index in self._order]
        self.setAccessibleDescription(", ".join(words))
        self.update()

    def set_picture(self, index: int, picture: NDArray[np.uint8]) -> None:
        """Show the optimised picture of a filter, uint8 (height, width, 3)."""
        if index in self._order:
            self._pictures[index] = thumbnail_pixmap(picture)
            self.update()

    def shown(self) -> list[int]:
        """Return the filters in the rows, from the top."""
        return list(self._order)

    def has_picture(self, index: int) -> bool:
        return index in self._pictures

    def sum(self) -> float:
        """Return what the rows add to the cosine together."""
        return float(self._terms[self._order].sum())

    def row_rect(self, row: int) -> QRectF:
        return QRectF(0, row * ROW, self.width(), ROW)

    def sizeHint(self) -> QSize:
        return QSize(180, ROW * len(self._order))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(CAPTION_SIZE))
        for row in range(len(self._order)):
            self._paint_row(painter, row)

    def _paint_row(self, painter: QPainter, row: int) -> None:
        index, place, colours = self._order[row], self.row_rect(row), tokens()
        square = QRectF(0, place.top() + (ROW - SIDE) / 2, SIDE, SIDE)
        if index in self._pictures:
            paint_picture(painter, square, self._pictures[index])
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(square, 4, 4)
        lit = self.is_lit(row)
        painter.setPen(QColor(colours.accent if lit else colours.text))
        words = QRectF(SIDE + GAP, place.top() + 3, self.width() - SIDE - GAP, 15)
        figure = number(float(self._terms[index]))
        room = int(words.width() - painter.fontMetrics().horizontalAdvance(figure) - GAP)
        name = painter.fontMetrics().elidedText(self._names[index], Qt.TextElideMode.ElideRight, room)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, figure)
        bar = QRectF(words.left(), place.bottom() - 5 - BAR, words.width(), BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(bar, BAR / 2, BAR / 2)
        largest = max(float(self._terms[self._order[0]]), 1e-12)
        bar.setWidth(bar.width() * max(float(self._terms[index]), 0.0) / largest)
        if bar.width() > 0:
            painter.setBrush(QColor(colours.accent))
            painter.drawRoundedRect(bar, min(BAR, bar.width()) / 2, BAR / 2)

    def row_count(self) -> int:
        return len(self._order)

    def row_tip(self, row: int) -> str:
        index = self._order[row]
        term, whole = number(float(self._terms[index])), number(float(self._terms.sum()))
        return self._tip_words.format(name=self._names[index], term=term, sum=whole)

    def row_chosen(self, row: int) -> None:
        self.chosen.emit(self._order[row])
