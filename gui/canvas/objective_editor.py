"""Rows of weight × unit: what the canvas maximises."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from backend.errors import UserError
from backend.jobs import Channel, Layer, Neuron, Objective, Unit, weighted

UNIT_MIME = "application/x-filterscope-unit"


class ObjectiveEditor(QWidget):
    """Edits an `Objective`. Units are typed as addresses or dropped from the wall.

    Parameters
    ----------
    parse : callable
        Address to `Unit`; raises `UserError`.
    label : callable
        `Unit` to address.

    Signals
    -------
    edited(Objective)
        The user changed it.
    """

    edited = Signal(object)

    def __init__(
        self, parse: Callable[[str], Unit], label: Callable[[Unit], str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._parse, self._label = parse, label
        self._objective: Objective | None = None
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        self._add = QLineEdit(placeholderText="Add a unit: layer4/12, logit/dog, or drop one here")
        self._add.setAccessibleName("Add a unit")
        self._complaint = QLabel(wordWrap=True)
        self._complaint.setProperty("role", "caption")
        self._complaint.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._rows)
        layout.addWidget(self._add)
        layout.addWidget(self._complaint)
        self.setAcceptDrops(True)
        self._add.setAcceptDrops(False)
        self._add.returnPressed.connect(self._add_typed)
        self._add.textEdited.connect(self._complaint.hide)

    def objective(self) -> Objective | None:
        return self._objective

    def set_objective(self, objective: Objective | None) -> None:
        """Show `objective` without telling anybody."""
        if objective == self._objective and self._rows.count():
            return
        self._objective = objective
        while (item := self._rows.takeAt(0)) is not None:
            if (row := item.widget()) is not None:
                row.hide()
                row.deleteLater()
        for place, (weight, unit) in enumerate(objective.terms if objective else ()):
            self._rows.addWidget(self._row(place, weight, unit))

    def add_unit(self, address: str) -> None:
        """Add a row of weight 1; a sentence says what is wrong with a bad address."""
        try:
            unit = self._parse(address)
        except UserError as error:
            self._complaint.setText(f"{error.report.happened} {error.report.advice}")
            self._complaint.show()
            return
        self._complaint.hide()
        terms = self._objective.terms if self._objective else ()
        self._change(Objective((*terms, (1.0, unit))))

    def _row(self, place: int, weight: float, unit: Unit) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        spin = QDoubleSpinBox(minimum=-100, maximum=100, singleStep=0.1, decimals=2, value=weight)
        spin.setFixedWidth(84)
        spin.setKeyboardTracking(False)
        spin.setAccessibleName(f"Weight of {self._label(unit)}")
        spin.valueChanged.connect(partial(self._weigh, place))
        kind = QLabel(_kind(unit))
        kind.setProperty("role", "caption")
        remove = QToolButton()
        remove.setText("×")
        remove.setToolTip("Remove this unit")
        remove.setAutoRaise(True)
        remove.setEnabled(self._objective is not None and len(self._objective.terms) > 1)
        remove.clicked.connect(partial(self._remove, place))
        line.addWidget(spin)
        line.addWidget(QLabel(f"× {self._label(unit)}"))
        line.addStretch()
        line.addWidget(kind)
        line.addWidget(remove)
        return row

    def _weigh(self, place: int, weight: float) -> None:
        if self._objective is not None:
            # The rows stay as they are: the user is in the middle of one of them.
            self._objective = weighted(self._objective, place, weight)
            self.edited.emit(self._objective)

    def _remove(self, place: int, _checked: bool = False) -> None:
        if self._objective is not None:
            terms = self._objective.terms
            self._change(Objective(terms[:place] + terms[place + 1 :]))

    def _change(self, objective: Objective) -> None:
        self.set_objective(objective)
        self.edited.emit(objective)

    def _add_typed(self) -> None:
        self.add_unit(self._add.text())
        if self._complaint.isHidden():
            self._add.clear()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(UNIT_MIME):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        self.add_unit(event.mimeData().data(UNIT_MIME).toStdString())
        event.acceptProposedAction()


def _kind(unit: Unit) -> str:
    match unit:
        case Neuron():
            return "neuron"
        case Channel():
            return "channel mean"
        case Layer():
            return "layer mean"
        case _:
            return "class"
