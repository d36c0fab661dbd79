"""The channels of a layer as a table: one row a channel, with its picture, its numbers and a bar behind each."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QContextMenuEvent, QFocusEvent, QKeyEvent, QKeySequence, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from gui.layer_table.channel_model import BAR, DEAD, ChannelModel
from gui.layer_table.channel_rows import COLUMNS, NUMBERS, SELECTED
from gui.theme import CAPTION_SIZE, text_font, tokens, with_alpha

ROW_HEIGHT = 34
THUMBNAIL = 28
HEADER_HEIGHT = 28
PAD = 5
TEXT = 12
BAR_HEIGHT = 18
WIDTHS = {
    "channel": 72, "selected": 62, "differs": 58, "mean": 58, "deviation": 63, "skewness": 63, "kurtosis": 54,
    "zeros": 54, "shape": 88, "prefers": 78, "selectivity": 67, "looks for": 60, "remarks": 97,
}  # fmt: skip
CLASS_WIDTH = 114
"""Pixels; all columns together fit into the middle of a window of usual width."""


class ChannelTable(QTableView):
    """Shows a `ChannelModel`. One row is the current one; the table tells of it only where the user chose it.

    Signals
    -------
    chosen(int)
        A channel was clicked, reached with the keys, or Enter was pressed on it.
    sorted_anew()
        The user sorted by another column, or the other way round.
    copy_wanted(int), copy_table_wanted(), export_wanted()
        From the menu; the first with Ctrl+C too.
    """

    chosen = Signal(int)
    sorted_anew = Signal()
    copy_wanted = Signal(int)
    copy_table_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.channels = ChannelModel(self)
        self._silent = False
        self._current = -1
        self.setModel(self.channels)
        self.setItemDelegate(_CellDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFont(text_font(TEXT))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setAccessibleName("Channels of the layer")
        self._set_up_headers()
        self.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self.horizontalHeader().sortIndicatorChanged.connect(self._on_sorted)

    def _set_up_headers(self) -> None:
        self.setHorizontalHeader(_Header(self))
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setMouseTracking(True)
        header.setMinimumSectionSize(44)
        header.setStretchLastSection(True)
        header.setFixedHeight(HEADER_HEIGHT)
        for place, name in enumerate(COLUMNS):
            self.setColumnWidth(place, WIDTHS[name])
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.show_selected(False)

    def show_selected(self, there: bool) -> None:
        """Show what tells of selected images, or hide it; what was sorted by it goes back to its own order."""
        if not there and self.channels.sorted_by in SELECTED:
            self.sort_by(COLUMNS[0], False)
        for name in SELECTED:
            self.setColumnHidden(COLUMNS.index(name), not there)

    def set_current(self, channel: int, *, scroll: bool = True) -> None:
        """Mark the row of a channel without telling anybody; −1 marks none."""
        self._current = channel
        row = self.channels.row_of(channel)
        self._silent = True
        if row < 0:
            self.setCurrentIndex(QModelIndex())
        elif row != self.currentIndex().row():
            place = self.horizontalScrollBar().value()
            # Selecting scrolls by itself, sideways too.
            self.setAutoScroll(False)
            self.selectRow(row)
            self.setAutoScroll(True)
            self.horizontalScrollBar().setValue(place)
        self._silent = False
        if row >= 0 and scroll:
            self.show_row(row)

    def show_row(self, row: int) -> None:
        """Scroll to a row, no further than it takes, and never sideways."""
        place = self.horizontalScrollBar().value()
        self.scrollTo(self.channels.index(row, 0))
        self.horizontalScrollBar().setValue(place)

    def current(self) -> int:
        """Return the channel of the marked row, −1 where there is none."""
        return self.channels.channel_at(self.currentIndex().row()) if self.currentIndex().isValid() else -1

    def set_first_column(self, classes: bool) -> None:
        """Make room for the names of classes, or for the numbers of channels."""
        self.setColumnWidth(0, CLASS_WIDTH if classes else WIDTHS["channel"])

    def sort_by(self, column: str, descending: bool) -> None:
        """Sort, and show at the header by what."""
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(COLUMNS.index(column), order)

    @Slot()
    def _on_sorted(self) -> None:
        # What was sorted to the top is what is wanted now.
        self.scrollToTop()
        self.set_current(self._current, scroll=False)
        self.sorted_anew.emit()

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, index: QModelIndex, _before: QModelIndex) -> None:
        channel = self.channels.channel_at(index.row())
        if index.isValid() and not self._silent and channel >= 0:
            self._current = channel
            self.chosen.emit(channel)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Take the focus without choosing: Qt makes the first row the current one where there is none."""
        self._silent = True
        super().focusInEvent(event)
        self._silent = False
        self.set_current(self._current, scroll=False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.current() >= 0:
            self.copy_wanted.emit(self.current())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current() >= 0:
            self.chosen.emit(self.current())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        menu = self.menu(self.channels.channel_at(index.row()) if index.isValid() else -1)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        place = self.visualRect(index).center() if by_key else event.pos()
        menu.popup(self.viewport().mapToGlobal(place))

    def menu(self, channel: int) -> QMenu:
        """Return a fresh context menu for a channel; −1 for one of the table alone."""
        menu = QMenu(self)
        if channel >= 0 and self.channels.rows is not None:
            address = self.channels.rows.addresses[channel]
            menu.addAction(f"Copy {address}", lambda: self.copy_wanted.emit(channel))
            menu.addSeparator()
        menu.addAction("Copy the table as CSV", self.copy_table_wanted.emit)
        menu.addAction("Export the table as CSV…", self.export_wanted.emit)
        return menu


class _Header(QHeaderView):
    """Names in line with what stands below them; the arrow of the sorted column is above its name."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        colours, model = tokens(), self.model()
        sorted_here = logicalIndex == self.sortIndicatorSection()
        painter.setFont(text_font(CAPTION_SIZE))
        painter.setPen(QColor(colours.accent if sorted_here else colours.quiet))
        room = rect.adjusted(PAD, 0, 1 - PAD, 0)
        name = str(model.headerData(logicalIndex, Qt.Orientation.Horizontal))
        side = model.headerData(logicalIndex, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag(side), shown)
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), QColor(colours.line))
        if sorted_here:
            width, right = painter.fontMetrics().horizontalAdvance(shown), bool(side & Qt.AlignmentFlag.AlignRight)
            middle = room.right() - width / 2 if right else room.left() + width / 2
            _paint_arrow(painter, middle, rect.top() + 4.0, self.sortIndicatorOrder())


def _paint_arrow(painter: QPainter, x: float, y: float, order: Qt.SortOrder) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(tokens().accent), 1.5))
    tip, feet = (y + 3, y) if order == Qt.SortOrder.DescendingOrder else (y, y + 3)
    painter.drawPolyline([QPointF(x - 3.5, feet), QPointF(x, tip), QPointF(x + 3.5, feet)])


class _CellDelegate(QStyledItemDelegate):
    """A faint bar, then the text; a thumbnail before the channel's number."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(60, ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colours, rect = tokens(), QRectF(option.rect)
        name, dead = COLUMNS[index.column()], bool(index.data(DEAD))
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(colours.selection))
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), QColor(colours.line))
        room = rect.adjusted(PAD, 0, -PAD, 0)
        if name == "channel":
            _paint_picture(painter, room, index.data(Qt.ItemDataRole.DecorationRole))
            room.setLeft(room.left() + THUMBNAIL + 6)
        elif name in NUMBERS and index.data(BAR) is not None:
            _paint_bar(painter, rect.adjusted(3, 0, -3, 0), *index.data(BAR))
        text = str(index.data() or "")
        quiet = (dead and name not in ("channel", "remarks")) or text == "–"
        painter.setPen(QColor(_remark_colour(text) if name == "remarks" else colours.quiet if quiet else colours.text))
        shown = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag(index.data(Qt.ItemDataRole.TextAlignmentRole)), shown)


def _remark_colour(text: str) -> str:
    return tokens().path if text == "dead" else tokens().warn


def _paint_picture(painter: QPainter, room: QRectF, picture: QPixmap | None) -> None:
    place = QRectF(room.left(), room.center().y() - THUMBNAIL / 2, THUMBNAIL, THUMBNAIL)
    if picture is None:
        painter.fillRect(place, QColor(tokens().raised))
        return
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    size = QSize(picture.size()).scaled(THUMBNAIL, THUMBNAIL, Qt.AspectRatioMode.KeepAspectRatio)
    fitted = QRectF(0, 0, size.width(), size.height())
    fitted.moveCenter(place.center())
    painter.drawPixmap(fitted, picture, QRectF(picture.rect()))


def _paint_bar(painter: QPainter, rect: QRectF, zero: float, value: float) -> None:
    """Paint from where 0 is to where the number is; what is below 0 in grey."""
    left, right = sorted((rect.left() + zero * rect.width(), rect.left() + value * rect.width()))
    colour = with_alpha(tokens().accent, 0.2) if value >= zero else with_alpha(tokens().quiet, 0.25)
    painter.fillRect(QRectF(left, rect.center().y() - BAR_HEIGHT / 2, right - left, BAR_HEIGHT), colour)
