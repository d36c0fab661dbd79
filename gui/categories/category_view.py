"""What the three views of a hierarchy have in common: what they show, what is marked in it, and what they tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QToolTip, QWidget

from backend.jobs import Categories, CategoryHierarchy
from gui.categories.marks import ALONE, HUES, Clusters, Marks, cut, natural_cut
from gui.categories.zoomed_widget import ZoomedWidget
from gui.charts.histogram_paint import class_colours
from gui.text import counted, distance_text
from gui.theme import RADIUS, theme_manager, tokens, with_alpha
from gui.widgets.pixels import thumbnail_pixmap

MOST_TOLD = 12
"""Names in a tooltip."""
FADED = 0.4
"""Opacity of what is no longer what is asked for."""


class CategoryView(ZoomedWidget):
    """A drawing of a hierarchy. Who shows several keeps them together by their signals.

    Signals
    -------
    leaf_chosen(int), pair_chosen(int, int), node_chosen(int)
        A category, two of them, or a merge was clicked.
    nothing_chosen()
        A click on the ground.
    lit(tuple of int)
        The categories under the pointer; empty where it has left them.
    """

    leaf_chosen = Signal(int)
    pair_chosen = Signal(int, int)
    node_chosen = Signal(int)
    nothing_chosen = Signal()
    lit = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.categories: Categories | None = None
        self.clusters: Clusters | None = None
        self.marks = Marks()
        self.lit_leaves: tuple[int, ...] = ()
        self.pictures: list[QPixmap] = []
        self.stale = False
        self._tip = ""
        theme_manager().changed.connect(self.update)

    @property
    def hierarchy(self) -> CategoryHierarchy | None:
        return None if self.categories is None else self.categories.hierarchy

    def set_categories(self, categories: Categories | None) -> None:
        """Show another hierarchy, or none; nothing is marked, and it is cut where the gap is widest."""
        self.categories = categories
        self.pictures = [] if categories is None else _thumbnails(categories)
        hierarchy = self.hierarchy
        self.clusters = None if hierarchy is None else _first_cut(hierarchy)
        self.marks, self.lit_leaves = Marks(), ()
        self.fit()
        self.update()

    def set_clusters(self, clusters: Clusters | None) -> None:
        self.clusters = clusters
        self.update()

    def set_stale(self, stale: bool) -> None:
        """Fade what is shown, because something else is asked for and not there yet."""
        if stale != self.stale:
            self.stale = stale
            self.update()

    def set_marks(self, marks: Marks) -> None:
        """Mark what is selected, without telling anybody."""
        self.marks = marks
        self.update()

    def set_lit(self, leaves: Iterable[int]) -> None:
        """Light categories up, because the pointer is on them in another view."""
        leaves = tuple(leaves)
        if leaves != self.lit_leaves:
            self.lit_leaves = leaves
            self.update()

    def marked(self) -> tuple[int, ...]:
        """Return the categories that are selected."""
        return () if self.hierarchy is None else self.marks.members(self.hierarchy)

    def colour(self, leaf: int) -> QColor:
        """Return the colour of a category's cluster; a quiet one where it is alone."""
        hue = ALONE if self.clusters is None else int(self.clusters.hues[leaf])
        return QColor(tokens().quiet) if hue == ALONE else hue_colour(hue)

    def tell_lit(self, leaves: tuple[int, ...], tip: str, place: QPointF | None) -> None:
        """Light up what is under the pointer, tell of it, and say what it is, at once."""
        self.setCursor(Qt.CursorShape.PointingHandCursor if leaves else Qt.CursorShape.ArrowCursor)
        if leaves != self.lit_leaves:
            self.set_lit(leaves)
            self.lit.emit(leaves)
        if tip == self._tip:
            return
        self._tip = tip
        if tip and place is not None:
            QToolTip.showText(self.mapToGlobal(place.toPoint()) + QPointF(12, 8).toPoint(), tip, self, QRect())
        else:
            QToolTip.hideText()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.marks != Marks():
            self.nothing_chosen.emit()
        else:
            super().keyPressEvent(event)

    def painter(self) -> QPainter:
        """Begin to paint: faint where what is shown is stale."""
        painter = QPainter(self)
        painter.setOpacity(FADED if self.stale else 1.0)
        return painter

    def paint_focus(self, painter: QPainter) -> None:
        """Frame the view where it has the focus."""
        if self.hasFocus():
            painter.setPen(QPen(with_alpha(tokens().accent, 0.6), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)

    # --- words -------------------------------------------------------------------------------------------------

    def leaf_tip(self, leaf: int) -> str:
        categories = self.categories
        assert categories is not None
        count = int(categories.found.counts[leaf])
        return f"{categories.hierarchy.names[leaf]} · {counted(count, 'image')}"

    def pair_tip(self, first: int, second: int) -> str:
        hierarchy = self.hierarchy
        assert hierarchy is not None
        names = f"{hierarchy.names[first]} – {hierarchy.names[second]}"
        merged = distance_text(float(hierarchy.cophenetic[first, second]))
        return f"{names}\ndistance {distance_text(float(hierarchy.distances[first, second]))} · merged at {merged}"

    def node_tip(self, node: int) -> str:
        hierarchy = self.hierarchy
        assert hierarchy is not None
        members = hierarchy.members(node)
        height = float(hierarchy.heights[node - len(hierarchy.names)])
        names = names_text(hierarchy, members, MOST_TOLD)
        return f"{len(members):,} classes, merged at {distance_text(height)}\n{names}"


def names_text(hierarchy: CategoryHierarchy, members: Sequence[int], most: int) -> str:
    """Name categories, at most so many."""
    shown = ", ".join(hierarchy.names[leaf] for leaf in members[:most])
    return f"{shown} and {len(members) - most:,} more" if len(members) > most else shown


def hue_colour(hue: int) -> QColor:
    """Return a colour of clusters; far fewer hues than categories are needed to tell neighbours apart."""
    return _hues()[hue % HUES]


@lru_cache(1)
def _hues() -> list[QColor]:
    # The first is nearly the accent.
    return class_colours(HUES + 1)[1:]


@lru_cache(2)
def _thumbnails(categories: Categories) -> list[QPixmap]:
    """Make the pictures once for all views."""
    return [thumbnail_pixmap(picture) for picture in categories.pictures]


@lru_cache(2)
def _first_cut(hierarchy: CategoryHierarchy) -> Clusters:
    return cut(hierarchy, natural_cut(hierarchy))


def runs(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Give the first and last of each run of rows without a gap.

    >>> runs([4, 1, 2, 5, 9])
    [(1, 2), (4, 5), (9, 9)]
    """
    ordered = np.sort(np.asarray(rows, np.int64))
    if not len(ordered):
        return []
    parts = np.split(ordered, np.flatnonzero(np.diff(ordered) > 1) + 1)
    return [(int(part[0]), int(part[-1])) for part in parts]
