"""Small boxes with a name and a figure each, in rows of equal columns."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from backend.jobs import SHAPE_RULE
from gui.widgets.elided_label import ElidedLabel


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
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        for place, (name, tip) in enumerate(names.items()):
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
            row, first = divmod(place, columns)
            # The last one takes what is left of its row: it holds words.
            grid.addWidget(chip, row, first, 1, columns - first if place == len(names) - 1 else 1)
            grid.setColumnStretch(first, 1)

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
