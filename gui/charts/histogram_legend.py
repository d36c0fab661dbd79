"""What the colours of a histogram mean, said where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.charts.histogram_bins import OTHER
from gui.charts.histogram_paint import class_colours
from gui.theme import CAPTION_SIZE, text_font, tokens

SWATCH = 9
LINE = 17
WIDEST = 120
"""Pixels of a name, beyond which it is elided."""


@dataclass(frozen=True)
class LegendEntry:
    """A colour and its meaning; `label` is the class that has it, −1 where it is no class's."""

    text: str
    colour: QColor
    label: int = -1


def class_entries(classes: Sequence[int], names: Sequence[str]) -> tuple[LegendEntry, ...]:
    """Return the legend of bars that are coloured by class; `OTHER` stands for all classes without a colour."""
    palette = class_colours(len(names))
    return tuple(
        LegendEntry("other classes", QColor(tokens().quiet))
        if label == OTHER
        else LegendEntry(names[label], palette[label], label)
        for label in classes
    )


def selection_entries() -> tuple[LegendEntry, ...]:
    """Return the legend of bars of which the selected images stand before the others."""
    return (
        LegendEntry("selected images", QColor(tokens().accent)),
        LegendEntry("all images", QColor(tokens().quiet)),
    )


class HistogramLegend(QWidget):
    """Swatches with their names, in as many lines as they need; out of sight where there are none.

    Signals
    -------
    class_hovered(int)
        The pointer came to a class; −1 where it left all.
    """

    class_hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[LegendEntry, ...] = ()
        self._hovered = -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Colours of the histogram")
        self.hide()

    def set_entries(self, entries: Sequence[LegendEntry]) -> None:
        self._entries = tuple(entries)
        self.setAccessibleDescription(", ".join(entry.text for entry in self._entries))
        self.setVisible(bool(self._entries))
        self._fit()

    def texts(self) -> list[str]:
        """Return what is said of the colours, in their order."""
        return [entry.text for entry in self._entries]

    def rects(self) -> list[QRect]:
        """Return where each swatch with its name lies."""
        metrics = QFontMetrics(text_font(CAPTION_SIZE))
        rects, left, top = [], 0, 0
        for entry in self._entries:
            width = SWATCH + 5 + min(metrics.horizontalAdvance(entry.text), WIDEST)
            if left and left + width > self.width():
                left, top = 0, top + LINE
            rects.append(QRect(left, top, width, LINE))
            left += width + 12
        return rects

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.oldSize().width() != event.size().width():
            self._fit()

    def _fit(self) -> None:
        rects = self.rects()
        self.setFixedHeight(rects[-1].bottom() + 1 if rects else LINE)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(CAPTION_SIZE))
        metrics = painter.fontMetrics()
        for entry, rect in zip(self._entries, self.rects(), strict=True):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(entry.colour)
            painter.drawRoundedRect(QRectF(rect.left(), rect.top() + (LINE - SWATCH) / 2, SWATCH, SWATCH), 2, 2)
            lit = entry.label >= 0 and entry.label == self._hovered
            painter.setPen(QColor(tokens().text if lit else tokens().quiet))
            shown = metrics.elidedText(entry.text, Qt.TextElideMode.ElideRight, WIDEST)
            base = rect.top() + (LINE + metrics.ascent() - metrics.descent()) / 2
            painter.drawText(QPointF(rect.left() + SWATCH + 5, base), shown)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._class_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)

    def _class_at(self, point: QPoint) -> int:
        inside = (entry for entry, rect in zip(self._entries, self.rects(), strict=True) if rect.contains(point))
        return next((entry.label for entry in inside), -1)

    def _hover(self, label: int) -> None:
        if label != self._hovered:
            self._hovered = label
            self.class_hovered.emit(label)
            self.update()
