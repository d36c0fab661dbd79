"""A hierarchy on one sheet, for a file: drawn anew, so large that every name can be read, and with what made it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from backend.jobs import Categories, HierarchyComparison, program_versions
from gui.categories.dendrogram import Dendrogram
from gui.categories.distance_matrix import DistanceMatrix
from gui.categories.facts import comparison_text, heading_text
from gui.categories.marks import Clusters, Marks
from gui.categories.spanning_graph import SpanningGraph
from gui.categories.tangle_lines import WIDTH, TangleLines
from gui.theme import CAPTION_SIZE, text_font, tokens

MARGIN, GAP = 24, 24
LEAST_HEIGHT = 800
ROW = 15
"""Pixels a class in a tall dendrogram."""
TREE_WIDTH, SIDE_WIDTH = 620, 520
DENSITY = 2
LARGEST = 16_000
"""Pixels of a picture's side beyond which it is drawn at single density."""


@dataclass(frozen=True, eq=False)
class Beside:
    """The hierarchy of a second network, which stands beside the first."""

    categories: Categories
    clusters: Clusters
    comparison: HierarchyComparison


class CategoryPoster:
    """Dendrogram at the left, a second network's beside it; graph and matrix at the right; words above and below."""

    def __init__(self, categories: Categories, clusters: Clusters, marks: Marks, second: Beside | None = None) -> None:
        self._categories, self._second = categories, second
        self._views: list[tuple[QWidget, QRectF]] = []
        # Names, pictures and the axis of a dendrogram need 30 px beside its rows.
        high = float(max(LEAST_HEIGHT, ROW * len(categories.hierarchy.names) + 30))
        top, half = MARGIN + 28.0 + (20 if second is not None else 0), (LEAST_HEIGHT - GAP) / 2
        tree = Dendrogram()
        beside = MARGIN + TREE_WIDTH + GAP
        if second is not None:
            self._add_second(tree, second, QRectF(MARGIN + TREE_WIDTH, top, WIDTH + TREE_WIDTH, high))
            beside += WIDTH + TREE_WIDTH
        for view, place in (
            (tree, QRectF(MARGIN, top, TREE_WIDTH, high)),
            (SpanningGraph(), QRectF(beside, top, SIDE_WIDTH, half)),
            (DistanceMatrix(), QRectF(beside, top + half + GAP, SIDE_WIDTH, half)),
        ):
            view.resize(place.size().toSize())
            view.set_categories(categories)
            view.set_clusters(clusters)
            view.set_marks(marks)
            self._views.append((view, place))
        self.size = QSize(beside + SIDE_WIDTH + MARGIN, round(top + high) + 28 + MARGIN)

    def _add_second(self, tree: Dendrogram, second: Beside, room: QRectF) -> None:
        """Put the lines between both trees, and the second tree, into `room`."""
        other = Dendrogram(mirrored=True)
        lines = TangleLines(tree, other)
        lines.set_comparison(second.comparison)
        place = room.adjusted(WIDTH, 0, 0, 0)
        other.resize(place.size().toSize())
        other.set_categories(second.categories)
        other.set_clusters(second.clusters)
        lines.resize(WIDTH, round(room.height()))
        self._views += [(other, place), (lines, QRectF(room.left(), room.top(), WIDTH, room.height()))]

    def paint(self, painter: QPainter) -> None:
        """Paint all of it."""
        painter.fillRect(QRectF(QPoint(0, 0), self.size), QColor(tokens().panel))
        painter.setFont(text_font())
        painter.setPen(QColor(tokens().text))
        line = QRectF(MARGIN, MARGIN - 6, self.size.width() - 2 * MARGIN, 22)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(line, left, f"{self._categories.dataset} · {heading_text(self._categories)}")
        if self._second is not None:
            words = f"Beside it {heading_text(self._second.categories)} · {comparison_text(self._second.comparison)}"
            painter.drawText(line.translated(0, 22), left, words)
        for view, place in self._views:
            painter.save()
            painter.translate(place.topLeft())
            view.render(painter, QPoint(), renderFlags=QWidget.RenderFlag.DrawChildren)
            painter.restore()
        painter.setFont(text_font(CAPTION_SIZE))
        painter.setPen(QColor(tokens().quiet))
        below = QRectF(MARGIN, self.size.height() - MARGIN - 12, line.width(), 18)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.made_with())

    def made_with(self) -> str:
        """Say what the sheet was made with."""
        versions = ", ".join(f"{name} {version}" for name, version in program_versions().items())
        return f"Weights {self._categories.card.weights_digest[:12]} · ½ (1 − cos), WPGMA · {versions}"

    def png(self) -> bytes:
        """Give the bytes of a PNG file."""
        density = DENSITY if DENSITY * max(self.size.width(), self.size.height()) <= LARGEST else 1
        image = QImage(self.size * density, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(density)
        painter = QPainter(image)
        self.paint(painter)
        painter.end()
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        # The stubs know only the file name; a device takes the name of the format.
        image.save(buffer, "PNG")  # type: ignore[call-overload]
        return bytes(buffer.data().data())

    def svg(self) -> bytes:
        """Give the bytes of an SVG file."""
        from PySide6.QtSvg import QSvgGenerator

        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setResolution(96)
        generator.setSize(self.size)
        generator.setViewBox(QRectF(QPoint(0, 0), self.size))
        generator.setTitle(heading_text(self._categories))
        generator.setDescription(self.made_with())
        painter = QPainter(generator)
        self.paint(painter)
        painter.end()
        return bytes(buffer.data().data())
