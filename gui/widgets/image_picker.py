"""Choose images of a data set: a grid of as many as there are, of which only the visible ones are asked for."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gui.text import counted
from gui.widgets.selectable_grid import SelectableGrid

SIDE = 80
"""Pixels of a picture's side."""


class ImagePicker(QDialog):
    """Choose one of `count` images, or `several`; where some are `selected` elsewhere, of these alone if one likes.

    Signals
    -------
    wanted(tuple of int)
        Images that can be seen and are not here; answer with `set_images`.
    chosen(tuple of int)
        What the user has settled on, in ascending order.
    """

    wanted = Signal(object)
    chosen = Signal(object)

    def __init__(
        self,
        count: int,
        parent: QWidget | None = None,
        selected: NDArray[np.int64] | None = None,
        *,
        several: bool = True,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Choose images")
        self.resize(760, 560)
        self._count = count
        self._only = np.zeros(0, np.int64) if selected is None else selected[selected < count]
        self._captions: dict[int, str] = {}
        self.grid = SelectableGrid(SIDE, several=several)
        self.grid.wanted.connect(self.wanted)
        self._hint = QLabel("Ctrl and Shift choose several" if several else "")
        self.go_to = QSpinBox(minimum=0, maximum=max(0, count - 1))
        self.go_to.setKeyboardTracking(False)
        self.go_to.setAccessibleName("Go to image")
        self.go_to.setMinimumWidth(84)
        self.selected_only = QPushButton(f"Selected only ({len(self._only):,})", autoDefault=False)
        self.selected_only.setCheckable(True)
        self.selected_only.setProperty("small", True)
        self.selected_only.setToolTip("Show only the images that are selected, as below a node of the prediction tree")
        if not len(self._only):
            self.selected_only.hide()
        self.random = QPushButton("Random", autoDefault=False)
        self.random.setToolTip("Choose an image at random")
        self.cancel = QPushButton("Cancel", autoDefault=False)
        self.accept_button = QPushButton("Choose an image", autoDefault=False)
        self.accept_button.setEnabled(False)
        self.accept_button.setProperty("primary", True)
        self._lay_out()
        self._connect()
        self._show_selected_only(False)

    def set_images(self, indices: Sequence[int], images: NDArray[np.uint8], captions: Sequence[str]) -> None:
        """Take images that were `wanted`: uint8 (n, height, width, 3), with a caption each."""
        self._captions.update(zip(indices, captions, strict=True))
        self.grid.set_pictures(indices, images)

    def selected(self) -> tuple[int, ...]:
        return tuple(self.grid.selected().tolist())

    def show_image(self, image: int) -> None:
        """Select an image and bring it into view; all are shown again where it is not among those that are."""
        if not len(rows := np.flatnonzero(self.grid.images() == image)):
            self.selected_only.setChecked(False)
            rows = np.flatnonzero(self.grid.images() == image)
        if len(rows):
            self.grid.go_to_row(int(rows[0]))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.grid.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self.go_to.hasFocus():
            self._choose()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(QLabel("Go to image"))
        top.addWidget(self.go_to)
        total = QLabel(f"of {self._count:,}")
        total.setProperty("role", "caption")
        top.addWidget(total)
        top.addStretch()
        top.addWidget(self.selected_only)
        top.addWidget(self.random)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        self._hint.setProperty("role", "caption")
        foot.addWidget(self._hint)
        foot.addStretch()
        foot.addWidget(self.cancel)
        foot.addWidget(self.accept_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(top)
        column.addWidget(self.grid, 1)
        column.addLayout(foot)

    def _connect(self) -> None:
        self.grid.activated_image.connect(self._choose)
        self.grid.selection_changed.connect(self._show_selection)
        self.go_to.valueChanged.connect(self.show_image)
        self.selected_only.toggled.connect(self._show_selected_only)
        self.random.clicked.connect(self._choose_random)
        self.cancel.clicked.connect(self.reject)
        self.accept_button.clicked.connect(self._choose)

    @Slot()
    def _choose_random(self) -> None:
        if count := self.grid.count():
            self.grid.go_to_row(random.randrange(count))

    @Slot(bool)
    def _show_selected_only(self, only: bool) -> None:
        images = self._only if only else np.arange(self._count)
        self.grid.set_order(images, partial(_caption, self._captions, images))

    @Slot()
    def _show_selection(self) -> None:
        count = len(self.grid.selected())
        self.accept_button.setEnabled(count > 0)
        self.accept_button.setText("Choose an image" if not count else f"Choose {counted(count, 'image')}")

    @Slot()
    def _choose(self) -> None:
        indices = self.selected()
        if indices:
            self.chosen.emit(indices)
            self.accept()


def _caption(captions: Mapping[int, str], images: NDArray[np.int64], row: int) -> str:
    """Return the line below a row's picture.

    No method: the grid would hold the dialog that holds the grid, and what goes round in a circle is collected in
    whichever thread Python likes, where Qt must not be touched.
    """
    image = int(images[row])
    return captions.get(image, str(image))
