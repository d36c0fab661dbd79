"""What is known of the class, the pair or the merge that is selected, and the clusters of the cut."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from gui.category_facts import CategoryFacts
from gui.widgets.class_bars import ClassBars
from gui.widgets.cluster_list import ClusterList
from gui.widgets.image_grid import paint_picture
from gui.widgets.section import Section

SIDE, GAP = 48, 6
FILTERS = 6
HINT = "Click a class, a merge, an edge or a cell. Of an edge, the filters that carry the similarity are listed."


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
        self.filters = ClassBars(FILTERS, _share)
        self.filters.setAccessibleName("Filters that carry the similarity")
        self.selected, self.carried = Section("Selected"), Section("Carried by")
        self.cut = Section("Clusters")
        self.clusters = ClusterList()
        self._shown: tuple[str, ...] = ()
        self.filters.class_chosen.connect(self.filter_chosen)
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
        self.lines.setProperty("role", "caption")
        for widget in (self.pictures, self.title, self.lines):
            self.selected.body.addWidget(widget)
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
            largest = float(facts.filter_terms.max(initial=0.0))
            self.filters.set_probabilities(facts.filter_names, facts.filter_terms, largest)
            self.carried.set_note(f"of {len(facts.filter_terms):,}")


class _Pictures(QWidget):
    """A few pictures in a row."""

    def __init__(self) -> None:
        super().__init__()
        self._pictures: list[QPixmap] = []

    def set_pictures(self, pictures: list[QPixmap]) -> None:
        self._pictures = pictures
        self.setVisible(bool(pictures))
        self.setFixedHeight(SIDE if pictures else 0)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(len(self._pictures) * (SIDE + GAP), SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, picture in enumerate(self._pictures):
            paint_picture(painter, QRectF(place * (SIDE + GAP), 0, SIDE, SIDE), picture)


def _share(value: float) -> str:
    """Return a term of the cosine as text.

    >>> _share(0.0352)
    '0.035'
    """
    return f"{value:.3f}".replace("-", "−")
