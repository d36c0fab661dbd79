"""Small boxes with a name and a figure each, in rows of equal columns."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from backend.jobs import SHAPE_RULE
from gui.widgets.elided_label import ElidedLabel

NARROWEST = 66
"""Pixels of a box, below which there is one fewer in a row: its name would be elided."""


class StatisticChips(QWidget):
    """Shows figures by name. The boxes stay where they are, whatever they show; the last is as wide as its row allows.

    Parameters
    ----------
    names : mapping of str to str
        The name of each box, and its tooltip ("" for none).
    columns : int, default 4
    """

    def __init__(self, names: Mapping[str, str], columns: int = 4, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figures: dict[str, ElidedLabel] = {}
        self._columns, self._shown_columns = columns, 0
        self._chips: list[QFrame] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(6)
        for name, tip in names.items():
            chip = QFrame()
            chip.setProperty("role", "chip")
            chip.setToolTip(tip)
            column = QVBoxLayout(chip)
            column.setContentsMargins(8, 5, 6, 5)
            column.setSpacing(1)
            caption, figure = ElidedLabel(name), ElidedLabel("–")
            caption.setProperty("role", "caption")
            for label in (caption, figure):
                label.tip = tip
                label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                column.addWidget(label)
            figure.setAccessibleName(name)
            self._figures[name] = figure
            self._chips.append(chip)
        self._arrange(columns)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(max(1, min(self._columns, (self.width() + 6) // (NARROWEST + 6))))

    def _arrange(self, columns: int) -> None:
        """Put the boxes into so many columns; the last one takes what is left of its row: it holds words."""
        if columns == self._shown_columns:
            return
        self._shown_columns = columns
        for number, chip in enumerate(self._chips):
            row, first = divmod(number, columns)
            self._grid.addWidget(chip, row, first, 1, columns - first if number == len(self._chips) - 1 else 1)
        for column in range(self._columns):
            self._grid.setColumnStretch(column, int(column < columns))

    def set_figures(self, figures: Mapping[str, str]) -> None:
        """Show figures; a name that is missing shows a dash."""
        for name, label in self._figures.items():
            label.setText(figures.get(name, "–"))

    def figure(self, name: str) -> str:
        """Return what a box shows."""
        return self._figures[name].text()


STATISTICS = {
    "mean": "",
    "deviation": "Standard deviation of the scores",
    "skewness": "0 for a symmetric distribution, above 0 where the tail is to the right",
    "kurtosis": "Excess kurtosis: 0 for the normal curve, above 0 where the tails are heavier",
    "zeros": "Images that score exactly 0",
    "largest": "",
    "shape": SHAPE_RULE,
}
