"""One row of the parameter form: a label, something to change the value with, and the value as a figure."""

from __future__ import annotations

import random
from typing import Any

from PySide6.QtCore import QPoint, QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QToolTip, QWidget

from gui.canvas.parameter_table import Parameter
from gui.widgets.parameter_controls import CalmCombo, CalmSlider, DiceButton, Figure, RowLabel

LABEL_WIDTH = 140
FIGURE_WIDTH = 76
WIDEST_FIGURE = 150
SEEDS = 1_000_000


class ParameterRow(QWidget):
    """Shows and changes one setting.

    Signals
    -------
    edited(object)
        The value that the user has chosen.
    """

    edited = Signal(object)

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameter = parameter
        self.value: Any = None
        self._reference: Any = None
        self.label = RowLabel(parameter.label)
        self.label.setFixedWidth(LABEL_WIDTH)
        self.label.reset.connect(self.reset)
        self.slider: CalmSlider | None = None
        self.figure: Figure | None = None
        self.combo: CalmCombo | None = None
        self.switch: QCheckBox | None = None
        self.dice: DiceButton | None = None
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.label)
        for control in self._controls():
            control.setAccessibleName(control.accessibleName() or parameter.label)
            line.addWidget(control, 1 if control is self.slider else 0)
        if self.slider is None:
            line.insertStretch(1)
        self.setFixedHeight(28)

    def show_value(self, value: Any) -> None:
        """Show `value` without telling anybody."""
        self.value = value
        if self.combo is not None:
            with QSignalBlocker(self.combo):
                self.combo.setCurrentIndex(self.combo.findData(value))
        if self.switch is not None:
            with QSignalBlocker(self.switch):
                self.switch.setChecked(value)
        if self.figure is not None:
            self.figure.show_text(self._text(value))
            if self.parameter.kind == "rates":  # several need more room than one; the slider gives it
                wide = self.figure.fontMetrics().horizontalAdvance(self._text(value)) + 20
                self.figure.setFixedWidth(max(FIGURE_WIDTH, min(WIDEST_FIGURE, wide)))
        if self.slider is not None:
            first = value[0] if isinstance(value, tuple) else value
            with QSignalBlocker(self.slider):
                self.slider.setValue(self.parameter.position(first))
            self.slider.setAccessibleDescription(self._text(value))
        self._mark()

    def set_reference(self, value: Any) -> None:
        """Say what "reset" means."""
        self._reference = value
        self._mark()

    @property
    def changed(self) -> bool:
        """Whether the value is another than the reference."""
        return self._reference is not None and self.value != self._reference

    @Slot()
    def reset(self) -> None:
        """Go back to the reference, as if the user had typed it."""
        if self.changed:
            self._edit(self._reference)

    def _controls(self) -> list[QWidget]:
        if self.parameter.kind == "choice":
            self.combo = CalmCombo()
            for value, name in self.parameter.choices:
                self.combo.addItem(name, value)
            self.combo.currentIndexChanged.connect(self._combo_changed)
            return [self.combo]
        if self.parameter.kind == "switch":
            self.switch = QCheckBox()
            self.switch.toggled.connect(self._edit)
            return [self.switch]
        self.figure = Figure()
        self.figure.setFixedWidth(FIGURE_WIDTH)
        self.figure.typed.connect(self._typed)
        self.figure.stepped.connect(self._stepped)
        if self.parameter.kind == "seed":
            self.dice = DiceButton()
            self.dice.clicked.connect(self._throw)
            return [self.dice, self.figure]
        self.slider = CalmSlider()
        self.slider.valueChanged.connect(self._slid)
        self.slider.reset.connect(self.reset)
        return [self.slider, self.figure]

    def _edit(self, value: Any) -> None:
        if value != self.value:
            self.show_value(value)
            self.edited.emit(value)

    @Slot(int)
    def _combo_changed(self, index: int) -> None:
        if self.combo is not None:
            self._edit(self.combo.itemData(index))

    @Slot(int)
    def _slid(self, position: int) -> None:
        self._edit(self.parameter.value_at(position))

    @Slot(int)
    def _stepped(self, direction: int) -> None:
        if self.slider is not None:
            self.slider.setValue(self.slider.value() + direction * self.slider.singleStep())
        elif self.parameter.kind == "seed":
            self._edit(max(0, self.value + direction))

    @Slot()
    def _throw(self) -> None:
        self._edit(random.randrange(SEEDS))

    @Slot(str)
    def _typed(self, text: str) -> None:
        several = self.parameter.kind == "rates"
        try:
            value = self.parameter.parse_rates(text) if several else self.parameter.parse(text)
        except ValueError as error:
            self.show_value(self.value)
            if self.figure is not None and self.isVisible():
                place = self.figure.mapToGlobal(QPoint(0, self.figure.height()))
                QToolTip.showText(place, f"{error} {self._text(self.value)} stays.", self.figure)
        else:
            self._edit(value)
            self.show_value(value)

    def _text(self, value: Any) -> str:
        if isinstance(value, tuple):
            return self.parameter.rates_text(value)
        return self.parameter.text(value)

    def _mark(self) -> None:
        """Put the label of a changed row in accent, and say how to go back."""
        role = self.label.foregroundRole().Link if self.changed else self.label.foregroundRole().WindowText
        self.label.setForegroundRole(role)
        back = ""
        if self.changed and self.parameter.kind in ("number", "rates", "seed"):
            back = f" Double-click to go back to {self._text(self._reference)}."
        elif self.changed:
            back = " Double-click to go back."
        self.label.tip = self.parameter.tip + back
        if self.slider is not None:
            self.slider.setToolTip(self.parameter.tip)
        for control in (self.combo, self.switch):
            if control is not None:
                control.setToolTip(self.parameter.tip)
