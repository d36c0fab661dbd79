"""The classes a network sees in a picture, most likely first, as slim bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.text import per_cent
from gui.theme import tokens
from gui.widgets.row_list import RowList

ROW_HEIGHT = 22
BAR_HEIGHT = 7
GAP = 12


class ClassBars(RowList):
    """The top classes: name, bar, per cent. The rows stand still, whatever they show.

    Parameters
    ----------
    rows : int, default 4
    figure : function, default `per_cent`
        Puts a value into words.

    Signals
    -------
    class_chosen(int)
        The index, in the names given, of a class that was clicked or chosen with Enter.
    class_hovered(int)
        The pointer came to a class; −1 where it left them.
    """

    class_chosen = Signal(int)
    class_hovered = Signal(int)

    def __init__(
        self, rows: int = 4, figure: Callable[[float], str] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(ROW_HEIGHT, parent)
        self._rows = rows
        self._figure = figure or per_cent
        self._whole = 1.0
        self._colours: Sequence[QColor] | None = None
        self._names: Sequence[str] = ()
        self._values: NDArray[np.float64] | None = None
        self._order: list[int] = []
        self._name_room = 0
        self.setFixedHeight(rows * ROW_HEIGHT)
        self.setMinimumWidth(140)
        self.setAccessibleName("What the network sees")

    def set_probabilities(
        self, names: Sequence[str], values: Sequence[float] | NDArray[np.floating] | None, whole: float = 1.0
    ) -> None:
        """Show the largest of `values` (one a name); None, or what is not a number, shows dashes.

        `whole` is the value of a full bar; what is below 0 has none.
        """
        self._whole = whole if whole > 0 else 1.0
        if names is not self._names:
            self._names = names
            # By the widest of all names, so that the bars do not move when the classes change places.
            self._name_room = max((self.fontMetrics().horizontalAdvance(name) for name in names), default=0)
        self._values = None if values is None else np.asarray(values, dtype=np.float64)
        if self._values is None or not np.isfinite(self._values).all():
            self._values, self._order = None, []
        else:
            self._order = [int(index) for index in np.argsort(-self._values, kind="stable")[: self._rows]]
        words = [f"{self._names[index]} {self._figure(float(self._values[index]))}" for index in self._order]  # type: ignore[index]
        self.setAccessibleDescription(", ".join(words))
        self.update()

    def set_colours(self, colours: Sequence[QColor] | None) -> None:
        """Paint the bars in these colours, one a name; None in that of the accent."""
        self._colours = colours
        self.update()

    def shown(self) -> list[int]:
        """Return the indices of the classes in the rows, from the top."""
        return list(self._order)

    def name_rect(self, row: int) -> QRectF:
        room = min(self._name_room + 1.0, self.width() * 0.42)
        return QRectF(0, row * ROW_HEIGHT, room, ROW_HEIGHT)

    def bar_rect(self, row: int) -> QRectF:
        """Return the place of a row's whole bar; its filled part begins at the left."""
        left = self.name_rect(row).right() + GAP
        right = self.width() - self._figure_room() - GAP
        return QRectF(left, row * ROW_HEIGHT + (ROW_HEIGHT - BAR_HEIGHT) / 2, max(right - left, 0), BAR_HEIGHT)

    def _figure_room(self) -> int:
        return max(self.fontMetrics().horizontalAdvance(text) for text in ("100 %", self._figure(-10.0)))

    def sizeHint(self) -> QSize:
        return QSize(280, self._rows * ROW_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in range(self._rows):
            self._paint_row(painter, row)

    def _paint_row(self, painter: QPainter, row: int) -> None:
        colours = tokens()
        filled = row < len(self._order)
        value = float(self._values[self._order[row]]) if filled and self._values is not None else 0.0
        lit = filled and self.is_lit(row)
        painter.setPen(colours.accent if lit else colours.text if filled else colours.quiet)
        vertical = Qt.AlignmentFlag.AlignVCenter
        place = self.name_rect(row)
        painter.drawText(place, vertical | Qt.AlignmentFlag.AlignLeft, self._elided(row) if filled else "–")
        figure = QRectF(0, row * ROW_HEIGHT, self.width(), ROW_HEIGHT)
        painter.drawText(figure, vertical | Qt.AlignmentFlag.AlignRight, self._figure(value) if filled else "–")
        painter.setPen(Qt.PenStyle.NoPen)
        bar = self.bar_rect(row)
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(bar, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
        if value > 0:
            # A share too small for a round end is still a mark that can be seen.
            bar.setWidth(max(bar.width() * min(value / self._whole, 1.0), 2.0))
            radius = min(BAR_HEIGHT / 2, bar.width() / 2)
            painter.setBrush(self._colours[self._order[row]] if self._colours else QColor(colours.accent))
            painter.drawRoundedRect(bar, radius, radius)

    def _elided(self, row: int) -> str:
        name = self._names[self._order[row]]
        return self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(self.name_rect(row).width()))

    def row_count(self) -> int:
        return len(self._order)

    def row_tip(self, row: int) -> str:
        name = self._names[self._order[row]]
        return name if self._elided(row) != name else ""

    def row_hovered(self, row: int) -> None:
        self.class_hovered.emit(self._order[row] if row >= 0 else -1)

    def row_chosen(self, row: int) -> None:
        self.class_chosen.emit(self._order[row])
