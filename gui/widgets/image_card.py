"""A card beside a thumbnail: the picture enlarged, the place that a unit looks at, and what is known of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from gui.theme import DARK, tokens, with_alpha
from gui.widgets.image_view import ImageView

SIDE = 240
"""Pixels of the longer side of the picture."""
MARGIN = 8
APART = 8
"""Pixels between the card and what it belongs to."""

Box = tuple[int, int, int, int]
"""Top, left, bottom, right in pixels of the picture that is shown; bottom and right are just beyond it."""


class ImageCard(QFrame):
    """A small window that takes neither the focus nor the mouse. Give it a parent: Wayland places it by that."""

    def __init__(self, parent: QWidget | None = None) -> None:
        flags = Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowTransparentForInput
        super().__init__(parent, flags | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Enlarged image")
        self._beside = QRect()
        self.picture = OutlinedPicture()
        self._title, self._lines = QLabel(), QLabel()
        font = QFont()
        font.setBold(True)
        self._title.setFont(font)
        self._lines.setProperty("role", "caption")
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(2)
        column.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(4)
        for label in (self._title, self._lines):
            # The names of classes come from files.
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setFixedWidth(SIDE)
            column.addWidget(label)

    @property
    def smooth(self) -> bool:
        """Whether the picture is interpolated; else its pixels are seen."""
        return self.picture.smooth

    @smooth.setter
    def smooth(self, smooth: bool) -> None:
        self.picture.smooth = smooth

    def title(self) -> str:
        return self._title.text()

    def lines(self) -> tuple[str, ...]:
        return tuple(self._lines.text().split("\n")) if self._lines.text() else ()

    def show_at(self, beside: QRect, picture: NDArray[np.uint8] | None, title: str, lines: Sequence[str]) -> None:
        """Show a picture, uint8 (height, width, 3), beside a place on the screen; an outline goes.

        A picture of None leaves an empty place, for one that is to come.
        """
        self._beside = beside
        self.picture.set_image(picture)
        self.picture.set_outline(None)
        self.picture.setFixedSize(_fitted(picture))
        self._title.setText(title)
        self._lines.setText("\n".join(lines))
        self._lines.setVisible(bool(lines))
        self.setAccessibleDescription(", ".join((title, *lines)))
        self._place()
        self.show()

    def set_outline(self, box: Box | None) -> None:
        """Draw a rectangle, (top, left, bottom, right) in pixels of the picture, over it; None takes it away."""
        self.picture.set_outline(box)

    def _place(self) -> None:
        screen = QGuiApplication.screenAt(self._beside.center()) or QGuiApplication.primaryScreen()
        width = SIDE + 2 * MARGIN
        # Without words there is nothing whose height goes by the width.
        tall = self._column.hasHeightForWidth()
        height = self._column.totalHeightForWidth(width) if tall else self._column.totalSizeHint().height()
        size = QSize(width, height)
        self.setFixedSize(size)
        self.move(place_beside(self._beside, size, screen.availableGeometry()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(tokens().raised))
        painter.setPen(QPen(with_alpha(tokens().quiet, 0.4), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class OutlinedPicture(ImageView):
    """A picture with a rectangle over it, and a dot in the rectangle's middle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outline: Box | None = None
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAcceptDrops(False)

    def set_outline(self, box: Box | None) -> None:
        self._outline = box
        self.update()

    def outline_rect(self) -> QRectF:
        """Return the rectangle in the widget's coordinates, inside the picture; empty where there is none."""
        pixels, place = self.image(), self.picture_rect()
        if self._outline is None or pixels is None:
            return QRectF()
        top, left, bottom, right = self._outline
        scale = place.width() / pixels.shape[1]
        box = QRectF(left * scale, top * scale, (right - left) * scale, (bottom - top) * scale)
        return box.translated(place.topLeft()).intersected(place.adjusted(2, 2, -2, -2))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        box = self.outline_rect()
        if box.isEmpty():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # A picture is as dark or light in both themes, and so is what must be seen on it.
        for colour, width, radius in ((with_alpha("#000000", 0.75), 4.0, 4.0), (QColor(DARK.accent), 2.0, 2.5)):
            pen = QPen(colour, width)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(QPointF(box.center()), radius, radius)


def place_beside(beside: QRect, size: QSize, screen: QRect) -> QPoint:
    """Return where a card of this size goes: right of a place, else left, below or above; wholly on the screen."""
    right, left = beside.right() + 1 + APART, beside.left() - APART - size.width()
    below, above = beside.bottom() + 1 + APART, beside.top() - APART - size.height()
    last_x, last_y = screen.right() + 1 - size.width(), screen.bottom() + 1 - size.height()
    if right <= last_x:
        x, y = right, beside.top()
    elif left >= screen.left():
        x, y = left, beside.top()
    else:
        x, y = beside.left(), below if below <= last_y or above < screen.top() else above
    return QPoint(max(screen.left(), min(x, last_x)), max(screen.top(), min(y, last_y)))


def _fitted(picture: NDArray[np.uint8] | None) -> QSize:
    """Return the size of a picture whose longer side is 240 px."""
    if picture is None:
        return QSize(SIDE, SIDE)
    height, width = picture.shape[:2]
    scale = SIDE / max(height, width)
    return QSize(max(1, round(width * scale)), max(1, round(height * scale)))
