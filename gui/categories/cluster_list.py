"""The clusters of a cut, one a row: colour, names, how many."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from backend.jobs import CategoryHierarchy
from gui.categories.category_view import MOST_TOLD, hue_colour, names_text
from gui.categories.marks import ALONE, Clusters
from gui.theme import CAPTION_SIZE, text_font, theme_manager, tokens
from gui.widgets.row_list import RowList

ROW = 20
MOST = 40
"""Rows; further clusters are counted."""


class ClusterList(RowList):
    """Clusters in the order of the tree.

    Signals
    -------
    node_chosen(int)
        A cluster was clicked, or chosen with Enter: its node of the tree.
    lit(tuple of int)
        The categories of the cluster under the pointer.
    """

    node_chosen = Signal(int)
    lit = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(ROW, parent)
        self._hierarchy: CategoryHierarchy | None = None
        self._clusters: Clusters | None = None
        self.setAccessibleName("Clusters")
        theme_manager().changed.connect(self.update)

    def set_clusters(self, hierarchy: CategoryHierarchy | None, clusters: Clusters | None) -> None:
        """Show what a cut makes."""
        self._hierarchy, self._clusters = hierarchy, clusters
        self._keep_within()
        rows = min(self.count(), MOST) + (self.count() > MOST)
        self.setFixedHeight(rows * ROW)
        self.update()

    def count(self) -> int:
        return 0 if self._clusters is None else len(self._clusters.groups)

    def text(self, row: int) -> str:
        """Return the names of a cluster."""
        assert self._hierarchy is not None and self._clusters is not None
        return names_text(self._hierarchy, self._clusters.groups[row], MOST_TOLD)

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(text_font(CAPTION_SIZE))
        for row in range(min(self.count(), MOST)):
            self._paint_row(painter, row)
        if self.count() > MOST:
            painter.setPen(QColor(tokens().quiet))
            place = QRectF(18, MOST * ROW, self.width() - 18, ROW)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, f"and {self.count() - MOST:,} more clusters")

    def _paint_row(self, painter: QPainter, row: int) -> None:
        clusters = self._clusters
        assert clusters is not None
        group, top = clusters.groups[row], row * ROW
        hue = int(clusters.hues[group[0]])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().quiet) if hue == ALONE else hue_colour(hue))
        painter.drawRoundedRect(QRectF(2, top + 6, 8, 8), 2, 2)
        lit = self.is_lit(row)
        metrics, vertical = painter.fontMetrics(), Qt.AlignmentFlag.AlignVCenter
        count = f"{len(group):,}"
        room = self.width() - 18 - 10 - metrics.horizontalAdvance(count)
        painter.setPen(QColor(tokens().accent if lit else tokens().text))
        name = metrics.elidedText(self.text(row), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(18, top, room, ROW), vertical, name)
        painter.setPen(QColor(tokens().quiet))
        painter.drawText(QRectF(0, top, self.width() - 2, ROW), vertical | Qt.AlignmentFlag.AlignRight, count)

    def row_count(self) -> int:
        return min(self.count(), MOST)

    def row_tip(self, row: int) -> str:
        return self.text(row)

    def row_hovered(self, row: int) -> None:
        self.lit.emit(self._clusters.groups[row] if row >= 0 and self._clusters is not None else ())

    def row_chosen(self, row: int) -> None:
        if self._clusters is not None:
            self.node_chosen.emit(self._clusters.nodes[row])
