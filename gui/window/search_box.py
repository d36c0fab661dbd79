"""The command palette: a line to type in, and under it what that may mean. The line keeps the focus throughout."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import shiboken6
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QFocusEvent, QFontMetrics, QKeyEvent, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gui.theme import RADIUS, heading_font, text_font, tokens
from gui.window.search import Match

CAPTIONS = {"unit": "Units", "layer": "Layers", "class": "Classes", "action": "Actions"}
ROW, CAPTION = 30, 26
MARGIN = 6

Index = QModelIndex | QPersistentModelIndex
MATCH = Qt.ItemDataRole.UserRole


class MatchModel(QAbstractListModel):
    """Matches with a caption above each kind. Captions and hints cannot be chosen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Match | str] = []

    def show_matches(self, matches: Sequence[Match]) -> None:
        self.beginResetModel()
        self._rows, kind = [], ""
        for match in matches:
            if match.kind != kind and match.kind in CAPTIONS:
                self._rows.append(CAPTIONS[match.kind])
            kind = match.kind
            self._rows.append(match)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self._rows[index.row()]
        if role == MATCH:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row if isinstance(row, str) else row.title
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(row, Match):
            return f"{row.title} · {row.detail}" if row.detail else row.title
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self._rows[index.row()]
        if isinstance(row, str) or row.kind == "hint":
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class MatchPainter(QStyledItemDelegate):
    """Paints a caption in small capitals, a match with its detail at the right."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, CAPTION if isinstance(index.data(MATCH), str) else ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(MATCH)
        area: QRect = option.rect
        painter.save()
        if isinstance(row, Match):
            self._paint_match(painter, area, row, chosen=self._view.currentIndex() == index)
        else:
            painter.setFont(heading_font())
            painter.setPen(QColor(tokens().quiet))
            place = area.adjusted(10, 6, -10, 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, str(row))
        painter.restore()

    def _paint_match(self, painter: QPainter, area: QRect, match: Match, chosen: bool) -> None:
        colours = tokens()
        if chosen:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selection))
            painter.drawRoundedRect(area, RADIUS - 2, RADIUS - 2)
        inside = area.adjusted(10, 0, -10, 0)
        painter.setFont(text_font(12))
        painter.setPen(QPen(QColor(colours.quiet)))
        metrics = QFontMetrics(painter.font())
        detail = metrics.elidedText(match.detail, Qt.TextElideMode.ElideRight, inside.width() // 2)
        painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, detail)
        taken = metrics.horizontalAdvance(detail) + 16 if detail else 0
        painter.setFont(text_font())
        painter.setPen(QPen(QColor(colours.warn if match.kind == "hint" else colours.text)))
        room = inside.width() - taken
        title = QFontMetrics(painter.font()).elidedText(match.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)


class MatchList(QFrame):
    """The list under the line: a child of the window, so that it never takes the focus."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("MatchList")
        self.setStyleSheet(
            "#MatchList { background: palette(button); border: 1px solid palette(light); "
            f"border-radius: {RADIUS}px; }}"
        )
        self.model = MatchModel(self)
        self.view = QListView(self)
        self.view.setModel(self.model)
        self.view.setItemDelegate(MatchPainter(self.view))
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setMouseTracking(True)
        self.view.setAccessibleName("What was found")
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.entered.connect(self._point)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.addWidget(self.view)
        self.hide()

    def show_matches(self, matches: Sequence[Match], line: QWidget) -> None:
        """Show `matches` under `line`, the first that can be chosen highlighted."""
        self.model.show_matches(matches)
        self.move_by(0)
        count = self.model.rowCount()
        rows = sum(self.view.sizeHintForRow(row) for row in range(count))
        corner = line.mapTo(self._window, QPoint(0, line.height() + 4))
        height = min(rows + 2 * MARGIN + 2, self._window.height() - corner.y() - 8)
        self.setGeometry(corner.x(), corner.y(), line.width(), max(height, 0))
        self.setVisible(count > 0)
        self.raise_()

    def chosen(self) -> Match | None:
        index = self.view.currentIndex()
        row = index.data(MATCH) if index.isValid() and index.flags() else None
        return row if isinstance(row, Match) else None

    def move_by(self, step: int) -> None:
        """Move the highlight, past captions and around the ends; 0 takes the first."""
        rows = [row for row in range(self.model.rowCount()) if self.model.flags(self.model.index(row))]
        if not rows:
            return
        now = self.view.currentIndex().row()
        place = rows.index(now) + step if step and now in rows else 0
        index = self.model.index(rows[place % len(rows)])
        self.view.setCurrentIndex(index)
        if index.row() == rows[0]:
            self.view.scrollToTop()  # with the caption above it

    @Slot(QModelIndex)
    def _point(self, index: QModelIndex) -> None:
        if index.flags():
            self.view.setCurrentIndex(index)


class SearchBox(QLineEdit):
    """Asks `find` for matches at every key.

    Arrows and Enter choose, Esc clears and gives the focus back to where it was.

    Signals
    -------
    unit_chosen(Unit), action_chosen(QAction)
    """

    unit_chosen = Signal(object)
    action_chosen = Signal(object)

    def __init__(self, find: Callable[[str], Sequence[Match]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._find = find
        self._list: MatchList | None = None
        self._came_from: QWidget | None = None
        key = QKeySequence("Ctrl+K").toString(QKeySequence.SequenceFormat.NativeText).replace("+", " ")
        self.setPlaceholderText(f"Find a unit, class or action · {key}")
        self.setAccessibleName("Find a unit, class or action")
        self.textEdited.connect(self._search)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_changed)

    @property
    def matches(self) -> MatchList | None:
        """The list; None until something was searched."""
        return self._list

    @Slot(str)
    def _search(self, text: str) -> None:
        if self._list is None or not shiboken6.isValid(self._list):
            self._list = MatchList(self.window())
            self._list.view.clicked.connect(self._clicked)
        self._list.show_matches(self._find(text) if text.strip() else [], self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        is_open = self._list is not None and self._list.isVisible()
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        elif event.key() in steps:
            if self._list is not None and is_open:
                self._list.move_by(steps[Qt.Key(event.key())])
            else:
                self._search(self.text())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if is_open:
                self._take()
        else:
            super().keyPressEvent(event)

    @Slot(QModelIndex)
    def _clicked(self, index: QModelIndex) -> None:
        if index.flags():  # not a caption, not a hint
            self._take()

    def _take(self) -> None:
        match = self._list.chosen() if self._list is not None else None
        if match is None:
            return
        self._leave()
        if match.unit is not None:
            self.unit_chosen.emit(match.unit)
        elif match.action is not None:
            self.action_chosen.emit(match.action)

    def _leave(self) -> None:
        """Clear, close, and give the focus back."""
        self.clear()
        self._close_list()
        back = self._came_from
        if back is not None and shiboken6.isValid(back) and back.isVisible():
            back.setFocus()
        else:
            self.clearFocus()

    def _close_list(self) -> None:
        if self._list is not None and shiboken6.isValid(self._list):
            self._list.hide()

    @Slot(QWidget, QWidget)
    def _focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        if new is self and old is not None and old.window() is self.window():
            self._came_from = old

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.text():
            self.selectAll()
            self._search(self.text())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._close_list()
