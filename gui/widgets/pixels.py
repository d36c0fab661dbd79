"""Arrays of pixels as what Qt draws."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QImage,
    QPixmap,
)

INFERNO = (
    "000004 040312 0b0724 150b37 210c4a 2f0a5b 3d0965 4a0c6b 57106e 64156e 71196e 7d1e6d 8a226a 972766 a32c61 b0315b "
    "bc3754 c63d4d d04545 da4e3c e35933 eb6429 f1711f f67e14 f98c0a fb9b06 fcaa0f fbba1f f9c932 f5d949 f2e865 f3f586 "
    "fcffa4"
)
"""The colours of heat, dark to bright: matplotlib's inferno (CC0). No import has to be waited for."""


def thumbnail_pixmap(image: NDArray[np.uint8], largest: int = 160) -> QPixmap:
    """Copy an image to a pixmap no larger than a screen of double density shows."""
    image = np.ascontiguousarray(image)
    height, width = image.shape[:2]
    pixmap = QPixmap.fromImage(QImage(image.data, width, height, 3 * width, QImage.Format.Format_RGB888))
    if max(height, width) <= largest:
        return pixmap
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return pixmap.scaled(largest, largest, keep, smooth)


def to_qimage(pixels: NDArray[np.uint8]) -> QImage:
    """Copy uint8 (height, width, 3) into a QImage that needs no conversion when it is painted."""
    tight = np.ascontiguousarray(pixels)
    height, width = tight.shape[:2]
    # convertToFormat copies, so that nothing points into NumPy's memory afterwards.
    return QImage(tight.data, width, height, 3 * width, QImage.Format.Format_RGB888).convertToFormat(
        QImage.Format.Format_RGB32
    )


def heat_image(values: NDArray[np.float32], largest: float | None = None) -> NDArray[np.uint8]:
    """Colour a map: 0 is black, `largest` (else the largest of the values) is bright yellow.

    Values float (height, width), finite and ≥ 0 (what is not is drawn as 0); returns uint8 (height, width, 3).
    """
    clean = np.nan_to_num(np.asarray(values, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(clean.max(initial=0.0)) if largest is None else largest
    if top <= 0:
        return np.broadcast_to(_heat_table()[0], (*clean.shape, 3)).copy()
    levels = np.clip(clean / top * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(_heat_table()[levels], dtype=np.uint8)


@cache
def _heat_table() -> NDArray[np.uint8]:
    """Return inferno, evenly spaced to the eye, as uint8 (256, 3): straight between 33 of its colours."""
    colours = np.frombuffer(bytes.fromhex(INFERNO), np.uint8).reshape(-1, 3)
    at = np.linspace(0, 255, len(colours)).round()
    channels = [np.interp(np.arange(256), at, colours[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=1).round().astype(np.uint8)
