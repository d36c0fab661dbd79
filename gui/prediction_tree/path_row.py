"""A prediction path as a row: at each step the critical filter's picture, and what the filter says of the image."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QSizePolicy, QWidget

from gui.prediction_tree.path_paint import (
    GAP,
    HEIGHT,
    INSET,
    SIDE,
    Look,
    PathStep,
    paint_figures,
    paint_head,
    paint_pictures,
    paint_words,
)
from gui.text import number, per_cent, signed
from gui.widgets.cell_area import CellArea
from gui.widgets.pixels import thumbnail_pixmap

MARGIN = 4
"""Room for the ring around the first and the last picture."""
BAR_ROOM = 10
PITCH = SIDE + GAP
PAGE = 5
"""Steps that a page key goes."""


class PathRow(CellArea):
    """The steps of one path from the root to the leaf, one of them the current one; it scrolls sideways.

    Signals
    -------
    step_chosen(int)
        The place of a step, from 0, that was clicked or reached with the keys.
    leaf_chosen()
        The same for the image that the path ends in.
    """

    step_chosen = Signal(int)
    leaf_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[PathStep, ...] = ()
        self._leaf: str | None = None
        self._pictures: dict[int, QPixmap] = {}
        self._insets: dict[int, QPixmap] = {}
        self._current = self._hovered = -1
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT + BAR_ROOM)
        self.setMinimumWidth(PITCH)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName("Prediction path")

    def set_steps(self, steps: Sequence[PathStep]) -> None:
        """Show another path; none of its steps is the current one, and it has no leaf until `set_leaf`."""
        self._steps, self._leaf = tuple(steps), None
        self._current = self._hovered = -1
        self._pictures.clear()
        self._insets.clear()
        for index, step in enumerate(self._steps):
            self.set_picture(index, step.picture)
            self.set_medoid(index, step.medoid)
        self.setAccessibleDescription("")
        self.horizontalScrollBar().setValue(0)
        self._update_scroll_range()

    def set_leaf(self, picture: NDArray[np.uint8] | None, caption: str) -> None:
        """End the row with the image that the path ends in, uint8 (height, width, 3)."""
        self._leaf = caption
        self.set_picture(len(self._steps), picture)
        self._update_scroll_range()

    def set_picture(self, index: int, picture: NDArray[np.uint8] | None) -> None:
        """Show a step's picture, uint8 (height, width, 3), which may come later than the step."""
        _keep(self._pictures, index, picture, SIDE)
        self.viewport().update()

    def set_medoid(self, index: int, picture: NDArray[np.uint8] | None) -> None:
        """Show, in the corner of a step's picture, the typical image of the side that it goes to."""
        _keep(self._insets, index, picture, round(INSET * SIDE))
        self.viewport().update()

    def count(self) -> int:
        """Return the number of cells, the leaf's included."""
        return len(self._steps) + (self._leaf is not None)

    def current(self) -> int:
        """Return the place of the current step, that of the leaf after the last; −1 where there is none."""
        return self._current

    def set_current(self, index: int) -> None:
        """Ring a step and bring it into view without telling anybody; −1 takes the ring away."""
        self._current = index if 0 <= index < self.count() else -1
        self.setAccessibleDescription(self.tip(self._current) if self._current >= 0 else "")
        self._scroll_to_current()
        self.viewport().update()

    def cell_rect(self, index: int) -> QRect:
        """Return a cell's place in the viewport, as it is scrolled now."""
        return QRect(MARGIN + index * PITCH - self.horizontalScrollBar().value(), 0, SIDE, HEIGHT)

    def index_at(self, place: QPoint) -> int:
        """Return the cell at a place in the viewport, −1 where there is none."""
        index = (place.x() + self.horizontalScrollBar().value() - MARGIN) // PITCH
        return index if 0 <= index < self.count() and self.cell_rect(index).contains(place) else -1

    def tip(self, index: int) -> str:
        """Return what is known of a step in words."""
        if index >= len(self._steps):
            return f"The path ends here\n{self._leaf or ''}".strip()
        step = self._steps[index]
        return "\n".join(
            [
                f"Step {step.number} · critical filter {step.critical_filter}",
                f"closer to the side it goes to by {number(step.margin)}, {step.images_below:,} images below",
                f"score {number(step.score)}, above {per_cent(step.percentile)} of the images",
                f"adds {signed(step.contribution)} to the logit",
            ]
        )

    def sizeHint(self) -> QSize:
        return QSize(5 * PITCH, HEIGHT + BAR_ROOM)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._update_scroll_range()
        if event.oldSize().width() != event.size().width():
            self._scroll_to_current()

    def _update_scroll_range(self) -> None:
        bar, room = self.horizontalScrollBar(), self.viewport().width()
        whole = 2 * MARGIN + self.count() * PITCH - GAP
        bar.setRange(0, max(whole - room, 0))
        bar.setPageStep(room)
        bar.setSingleStep(PITCH // 2)
        self.viewport().update()

    def _scroll_to_current(self) -> None:
        """Bring the current cell into view and the edges of those beside it, so that one sees that it goes on."""
        if self._current < 0:
            return
        bar, left = self.horizontalScrollBar(), MARGIN + self._current * PITCH
        beside = min(PITCH // 2, max((self.viewport().width() - SIDE) // 2, 0))
        least, most = left + SIDE + beside - self.viewport().width(), left - beside
        bar.setValue(min(max(bar.value(), least), most))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        contributions = [step.contribution for step in self._steps if math.isfinite(step.contribution)]
        ends = min([0.0, *contributions]), max([0.0, *contributions])
        first = max((event.rect().left() + self.horizontalScrollBar().value() - MARGIN) // PITCH, 0)
        last = (event.rect().right() + self.horizontalScrollBar().value()) // PITCH
        for index in range(first, min(last + 1, self.count())):
            self._paint_cell(painter, index, ends)

    def _paint_cell(self, painter: QPainter, index: int, ends: tuple[float, float]) -> None:
        cell = QRectF(self.cell_rect(index))
        look = Look(index == self._current, index == self._hovered, index == self.count() - 1)
        on_leaf = index == len(self._steps)
        paint_head(painter, cell, "" if on_leaf else str(self._steps[index].number), look)
        paint_pictures(painter, cell, self._pictures.get(index), self._insets.get(index), look)
        if on_leaf:
            paint_words(painter, cell, "ends here", self._leaf or "")
        else:
            paint_figures(painter, cell, self._steps[index], ends)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last, here = self.count() - 1, self._current
        goals = {
            Qt.Key.Key_Left: here - 1,
            Qt.Key.Key_Right: here + 1,
            Qt.Key.Key_PageUp: here - PAGE,
            Qt.Key.Key_PageDown: here + PAGE,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        key = Qt.Key(event.key())
        if last < 0 or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and here >= 0:
            self._choose(here)
        elif key not in goals:
            # Up and down belong to what is around it.
            event.ignore()
        elif (goal := min(max(goals[key], 0), last)) != here:
            self._choose(goal)

    def _choose(self, index: int) -> None:
        self.set_current(index)
        if index < len(self._steps):
            self.step_chosen.emit(index)
        else:
            self.leaf_chosen.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().toPoint())
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._choose(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.index_at(event.position().toPoint()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        bar, turn = self.horizontalScrollBar(), event.angleDelta()
        before = bar.value()
        bar.setValue(before - (turn.x() or turn.y()))
        # At its end the panel around it scrolls on.
        event.setAccepted(bar.value() != before)
        self._hover(self.index_at(event.position().toPoint()))

    def _hover(self, index: int) -> None:
        if index != self._hovered:
            self._hovered = index
            pointing = Qt.CursorShape.PointingHandCursor if index >= 0 else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(pointing)
            self.viewport().update()


def _keep(kept: dict[int, QPixmap], index: int, picture: NDArray[np.uint8] | None, side: int) -> None:
    """Keep a picture as sharp as a screen of double density shows it; None forgets it."""
    if picture is None:
        kept.pop(index, None)
    else:
        kept[index] = thumbnail_pixmap(picture, 2 * side)
