"""Everything that a tree's painter looks at, and where on the widget it lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF

from gui.prediction_tree.drawing.condensing import ABOVE_ROOTS, Drawing, MergeTree
from gui.prediction_tree.drawing.layout import Layout
from gui.prediction_tree.drawing.trail import Trail
from gui.prediction_tree.drawing.tree_frame import Frame
from gui.prediction_tree.drawing.tree_pictures import NodePictures

Numbers = NDArray[np.float64]

REACH = 14.0
"""Pixels from a dot within which the pointer has come to it."""
THICKEST = 34.0
PILL_HEIGHT, PILL_LEAST, DIGIT = 18.0, 20.0, 7.0
"""Pixels of the words on a branch that tell how many images fell off: without its digits, and of each of these."""
PILL_GAP = 2.0
BESIDE = 76.0
"""Pixels beside a picture with which its caption stands there, and not below."""
CAPTION_ROOM = 17.0
BADGE = 7.5
MARGIN = 80.0


@dataclass(frozen=True)
class Marks:
    """What stands out: the places of a node or a branch, −1 for none; whether the pointer is on the node's button."""

    current: int = -1
    hovered: int = -1
    pill: int = -1
    badge: bool = False
    path: Trail = field(default_factory=Trail)
    compared: Trail = field(default_factory=Trail)


@dataclass(frozen=True, eq=False)
class Scene:
    """One view of a tree; made anew for each frame, which costs little.

    Parameters
    ----------
    tree, drawing, layout, frame
    size : tuple of float
        Width and height of the widget.
    pictures : NodePictures
    marks : Marks
    tints : ndarray of float64, shape (merges,), or None
        From 0, where the two sides of a merge are closest, to 1; NaN where nothing is known.
    caption : function
        Puts a node into a word or two.
    density : float
        Pixels that a picture has at least for each of the widget's.
    """

    tree: MergeTree
    drawing: Drawing
    layout: Layout
    frame: Frame
    size: tuple[float, float]
    pictures: NodePictures
    marks: Marks = field(default_factory=Marks)
    tints: Numbers | None = None
    caption: Callable[[int], str] = str
    density: float = 1.0

    @cached_property
    def points(self) -> tuple[Numbers, Numbers]:
        return self.frame.points(self.layout.across, self.layout.level)

    @cached_property
    def side(self) -> float:
        """Return the side of pictures, to whole pixels and in steps: a scaled picture serves for several of a zoom."""
        side = self.frame.picture_side
        return float(round(side / 2) * 2)

    @cached_property
    def thickest(self) -> float:
        """Return how wide a branch of all images is."""
        return float(min(THICKEST, max(0.5 * self.frame.across, 1.5), max(4 * self.frame.level, 2.0)))

    def thickness(self, images: float) -> float:
        """Return how wide a branch of so many images is."""
        return max(self.thickest * images / max(self.tree.images, 1), 1.0)

    @cached_property
    def seen(self) -> list[int]:
        """Return the places in view, and those just beside it."""
        xs, ys = self.points
        width, height = self.size
        margin = max(MARGIN, self.side)
        inside = (xs > -margin) & (xs < width + margin) & (ys > -margin) & (ys < height + margin)
        found: list[int] = np.flatnonzero(inside).tolist()
        return found

    @cached_property
    def seen_edges(self) -> list[int]:
        """Return the places whose edge from above crosses the view."""
        above = np.asarray(self.drawing.above, np.int64)
        inside = above >= 0
        for values, length in zip(self.points, self.size, strict=True):
            low, high = np.minimum(values, values[above]), np.maximum(values, values[above])
            inside &= (high > -THICKEST) & (low < length + THICKEST)
        found: list[int] = np.flatnonzero(inside).tolist()
        return found

    @cached_property
    def _spots(self) -> tuple[list[float], list[float]]:
        """Return `points` as Python's own numbers: one by one these are had five times as fast."""
        xs, ys = self.points
        return xs.tolist(), ys.tolist()

    def centre(self, place: int) -> QPointF:
        xs, ys = self._spots
        return QPointF(xs[place], ys[place])

    def radius(self, place: int) -> float:
        """Return the radius of a node without a picture; its area grows with its images."""
        if not self.side:
            return self.frame.dot_radius
        if self.drawing.nodes[place] == ABOVE_ROOTS:
            return 4.0
        share = self.layout.images[place] / max(self.tree.images, 1)
        return float(max(3.5, self.side * 0.4 * math.sqrt(share)))

    def node_rect(self, place: int) -> QRectF:
        """Return where a node's picture, disc or dot is."""
        node, middle = self.drawing.nodes[place], self.centre(place)
        if self.side and self.pictures.has(node):
            width, height = self.pictures.fitted(node, self.side)
        else:
            width = height = 2 * self.radius(place)
        return QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height)

    def badge_rect(self, place: int) -> QRectF | None:
        """Return where the button is that opens or closes what is below a node; None where it has none."""
        goes_on = self.drawing.closed[place] or self.drawing.below[place]
        if not self.side or not goes_on or self.drawing.nodes[place] == ABOVE_ROOTS:
            return None
        corner = self.node_rect(place).bottomRight()
        return QRectF(corner.x() - 1.2 * BADGE, corner.y() - 1.2 * BADGE, 2 * BADGE, 2 * BADGE)

    def pill_at(self, place: int) -> QPointF | None:
        """Return the middle of the words on the branch to a place that tell how many images fell off."""
        above = self.drawing.above[place]
        if above < 0 or not self.drawing.fell[place] or not self.side:
            return None
        start, end = self.node_rect(above), self.node_rect(place)
        first, last = start.center(), end.center()
        y = (first.y() + last.y()) / 2
        if not self.frame.sideways:
            y = (start.bottom() + (0 if self.captions_beside else CAPTION_ROOM + 2) + end.top()) / 2
        at = QPointF((first.x() + last.x()) / 2, y)
        return at if self._is_free(at, PILL_LEAST + DIGIT * len(f"{self.drawing.fell[place]:,}")) else None

    def _is_free(self, at: QPointF, width: float) -> bool:
        """Say whether words around a point, so wide, would lie on no node and no caption."""
        xs, ys = self._seen_points
        half = self.side / 2 + PILL_GAP
        below = half + (0 if self.captions_beside else CAPTION_ROOM)
        beside = np.abs(xs - at.x()) < half + width / 2
        level = (at.y() - ys > -half - PILL_HEIGHT / 2) & (at.y() - ys < below + PILL_HEIGHT / 2)
        return not bool((beside & level).any())

    @cached_property
    def _seen_points(self) -> tuple[Numbers, Numbers]:
        xs, ys = self.points
        return xs[self.seen], ys[self.seen]

    @cached_property
    def captions_beside(self) -> bool:
        """Say whether captions stand at the right of their nodes: between two levels there is other to tell."""
        return not self.frame.sideways and self.frame.across - self.side >= BESIDE

    def pills(self) -> Iterable[tuple[int, QPointF]]:
        """Yield the places with such words in view, and where they are."""
        for place in self.seen_edges if self.side else ():
            at = self.pill_at(place)
            if at is not None:
                yield place, at

    def place_at(self, at: QPointF) -> int:
        """Return the node at a point, −1 for none; of several the one whose middle is nearest."""
        xs, ys = self.points
        far = np.hypot(xs - at.x(), ys - at.y())
        for place in np.argsort(far, kind="stable")[:4].tolist():
            if self.drawing.nodes[place] == ABOVE_ROOTS and not self.drawing.closed[place]:
                continue
            near = far[place] <= min(REACH, max(min(self.frame.room) * 0.6, 4.0))
            if near or self.node_rect(place).contains(at):
                return int(place)
        return -1

    def tint(self, place: int) -> float:
        """Return how far apart the sides of a merge are, 0 to 1; NaN for a leaf, or where nothing is known."""
        number = self.drawing.nodes[place] - self.tree.leaves
        return float(self.tints[number]) if self.tints is not None and number >= 0 else float("nan")

    def told(self, place: int) -> str:
        """Return the caption of a place; of what joins the roots the images of those that are not drawn."""
        node, fell = self.drawing.nodes[place], self.drawing.fell[place]
        if node == ABOVE_ROOTS:
            return f"−{fell:,}" if fell else ""
        return self.caption(node)
