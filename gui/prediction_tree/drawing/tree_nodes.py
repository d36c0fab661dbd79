"""How the nodes of a tree are painted: pictures or discs with a caption, or dots where there is no room."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui.prediction_tree.drawing.condensing import ABOVE_ROOTS
from gui.prediction_tree.drawing.tree_pictures import CORNER
from gui.prediction_tree.drawing.tree_scene import CAPTION_ROOM, Scene
from gui.theme import CAPTION_SIZE, RADIUS, text_font, tokens, with_alpha

SHOWS_CAPTIONS, SHOWS_PART = 24.0, 34.0
"""Sides of the pictures from which on they have captions: those that fit as a whole, and others cut short."""


def tints(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map distances to 0 … 1 by the bulk of them, so that a single far one does not make all others alike."""
    finite = distances[np.isfinite(distances)]
    if not len(finite):
        return np.full(len(distances), np.nan)
    low, high = np.quantile(finite, (0.02, 0.98))
    return np.asarray(np.clip((distances - low) / max(high - low, 1e-12), 0, 1))


def tint_colour(tint: float) -> QColor:
    """Return the colour of a distance: from the accent, where two sides are close, over grey to amber.

    tint from 0 to 1; NaN gives the quiet colour.
    """
    colours = tokens()
    if math.isnan(tint):
        return QColor(colours.quiet)
    near, middle, far = QColor(colours.accent), QColor(colours.quiet), QColor(colours.warn)
    first, second, way = (near, middle, 2 * tint) if tint < 0.5 else (middle, far, 2 * tint - 1)
    return QColor(
        round(first.red() + (second.red() - first.red()) * way),
        round(first.green() + (second.green() - first.green()) * way),
        round(first.blue() + (second.blue() - first.blue()) * way),
    )


def paint_nodes(painter: QPainter, scene: Scene) -> None:
    """Paint the nodes in view."""
    if scene.side:
        painter.setFont(text_font(CAPTION_SIZE))
        for place in scene.seen:
            _paint_node(painter, scene, place)
    elif scene.frame.dot_radius:
        _paint_dots(painter, scene)


def _paint_dots(painter: QPainter, scene: Scene) -> None:
    radius, colours = scene.frame.dot_radius, tokens()
    on_path, compared = set(scene.marks.path.places), set(scene.marks.compared.places)
    painter.setPen(Qt.PenStyle.NoPen)
    known = scene.tints is not None
    quiet = QColor(colours.quiet)
    for place in scene.seen:
        on = colours.path if place in on_path else colours.accent if place in compared else ""
        painter.setBrush(QColor(on) if on else tint_colour(scene.tint(place)) if known else quiet)
        size = radius if scene.drawing.below[place] or scene.drawing.closed[place] else 0.75 * radius
        painter.drawEllipse(scene.centre(place), size, size)


def _paint_node(painter: QPainter, scene: Scene, place: int) -> None:
    node, rect = scene.drawing.nodes[place], scene.node_rect(place)
    if scene.pictures.has(node):
        if scene.drawing.closed[place]:
            _paint_stack(painter, rect, scene.side)
        ratio = max(painter.device().devicePixelRatioF(), scene.density)
        pixmap = scene.pictures.pixmap(node, scene.side, ratio)
        painter.drawPixmap(rect, pixmap, QRectF(pixmap.rect()))
    else:
        _paint_disc(painter, scene, place, rect)
    if scene.side >= SHOWS_CAPTIONS:
        _paint_caption(painter, scene, place, rect)


def _paint_stack(painter: QPainter, rect: QRectF, side: float) -> None:
    """Let the edges of two more pictures be seen behind one that stands for many."""
    colours, corner = tokens(), corner_of(side)
    step = stack_step(side)
    painter.setPen(QPen(QColor(colours.panel), 1))
    for number, alpha in ((2, 0.35), (1, 0.6)):
        painter.setBrush(QColor(colours.panel))
        painter.drawRoundedRect(rect.translated(step * number, -step * number), corner, corner)
        painter.setBrush(with_alpha(colours.quiet, alpha))
        painter.drawRoundedRect(rect.translated(step * number, -step * number), corner, corner)
    painter.drawRoundedRect(rect.adjusted(-1, -1, 1, 1), corner, corner)


def _paint_disc(painter: QPainter, scene: Scene, place: int, rect: QRectF) -> None:
    colours, tint = tokens(), scene.tint(place)
    if scene.drawing.nodes[place] == ABOVE_ROOTS:
        painter.setBrush(QColor(colours.panel))
        painter.setPen(QPen(QColor(colours.quiet), 1.5))
    else:
        colour = tint_colour(tint)
        if scene.drawing.closed[place]:
            painter.setPen(QPen(with_alpha(colour.name(), 0.5), 1))
            painter.setBrush(QColor(colours.panel))
            painter.drawEllipse(rect.adjusted(-3.5, -3.5, 3.5, 3.5))
        painter.setPen(QPen(QColor(colours.panel), 1.5))
        painter.setBrush(colour)
    painter.drawEllipse(rect)


def _paint_caption(painter: QPainter, scene: Scene, place: int, rect: QRectF) -> None:
    """Write below a node, or at its right, what it is, behind a dot that tells the distance."""
    colours, text, tint = tokens(), scene.told(place), scene.tint(place)
    if not text:
        return
    metrics, beside = painter.fontMetrics(), scene.captions_beside
    lead = 10.0 if not math.isnan(tint) and scene.pictures.has(scene.drawing.nodes[place]) else 0.0
    most = scene.frame.room[0] - 10 - (scene.side if beside else 0)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(most - lead))
    if shown != text and scene.side < SHOWS_PART:
        return
    room = metrics.horizontalAdvance(shown) + lead
    if beside:
        gap = 9.0 + (2 * stack_step(scene.side) if scene.drawing.closed[place] else 0)
        line = QRectF(rect.right() + gap, rect.center().y() - CAPTION_ROOM / 2, room, CAPTION_ROOM)
    else:
        line = QRectF(rect.center().x() - room / 2, rect.bottom() + 3, room, CAPTION_ROOM)
    painter.setPen(Qt.PenStyle.NoPen)
    # Ribbons pass below the words.
    painter.setBrush(with_alpha(colours.panel, 0.82))
    painter.drawRoundedRect(line.adjusted(-4, 1, 4, -1), 4, 4)
    if lead:
        painter.setBrush(tint_colour(tint))
        painter.drawEllipse(QPointF(line.left() + 3, line.center().y()), 3, 3)
    lit = place in (scene.marks.current, scene.marks.hovered)
    painter.setPen(QColor(colours.text if lit else colours.quiet))
    painter.drawText(line.adjusted(lead, 0, 1, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def paint_rings(painter: QPainter, scene: Scene) -> None:
    """Ring the nodes of the paths, the one under the pointer and the current one, the last outermost."""
    colours, marks, seen = tokens(), scene.marks, set(scene.seen)
    rings = []
    if scene.side:
        rings += [(place, colours.accent, 2.0, 1.0) for place in marks.compared.places]
        rings += [(place, colours.path, 2.0, 1.0) for place in marks.path.places]
    rings += [(marks.hovered, colours.text, 1.5, 2.5), (marks.current, colours.accent, 2.5, 3.5)]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for place, colour, width, gap in rings:
        if place in seen:
            painter.setPen(QPen(QColor(colour), width))
            _paint_ring(painter, scene, place, gap)


def _paint_ring(painter: QPainter, scene: Scene, place: int, gap: float) -> None:
    rect = scene.node_rect(place)
    if scene.side and scene.pictures.has(scene.drawing.nodes[place]):
        corner = corner_of(scene.side) + gap
        painter.drawRoundedRect(rect.adjusted(-gap, -gap, gap, gap), corner, corner)
        return
    radius = max(rect.width() / 2, 2.5) + gap
    painter.drawEllipse(rect.center(), radius, radius)


def paint_badge(painter: QPainter, scene: Scene, place: int, lit: bool) -> None:
    """Paint the button that opens what is below a node, or closes it."""
    rect = scene.badge_rect(place) if place >= 0 else None
    if rect is None:
        return
    colours, closed = tokens(), scene.drawing.closed[place]
    painter.setPen(QPen(QColor(colours.panel), 2))
    painter.setBrush(QColor(colours.accent if lit else colours.primary if closed else colours.quiet))
    painter.drawEllipse(rect)
    painter.setPen(QPen(QColor(colours.panel if lit or not closed else colours.on_accent), 1.6))
    middle = rect.center()
    painter.drawLine(QLineF(middle.x() - 3.5, middle.y(), middle.x() + 3.5, middle.y()))
    if closed:
        painter.drawLine(QLineF(middle.x(), middle.y() - 3.5, middle.x(), middle.y() + 3.5))


def stack_step(side: float) -> float:
    return max(2.5, side * 0.05)


def corner_of(side: float) -> float:
    return min(max(3.0, CORNER * side), float(RADIUS))
