"""How a tree's own axes lie in a widget: scale, place, and which way the tree grows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMarginsF, QPointF, QRectF
from PySide6.QtGui import QTransform

from gui.prediction_tree.drawing.layout import Layout

Numbers = NDArray[np.float64]

WIDEST, TALLEST = 190.0, 138.0
"""Pixels that a node gets at most across and down the widget when the tree is fitted in."""
STEEPEST = 6.0
"""One axis of a fitted tree is at most so many times as stretched as the other."""
LARGEST_SCALE = 500.0
SMALLEST_PICTURE, LARGEST_PICTURE = 22.0, 240.0
ENDS = 0.36
"""What nodes need beyond the first and the last level, in levels."""


@dataclass(frozen=True)
class Frame:
    """Where a layout's axes lie, in the widget's coordinates.

    Parameters
    ----------
    across, level : float
        Pixels for one unit of each axis.
    x, y : float
        The place of 0, 0.
    sideways : bool
        Whether the root is at the left; else it is on top.
    """

    across: float
    level: float
    x: float
    y: float
    sideways: bool = False

    def points(self, across: Numbers, level: Numbers) -> tuple[Numbers, Numbers]:
        """Return x and y of places."""
        if self.sideways:
            return self.x + level * self.level, self.y + across * self.across
        return self.x + across * self.across, self.y + level * self.level

    def transform(self) -> QTransform:
        """Return what takes (across, level) to the widget."""
        if self.sideways:
            return QTransform(0, self.across, self.level, 0, self.x, self.y)
        return QTransform(self.across, 0, 0, self.level, self.x, self.y)

    @property
    def room(self) -> tuple[float, float]:
        """Return the width and height that a node has to itself, in pixels."""
        return (self.level, self.across) if self.sideways else (self.across, self.level)

    @property
    def picture_room(self) -> float:
        """Return the side of the square that a node's picture may take, however small."""
        width, height = self.room
        return min(0.62 * width, 0.8 * height - 10) if self.sideways else min(0.8 * width, 0.6 * height)

    @property
    def picture_side(self) -> float:
        """Return the side of a node's picture; 0 where there is room for dots only."""
        side = self.picture_room
        return min(side, LARGEST_PICTURE) if side >= SMALLEST_PICTURE else 0.0

    @property
    def dot_radius(self) -> float:
        """Return the radius of the dot that stands for a picture; 0 where dots would run into one another."""
        radius = min(0.3 * min(self.room), 4.5)
        return radius if radius >= 1 else 0.0

    def moved(self, dx: float, dy: float) -> Frame:
        return replace(self, x=self.x + dx, y=self.y + dy)

    def zoomed(self, factor: float, at: QPointF) -> Frame:
        """Return the frame enlarged about a point, which stays where it is; not beyond what is useful."""
        factor = min(factor, LARGEST_SCALE / max(self.across, self.level))
        return replace(
            self,
            across=self.across * factor,
            level=self.level * factor,
            x=at.x() + (self.x - at.x()) * factor,
            y=at.y() + (self.y - at.y()) * factor,
        )


def fit(layout: Layout, room: QRectF, sideways: bool) -> Frame:
    """Return the frame in which all of a layout is seen, in the middle of `room`.

    Neither axis is stretched much more than the other.
    """
    wide, deep = max(layout.right - layout.left, 1.0), layout.deepest + 2 * ENDS
    extent, height = (room.height(), room.width()) if sideways else (room.width(), room.height())
    most = (TALLEST, WIDEST) if sideways else (WIDEST, TALLEST)
    across, level = min(extent / wide, most[0]), min(height / deep, most[1])
    across, level = min(across, STEEPEST * level), min(level, STEEPEST * across)
    middle, down = (layout.left + layout.right) / 2, layout.deepest / 2
    x, y = room.center().x(), room.center().y()
    if sideways:
        return Frame(across, level, x - down * level, y - middle * across, True)
    return Frame(across, level, x - middle * across, y - down * level, False)


def room_in(width: float, height: float, sideways: bool) -> QRectF:
    """Return where a fitted tree may lie in a widget."""
    margins = QMarginsF(16, 16, 16, 16) if sideways else QMarginsF(16, 12, 16, 24)
    room = QRectF(0, 0, width, height).marginsRemoved(margins)
    return QRectF(room.left(), room.top(), max(room.width(), 40), max(room.height(), 40))
