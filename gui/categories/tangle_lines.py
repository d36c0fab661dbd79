"""Lines between two dendrograms: where each class of the one stands in the other."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from backend.jobs import HierarchyComparison
from gui.categories.dendrogram import Dendrogram
from gui.theme import theme_manager, tokens, with_alpha

WIDTH = 44


class TangleLines(QWidget):
    """A strip between two dendrograms that face each other; the fewer of its lines cross, the more alike they are."""

    def __init__(self, left: Dendrogram, right: Dendrogram, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._left, self._right = left, right
        self.comparison: HierarchyComparison | None = None
        self.setFixedWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        for view in (left, right):
            view.rows_moved.connect(self.update)
        theme_manager().changed.connect(self.update)

    def set_comparison(self, comparison: HierarchyComparison | None) -> None:
        self.comparison = comparison
        self.update()

    def lines(self) -> list[tuple[int, int, float, float]]:
        """Return for each class of both its numbers and its heights in the two dendrograms."""
        if self.comparison is None or self._left.hierarchy is None or self._right.hierarchy is None:
            return []
        ours, theirs = self.comparison.first, self.comparison.second
        left, right = self._left.node_y(ours).tolist(), self._right.node_y(theirs).tolist()
        return list(zip(ours.tolist(), theirs.tolist(), left, right, strict=True))

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(0, 0, self.width(), round(self._left.base()))
        strong = {*self._left.marked(), *self._left.lit_leaves}
        for leaf, _, start, end in self.lines():
            path = QPainterPath(QPointF(2, start))
            middle = self.width() / 2
            path.cubicTo(middle, start, middle, end, self.width() - 2, end)
            bright = leaf in strong
            colour = with_alpha(tokens().accent if bright else self._left.colour(leaf).name(), 1.0 if bright else 0.6)
            painter.setPen(QPen(colour, 2.5 if bright else 1.25))
            painter.drawPath(path)
