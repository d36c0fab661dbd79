"""A grid of as many thumbnails as there are images; their pictures come and go."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.theme import CAPTION_SIZE, text_font, tokens

SIDE = 80
"""Pixels of a thumbnail's side."""
GAP = 8
CORNER = 4
CAPTION_PLACE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
CELL = QSize(SIDE + GAP, SIDE + 22 + GAP)
KEPT = 2000
"""Thumbnails kept; the ones seen longest ago go first."""
PICTURE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Thumbnail:
    """A picture that is ready to be painted, and its caption."""

    pixmap: QPixmap
    caption: str


class ThumbnailModel(QAbstractListModel):
    """As many rows as there are images, or only some of these; their pictures come and go."""

    def __init__(self, count: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._count = count
        self._only: NDArray[np.int64] | None = None
        self._kept: OrderedDict[int, Thumbnail] = OrderedDict()

    def show_only(self, images: NDArray[np.int64] | None) -> None:
        """Show these images, ascending, and no others; None shows all."""
        self.beginResetModel()
        self._only = images
        self.endResetModel()

    def image_of(self, row: int) -> int:
        return row if self._only is None else int(self._only[row])

    def row_of(self, image: int) -> int:
        """Give the row of an image, −1 where it is not shown."""
        if self._only is None:
            return image if 0 <= image < self._count else -1
        row = int(np.searchsorted(self._only, image))
        return row if row < len(self._only) and self._only[row] == image else -1

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else self._count if self._only is None else len(self._only)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        image = self.image_of(index.row())
        thumbnail = self._kept.get(image)
        if role == PICTURE:
            return thumbnail
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return thumbnail.caption if thumbnail else str(image)
        return None

    def missing(self, rows: range) -> tuple[int, ...]:
        """Give the images of these rows that are not here."""
        images = [self.image_of(row) for row in rows]
        for image in images:
            if image in self._kept:
                self._kept.move_to_end(image)
        return tuple(image for image in images if image not in self._kept)

    def keep(self, image: int, thumbnail: Thumbnail) -> None:
        self._kept[image] = thumbnail
        self._kept.move_to_end(image)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        row = self.row_of(image)
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row))


class ThumbnailPainter(QStyledItemDelegate):
    """Paints a picture in its own proportions, a caption, and a border where it is chosen."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return CELL

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours = tokens()
        cell: QRect = option.rect
        state: QStyle.StateFlag = option.state
        square = QRectF(cell.x() + GAP / 2, cell.y() + GAP / 2, SIDE, SIDE)
        thumbnail: Thumbnail | None = index.data(PICTURE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_picture(painter, square, thumbnail.pixmap if thumbnail else None)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawRoundedRect(square.adjusted(-2, -2, 2, 2), 5, 5)
        elif state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus):
            painter.setPen(QPen(QColor(colours.quiet), 1))
            painter.drawRoundedRect(square.adjusted(-1.5, -1.5, 1.5, 1.5), 5, 5)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        line = QRect(cell.x() + GAP // 2, cell.y() + GAP // 2 + SIDE + 2, SIDE, 18)
        caption = str(index.data(Qt.ItemDataRole.ToolTipRole))
        painter.setFont(text_font(CAPTION_SIZE))
        paint_caption(painter, line, caption, colours.text if chosen else colours.quiet)
        painter.restore()


class ThumbnailGrid(QListView):
    """A grid of equal cells, as many in a line as fit."""

    scrolled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # List mode with wrapping lays 50,000 equal cells out at once; icon mode takes its time.
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setGridSize(CELL)
        self.setItemDelegate(ThumbnailPainter(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setAccessibleName("Images")
        self.verticalScrollBar().valueChanged.connect(self.scrolled)

    def visible_rows(self) -> range:
        """Give the rows that can be seen, a started line included."""
        count = self.model().rowCount()
        if not count:
            return range(0)
        columns = max(1, self.viewport().width() // CELL.width())
        top = self.verticalScrollBar().value()
        first = top // CELL.height() * columns
        last = -(-(top + self.viewport().height()) // CELL.height()) * columns
        return range(min(first, count), min(last, count))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scrolled.emit()


def paint_picture(painter: QPainter, square: QRectF, pixmap: QPixmap | None) -> QRectF:
    """Paint a picture in its own proportions in the middle of `square`, or an empty place; return where it lies."""
    frame = _fitted(pixmap.size(), square) if pixmap else square
    outline = QPainterPath()
    outline.addRoundedRect(frame, CORNER, CORNER)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setClipPath(outline, Qt.ClipOperation.IntersectClip)
    if pixmap:
        painter.drawPixmap(frame, pixmap, QRectF(pixmap.rect()))
    else:
        painter.fillRect(frame, QColor(tokens().raised))
    painter.restore()
    return frame


def paint_caption(painter: QPainter, line: QRect, caption: str, colour: str) -> None:
    """Paint one line of text in the painter's font, elided where it is too long."""
    painter.setPen(QColor(colour))
    shown = painter.fontMetrics().elidedText(caption, Qt.TextElideMode.ElideRight, line.width())
    painter.drawText(line, CAPTION_PLACE, shown)


def _fitted(size: QSize, square: QRectF) -> QRectF:
    """Give the largest place in `square` with the proportions of `size`."""
    fitted = size.scaled(square.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRectF(0, 0, fitted.width(), fitted.height())
    place.moveCenter(square.center())
    return place
