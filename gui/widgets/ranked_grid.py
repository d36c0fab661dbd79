"""Images of a data set in the order of a score, of which only the visible ones are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QScrollArea, QWidget

from gui.theme import CAPTION_SIZE, text_font, tokens
from gui.widgets.kept_pictures import KeptPictures
from gui.widgets.picture_paint import paint_caption, paint_picture, paint_ring
from gui.widgets.ranked_cells import CAPTION_ROOM, LINE, RankedCells
from gui.widgets.scrolled_cells import ScrolledCells

CALM = 40
"""Milliseconds without scrolling before images are asked for."""
NOWHERE = (-1, -1)


class RankedGrid(ScrolledCells):
    """Pictures in rows, in a given order, each with a line of text.

    Parameters
    ----------
    side : int, default 64
        Pixels of a picture's side, where the width allows.
    lines : int, default 1
        Lines of text below a picture; a caption may have as many.
    fitted : bool, default False
        As high as its rows need and without a scroll bar: for a few images inside a panel that scrolls.

    Signals
    -------
    wanted(tuple of int)
        Images that can be seen and are not here; answer with `set_pictures`.
    hovered(int, QRect)
        The pointer, or a key, came to an image; the picture's place on the screen.
    left()
        It went away, or what is below it did.
    chosen(int)
        A click on an image, or Enter.
    activated_image(int)
        Enter or a double click on an image.
    menu_wanted(int, QPoint)
        A context menu is wanted for an image, at a place on the screen.
    """

    wanted = Signal(object)
    hovered = Signal(int, QRect)
    left = Signal()
    chosen = Signal(int)
    activated_image = Signal(int)
    menu_wanted = Signal(int, QPoint)

    def __init__(self, side: int = 64, *, lines: int = 1, fitted: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tips = True
        """Whether a cell's line is also its tooltip; False where a card says more."""
        self._side, self._lines, self._fitted = side, lines, fitted
        self._order: NDArray[np.int64] = np.empty(0, np.int64)
        self._captions: Callable[[int], str] | None = None
        self._kept = KeptPictures(2 * side)
        self._asked: tuple[int, ...] = ()
        self._marked = -1
        self._hovered, self._by_keys = NOWHERE, False
        self._calm = QTimer(self, singleShot=True)
        self._calm.timeout.connect(self._ask)
        if fitted:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self.setFixedHeight(0)
        else:
            self.setMinimumHeight(side)
        self.setMinimumWidth(side)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.setAccessibleName("Images")

    def cells(self) -> RankedCells:
        return RankedCells(len(self._order), self.viewport().width(), self._side, self._lines)

    def set_order(self, indices: NDArray[np.int64], captions: Callable[[int], str] | None = None) -> None:
        """Show these images in this order; the place that was scrolled to stays, and so do pictures that are known.

        Parameters
        ----------
        indices : int64 (n,)
            Numbers of images of the data set; they are copied.
        captions : function, optional
            Gives the line below the picture of a row (not of an image); asked when the row is painted. By default
            the number of the image.
        """
        self._order = np.array(indices, dtype=np.int64)
        self._captions = captions
        self._current = min(self._current, len(self._order) - 1)
        self._fit()
        row = self._hovered[0]
        self._hover(row if row < len(self._order) else -1, self._by_keys)
        self._ask()  # Now, so that what can be answered at once is painted with the new order.

    def set_pictures(self, indices: Sequence[int], images: NDArray[np.uint8]) -> None:
        """Take pictures, uint8 (n, height, width, 3), of images that were `wanted`."""
        self._asked = ()
        for index, image in zip(indices, images, strict=True):
            self._kept.keep(index, image)
        self.viewport().update()

    def clear_pictures(self) -> None:
        """Forget every picture, for another data set or another overlay; what can be seen is asked for again."""
        self._kept.clear()
        self._asked = ()
        self.viewport().update()
        self._calm.start(0)

    def drop_pictures(self, indices: Sequence[int]) -> None:
        """Forget pictures that turned out not to be what is wanted; they are asked for when they are seen next."""
        self._kept.drop(indices)

    def mark(self, index: int | None) -> None:
        """Ring one image, wherever it stands in the order; None takes the ring away."""
        self._marked = -1 if index is None else index
        self.viewport().update()

    def is_marked(self, row: int) -> bool:
        """Say whether a row's picture wears the ring."""
        return int(self._order[row]) == self._marked

    def count(self) -> int:
        return len(self._order)

    def images(self) -> NDArray[np.int64]:
        """Return the numbers of the images in their order: int64 (n,)."""
        return self._order

    def picture(self, index: int) -> NDArray[np.uint8] | None:
        """Return an image's thumbnail, uint8 (height, width, 3) of at most twice the side, or None."""
        return self._kept.image(index)

    def caption(self, row: int) -> str:
        return self._captions(row) if self._captions is not None else str(self._order[row])

    def current_image(self) -> int:
        """Return the image the keys are at, −1 where there is none."""
        return int(self._order[self._current]) if self._current >= 0 else -1

    def hovered_caption(self) -> str:
        """Return the caption of the cell that the pointer or the keys came to last, "" where there is none."""
        return self.caption(self._hovered[0]) if self._hovered != NOWHERE else ""

    def tip(self, index: int) -> str:
        return self.caption(index) if self.tips else ""

    def visible_images(self) -> list[int]:
        """Return the images of those rows."""
        return [int(index) for index in self._order[self.visible_cells()]]

    def sizeHint(self) -> QSize:
        return QSize(5 * self._side, 4 * self._side)

    def _fit(self) -> None:
        if self._fitted:
            self.setFixedHeight(self.cells().height)
            self.viewport().update()
        else:
            self._update_scroll_range()

    @Slot()
    def _on_scrolled(self) -> None:
        self._hover(-1)
        self._calm.start(CALM)
        self.viewport().update()

    @Slot()
    def _ask(self) -> None:
        """Ask for what can be seen. What was scrolled past may never come: it is asked for again."""
        if not self.isVisible():
            return
        missing = self._kept.missing(self.visible_images())
        if missing and missing != self._asked:
            self._asked = missing
            self.wanted.emit(missing)

    def _hover(self, row: int, by_keys: bool = False) -> None:
        place = (row, int(self._order[row])) if row >= 0 else NOWHERE
        self._by_keys = by_keys
        if place == self._hovered:
            return
        self._hovered = place
        self.viewport().update()
        if row < 0:
            self.left.emit()
        else:
            self.hovered.emit(place[1], self._on_screen(row))

    def _on_screen(self, row: int) -> QRect:
        cell = self.cell_rect(row)
        return QRect(self.viewport().mapToGlobal(cell.topLeft()), cell.size())

    def _go_to(self, row: int) -> None:
        """Move the keys' cell, and bring it into sight."""
        self._current = row
        cells = self.cells()
        self._scroll_to(row, below=cells.pitch - cells.side)
        if self._fitted:
            self._show_in_panel(cells.cell(row).adjusted(0, 0, 0, cells.caption_room))
        self.setAccessibleDescription(self.caption(row))
        self.viewport().update()

    def _show_in_panel(self, place: QRect) -> None:
        around = self.parentWidget()
        while around is not None and not isinstance(around, QScrollArea):
            around = around.parentWidget()
        if isinstance(around, QScrollArea) and (content := around.widget()) is not None:
            middle = self.viewport().mapTo(content, place.center())
            around.ensureVisible(middle.x(), middle.y(), 0, place.height() // 2 + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(CAPTION_SIZE))
        cells = self.cells()
        for row in self.visible_cells():
            square = self.cell_rect(row)
            if square.adjusted(0, 0, 0, cells.caption_room).intersects(event.rect()):
                self._paint_cell(painter, row, square)

    def _paint_cell(self, painter: QPainter, row: int, square: QRect) -> None:
        colours, index = tokens(), int(self._order[row])
        frame = paint_picture(painter, QRectF(square), self._kept.pixmap(index))
        lit, marked = row == self._hovered[0], self.is_marked(row)
        if marked or lit or (self.hasFocus() and row == self._current):
            # A rim of the ground keeps the ring apart from a picture of its colour.
            paint_ring(painter, frame, colours.panel, 3)
            paint_ring(painter, frame, colours.accent if marked else colours.text, 2)
        line = QRect(square.left(), square.bottom() + 3, square.width(), CAPTION_ROOM - 2)
        for text in self.caption(row).split("\n")[: self._lines]:
            paint_caption(painter, line, text, colours.text if lit or marked else colours.quiet)
            line.translate(0, LINE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._hover(-1)
        self._fit()
        self._calm.start(0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._asked = ()
        self._calm.start(0)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._hover(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self.chosen.emit(self.current_image())
            self.activated_image.emit(self.current_image())
        elif (goal := self._step(event)) is None:
            super().keyPressEvent(event)
        else:
            self._go_to(goal)
            self._hover(goal, by_keys=True)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self.index_at(event.position().toPoint())
        if row >= 0:
            self._current = row
            self.viewport().update()
            if event.button() == Qt.MouseButton.LeftButton:
                self.chosen.emit(int(self._order[row]))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self.index_at(event.position().toPoint())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.activated_image.emit(int(self._order[row]))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.index_at(event.position().toPoint()))

    def _open_menu(self, index: int, place: QPoint) -> None:
        self.menu_wanted.emit(int(self._order[index]), place)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        by_tab = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_tab and self._current < 0 and len(self._order):
            self._current = self.visible_cells().start
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self._by_keys:
            self._hover(-1)
        self.viewport().update()
