"""A widget drawn as a whole into a PNG, also what is scrolled out of sight."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from gui.theme import tokens

DENSITY = 2
"""Pixels of the picture for each of the window's."""


def sheet_png(sheet: QWidget) -> bytes:
    """Draw `sheet`, as wide as it is and as high as it wants to be, and give the bytes of a PNG file."""
    size = QSize(sheet.width(), max(sheet.height(), sheet.sizeHint().height()))
    image = QImage(size * DENSITY, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(DENSITY)
    image.fill(tokens().panel)
    painter = QPainter(image)
    sheet.render(painter, QPoint())
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    # The stubs know only the file name; a device takes the name of the format.
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())
