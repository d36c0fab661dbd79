"""Errors and notices that lie over a window: they say what happened and what to do, and move nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QEnterEvent, QKeySequence, QPainter, QPainterPath, QPaintEvent, QPen, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from backend.errors import ErrorReport
from gui.theme import RADIUS, tokens

SHOWN = 3
PASSING = 12_000
"""Milliseconds that a notice stays."""
PAUSED_LEAVE = 4_000
"""Milliseconds that a notice stays once the pointer has left it."""
WIDEST = 440
MARGIN = 16
"""Pixels of the stack, and between it and the corner it lies in."""
Action = tuple[str, Callable[[], None]]


class NoticeBar(QWidget):
    """A stack of notices, newest on top; no more than three are seen at once, the others wait below them.

    It lies over its parent's lower right corner, so that nothing is pushed away under a pointer that is about to press.
    Escape, anywhere in the window, closes the newest.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notices: list[Notice] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        if parent is not None:
            parent.installEventFilter(self)
        self.setAccessibleName("Notices")
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        self._escape.activated.connect(self.close_newest)
        # Where another action of the window has the same key, the notice goes first.
        self._escape.activatedAmbiguously.connect(self.close_newest)
        self._arrange()

    @Slot(object)
    def show_error(self, report: ErrorReport, action: Action | None = None) -> None:
        """Show what went wrong, why, and what to do about it."""
        self._add(Notice(report.title, report.happened, report.advice, action, error=True))

    @Slot(str)
    def show_notice(self, text: str, action: Action | None = None) -> None:
        """Show a sentence, and a button (its text, what it does) where there is something to do.

        It leaves by itself after a while; an error stays until it is closed.
        """
        notice = Notice("", text, "", action, error=False)
        self._add(notice)
        notice.pass_after(PASSING)

    def texts(self) -> list[str]:
        """Return what the open notices say, newest first."""
        return [notice.words for notice in self._notices]

    @Slot()
    def close_newest(self) -> None:
        if self._notices:
            self._close(self._notices[0])

    def close_all(self) -> None:
        for notice in list(self._notices):
            self._close(notice)

    def _add(self, notice: Notice) -> None:
        for old in self._notices:
            # What is said again is news again: it goes to the top, and stands there once.
            if old.words == notice.words:
                self._close(old)
                break
        self._notices.insert(0, notice)
        self._column.insertWidget(0, notice)
        notice.closed.connect(self._on_closed)
        self._arrange()

    @Slot(object)
    def _on_closed(self, notice: Notice) -> None:
        if notice in self._notices:
            self._close(notice)

    def _close(self, notice: Notice) -> None:
        self._notices.remove(notice)
        self._column.removeWidget(notice)
        notice.hide()
        notice.deleteLater()
        self._arrange()

    def _arrange(self) -> None:
        for place, notice in enumerate(self._notices):
            notice.setVisible(place < SHOWN)
        self._escape.setEnabled(bool(self._notices))
        self.setVisible(bool(self._notices))
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return done

    def _place(self) -> None:
        """Lie in the lower right corner, as high as the notices need."""
        around = self.parentWidget()
        if around is None or not self._notices:
            return
        width = min(WIDEST, around.width() - 2 * MARGIN)
        height = (
            self._column.totalHeightForWidth(width) if self._column.hasHeightForWidth() else self.sizeHint().height()
        )
        left, top = around.width() - MARGIN - width, max(0, around.height() - MARGIN - height)
        self.setGeometry(left, top, width, height)
        self.raise_()


class Notice(QWidget):
    """One notice: a coloured edge, a bold title, what happened, advice, a button, and × to close it."""

    closed = Signal(object)

    def __init__(self, title: str, happened: str, advice: str, action: Action | None, *, error: bool) -> None:
        super().__init__()
        self._error = error
        self._action = action[1] if action else None
        self._passing = QTimer(self, singleShot=True)
        self._passing.timeout.connect(self._close)
        self.words = "\n".join(part for part in (title, happened, advice) if part)
        self.setAccessibleName(self.words)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(8)
        column = QVBoxLayout()
        column.setSpacing(2)
        for text, weight in ((title, 600), (happened, 400), (advice, 400)):
            if text:
                column.addWidget(_line(text, weight))
        row.addLayout(column, 1)
        if action:
            self.button = QPushButton(action[0])
            self.button.setFlat(True)
            self.button.clicked.connect(self._act)
            row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.close_button = QToolButton()
        self.close_button.setText("×")
        self.close_button.setAutoRaise(True)
        self.close_button.setAccessibleName("Close this notice")
        self.close_button.setToolTip("Close (Esc)")
        self.close_button.clicked.connect(self._close)
        row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)

    def pass_after(self, milliseconds: int) -> None:
        """Close by itself after a while; not while the pointer is on it, for then it is being read."""
        self._passing.start(milliseconds)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        if self._passing.isActive():
            self._passing.stop()
            self._passing.setInterval(PAUSED_LEAVE)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self._passing.interval() == PAUSED_LEAVE:
            self._passing.start()

    @Slot()
    def _act(self) -> None:
        act = self._action
        self.closed.emit(self)
        if act is not None:
            act()

    @Slot()
    def _close(self) -> None:
        self.closed.emit(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.fillPath(shape, QColor(colours.raised))
        # It lies over pictures and panels of its own colour.
        painter.strokePath(shape, QPen(QColor(colours.hover), 1))
        edge = QPainterPath()
        edge.addRect(QRectF(0, 0, 4, self.height()))
        painter.fillPath(shape.intersected(edge), QColor(colours.path if self._error else colours.accent))


def _line(text: str, weight: int) -> QLabel:
    label = QLabel(text)
    # What a file or an exception says is not markup.
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if weight != 400:
        label.setStyleSheet(f"font-weight: {weight};")
    return label
