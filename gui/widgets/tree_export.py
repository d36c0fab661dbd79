"""A tree as it is seen, as SVG text and as the bytes of a PNG file."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from gui.theme import tokens

DENSITY = 2
"""Pixels of a PNG for each of the window's."""

Paint = Callable[[QPainter], object]


def svg_text(size: QSize, title: str, paint: Paint) -> str:
    """Return what `paint` draws on a ground of `size` as SVG; its pictures are inside."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    # Pixels to the inch as browsers count them, so that it is shown as large as it was seen.
    generator.setResolution(96)
    generator.setTitle(title)
    _paint_on(generator, size, paint)
    return bytes(buffer.data().data()).decode("utf-8")


def png_bytes(size: QSize, paint: Paint) -> bytes:
    """Return what `paint` draws on a ground of `size` as the bytes of a PNG file, at twice the density."""
    image = QImage(size * DENSITY, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(DENSITY)
    _paint_on(image, size, paint)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    # The stubs know only the file name; a device takes the name of the format.
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def _paint_on(device: QSvgGenerator | QImage, size: QSize, paint: Paint) -> None:
    painter = QPainter(device)
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), QColor(tokens().panel))
    paint(painter)
    painter.end()
