"""The activation histogram's contents, laid out to be scrolled. What they mean is the panel's business."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gui.charts.class_bars import ClassBars
from gui.charts.histogram_legend import HistogramLegend
from gui.charts.histogram_view import HistogramView
from gui.charts.statistic_chips import STATISTICS, StatisticChips
from gui.charts.tuning_view import TuningView
from gui.histogram.scan_offer import ScanOffer
from gui.text import figure
from gui.units.label_keys import LabelKeys
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.parameter_controls import CalmCombo
from gui.widgets.picture_standing import PictureStanding
from gui.widgets.ranked_grid import RankedGrid
from gui.widgets.section import Section
from gui.widgets.selection_chip import SelectionChip
from gui.widgets.side_by_side import side_by_side
from gui.widgets.toggle import leave_space, toggle

SIDE = 62
"""Pixels of a picture: five of them beside each other in a panel of usual width."""
RANGE_HEIGHT = 300
OVERLAYS = (("Input", ""), ("Activation map", "activation"), ("Attribution", "attribution"))
POOLINGS = (("Mean", "mean"), ("Maximum", "maximum"))


class ExcitedView(QScrollArea):
    """Selection, histogram, statistics, pictures that stand for themselves, grids, classes, tuning curves, labels.

    Signals
    -------
    more_wanted()
        More of the most and least excited images.
    """

    more_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.unit, self.count = ElidedLabel(), QLabel()
        self.offer = ScanOffer()
        self.chip = SelectionChip()
        self.histogram, self.legend = HistogramView(), HistogramLegend()
        self.by_class, self.log, self.normal = (toggle(*words) for words in TOGGLES)
        self.pooling = _combo("How a channel's map becomes a score: its mean or its maximum over space", POOLINGS)
        self.statistics = StatisticChips(STATISTICS)
        self.canvas = PictureStanding("on the canvas")
        self.dropped = PictureStanding("your picture", removable=True)
        self.hint = QLabel("Drop or paste a picture here to see where it stands.")
        self.overlay = _combo("What is shown of the images", OVERLAYS)
        self.top, self.bottom = RankedGrid(SIDE, lines=2, fitted=True), RankedGrid(SIDE, lines=2, fitted=True)
        self.within = RankedGrid(SIDE, lines=2)
        self.more = QPushButton("More")
        leave_space(self.more)
        self.prefers = ClassBars(rows=5, figure=figure)
        self.tuning = TuningView()
        self.labels = LabelKeys()
        self.sections = {
            name: Section(name)
            for name in ("In the range", "Most excited", "Least excited", "Prefers", "Tuning", "Looks for")
        }
        self._lay_out()
        self.more.clicked.connect(self.more_wanted)
        self.histogram.colours_changed.connect(self._show_legend)

    def show_known(self, known: bool) -> None:
        """Show what speaks of scores, or nothing of it where there are none: empty boxes say nothing."""
        names = ("Most excited", "Least excited", "Prefers")
        buttons = (self.by_class, self.log, self.normal, self.pooling, self.overlay, self.more)
        for widget in (*buttons, self.statistics, *(self.sections[name] for name in names)):
            widget.setVisible(known)

    @Slot()
    def _show_legend(self) -> None:
        self.legend.set_entries(self.histogram.legend())

    def _lay_out(self) -> None:
        contents = QWidget()
        column = QVBoxLayout(contents)
        column.setContentsMargins(16, 4, 12, 12)
        column.setSpacing(10)
        for label in (self.unit, self.count):
            label.setProperty("role", "heading")
        self.hint.setProperty("role", "caption")
        self.hint.setWordWrap(True)
        self.histogram.setFixedHeight(158)
        self.within.setFixedHeight(RANGE_HEIGHT)
        column.addLayout(side_by_side(self.unit, self.count, spacing=6))
        column.addWidget(self.offer)
        column.addWidget(self.chip)
        column.addWidget(self.histogram)
        column.addWidget(self.legend)
        choices = FlowLayout()  # In two lines where the window is as small as a laptop's screen.
        for choice in (self.by_class, self.log, self.normal, self.pooling):
            choices.addWidget(choice)
        column.addLayout(choices)
        for widget in (self.statistics, self.canvas, self.dropped, self.hint):
            column.addWidget(widget)
        self._add_sections(column)
        column.addStretch()
        self.setWidgetResizable(True)
        self.setWidget(contents)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there: one that comes and goes would change the width, and with it the rows of the grids.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        # Never narrower than its contents, which would be cut off at the right.
        self.setMinimumWidth(contents.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width())

    def _add_sections(self, column: QVBoxLayout) -> None:
        contents_of: dict[str, QWidget] = {
            "In the range": self.within,
            "Most excited": self.top,
            "Least excited": self.bottom,
            "Prefers": self.prefers,
            "Tuning": self.tuning,
            "Looks for": self.labels,
        }
        for name, section in self.sections.items():
            if name == "Most excited":
                column.addLayout(side_by_side(self.overlay, None, self.more, spacing=6))
            section.body.addWidget(contents_of[name])
            column.addWidget(section)


TOGGLES = (
    ("By class", "Colour the bars by the class of the images"),
    ("Log", "Logarithmic counts: single images can be seen beside thousands"),
    ("Normal", "The normal curve of the same mean and deviation"),
)


def _combo(tip: str, choices: tuple[tuple[str, str], ...]) -> QComboBox:
    combo = CalmCombo()
    for text, data in choices:
        combo.addItem(text, data)
    combo.setToolTip(tip)
    combo.setAccessibleName(tip)
    return combo
