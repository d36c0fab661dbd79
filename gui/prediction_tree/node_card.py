"""What is known of one node of a prediction tree: its critical filter, its images, and how its two sides differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gui.charts.histogram_view import HistogramView
from gui.charts.statistic_chips import StatisticChips
from gui.prediction_tree.fine_tuning_view import FineTuningView
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.filter_terms import FilterTerms
from gui.widgets.image_view import ImageView
from gui.widgets.ranked_grid import RankedGrid
from gui.widgets.section import Section

SIDE = 92
FACTS = {
    "distance": "½(1 − cosine) of the mean features of its two sides",
    "reachable": "Filters that are still reachable: not critical here or below",
    "depth": "Merges above it",
}
SIDES = ("left side", "right side")
PARTS = "{name}: this choice tells {term} bits of an image's class. Click to go there."
NO_SCAN = "Scan the data set to see which of its images excite this filter most (Ctrl+Shift+S)."


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
        self.facts = StatisticChips(FACTS, columns=3)
        self.scores = HistogramView()
        self.scores.setFixedHeight(128)
        self.classes = QLabel()
        self.below = RankedGrid(56, lines=1)
        self.below.setFixedHeight(230)
        self.top = RankedGrid(44, lines=1, fitted=True)
        self.no_scan = QLabel(NO_SCAN)
        self.picture.setAccessibleName("Picture of the node")
        self.below.setAccessibleName("Images below the node")
        self.top.setAccessibleName("Images that excite the filter most")
        # Tab goes to what can be done in the card, and scrolls to it.
        for widget in (self, self.picture):
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.sections = {name: Section(name) for name in ("Scores", "Most excited", "Images below")}
        self.fine_tuning = FineTuningView()
        self.partings = FilterTerms(PARTS)
        self.partings.setAccessibleName("Filters that part the classes")
        self.sections["Classes part at"] = Section("Classes part at")
        self.sections["Fine-tuning"] = Section("Fine-tuning", folded=True)
        self._lay_out()
        self.watch.clicked.connect(self.watch_wanted)
        self.fine_tuning.told.connect(self._follow)

    def show_node(self, title: str, about: str, facts: dict[str, str], *, filtered: bool) -> None:
        """Say what a node is; `filtered` where it has a critical filter."""
        self.title.setText(title)
        self.about.setText(about)
        self.facts.set_figures(facts)
        self.watch.setVisible(filtered)
        for name in ("Scores", "Most excited"):
            self.sections[name].setVisible(filtered)

    def show_sides(self, left: NDArray[np.float32], right: NDArray[np.float32]) -> None:
        """Show how the images of both sides score on the critical filter."""
        sides = np.repeat(np.arange(2), [len(left), len(right)])
        self.scores.set_scores(np.concatenate([left, right]).astype(np.float32), sides, SIDES)
        self.sections["Scores"].set_note(f"{len(left):,} and {len(right):,}")

    def show_images(
        self, numbers: Sequence[int] | NDArray[np.int64], classes: str, caption_of: Callable[[int], str] | None
    ) -> None:
        """Show the images below the node, by their numbers in the data set; `classes` says of which they are."""
        shown = np.asarray(numbers, np.int64)
        self.below.set_order(shown, _by_row(shown, caption_of))
        self.below.verticalScrollBar().setValue(0)
        self.sections["Images below"].set_note(f"{len(shown):,}")
        self.classes.setText(classes)
        self.classes.setVisible(bool(classes))

    def show_top(self, numbers: NDArray[np.int64], caption_of: Callable[[int], str], note: str) -> None:
        """Show the images of the data set that excite the critical filter most; none where there is no scan."""
        self.top.set_order(numbers, _by_row(numbers, caption_of))
        self.top.setVisible(len(numbers) > 0)
        self.no_scan.setVisible(not len(numbers))
        self.sections["Most excited"].set_note(note)

    @Slot(object)
    def _follow(self, told: QWidget) -> None:
        """Scroll to what fine-tuning tells, where its button is in view: else the user looks at something else."""
        buttons = (self.fine_tuning.run, self.fine_tuning.cancel)
        if any(not button.visibleRegion().isEmpty() for button in buttons):
            # Later: what is new has no place yet.
            QTimer.singleShot(0, self, partial(self.ensureWidgetVisible, told))

    def _lay_out(self) -> None:
        for label in (self.about, self.no_scan, self.classes):
            label.setProperty("role", "caption")
        self.no_scan.setWordWrap(True)
        self.classes.setWordWrap(True)
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
        for name, widget in (
            ("Scores", self.scores),
            ("Most excited", self.top),
            ("Most excited", self.no_scan),
            ("Images below", self.classes),
            ("Images below", self.below),
            ("Classes part at", self.partings),
            ("Fine-tuning", self.fine_tuning),
        ):
            self.sections[name].body.addWidget(widget)
            column.addWidget(self.sections[name])
        column.addStretch()
        self.setWidgetResizable(True)
        self.setWidget(contents)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setMinimumWidth(270)


def _by_row(numbers: NDArray[np.int64], caption_of: Callable[[int], str] | None) -> Callable[[int], str] | None:
    return None if caption_of is None else lambda row: caption_of(int(numbers[row]))
