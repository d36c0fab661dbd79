"""A drawing that is enlarged with the wheel about the pointer and moved by dragging."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from gui.categories.zoom import Zoom

STEP = 1.25
"""Factor of one notch of the wheel."""
NOTCH = 120
"""What Qt says of a notch."""


class ZoomedWidget(QWidget):
    """Base of the views of a hierarchy: zoom and pan here, what is drawn and hit in the heirs.

    F, Home or a double click on the ground show all of it; + and − enlarge about the middle.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.zoom = Zoom()
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._dragging = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # --- what heirs say ----------------------------------------------------------------------------------------

    def hovered_at(self, place: QPointF | None) -> None:
        """Hear where the pointer is; None where it has left."""

    def clicked_at(self, place: QPointF) -> None:
        """Hear of a click that was no drag."""

    def area(self) -> QRectF:
        """Give the part of the widget that is enlarged."""
        return QRectF(self.rect())

    def most(self) -> float:
        """Give the largest scale."""
        return 40.0

    # --- zoom and pan ------------------------------------------------------------------------------------------

    def set_zoom(self, zoom: Zoom) -> None:
        if zoom != self.zoom:
            self.zoom = zoom
            self.update()

    def fit(self) -> None:
        """Show all of it."""
        self.set_zoom(Zoom())

    def enlarge(self, factor: float, around: QPointF | None = None) -> None:
        """Enlarge about a place, by default the middle."""
        area = self.area()
        middle = (area.center() if around is None else around) - area.topLeft()
        self.set_zoom(self.zoom.by(factor, (middle.x(), middle.y()), self.size_of_area(), self.most()))

    def size_of_area(self) -> tuple[float, float]:
        return self.area().width(), self.area().height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.zoom = self.zoom.inside(self.size_of_area())

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if turned:
            self.enlarge(STEP ** (turned / NOTCH), event.position())
            self.hovered_at(event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._last = event.position()
            self._dragging = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._pressed is None:
            self.hovered_at(place)
            return
        if (place - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._dragging = True
        if self._dragging:
            by = place - self._last
            self._last = place
            self.set_zoom(self.zoom.moved((by.x(), by.y()), self.size_of_area()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._pressed is not None:
            clicked, self._pressed = not self._dragging, None
            if clicked:
                self.clicked_at(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.enlarge(STEP)
        elif key == Qt.Key.Key_Minus:
            self.enlarge(1 / STEP)
        elif key in (Qt.Key.Key_F, Qt.Key.Key_Home):
            self.fit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
