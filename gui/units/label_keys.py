"""What a unit looks for: six keys, of which one at most is down, and a line for a note."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QVBoxLayout, QWidget

from backend.jobs import KINDS, UnitLabel
from gui.theme import RADIUS, theme_manager, tokens
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.painted_button import PaintedButton

HEIGHT, PADDING, GAP = 28, 10, 5
HELD = (Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta)
MODIFIERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class LabelKeys(QWidget):
    """Shows the label of one unit and says what the user makes of it. It changes nothing itself.

    Attributes
    ----------
    keys : dict of str to QAbstractButton
        By kind.
    note : QLineEdit

    Signals
    -------
    kind_chosen(str)
        A kind was pressed; empty where the one that was down was pressed again.
    note_edited(str)
        The note has been changed and the editing is over.
    """

    kind_chosen = Signal(str)
    note_edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.keys: dict[str, QAbstractButton] = {}
        self.note = NoteField()
        self.note.edited.connect(self.note_edited)
        flow = FlowLayout(spacing=6)
        for number, kind in enumerate(KINDS, 1):
            key = self.keys[kind] = LabelKey(number, kind)
            key.clicked.connect(partial(self._press, kind))
            flow.addWidget(key)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(flow)
        column.addWidget(self.note)
        self.setAccessibleName("What the unit looks for")

    def set_label(self, label: UnitLabel) -> None:
        """Show the label of the unit that is looked at now; what was being typed for another is dropped."""
        for kind, key in self.keys.items():
            key.setChecked(kind == label.kind)
        self.note.show_note(label.note)

    def _press(self, pressed: str) -> None:
        down = self.keys[pressed].isChecked()
        # What is typed belongs to this label, and the answer to the press would show the note of before.
        self.note.finish()
        for kind, key in self.keys.items():
            key.setChecked(down and kind == pressed)
        self.kind_chosen.emit(pressed if down else "")


class LabelKey(PaintedButton):
    """A key with its digit, which is quiet, and a kind."""

    def __init__(self, number: int, kind: str) -> None:
        super().__init__()
        self._number = str(number)
        self.setText(kind)
        self.setCheckable(True)
        self.setToolTip(f"Label this unit as {kind}, or no longer ({number})")
        self.setAccessibleName(f"Label as {kind}")
        # Space belongs to the run, whichever key was pressed last.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme_manager().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self._number) + GAP + metrics.horizontalAdvance(self.text())
        return QSize(width + 2 * PADDING, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, edge = self._ground()
        painter.setBrush(QColor(ground))
        painter.setPen(QPen(QColor(edge), 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        room = self.rect().adjusted(PADDING, 0, 0, 0)
        middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(colours.quiet))
        painter.drawText(room, middle, self._number)
        room.setLeft(room.left() + self.fontMetrics().horizontalAdvance(self._number) + GAP)
        painter.setPen(QColor(colours.text if self.isEnabled() else colours.quiet))
        painter.drawText(room, middle, self.text())

    def _ground(self) -> tuple[str, str]:
        """Give the colours of the ground and of the edge, as the style sheet has them for other buttons."""
        colours = tokens()
        if not self.isEnabled():
            return colours.panel, colours.line
        if self.isChecked() or self.isDown():
            ground = colours.selection
        else:
            ground = colours.hover if self.underMouse() else colours.raised
        return ground, colours.accent if self.hasFocus() else ground


class NoteField(QLineEdit):
    """A note of one line. Enter takes it and gives the keys back to the window; Esc gives up.

    Signals
    -------
    edited(str)
        Editing is over, and the note is another.
    """

    edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.setPlaceholderText("Note…")
        self.setAccessibleName("Note on this unit")
        self.editingFinished.connect(self.finish)
        self.returnPressed.connect(self.clearFocus)

    def show_note(self, text: str) -> None:
        # Setting the text that is there already would move the cursor.
        if text != self._shown or self.isModified():
            self.setText(text)
        self._shown = text
        self.setModified(False)

    @Slot()
    def finish(self) -> None:
        """Say what was typed, if it is another note."""
        if self.isModified() and self.text() != self._shown:
            self._shown = self.text()
            self.edited.emit(self._shown)
        self.setModified(False)

    def event(self, event: QEvent) -> bool:
        """Leave undo to the window while nothing is typed, and take the note before a shortcut leads elsewhere."""
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return super().event(event)
        undo = event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
        if undo and not self.isModified():
            event.ignore()
            return False
        done = super().event(event)
        if not event.isAccepted() and event.modifiers() & MODIFIERS and event.key() not in HELD:
            self.finish()
        return done

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.show_note(self._shown)
            self.clearFocus()
        else:
            super().keyPressEvent(event)
