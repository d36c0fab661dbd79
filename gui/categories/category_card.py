"""What is known of the class, the pair or the merge that is selected, and the clusters of the cut."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from gui.categories.cluster_list import ClusterList
from gui.categories.facts import CategoryFacts
from gui.text import number
from gui.widgets.filter_terms import FilterTerms
from gui.widgets.picture_paint import paint_picture
from gui.widgets.section import Section

SIDE, GAP = 48, 6
HINT = "Click a class, a merge, an edge or a cell. Of two classes, the filters that make them alike are listed."


class CategoryCard(QScrollArea):
    """A column of words beside the views.

    Signals
    -------
    filter_chosen(int)
        One of the filters that carry a similarity.
    """

    filter_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.lines = QLabel(), QLabel(wordWrap=True)
        self.pictures = _Pictures()
        self.filters, self.together = FilterTerms(), QLabel(wordWrap=True)
        self.selected, self.carried = Section("Selected"), Section("Carried by")
        self.cut = Section("Clusters")
        self.clusters = ClusterList()
        self._shown: tuple[str, ...] = ()
        self.filters.chosen.connect(self.filter_chosen)
        self._lay_out()
        self.show_facts(None, [])

    def _lay_out(self) -> None:
        font = QFont()
        font.setBold(True)
        self.title.setFont(font)
        for label in (self.title, self.lines):
            # The names of classes come from files.
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        for label in (self.lines, self.together):
            label.setProperty("role", "caption")
        for widget in (self.pictures, self.title, self.lines):
            self.selected.body.addWidget(widget)
        self.carried.body.addWidget(self.together)
        self.carried.body.addWidget(self.filters)
        self.cut.body.addWidget(self.clusters)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(8, 0, 8, 0)
        column.setSpacing(10)
        for section in (self.selected, self.carried, self.cut):
            column.addWidget(section)
        column.addStretch()
        self.setWidget(content)
        # The views beside it have no ground of their own.
        content.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)
        self.setWidgetResizable(True)
        # Its parts have the focus, and come into sight with it.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(190)

    def show_facts(self, facts: CategoryFacts | None, pictures: list[QPixmap]) -> None:
        """Show what is marked; `pictures` are those of all classes."""
        self.title.setVisible(facts is not None)
        self.title.setText("" if facts is None else facts.title)
        self.lines.setText(HINT if facts is None else "\n".join(facts.lines))
        self.pictures.set_pictures([] if facts is None else [pictures[leaf] for leaf in facts.pictures])
        known = facts is not None and facts.filter_terms is not None
        self.carried.setVisible(known)
        if facts is not None and facts.filter_terms is not None:
            self.filters.set_terms(facts.filter_names, facts.filter_terms)
            self.together.setText(_together(self.filters, facts.filter_terms))
            self.carried.set_note(f"of {len(facts.filter_terms):,}")


class _Pictures(QWidget):
    """A few pictures in a row, smaller where they would not fit."""

    def __init__(self) -> None:
        super().__init__()
        self._pictures: list[QPixmap] = []

    def set_pictures(self, pictures: list[QPixmap]) -> None:
        self._pictures = pictures
        self.setVisible(bool(pictures))
        self.setFixedHeight(SIDE if pictures else 0)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(SIDE, (self.width() + GAP) / max(len(self._pictures), 1) - GAP)
        for place, picture in enumerate(self._pictures):
            paint_picture(painter, QRectF(place * (side + GAP), 0, side, side), picture)


def _together(filters: FilterTerms, terms: NDArray[np.float64]) -> str:
    """Say how much of the cosine the filters that are listed make up."""
    return f"Together {number(filters.sum())} of the cosine {number(float(terms.sum()))}"
