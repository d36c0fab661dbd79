"""What passes between the rooms and the window: it is told once, to whoever listens, and no undo brings it back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from backend.jobs import Notice

Picture = NDArray[np.uint8]


class Events(QObject):
    """Passes on what is said, wanted and shown; it knows the canvas's last picture, for rooms that are made later."""

    notice = Signal(str)
    error = Signal(object)
    """A sentence, or an `ErrorReport`, for the window to show."""

    network_wanted = Signal(str)
    """A room asks the window to open a network; the card follows when it is there."""

    recipe_opened = Signal(object)
    """A `Recipe` was read out of a picture; the canvas makes it again."""

    canvas_picture_changed = Signal(object)
    """The canvas shows another picture, uint8 (height, width, 3), or none; others may say what it excites."""

    best_real_changed = Signal(object)
    """The highest score that an image of the data set gives the unit: (unit, score), or None where it is not known."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.canvas_picture: Picture | None = None

    def show_canvas_picture(self, picture: Picture | None) -> None:
        """Tell what the canvas shows now, uint8 (height, width, 3)."""
        self.canvas_picture = picture
        self.canvas_picture_changed.emit(picture)

    @Slot(object)
    def take_notice(self, event: object) -> None:
        """Pass on what a job says by the way; other events of it are not for the window."""
        if isinstance(event, Notice):
            self.notice.emit(event.text)
