"""How the branches of a tree are painted: as ribbons that grow thinner as images fall off, or as lines where many."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from gui.prediction_tree.drawing.condensing import ABOVE_ROOTS, Drawing, MergeTree
from gui.prediction_tree.drawing.layout import Layout
from gui.prediction_tree.drawing.trail import Trail
from gui.prediction_tree.drawing.tree_scene import PILL_HEIGHT, Scene
from gui.theme import CAPTION_SIZE, text_font, tokens, with_alpha

MOST_RIBBONS = 400
"""With more branches in view each is a line with a corner: that is faster, and nobody sees the curve."""
SHORTEST_RIBBON = 14.0
"""With fewer pixels from one level to the next there is no room for a curve either."""
STEPS = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Shares of all images up to which branches get lines of one thickness."""
THINNEST, THIN, JOINT = 1.6, 3.5, 3.0
"""Pixels: of the thinnest branch, up to which a branch is a line, and of the lines that join several roots."""

Lines = list[tuple[float, list[QLineF]]]


@lru_cache(maxsize=2)
def dense_lines(tree: MergeTree, drawing: Drawing, layout: Layout) -> Lines:
    """Return all branches as lines in the layout's own units, from the thinnest, with the share that makes each thick.

    They serve for every frame of this layout.
    """
    above, across, level = np.asarray(drawing.above, np.int64), layout.across, layout.level
    edges = np.flatnonzero(above >= 0)
    steps = np.searchsorted(STEPS, layout.images[edges] / max(tree.images, 1) - 1e-9)
    found: Lines = []
    for number, share in enumerate(STEPS):
        chosen = edges[steps == number]
        starts = above[chosen]
        lines = _lines(across[starts], level[starts], across[chosen], level[starts])
        lines += _lines(across[chosen], level[starts], across[chosen], level[chosen])
        if lines:
            found.append((share, lines))
    return found


def _lines(*ends: NDArray[np.float64]) -> list[QLineF]:
    return [QLineF(*each) for each in zip(*(values.tolist() for values in ends), strict=True)]


def ribbons(scene: Scene) -> bool:
    """Say whether few enough branches are in view, and long enough ones, to be painted as ribbons."""
    return scene.frame.level >= SHORTEST_RIBBON and len(scene.seen_edges) <= MOST_RIBBONS


def paint_edges(painter: QPainter, scene: Scene) -> None:
    """Paint the branches in view."""
    if not ribbons(scene):
        _paint_lines(painter, scene)
        return
    colour = branch_colour(0.36)
    # The thick ones below the thin ones, which would be lost.
    for place in sorted(scene.seen_edges, key=lambda place: -scene.layout.images[place]):
        from_roots = scene.drawing.nodes[scene.drawing.above[place]] == ABOVE_ROOTS
        width = JOINT if from_roots else _first_width(scene, place)
        # Where a band runs nearly level it would have no thickness, but for its outline.
        painter.setPen(QPen(colour, max(width, THINNEST) if width < THIN else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush if width < THIN else colour)
        painter.drawPath(_curve(scene, place) if width < THIN else _ribbon(scene, place))


def _paint_lines(painter: QPainter, scene: Scene) -> None:
    painter.save()
    painter.setTransform(scene.frame.transform(), True)
    # They run along the pixels; smoothed, thousands take three times as long.
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for share, lines in dense_lines(scene.tree, scene.drawing, scene.layout):
        width = float(max(round(scene.thickest * share), 1))
        pen = QPen(branch_colour(0.8 if width < 2 else 1.0), width)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines(lines)
    painter.restore()


def branch_colour(strength: float) -> QColor:
    """Return the quiet colour, mixed into the ground: opaque, so that branches that cross do not add up."""
    ground, quiet = QColor(tokens().panel), QColor(tokens().quiet)
    mixed = (round(of(ground) + (of(quiet) - of(ground)) * strength) for of in (QColor.red, QColor.green, QColor.blue))
    return QColor(*mixed)


def _ribbon(scene: Scene, place: int) -> QPainterPath:
    """Return the branch to a place; side by side with its sibling it is as wide as their parent's."""
    drawing, above = scene.drawing, scene.drawing.above[place]
    start, end = scene.centre(above), scene.centre(place)
    siblings = drawing.below[above]
    widths = [_first_width(scene, sibling) for sibling in siblings]
    number = siblings.index(place)
    shift = sum(widths[:number]) + widths[number] / 2 - sum(widths) / 2
    first, last = widths[number] / 2, max(scene.thickness(scene.layout.images[place]), THINNEST) / 2
    if scene.frame.sideways:
        return _curved_band(start.y() + shift, start.x(), first, end.y(), end.x(), last, sideways=True)
    return _curved_band(start.x() + shift, start.y(), first, end.x(), end.y(), last, sideways=False)


def _first_width(scene: Scene, place: int) -> float:
    """Return how wide the branch to a place begins: before any image falls off."""
    return scene.thickness(scene.tree.sizes[scene.drawing.heads[place]])


def _curved_band(
    a: float, b: float, half: float, goal: float, down: float, last: float, *, sideways: bool
) -> QPainterPath:
    """Return an S from (a, b) to (goal, down), `half` and `last` wide on each side; sideways x and y change places."""

    def at(across: float, along: float) -> QPointF:
        return QPointF(along, across) if sideways else QPointF(across, along)

    middle = (b + down) / 2
    path = QPainterPath(at(a - half, b))
    path.cubicTo(at(a - half, middle), at(goal - last, middle), at(goal - last, down))
    path.lineTo(at(goal + last, down))
    path.cubicTo(at(goal + last, middle), at(a + half, middle), at(a + half, b))
    path.closeSubpath()
    return path


def paint_trail(painter: QPainter, scene: Scene, trail: Trail, colour: str, width: float) -> None:
    """Paint a path over the branches it takes, and a dot where it leaves one of them."""
    curved, known = ribbons(scene), set(scene.seen_edges)
    edges = [place for place in trail.edges if place in known]
    painter.setPen(QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if curved:
        for place in edges:
            painter.drawPath(_curve(scene, place))
    else:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.drawLines([line for place in edges for line in _corner(scene, place)])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if trail.fall >= 0:
        _paint_fall(painter, scene, trail.fall, colour, width)


def _curve(scene: Scene, place: int) -> QPainterPath:
    start, end = scene.centre(scene.drawing.above[place]), scene.centre(place)
    path = QPainterPath(start)
    if scene.frame.sideways:
        middle = (start.x() + end.x()) / 2
        path.cubicTo(QPointF(middle, start.y()), QPointF(middle, end.y()), end)
    else:
        middle = (start.y() + end.y()) / 2
        path.cubicTo(QPointF(start.x(), middle), QPointF(end.x(), middle), end)
    return path


def _corner(scene: Scene, place: int) -> tuple[QLineF, QLineF]:
    start, end = scene.centre(scene.drawing.above[place]), scene.centre(place)
    turn = QPointF(start.x(), end.y()) if scene.frame.sideways else QPointF(end.x(), start.y())
    return QLineF(start, turn), QLineF(turn, end)


def _paint_fall(painter: QPainter, scene: Scene, place: int, colour: str, width: float) -> None:
    """Lead the path to the middle of the branch that it leaves, where the fallen images are told, or to a dot."""
    path = _curve(scene, place)
    painter.drawPolyline(QPolygonF([path.pointAtPercent(step / 24) for step in range(13)]))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(path.pointAtPercent(0.5), width + 1, width + 1)


def paint_pills(painter: QPainter, scene: Scene) -> dict[int, QRectF]:
    """Say on each branch how many images fell off; return where, by the place that the branch leads to.

    Where a path ends in one, it is in the colour of the path.
    """
    colours, found = tokens(), {}
    painter.setFont(text_font(CAPTION_SIZE))
    ends = (scene.marks.path.fall, scene.marks.compared.fall)
    for place, at in scene.pills():
        images, hovered = scene.drawing.fell[place], place == scene.marks.pill
        width = painter.fontMetrics().horizontalAdvance(_fallen(images)) + 14
        rect = found[place] = QRectF(at.x() - width / 2, at.y() - PILL_HEIGHT / 2, width, PILL_HEIGHT)
        mark = colours.path if place == ends[0] else colours.accent if place in ends or hovered else ""
        painter.setPen(QPen(QColor(mark) if mark else with_alpha(colours.quiet, 0.4), 1.5 if place in ends else 1))
        painter.setBrush(QColor(colours.raised if hovered else colours.panel))
        painter.drawRoundedRect(rect, PILL_HEIGHT / 2, PILL_HEIGHT / 2)
        painter.setPen(QColor(mark or colours.quiet))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, _fallen(images))
    return found


def _fallen(images: int) -> str:
    return f"−{images:,}"
