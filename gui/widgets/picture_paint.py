"""A small picture and its line of text, painted alike wherever they stand."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from gui.theme import tokens

CORNER = 4
CAPTION_PLACE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def paint_picture(painter: QPainter, square: QRectF, pixmap: QPixmap | None) -> QRectF:
    """Paint a picture in its own proportions in the middle of `square`, or an empty place; return where it lies."""
    frame = fitted(pixmap.size(), square) if pixmap else square
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


def fitted(size: QSize, square: QRectF) -> QRectF:
    """Give the largest place in `square` with the proportions of `size`."""
    fitted = size.scaled(square.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRectF(0, 0, fitted.width(), fitted.height())
    place.moveCenter(square.center())
    return place


def paint_ring(painter: QPainter, frame: QRectF, colour: str, width: int) -> None:
    """Paint a ring just inside a picture: outside there may be no room."""
    painter.setPen(QPen(QColor(colour), width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inset = width / 2
    painter.drawRoundedRect(frame.adjusted(inset, inset, -inset, -inset), CORNER - 1, CORNER - 1)
