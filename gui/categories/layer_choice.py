"""Which layer: the usual ones from low to high, one press apart, and below them all others."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from backend.jobs import LOGITS, NetworkCard, default_feature_layer, other_layers, usual_layers
from gui.units.layer_order import call_order
from gui.widgets.parameter_controls import CalmCombo

LETTERS = 7
"""Letters of a name for which there is always room."""
SEEN = 16
"""Layers in the open list: a network has many, and it scrolls."""


class LayerChoice(QWidget):
    """A list of layers between two buttons.

    Signals
    -------
    chosen()
        Another layer, by the user.
    """

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.combo = CalmCombo()
        self.nearer, self.farther = QPushButton("‹"), QPushButton("›")
        self._card: NetworkCard | None = None
        self._usual: list[str] = []
        self.combo.setAccessibleName("Layer of the hierarchy")
        self.combo.setToolTip("Layer whose mean features are compared; the arrow keys go from low to high")
        self.combo.setStyleSheet("combobox-popup: 0;")
        self.combo.setMaxVisibleItems(SEEN)
        # The longest of all names would ask for more room than there is in a small window.
        self.combo.setSizeAdjustPolicy(CalmCombo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(LETTERS)
        words = "Layer nearer to the input", "Layer farther from the input"
        for button, text in zip((self.nearer, self.farther), words, strict=True):
            button.setToolTip(text)
            button.setAccessibleName(text)
            button.setFixedWidth(28)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(self.nearer)
        line.addWidget(self.combo, 1)
        line.addWidget(self.farther)
        self.combo.currentIndexChanged.connect(self._changed)
        self.nearer.clicked.connect(self.go_nearer)
        self.farther.clicked.connect(self.go_farther)
        self._show_ends()

    @property
    def layer(self) -> str:
        return self.combo.currentText()

    @property
    def is_usual(self) -> bool:
        """Whether a pass over the images for any layer averages this one as well."""
        return self.layer in self._usual

    def show_card(self, card: NetworkCard | None) -> None:
        """Offer the layers of a network. The one chosen stays where it has it, else its features are chosen."""
        if card is self._card:
            return
        before, self._card = self.layer, card
        usual = set() if card is None else set(usual_layers(card))
        others = set() if card is None else set(other_layers(card))
        ordered = call_order([layer.name for layer in card.layers] if card is not None else [])
        self._usual = [name for name in ordered if name in usual]
        self.combo.blockSignals(True)
        self.combo.clear()
        self.combo.addItems(self._usual)
        if others:
            self.combo.insertSeparator(self.combo.count())
            self.combo.addItems([name for name in ordered if name in others])
        self.combo.setCurrentText(before if before in usual | others else _features_of(card))
        self.combo.blockSignals(False)
        self._show_ends()

    @Slot()
    def go_nearer(self) -> None:
        self._go(-1)

    @Slot()
    def go_farther(self) -> None:
        self._go(1)

    def _go(self, by: int) -> None:
        row = min(self.combo.currentIndex(), len(self._usual)) + by
        if 0 <= row < len(self._usual):
            self.combo.setCurrentIndex(row)

    @Slot()
    def _changed(self) -> None:
        self._show_ends()
        self.chosen.emit()

    def _show_ends(self) -> None:
        row = self.combo.currentIndex()
        self.nearer.setEnabled(row > 0)
        self.farther.setEnabled(0 <= row < len(self._usual) - 1)


def _features_of(card: NetworkCard | None) -> str:
    """Name the layer to begin with: the features, or the logits of a network without maps."""
    if card is None or not card.layers:
        return ""
    return default_feature_layer(card) if any(layer.has_space for layer in card.layers) else LOGITS
