"""A slim bar at the foot of a tile or a row: one number beside many others, at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from gui.theme import tokens, with_alpha

THICKNESS = 3
DEAD_SIDE = 5


@dataclass(frozen=True, eq=False)
class TileBars:
    """One number a tile.

    Attributes
    ----------
    shares : ndarray of float64
        (tiles,), in −1..1: shares of the largest; NaN for no bar.
    texts : sequence of str
        The numbers in words, for the tips.
    dead : ndarray of bool
        (tiles,), those that are marked as dead.
    """

    shares: NDArray[np.float64]
    texts: Sequence[str]
    dead: NDArray[np.bool_]

    def paint(self, painter: QPainter, index: int, cell: QRectF) -> None:
        """Paint the bar of a tile at its foot; a dead one has a red mark instead."""
        if index >= len(self.shares):
            return
        if self.dead[index]:
            painter.fillRect(cell, with_alpha(tokens().panel, 0.55))
            mark = QRectF(cell.left() + 1, cell.bottom() - DEAD_SIDE - 1, DEAD_SIDE, DEAD_SIDE)
            painter.fillRect(mark, QColor(tokens().path))
        else:
            paint_bar(painter, cell, float(self.shares[index]))


def paint_bar(painter: QPainter, place: QRectF, share: float) -> None:
    """Paint a bar at the foot of `place`, on a track so that it is seen on any picture; grey where it is negative."""
    if not np.isfinite(share):
        return
    track = QRectF(place.left(), place.bottom() - THICKNESS, place.width(), THICKNESS)
    painter.fillRect(track, with_alpha(tokens().ground, 0.6))
    length = max(track.width() * min(abs(share), 1.0), 1.0 if share else 0.0)
    colour = tokens().accent if share >= 0 else tokens().quiet
    painter.fillRect(QRectF(track.left(), track.top(), length, THICKNESS), QColor(colour))


def shares_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give numbers as shares of the largest, its sign left aside; what is no number stays none.

    >>> shares_of(np.array([2.0, -1.0, 0.0])).tolist()
    [1.0, -0.5, 0.0]
    """
    sizes = np.abs(values[np.isfinite(values)])
    largest = float(sizes.max(initial=0.0))
    return values / largest if largest > 0 else np.where(np.isfinite(values), 0.0, np.nan)
