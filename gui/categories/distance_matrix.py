"""The distances of all classes as a square of colours, in the order of the dendrogram: near classes make blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from backend.jobs import Categories
from gui.categories.category_view import CategoryView, hue_colour, runs
from gui.categories.marks import pair_of
from gui.text import distance_text
from gui.theme import CAPTION_SIZE, text_font, tokens
from gui.widgets.picture_paint import paint_picture
from gui.widgets.pixels import to_qimage

HEADER = 26
"""Pixels above and left for the pictures of the classes."""
LEGEND = 26
LEAST_PICTURE = 11.0
STEPS = 2048
"""Colours between near and far."""


MOVES = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class DistanceMatrix(CategoryView):
    """A cell a pair, the stronger its colour the closer the two; lines between the clusters of the cut.

    The arrow keys go from cell to cell.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: tuple[object, QImage] = (None, QImage())
        self._cell = (-1, -1)
        self._cursor = (0, 0)
        self.setMinimumSize(160, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Distances of the classes")

    def set_categories(self, categories: Categories | None) -> None:
        super().set_categories(categories)
        self._image, self._cell, self._cursor = (None, QImage()), (-1, -1), (0, 0)

    # --- where things are --------------------------------------------------------------------------------------

    def area(self) -> QRectF:
        """Return the square of the cells, without its headers."""
        side = max(min(self.width() - HEADER - 4, self.height() - HEADER - LEGEND), 20)
        left = HEADER + max(0.0, (self.width() - HEADER - 4 - side) / 2)
        return QRectF(left, HEADER, side, side)

    def most(self) -> float:
        return max(1.0, 28.0 * self._count() / self.area().width())

    def _count(self) -> int:
        return 0 if self.hierarchy is None else len(self.hierarchy.names)

    def cell_side(self) -> float:
        return self.area().width() / max(self._count(), 1) * self.zoom.scale

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Return where a cell is seen; rows and columns count in the order of the tree."""
        side, area = self.cell_side(), self.area()
        return QRectF(area.left() + self.zoom.x + column * side, area.top() + self.zoom.y + row * side, side, side)

    def cell_at(self, place: QPointF) -> tuple[int, int]:
        """Return row and column at a place; −1 where it is not in the square."""
        area = self.area()
        if self.hierarchy is None or not area.contains(place):
            return (-1, -1)
        side, last = self.cell_side(), self._count() - 1
        row = int((place.y() - area.top() - self.zoom.y) // side)
        column = int((place.x() - area.left() - self.zoom.x) // side)
        return min(max(row, 0), last), min(max(column, 0), last)

    # --- what the user does ------------------------------------------------------------------------------------

    def _pair(self, cell: tuple[int, int]) -> tuple[int, int]:
        assert self.hierarchy is not None
        order = self.hierarchy.leaf_order
        return int(order[cell[0]]), int(order[cell[1]])

    def hovered_at(self, place: QPointF | None) -> None:
        cell = (-1, -1) if place is None else self.cell_at(place)
        if cell != self._cell:
            self._cell = cell
            self.update()
        if cell[0] < 0:
            self.tell_lit((), "", place)
            return
        a, b = self._pair(cell)
        self.tell_lit((a,) if a == b else (a, b), self.leaf_tip(a) if a == b else self.pair_tip(a, b), place)

    def clicked_at(self, place: QPointF) -> None:
        cell = self.cell_at(place)
        if cell[0] < 0:
            self.nothing_chosen.emit()
        else:
            self._choose(cell)

    def _choose(self, cell: tuple[int, int]) -> None:
        self._cursor = cell
        a, b = self._pair(cell)
        if a == b:
            self.leaf_chosen.emit(a)
        else:
            self.pair_chosen.emit(*pair_of(a, b))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        hierarchy, move = self.hierarchy, MOVES.get(Qt.Key(event.key()))
        if hierarchy is None or move is None:
            super().keyPressEvent(event)
            return
        last = self._count() - 1
        row, column = self._marked_cell()
        if self.marked():
            row, column = min(max(row + move[0], 0), last), min(max(column + move[1], 0), last)
        self._show_cell(row, column)
        self._choose((row, column))

    def _marked_cell(self) -> tuple[int, int]:
        """Return the cell of what is marked, from which the keys go on: of a pair that at which they last were."""
        hierarchy, leaves = self.hierarchy, self.marked()
        assert hierarchy is not None
        rows = {int(leaf): row for row, leaf in enumerate(hierarchy.leaf_order)}
        if self.marks.pair is None:
            return (rows[leaves[0]], rows[leaves[0]]) if leaves else (0, 0)
        cell = (rows[leaves[0]], rows[leaves[1]])
        return self._cursor if sorted(self._cursor) == sorted(cell) else cell

    def _show_cell(self, row: int, column: int) -> None:
        """Bring a cell into sight, if it is not."""
        area, cell = self.area(), self.cell_rect(row, column)
        if not area.adjusted(-1, -1, 1, 1).contains(cell):
            middle = (cell.center() - area.topLeft() - QPointF(self.zoom.x, self.zoom.y)) * (1 / self.zoom.scale)
            self.set_zoom(self.zoom.showing(middle.x(), middle.y(), self.size_of_area()))

    # --- painting ----------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(300, 300)

    def paintEvent(self, event: QPaintEvent) -> None:
        hierarchy = self.hierarchy
        if hierarchy is None:
            return
        painter = self.painter()
        painter.setFont(text_font(CAPTION_SIZE))
        area = self.area()
        painter.save()
        painter.setClipRect(area)
        whole = self.cell_rect(0, 0).united(self.cell_rect(self._count() - 1, self._count() - 1))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.cell_side() < 2)
        painter.drawImage(whole, self._cells())
        self._paint_diagonal(painter)
        self._paint_clusters(painter)
        self._paint_marks(painter)
        painter.restore()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_headers(painter)
        self._paint_legend(painter)
        self.paint_focus(painter)

    def span(self) -> tuple[float, float]:
        """Return the least and the largest distance of two classes: the ends of the colours."""
        assert self.hierarchy is not None
        apart = self.hierarchy.distances[~np.eye(self._count(), dtype=bool)]
        return float(apart.min()), float(apart.max())

    def _cells(self) -> QImage:
        if self._image[0] is not tokens():
            hierarchy = self.hierarchy
            assert hierarchy is not None
            order = hierarchy.leaf_order
            low, high = self.span()
            shares = (hierarchy.distances[np.ix_(order, order)] - low) / max(high - low, 1e-12)
            pixels = ramp(shares)
            np.einsum("iic->ic", pixels)[:] = _rgb(tokens().panel)
            self._image = (tokens(), to_qimage(pixels))
        return self._image[1]

    def _paint_diagonal(self, painter: QPainter) -> None:
        """Show every class where it meets itself, if there is room."""
        hierarchy, side = self.hierarchy, self.cell_side() - 4
        assert hierarchy is not None
        if side < LEAST_PICTURE:
            return
        for row, leaf in enumerate(hierarchy.leaf_order.tolist()):
            cell = self.cell_rect(row, row)
            if cell.intersects(self.area()):
                paint_picture(painter, cell.adjusted(2, 2, -2, -2), self.pictures[leaf])

    def _paint_clusters(self, painter: QPainter) -> None:
        """Frame the clusters of more than one class."""
        if self.clusters is None:
            return
        row = 0
        for group in self.clusters.groups:
            if len(group) > 1:
                frame = self.cell_rect(row, row).united(self.cell_rect(row + len(group) - 1, row + len(group) - 1))
                painter.setPen(QPen(hue_colour(int(self.clusters.hues[group[0]])), 2))
                painter.drawRect(frame.adjusted(1, 1, -1, -1))
            row += len(group)

    def _paint_marks(self, painter: QPainter) -> None:
        """Ring the chosen pair, the cell under the pointer, and what is lit elsewhere."""
        hierarchy = self.hierarchy
        assert hierarchy is not None
        rows = {int(leaf): row for row, leaf in enumerate(hierarchy.leaf_order)}
        area = self.area()
        for leaves, colour in ((self.marked(), tokens().accent), (self.lit_leaves, tokens().text)):
            painter.setPen(QPen(QColor(colour), 2))
            if len(leaves) == 2:
                a, b = (rows[leaf] for leaf in leaves)
                for cell in ((a, b), (b, a)):
                    painter.drawRect(self._visible(self.cell_rect(*cell)))
            elif len(leaves) == 1:
                cell_rect = self.cell_rect(rows[leaves[0]], rows[leaves[0]])
                painter.drawRect(QRectF(area.left() - 2, cell_rect.top(), area.width() + 4, cell_rect.height()))
            else:
                # A merge is one block; what a search finds may be many.
                for first, last in runs([rows[leaf] for leaf in leaves]):
                    block = self.cell_rect(first, first).united(self.cell_rect(last, last))
                    painter.drawRect(self._visible(block).adjusted(1, 1, -1, -1))

    @staticmethod
    def _visible(cell: QRectF) -> QRectF:
        """Give a ring a size that can be seen, however small its cell is."""
        grow = max(0.0, 6 - cell.width()) / 2
        return cell.adjusted(-grow, -grow, grow, grow)

    def _paint_headers(self, painter: QPainter) -> None:
        """Paint the pictures of the classes above and beside their cells; stripes of clusters where they are small."""
        hierarchy = self.hierarchy
        assert hierarchy is not None
        area = self.area()
        side = min(self.cell_side() - 2, HEADER - 6.0)
        if side < LEAST_PICTURE:
            self._paint_stripes(painter)
            return
        painter.save()
        painter.setClipRect(
            QRectF(area.left() - HEADER, area.top() - HEADER, area.width() + HEADER, area.height() + HEADER),
            Qt.ClipOperation.IntersectClip,
        )
        for row, leaf in enumerate(hierarchy.leaf_order.tolist()):
            middle = self.cell_rect(row, row).center()
            square = QRectF(-side / 2, -side / 2, side, side)
            if area.top() < middle.y() < area.bottom():
                paint_picture(painter, square.translated(area.left() - HEADER / 2, middle.y()), self.pictures[leaf])
            if area.left() < middle.x() < area.right():
                paint_picture(painter, square.translated(middle.x(), area.top() - HEADER / 2), self.pictures[leaf])
        painter.restore()

    def _paint_stripes(self, painter: QPainter) -> None:
        """Paint a stripe a cluster above and beside the cells, where there is no room for pictures."""
        area, row = self.area(), 0
        for group in self.clusters.groups if self.clusters is not None else ():
            cells = self.cell_rect(row, row).united(self.cell_rect(row + len(group) - 1, row + len(group) - 1))
            row += len(group)
            cells = cells.intersected(area)
            if not cells.isEmpty():
                colour = self.colour(group[0])
                painter.fillRect(QRectF(area.left() - 10, cells.top(), 4, max(cells.height(), 1.0)), colour)
                painter.fillRect(QRectF(cells.left(), area.top() - 10, max(cells.width(), 1.0), 4), colour)

    def _paint_legend(self, painter: QPainter) -> None:
        low, high = self.span()
        area = self.area()
        bar = QRectF(area.left() + 40, area.bottom() + 12, max(area.width() - 80, 10), 6)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(bar, to_qimage(ramp(np.linspace(0, 1, 64)[None])))
        painter.setPen(QColor(tokens().quiet))
        middle = Qt.AlignmentFlag.AlignVCenter
        left = QRectF(bar.left() - 44, bar.top() - 6, 40, 18)
        right = QRectF(bar.right() + 4, bar.top() - 6, 40, 18)
        painter.drawText(left, middle | Qt.AlignmentFlag.AlignRight, distance_text(low))
        painter.drawText(right, middle | Qt.AlignmentFlag.AlignLeft, distance_text(high))


def ramp(shares: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Colour shares of the way from near (0, the accent) to far (1, nearly the ground), uint8 (..., 3)."""
    near, far = _rgb(tokens().accent), _rgb(tokens().raised)
    steps = near + (far - near) * np.linspace(0, 1, STEPS)[:, None] ** 0.6
    # Looked up: a power of every one of a million cells would take as long as all else.
    places = np.rint(np.clip(shares, 0, 1) * (STEPS - 1)).astype(np.int64)
    colours: NDArray[np.uint8] = np.rint(steps).astype(np.uint8)[places]
    return colours


def _rgb(colour: str) -> NDArray[np.float64]:
    made = QColor(colour)
    return np.array([made.red(), made.green(), made.blue()], np.float64)
