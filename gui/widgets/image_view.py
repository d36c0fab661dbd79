"""One picture, as large as its place allows and never stretched; other pictures can be dropped on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMetaMethod, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QTransform,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from gui.theme import CAPTION_SIZE, RADIUS, text_font, tokens
from gui.widgets.dropped_pictures import UNIT_MIME, NoPicture, may_hold_picture, picture_of
from gui.widgets.pixels import to_qimage

CAPTION_ROOM = 20


class ImageView(QWidget):
    """Shows a picture with its proportions, in the middle, with rounded corners.

    It takes drops only where somebody listens for them: else the window behind it gets them.

    Signals
    -------
    picture_dropped(bytes, str)
        A picture file's bytes and its name, from a drop or from `paste_picture`.
    unit_dropped(str)
        The address of a unit that was dragged here.
    rejected(str)
        A sentence: what was dropped is no picture.
    double_clicked()
    smooth_changed(bool)
        The user chose smooth or pixelated in the menu.
    """

    picture_dropped = Signal(bytes, str)
    unit_dropped = Signal(str)
    rejected = Signal(str)
    double_clicked = Signal()
    smooth_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels: NDArray[np.uint8] | None = None
        self._padded = QImage()
        self._smooth = True
        self._placeholder = ""
        self._caption = ""
        self._hovered = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(32, 32)
        self.setAcceptDrops(True)
        self.setAccessibleName("Picture")

    @property
    def smooth(self) -> bool:
        """Whether an enlarged picture is interpolated; else its pixels are seen."""
        return self._smooth

    @smooth.setter
    def smooth(self, smooth: bool) -> None:
        self._smooth = smooth
        self.update()

    def image(self) -> NDArray[np.uint8] | None:
        """Return the picture that is shown, uint8 (height, width, 3)."""
        return self._pixels

    def set_image(self, pixels: NDArray[np.uint8] | None) -> None:
        """Show a picture, uint8 (height, width, 3); None shows the placeholder."""
        self._pixels = pixels
        if pixels is None:
            self._padded = QImage()
        else:
            # One more pixel all around, so that interpolation at the border does not reach to the other side.
            self._padded = to_qimage(np.pad(pixels, ((1, 1), (1, 1), (0, 0)), mode="edge"))
        self.update()

    def set_placeholder(self, text: str) -> None:
        """Say what to do while there is no picture."""
        self._placeholder = text
        self.update()

    def set_caption(self, text: str) -> None:
        """Put one quiet line under the picture; "" takes it away."""
        self._caption = text
        self.update()

    def picture_rect(self) -> QRectF:
        """Return where the picture is drawn, in the widget's coordinates."""
        room = QRectF(self.rect())
        if self._caption:
            room.setHeight(max(room.height() - CAPTION_ROOM, 1.0))
        if self._pixels is None:
            return room
        height, width = self._pixels.shape[:2]
        scale = min(room.width() / width, room.height() / height)
        fitted = QRectF(0, 0, width * scale, height * scale)
        fitted.moveCenter(room.center())
        return fitted

    def sizeHint(self) -> QSize:
        return QSize(256, 256 + (CAPTION_ROOM if self._caption else 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = self.picture_rect()
        if self._pixels is None:
            self._paint_placeholder(painter, place)
        else:
            self._paint_picture(painter, place)
        if self._hovered or self.hasFocus():
            width = 2.0 if self._hovered else 1.0
            painter.setPen(QPen(QColor(tokens().accent), width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            inset = width / 2
            painter.drawRoundedRect(place.adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)
        if self._caption:
            painter.setFont(text_font(CAPTION_SIZE))
            painter.setPen(tokens().quiet)
            line = QRectF(place.left(), place.bottom() + 4, place.width(), CAPTION_ROOM - 4)
            elided = painter.fontMetrics().elidedText(self._caption, Qt.TextElideMode.ElideRight, int(line.width()))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, elided)
            self.setToolTip(self._caption if elided != self._caption else "")

    def _paint_picture(self, painter: QPainter, place: QRectF) -> None:
        scale = place.width() / (self._padded.width() - 2)
        # Pixels left out of a shrunk picture would flicker.
        shrunk = scale * self.devicePixelRatioF() < 1
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._smooth or shrunk)
        # A textured path has smooth corners; a clip path would not.
        brush = QBrush(self._padded)
        brush.setTransform(QTransform(scale, 0, 0, scale, place.left() - scale, place.top() - scale))
        shape = QPainterPath()
        shape.addRoundedRect(place, RADIUS, RADIUS)
        painter.fillPath(shape, brush)

    def _paint_placeholder(self, painter: QPainter, place: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(QColor(tokens().raised)))
        painter.drawRoundedRect(place, RADIUS, RADIUS)
        painter.setPen(tokens().quiet)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(place.adjusted(12, 12, -12, -12), int(flags), self._placeholder)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_picture()
        elif event.matches(QKeySequence.StandardKey.Paste) and self._takes_pictures():
            self.paste_picture()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def menu(self) -> QMenu:
        """Return a fresh context menu."""
        menu = QMenu(self)
        copy = menu.addAction("Copy picture", self.copy_picture)
        copy.setEnabled(self._pixels is not None)
        if self._takes_pictures():
            menu.addAction("Paste picture", self.paste_picture)
        menu.addSeparator()
        pixelated = menu.addAction("Pixelated")
        pixelated.setCheckable(True)
        pixelated.setChecked(not self._smooth)
        pixelated.toggled.connect(self._on_pixelated)
        return menu

    def _on_pixelated(self, pixelated: bool) -> None:
        self.smooth = not pixelated
        self.smooth_changed.emit(not pixelated)

    def copy_picture(self) -> None:
        """Put the picture, in its own size, on the clipboard."""
        if self._pixels is not None:
            QGuiApplication.clipboard().setImage(to_qimage(self._pixels))

    def paste_picture(self) -> None:
        """Take the clipboard's picture as if it had been dropped."""
        self._take(picture_of(QGuiApplication.clipboard().mimeData(), "clipboard"))

    def _take(self, found: tuple[bytes, str] | NoPicture) -> None:
        if isinstance(found, NoPicture):
            self.rejected.emit(found.sentence)
        else:
            self.picture_dropped.emit(*found)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data = event.mimeData()
        takes_unit = data.hasFormat(UNIT_MIME) and self.isSignalConnected(QMetaMethod.fromSignal(self.unit_dropped))
        if takes_unit or (may_hold_picture(data) and self._takes_pictures()):
            event.acceptProposedAction()
            self._set_hovered(True)
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_hovered(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_hovered(False)
        event.acceptProposedAction()
        data = event.mimeData()
        if data.hasFormat(UNIT_MIME):
            self.unit_dropped.emit(bytes(data.data(UNIT_MIME).data()).decode("utf-8", "replace"))
        else:
            self._take(picture_of(data, "dropped picture"))

    def _takes_pictures(self) -> bool:
        return self.isSignalConnected(QMetaMethod.fromSignal(self.picture_dropped))

    def _set_hovered(self, hovered: bool) -> None:
        self._hovered = hovered
        self.update()
