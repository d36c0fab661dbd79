"""The tree of Algorithm 1: classes at its leaves, merges as far from them as the classes are apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from backend.jobs import Categories
from gui.categories.category_view import CategoryView
from gui.categories.dendrogram_paint import paint_dendrogram
from gui.categories.marks import Marks, node_places, parents_of
from gui.categories.zoom import Zoom
from gui.theme import CAPTION_SIZE, text_font, tokens

TOP, BOTTOM, LEFT, GAP = 8, 22, 12, 6
TALLEST_ROW = 60.0
LARGEST_PICTURE = 40.0
LEAST_PICTURE = 12.0
"""Pixels below which a picture of a class says nothing."""
WIDEST_NAME = 120.0
HANDLE = 16
"""Pixels from above in which the cut has its handle."""
NEAR = 6.0
"""Pixels from a line at which the pointer is on it."""


class Dendrogram(CategoryView):
    """Leaves at the right (at the left where it is mirrored), one below the other; the root at the other side.

    Up and Down go along the leaves, Left and Right to the merge above and to the larger part below.

    Signals
    -------
    cut_moved(float)
        The user has drawn the cut to another height.
    rows_moved()
        The leaves are seen at other places.
    """

    cut_moved = Signal(float)
    rows_moved = Signal()

    def __init__(self, *, mirrored: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mirrored = mirrored
        self.places: NDArray[np.float64] = np.zeros(0)
        self.heights: NDArray[np.float64] = np.zeros(0)
        self.placeholder = ""
        self._cutting = False
        self._name_room = 0.0
        self.setMinimumSize(220, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Dendrogram of the classes")

    def set_categories(self, categories: Categories | None) -> None:
        super().set_categories(categories)
        hierarchy = self.hierarchy
        if hierarchy is None:
            self.places = self.heights = np.zeros(0)
            self.setAccessibleDescription("")
        else:
            self.places = node_places(hierarchy)
            self.heights = np.concatenate([np.zeros(len(hierarchy.names)), hierarchy.heights])
            metrics = QFontMetricsF(text_font(CAPTION_SIZE))
            self._name_room = min(WIDEST_NAME, max(metrics.horizontalAdvance(name) for name in hierarchy.names))
            self.setAccessibleDescription(f"{len(hierarchy.names):,} classes")
        self.rows_moved.emit()

    # --- where things are --------------------------------------------------------------------------------------

    def area(self) -> QRectF:
        high = max(self.height() - TOP - BOTTOM, 1)
        count = self._count()
        return QRectF(0, TOP, self.width(), min(high, TALLEST_ROW * count) if count else high)

    def base(self) -> float:
        """Return where the axis of heights lies: below the rows."""
        return self.area().bottom() + 2

    def most(self) -> float:
        return max(1.0, TALLEST_ROW * self._count() / self.area().height())

    def _count(self) -> int:
        return 0 if self.hierarchy is None else len(self.hierarchy.names)

    def row_height(self) -> float:
        return self.area().height() / max(self._count(), 1) * self.zoom.scale

    def node_y(self, nodes: NDArray[np.int64] | int) -> NDArray[np.float64]:
        """Return where nodes are seen, in the widget's pixels from above."""
        return np.asarray(TOP + self.zoom.y + self.places[nodes] * self.row_height())

    def node_x(self, nodes: NDArray[np.int64] | int) -> NDArray[np.float64]:
        return self.height_x(self.heights[nodes])

    def height_x(self, height: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return where a height is seen."""
        first, last = self.tree_span()
        return np.asarray(first + (last - first) * np.asarray(height) / self.tallest())

    def tallest(self) -> float:
        """Return the height at the end of the axis, a little beyond the last merge."""
        highest = float(self.heights[-1]) if len(self.heights) else 0.0
        return highest * 1.04 if highest > 0 else 1.0

    def tree_span(self) -> tuple[float, float]:
        """Return where the height 0 and the largest one are, in pixels from the left."""
        room = self._name_room + GAP + 4 + (self.picture_side() + GAP if self.picture_side() else 0.0)
        first, last = self.width() - room, float(LEFT)
        return (self.width() - first, self.width() - last) if self.mirrored else (first, last)

    def picture_side(self) -> float:
        side = min(self.row_height() - 4, LARGEST_PICTURE)
        return side if side >= LEAST_PICTURE else 0.0

    def picture_rect(self, leaf: int) -> QRectF:
        side, middle, first = self.picture_side(), float(self.node_y(leaf)), self.tree_span()[0]
        left = first - GAP - side if self.mirrored else first + GAP
        return QRectF(left, middle - side / 2, side, side)

    def name_rect(self, leaf: int) -> QRectF:
        side, middle, first = self.picture_side(), float(self.node_y(leaf)), self.tree_span()[0]
        beside = GAP + (side + GAP if side else 0.0)
        left = first - beside - self._name_room if self.mirrored else first + beside
        return QRectF(left, middle - 8, self._name_room + 2, 16)

    def named(self) -> list[int]:
        """Return the leaves whose names are shown: those that are marked, and of the others as many as have room."""
        hierarchy = self.hierarchy
        if hierarchy is None:
            return []
        step = max(1, int(np.ceil(13 / max(self.row_height(), 0.01))))
        order = hierarchy.leaf_order
        taken: list[int] = []
        # Of a merge that is marked, too, as many as have room.
        for place in (*(int(self.places[leaf]) for leaf in (*self.marked(), *self.lit_leaves)),):
            if all(abs(place - other) >= step for other in taken):
                taken.append(place)
        free = [
            place for place in range(step // 2, len(order), step) if all(abs(place - other) >= step for other in taken)
        ]
        seen = [int(order[place]) for place in sorted({*free, *taken})]
        return [leaf for leaf in seen if TOP - 8 <= self.node_y(leaf) <= self.base() + 6]

    def node_at(self, place: QPointF) -> int:
        """Return the leaf or the merge at a place; −1 for none."""
        hierarchy = self.hierarchy
        if hierarchy is None or place.y() > self.base():
            return -1
        count, x, y = len(hierarchy.names), place.x(), place.y()
        first, last = self.tree_span()
        if (x < first) if self.mirrored else (x > first):
            row = int((y - TOP - self.zoom.y) // self.row_height())
            return int(hierarchy.leaf_order[row]) if 0 <= row < count else -1
        merges = hierarchy.merges
        ends = self.node_y(merges)
        xs = self.node_x(np.arange(count, 2 * count - 1))
        off_side = np.abs(xs - x)
        inside = (ends.min(1) - NEAR <= y) & (y <= ends.max(1) + NEAR)
        # The stem from a node to the merge above it belongs to the node.
        parents = parents_of(hierarchy)[count:]
        above = np.append(self.node_x(parents[:-1]), last)
        mids = self.node_y(np.arange(count, 2 * count - 1))
        on_stem = (np.minimum(above, xs) <= x) & (x <= np.maximum(above, xs))
        off = np.minimum(np.where(inside, off_side, np.inf), np.where(on_stem, np.abs(mids - y), np.inf))
        best = int(off.argmin())
        return count + best if off[best] <= NEAR else -1

    def show_leaf(self, leaf: int) -> None:
        """Bring a leaf to the middle, enlarged so far that its name can be read."""
        if self.row_height() < 14:
            self.zoom = self.zoom.by(14 / self.row_height(), (0.0, 0.0), self.size_of_area(), self.most())
        row = self.area().height() / max(self._count(), 1)
        self.set_zoom(self.zoom.showing(0.0, float(self.places[leaf]) * row, self.size_of_area()))
        self.update()
        self.rows_moved.emit()

    # --- what the user does ------------------------------------------------------------------------------------

    def _on_cut(self, place: QPointF) -> bool:
        known = self.clusters is not None and place.y() < self.base()
        return known and abs(place.x() - float(self.height_x(self.cut_height()))) <= NEAR - 2

    def cut_height(self) -> float:
        return 0.0 if self.clusters is None else self.clusters.height

    def hovered_at(self, place: QPointF | None) -> None:
        node = -1 if place is None else self.node_at(place)
        hierarchy = self.hierarchy
        if hierarchy is None or node < 0:
            self.tell_lit((), "", place)
            if place is not None and self._on_cut(place):
                self.setCursor(Qt.CursorShape.SplitHCursor)
        elif node < len(hierarchy.names):
            self.tell_lit((node,), self.leaf_tip(node), place)
        else:
            self.tell_lit(hierarchy.members(node), self.node_tip(node), place)

    def clicked_at(self, place: QPointF) -> None:
        node = self.node_at(place)
        if node < 0:
            self.nothing_chosen.emit()
        elif node < self._count():
            self.leaf_chosen.emit(node)
        else:
            self.node_chosen.emit(node)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        # A merge that lies on the cut can still be clicked, save under its handle.
        free = self.node_at(place) < 0 or place.y() < HANDLE
        self._cutting = event.button() == Qt.MouseButton.LeftButton and free and self._on_cut(place)
        if not self._cutting:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._cutting:
            super().mouseMoveEvent(event)
            return
        first, last = self.tree_span()
        height = (event.position().x() - first) / (last - first) * self.tallest()
        self.cut_moved.emit(min(max(height, 0.0), self.tallest()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._cutting:
            self._cutting = False
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        hierarchy, key = self.hierarchy, Qt.Key(event.key())
        if hierarchy is None or key not in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right):
            super().keyPressEvent(event)
            return
        node = self._step(self.marks, key)
        if node >= len(hierarchy.names):
            self.node_chosen.emit(node)
        elif node >= 0:
            self.leaf_chosen.emit(node)

    def _step(self, marks: Marks, key: Qt.Key) -> int:
        """Return the node that a key goes to."""
        hierarchy = self.hierarchy
        assert hierarchy is not None
        count, order = len(hierarchy.names), hierarchy.leaf_order.tolist()
        here = marks.leaf if marks.leaf >= 0 else marks.node
        if here < 0:
            return int(order[0])
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            row = int(self.places[here]) + (1 if key == Qt.Key.Key_Down else -1)
            return int(order[min(max(row, 0), count - 1)])
        if (key == Qt.Key.Key_Left) != self.mirrored:
            above = int(parents_of(hierarchy)[here])
            return here if above < 0 else above
        if here < count:
            return here
        a, b = hierarchy.merges[here - count].tolist()
        return int(max((a, b), key=lambda node: len(hierarchy.members(node))))

    def set_zoom(self, zoom: Zoom) -> None:
        super().set_zoom(zoom)
        self.rows_moved.emit()

    def sizeHint(self) -> QSize:
        return QSize(420, 360)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.painter()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hierarchy is None:
            painter.setPen(tokens().quiet)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), int(flags), self.placeholder)
        else:
            paint_dendrogram(painter, self)
            self.paint_focus(painter)
