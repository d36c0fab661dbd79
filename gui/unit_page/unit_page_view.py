"""The unit page laid out: a sheet that scrolls, and that is drawn into a picture as a whole."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.charts.class_bars import ClassBars
from gui.charts.histogram_view import HistogramView
from gui.charts.statistic_chips import STATISTICS, StatisticChips
from gui.charts.tuning_view import TuningView
from gui.sheet_png import sheet_png
from gui.text import figure
from gui.theme import text_font
from gui.units.label_keys import LabelKeys
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.image_view import ImageView
from gui.widgets.ranked_grid import RankedGrid
from gui.widgets.section import Section
from gui.widgets.selection_chip import SelectionChip

LARGE, SMALL, GAP = 168, 81, 6
SIDE = 72


class UnitPageView(QScrollArea):
    """Everything known of one unit. What it means is the panel's business."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.address, self.about = ElidedLabel(), ElidedLabel()
        self.export_png, self.export_html = QPushButton("Export PNG"), QPushButton("Export HTML")
        self.figure5 = QPushButton("Figure 5")
        self.figure5.setToolTip("A low and a high layer side by side, as in figure 5 of the paper")
        self.positive, self.negative, self.weights = _picture(LARGE), _picture(LARGE), _picture(LARGE)
        self.diverse = [_picture(SMALL) for _ in range(4)]
        self.captions = [ElidedLabel() for _ in range(4)]
        self.progress = QProgressBar(textVisible=False)
        self.progress.setRange(0, 1000)
        self.chip, self.histogram = SelectionChip(), HistogramView()
        self.statistics = StatisticChips(STATISTICS)
        self.prefers = ClassBars(rows=6, figure=figure)
        self.top, self.bottom = RankedGrid(SIDE, lines=2, fitted=True), RankedGrid(SIDE, lines=2, fitted=True)
        self.similar = RankedGrid(SIDE, lines=2, fitted=True)
        self.tuning = TuningView()
        self.probe = QPushButton("Scan the probe set")
        self.labels = LabelKeys()
        self.sections: dict[str, Section] = {}
        self.sheet = QWidget()
        self._lay_out()

    def png(self) -> bytes:
        """Draw the whole sheet without its buttons, as the bytes of a PNG file."""
        buttons = (self.export_png, self.export_html, self.figure5)
        for button in buttons:
            button.hide()
        content = sheet_png(self.sheet)
        for button in buttons:
            button.show()
        return content

    def _lay_out(self) -> None:
        column = QVBoxLayout(self.sheet)
        column.setContentsMargins(20, 16, 20, 20)
        column.setSpacing(16)
        column.addLayout(self._head())
        column.addWidget(self._section("Optimised", self._optimised()))
        middle = QHBoxLayout()
        middle.setSpacing(20)
        middle.addWidget(self._section("Scores of the images", _column(self.chip, self.histogram, self.statistics)), 3)
        middle.addWidget(self._section("Prefers", self.prefers), 2, Qt.AlignmentFlag.AlignTop)
        column.addLayout(middle)
        for name, grid in (("Most excited", self.top), ("Least excited", self.bottom)):
            column.addWidget(self._section(name, grid))
        column.addWidget(self._section("Most similar channels", self.similar))
        column.addWidget(self._section("Tuning", _column(self.tuning, self.probe)))
        column.addWidget(self._section("Looks for", self.labels))
        column.addStretch()
        self.histogram.setFixedHeight(150)
        self.probe.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.probe.setToolTip("Gratings, colours and shapes tell what the unit is tuned to. It takes a few seconds.")
        self.setWidgetResizable(True)
        self.setWidget(self.sheet)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)

    def _head(self) -> QHBoxLayout:
        font = text_font(20)
        font.setWeight(QFont.Weight.DemiBold)
        self.address.setFont(font)
        self.about.setProperty("role", "caption")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.address)
        words.addWidget(self.about)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addLayout(words, 1)
        for button in (self.figure5, self.export_png, self.export_html):
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return line

    def _optimised(self) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        four = QWidget()
        places = QGridLayout(four)
        places.setContentsMargins(0, 0, 0, 0)
        places.setSpacing(GAP)
        for place, view in enumerate(self.diverse):
            places.addWidget(view, place // 2, place % 2)
        for place, widget in enumerate((self.positive, self.negative, four, self.weights)):
            grid.addWidget(widget, 0, place)
            self.captions[place].setProperty("role", "caption")
            self.captions[place].setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            grid.addWidget(self.captions[place], 1, place)
        grid.addWidget(self.progress, 2, 0, 1, 3)
        grid.setColumnStretch(4, 1)
        return box

    def _section(self, name: str, content: QWidget) -> Section:
        section = self.sections[name] = Section(name, foldable=False)
        section.body.addWidget(content)
        return section


def _picture(side: int) -> ImageView:
    view = ImageView()
    view.setFixedSize(side, side)
    return view


def _column(*widgets: QWidget) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    for widget in widgets:
        column.addWidget(widget)
    return box
