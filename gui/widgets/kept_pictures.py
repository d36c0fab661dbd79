"""Thumbnails by the number of their image; those seen longest ago go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPixmap

from gui.widgets.pixels import thumbnail_pixmap

KEPT = 2000
"""Thumbnails kept; the ones seen longest ago go first."""


class KeptPictures:
    """Pixmaps that are ready to be painted, of at most `largest` px a side."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._kept: OrderedDict[int, QPixmap] = OrderedDict()

    def keep(self, index: int, image: NDArray[np.uint8]) -> None:
        """Take an image's picture, uint8 (height, width, 3)."""
        self._kept[index] = thumbnail_pixmap(image, self._largest)
        self._kept.move_to_end(index)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        self._kept.clear()

    def drop(self, indices: Iterable[int]) -> None:
        """Forget the pictures of images, as far as they are here."""
        for index in indices:
            self._kept.pop(index, None)

    def pixmap(self, index: int) -> QPixmap | None:
        return self._kept.get(index)

    def image(self, index: int) -> NDArray[np.uint8] | None:
        """Return a picture that is kept as uint8 (height, width, 3)."""
        if index not in self._kept:
            return None
        image = self._kept[index].toImage().convertToFormat(QImage.Format.Format_RGB888)
        lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()

    def missing(self, seen: Iterable[int]) -> tuple[int, ...]:
        """Return, once each and in their order, the images that are not here; the others count as just seen."""
        once = dict.fromkeys(seen)
        for index in once:
            if index in self._kept:
                self._kept.move_to_end(index)
        return tuple(index for index in once if index not in self._kept)
