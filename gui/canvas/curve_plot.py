"""The plot of a run: pyqtgraph, with a cursor instead of its own mouse and menu."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QWheelEvent

from gui.theme import CAPTION_SIZE, Tokens, text_font, tokens

LARGEST_CURVE = 1998

Floats = NDArray[np.floating]


class CurvePlot(pg.PlotWidget):  # type: ignore[misc]
    """The plot alone. Its mouse moves the cursor and nothing else: no zoom, no menu of pyqtgraph's."""

    cursor_moved = Signal(int)

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.cursor_step: int | None = None
        self._scores: Floats = np.zeros(0)
        self._total = 1
        self._largest_norm = 0.0
        self._references: dict[str, pg.InfiniteLine] = {}
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.showAxis("right")
        # The topmost tick's figure reaches half its height above the axis.
        item.setContentsMargins(0, 6, 0, 0)
        self._scale = item.getViewBox()
        self._norm_scale = pg.ViewBox(enableMenu=False)
        item.scene().addItem(self._norm_scale)
        item.getAxis("right").linkToView(self._norm_scale)
        for box in (self._scale, self._norm_scale):
            box.setMouseEnabled(False, False)
            box.disableAutoRange()
        # Below the objective, which is what one looks at.
        self._norm_scale.setZValue(-100)
        self._score_curve, self._norm_curve = (pg.PlotCurveItem(antialias=True) for _ in range(2))
        self._scale.addItem(self._score_curve)
        self._norm_scale.addItem(self._norm_curve)
        self._cursor_line = pg.InfiniteLine(angle=90, movable=False)
        self._cursor_line.hide()
        self._scale.addItem(self._cursor_line, ignoreBounds=True)
        self._scale.sigResized.connect(self._on_resized)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Curve of the run")
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._set_ranges()

    def set_curves(self, scores: Floats, norms: Floats, total_steps: int) -> None:
        if len(scores) < len(self._scores):
            # Another run: its norms have a scale of their own, and the cursor's step is not one of it.
            self._largest_norm = 0.0
            self.set_cursor(None)
        self._scores, self._total = np.asarray(scores, dtype=np.float64), max(total_steps, 1)
        norms = np.asarray(norms, dtype=np.float64)
        finite = norms[np.isfinite(norms)]
        self._largest_norm = max(self._largest_norm, float(finite.max(initial=0.0)))
        for curve, values in ((self._score_curve, self._scores), (self._norm_curve, norms)):
            places = thinned(values)
            curve.setData(places, values[places], connect="finite")
        self._set_ranges()

    def set_reference(self, name: str, value: float | None) -> None:
        old = self._references.pop(name, None)
        if old is not None:
            self._scale.removeItem(old)
        if value is not None:
            options = {"position": 0.98, "anchors": [(1, 1), (1, 0)], "movable": False}
            line = pg.InfiniteLine(value, angle=0, movable=False, label=name, labelOpts=options)
            line.label.setFont(text_font(CAPTION_SIZE))
            self._references[name] = line
            self._scale.addItem(line, ignoreBounds=True)
            self._dress_reference(line, tokens())
        self._set_ranges()

    def set_cursor(self, step: int | None) -> None:
        self.cursor_step = step
        self._cursor_line.setVisible(step is not None)
        if step is not None:
            self._cursor_line.setValue(step)

    def score_at(self, step: int) -> float:
        return float(self._scores[step]) if 0 <= step < len(self._scores) else float("nan")

    def dress(self, colours: Tokens) -> None:
        self.setBackground(None)
        item = self.getPlotItem()
        for side in ("left", "right", "bottom"):
            axis = item.getAxis(side)
            axis.setPen(pg.mkPen(colours.line))
            axis.setTextPen(pg.mkPen(colours.quiet))
            axis.setStyle(tickFont=text_font(CAPTION_SIZE), tickLength=-4, maxTickLevel=0)
            axis.enableAutoSIPrefix(False)
        self._score_curve.setPen(pg.mkPen(colours.accent, width=1.5))
        self._norm_curve.setPen(pg.mkPen(colours.quiet, width=1))
        self._cursor_line.setPen(pg.mkPen(colours.text, width=1))
        for line in self._references.values():
            self._dress_reference(line, colours)

    def _dress_reference(self, line: pg.InfiniteLine, colours: Tokens) -> None:
        line.setPen(pg.mkPen(colours.good, width=1, style=Qt.PenStyle.DashLine))
        line.label.setColor(colours.good)

    def _set_ranges(self) -> None:
        levels = np.concatenate([self._scores, [line.value() for line in self._references.values()]])
        levels = levels[np.isfinite(levels)]
        low, high = (float(levels.min()), float(levels.max())) if len(levels) else (0.0, 1.0)
        room = (high - low) * 0.06 or max(abs(high), 1.0) * 0.1
        self._scale.setRange(xRange=(0, self._total), yRange=(low - room, high + room), padding=0)
        top = (self._largest_norm or 1.0) * 1.06
        self._norm_scale.setRange(xRange=(0, self._total), yRange=(0, top), padding=0)

    @Slot()
    def _on_resized(self) -> None:
        self._norm_scale.setGeometry(self._scale.sceneBoundingRect())

    def step_at(self, x: float) -> int | None:
        """Return the step under a place of the widget, within what has been run; None before the first."""
        if not len(self._scores):
            return None
        place = self._scale.mapSceneToView(self.mapToScene(round(x), 0)).x()
        return int(np.clip(round(place), 0, len(self._scores) - 1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._move_to(self.step_at(event.position().x()))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._move_to(self.step_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        # For the panel, which scrolls.
        event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._scores) - 1
        here = last if self.cursor_step is None else self.cursor_step
        goals = {
            Qt.Key.Key_Left: here - 1,
            Qt.Key.Key_Right: here + 1,
            Qt.Key.Key_PageUp: here - max(1, self._total // 10),
            Qt.Key.Key_PageDown: here + max(1, self._total // 10),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        goal = goals.get(Qt.Key(event.key()))
        if goal is None or last < 0 or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            event.ignore()
        else:
            self._move_to(min(max(goal, 0), last))

    def _move_to(self, step: int | None) -> None:
        if step is not None and step != self.cursor_step:
            self.set_cursor(step)
            self.cursor_moved.emit(step)


def thinned(values: Floats) -> NDArray[np.intp]:
    """Choose at most `LARGEST_CURVE` indices: the least and the largest of each stretch, so that no peak is lost.

    values (n,) may hold what is not finite; returns ascending indices, the first and the last always among them.
    """
    count = len(values)
    if count <= LARGEST_CURVE:
        return np.arange(count)
    stretch = -(-count // (LARGEST_CURVE // 2 - 1))
    padded = np.pad(np.nan_to_num(values), (0, -count % stretch), mode="edge").reshape(-1, stretch)
    starts = np.arange(len(padded)) * stretch
    found = np.concatenate([starts + padded.argmin(1), starts + padded.argmax(1), [0, count - 1]])
    return np.unique(np.minimum(found, count - 1))
