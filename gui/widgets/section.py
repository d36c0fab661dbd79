"""A titled block of a panel that folds away under its heading."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.theme import heading_font, tokens
from gui.widgets.painted_button import PaintedButton

HEADER_HEIGHT = 24
ARROW_ROOM = 18


class Section(QWidget):
    """A heading, quiet words at its right, and a body that can be folded.

    Parameters
    ----------
    title : str
        Shown in small capitals.
    folded : bool, default False
        Whether the body starts out of sight.
    foldable : bool, default True
        False for a block that always stands open: no arrow, no key.

    Attributes
    ----------
    body : QVBoxLayout
        Where the contents go.

    Signals
    -------
    toggled(bool)
        The user, or `set_folded`, folded (True) or opened (False) it.
    """

    toggled = Signal(bool)

    def __init__(
        self, title: str, *, folded: bool = False, foldable: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.header = _Header(title, foldable)
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.header)
        layout.addWidget(self._content)
        self.header.setChecked(not folded)
        self._content.setVisible(not folded)
        self.header.toggled.connect(self._on_toggled)

    @property
    def title(self) -> str:
        return self.header.text()

    @property
    def folded(self) -> bool:
        """Whether the body is out of sight."""
        return not self.header.isChecked()

    def set_folded(self, folded: bool) -> None:
        self.header.setChecked(not folded)

    def set_title(self, title: str) -> None:
        self.header.setText(title)

    def set_note(self, text: str) -> None:
        """Put a few quiet words at the right of the heading."""
        self.header.note = text
        self.header.update()

    @Slot(bool)
    def _on_toggled(self, opened: bool) -> None:
        self._content.setVisible(opened)
        self.toggled.emit(not opened)


class _Header(PaintedButton):
    """The heading: checked is open."""

    def __init__(self, title: str, foldable: bool) -> None:
        super().__init__()
        self.note = ""
        self._foldable = foldable
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setEnabled(foldable)
        if foldable:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        else:
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def sizeHint(self) -> QSize:
        return QSize(120, HEADER_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, HEADER_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(heading_font())
        lit = self._foldable and (self.underMouse() or self.hasFocus())
        painter.setPen(colours.text if lit else colours.quiet)
        room = self.rect().adjusted(0, 0, -ARROW_ROOM if self._foldable else 0, 0)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        elide = Qt.TextElideMode.ElideRight
        # The heading goes first: only what it leaves is for the note. Measured in capitals, as it is drawn.
        metrics = painter.fontMetrics()
        title = metrics.elidedText(self.text().upper(), elide, room.width())
        painter.drawText(room, left, title)
        rest = room.adjusted(metrics.horizontalAdvance(title) + 12, 0, 0, 0)
        painter.setPen(colours.quiet)
        note = metrics.elidedText(self.note.upper(), elide, max(rest.width(), 0))
        painter.drawText(rest, right, note)
        whole = note == self.note.upper() and title == self.text().upper()
        self.setToolTip("" if whole else " · ".join(part for part in (self.text(), self.note) if part))
        if self._foldable:
            self._paint_arrow(painter, self.rect())
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.drawLine(0, self.height() - 2, metrics.horizontalAdvance(title), self.height() - 2)

    def _paint_arrow(self, painter: QPainter, rect: QRect) -> None:
        pen = QPen(QColor(tokens().text if self.underMouse() else tokens().quiet), 1.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        x, y = rect.right() - 6.0, rect.center().y() + 0.5
        if self.isChecked():
            points = [QPointF(x - 3.5, y - 1.75), QPointF(x, y + 1.75), QPointF(x + 3.5, y - 1.75)]
        else:
            points = [QPointF(x - 1.75, y - 3.5), QPointF(x + 1.75, y), QPointF(x - 1.75, y + 3.5)]
        painter.drawPolyline(points)
