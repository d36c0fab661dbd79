"""The keyboard at a glance: an overlay that lists every shortcut, and goes at the next press."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from gui.theme import tokens, with_alpha

Entry = tuple[str, str, str]
"""Group, title, key."""

BESIDES: tuple[Entry, ...] = (
    ("Channels", "Move the channel cursor", "← → ↑ ↓"),
    ("Channels", "First and last channel", "Home  End"),
)
"""Keys that are no actions, because they belong to the widget that has the focus."""
OTHERS = "Window"
CHROME, SCROLL_BAR = 130, 12
"""Pixels around the keys in height, and beside them for a scroll bar."""
STYLE = """
#Card { background: palette(window); border: 1px solid palette(mid); border-radius: 10px; }
#Card QWidget#Keys, #Card QScrollArea { background: transparent; }
QLabel[key="true"] { background: palette(button); border-radius: 4px; padding: 2px 7px; }
"""


def listed(actions: Sequence[QAction], besides: Sequence[Entry] = BESIDES) -> dict[str, list[tuple[str, str]]]:
    """Give (title, keys) by group. An action's group is its property "group", else the title of what it belongs to."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for action in actions:
        keys = "  ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts())
        entry = (action.text().replace("&", "").rstrip("…"), keys)
        if keys and entry not in groups.setdefault(_group(action), []):
            groups[_group(action)].append(entry)
    for group, title, keys in besides:
        groups.setdefault(group, []).append((title, keys))
    return {group: entries for group, entries in groups.items() if entries}


def _group(action: QAction) -> str:
    given = action.property("group") or getattr(action.parent(), "title", OTHERS)
    given = given() if callable(given) else given
    return given if isinstance(given, str) and given else OTHERS


class KeyList(QWidget):
    """Covers `window` while it is shown; Esc, `?` or a click closes it, and the focus goes back to where it was."""

    def __init__(self, actions: Sequence[QAction], window: QWidget, besides: Sequence[Entry] = BESIDES) -> None:
        super().__init__(window)
        self.setObjectName("KeyList")
        self.setAccessibleName("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setStyleSheet(STYLE)
        self.groups = listed(actions, besides)
        self._window = window
        self._keys = self._key_table()
        self._came_from: QWidget | None = None
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._keys)
        self.card = QFrame(self)
        self.card.setObjectName("Card")
        column = QVBoxLayout(self.card)
        column.setContentsMargins(24, 20, 16, 20)
        column.setSpacing(12)
        column.addWidget(QLabel("Keyboard"))
        column.addWidget(scroll)
        hint = QLabel("Esc or a click closes this")
        hint.setProperty("role", "caption")
        column.addWidget(hint)
        self._scroll = scroll
        window.installEventFilter(self)
        self.hide()

    def _key_table(self) -> QWidget:
        """Lay the groups out in two columns of about the same height."""
        widget = QWidget()
        widget.setObjectName("Keys")
        columns = QHBoxLayout(widget)
        columns.setContentsMargins(0, 0, 8, 0)
        columns.setSpacing(40)
        halves: list[list[str]] = [[], []]
        heights = [0, 0]
        for group, entries in sorted(self.groups.items(), key=lambda item: -len(item[1])):
            shorter = heights.index(min(heights))
            halves[shorter].append(group)
            heights[shorter] += len(entries) + 2
        for half in halves:
            if half:
                columns.addLayout(self._column(half))
        return widget

    def _column(self, groups: list[str]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        for group in groups:
            heading = QLabel(group)
            heading.setProperty("role", "heading")
            heading.setContentsMargins(0, 8 if grid.rowCount() > 1 else 0, 0, 2)
            grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
            for title, keys in self.groups[group]:
                row = grid.rowCount()
                grid.addWidget(QLabel(title), row, 0)
                key = QLabel(keys)
                key.setProperty("key", True)
                grid.addWidget(key, row, 1, Qt.AlignmentFlag.AlignRight)
        grid.setRowStretch(grid.rowCount(), 1)
        return grid

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._came_from = QApplication.focusWidget()
        for widget in self.findChildren(QWidget):
            widget.ensurePolished()  # sizes are right only once the style sheet is taken in
        self._cover()
        self.raise_()
        self.setFocus()

    def _cover(self) -> None:
        self.setGeometry(self._window.rect())
        inner = self._keys.sizeHint()
        self._scroll.setFixedHeight(min(inner.height(), max(40, self.height() - CHROME)))
        self._scroll.setMinimumWidth(min(inner.width() + SCROLL_BAR, self.width() - CHROME))
        self.card.adjustSize()
        place = self.card.rect()
        place.moveCenter(self.rect().center())
        self.card.setGeometry(place & self.rect())

    def _leave(self) -> None:
        self.close()
        if self._came_from is not None:
            try:
                self._came_from.setFocus()
            except RuntimeError:  # it has gone meanwhile
                self._came_from = None

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # while the list is shown, keys belong to it
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self._scroll.verticalScrollBar()
        steps = {
            Qt.Key.Key_Down: 40,
            Qt.Key.Key_Up: -40,
            Qt.Key.Key_PageDown: bar.pageStep(),
            Qt.Key.Key_PageUp: -bar.pageStep(),
        }
        if event.key() in steps:
            bar.setValue(bar.value() + steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Question, Qt.Key.Key_Return, Qt.Key.Key_Space):
            self._leave()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._leave()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._cover()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(with_alpha(tokens().ground, 0.7)))
