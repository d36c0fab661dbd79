"""The parts of a histogram, each painted by a function of its own; and the colours of its classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from gui.charts.histogram_axis import Axis, axis_score_text, count_ticks, heights, shares, short_count
from gui.charts.histogram_bins import OTHER, Bars, Sample
from gui.charts.ticks import score_ticks
from gui.theme import RADIUS, tokens, with_alpha

LABEL_HEIGHT = 15
DIMMED = 0.3

# Calm, of about one lightness, and each told from the others and from both themes' panels: as many as are stacked.
HUES = (
    *("#568fe3", "#de8035", "#539156", "#da5668", "#8a5fc9", "#2f9f9d"),
    *("#ae942f", "#cf74bc", "#995d48", "#327892", "#a4406d", "#677329"),
)
GOLDEN_ANGLE = 137.508

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Marker:
    """A line at a score, what stands at its top, and the theme's colour it has."""

    value: float
    text: str
    colour: str


def class_colours(count: int) -> list[QColor]:
    """Return a colour for each of `count` classes, the same in both themes; a class keeps it whatever the count."""
    return [QColor(HUES[index]) if index < len(HUES) else _generated(index) for index in range(count)]


def _generated(index: int) -> QColor:
    """Return a colour beyond the chosen ones: hues far from the last few, all about as bright as the chosen."""
    hue = (index * GOLDEN_ANGLE) % 360 / 360
    target = (0.20, 0.27, 0.16)[index % 3]
    dark, bright = 0.0, 1.0
    # Equal lightness of HSL is not equal to the eye: yellow is far brighter than blue.
    for _ in range(12):
        middle = (dark + bright) / 2
        dark, bright = (middle, bright) if luminance(QColor.fromHslF(hue, 0.45, middle)) < target else (dark, middle)
    return QColor.fromHslF(hue, 0.45, dark)


def luminance(colour: QColor) -> float:
    """Return the relative luminance of the WCAG, 0 to 1."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def paint_placeholder(painter: QPainter, box: QRect, text: str) -> None:
    """Write, where there are no scores, why."""
    painter.setPen(tokens().quiet)
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(box.adjusted(12, 12, -12, -12), int(flags), text)


def paint_focus(painter: QPainter, box: QRect) -> None:
    """Draw the ring of the focus just inside a widget."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(tokens().accent), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


def paint_counts(painter: QPainter, plot: QRect, top: int, log: bool) -> None:
    """Write a few counts at the left, each with a faint line."""
    colours = tokens()
    ticks = count_ticks(top, plot.height(), log)
    for count, height in zip(ticks, heights(np.array(ticks, np.int64), top, plot.height(), log), strict=True):
        y = plot.bottom() + 1 - int(height)
        painter.fillRect(plot.left(), y, plot.width(), 1, QColor(colours.line))
        painter.setPen(colours.quiet)
        place = QRect(0, y - 8, plot.left() - 6, 16)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, short_count(count))


def paint_scores(painter: QPainter, plot: QRect, axis: Axis, width: int) -> None:
    """Draw the base line and write a few round scores under it, all of them within the widget's width."""
    colours = tokens()
    base = plot.bottom() + 1
    painter.fillRect(plot.left(), base, plot.width(), 1, QColor(colours.quiet))
    painter.setPen(colours.quiet)
    for score, text in _score_labels(painter, axis):
        x = round(axis.x_of(score))
        room = painter.fontMetrics().horizontalAdvance(text)
        painter.fillRect(x, base, 1, 4, QColor(colours.quiet))
        left = min(max(x - room // 2, 0), width - room)
        painter.drawText(QRect(left, base + 4, room + 1, 15), Qt.AlignmentFlag.AlignCenter, text)


def _score_labels(painter: QPainter, axis: Axis) -> list[tuple[float, str]]:
    """Return round scores and how they are written: as many as leave each other air, seven at most."""
    labels: list[tuple[float, str]] = []
    for most in range(7, 0, -1):
        ticks = score_ticks(*axis.ends, most)
        step = ticks[1] - ticks[0] if len(ticks) > 1 else axis.step
        labels = [(tick, axis_score_text(tick, step)) for tick in ticks]
        widest = max((painter.fontMetrics().horizontalAdvance(text) for _, text in labels), default=0)
        if len(ticks) < 2 or axis.x_of(ticks[1]) - axis.x_of(ticks[0]) >= widest + 14:
            break
    return labels


def bars_picture(size: QRect, ratio: float, bars: Bars, sample: Sample, log: bool, stacked: bool) -> QPixmap:
    """Paint the bars alone on nothing: in accent (that is for the selected images where there are), or by class.

    On a logarithmic axis the height of a whole bar says how many images it holds, and the classes share it in
    proportion: the logarithms of parts do not add up.
    """
    if not stacked:
        plain = tokens().accent if sample.selected is None else tokens().quiet
        return plain_picture(size, ratio, bars, bars.totals, log, plain)
    picture = _empty(size, ratio)
    painter = QPainter(picture)
    tall = heights(bars.totals, bars.top, size.height(), log)
    palette = class_colours(len(sample.class_names))
    ends = np.rint(np.cumsum(bars.counts, axis=0) / np.maximum(bars.totals, 1) * tall).astype(np.int64)
    starts = np.vstack([np.zeros_like(tall), ends[:-1]])
    for label, start, end in zip(sample.classes, starts, ends, strict=True):
        colour = QColor(tokens().quiet) if label == OTHER else palette[label]
        _paint_layer(painter, size.height(), bars.axis, start, end, colour)
    painter.end()
    return picture


def plain_picture(size: QRect, ratio: float, bars: Bars, counts: Counts, log: bool, colour: str | QColor) -> QPixmap:
    """Paint as many images in each bar as `counts` says, (bars,), in one colour, from the base line up."""
    picture = _empty(size, ratio)
    tall = heights(counts, bars.top, size.height(), log)
    painter = QPainter(picture)
    _paint_layer(painter, size.height(), bars.axis, np.zeros_like(tall), tall, QColor(colour))
    painter.end()
    return picture


def class_picture(size: QRect, ratio: float, bars: Bars, sample: Sample, log: bool, label: int) -> QPixmap:
    """Paint one class alone, from the base line up, in its colour: it stands before the others, which are dimmed."""
    if sample.labels is None:
        return _empty(size, ratio)
    counts = np.bincount(bars.of_each[sample.labels == label], minlength=bars.axis.bars).astype(np.int64)
    palette = class_colours(len(sample.class_names))
    colour = palette[label] if 0 <= label < len(palette) else QColor(tokens().quiet)
    return plain_picture(size, ratio, bars, counts, log, colour)


def _empty(size: QRect, ratio: float) -> QPixmap:
    picture = QPixmap(size.size() * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    return picture


def _paint_layer(painter: QPainter, height: int, axis: Axis, start: Counts, end: Counts, colour: QColor) -> None:
    """Fill each bar from `start` to `end` pixels above the base line."""
    width = axis.pitch - 1
    for bar in np.flatnonzero(end > start).tolist():
        low, high = int(start[bar]), int(end[bar])
        painter.fillRect((axis.first + bar) * axis.pitch, height - high, width, high - low, colour)


def paint_normal(painter: QPainter, plot: QRect, bars: Bars, sample: Sample, log: bool) -> None:
    """Draw the normal curve of the sample's mean and deviation, as the images it would have in each bar."""
    if not sample.deviation > 0:
        return
    axis = bars.axis
    places = np.arange(plot.left(), axis.right + 1, 1.0)
    scores = axis.edge(0) + (places - axis.left) / axis.pitch * axis.step
    bell = np.exp(-0.5 * ((scores - sample.mean) / sample.deviation) ** 2) / (sample.deviation * math.sqrt(2 * math.pi))
    up = shares(bell * (len(sample.scores) * axis.step), bars.top, log) * plot.height()
    # What is far above the plot is clipped below; Qt need not draw it.
    ys = plot.bottom() + 1 - np.minimum(up, 2.0 * plot.height())
    painter.save()
    painter.setClipRect(plot)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(tokens().text), 1.5))
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in zip(places.tolist(), ys.tolist(), strict=True)]))
    painter.restore()


def brush_rect(plot: QRect, axis: Axis, brush: tuple[float, float]) -> QRect:
    """Return where a range of scores is, at least a pixel wide."""
    left, right = (round(axis.x_of(score)) for score in brush)
    return QRect(left, plot.top(), max(right - left, 1), plot.height())


def paint_edges(painter: QPainter, place: QRect) -> None:
    """Draw the two edges of a range, and on each a grip that invites to drag."""
    accent = tokens().accent
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(accent))
    for x in (place.left(), place.right() + 1):
        painter.fillRect(x, place.top(), 1, place.height(), QColor(accent))
        painter.drawRoundedRect(QRectF(x - 1.5, place.center().y() - 8, 4, 16), 2, 2)
    painter.restore()


def paint_markers(painter: QPainter, plot: QRect, axis: Axis, markers: Sequence[Marker], width: int) -> None:
    """Draw the lines, then their labels: a label is never crossed by the line of another."""
    colours = tokens()
    places = [round(axis.x_of(marker.value)) for marker in markers]
    texts = [_told(marker, axis) for marker in markers]
    rooms = [painter.fontMetrics().horizontalAdvance(text) for text in texts]
    labels = label_rects(places, rooms, width)
    for marker, x, label in zip(markers, places, labels, strict=True):
        left = min(x, width - 2)
        painter.fillRect(left, label.top(), 2, plot.bottom() + 1 - label.top(), QColor(getattr(colours, marker.colour)))
    for marker, text, label in zip(markers, texts, labels, strict=True):
        # Bars may reach up to the second row of labels.
        painter.fillRect(label.adjusted(-2, 1, 2, -1), with_alpha(colours.panel, 0.8))
        painter.setPen(QColor(getattr(colours, marker.colour)))
        painter.drawText(label, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def _told(marker: Marker, axis: Axis) -> str:
    """Return a marker's text, with an arrow where the axis does not reach it."""
    low, high = axis.ends
    if marker.value > high:
        return f"{marker.text} ›"
    return f"‹ {marker.text}" if marker.value < low else marker.text


def label_rects(places: Sequence[int], rooms: Sequence[int], width: int) -> list[QRect]:
    """Place a label beside each line: at its right, or at its left where it would leave the width; none on another.

    The earlier ones keep the top rows, so that of two labels only the later one steps aside.
    """
    taken: list[QRect] = []
    for x, room in zip(places, rooms, strict=True):
        left = x + 6 if x + 6 + room <= width else max(x - 4 - room, 0)
        label = QRect(left, 1, room, LABEL_HEIGHT)
        while any(label.adjusted(-4, 0, 4, 0).intersects(other) for other in taken):
            label.translate(0, LABEL_HEIGHT)
        taken.append(label)
    return taken
