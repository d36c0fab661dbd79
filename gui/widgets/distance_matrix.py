"""The distances of all classes as a square of colours, in the order of the dendrogram: near classes make blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from backend.jobs import Categories
from gui.category_marks import distance_text, pair_of
from gui.theme import CAPTION_SIZE, RADIUS, text_font, tokens, with_alpha
from gui.widgets.category_view import CategoryView, hue_colour
from gui.widgets.image_grid import paint_picture
from gui.widgets.image_view import to_qimage

HEADER = 26
"""Pixels above and left for the pictures of the classes."""
LEGEND = 26
LEAST_PICTURE = 11.0


class DistanceMatrix(CategoryView):
    """A cell a pair, the stronger its colour the closer the two; lines between the clusters of the cut."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: tuple[object, QImage] = (None, QImage())
        self._cell = (-1, -1)
        self.setMinimumSize(160, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Distances of the classes")

    def set_categories(self, categories: Categories | None) -> None:
        super().set_categories(categories)
        self._image, self._cell = (None, QImage()), (-1, -1)

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
            return
        a, b = self._pair(cell)
        if a == b:
            self.leaf_chosen.emit(a)
        else:
            self.pair_chosen.emit(*pair_of(a, b))

    # --- painting ----------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(300, 300)

    def paintEvent(self, event: QPaintEvent) -> None:
        hierarchy = self.hierarchy
        if hierarchy is None:
            return
        painter = QPainter(self)
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
        if self.hasFocus():
            painter.setPen(QPen(with_alpha(tokens().accent, 0.6), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)

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
            pen = QPen(QColor(colour), 2)
            painter.setPen(pen)
            if len(leaves) == 2:
                a, b = (rows[leaf] for leaf in leaves)
                for cell in ((a, b), (b, a)):
                    painter.drawRect(self._visible(self.cell_rect(*cell)))
            elif len(leaves) == 1:
                cell_rect = self.cell_rect(rows[leaves[0]], rows[leaves[0]])
                painter.drawRect(QRectF(area.left() - 2, cell_rect.top(), area.width() + 4, cell_rect.height()))

    @staticmethod
    def _visible(cell: QRectF) -> QRectF:
        """Give a ring a size that can be seen, however small its cell is."""
        grow = max(0.0, 6 - cell.width()) / 2
        return cell.adjusted(-grow, -grow, grow, grow)

    def _paint_headers(self, painter: QPainter) -> None:
        """Paint the pictures of the classes above and beside their cells; stripes of clusters where they are small."""
        hierarchy = self.hierarchy
        assert hierarchy is not None
        area, cell = self.area(), self.cell_side()
        side = min(cell - 2, HEADER - 6.0)
        painter.save()
        painter.setClipRect(
            QRectF(area.left() - HEADER, area.top() - HEADER, area.width() + HEADER, area.height() + HEADER)
        )
        for row, leaf in enumerate(hierarchy.leaf_order.tolist()):
            middle = self.cell_rect(row, row).center()
            beside, above = (
                area.contains(QPointF(area.left() + 1, middle.y())),
                area.contains(QPointF(middle.x(), area.top() + 1)),
            )
            for shown, place in (
                (beside, QPointF(area.left() - HEADER / 2, middle.y())),
                (above, QPointF(middle.x(), area.top() - HEADER / 2)),
            ):
                if shown:
                    self._paint_header(painter, leaf, place, side, cell)
        painter.restore()

    def _paint_header(self, painter: QPainter, leaf: int, middle: QPointF, side: float, cell: float) -> None:
        if side >= LEAST_PICTURE:
            paint_picture(
                painter, QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side), self.pictures[leaf]
            )
            return
        size = max(min(cell, 6.0), 1.0)
        painter.fillRect(QRectF(middle.x() - size / 2, middle.y() - size / 2, size, size), self.colour(leaf))

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
    mixed: NDArray[np.float64] = near + (far - near) * np.clip(shares, 0, 1)[..., None] ** 0.6
    return np.rint(mixed).astype(np.uint8)


def _rgb(colour: str) -> NDArray[np.float64]:
    made = QColor(colour)
    return np.array([made.red(), made.green(), made.blue()], np.float64)
