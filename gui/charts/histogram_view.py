"""How strongly each image of a data set excites a unit: a histogram with a range that can be drawn by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts import histogram_paint as paint
from gui.charts.histogram_axis import fit_axis, rooms_for
from gui.charts.histogram_bins import OTHER, Bars, count_bars, description, gather, told
from gui.charts.histogram_brush import Drag, Grip, Range, grip_at, stepped
from gui.charts.histogram_legend import LegendEntry, class_entries, selection_entries
from gui.charts.histogram_paint import Marker
from gui.charts.histogram_selection import QUIET, mean_markers, selection_picture
from gui.theme import CAPTION_SIZE, text_font, tokens, with_alpha

TOP_ROOM, BOTTOM_ROOM, RIGHT_ROOM = 18, 20, 4


class HistogramView(QWidget):
    """The images by their scores, and a range of scores that the user draws, moves and resizes.

    The range keeps to whole bars: the images it holds are those of the bars that are seen in it.

    Signals
    -------
    brushed(float, float)
        The range while the user changes it: the least and the largest score in it.
    brush_cleared()
        The user took the range away.
    colours_changed()
        The bars may have other colours now, or other meanings of them: see `legend`.
    """

    brushed = Signal(float, float)
    brush_cleared = Signal()
    colours_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sample = gather(np.zeros(0, np.float32))
        self._bars: Bars | None = None
        self._rooms = (0.0, 0.0)
        self._placeholder = ""
        self._stacked = self._log = self._normal = False
        self._highlight: int | None = None
        self._markers: dict[str, Marker] = {}
        self._brush: Range | None = None
        self._drag: Drag | None = None
        self._dragging = self._ring = False
        self._hovered = -1
        self._pictures: tuple[object, list[QPixmap]] = (None, [])
        self.setMinimumSize(160, 110)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Histogram of scores")
        self._describe()

    def set_scores(
        self,
        scores: NDArray[np.float32],
        labels: NDArray[np.int64] | None,
        class_names: Sequence[str],
        selected: NDArray[np.bool_] | None = None,
    ) -> None:
        """Show the scores (n,) of n images and their classes (n,); what is no number is left out, and said to be.

        Images that are `selected` (n,) stand before the others, with their mean.
        """
        self._sample = gather(scores, labels, class_names, selected)
        self._bars, self._rooms, self._hovered = None, (0.0, 0.0), -1
        self._make_room()
        self._describe()
        self._recolour()

    def set_placeholder(self, text: str) -> None:
        """Say why there are no scores, or how to get some."""
        self._placeholder = text
        self._describe()
        self.update()

    def set_stacked(self, stacked: bool) -> None:
        """Colour the bars by class, where classes are known."""
        self._stacked = stacked
        self._recolour()

    def set_log(self, log: bool) -> None:
        """Make the axis of counts logarithmic."""
        self._log = log
        self.update()

    def set_normal(self, normal: bool) -> None:
        """Draw the normal curve of the same mean and deviation over the bars."""
        self._normal = normal
        self.update()

    def set_marker(self, name: str, value: float | None, text: str = "", colour: str = "accent") -> None:
        """Draw a line at a score, with `text` (else `name`) at its top; None, or what is no number, takes it away.

        `colour` is the name of a token. A marker beyond the data makes room for itself, in generous steps.
        """
        if value is None or not math.isfinite(value):
            self._markers.pop(name, None)
        else:
            self._markers[name] = Marker(value, text or name, colour)
        self._make_room()
        self.update()

    def set_highlight(self, label: int | None) -> None:
        """Put one class before the others, which are dimmed; None shows all alike again."""
        self._highlight = label
        self.update()

    def set_brush(self, low: float | None, high: float | None) -> None:
        """Show a range without telling anybody; None takes it away. A drag goes on: who listens may well echo it."""
        if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
            self._show_brush(None)
        else:
            self._show_brush((min(low, high), max(low, high)))

    def brush(self) -> Range | None:
        """Return the range that is shown."""
        return self._brush

    def stacked_classes(self) -> list[int]:
        """Return the classes that have a colour of their own in the stack, from below."""
        return [label for label in self._sample.classes if label != OTHER]

    def legend(self) -> tuple[LegendEntry, ...]:
        """Return what the colours of the bars mean, where there is more than one."""
        if self._stacked and self.stacked_classes():
            return class_entries(self._sample.classes, self._sample.class_names)
        return () if self._sample.selected is None else selection_entries()

    def plot_rect(self) -> QRect:
        """Return where the bars have their place, in the widget's coordinates."""
        left = QFontMetrics(text_font(CAPTION_SIZE)).horizontalAdvance("88.8k") + 10
        return QRect(left, TOP_ROOM, self.width() - left - RIGHT_ROOM, self.height() - TOP_ROOM - BOTTOM_ROOM)

    def bars(self) -> Bars:
        """Return the bars and their axis; they are counted anew only for other scores, another width or more room."""
        if self._bars is None:
            plot = self.plot_rect()
            self._bars = count_bars(self._sample, fit_axis(plot.left(), plot.width(), self._sample.span, self._rooms))
        return self._bars

    def markers(self) -> list[Marker]:
        """Return what is marked, first what keeps its place where labels would meet."""
        return [*mean_markers(self._sample, self.bars(), self._log), *self._markers.values()]

    def sizeHint(self) -> QSize:
        return QSize(320, 150)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self._bars = None

    def _make_room(self) -> None:
        if self._empty():
            return
        rooms = rooms_for([marker.value for marker in self._markers.values()], self._sample.span, self._rooms)
        if rooms != self._rooms:
            self._rooms, self._bars = rooms, None

    def _empty(self) -> bool:
        return not len(self._sample.scores)

    def _describe(self) -> None:
        text = description(self._sample) or self._placeholder or "No scores"
        if self._brush is not None:
            text += "; chosen: {:.3g} to {:.3g}".format(*self._brush)
        self.setAccessibleDescription(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(text_font(CAPTION_SIZE))
        if self._empty():
            painter.setFont(self.font())
            paint.paint_placeholder(painter, self.rect(), self._placeholder)
        else:
            self._paint_histogram(painter, self.plot_rect(), self.bars())
        if self._ring:
            paint.paint_focus(painter, self.rect())

    def _paint_histogram(self, painter: QPainter, plot: QRect, bars: Bars) -> None:
        paint.paint_counts(painter, plot, bars.top, self._log)
        if self._hovered >= 0:
            painter.fillRect(self._slot_rect(self._hovered), with_alpha(tokens().text, 0.08))
        if self._brush is None:
            self._paint_bars(painter, plot, 1.0)
        else:
            chosen = paint.brush_rect(plot, bars.axis, self._brush)
            # Under the bars, for it must not tint the colours of classes.
            painter.fillRect(chosen, with_alpha(tokens().accent, 0.14))
            for region, opacity in ((QRegion(plot) - QRegion(chosen), paint.DIMMED), (QRegion(chosen), 1.0)):
                painter.setClipRegion(region)
                self._paint_bars(painter, plot, opacity)
            painter.setClipping(False)
            paint.paint_edges(painter, chosen)
        if self._normal:
            paint.paint_normal(painter, plot, bars, self._sample, self._log)
        paint.paint_scores(painter, plot, bars.axis, self.width())
        paint.paint_markers(painter, plot, bars.axis, self.markers(), self.width())

    def _paint_bars(self, painter: QPainter, plot: QRect, opacity: float) -> None:
        whole, *alone = self._layers(plot)
        quiet = paint.DIMMED if self._highlight is not None else QUIET
        painter.setOpacity(opacity * (quiet if alone else 1.0))
        painter.drawPixmap(plot.topLeft(), whole)
        painter.setOpacity(opacity)
        for picture in alone:
            painter.drawPixmap(plot.topLeft(), picture)
        painter.setOpacity(1.0)

    def _layers(self, plot: QRect) -> list[QPixmap]:
        """Return the pictures of the bars and of the highlighted class, painted anew only when something changed."""
        bars, ratio, sample = self.bars(), self.devicePixelRatioF(), self._sample
        stacked = self._stacked and bool(self.stacked_classes())
        key = (bars, plot.size(), ratio, stacked, self._log, self._highlight, tokens())
        if self._pictures[0] != key:
            layers = [paint.bars_picture(plot, ratio, bars, sample, self._log, stacked)]
            if self._highlight is None and sample.selected is not None:
                layers.append(selection_picture(plot, ratio, bars, self._log))
            if self._highlight is not None:
                layers.append(paint.class_picture(plot, ratio, bars, sample, self._log, self._highlight))
            self._pictures = (key, layers)
        return self._pictures[1]

    def _slot_rect(self, slot: int) -> QRect:
        axis, plot = self.bars().axis, self.plot_rect()
        return QRect(axis.left + slot * axis.pitch, plot.top(), axis.pitch, plot.height())

    def tip(self, slot: int) -> str:
        """Return what the bar in a slot holds: its scores, its images, and its largest classes."""
        return told(self._sample, self.bars(), slot)

    def _recolour(self) -> None:
        self.update()
        self.colours_changed.emit()

    def _show_brush(self, brush: Range | None) -> None:
        self._brush = brush
        self._describe()
        self.update()

    def _change_brush(self, brush: Range) -> None:
        if brush != self._brush:
            self._show_brush(brush)
            self.brushed.emit(*brush)

    def _clear_brush(self) -> None:
        self._drag = None
        if self._brush is not None:
            self._show_brush(None)
            self.brush_cleared.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self._empty():
            x = event.position().x()
            self._drag, self._dragging = Drag(x, grip_at(x, self.bars().axis, self._brush), self._brush), False
            self._hover(-1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._empty():
            return
        x, axis = event.position().x(), self.bars().axis
        if self._drag is None:
            self._hover(axis.slot_at(x))
            self._show_grip(grip_at(x, axis, self._brush))
        elif self._dragging or self._drag.begins(x):
            self._dragging = True
            self._change_brush(self._drag.brush_at(x, axis))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._drag is not None:
            self._drag = None
            if not self._dragging:
                self._clear_brush()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._clear_brush()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)

    def _hover(self, slot: int) -> None:
        if slot != self._hovered:
            self._hovered = slot
            self.update()

    def _show_grip(self, grip: Grip) -> None:
        shapes = {"": Qt.CursorShape.CrossCursor, "inside": Qt.CursorShape.OpenHandCursor}
        self.setCursor(shapes.get(grip, Qt.CursorShape.SizeHorCursor))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        shift = Qt.KeyboardModifier.ShiftModifier
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        step = steps.get(Qt.Key(event.key()))
        if self._empty():
            event.ignore()
        elif event.key() == Qt.Key.Key_Escape and self._brush is not None:
            self._clear_brush()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._change_brush((self._sample.low, self._sample.high))
        elif step is not None and not held & ~shift:
            self._change_brush(stepped(self.bars().axis, self._brush, step, bool(held & shift)))
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        # As elsewhere in the program, a click draws no ring.
        reason = Qt.FocusReason
        self._ring = event.reason() in (reason.TabFocusReason, reason.BacktabFocusReason, reason.ShortcutFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring = False
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            slot = -1 if self._empty() else self.bars().axis.slot_at(event.pos().x())
            if slot >= 0:
                QToolTip.showText(event.globalPos(), self.tip(slot), self, self._slot_rect(slot))
            else:
                QToolTip.hideText()
            return True
        return super().event(event)
