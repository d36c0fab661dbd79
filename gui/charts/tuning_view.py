"""Tuning curves: how the score follows one parameter of the stimuli, as small charts side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from backend.jobs import TuningCurve
from gui.text import figure
from gui.theme import CAPTION_SIZE, RADIUS, text_font, tokens

CHART_HEIGHT = 104
GAP = 8
TITLE, TICKS = 18, 16


class TuningView(QWidget):
    """Up to four curves in two columns: the mean over all other parameters in accent, the largest score in grey."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: Sequence[TuningCurve] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(200)
        self.setAccessibleName("Tuning curves")

    def set_curves(self, curves: Sequence[TuningCurve]) -> None:
        self._curves = curves
        words = [f"{curve.name}: strongest at {_best(curve)}" for curve in curves]
        self.setAccessibleDescription(", ".join(words))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        rows = -(-len(self._curves) // 2)
        return QSize(300, max(rows * (CHART_HEIGHT + GAP) - GAP, 0))

    def chart_rect(self, place: int) -> QRectF:
        """Return where curve number `place` is drawn, its title and ticks included."""
        width = (self.width() - GAP) / 2
        return QRectF((place % 2) * (width + GAP), place // 2 * (CHART_HEIGHT + GAP), width, CHART_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(CAPTION_SIZE))
        for place, curve in enumerate(self._curves):
            self._paint_chart(painter, self.chart_rect(place), curve)

    def _paint_chart(self, painter: QPainter, box: QRectF, curve: TuningCurve) -> None:
        colours = tokens()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        inner = box.adjusted(8, 4, -8, -4)
        head, foot = QRectF(inner), QRectF(inner)
        head.setHeight(TITLE)
        foot.setTop(inner.bottom() - TICKS)
        painter.setPen(QColor(colours.text))
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, curve.name)
        painter.setPen(QColor(colours.accent))
        painter.drawText(head, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, _best(curve))
        painter.setPen(QColor(colours.quiet))
        first, last = (f"{curve.values[end]:g}{curve.unit.replace(' cycles', '')}" for end in (0, -1))
        first, last = (text.replace(" of the side", "") for text in (first, last))
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, first)
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, last)
        plot = QRectF(inner.left(), head.bottom() + 2, inner.width(), foot.top() - head.bottom() - 6)
        low, high = _range(curve)
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        for scores, colour, width in ((curve.largest, colours.quiet, 1.0), (curve.mean, colours.accent, 1.6)):
            painter.setPen(QPen(QColor(colour), width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(_points(curve.values, scores, plot, low, high))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            over = [c for place, c in enumerate(self._curves) if self.chart_rect(place).contains(QPointF(event.pos()))]
            QToolTip.showText(event.globalPos(), _told(over[0]) if over else "", self)
            return True
        return super().event(event)


def _points(
    values: NDArray[np.float64], scores: NDArray[np.float32], plot: QRectF, low: float, high: float
) -> QPolygonF:
    known = np.isfinite(scores)
    across = (values - values[0]) / max(values[-1] - values[0], 1e-12)
    up = (scores - low) / max(high - low, 1e-12)
    places = zip(across[known].tolist(), up[known].tolist(), strict=True)
    return QPolygonF([QPointF(plot.left() + x * plot.width(), plot.bottom() - y * plot.height()) for x, y in places])


def _range(curve: TuningCurve) -> tuple[float, float]:
    scores = np.concatenate([curve.mean, curve.largest])
    scores = scores[np.isfinite(scores)]
    return (float(scores.min()), float(scores.max())) if len(scores) else (0.0, 1.0)


def _best(curve: TuningCurve) -> str:
    if not np.isfinite(curve.mean).any():
        return "–"
    best = int(np.nanargmax(curve.mean))
    return f"{curve.values[best]:.3g}{curve.unit.replace(' of the side', '')}"


def _told(curve: TuningCurve) -> str:
    low, high = _range(curve)
    return (
        f"Score against {curve.name}, from {figure(low)} to {figure(high)}.\n"
        "Blue: mean over all other parameters. Grey: the largest. The figure is where the mean is highest."
    )
