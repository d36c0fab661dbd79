"""How a dendrogram is painted: brackets, leaves, the axis of heights, and the cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from backend.jobs import CategoryHierarchy
from gui.categories.category_view import hue_colour, runs
from gui.categories.marks import ALONE
from gui.charts.ticks import skewness_ticks
from gui.theme import CAPTION_SIZE, text_font, tokens, with_alpha
from gui.widgets.picture_paint import paint_picture

if TYPE_CHECKING:
    from gui.categories.dendrogram import Dendrogram

AXIS = 20
"""Pixels below the tree for its axis."""
TOLD = 16.0
"""Pixels of a row from which on each leaf that is marked has a ground of its own."""
ROUND = 5.0
"""Radius of a bracket's corner."""


def paint_dendrogram(painter: QPainter, view: Dendrogram) -> None:
    """Paint all of it as it is seen now."""
    painter.setFont(text_font(CAPTION_SIZE))
    _paint_axis(painter, view)
    painter.save()
    painter.setClipRect(QRectF(0, 0, view.width(), view.base()), Qt.ClipOperation.IntersectClip)
    _paint_brackets(painter, view)
    _paint_leaves(painter, view)
    _paint_cut(painter, view)
    painter.restore()


def _paint_axis(painter: QPainter, view: Dendrogram) -> None:
    base = view.base()
    first, last = view.tree_span()
    for height in skewness_ticks(0.0, view.tallest()):
        x = float(view.height_x(height))
        painter.setPen(QPen(QColor(tokens().line), 1))
        painter.drawLine(QPointF(x, 4), QPointF(x, base))
        painter.setPen(QColor(tokens().quiet))
        painter.drawText(QRectF(x - 40, base + 2, 80, AXIS - 4), Qt.AlignmentFlag.AlignCenter, f"{height:g}")
    word = "distance"
    room = (view.width() - first if first > last else first) - 20
    if room > painter.fontMetrics().horizontalAdvance(word):
        side = Qt.AlignmentFlag.AlignRight if first > last else Qt.AlignmentFlag.AlignLeft
        place = QRectF(4, base + 2, view.width() - 8, AXIS - 4)
        painter.drawText(place, side | Qt.AlignmentFlag.AlignVCenter, word)


def _paint_brackets(painter: QPainter, view: Dendrogram) -> None:
    """Paint the merges, one path a colour; those below what is marked or lit are thick."""
    hierarchy = view.hierarchy
    assert hierarchy is not None
    every = np.arange(2 * len(hierarchy.names) - 1)
    points = list(zip(view.node_x(every).tolist(), view.node_y(every).tolist(), strict=True))
    strong = _strong_merges(view, hierarchy)
    paths: dict[tuple[int, bool], QPainterPath] = {}
    for k, hue in enumerate(_merge_hues(view, hierarchy)):
        a, b = (int(node) for node in hierarchy.linkage[k, :2])
        path = paths.setdefault((hue, strong[k]), QPainterPath())
        _add_bracket(path, points[len(hierarchy.names) + k][0], *sorted((points[a], points[b]), key=_from_above))
    (x, y), end = points[-1], float(view.height_x(view.tallest()))
    stem = paths.setdefault((ALONE, False), QPainterPath())
    stem.moveTo(x, y)
    stem.lineTo(end, y)
    for (hue, thick), path in sorted(paths.items(), key=lambda item: item[0][1]):
        pen = QPen(with_alpha(tokens().quiet, 0.8) if hue == ALONE else hue_colour(hue), 3.0 if thick else 1.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
    if view.marks.node >= 0:
        painter.setPen(QPen(QColor(tokens().panel), 2))
        painter.setBrush(QColor(tokens().accent))
        painter.drawEllipse(QPointF(*points[view.marks.node]), 5, 5)


def _from_above(point: tuple[float, float]) -> float:
    return point[1]


def _strong_merges(view: Dendrogram, hierarchy: CategoryHierarchy) -> list[bool]:
    """Say of each merge whether it lies wholly within what is marked, or within what is lit."""
    count = len(hierarchy.names)
    strong = [False] * (count - 1)
    for leaves in (view.marked(), view.lit_leaves):
        members = set(leaves)
        inside = [leaf in members for leaf in range(count)] if len(leaves) > 1 else [False] * count
        for a, b in hierarchy.merges.tolist():
            inside.append(inside[a] and inside[b])
        strong = [one or other for one, other in zip(strong, inside[count:], strict=True)]
    return strong


def _merge_hues(view: Dendrogram, hierarchy: CategoryHierarchy) -> list[int]:
    """Give each merge the hue of its cluster; those above the cut have none."""
    clusters, count = view.clusters, len(hierarchy.names)
    if clusters is None:
        return [ALONE] * (count - 1)
    below = (hierarchy.heights <= clusters.height).tolist()
    return [int(clusters.hues[hierarchy.members(count + k)[0]]) if below[k] else ALONE for k in range(count - 1)]


def _add_bracket(path: QPainterPath, x: float, upper: tuple[float, float], lower: tuple[float, float]) -> None:
    """Add a bracket with round corners: from its back at `x` to two points, (x, y) each."""
    radius = max(0.0, min(ROUND, (lower[1] - upper[1]) / 2, abs(upper[0] - x), abs(lower[0] - x)))
    towards = radius if upper[0] >= x else -radius
    path.moveTo(*upper)
    path.lineTo(x + towards, upper[1])
    path.quadTo(x, upper[1], x, upper[1] + radius)
    path.lineTo(x, lower[1] - radius)
    path.quadTo(x, lower[1], x + towards, lower[1])
    path.lineTo(*lower)


def _paint_leaves(painter: QPainter, view: Dendrogram) -> None:
    hierarchy = view.hierarchy
    assert hierarchy is not None
    marked, lit = set(view.marked()), set(view.lit_leaves)
    painter.setPen(Qt.PenStyle.NoPen)
    for leaves, colour in ((lit - marked, tokens().quiet), (marked, tokens().accent)):
        painter.setBrush(with_alpha(colour, 0.16))
        for first, last in _marked_rows(view, leaves):
            painter.drawRoundedRect(first.united(last), 4, 4)
    if view.picture_side():
        ys = view.node_y(hierarchy.leaf_order)
        half = view.row_height() / 2
        for leaf in hierarchy.leaf_order[(ys > -half) & (ys < view.height() + half)].tolist():
            paint_picture(painter, view.picture_rect(leaf), view.pictures[leaf])
    side = Qt.AlignmentFlag.AlignRight if view.mirrored else Qt.AlignmentFlag.AlignLeft
    metrics = painter.fontMetrics()
    for leaf in view.named():
        place = view.name_rect(leaf)
        name = metrics.elidedText(hierarchy.names[leaf], Qt.TextElideMode.ElideRight, int(place.width()))
        painter.setPen(QColor(tokens().accent if leaf in marked else tokens().text))
        painter.drawText(place, side | Qt.AlignmentFlag.AlignVCenter, name)


def _marked_rows(view: Dendrogram, leaves: set[int]) -> list[tuple[QRectF, QRectF]]:
    """Give the first and the last row of each block: one a leaf where it can be told from the next."""
    hierarchy = view.hierarchy
    assert hierarchy is not None
    places = [int(view.places[leaf]) for leaf in leaves]
    blocks = runs(places) if view.row_height() < TOLD else [(place, place) for place in places]
    rows = hierarchy.leaf_order
    return [(_row(view, int(rows[first])), _row(view, int(rows[last]))) for first, last in blocks]


def _row(view: Dendrogram, leaf: int) -> QRectF:
    # What is marked is also named, and its name must not be struck through.
    high = max(view.row_height() - 1, 15.0)
    first = view.tree_span()[0]
    left, right = (2.0, first - 2) if view.mirrored else (first + 2, view.width() - 2.0)
    return QRectF(left, float(view.node_y(leaf)) - high / 2, right - left, high)


def _paint_cut(painter: QPainter, view: Dendrogram) -> None:
    if view.clusters is None:
        return
    x = float(np.clip(view.height_x(view.clusters.height), 0, view.width()))
    pen = QPen(QColor(tokens().accent), 1.5)
    pen.setDashPattern([4.0, 3.0])
    painter.setPen(pen)
    painter.drawLine(QPointF(x, 6), QPointF(x, view.base()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens().accent))
    painter.drawRoundedRect(QRectF(x - 3, 2, 6, 12), 3, 3)
