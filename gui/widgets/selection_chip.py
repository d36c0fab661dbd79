"""Which images are selected, said on one line with a press to let go of them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.image_selection import ImageSelection
from gui.theme import tokens
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.toggle import leave_space

SWATCH = 10


class SelectionChip(QFrame):
    """Shown only while images are selected. Its swatch is the legend of what is drawn in the same colour.

    Signals
    -------
    cleared()
        The user wants no images selected: × was pressed, or Esc on it.
    """

    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "chip")
        self.name, self.words = ElidedLabel(), ElidedLabel()
        self.words.setProperty("role", "caption")
        self.clear = QPushButton("×")
        self.clear.setProperty("flat", True)
        self.clear.setToolTip("Let go of the selected images (Esc)")
        self.clear.setAccessibleName("Clear the selected images")
        leave_space(self.clear)
        self.clear.clicked.connect(self.cleared)
        column = QVBoxLayout()
        column.setSpacing(1)
        column.addWidget(self.name)
        column.addWidget(self.words)
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 5, 4, 5)
        line.setSpacing(8)
        line.addWidget(_Swatch())
        line.addLayout(column, 1)
        line.addWidget(self.clear)
        self.hide()

    def show_selection(self, images: ImageSelection | None, words: str = "") -> None:
        """Name the selected images, with a few words about them; None hides the chip."""
        self.name.setText("" if images is None else images.name)
        self.words.setText(words)
        self.words.setVisible(bool(words))
        self.setVisible(images is not None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.cleared.emit()
        else:
            super().keyPressEvent(event)


class _Swatch(QWidget):
    """A square of the accent colour, of whichever theme is on."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(SWATCH, SWATCH)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().accent))
        painter.drawRoundedRect(self.rect(), 2, 2)
