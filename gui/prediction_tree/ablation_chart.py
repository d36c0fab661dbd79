"""What is left of a probability without the filters of a path, and without as many random ones."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.text import counted, per_cent
from gui.theme import CAPTION_SIZE, text_font, tokens, with_alpha

GUTTER, RIGHT = 46, 12
ROW = 16
TOP = 2 * ROW + 12
FOOT = 36
SWATCH = 18
BAND = 0.2
"""Opacity of the band."""

Shares = NDArray[np.floating[Any]]
LEFT_TEXT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT_TEXT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Ablated(Protocol):
    """What a curve must tell: `backend.pages.explanation.AblationCurve` does.

    counts (n,), ascending from 0; the others (n,), in 0..1, NaN for what is not known.
    """

    @property
    def counts(self) -> NDArray[np.int64]: ...
    @property
    def probability(self) -> Shares: ...
    @property
    def random_low(self) -> Shares: ...
    @property
    def random_mean(self) -> Shares: ...
    @property
    def random_high(self) -> Shares: ...


class AblationChart(QWidget):
    """The probability against the filters set to 0: the path's as a line, random ones as a band and a broken line.

    The figures above it are those of the count under the pointer or chosen with the left and right keys, else of the
    last one.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curve: Ablated | None = None
        self._marked = -1
        self._placeholder = ""
        self.setMinimumSize(220, TOP + FOOT + 60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Probability without the filters of the path")

    def set_curve(self, curve: Ablated | None) -> None:
        """Show a curve; None empties the chart."""
        self._curve = curve if curve is not None and len(curve.counts) else None
        self._marked = -1
        self._tell()

    def set_placeholder(self, text: str) -> None:
        """Say this where there is no curve."""
        self._placeholder = text
        self._tell()

    def placeholder(self) -> str:
        return self._placeholder if self._curve is None else ""

    def marked(self) -> int:
        """Return the place, among the counts, of the one whose figures are shown; −1 without a curve."""
        if self._curve is None:
            return -1
        return self._marked if self._marked >= 0 else len(self._curve.counts) - 1

    def readout(self) -> tuple[tuple[str, str], ...]:
        """Return the two lines above the chart: what was removed, and the probability that is left."""
        if self._curve is None:
            return ()
        place = self.marked()
        count = int(self._curve.counts[place])
        if not count:
            return (("with every filter", _share(self._curve.probability[place])), ("random others", ""))
        low, mean, high = (
            _share(values[place])
            for values in (self._curve.random_low, self._curve.random_mean, self._curve.random_high)
        )
        return (
            (
                f"without {counted(count, 'critical filter')}",
                _share(self._curve.probability[place]),
            ),
            (
                f"without {counted(count, 'random other')}",
                f"{mean} ({low} to {high})" if mean != "–" else mean,
            ),
        )

    def plot(self) -> QRectF:
        """Return where the curves are drawn."""
        return QRectF(GUTTER, TOP, max(self.width() - GUTTER - RIGHT, 1), max(self.height() - TOP - FOOT, 1))

    def point(self, place: int, share: float) -> QPointF:
        """Return where a share stands above the count at `place`."""
        box = self.plot()
        most = max(int(self._curve.counts[-1]), 1) if self._curve is not None else 1
        count = int(self._curve.counts[place]) if self._curve is not None else 0
        return QPointF(box.left() + box.width() * count / most, box.bottom() - box.height() * share)

    def sizeHint(self) -> QSize:
        return QSize(420, 230)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._curve is None:
            painter.setFont(text_font(CAPTION_SIZE))
            painter.setPen(QColor(tokens().quiet))
            place = QRectF(self.rect()).adjusted(0, 4, -RIGHT, -4)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, self._placeholder)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(CAPTION_SIZE))
        self._paint_readout(painter)
        self._paint_axes(painter, self._curve)
        self._paint_curves(painter, self._curve)

    def _paint_readout(self, painter: QPainter) -> None:
        colours = tokens()
        for row, (name, figure) in enumerate(self.readout()):
            line = QRectF(GUTTER, 2 + row * ROW, self.plot().width(), ROW)
            middle = line.center().y()
            begin, end = QPointF(line.left(), middle), QPointF(line.left() + SWATCH, middle)
            if row:
                painter.fillRect(QRectF(line.left(), middle - 5, SWATCH, 10), with_alpha(colours.quiet, BAND))
            painter.setPen(_random_pen() if row else QPen(QColor(colours.path), 2))
            painter.drawLine(begin, end)
            painter.setPen(QColor(colours.text))
            words = line.adjusted(SWATCH + 8, 0, 0, 0)
            metrics = painter.fontMetrics()
            if metrics.horizontalAdvance(f"{name}  {figure}") > words.width():
                figure = figure.partition(" (")[0]
            room = int(words.width()) - metrics.horizontalAdvance(f"  {figure}")
            painter.drawText(words, LEFT_TEXT, metrics.elidedText(name, Qt.TextElideMode.ElideRight, room))
            painter.setPen(QColor(colours.quiet if row else colours.path))
            painter.drawText(line, RIGHT_TEXT, figure)

    def _paint_axes(self, painter: QPainter, curve: Ablated) -> None:
        colours, box = tokens(), self.plot()
        for quarter in range(0, 5, 1 if box.height() >= 90 else 2):
            y = box.bottom() - box.height() * quarter / 4
            painter.setPen(QPen(QColor(colours.line if quarter else colours.hover), 1))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(QColor(colours.quiet))
            painter.drawText(QRectF(0, y - 8, GUTTER - 8, 16), RIGHT_TEXT, f"{25 * quarter} %")
        x = self.point(self.marked(), 0.0).x()
        painter.setPen(QPen(with_alpha(colours.text, 0.4), 1))
        painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom() + 4))
        for place in shown_counts([self.point(place, 0.0).x() for place in range(len(curve.counts))], self.marked()):
            painter.setPen(QColor(colours.text if place == self.marked() else colours.quiet))
            figure = QRectF(self.point(place, 0.0).x() - 20, box.bottom() + 4, 40, 14)
            painter.drawText(figure, Qt.AlignmentFlag.AlignCenter, f"{int(curve.counts[place]):,}")
        painter.setPen(QColor(colours.quiet))
        foot = QRectF(box.left(), box.bottom() + 19, box.width(), 15)
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, "filters set to 0")

    def _paint_curves(self, painter: QPainter, curve: Ablated) -> None:
        colours = tokens()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(with_alpha(colours.quiet, BAND))
        painter.drawPolygon(QPolygonF([*self._points(curve.random_high), *reversed(self._points(curve.random_low))]))
        painter.setPen(_random_pen())
        painter.drawPolyline(QPolygonF(self._points(curve.random_mean)))
        own = self._points(curve.probability)
        painter.setPen(QPen(QColor(colours.path), 2))
        painter.drawPolyline(QPolygonF(own))
        painter.setBrush(QColor(colours.path))
        painter.setPen(Qt.PenStyle.NoPen)
        if len(own) <= self.plot().width() / 8:
            for point in own:
                painter.drawEllipse(point, 2.5, 2.5)
        here = float(curve.probability[self.marked()])
        if math.isfinite(here):
            painter.setPen(QPen(QColor(colours.panel), 2))
            painter.drawEllipse(self.point(self.marked(), here), 5, 5)

    def _points(self, shares: Shares) -> list[QPointF]:
        known = enumerate(shares.tolist())
        return [self.point(place, share) for place, share in known if math.isfinite(share)]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._curve is not None:
            x, places = event.position().x(), range(len(self._curve.counts))
            self._mark(min(places, key=lambda place: abs(self.point(place, 0.0).x() - x)))

    def leaveEvent(self, event: QEvent) -> None:
        self._mark(-1)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._mark(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if move is None or self._curve is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        else:
            self._mark(min(max(self.marked() + move, 0), len(self._curve.counts) - 1))

    def _mark(self, place: int) -> None:
        if place != self._marked:
            self._marked = place
            self._tell()

    def _tell(self) -> None:
        words = ", ".join(f"{name} {figure}".strip() for name, figure in self.readout())
        self.setAccessibleDescription(words or self._placeholder)
        self.update()


def shown_counts(places: list[float], marked: int, room: float = 26.0) -> list[int]:
    """Say which counts have room for their figures: the marked one, both ends, and what fits between them.

    >>> shown_counts([0, 10, 20, 30, 40], marked=4)
    [0, 4]
    >>> shown_counts([0, 10, 20, 30, 60], marked=1)
    [1, 4]
    """
    kept: list[int] = []
    for index in (marked, len(places) - 1, *range(len(places))):
        if all(abs(places[index] - places[other]) >= room for other in kept):
            kept.append(index)
    return sorted(kept)


def _random_pen() -> QPen:
    return QPen(QColor(tokens().quiet), 1.25, Qt.PenStyle.DashLine)


def _share(value: Any) -> str:
    return per_cent(float(value)) if math.isfinite(value) else "–"
