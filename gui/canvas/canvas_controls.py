"""The right-hand column of the canvas: curve, run bar, what the network sees, objective, start and settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from backend.jobs import Unit
from gui.canvas.live_curve import LiveCurve
from gui.canvas.objective_editor import ObjectiveEditor
from gui.canvas.parameter_form import ParameterForm
from gui.canvas.run_bar import RunBar
from gui.canvas.start_editor import StartEditor
from gui.charts.class_bars import ClassBars
from gui.widgets.section import Section

if TYPE_CHECKING:
    from backend.jobs import MaximizationStep

SILENT = (
    "This unit lets nothing through here: it sits behind a ReLU that is closed for this start, so there is no gradient "
    "to follow."
)
LEAST_WIDTH = 320
CURVE_INTERVAL = 200
"""Milliseconds between two drawings of the curve: it costs more than the picture and tells less."""


class CanvasControls(QScrollArea):
    """Lays out the controls of a run and scrolls through them. What they mean is the panel's business.

    Signals
    -------
    pre_activation_wanted()
        The user takes the offer that is made for a silent unit.
    """

    pre_activation_wanted = Signal()

    def __init__(
        self, parse: Callable[[str], Unit], label: Callable[[Unit], str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.curve = LiveCurve()
        self.bar = RunBar()
        self.classes = ClassBars(rows=4)
        self.objective = ObjectiveEditor(parse, label)
        self.start = StartEditor()
        self.form = ParameterForm()
        self.sections = {
            "The network sees": self.classes,
            "Objective": self.objective,
            "Start": self.start,
            "Settings": self.form,
        }
        self._unit = _heading()
        self._rate = _heading()
        self._silent = self._silent_line()
        self._drawn: tuple[MaximizationStep, int] | None = None
        self._classes_of: tuple[NDArray[np.float32] | None, int] = (None, 0)
        self._pace = QTimer(self, singleShot=True, interval=CURVE_INTERVAL)
        self._pace.timeout.connect(self._draw_curve)
        self._lay_out()

    def clear(self) -> None:
        """Show no run."""
        self._drawn, self._classes_of = None, (None, 0)
        self.curve.set_curves(np.zeros(0), np.zeros(0), 1)
        self.classes.set_probabilities((), None)
        self.show_rate("")
        self.show_silent(False)

    def show_unit(self, label: str) -> None:
        self._unit.setText(label.upper())

    def show_rate(self, text: str) -> None:
        self._rate.setText(text)

    def show_step(self, step: MaximizationStep, image: int, class_names: tuple[str, ...]) -> None:
        """Show the numbers of one image of `step`; the curve follows at its own, slower pace."""
        self._drawn = (step, image)
        if not self._pace.isActive():
            self._draw_curve()
        shown, shown_image = self._classes_of
        if step.probabilities is not None and (step.probabilities is not shown or image != shown_image):
            self._classes_of = (step.probabilities, image)
            self.classes.set_probabilities(class_names, step.probabilities[image])

    @Slot()
    def _draw_curve(self) -> None:
        if self._drawn is not None:
            step, image = self._drawn
            self._drawn = None
            self.curve.set_curves(step.curve[:, image], step.norm_curve[:, image], step.steps)
            self._pace.start()
            rate = 1 / step.step_time if step.step_time > 0 else 0.0
            figure = f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"
            self.show_rate(f"STEP {step.step} / {step.steps} · {figure} STEPS/S")

    def show_silent(self, silent: bool) -> None:
        """Say that the unit has no gradient, and offer its pre-activation."""
        self._silent.setVisible(silent)

    def _silent_line(self) -> QWidget:
        line = QWidget()
        layout = QVBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        words = QLabel(SILENT)
        words.setWordWrap(True)
        words.setProperty("role", "caption")
        offer = QPushButton("Optimise its pre-activation instead")
        offer.clicked.connect(self.pre_activation_wanted)
        layout.addWidget(words)
        layout.addWidget(offer, 0, Qt.AlignmentFlag.AlignLeft)
        line.hide()
        return line

    def _lay_out(self) -> None:
        contents = QWidget()
        column = QVBoxLayout(contents)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(12)
        head = QHBoxLayout()
        head.addWidget(self._unit)
        head.addStretch()
        head.addWidget(self._rate)
        column.addLayout(head)
        self.curve.setFixedHeight(168)
        # The line that comes and goes stands below the buttons, which stay where they are.
        for widget in (self.curve, self.bar, self._silent):
            column.addWidget(widget)
        for title, widget in self.sections.items():
            section = Section(title)
            section.body.addWidget(widget)
            column.addWidget(section)
        column.addStretch()
        self.setWidgetResizable(True)
        self.setWidget(contents)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Never narrower than its contents, which would be cut off at the right; rows of an objective come later.
        width = max(contents.minimumSizeHint().width(), LEAST_WIDTH)
        self.setMinimumWidth(width + self.verticalScrollBar().sizeHint().width())


def _heading() -> QLabel:
    label = QLabel()
    label.setProperty("role", "heading")
    return label
