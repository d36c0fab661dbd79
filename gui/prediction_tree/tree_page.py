"""The prediction tree's page laid out: what tree, how much of it, the tree and its card, and the path of a picture."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QSpinBox, QSplitter, QVBoxLayout, QWidget

from gui.prediction_tree.drawing.tree_canvas import TreeCanvas
from gui.prediction_tree.node_card import NodeCard
from gui.prediction_tree.path_section import PathSection
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.parameter_controls import CalmCombo
from gui.widgets.picture_standing import PictureStanding
from gui.widgets.side_by_side import side_by_side
from gui.widgets.toggle import toggle

SHARES = 40
"""Steps of the share slider: 0.5 % each."""
KINDS = (("Critical filters", "filter"), ("Typical images", "medoid"), ("Average images", "average"))


class TreePage(QWidget):
    """Everything that the prediction tree's panel shows. What it means is the panel's business."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images, self.layer, self.kind = CalmCombo(), CalmCombo(), CalmCombo()
        self.images.setAccessibleName("Images of the tree")
        self.layer.setAccessibleName("Layer of the tree")
        self.kind.setAccessibleName("Pictures of the nodes")
        self.kind.setToolTip("What each node shows: what excites its critical filter, or the images below it")
        for text, data in KINDS:
            self.kind.addItem(text, data)
        self.build = QPushButton("Build the tree")
        self.build.setProperty("primary", True)
        self.share = QSlider(Qt.Orientation.Horizontal)
        self.share.setRange(1, SHARES)
        self.share.setMaximumWidth(120)
        self.share.setAccessibleName("Share of the images that a fork needs on its smaller side")
        self.share_words, self.depth_words = QLabel(), QLabel("depth")
        self.first_fork, self.last_fork = QSpinBox(), QSpinBox()
        self.full = toggle("Full tree", "Every merge, not only the forks")
        self.path_only = toggle("Path only", "Only the nodes of the path and their siblings")
        self.summary = ElidedLabel()
        self.tree, self.card = TreeCanvas(), NodeCard()
        self.tree.set_sideways(None)
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
        self.explain.setToolTip("Write image, Grad-CAM, path and contributions as a PNG or an HTML page")
        self.below = PathSection()
        self.path, self.ablation, self.remove = self.below.path, self.below.ablation, self.below.remove
        self.totals = self.below.totals
        self._lay_out()

    def show_parts(self, there: bool) -> None:
        """Show what speaks of a tree only where there is one."""
        for part in (self.kind, self.tools, self.card, self.foot):
            part.setVisible(there)
        if not there:
            self.below.hide()

    def set_deepest(self, deepest: int) -> None:
        """Let the depths reach down to the deepest fork, and show all of them."""
        for spin, value in ((self.first_fork, 0), (self.last_fork, deepest)):
            spin.blockSignals(True)
            spin.setRange(0, deepest)
            spin.setValue(value)
            spin.setEnabled(deepest > 0)
            spin.blockSignals(False)

    def all_depths(self) -> bool:
        """Say whether no depth is left out."""
        return self.first_fork.value() == 0 and self.last_fork.value() == self.last_fork.maximum()

    def _lay_out_depths(self) -> None:
        self.depth_words.setProperty("role", "caption")
        for spin, words in ((self.first_fork, "first"), (self.last_fork, "last")):
            spin.setAccessibleName(f"Depth of the {words} forks that are drawn")
            spin.setToolTip(f"The {words} level of forks that is drawn; 0 is the fork at the root")
            spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            spin.setFixedWidth(52)
        self.last_fork.setPrefix("– ")

    def _lay_out(self) -> None:
        for label in (self.share_words, self.summary, self.hint):
            label.setProperty("role", "caption")
        combos = ((self.images, 9, 240), (self.layer, 5, 200), (self.kind, 8, 150))
        for combo, letters, widest in combos:
            combo.setSizeAdjustPolicy(CalmCombo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(letters)
            combo.setMaximumWidth(widest)
        # It becomes “Cancel”, and nothing beside it shall move.
        self.build.setMinimumWidth(self.build.sizeHint().width())
        head = side_by_side(self.images, self.layer, self.build, None, self.kind)
        for combo, letters, _ in combos:
            head.setStretchFactor(combo, letters)
        self._lay_out_depths()
        depths = (self.depth_words, self.first_fork, self.last_fork)
        tools = side_by_side(self.share_words, self.share, *depths, self.full, self.path_only, None, self.summary)
        buttons = (self.from_canvas, self.from_data, self.compare, self.explain)
        for button in buttons:
            button.setProperty("small", True)
        self.tools, self.foot = _row(tools), _row(side_by_side(self.first, self.second, self.hint, None, *buttons))
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.tree)
        splitter.addWidget(self.card)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([520, 290])
        splitter.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 8, 8)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.tools)
        column.addWidget(splitter, 1)
        column.addWidget(self.foot)
        column.addWidget(self.below)
        self.show_parts(False)


def _row(line: QHBoxLayout) -> QWidget:
    line.setContentsMargins(0, 0, 0, 0)
    row = QWidget()
    row.setLayout(line)
    return row
