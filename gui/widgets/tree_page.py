"""The prediction tree's page laid out: what tree, how much of it, the tree and its card, and the path of a picture."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QSplitter, QVBoxLayout, QWidget

from gui.widgets.ablation_chart import AblationChart
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.node_card import NodeCard
from gui.widgets.parameter_controls import CalmCombo
from gui.widgets.path_row import PathRow
from gui.widgets.picture_standing import PictureStanding
from gui.widgets.tree_canvas import TreeCanvas

SHARES = 40
"""Steps of the share slider: 0.5 % each."""
KINDS = (("Critical filters", "filter"), ("Typical images", "medoid"))


class TreePage(QWidget):
    """Everything that the prediction tree's panel shows. What it means is the panel's business."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images, self.layer, self.kind = CalmCombo(), CalmCombo(), CalmCombo()
        self.images.setAccessibleName("Images of the tree")
        self.layer.setAccessibleName("Layer of the tree")
        for text, data in KINDS:
            self.kind.addItem(text, data)
        self.build = QPushButton("Build the tree")
        self.build.setProperty("primary", True)
        self.share = QSlider(Qt.Orientation.Horizontal)
        self.share.setRange(1, SHARES)
        self.share.setMaximumWidth(120)
        self.share.setAccessibleName("Share of the images that a fork needs on its smaller side")
        self.share_words = QLabel()
        self.full = _toggle("Full tree", "Every merge, not only the forks")
        self.path_only = _toggle("Path only", "Only the nodes of the path and their siblings")
        self.summary = ElidedLabel()
        self.tree, self.card = TreeCanvas(), NodeCard()
        self.first = PictureStanding("picture", removable=True)
        self.second = PictureStanding("compared picture", removable=True)
        self.hint = ElidedLabel("Drop or paste a picture here, or use the canvas's: its path lights up.")
        self.from_canvas = QPushButton("Canvas")
        self.from_data = QPushButton("Data set…")
        self.from_canvas.setCheckable(True)
        self.from_canvas.setToolTip("Follow the picture on the canvas, also while it is optimised")
        self.from_data.setToolTip("Follow an image of the data set")
        self.compare = QPushButton("Compare…")
        self.explain = QPushButton("Explain…")
        self.compare.setToolTip("Follow a second image beside the first")
        self.explain.setToolTip("Write picture, Grad-CAM, path and contributions as an HTML page")
        self.path, self.ablation = PathRow(), AblationChart()
        self.remove = QPushButton("Remove these filters")
        self.totals = QLabel()
        self.below = QWidget()
        self._lay_out()

    def _lay_out(self) -> None:
        for label in (self.share_words, self.summary, self.hint, self.totals):
            label.setProperty("role", "caption")
        self.totals.setWordWrap(True)
        self.ablation.setFixedHeight(130)
        self.ablation.setMinimumWidth(220)
        head = _line(self.images, self.layer, self.build, None, self.kind)
        tools = _line(self.share_words, self.share, self.full, self.path_only, None, self.summary)
        tools.setStretchFactor(self.summary, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.tree)
        splitter.addWidget(self.card)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([520, 290])
        splitter.setChildrenCollapsible(False)
        side = QVBoxLayout()
        side.setSpacing(6)
        side.addWidget(self.ablation)
        side.addLayout(_line(self.remove, None))
        row = QHBoxLayout(self.below)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.path, 1)
        row.addLayout(side)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 8, 8)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(tools)
        column.addWidget(splitter, 1)
        column.addLayout(
            _line(
                self.first, self.second, self.hint, None, self.from_canvas, self.from_data, self.compare, self.explain
            )
        )
        column.addWidget(self.totals)
        column.addWidget(self.below)


def _toggle(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setCheckable(True)
    button.setProperty("small", True)
    button.setToolTip(tip)
    return button


def _line(*widgets: QWidget | None) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(8)
    for widget in widgets:
        if widget is None:
            line.addStretch()
        else:
            line.addWidget(widget)
    return line
