"""What is told of one path: its steps in a row, what their filters contribute, and what is left without them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from backend.jobs import (
    Explanation,
    ablation_sentence,
    ending_words,
    logit_portions,
    other_class_sentence,
    steps_words,
    totals_sentence,
)
from gui.prediction_tree.ablation_chart import AblationChart
from gui.prediction_tree.contribution_view import LIT_EDGE, ShareList, SumChart
from gui.prediction_tree.path_row import PathRow
from gui.text import counted
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.toggle import toggle

PARTS = (
    ("Path", "The steps of the path, with the critical filter of each"),
    ("Contributions", "What the filters add to the logit"),
    ("Without its filters", "What is left of the class without the critical filters of the path"),
)
BY_MEMBERS = (
    "By all images",
    "Go to the side whose images are closer in the mean.\n"
    "The paper takes the mean of a node's two sides, in which a single image that merged last counts as much as all "
    "the others: such a path often turns off early, and ends far away.",
)


class PathSection(QWidget):
    """Three parts, one of them shown, and above them whose path it is.

    Signals
    -------
    second_chosen(bool)
        Of two pictures, the second's path shall be shown; False for the first.
    """

    second_chosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path, self.ablation = PathRow(), AblationChart()
        self.sum, self.shares = SumChart(), ShareList()
        self.words = ElidedLabel()
        self.totals, self.verdict = QLabel(), QLabel()
        self.remove = QPushButton("Remove these filters")
        self.parts = [toggle(*part) for part in PARTS]
        self.by_members = toggle(*BY_MEMBERS)
        self.whose = [toggle("", "Show this picture's path"), toggle("", "Show this picture's path")]
        self._stack = QStackedWidget()
        self._groups = [QButtonGroup(self), QButtonGroup(self)]
        for group, buttons in zip(self._groups, (self.parts, self.whose), strict=True):
            for place, button in enumerate(buttons):
                group.addButton(button, place)
            buttons[0].setChecked(True)
        self._lay_out()
        self._groups[0].idClicked.connect(self._stack.setCurrentIndex)
        self._groups[1].idClicked.connect(self._choose)

    def show_pictures(self, names: tuple[str, str] | None, second: bool) -> None:
        """Offer two paths by their pictures' names; None where there is but one."""
        for place, button in enumerate(self.whose):
            button.setVisible(names is not None)
            name = names[place] if names is not None else ""
            button.setText(name if len(name) <= 20 else name[:19] + "…")
        self.whose[second].setChecked(True)

    def show_explanation(self, explanation: Explanation, parting: str, *, same: bool) -> None:
        """Tell a path.

        Parameters
        ----------
        explanation : Explanation
        parting : str
            Where it and another part; may be empty.
        same : bool
            Whether it is the path that is shown already, of which only pictures came.
        """
        if same:
            for place, step in enumerate(explanation.steps):
                self.path.set_picture(place, step.picture)
                self.path.set_medoid(place, step.medoid)
        else:
            self.path.set_steps(explanation.steps)
        self.path.set_leaf(explanation.leaf_picture, explanation.leaf_caption)
        # Beside two pictures there is room for little: their own lines say how many steps there are.
        whole = len(explanation.steps) == explanation.taken
        words = "" if parting and whole else steps_words(explanation)
        ending = ending_words(explanation)
        end = f"ends {ending}" if ending and not parting else ""
        self.words.setText(" · ".join(part for part in (words, parting, end) if part))
        self.totals.setText(f"{totals_sentence(explanation)} {other_class_sentence(explanation)}".rstrip())
        self.sum.set_parts(logit_portions(explanation))
        self.shares.set_shares(explanation.shares)

    def show_ablation(self, explanation: Explanation, *, running: bool) -> None:
        """Show the curve where there is one, else say what asking for it does."""
        curve = explanation.ablation
        self.ablation.set_curve(curve)
        if curve is None:
            self.ablation.set_placeholder(_invitation(explanation, running))
        told = "" if curve is None else ablation_sentence(curve, explanation.class_name, explanation.taken)
        self.verdict.setText(told)
        self.verdict.setVisible(bool(told))
        self.remove.setEnabled(curve is None and not running and bool(explanation.steps))

    @Slot(int)
    def _choose(self, place: int) -> None:
        self.second_chosen.emit(place == 1)

    def _lay_out(self) -> None:
        for label in (self.words, self.totals, self.verdict):
            label.setProperty("role", "caption")
        for label in (self.totals, self.verdict):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head = QHBoxLayout()
        head.setSpacing(4)
        for button in self.parts:
            head.addWidget(button)
        head.addSpacing(8)
        head.addWidget(self.words, 1)
        head.addWidget(self.by_members)
        for button in self.whose:
            head.addWidget(button)
        for part in (self.path, self._contributions(), self._without()):
            self._stack.addWidget(part)
        self._stack.setFixedHeight(self.path.height())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self._stack)

    def _contributions(self) -> QWidget:
        legend = ElidedLabel("Largest of the layer; a dot marks filters of the path")
        legend.setProperty("role", "caption")
        legend.setContentsMargins(LIT_EDGE, 0, 0, 0)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.sum)
        left.addWidget(self.totals)
        right.setSpacing(4)
        right.addWidget(legend)
        right.addWidget(self.shares)
        return _side_by_side(left, right, (5, 4))

    def _without(self) -> QWidget:
        chart, side, line = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        chart.addWidget(self.ablation)
        line.addWidget(self.remove)
        line.addStretch()
        side.setSpacing(8)
        side.addLayout(line)
        side.addWidget(self.verdict)
        return _side_by_side(chart, side, (5, 4), spread=False)


def _invitation(explanation: Explanation, running: bool) -> str:
    if not explanation.steps:
        return "The path has no critical filter that could be removed."
    if running:
        return "Removing the filters…"
    steps = "this step" if len(explanation.steps) == 1 else f"these {counted(len(explanation.steps), 'step')}"
    return (
        f"Sets the critical filters of {steps} to 0, one after the other, and beside them as many random others of the "
        f"layer. Where the path's filters matter, the probability of {explanation.class_name} falls further without "
        "them."
    )


def _side_by_side(left: QVBoxLayout, right: QVBoxLayout, shares: tuple[int, int], *, spread: bool = True) -> QWidget:
    widget = QWidget()
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(24)
    for layout, share in zip((left, right), shares, strict=True):
        if spread or layout is right:
            layout.addStretch()
        row.addLayout(layout, share)
    return widget
