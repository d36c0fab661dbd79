"""The curves of a run: the objective, the gradient norm on a scale of its own, and a cursor to look back with."""

from __future__ import annotations

import importlib
import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.text import figure
from gui.theme import theme_manager, tokens

if TYPE_CHECKING:
    from gui.canvas.curve_plot import CurvePlot

Floats = NDArray[np.floating]


class LiveCurve(QWidget):
    """The objective in accent and the gradient norm in grey, over all the steps that the run will have.

    pyqtgraph takes a fifth of a second to import, so the plot is made when there is something to draw, and loaded in a
    thread of its own: neither the first paint nor the window waits for it.

    Signals
    -------
    cursor_moved(int)
        The user put the cursor on this step, by mouse or with the arrow keys.
    """

    cursor_moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plot: CurvePlot | None = None
        self._loading: threading.Thread | None = None
        # Asked, not told: a thread that outlives the window must not touch it.
        self._look_again = QTimer(self, singleShot=True, interval=20)
        self._look_again.timeout.connect(self._load)
        self._curves: tuple[Floats, Floats, int] = (np.zeros(0), np.zeros(0), 1)
        self._references: dict[str, float] = {}
        self._legend = QLabel()
        self._legend.setProperty("role", "caption")
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._place = QLabel()
        self._place.setProperty("role", "caption")
        legend = QHBoxLayout()
        legend.addWidget(self._legend, 1)
        legend.addWidget(self._place)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addLayout(legend)
        self._column.addStretch(1)
        theme_manager().changed.connect(self._dress)
        self._write_legend()

    @property
    def plot(self) -> CurvePlot:
        """The plot alone; it is made where it is not there yet."""
        if self._plot is None:
            from gui.canvas.curve_plot import CurvePlot

            self._plot = plot = CurvePlot()
            self._column.takeAt(1)
            self._column.addWidget(plot, 1)
            self.setFocusProxy(plot)
            plot.cursor_moved.connect(self._on_cursor_moved)
            plot.dress(tokens())
            for name, value in self._references.items():
                plot.set_reference(name, value)
            plot.set_curves(*self._curves)
        return self._plot

    def set_curves(self, scores: Floats, norms: Floats, total_steps: int) -> None:
        """Show the steps so far: scores (n,) and gradient norms (n,); n is at most `total_steps`."""
        self._curves = (scores, norms, total_steps)
        if self._plot is not None:
            self._plot.set_curves(scores, norms, total_steps)
        elif len(scores):
            self._load()
        self._write_legend()
        self._write_place()

    def set_reference(self, name: str, value: float | None) -> None:
        """Draw a dashed line at a score, called `name`; None takes it away."""
        if value is None:
            self._references.pop(name, None)
        else:
            self._references[name] = value
        if self._plot is not None:
            self._plot.set_reference(name, value)

    def set_cursor(self, step: int | None) -> None:
        """Move the cursor line without telling anybody; None hides it."""
        if self._plot is not None or step is not None:
            self.plot.set_cursor(step)
        self._write_place()

    def cursor_step(self) -> int | None:
        return None if self._plot is None else self._plot.cursor_step

    def sizeHint(self) -> QSize:
        return QSize(400, 170)

    @Slot()
    def _load(self) -> None:
        """Make the plot as soon as pyqtgraph is there."""
        if self._loading is None and "pyqtgraph" not in sys.modules:
            self._loading = threading.Thread(target=importlib.import_module, args=("pyqtgraph",), daemon=True)
            self._loading.start()
        if self._loading is not None and self._loading.is_alive():
            self._look_again.start()
        else:
            self.plot.set_curves(*self._curves)

    @Slot(int)
    def _on_cursor_moved(self, step: int) -> None:
        self._write_place()
        self.cursor_moved.emit(step)

    @Slot()
    def _dress(self) -> None:
        if self._plot is not None:
            self._plot.dress(tokens())
        self._write_legend()

    def _write_legend(self) -> None:
        colours, (score, norm) = tokens(), (_last(values) for values in self._curves[:2])
        words = ((colours.accent, "objective", score), (colours.quiet, "gradient norm", norm))
        self._legend.setText(
            "&nbsp;&nbsp;&nbsp;".join(
                f'<span style="color:{colour}">{name} {figure(value)}</span>' for colour, name, value in words
            )
        )

    def _write_place(self) -> None:
        step = self.cursor_step()
        self._place.setText("" if step is None else f"step {step} · {figure(self.plot.score_at(step))}")


def _last(values: Floats) -> float:
    return float(values[-1]) if len(values) else float("nan")
