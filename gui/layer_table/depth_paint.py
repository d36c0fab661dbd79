"""How the chart by depth is painted: three strips, the names below them, and a legend."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from gui.charts.ticks import skewness_ticks
from gui.layer_table.depth_summary import SHAPES, LayerDepth
from gui.text import percentage
from gui.theme import CAPTION_SIZE, text_font, tokens, with_alpha

GUTTER = 92
"""Pixels at the left for the names of the strips and their figures."""
SKEWNESS = (6, 74)
ZEROS = (92, 32)
SHARES = (136, 44)
"""Top and height of each strip."""
NAMES = 184
LEGEND_HEIGHT = 18
LONGEST_NAME = 110
LINE = 15
SLANT = 45
"""Degrees by which names are turned where they do not stand side by side."""


def paint_chart(
    painter: QPainter, layers: Sequence[LayerDepth], columns: Sequence[QRectF], current: int, marked: int
) -> None:
    """Paint layers into their columns; `current` is the one looked at, `marked` the one under the pointer; −1: none."""
    if not layers:
        return
    painter.setFont(text_font(CAPTION_SIZE))
    legend = NAMES + names_height(layers, columns)
    for index, colour in ((current, with_alpha(tokens().accent, 0.12)), (marked, with_alpha(tokens().quiet, 0.14))):
        if index >= 0:
            painter.fillRect(QRectF(columns[index].left(), 0, columns[index].width(), NAMES + LINE + 3), colour)
    right = columns[-1].right()
    _paint_skewness(painter, layers, columns, right)
    _paint_zeros(painter, layers, columns, right)
    _paint_shapes(painter, layers, columns)
    _paint_names(painter, layers, columns, current, marked)
    _paint_legend(painter, layers, legend)


def skewness_range(layers: Sequence[LayerDepth]) -> tuple[float, float]:
    """Give the least and the largest skewness that the axis needs, 0 among them."""
    ends = [end for layer in layers for end in (layer.low, layer.high) if math.isfinite(end)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    return (low, high) if high - low > 0.1 else (low - 0.5, high + 0.5)


def names_height(layers: Sequence[LayerDepth], columns: Sequence[QRectF]) -> int:
    """Return the pixels that the names take below the strips: one line, or more where they are slanted."""
    widths = _name_widths(layers)
    if _stand_flat(columns, widths):
        return LINE + 7
    return round(max(widths, default=0.0) * math.sin(math.radians(SLANT))) + LINE + 7


def shown_names(columns: Sequence[QRectF], widths: Sequence[float], first: Sequence[int]) -> list[int]:
    """Say which layers are named: all where slanted names have a line each; else those of `first`, and others.

    >>> wide, narrow = [QRectF(20 * k, 0, 20, 9) for k in range(4)], [QRectF(9 * k, 0, 9, 9) for k in range(4)]
    >>> shown_names(wide, [50.0] * 4, ()), shown_names(narrow, [50.0] * 4, (1,))
    ([0, 1, 2, 3], [1, 3])
    """
    if _stand_flat(columns, widths) or not columns:
        return list(range(len(columns)))
    apart = math.ceil(0.95 * LINE / math.sin(math.radians(SLANT)) / columns[0].width())
    kept: list[int] = []
    for index in (*first, *range(len(columns))):
        if all(abs(index - other) >= apart for other in kept):
            kept.append(index)
    return sorted(kept)


def _stand_flat(columns: Sequence[QRectF], widths: Sequence[float]) -> bool:
    """Say whether every name fits below its own column."""
    return all(width + 6 <= column.width() for column, width in zip(columns, widths, strict=True))


def _names(layers: Sequence[LayerDepth]) -> list[str]:
    metrics = QFontMetricsF(text_font(CAPTION_SIZE))
    return [metrics.elidedText(layer.layer, Qt.TextElideMode.ElideMiddle, LONGEST_NAME) for layer in layers]


def _name_widths(layers: Sequence[LayerDepth]) -> list[float]:
    metrics = QFontMetricsF(text_font(CAPTION_SIZE))
    return [metrics.horizontalAdvance(name) for name in _names(layers)]


def shape_colours() -> tuple[QColor, ...]:
    """Give the colour of each of `SHAPES`: the accent for what the claim is about, greys for what is usual."""
    colours = tokens()
    return (
        QColor(colours.accent),
        with_alpha(colours.accent, 0.4),
        with_alpha(colours.warn, 0.8),
        QColor(colours.path),
        with_alpha(colours.quiet, 0.18),
        with_alpha(colours.quiet, 0.4),
    )


def _paint_skewness(painter: QPainter, layers: Sequence[LayerDepth], columns: Sequence[QRectF], right: float) -> None:
    top, height = SKEWNESS
    low, high = skewness_range(layers)

    def y_of(value: float) -> float:
        return top + height * (high - value) / (high - low)

    _paint_title(painter, top - 2, "skewness")
    for tick in skewness_ticks(low, high):
        _paint_rule(painter, y_of(tick), right, f"{tick:g}".replace("-", "−"), strong=tick == 0)
    known = [(layer, column) for layer, column in zip(layers, columns, strict=True) if math.isfinite(layer.skewness)]
    upper = [QPointF(column.center().x(), y_of(layer.high)) for layer, column in known]
    lower = [QPointF(column.center().x(), y_of(layer.low)) for layer, column in known]
    painter.setBrush(with_alpha(tokens().accent, 0.2))
    # A single layer has a band without width; its outline alone can be seen.
    painter.setPen(QPen(with_alpha(tokens().accent, 0.2), 2) if len(known) == 1 else QPen(Qt.PenStyle.NoPen))
    painter.drawPolygon(QPolygonF([*upper, *reversed(lower)]))
    middle = [QPointF(column.center().x(), y_of(layer.skewness)) for layer, column in known]
    painter.setPen(QPen(QColor(tokens().accent), 2))
    painter.drawPolyline(QPolygonF(middle))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens().accent))
    radius = min(3.0, columns[0].width() / 3)
    for point in middle:
        painter.drawEllipse(point, radius, radius)


def _paint_zeros(painter: QPainter, layers: Sequence[LayerDepth], columns: Sequence[QRectF], right: float) -> None:
    top, height = ZEROS
    largest = max((layer.zeros for layer in layers if math.isfinite(layer.zeros)), default=0.0)
    _paint_title(painter, top - 2, "zeros")
    _paint_rule(painter, top + height, right, "0", strong=True)
    if not largest:
        return
    _paint_rule(painter, top, right, percentage(largest, 0 if largest >= 0.1 else 1))
    for layer, column in zip(layers, columns, strict=True):
        if layer.zeros > 0:
            size = max(height * layer.zeros / largest, 1.0)
            painter.fillRect(_bar(column, top + height - size, size), with_alpha(tokens().accent, 0.6))


def _paint_shapes(painter: QPainter, layers: Sequence[LayerDepth], columns: Sequence[QRectF]) -> None:
    top, height = SHARES
    _paint_title(painter, top - 2, "shapes")
    _figure(painter, top, "100 %")
    for layer, column in zip(layers, columns, strict=True):
        bottom = float(top + height)
        for share, colour in zip(layer.shapes, shape_colours(), strict=True):
            painter.fillRect(_bar(column, bottom - share * height, share * height), colour)
            bottom -= share * height


def _paint_names(
    painter: QPainter, layers: Sequence[LayerDepth], columns: Sequence[QRectF], current: int, marked: int
) -> None:
    names, widths = _names(layers), _name_widths(layers)
    first = list(dict.fromkeys(index for index in (marked, current) if index >= 0))
    slant = 0 if _stand_flat(columns, widths) else SLANT
    for index in shown_names(columns, widths, first):
        painter.setPen(
            QColor(tokens().accent if index == current else tokens().text if index in first else tokens().quiet)
        )
        painter.save()
        painter.translate(columns[index].center().x(), NAMES + 2)
        painter.rotate(-slant)
        # A slanted name ends below its column, a flat one lies in the middle of it.
        left = -widths[index] if slant else -widths[index] / 2
        painter.drawText(QPointF(left, painter.fontMetrics().ascent()), names[index])
        painter.restore()


def _paint_legend(painter: QPainter, layers: Sequence[LayerDepth], top: int) -> None:
    """Name the colours of the shapes that there are."""
    x, metrics = float(GUTTER), painter.fontMetrics()
    for place, shape in enumerate(SHAPES):
        if not any(layer.shapes[place] for layer in layers):
            continue
        painter.fillRect(QRectF(x, top + 4, 9, 9), shape_colours()[place])
        painter.setPen(QColor(tokens().quiet))
        x += 14
        painter.drawText(QPointF(x, top + 12), shape)
        x += metrics.horizontalAdvance(shape) + 14


def _bar(column: QRectF, top: float, height: float) -> QRectF:
    gap = min(max(column.width() * 0.12, 0.5), 6.0)
    return QRectF(column.left() + gap, top, column.width() - 2 * gap, height)


def _paint_title(painter: QPainter, top: float, text: str) -> None:
    painter.setPen(QColor(tokens().quiet))
    painter.drawText(QRectF(0, top, GUTTER, LINE), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def _paint_rule(painter: QPainter, y: float, right: float, text: str, *, strong: bool = False) -> None:
    painter.setPen(QPen(QColor(tokens().hover if strong else tokens().line), 1))
    painter.drawLine(QPointF(GUTTER, y), QPointF(right, y))
    _figure(painter, y, text)


def _figure(painter: QPainter, y: float, text: str) -> None:
    painter.setPen(QColor(tokens().quiet))
    place = QRectF(0, y - LINE / 2, GUTTER - 8, LINE)
    painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
