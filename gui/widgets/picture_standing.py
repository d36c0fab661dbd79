"""Where a single picture stands among the images of a data set: thumbnail, name, score, percentile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from gui.widgets.elided_label import ElidedLabel
from gui.widgets.image_view import ImageView

SIDE = 40


class PictureStanding(QWidget):
    """One line about one picture. Pictures can be dropped on it where somebody listens to its view.

    Signals
    -------
    removed()
        The user took the picture away.
    """

    removed = Signal()

    def __init__(self, name: str, *, removable: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = ImageView()
        self.view.setFixedSize(SIDE, SIDE)
        self.view.setAccessibleName(name)
        self._title, self._words = ElidedLabel(name), ElidedLabel()
        self._words.setProperty("role", "caption")
        column = QVBoxLayout()
        column.setSpacing(1)
        column.addStretch()
        column.addWidget(self._title)
        column.addWidget(self._words)
        column.addStretch()
        self._remove = QToolButton(autoRaise=True)
        self._remove.setText("×")
        self._remove.setToolTip("Take this picture away")
        self._remove.setAccessibleName(f"Take {name} away")
        if not removable:  # Shown, it would be a window of its own: it has no parent yet.
            self._remove.hide()
        self._remove.clicked.connect(self.removed)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(10)
        line.addWidget(self.view)
        line.addLayout(column, 1)
        line.addWidget(self._remove, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_picture(self, picture: NDArray[np.uint8] | None, title: str, words: str) -> None:
        self.view.set_image(picture)
        self._title.setText(title)
        self._words.setText(words)

    def words(self) -> str:
        """Return both lines."""
        return f"{self._title.text()}\n{self._words.text()}"
