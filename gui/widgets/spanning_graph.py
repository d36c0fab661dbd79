"""The minimum spanning tree of the classes: near ones are joined by short edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from backend.jobs import Categories
from gui.category_marks import distance_text, pair_of
from gui.theme import CAPTION_SIZE, RADIUS, text_font, tokens, with_alpha
from gui.widgets.category_view import CategoryView
from gui.widgets.image_grid import CORNER, paint_picture

MARGIN = 28.0
LARGEST, LEAST = 44.0, 15.0
"""Pixels of a picture's side; below the least a dot stands for it."""
DOT = 3.5
NEAR = 8.0
NAME = 14.0
"""Height of a name."""
MOST_NAMES, MOST_TRIED = 150, 400
FEW = 30
"""Edges up to which no picture may reach into another; of more, a few may."""
SHORT, LONG_ENOUGH = 30.0, 46.0
"""Pixels of an edge between its pictures from which on its length stands there; of one that is chosen, the fewer do."""


class SpanningGraph(CategoryView):
    """Pictures or, where they would not fit, dots at the nodes; the pictures grow as one zooms in."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edges: NDArray[np.int64] = np.zeros((0, 2), np.int64)
        self._lit_edge = -1
        self.setMinimumSize(160, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Minimum spanning tree of the classes")

    def set_categories(self, categories: Categories | None) -> None:
        super().set_categories(categories)
        self._edges = np.zeros((0, 2), np.int64) if categories is None else categories.hierarchy.edges
        self._lit_edge = -1

    # --- where things are --------------------------------------------------------------------------------------

    def points(self) -> NDArray[np.float64]:
        """Return where the nodes are seen, float64 (n, 2)."""
        if self.categories is None:
            return np.zeros((0, 2))
        places = self.categories.places.astype(np.float64)
        # A tree that lies down in an upright place stands up in it.
        if (np.ptp(places[:, 0]) < np.ptp(places[:, 1])) != (self.width() < self.height()):
            places = places[:, ::-1]
        low, span = places.min(0), np.maximum(np.ptp(places, axis=0), 1e-6)
        room = np.array([self.width() - 2 * MARGIN - 16, self.height() - 2 * MARGIN])
        scale = float(max((room / span).min(), 1.0))
        fitted = (places - low - span / 2) * scale + np.array([self.width(), self.height() - 12]) / 2
        return np.asarray(fitted * self.zoom.scale + (self.zoom.x, self.zoom.y))

    def side(self, points: NDArray[np.float64]) -> float:
        """Return the side of a picture; 0 where the edges are too short for any."""
        if not len(self._edges):
            return LARGEST
        apart = np.abs(points[self._edges[:, 0]] - points[self._edges[:, 1]]).max(1)
        side = min(0.8 * float(np.quantile(apart, 0.0 if len(apart) < FEW else 0.1)), LARGEST)
        return side if side >= LEAST else 0.0

    def leaf_at(self, place: QPointF) -> int:
        """Return the node at a place; −1 for none."""
        points = self.points()
        if not len(points):
            return -1
        off = np.abs(points - (place.x(), place.y())).max(1)
        best = int(off.argmin())
        return best if off[best] <= max(self.side(points) / 2, NEAR) else -1

    def edge_at(self, place: QPointF) -> int:
        """Return the edge at a place; −1 for none."""
        if not len(self._edges):
            return -1
        points = self.points()
        start, end = points[self._edges[:, 0]], points[self._edges[:, 1]]
        along, here = end - start, np.array([place.x(), place.y()])
        share = ((here - start) * along).sum(1) / np.maximum((along**2).sum(1), 1e-9)
        off = np.linalg.norm(start + np.clip(share, 0, 1)[:, None] * along - here, axis=1)
        best = int(off.argmin())
        return best if off[best] <= NEAR else -1

    def show_leaf(self, leaf: int) -> None:
        """Bring a node into sight, if it is not."""
        point = self.points()[leaf]
        if not QRectF(self.rect()).contains(QPointF(*point)):
            x, y = (point - (self.zoom.x, self.zoom.y)) / self.zoom.scale
            self.set_zoom(self.zoom.showing(float(x), float(y), self.size_of_area()))

    # --- what the user does ------------------------------------------------------------------------------------

    def hovered_at(self, place: QPointF | None) -> None:
        leaf = -1 if place is None else self.leaf_at(place)
        edge = -1 if place is None or leaf >= 0 else self.edge_at(place)
        if edge != self._lit_edge:
            self._lit_edge = edge
            self.update()
        if leaf >= 0:
            self.tell_lit((leaf,), self.leaf_tip(leaf), place)
        elif edge >= 0:
            a, b = self._edges[edge].tolist()
            self.tell_lit((a, b), self.pair_tip(a, b), place)
        else:
            self.tell_lit((), "", place)

    def clicked_at(self, place: QPointF) -> None:
        leaf = self.leaf_at(place)
        edge = -1 if leaf >= 0 else self.edge_at(place)
        if leaf >= 0:
            self.leaf_chosen.emit(leaf)
        elif edge >= 0:
            self.pair_chosen.emit(*pair_of(*self._edges[edge].tolist()))
        else:
            self.nothing_chosen.emit()

    # --- painting ----------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(320, 280)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.hierarchy is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(CAPTION_SIZE))
        self.paint_graph(painter)
        if self.hasFocus():
            painter.setPen(QPen(with_alpha(tokens().accent, 0.6), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)

    def paint_graph(self, painter: QPainter) -> None:
        """Paint edges, nodes and names."""
        points = self.points()
        lengths = self._paint_edges(painter, points)
        side = self.side(points)
        marked, lit = set(self.marked()), set(self.lit_leaves)
        seen = QRectF(self.rect()).adjusted(-LARGEST, -LARGEST, LARGEST, LARGEST)
        for leaf, (x, y) in enumerate(points.tolist()):
            if seen.contains(x, y):
                self._paint_node(painter, leaf, QPointF(x, y), side, (leaf in marked, leaf in lit))
        self._paint_names(painter, points, lengths, [*marked, *lit])

    def _paint_edges(self, painter: QPainter, points: NDArray[np.float64]) -> list[QRectF]:
        """Paint the edges; return where the lengths stand."""
        hierarchy = self.hierarchy
        assert hierarchy is not None
        weights, lengths = hierarchy.edge_weights, []
        side = self.side(points)
        for number, (a, b) in enumerate(self._edges.tolist()):
            start, end = QPointF(*points[a]), QPointF(*points[b])
            chosen = self.marks.pair == pair_of(a, b)
            bright = chosen or number == self._lit_edge
            painter.setPen(
                QPen(QColor(tokens().accent) if bright else with_alpha(tokens().quiet, 0.55), 3 if bright else 1.5)
            )
            painter.drawLine(start, end)
            if (end - start).manhattanLength() > (SHORT if bright else LONG_ENOUGH) + side:
                lengths.append(self._paint_length(painter, (start + end) * 0.5, float(weights[number]), bright))
        return lengths

    def _paint_length(self, painter: QPainter, middle: QPointF, weight: float, bright: bool) -> QRectF:
        text = distance_text(weight)
        width = painter.fontMetrics().horizontalAdvance(text) + 6
        place = QRectF(middle.x() - width / 2, middle.y() - 7, width, 14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().panel))
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(QColor(tokens().accent if bright else tokens().quiet))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        return place

    def _paint_node(
        self, painter: QPainter, leaf: int, middle: QPointF, side: float, marked_or_lit: tuple[bool, bool]
    ) -> None:
        marked, lit = marked_or_lit
        ring = QColor(tokens().accent) if marked else QColor(tokens().text) if lit else self.colour(leaf)
        half = side / 2 if side else DOT + (2 if marked or lit else 0)
        square = QRectF(middle.x() - half, middle.y() - half, 2 * half, 2 * half)
        if side:
            paint_picture(painter, square, self.pictures[leaf])
            painter.setPen(QPen(ring, 3.0 if marked else 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(square, CORNER, CORNER)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ring)
            painter.drawEllipse(square)

    def _paint_names(
        self, painter: QPainter, points: NDArray[np.float64], taken: list[QRectF], first: list[int]
    ) -> None:
        """Write names beside the nodes: those of `first`, then as many as do not lie on another or on a node."""
        hierarchy = self.hierarchy
        assert hierarchy is not None
        metrics = painter.fontMetrics()
        half = self.side(points) / 2 or DOT
        seen = [leaf for leaf, (x, y) in enumerate(points) if 0 <= x <= self.width() and 0 <= y <= self.height()]
        nodes = {leaf: QRectF(points[leaf, 0] - half, points[leaf, 1] - half, 2 * half, 2 * half) for leaf in seen}
        degrees = np.bincount(self._edges.ravel(), minlength=len(points))
        rest = sorted((leaf for leaf in seen if leaf not in first), key=lambda leaf: -degrees[leaf])
        # Among many, nodes lie close together wherever there is a name.
        taken = [*taken, *nodes.values()] if len(nodes) <= MOST_NAMES else []
        for leaf in [*dict.fromkeys(leaf for leaf in first if leaf in nodes), *rest[:MOST_TRIED]]:
            text = metrics.elidedText(hierarchy.names[leaf], Qt.TextElideMode.ElideRight, 110)
            places = self._name_places(nodes[leaf], float(metrics.horizontalAdvance(text)) + 4)
            free = [place for place in places if not any(place.intersects(other) for other in taken)]
            if free or leaf in first:
                taken.append(free[0] if free else places[0])
                painter.setPen(QColor(tokens().accent if leaf in self.marked() else tokens().text))
                painter.drawText(taken[-1], Qt.AlignmentFlag.AlignCenter, text)

    def _name_places(self, node: QRectF, width: float) -> list[QRectF]:
        """Give the places of a name: below its node, above, right and left of it; inside the widget."""
        x, y = node.center().x() - width / 2, node.center().y() - NAME / 2
        corners = [
            (x, node.bottom() + 2),
            (x, node.top() - NAME - 2),
            (node.right() + 2, y),
            (node.left() - width - 2, y),
        ]
        last_x, last_y = max(self.width() - width - 2, 2.0), max(self.height() - NAME, 0.0)
        return [QRectF(min(max(x, 2.0), last_x), min(max(y, 0.0), last_y), width, NAME) for x, y in corners]
