"""When a card stands beside a grid's cell: soon after the pointer has come, never once it has gone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from gui.widgets.image_card import Box, ImageCard
from gui.widgets.ranked_grid import RankedGrid

PATIENCE = 125
"""Milliseconds on an image before its card opens; an open one moves on at once."""
GOES = {QEvent.Type.Move, QEvent.Type.WindowDeactivate}


class HoverCard(QObject):
    """Binds a card to a grid. Several grids may share one card.

    Signals
    -------
    wanted(int)
        The card opens for an image; answer with `fill`, at once or later. Until then it shows the thumbnail.
    """

    wanted = Signal(int)

    def __init__(self, grid: RankedGrid, card: ImageCard) -> None:
        super().__init__(grid)
        self._grid, self._card = grid, card
        self._hovered, self._beside = -1, QRect()
        self._open = -1
        self._filled = False
        self._watched: list[QWidget] = []
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(self._show)
        grid.tips = False
        grid.hovered.connect(self._on_hovered)
        grid.left.connect(self.close)
        grid.menu_wanted.connect(self.close)

    def open_image(self) -> int:
        """Return the image whose card stands open, −1 where none does."""
        return self._open

    def fill(
        self,
        index: int,
        picture: NDArray[np.uint8] | None,
        title: str,
        lines: Sequence[str],
        outline: Box | None = None,
    ) -> None:
        """Say what the card shows of an image; too late for one that has been left.

        Parameters
        ----------
        index : int
            The image that was `wanted`.
        picture : uint8 (height, width, 3) or None
            None stays with the grid's thumbnail.
        title, lines : str
            A bold line and quiet ones below it.
        outline : (top, left, bottom, right), optional
            A rectangle in pixels of the picture.
        """
        if index != self._open:
            return
        self._filled = True
        shown = self._grid.picture(index) if picture is None else picture
        self._card.show_at(self._beside, shown, title, lines)
        self._card.set_outline(outline)

    @Slot()
    def close(self) -> None:
        """Take the card away, and any that was about to come."""
        self._patience.stop()
        if self._open >= 0:
            self._open = -1
            self._card.hide()
        for widget in self._watched:
            widget.removeEventFilter(self)
        self._watched = []

    @Slot(int, QRect)
    def _on_hovered(self, index: int, beside: QRect) -> None:
        self._hovered, self._beside = index, beside
        if not self._watched:
            self._watch()
        if self._open >= 0:
            self._show()
        else:
            self._patience.start()

    @Slot()
    def _show(self) -> None:
        self._open, self._filled = self._hovered, False
        self.wanted.emit(self._open)
        if not self._filled and self._open >= 0:
            self._card.show_at(self._beside, self._grid.picture(self._open), self._grid.hovered_caption(), ())

    def _watch(self) -> None:
        """Look out for what moves the grid from under the card: it and everything around it, the window too."""
        around: list[QWidget] = [self._grid]
        while not around[-1].isWindow() and (parent := around[-1].parentWidget()) is not None:
            around.append(parent)
        focus = QApplication.focusWidget()
        self._watched = around if focus is None or focus in around else [*around, focus]
        for widget in self._watched:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in GOES:
            self.close()
        elif self._open >= 0 and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                # Else the shortcut that Esc has elsewhere would be told as well.
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.close()
                return True
        return super().eventFilter(watched, event)
