"""The pictures of the canvas: the image that grows, its start, the change, the batch, and a scrubber over the film."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from gui.widgets.image_view import ImageView
from gui.widgets.pixels import heat_image
from gui.widgets.thumbnail_wall import ThumbnailWall

if TYPE_CHECKING:
    from backend.jobs import MaximizationStep

HINT = "Click a channel in the wall on the left,\nand watch the picture that excites it grow."

SETTLE_INTERVAL = 0.2
"""Seconds between two updates of what stands around the picture: each costs as much as the picture itself."""
BATCH_ROW = 58
"""Pixels for one row of the batch strip."""
ONE_ROW = 8
"""Images that fit into one row of it."""


class CanvasPictures(QWidget):
    """Shows one image of a `MaximizationStep`, large, and what belongs to it.

    Signals
    -------
    step_chosen(int)
        The user moved the scrubber to this step.
    smooth_changed(bool)
        The user wants pictures interpolated, or not.
    image_chosen(int)
        The user chose another image of the batch.
    """

    step_chosen = Signal(int)
    smooth_changed = Signal(bool)
    image_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.main = ImageView()
        self.main.setMinimumSize(184, 184)
        self.main.set_placeholder(HINT)
        self.start = ImageView()
        self.change = ImageView()
        self.batch = ThumbnailWall()
        self.batch.hide()
        self._index = 0
        self._step: MaximizationStep | None = None
        # What the scrubber goes over: it stands still while the user looks back, for the film is thinned as it grows.
        self._scrubbed: MaximizationStep | None = None
        self._start_images: NDArray[np.uint8] | None = None
        self._following = True
        self._settled = 0.0
        self._scrubber = QSlider(Qt.Orientation.Horizontal)
        self._scrubber.setAccessibleName("History of the run")
        self._scrubber.setToolTip("Drag to look back over the run")
        self._place = QLabel("")
        self._place.setProperty("role", "caption")
        # Of fixed width, or the handle beside it would move with every digit.
        self._place.setFixedWidth(self._place.fontMetrics().horizontalAdvance("step 9999 of 9999"))
        self._small = QWidget()
        self._lay_out()
        self._scrubber.valueChanged.connect(self._on_scrubbed)
        self.batch.chosen.connect(self._on_image_chosen)
        for view in (self.main, self.start, self.change):
            view.smooth_changed.connect(self.smooth_changed)

    @property
    def index(self) -> int:
        """Which image of the batch is shown."""
        return self._index

    def shown(self) -> NDArray[np.uint8] | None:
        """Give the picture that is shown large."""
        return self.main.image()

    def film(self) -> NDArray[np.uint8] | None:
        """Give the frames of the shown image, (frames, height, width, 3)."""
        step = self._step
        return None if step is None else np.stack([frame[self._index] for frame in step.film])

    def toggle_small(self) -> None:
        """Show or hide the start image and the difference map."""
        self._small.setVisible(self._small.isHidden())

    def set_smooth(self, smooth: bool) -> None:
        for view in (self.main, self.start, self.change):
            view.smooth = smooth

    def clear(self) -> None:
        """Show the hint of the first seconds."""
        self._step = self._scrubbed = self._start_images = None
        self._index = 0
        for view in (self.main, self.start, self.change):
            view.set_image(None)
        self.batch.hide()
        self._scrubber.setRange(0, 0)
        self._place.setText("")

    def begin(self, start_images: NDArray[np.uint8], rates: tuple[float, ...] = ()) -> None:
        """Show the start of a run: every start once for each of the learning rates."""
        self._step = self._scrubbed = None
        self._start_images, self._following = start_images, True
        count = len(start_images)
        self._index = min(self._index, count - 1)
        self.batch.setVisible(count > 1)
        if count > 1:
            self.batch.setFixedHeight(BATCH_ROW * (1 if count <= ONE_ROW else 2))
            self.batch.set_count(count, partial(_batch_label, rates))
            self.batch.set_tiles(list(range(count)), start_images, True)
            self.batch.set_current(self._index)
        self._scrubber.setRange(0, 0)
        self.main.set_image(start_images[self._index])
        self.start.set_image(start_images[self._index])
        self.change.set_image(None)
        self._place.setText("step 0")

    def show_step(self, step: MaximizationStep) -> None:
        """Show the newest step, unless the user looks back over the film. What stands around it follows more slowly."""
        self._step = step
        if self._following:
            self.main.set_image(step.images[self._index])
        now = time.monotonic()
        if now - self._settled > SETTLE_INTERVAL or step.step == step.steps:
            self.settle()

    def settle(self) -> None:
        """Bring scrubber, caption, difference map and batch up to the newest step."""
        self._settled = time.monotonic()
        step = self._step
        if step is None:
            return
        if len(step.images) > 1:
            self.batch.set_tiles(list(range(len(step.images))), step.images, True)
        if self._following:
            self._scrubbed = step
            self._scrubber.blockSignals(True)
            self._scrubber.setRange(0, len(step.film) - 1)
            self._scrubber.setValue(len(step.film) - 1)
            self._scrubber.blockSignals(False)
            self.main.set_image(step.images[self._index])
            self.change.set_image(heat_image(step.difference[self._index], None))
            self._place.setText(f"step {step.step}")

    def look_at(self, step: int) -> None:
        """Move the scrubber to the frame nearest to `step`."""
        if self._scrubbed is not None:
            steps = self._scrubbed.film_steps
            self._scrubber.setValue(min(range(len(steps)), key=lambda place: abs(steps[place] - step)))

    @Slot(int)
    def _on_scrubbed(self, place: int) -> None:
        step, scrubbed = self._step, self._scrubbed
        if step is None or scrubbed is None:
            return
        self._following = place == self._scrubber.maximum()
        if self._following:
            self.settle()
        else:
            self.main.set_image(scrubbed.film[place][self._index])
            self._place.setText(f"step {scrubbed.film_steps[place]} of {step.step}")
        self.step_chosen.emit(step.step if self._following else scrubbed.film_steps[place])

    @Slot(int)
    def _on_image_chosen(self, index: int) -> None:
        self._index = index
        if self._start_images is not None:
            self.start.set_image(self._start_images[index])
        self.settle()
        self._on_scrubbed(self._scrubber.value())
        self.image_chosen.emit(index)

    def _lay_out(self) -> None:
        small = QHBoxLayout(self._small)
        small.setContentsMargins(0, 0, 0, 0)
        small.setSpacing(12)
        for view, name in ((self.start, "start"), (self.change, "change")):
            view.setFixedSize(104, 104)
            column = QVBoxLayout()
            column.setSpacing(4)
            caption = QLabel(name)
            caption.setProperty("role", "caption")
            column.addWidget(view)
            column.addWidget(caption)
            small.addLayout(column)
        small.addStretch()
        film = QHBoxLayout()
        film.setSpacing(12)
        film.addWidget(self._scrubber, 1)
        film.addWidget(self._place)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 16, 0)
        layout.setSpacing(8)
        layout.addWidget(self.main, 1)
        layout.addLayout(film)
        layout.addWidget(self.batch)
        layout.addWidget(self._small)


def _batch_label(rates: tuple[float, ...], index: int) -> str:
    if len(rates) < 2:
        return f"image {index}"
    return f"image {index // len(rates)}, learning rate {rates[index % len(rates)]:g}"
