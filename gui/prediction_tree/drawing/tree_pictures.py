"""The pictures of a tree's nodes, scaled and with round corners, ready to be painted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QImage, QPainter, QPixmap

from gui.widgets.pixels import to_qimage

KEPT = 3000
CORNER = 0.09
"""Radius of a picture's corners, as a share of its side."""


class NodePictures:
    """Pictures by their node; of one size at a time, for all are shown alike."""

    def __init__(self) -> None:
        self.smooth = True
        self._images: dict[int, NDArray[np.uint8]] = {}
        self._ready: dict[int, QPixmap] = {}
        self._size = (0.0, 1.0, True)

    def set(self, node: int, image: NDArray[np.uint8] | None) -> None:
        """Keep a picture, uint8 (height, width, 3); None forgets it."""
        self._ready.pop(node, None)
        if image is None:
            self._images.pop(node, None)
        else:
            self._images[node] = image

    def clear(self) -> None:
        self._images.clear()
        self._ready.clear()

    def has(self, node: int) -> bool:
        return node in self._images

    def fitted(self, node: int, side: float) -> tuple[float, float]:
        """Return the width and height of a node's picture in a square of `side`, not stretched."""
        height, width = self._images[node].shape[:2]
        scale = side / max(height, width)
        return width * scale, height * scale

    def pixmap(self, node: int, side: float, ratio: float) -> QPixmap:
        """Return the picture of a node for a square of `side` on a screen of so many pixels for one."""
        if self._size != (side, ratio, self.smooth) or len(self._ready) > KEPT:
            self._ready.clear()
            self._size = (side, ratio, self.smooth)
        if node not in self._ready:
            self._ready[node] = self._rounded(node, side, ratio)
        return self._ready[node]

    def _rounded(self, node: int, side: float, ratio: float) -> QPixmap:
        width, height = (max(round(length * ratio), 1) for length in self.fitted(node, side))
        mode = Qt.TransformationMode.SmoothTransformation if self.smooth else Qt.TransformationMode.FastTransformation
        scaled = to_qimage(self._images[node]).scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
        image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(scaled))
        corner = max(3.0, CORNER * side) * ratio
        painter.drawRoundedRect(QRectF(0, 0, width, height), corner, corner)
        painter.end()
        image.setDevicePixelRatio(ratio)
        return QPixmap.fromImage(image)
