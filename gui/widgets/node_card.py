"""What is known of one node of a prediction tree: its critical filter, its images, and how its two sides differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gui.widgets.elided_label import ElidedLabel
from gui.widgets.histogram_view import HistogramView
from gui.widgets.image_view import ImageView
from gui.widgets.ranked_grid import RankedGrid
from gui.widgets.section import Section
from gui.widgets.statistic_chips import StatisticChips

SIDE = 92
FACTS = {
    "images": "Images below this node",
    "distance": "½(1 − cosine) of the mean features of its two sides",
    "reachable": "Filters that are still reachable: not critical here or below",
    "depth": "Merges above it",
}
SIDES = ("left side", "right side")


class NodeCard(QScrollArea):
    """The card beside the tree.

    Signals
    -------
    watch_wanted()
        The user wants to see the critical filter on the canvas.
    """

    watch_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.about = ElidedLabel("No node chosen"), ElidedLabel()
        self.picture = ImageView()
        self.picture.setFixedSize(SIDE, SIDE)
        self.watch = QPushButton("Watch this filter")
        self.watch.setToolTip("Select the critical filter: the canvas optimises it, and every panel speaks of it")
        self.facts = StatisticChips(FACTS)
        self.scores = HistogramView()
        self.scores.setFixedHeight(128)
        self.below = RankedGrid(56, lines=1)
        self.below.setFixedHeight(230)
        self.sections = {name: Section(name) for name in ("Scores on this filter", "Images below")}
        self._lay_out()
        self.watch.clicked.connect(self.watch_wanted)

    def show_node(self, title: str, about: str, facts: dict[str, str], *, filtered: bool) -> None:
        """Say what a node is; `filtered` where it has a critical filter."""
        self.title.setText(title)
        self.about.setText(about)
        self.facts.set_figures(facts)
        self.watch.setVisible(filtered)
        self.sections["Scores on this filter"].setVisible(filtered)

    def show_sides(self, left: NDArray[np.float32], right: NDArray[np.float32]) -> None:
        """Show how the images of both sides score on the critical filter."""
        sides = np.repeat(np.arange(2), [len(left), len(right)])
        self.scores.set_scores(np.concatenate([left, right]).astype(np.float32), sides, SIDES)
        self.sections["Scores on this filter"].set_note(f"{len(left):,} and {len(right):,} images")

    def show_images(self, numbers: Sequence[int] | NDArray[np.int64]) -> None:
        """Show the images below the node, by their numbers in the data set."""
        self.below.set_order(np.asarray(numbers, np.int64))
        self.below.verticalScrollBar().setValue(0)
        self.sections["Images below"].set_note(f"{len(numbers):,} images")

    def _lay_out(self) -> None:
        self.about.setProperty("role", "caption")
        self.scores.set_stacked(True)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self.title)
        words.addWidget(self.about)
        words.addWidget(self.watch, 0, Qt.AlignmentFlag.AlignLeft)
        words.addStretch()
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.picture)
        head.addLayout(words, 1)
        contents = QWidget()
        column = QVBoxLayout(contents)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self.facts)
        for name, widget in (("Scores on this filter", self.scores), ("Images below", self.below)):
            self.sections[name].body.addWidget(widget)
            column.addWidget(self.sections[name])
        column.addStretch()
        self.setWidgetResizable(True)
        self.setWidget(contents)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setMinimumWidth(270)
