"""Skewness, zeros and shapes of the layers from the input to the output, on one axis of depth."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.layer_table.depth_paint import GUTTER, LEGEND_HEIGHT, NAMES, names_height, paint_chart
from gui.layer_table.depth_summary import SHAPES, LayerDepth
from gui.text import percentage


class DepthChart(QWidget):
    """Three strips over one another: median skewness with its 10–90 % band, zeros, and the shapes of the channels.

    Signals
    -------
    layer_chosen(str)
        A layer was clicked, or chosen with the left and right keys.
    """

    layer_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[LayerDepth, ...] = ()
        self._current = self._hovered = -1
        self.setMinimumWidth(GUTTER + 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._fit()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Skewness, zeros and shapes by depth")

    def set_layers(self, layers: Sequence[LayerDepth], current: str = "") -> None:
        """Show layers in their order; `current` is the name of the one that is looked at."""
        self._layers = tuple(layers)
        self._hovered = -1
        self._fit()
        self.set_current(current)

    def set_current(self, layer: str) -> None:
        """Mark a layer without telling anybody."""
        names = [each.layer for each in self._layers]
        self._current = names.index(layer) if layer in names else -1
        self.setAccessibleDescription(self.tip(self._current) if self._current >= 0 else "")
        self.update()

    def layers(self) -> tuple[LayerDepth, ...]:
        return self._layers

    def column(self, index: int) -> QRectF:
        """Return the place of a layer: as high as the chart."""
        pitch = (self.width() - GUTTER) / max(len(self._layers), 1)
        return QRectF(GUTTER + index * pitch, 0, pitch, self.height())

    def layer_at(self, place: QPoint) -> int:
        """Return the number of the layer at a place, −1 beside them."""
        if not self._layers or not GUTTER <= place.x() < self.width():
            return -1
        return min(int((place.x() - GUTTER) / self.column(0).width()), len(self._layers) - 1)

    def tip(self, index: int) -> str:
        """Return the numbers of a layer in words."""
        layer = self._layers[index]
        skewness = f"{layer.skewness:.2f} ({layer.low:.2f} to {layer.high:.2f})".replace("-", "−")
        shares = zip(SHAPES, layer.shapes, strict=True)
        return "\n".join(
            [
                f"{layer.layer} · {layer.channels:,} channels · {layer.images:,} images",
                f"median skewness {skewness if layer.skewness == layer.skewness else '–'}",
                f"zeros {percentage(layer.zeros, 1)}",
                *(f"{shape} {percentage(share)}" for shape, share in shares if share),
            ]
        )

    def sizeHint(self) -> QSize:
        return QSize(600, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.oldSize().width() != event.size().width():
            self._fit()

    def _fit(self) -> None:
        """Be as high as the names need that stand below columns of this width."""
        names = names_height(self._layers, self._columns())
        self.setFixedHeight(NAMES + names + LEGEND_HEIGHT)

    def _columns(self) -> list[QRectF]:
        return [self.column(index) for index in range(len(self._layers))]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marked = self._hovered if self._hovered >= 0 else self._current if self.hasFocus() else -1
        paint_chart(painter, self._layers, self._columns(), self._current, marked)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self.layer_at(event.position().toPoint())
        if index != self._hovered:
            self._hover(index)
            # At once, and anew for each: one reads the chart by moving over it.
            place = event.globalPosition().toPoint() + QPoint(12, 0)
            if index >= 0:
                QToolTip.showText(place, self.tip(index), self, self.column(index).toRect())
            else:
                QToolTip.hideText()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)

    def _hover(self, index: int) -> None:
        self._hovered = index
        self.setCursor(Qt.CursorShape.PointingHandCursor if index >= 0 else Qt.CursorShape.ArrowCursor)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.layer_at(event.position().toPoint())
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.layer_chosen.emit(self._layers[index].layer)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if move is None or not self._layers:
            super().keyPressEvent(event)
            return
        goal = min(max(self._current + move, 0), len(self._layers) - 1)
        if goal != self._current:
            self.layer_chosen.emit(self._layers[goal].layer)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
