"""Rows that can be pointed at, walked and chosen; what a row shows and means is the business of who inherits."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget


class RowList(QWidget):
    """Rows of one height. The pointer lights one up; Up and Down go along them, a click or Enter chooses."""

    def __init__(self, row_height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row_height = row_height
        self._hovered, self._cursor = -1, 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    # --- what a list says of itself ----------------------------------------------------------------------------

    def row_count(self) -> int:
        """Return how many rows can be chosen."""
        raise NotImplementedError

    def row_tip(self, row: int) -> str:
        """Return the tooltip of a row; "" for none."""
        return ""

    def row_hovered(self, row: int) -> None:
        """Hear that the pointer came to a row; −1 where it left all."""

    def row_chosen(self, row: int) -> None:
        """Hear that a row was chosen."""

    # --- what is the same for all ------------------------------------------------------------------------------

    def row_at(self, y: float) -> int:
        """Return the row at a height in the widget, −1 where there is none."""
        row = int(y // self._row_height)
        return row if 0 <= row < self.row_count() else -1

    def is_lit(self, row: int) -> bool:
        return row == self._hovered or (self.hasFocus() and row == self._cursor)

    def _keep_within(self) -> None:
        """Let go of rows that are no longer there."""
        self._hovered = -1
        self._cursor = min(self._cursor, max(self.row_count() - 1, 0))

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.setCursor(Qt.CursorShape.PointingHandCursor if row >= 0 else Qt.CursorShape.ArrowCursor)
            self.row_hovered(row)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.row_at(event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # At the press: while a run goes on, rows may have changed places by the release.
        row = self.row_at(event.position().y())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._cursor = row
            self.row_chosen(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if not self.row_count() or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif move is not None:
            self._cursor = min(max(self._cursor + move, 0), self.row_count() - 1)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._cursor < self.row_count():
            self.row_chosen(self._cursor)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self.row_at(event.pos().y())
            QToolTip.showText(event.globalPos(), self.row_tip(row) if row >= 0 else "", self)
            return True
        return super().event(event)
