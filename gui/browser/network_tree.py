"""A tree of networks, their nested modules and their classes."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView, QWidget

from backend.jobs import LOGITS, ClassLogit, Layer, LayerInfo, NetworkCard, Unit
from gui.text import percentage
from gui.theme import tokens
from gui.widgets.tile_bars import paint_bar

TARGET = Qt.ItemDataRole.UserRole
DETAIL = Qt.ItemDataRole.UserRole + 1
BAR = Qt.ItemDataRole.UserRole + 2
ROW_HEIGHT = 26
BAR_WIDTH = 64


class NetworkTree(QTreeView):
    """Networks > layers > classes, with the shape of each layer at the right.

    Signals
    -------
    layer_chosen(str), unit_chosen(Unit)
        A layer, or a class below `logits`.
    network_chosen(str)
        The source of a network that is not open yet.
    """

    layer_chosen = Signal(str)
    unit_chosen = Signal(object)
    network_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: dict[str, QStandardItem] = {}
        self._model = QStandardItemModel(self)
        self.setModel(self._model)
        self.setItemDelegate(_RowDelegate(self))
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(14)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Networks and layers")
        self.selectionModel().currentChanged.connect(self._on_current_changed)

    def show_networks(self, card: NetworkCard, others: list[tuple[str, str]]) -> None:
        """List the layers of `card`, then other networks as (name, source)."""
        self.selectionModel().blockSignals(True)
        self._model.clear()
        self._items.clear()
        root = _row(card.name, _network_detail(card), None)
        self._model.appendRow(root)
        for layer in card.layers:
            self._add_layer(root, layer, card)
        for name, source in others:
            self._model.appendRow(_row(name, "open", source))
        self.selectionModel().blockSignals(False)
        self.expand(root.index())

    def show_layer(self, name: str) -> None:
        """Select the row of a layer without telling anybody."""
        item = self._items.get(name)
        if item is None or self.currentIndex() == item.index() or self._is_class_of(name):
            return
        self.selectionModel().blockSignals(True)
        self.setCurrentIndex(item.index())
        self.selectionModel().blockSignals(False)
        self.scrollTo(item.index())
        self.viewport().update()

    def set_bars(self, bars: Mapping[str, tuple[float, str]]) -> None:
        """Put a slim bar on the rows of layers: a share in −1..1, and the number in words for the tooltip."""
        for name, item in self._items.items():
            share, words = bars.get(name, (None, ""))
            if item.data(BAR) != share or words:
                item.setData(share, BAR)
                item.setToolTip("\n".join(part for part in (_layer_tip(item.data(TARGET)), words) if part))

    def drawBranches(self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        """Carry the selection on below the arrow; a style sheet for it would take the arrow away."""
        if isinstance(index, QModelIndex) and self.selectionModel().isSelected(index):
            painter.fillRect(rect, QColor(tokens().selection))
        super().drawBranches(painter, rect, index)

    def _is_class_of(self, name: str) -> bool:
        parent = self.currentIndex().parent()
        return name == LOGITS and parent.isValid() and parent == self._items[LOGITS].index()

    def _add_layer(self, root: QStandardItem, layer: LayerInfo, card: NetworkCard) -> None:
        *path, leaf = layer.name.split(".")
        parent = self._items.get(".".join(path), root)
        # A module that the forward never calls as such (a bare container) leaves its children with their full name.
        item = _row(leaf if parent is not root or not path else layer.name, _shape_text(layer), layer)
        item.setToolTip(_layer_tip(layer))
        parent.appendRow(item)
        self._items[layer.name] = item
        if layer.name == LOGITS:
            for index, name in enumerate(card.classes):
                item.appendRow(_row(name, "class", ClassLogit(index)))

    def _on_current_changed(self, index: QModelIndex, _: QModelIndex) -> None:
        target = index.data(TARGET)
        if isinstance(target, LayerInfo):
            self.layer_chosen.emit(target.name)
        elif isinstance(target, Unit):
            self.unit_chosen.emit(target)

    def mouseReleaseEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().mouseReleaseEvent(event)
        self._open_other(self.indexAt(event.position().toPoint()))

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open_other(self.currentIndex())
            target = self.currentIndex().data(TARGET)
            if isinstance(target, LayerInfo):
                self.unit_chosen.emit(Layer(target.name))
            return
        super().keyPressEvent(event)

    def _open_other(self, index: QModelIndex) -> None:
        target = index.data(TARGET) if index.isValid() else None
        if isinstance(target, str):
            self.network_chosen.emit(target)


class _RowDelegate(QStyledItemDelegate):
    """Name at the left, a quiet detail at the right, both on one line."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        self.initStyleOption(option, index)
        name, option.text = option.text, ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        colours = tokens()
        rect = option.rect.adjusted(4, 0, -8, 0)
        detail = index.data(DETAIL) or ""
        # The name goes first: where there is no room for both, the detail is what is elided, or left out.
        beside = rect.width() - QFontMetrics(option.font).horizontalAdvance(name) - 10
        small = option.font
        small.setPixelSize(11)
        painter.save()
        painter.setFont(small)
        painter.setPen(QColor(colours.quiet))
        share = index.data(BAR)
        if share is not None:
            paint_bar(painter, QRectF(rect.right() - BAR_WIDTH, rect.top(), BAR_WIDTH, rect.height() - 1), share)
        detail = painter.fontMetrics().elidedText(detail, Qt.TextElideMode.ElideRight, beside) if beside > 24 else ""
        width = painter.fontMetrics().horizontalAdvance(detail)
        painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, detail)
        painter.restore()
        painter.save()
        painter.setPen(QColor(colours.text))
        room = rect.adjusted(0, 0, -width - 8, 0)
        text = option.fontMetrics.elidedText(name, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()


def _row(name: str, detail: str, target: object) -> QStandardItem:
    item = QStandardItem(name)
    item.setData(detail, DETAIL)
    item.setData(target, TARGET)
    return item


def _layer_tip(layer: LayerInfo) -> str:
    return f"{layer.name} · {layer.kind} · {layer.parameters:,} weights"


def _network_detail(card: NetworkCard) -> str:
    classes = f"{len(card.classes)} classes"
    return classes if card.test_accuracy is None else f"{classes} · {percentage(card.test_accuracy, 1)}"


def _shape_text(layer: LayerInfo) -> str:
    if not layer.has_space:
        return str(layer.channels)
    return f"{layer.channels} · {layer.shape[1]}×{layer.shape[2]}"
