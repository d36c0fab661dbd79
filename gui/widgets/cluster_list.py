"""The clusters of a cut, one a row: colour, names, how many."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from backend.jobs import CategoryHierarchy
from gui.category_marks import ALONE, Clusters
from gui.theme import CAPTION_SIZE, text_font, theme_manager, tokens
from gui.widgets.category_view import MOST_TOLD, hue_colour, names_text

ROW = 20
MOST = 40
"""Rows; further clusters are counted."""


class ClusterList(QWidget):
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
        super().__init__(parent)
        self._hierarchy: CategoryHierarchy | None = None
        self._clusters: Clusters | None = None
        self._hovered = self._cursor = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Clusters")
        theme_manager().changed.connect(self.update)

    def set_clusters(self, hierarchy: CategoryHierarchy | None, clusters: Clusters | None) -> None:
        """Show what a cut makes."""
        self._hierarchy, self._clusters = hierarchy, clusters
        self._hovered = -1
        self._cursor = min(max(self._cursor, 0), max(min(self.count(), MOST) - 1, 0))
        rows = min(self.count(), MOST) + (self.count() > MOST)
        self.setFixedHeight(rows * ROW)
        self.update()

    def count(self) -> int:
        return 0 if self._clusters is None else len(self._clusters.groups)

    def text(self, row: int) -> str:
        """Return the names of a cluster."""
        assert self._hierarchy is not None and self._clusters is not None
        return names_text(self._hierarchy, self._clusters.groups[row], MOST_TOLD)

    def row_at(self, y: float) -> int:
        row = int(y // ROW)
        return row if 0 <= row < min(self.count(), MOST) else -1

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
        lit = row == self._hovered or (self.hasFocus() and row == self._cursor)
        metrics, vertical = painter.fontMetrics(), Qt.AlignmentFlag.AlignVCenter
        count = f"{len(group):,}"
        room = self.width() - 18 - 10 - metrics.horizontalAdvance(count)
        painter.setPen(QColor(tokens().accent if lit else tokens().text))
        name = metrics.elidedText(self.text(row), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(18, top, room, ROW), vertical, name)
        painter.setPen(QColor(tokens().quiet))
        painter.drawText(QRectF(0, top, self.width() - 2, ROW), vertical | Qt.AlignmentFlag.AlignRight, count)

    def _choose(self, row: int) -> None:
        if row >= 0 and self._clusters is not None:
            self._cursor = row
            self.node_chosen.emit(self._clusters.nodes[row])

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.setCursor(Qt.CursorShape.PointingHandCursor if row >= 0 else Qt.CursorShape.ArrowCursor)
            self.lit.emit(self._clusters.groups[row] if row >= 0 and self._clusters is not None else ())
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.row_at(event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self.row_at(event.position().y()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if move is not None and self.count():
            self._cursor = min(max(self._cursor + move, 0), min(self.count(), MOST) - 1)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= self._cursor < self.count():
            self._choose(self._cursor)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self.row_at(event.pos().y())
            QToolTip.showText(event.globalPos(), self.text(row) if row >= 0 else "", self)
            return True
        return super().event(event)
