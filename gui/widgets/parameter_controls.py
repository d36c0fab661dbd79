"""The controls of a parameter row: calm under the wheel, quiet until they are touched."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QIcon,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QComboBox, QLineEdit, QSlider, QStyle, QStyleOptionSlider, QToolButton, QWidget

from gui.theme import theme_manager, tokens
from gui.widgets.elided_label import ElidedLabel

POSITIONS = 1000
"""Steps of a slider."""


class CalmSlider(QSlider):
    """A slider that the wheel moves only while it has the focus, and that jumps to where it is pressed."""

    reset = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, POSITIONS)
        self.setSingleStep(POSITIONS // 100)
        self.setPageStep(POSITIONS // 10)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # the panel below scrolls

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self.handle().contains(event.position().toPoint()):
            width = self.handle().width()
            along = round(event.position().x() - width / 2)
            self.setValue(QStyle.sliderValueFromPosition(0, POSITIONS, along, self.width() - width))
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.reset.emit()
        else:
            super().keyPressEvent(event)

    def handle(self) -> QRect:
        """Give the rectangle of the handle."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        return self.style().subControlRect(
            QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
        )


class CalmCombo(QComboBox):
    """A combo box that the wheel changes only while it has the focus, with an arrow like that of a section."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens().quiet), 1.5))
        x, y = self.width() - 13.0, self.height() / 2
        painter.drawPolyline([QPointF(x - 3.5, y - 1.75), QPointF(x, y + 1.75), QPointF(x + 3.5, y - 1.75)])

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Figure(QLineEdit):
    """A figure that becomes a field when it is clicked: Enter takes, Esc gives up, the up and down keys step.

    Signals
    -------
    typed(str)
        The user has written something else.
    stepped(int)
        1 or -1.
    """

    typed = Signal(str)
    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self._typing = False
        self.setProperty("quiet", True)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.editingFinished.connect(self._finish)

    def show_text(self, text: str) -> None:
        self._shown = text
        self.setText(text)
        self.setCursorPosition(0)
        wide = self.fontMetrics().horizontalAdvance(text) > self.width() - 14
        self.setToolTip(text if wide else "Click to type a value.")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if not self._typing:
            self._typing = True
            self.selectAll()

    def event(self, event: QEvent) -> bool:
        """Leave undo and Space to the window while there is nothing typed that they could mean."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and not self.isModified():
            undo, redo = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo
            if event.key() == Qt.Key.Key_Space or event.matches(undo) or event.matches(redo):
                event.ignore()
                return False
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._typing = False
        super().focusOutEvent(event)
        self.setCursorPosition(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.show_text(self._shown)
            self.selectAll()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._finish()
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Up else -1)
        else:
            super().keyPressEvent(event)

    @Slot()
    def _finish(self) -> None:
        if self.isModified() and self.text() != self._shown:
            self.typed.emit(self.text())
        self.setModified(False)


class RowLabel(ElidedLabel):
    """The label of a row; a double click or a Ctrl+click asks for the reference value."""

    reset = Signal()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.reset.emit()


class DiceButton(QToolButton):
    """A die, drawn in the theme's colours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoRaise(True)
        self.setToolTip("Another seed at random")
        self.setAccessibleName("Another seed at random")
        self.setIconSize(QSize(16, 16))
        self.setFixedSize(28, 24)
        theme_manager().changed.connect(self._draw)
        self._draw()

    @Slot()
    def _draw(self) -> None:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(QSize(16, 16) * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens().quiet))
        painter.drawRoundedRect(QRectF(1.5, 1.5, 13, 13), 3, 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().quiet))
        for x, y in ((5, 5), (11, 5), (8, 8), (5, 11), (11, 11)):
            painter.drawEllipse(QRectF(x - 1.25, y - 1.25, 2.5, 2.5))
        painter.end()
        self.setIcon(QIcon(picture))
