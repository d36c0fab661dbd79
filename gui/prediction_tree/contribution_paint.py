"""What filters add to a logit, painted: the sum that it is, and the filters that add or take the most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from backend.jobs import FilterShare, Portion
from gui.prediction_tree.path_paint import short_address
from gui.text import signed
from gui.theme import CAPTION_SIZE, RADIUS, text_font, tokens, with_alpha
from gui.widgets.picture_paint import paint_picture

SUM_ROW, SHARE_ROW = 22, 26
BAR, GAP, DOT = 9, 10, 3.0
FIGURE_ROOM = 48
PICTURE = 22

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def sum_bars(box: QRectF, parts: Sequence[Portion], names: float) -> list[QRectF]:
    """Return where the bars of a sum lie in `box`, below one another, each beginning where the one above it ends.

    names : pixels that the names take at the left.
    """
    ends = [0.0, *(end for part in parts for end in (part.begin, part.end))]
    low, high = min(ends), max(ends)
    left, room = box.left() + names + GAP, max(box.width() - names - 2 * GAP - FIGURE_ROOM, 8.0)
    scale = room / ((high - low) or 1.0)
    bars = []
    for row, part in enumerate(parts):
        begin, end = (left + (value - low) * scale for value in sorted((part.begin, part.end)))
        top = box.top() + row * SUM_ROW + (SUM_ROW - BAR) / 2
        bars.append(QRectF(begin, top, max(end - begin, 1.0), BAR))
    return bars


def paint_sum(painter: QPainter, box: QRectF, parts: Sequence[Portion]) -> None:
    """Paint numbers and their sum as bars below one another."""
    colours = tokens()
    painter.setFont(text_font(CAPTION_SIZE))
    metrics = painter.fontMetrics()
    names = min(max((metrics.horizontalAdvance(part.name) for part in parts), default=0) + 1.0, 0.46 * box.width())
    kinds = {"path": colours.path, "filters": colours.accent, "rest": colours.quiet, "sum": colours.text}
    bars = sum_bars(box, parts, names)
    for row, (part, bar) in enumerate(zip(parts, bars, strict=True)):
        line = QRectF(box.left(), box.top() + row * SUM_ROW, names, SUM_ROW)
        painter.setPen(QColor(colours.text))
        painter.drawText(line, RIGHT, metrics.elidedText(part.name, Qt.TextElideMode.ElideRight, int(names)))
        painter.fillRect(bar, QColor(kinds.get(part.kind, colours.accent)))
        whole = row == len(parts) - 1
        painter.drawText(QRectF(bar.right() + 6, line.top(), FIGURE_ROOM + 4, SUM_ROW), LEFT, part.figure)
        if not whole:
            x = bar.right() if part.end >= part.begin else bar.left()
            painter.setPen(QPen(with_alpha(colours.quiet, 0.6), 1))
            painter.drawLine(QPointF(x, bar.bottom() + 1), QPointF(x, bars[row + 1].top() - 1))


def share_bars(box: QRectF, shares: Sequence[FilterShare], names: float) -> tuple[float, list[QRectF]]:
    """Return where nought stands in `box`, and the bars of the shares at either side of it, below one another."""
    values = [0.0, *(share.contribution for share in shares if math.isfinite(share.contribution))]
    low, high = min(values), max(values)
    left, room = box.left() + names + GAP, max(box.width() - names - 2 * GAP - FIGURE_ROOM, 8.0)
    scale = room / ((high - low) or 1.0)
    zero = left - low * scale
    bars = []
    for row, share in enumerate(shares):
        value = share.contribution if math.isfinite(share.contribution) else 0.0
        long = max(abs(value) * scale, 1.0)
        top = box.top() + row * SHARE_ROW + (SHARE_ROW - BAR) / 2
        bars.append(QRectF(zero if value >= 0 else zero - long, top, long, BAR))
    return zero, bars


def paint_shares(
    painter: QPainter, box: QRectF, shares: Sequence[FilterShare], pictures: Mapping[int, QPixmap], lit: int = -1
) -> None:
    """Paint filters with their pictures and what each adds or takes; a dot marks those of the path."""
    colours = tokens()
    painter.setFont(text_font(CAPTION_SIZE))
    metrics = painter.fontMetrics()
    texts = [short_address(share.address) for share in shares]
    before = PICTURE + 8
    widest = max((metrics.horizontalAdvance(text) for text in texts), default=0)
    names = min(before + widest + 2.0 + 4 * DOT, 0.5 * box.width())
    zero, bars = share_bars(box, shares, names)
    for row, (share, text, bar) in enumerate(zip(shares, texts, bars, strict=True)):
        line = QRectF(box.left(), box.top() + row * SHARE_ROW, box.width(), SHARE_ROW)
        if row == lit:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(line.adjusted(-4, 0, 4, 0), RADIUS, RADIUS)
        edge = (SHARE_ROW - PICTURE) / 2
        paint_picture(painter, QRectF(line.left(), line.top() + edge, PICTURE, PICTURE), pictures.get(row))
        painter.setPen(QColor(colours.accent if row == lit else colours.text))
        room = names - before - 4 * DOT
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideLeft, int(room) + 2)
        painter.drawText(QRectF(line.left() + before, line.top(), room + 2, SHARE_ROW), LEFT, shown)
        if share.on_path:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.path))
            painter.drawEllipse(QPointF(line.left() + names - DOT, line.center().y()), DOT, DOT)
        if math.isfinite(share.contribution):
            painter.fillRect(bar, QColor(colours.accent if share.contribution >= 0 else colours.quiet))
        painter.setPen(QColor(colours.text))
        painter.drawText(line, RIGHT, signed(share.contribution))
    painter.fillRect(QRectF(zero - 0.5, box.top() + 2, 1, len(shares) * SHARE_ROW - 4), with_alpha(colours.quiet, 0.6))
