"""The minimum spanning tree of the classes: near ones are joined by short edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from backend.jobs import Categories
from gui.categories.category_view import CategoryView
from gui.categories.marks import pair_of
from gui.text import distance_text
from gui.theme import CAPTION_SIZE, text_font, tokens, with_alpha
from gui.widgets.picture_paint import CORNER, paint_picture

MARGIN = 30.0
TURNS = 36
"""Directions that are tried, to find the one in which the tree fills the widget best."""
LARGEST, LEAST = 44.0, 15.0
"""Pixels of a picture's side; below the least a dot stands for it."""
DOT = 3.5
NEAR = 8.0
NAME = 14.0
"""Height of a name."""
MOST_NAMES, MOST_TRIED = 150, 200
FEW = 30
"""Edges up to which no picture may reach into another; of more, a few may."""
ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class SpanningGraph(CategoryView):
    """Pictures or, where they would not fit, dots at the nodes; the pictures grow as one zooms in.

    The arrow keys go along the edges from class to class; with Shift, they choose the edge.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edges: NDArray[np.int64] = np.zeros((0, 2), np.int64)
        self._lit_edge = -1
        self._turned: tuple[tuple[int, int], NDArray[np.float64]] | None = None
        self.setMinimumSize(160, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Minimum spanning tree of the classes")

    def set_categories(self, categories: Categories | None) -> None:
        super().set_categories(categories)
        self._edges = np.zeros((0, 2), np.int64) if categories is None else categories.hierarchy.edges
        self._lit_edge, self._turned = -1, None

    # --- where things are --------------------------------------------------------------------------------------

    def points(self) -> NDArray[np.float64]:
        """Return where the nodes are seen, float64 (n, 2)."""
        if self.categories is None:
            return np.zeros((0, 2))
        size = (self.width(), self.height())
        if self._turned is None or self._turned[0] != size:
            self._turned = (size, _fitted(self.categories.places.astype(np.float64), *size))
        return np.asarray(self._turned[1] * self.zoom.scale + (self.zoom.x, self.zoom.y))

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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrow = ARROWS.get(Qt.Key(event.key()))
        if self.hierarchy is None or arrow is None:
            super().keyPressEvent(event)
            return
        here = self.marked()[0] if self.marked() else int(np.bincount(self._edges.ravel()).argmax())
        there = self._neighbour(here, arrow)
        if not self.marked() or there < 0:
            self.leaf_chosen.emit(here)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pair_chosen.emit(*pair_of(here, there))
        else:
            self.leaf_chosen.emit(there)
            self.show_leaf(there)

    def _neighbour(self, leaf: int, arrow: tuple[int, int]) -> int:
        """Return the node at the other end of the edge that goes most in a direction; −1 where none does."""
        ends = [int(b if a == leaf else a) for a, b in self._edges.tolist() if leaf in (a, b)]
        if not ends:
            return -1
        points = self.points()
        ways = points[ends] - points[leaf]
        along = ways @ np.asarray(arrow, np.float64) / np.maximum(np.linalg.norm(ways, axis=1), 1e-9)
        return ends[int(along.argmax())] if along.max() > 0.2 else -1

    # --- painting ----------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(320, 280)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.hierarchy is None:
            return
        painter = self.painter()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(CAPTION_SIZE))
        self.paint_graph(painter)
        self.paint_focus(painter)

    def paint_graph(self, painter: QPainter) -> None:
        """Paint edges, nodes and names."""
        points = self.points()
        self._paint_edges(painter, points)
        side = self.side(points)
        marked, lit = set(self.marked()), set(self.lit_leaves)
        seen = QRectF(self.rect()).adjusted(-LARGEST, -LARGEST, LARGEST, LARGEST)
        if not side:
            self._paint_dots(painter, points)
        for leaf, (x, y) in enumerate(points.tolist()):
            if (side or leaf in marked or leaf in lit) and seen.contains(x, y):
                self._paint_node(painter, leaf, QPointF(x, y), side, (leaf in marked, leaf in lit))
        taken = self._paint_names(painter, points, [*marked, *lit])
        self._paint_lengths(painter, points, taken)

    def _paint_dots(self, painter: QPainter, points: NDArray[np.float64]) -> None:
        """Paint all nodes as dots, those of one colour at once."""
        hues = np.zeros(len(points), np.int64) if self.clusters is None else self.clusters.hues
        for hue in np.unique(hues).tolist():
            leaves = np.flatnonzero(hues == hue)
            pen = QPen(self.colour(int(leaves[0])), 2 * DOT)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in points[leaves].tolist()]))

    def _bright_edges(self) -> list[int]:
        """Return the edge under the pointer, and the one that is chosen."""
        chosen = [] if self.marks.pair is None else np.flatnonzero((self._edges == self.marks.pair).all(1)).tolist()
        return [*chosen, *([self._lit_edge] if self._lit_edge >= 0 and self._lit_edge not in chosen else [])]

    def _paint_edges(self, painter: QPainter, points: NDArray[np.float64]) -> None:
        lines = [QLineF(*ends) for ends in points[self._edges].reshape(-1, 4).tolist()]
        painter.setPen(QPen(with_alpha(tokens().quiet, 0.55), 1.5))
        painter.drawLines(lines)
        painter.setPen(QPen(QColor(tokens().accent), 3))
        painter.drawLines([lines[edge] for edge in self._bright_edges()])

    def _paint_lengths(self, painter: QPainter, points: NDArray[np.float64], taken: list[QRectF]) -> None:
        """Write the lengths of the edges where there is room, that of a chosen one in any case."""
        hierarchy = self.hierarchy
        assert hierarchy is not None
        middles, weights = points[self._edges].mean(1), hierarchy.edge_weights
        inside = ((middles >= 0) & (middles <= (self.width(), self.height()))).all(1)
        brights = edges = self._bright_edges()
        if inside.sum() <= MOST_NAMES:
            edges = [*brights, *(edge for edge in np.flatnonzero(inside).tolist()[::-1] if edge not in brights)]
        for edge in edges:
            text, bright = distance_text(float(weights[edge])), edge in brights
            size = (float(painter.fontMetrics().horizontalAdvance(text)) + 6, NAME)
            a, b = points[self._edges[edge]]
            places = _beside(QPointF(*a), QPointF(*b), size)
            free = [place for place in places if not any(place.intersects(other) for other in taken)]
            free = [place for place in free if QRectF(self.rect()).contains(place)]
            if free or bright:
                taken.append(free[0] if free else places[1])
                self._paint_text(painter, taken[-1], text, tokens().accent if bright else tokens().quiet)

    @staticmethod
    def _paint_text(painter: QPainter, place: QRectF, text: str, colour: str) -> None:
        """Write on a ground of its own: an edge or a dot below must not strike it through."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(with_alpha(tokens().ground, 0.8))
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(QColor(colour))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

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

    def _paint_names(self, painter: QPainter, points: NDArray[np.float64], first: list[int]) -> list[QRectF]:
        """Write names beside the nodes: those of `first`, then as many as do not lie on another or on a node.

        Returns what nothing else may lie on.
        """
        hierarchy = self.hierarchy
        assert hierarchy is not None
        metrics = painter.fontMetrics()
        half = self.side(points) / 2 or DOT
        seen = np.flatnonzero(((points >= 0) & (points <= (self.width(), self.height()))).all(1)).tolist()
        nodes = {leaf: QRectF(points[leaf, 0] - half, points[leaf, 1] - half, 2 * half, 2 * half) for leaf in seen}
        degrees = np.bincount(self._edges.ravel(), minlength=len(points))
        known = set(first)
        rest = sorted((leaf for leaf in seen if leaf not in known), key=lambda leaf: -degrees[leaf])
        # Among many, nodes lie close together wherever there is a name.
        taken = list(nodes.values()) if len(nodes) <= MOST_NAMES else []
        for leaf in [*dict.fromkeys(leaf for leaf in first if leaf in nodes), *rest[:MOST_TRIED]]:
            text = metrics.elidedText(hierarchy.names[leaf], Qt.TextElideMode.ElideRight, 110)
            places = self._name_places(nodes[leaf], float(metrics.horizontalAdvance(text)) + 4)
            free = [place for place in places if not any(place.intersects(other) for other in taken)]
            if free or (leaf in known and len(known) <= 2):
                taken.append(free[0] if free else places[0])
                colour = tokens().accent if leaf in self.marked() else tokens().text
                self._paint_text(painter, taken[-1], text, colour)
        return taken

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


def _fitted(places: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """Turn and scale a tree so that it fills the widget as well as it can, float64 (n, 2) in pixels."""
    # Names stand beside the nodes: more room to the sides.
    room = np.maximum([width - 2 * MARGIN - 24, height - 2 * MARGIN], 1.0)
    centred, best, largest = places - places.mean(0), places, 0.0
    for angle in np.linspace(0, np.pi, TURNS, endpoint=False):
        turned = centred @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        scale = float((room / np.maximum(np.ptp(turned, axis=0), 1e-6)).min())
        # An equally good direction is not worth a turn while the widget is made wider.
        if scale > 1.02 * largest:
            best, largest = turned * scale, scale
    middle = np.array([width, height - 12]) / 2
    return np.asarray(best - (best.max(0) + best.min(0)) / 2 + middle)


def _beside(start: QPointF, end: QPointF, size: tuple[float, float]) -> list[QRectF]:
    """Give the places of an edge's length: in its middle, and at both sides of that."""
    middle, way = (start + end) * 0.5, end - start
    length = max(float(np.hypot(way.x(), way.y())), 1e-9)
    across = QPointF(-way.y() / length, way.x() / length)
    off = abs(across.x()) * size[0] / 2 + abs(across.y()) * size[1] / 2 + 3
    middles = (middle, middle + across * off, middle - across * off)
    return [QRectF(at.x() - size[0] / 2, at.y() - size[1] / 2, *size) for at in middles]
