"""One unit of figure 5: the images that excite it most, its optimised picture, and how all images' scores lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.charts.histogram_view import HistogramView
from gui.theme import tokens
from gui.widgets.image_view import ImageView
from gui.widgets.pixels import thumbnail_pixmap

SIDE = 168
ACROSS, GAP = 3, 3


class NinePictures(QWidget):
    """Nine pictures in a square, as large as one optimised picture beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixmaps: list[QPixmap] = []
        self.setFixedSize(SIDE, SIDE)
        self.setAccessibleName("Images that excite the unit most")

    def set_pictures(self, pictures: list[NDArray[np.uint8]]) -> None:
        """Show up to nine pictures, uint8 (height, width, 3), the first at the upper left."""
        self._pixmaps = [thumbnail_pixmap(picture, SIDE) for picture in pictures[: ACROSS * ACROSS]]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        side = (SIDE - GAP * (ACROSS - 1)) // ACROSS
        for place in range(ACROSS * ACROSS):
            row, column = divmod(place, ACROSS)
            cell = QRect(column * (side + GAP), row * (side + GAP), side, side)
            if place >= len(self._pixmaps):
                painter.fillRect(cell, QColor(tokens().raised))
                continue
            pixmap = self._pixmaps[place]
            fitted = QRect(0, 0, 0, 0)
            fitted.setSize(QSize(pixmap.size()).scaled(cell.size(), Qt.AspectRatioMode.KeepAspectRatio))
            fitted.moveCenter(cell.center())
            painter.drawPixmap(fitted, pixmap)


class FigureRowView(QWidget):
    """Ground-truth optima, generated optimum and distribution of one unit."""

    def __init__(self, title: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.top = NinePictures()
        self.optimised = ImageView()
        self.optimised.setFixedSize(SIDE, SIDE)
        self.optimised.set_placeholder("growing…")
        self.histogram = HistogramView()
        self.histogram.setFixedHeight(SIDE)
        self.title, self.words = QLabel(title), QLabel(words)
        self.words.setProperty("role", "caption")
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.title)
        head.addWidget(self.words, 1)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self.top)
        line.addWidget(self.optimised)
        line.addWidget(self.histogram, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addLayout(line)
