"""A wall of square thumbnails with one cursor: hundreds of units at a glance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDrag,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from gui.theme import tokens
from gui.widgets.dropped_pictures import UNIT_MIME
from gui.widgets.picture_paint import fitted
from gui.widgets.pixels import to_qimage
from gui.widgets.scrolled_cells import ScrolledCells
from gui.widgets.tile_bars import TileBars
from gui.widgets.wall_grid import WallGrid

LARGEST_TILE = 160
FLAT = 2  # levels of 255: what varies less has no picture in it


class ThumbnailWall(ScrolledCells):
    """Square cells that fill the width exactly; one of them is the current one.

    Signals
    -------
    chosen(int)
        A cell was clicked, reached with the keys, or Enter was pressed on it.
    copy_requested(int)
        Ctrl+C, or Copy in the menu.
    """

    chosen = Signal(int)
    copy_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self._label: Callable[[int], str] | None = None
        self._tiles: dict[int, QPixmap] = {}
        self._growing: set[int] = set()
        self._flat: set[int] = set()
        self._bars: TileBars | None = None
        self._hovered = -1
        self._pressed: QPoint | None = None
        # A bar that comes and goes would change the number of columns, and with it whether it is needed.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setMinimumSize(80, 60)
        self.setAccessibleName("Wall of thumbnails")

    def cells(self) -> WallGrid:
        return WallGrid(self._count, self.viewport().width())

    def set_count(self, count: int, labels: Callable[[int], str] | None = None) -> None:
        """Show `count` empty cells; `labels` names a cell ("layer4/37")."""
        self.clear()
        self._bars = None
        self._count, self._label = count, labels
        self._current = -1
        self.verticalScrollBar().setValue(0)
        self._update_scroll_range()

    def set_tiles(self, indices: Sequence[int], tiles: NDArray[np.uint8], finished: bool) -> None:
        """Put pictures, uint8 (k, height, width, 3), into cells; those not finished are dimmed."""
        for index, tile in zip(indices, tiles, strict=True):
            self._tiles[index] = _pixmap(tile)
            still = finished and int(np.ptp(tile, axis=(0, 1)).max(initial=0)) <= FLAT
            (self._flat.add if still else self._flat.discard)(index)
            (self._growing.discard if finished else self._growing.add)(index)
        self.viewport().update()

    def set_bars(self, bars: TileBars | None) -> None:
        """Put a slim bar at the foot of every tile, and its number into the tip; None takes them away."""
        if bars is not None or self._bars is not None:
            self._bars = bars
            self.viewport().update()

    def clear(self) -> None:
        """Empty all cells; their number and the cursor stay."""
        self._tiles.clear()
        self._growing.clear()
        self._flat.clear()
        self.viewport().update()

    def count(self) -> int:
        return self._count

    def current(self) -> int:
        """Return the current cell, −1 where there is none."""
        return self._current

    def set_current(self, index: int) -> None:
        """Move the cursor without telling anybody; −1 takes it away."""
        self._current = index if 0 <= index < self._count else -1
        if self._current >= 0:
            self._scroll_to(self._current)
            self.setAccessibleDescription(self.label(self._current))
        self.viewport().update()

    def label(self, index: int) -> str:
        return self._label(index) if self._label is not None else str(index)

    def tip(self, index: int) -> str:
        lines = [self.label(index)]
        if self._bars is not None and index < len(self._bars.texts):
            dead = self._bars.dead[index]
            lines.append("Dead: every image has the same score" if dead else self._bars.texts[index])
        if index in self._flat:
            lines.append("Silent: the picture stays flat, the unit may be behind a dead ReLU")
        elif index in self._growing:
            lines.append("growing")
        return "\n".join(lines)

    def mime_data(self, index: int) -> QMimeData:
        """Return what a drag of this cell carries."""
        data = QMimeData()
        data.setData(UNIT_MIME, self.label(index).encode())
        data.setText(self.label(index))
        return data

    def sizeHint(self) -> QSize:
        return QSize(272, 240)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._update_scroll_range()
        if event.oldSize().width() != event.size().width() and self._current >= 0:
            self._scroll_to(self._current)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for index in self.visible_cells():
            cell = self.cell_rect(index)
            if cell.intersects(event.rect()):
                self._paint_cell(painter, index, cell)

    def _paint_cell(self, painter: QPainter, index: int, cell: QRect) -> None:
        colours = tokens()
        tile, growing = self._tiles.get(index), index in self._growing
        if tile is None or growing:
            painter.fillRect(cell, QColor(colours.raised))
        if tile is not None:
            painter.setOpacity(0.6 if growing else 1.0)
            painter.drawPixmap(fitted(tile.size(), QRectF(cell)), tile, QRectF(tile.rect()))
            painter.setOpacity(1.0)
        if growing:
            painter.fillRect(cell.left(), cell.bottom() - 1, cell.width(), 2, QColor(colours.accent))
        if index in self._flat:
            corner = QPointF(cell.right() + 1, cell.top())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.warn))
            painter.drawPolygon(QPolygonF([corner, corner - QPointF(9, 0), corner + QPointF(0, 9)]))
        if self._bars is not None and not growing:
            self._bars.paint(painter, index, QRectF(cell))
        if index == self._current:
            # A rim of the ground keeps the mark apart from a picture of the same colour.
            _frame(painter, cell, colours.panel, 3)
            _frame(painter, cell, colours.accent, 2)
        elif index == self._hovered:
            _frame(painter, cell, colours.quiet, 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self._current >= 0:
            self.copy_requested.emit(self._current)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self.chosen.emit(self._current)
        elif (goal := self._step(event)) is None:
            super().keyPressEvent(event)
        elif goal != self._current:
            self._choose(goal)

    def _choose(self, index: int) -> None:
        self.set_current(index)
        self.chosen.emit(index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        self._hover(self.index_at(place))
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if (place - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            index, self._pressed = self.index_at(self._pressed), None
            if index >= 0:
                self._drag(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        # At the release, for a drag must not choose what it drags.
        pressed, self._pressed = self._pressed, None
        if pressed is not None and event.button() == Qt.MouseButton.LeftButton:
            index = self.index_at(event.position().toPoint())
            if index >= 0 and index == self.index_at(pressed):
                self._choose(index)

    def _drag(self, index: int) -> None:
        drag = QDrag(self)
        drag.setMimeData(self.mime_data(index))
        if index in self._tiles:
            drag.setPixmap(self._tiles[index].scaled(52, 52, Qt.AspectRatioMode.KeepAspectRatio))
        drag.exec(Qt.DropAction.CopyAction)

    def _open_menu(self, index: int, place: QPoint) -> None:
        menu = self.menu(index)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def menu(self, index: int) -> QMenu:
        """Return a fresh context menu for a cell."""
        menu = QMenu(self)
        menu.addAction(f"Copy {self.label(index)}", lambda: self.copy_requested.emit(index))
        return menu

    def _hover(self, index: int) -> None:
        if index != self._hovered:
            self._hovered = index
            self.viewport().update()


def _pixmap(tile: NDArray[np.uint8]) -> QPixmap:
    image = to_qimage(tile)
    if max(image.width(), image.height()) > LARGEST_TILE:
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        image = image.scaled(LARGEST_TILE, LARGEST_TILE, keep, smooth)
    return QPixmap.fromImage(image)


def _frame(painter: QPainter, cell: QRect, colour: str, width: int) -> None:
    pen = QPen(QColor(colour), width)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(cell).adjusted(width / 2, width / 2, -width / 2, -width / 2))
