"""The labels of leaves: as many as have room, and always the same ones of a zoom, so that none dances."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from gui.theme import CAPTION_SIZE, TEXT_SIZE, text_font, tokens
from gui.tree_condensing import Drawing
from gui.tree_layout import Layout
from gui.widgets.tree_scene import MARGIN, Scene

LINE = 15.0
GAP = 6.0
LONGEST = 150.0


def shown_labels(
    places: NDArray[np.float64], spacing: float, room: float, first: Sequence[int], view: tuple[float, float]
) -> list[int]:
    """Choose which labels in view are written: those of `first` before all, of the others every 1st, 2nd, 4th, 8th, …

    Parameters
    ----------
    places : ndarray of float64, shape (leaves,)
        Where each leaf is across, in pixels, in rising order.
    spacing : float
        Pixels from one leaf to the next.
    room : float
        Pixels that a label takes across.
    first : sequence of int
        Numbers of the leaves that matter most; the earlier ones more.
    view : tuple of float
        The part of the axis that is seen.
    """
    kept: list[int] = []
    for number in first:
        if all(abs(places[number] - places[other]) >= room for other in kept):
            kept.append(number)
    stride = 1
    while spacing * stride < room:
        stride *= 2
    begin, end = np.searchsorted(places, view).tolist()
    # Counted from the first of all leaves, and not of those in view: else a label would go as the view is moved.
    others = np.arange(-(-begin // stride) * stride, end, stride)
    free = np.ones(len(others), bool)
    for number in kept:
        free &= np.abs(places[others] - places[number]) >= room
    return sorted([*(number for number in kept if begin <= number < end), *others[free].tolist()])


@lru_cache(maxsize=2)
def _labelled(layout: Layout, drawing: Drawing, labels: int) -> NDArray[np.int64]:
    """Return the places of the leaves that have labels, from the left."""
    return np.array([place for place in layout.ends if 0 <= drawing.nodes[place] < labels], np.int64)


def label_width(labels: Sequence[str]) -> float:
    """Return the pixels of the longest label, in the font of captions."""
    metrics = QFontMetricsF(text_font(CAPTION_SIZE))
    return min(max((metrics.horizontalAdvance(label) for label in labels), default=0.0), LONGEST)


def labels_length(width: float, spacing: float, sideways: bool) -> float:
    """Return how many pixels labels, of which the longest has `width`, take beyond the leaves."""
    if not width:
        return 0.0
    size, upright = _written(width, spacing, sideways)
    return width * size / CAPTION_SIZE + GAP + 2 if sideways or upright else LINE + GAP


def _written(width: float, spacing: float, sideways: bool) -> tuple[int, bool]:
    """Return the size of the labels' font, and whether they stand upright below a tree that grows down."""
    if sideways:
        return (TEXT_SIZE if spacing >= 20 else CAPTION_SIZE), False
    for size in (TEXT_SIZE, CAPTION_SIZE):
        if width * size / CAPTION_SIZE + GAP <= spacing:
            return size, False
    return (TEXT_SIZE if spacing >= 20 else CAPTION_SIZE), True


def paint_labels(painter: QPainter, scene: Scene) -> None:
    """Write the labels of the leaves in view beside or below them."""
    if not scene.labels:
        return
    colours, marks, spacing = tokens(), scene.marks, scene.frame.across
    leaves = _labelled(scene.layout, scene.drawing, len(scene.labels))
    size, upright = _written(scene.label_width, spacing, scene.frame.sideways)
    axis = 1 if scene.frame.sideways else 0
    ends = [trail.places[-1] for trail in (marks.path, marks.compared) if trail.places]
    first = [np.flatnonzero(leaves == place) for place in dict.fromkeys((marks.hovered, marks.current, *ends))]
    lit = [int(found[0]) for found in first if len(found)]
    room = LINE if scene.frame.sideways or upright else scene.label_width
    painter.setFont(text_font(size))
    view = (-MARGIN, scene.size[axis] + MARGIN)
    for number in shown_labels(scene.points[axis][leaves], spacing, room, lit, view):
        place = int(leaves[number])
        current = place == marks.current
        painter.setPen(
            QColor(colours.path if place in marks.path.places else colours.accent if current else colours.text)
        )
        text = painter.fontMetrics().elidedText(scene.label(place), Qt.TextElideMode.ElideRight, int(LONGEST))
        _write(painter, scene, place, text, upright)


def _write(painter: QPainter, scene: Scene, place: int, text: str, upright: bool) -> None:
    rect = scene.node_rect(place)
    if scene.frame.sideways:
        line = QRectF(rect.right() + GAP, rect.center().y() - LINE / 2, LONGEST + 2, LINE)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
    elif upright:
        painter.save()
        painter.translate(QPointF(rect.center().x(), rect.bottom() + GAP))
        painter.rotate(90)
        line = QRectF(0, -LINE / 2, LONGEST + 2, LINE)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()
    else:
        line = QRectF(rect.center().x() - LONGEST / 2, rect.bottom() + GAP / 2, LONGEST, LINE)
        painter.drawText(line, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, text)
