"""One step of a prediction path as it is painted: its number on the line, its picture, its figures and its bar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap

from gui.text import number, per_cent, signed
from gui.theme import CAPTION_SIZE, RADIUS, text_font, tokens, with_alpha
from gui.widgets.picture_paint import paint_picture

SIDE = 76
"""Pixels of a picture's side in the window, and of a cell's width; painted elsewhere, a cell may be wider."""
GAP = 14
BADGE = 18
PICTURE_TOP = BADGE + 6
INSET = 0.34
"""The typical image's side, as a share of the picture's in whose corner it is."""
TEXT_GAP = 6
LINE = 15
FIGURE_ROOM = 40
BAR = 7


class PathStep(Protocol):
    """What a step must tell: `backend.pages.explanation.ExplainedStep` does. A figure that is not known yet is NaN."""

    @property
    def number(self) -> int: ...
    @property
    def critical_filter(self) -> str: ...
    @property
    def picture(self) -> NDArray[np.uint8] | None: ...
    @property
    def margin(self) -> float: ...
    @property
    def score(self) -> float: ...
    @property
    def percentile(self) -> float: ...
    @property
    def contribution(self) -> float: ...
    @property
    def images_below(self) -> int: ...
    @property
    def medoid(self) -> NDArray[np.uint8] | None: ...


def cell_height(side: float) -> float:
    """Return how high a cell is whose picture is `side` pixels wide."""
    return PICTURE_TOP + side + TEXT_GAP + 5 * LINE + 2


HEIGHT = round(cell_height(SIDE))


@dataclass(frozen=True)
class Look:
    """How a cell stands among the others."""

    current: bool = False
    hovered: bool = False
    last: bool = False


def paint_head(painter: QPainter, cell: QRectF, number: str, look: Look) -> None:
    """Paint a disc with the step's number, and the line from it to the next cell; the current one's disc is full."""
    colours = tokens()
    painter.setFont(_bold())
    wide = max(float(BADGE), painter.fontMetrics().horizontalAdvance(number) + 10.0)
    disc = QRectF(cell.left(), cell.top() + 1, wide, BADGE)
    if not look.last:
        painter.setPen(QPen(with_alpha(colours.path, 0.5), 2))
        y = disc.center().y()
        painter.drawLine(QPointF(disc.right() + 1, y), QPointF(cell.right() + GAP - 1, y))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.path) if look.current else with_alpha(colours.path, 0.2))
    painter.drawRoundedRect(disc, BADGE / 2, BADGE / 2)
    painter.setPen(QColor(colours.ground if look.current else colours.path))
    painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, number)


def paint_pictures(painter: QPainter, cell: QRectF, picture: QPixmap | None, inset: QPixmap | None, look: Look) -> None:
    """Paint a picture with a small one in its corner, and the ring of the current or hovered step."""
    square = QRectF(cell.left(), cell.top() + PICTURE_TOP, cell.width(), cell.width())
    paint_picture(painter, square, picture)
    if inset is not None:
        side = round(INSET * cell.width())
        corner = QRectF(square.right() - side - 3, square.bottom() - side - 3, side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().panel))
        painter.drawRoundedRect(corner.adjusted(-2, -2, 2, 2), RADIUS, RADIUS)
        paint_picture(painter, corner, inset)
    if look.current or look.hovered:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens().path if look.current else tokens().quiet), 2 if look.current else 1))
        painter.drawRoundedRect(square.adjusted(-2.5, -2.5, 2.5, 2.5), RADIUS, RADIUS)


def paint_figures(painter: QPainter, cell: QRectF, step: PathStep, ends: tuple[float, float]) -> None:
    """Paint the name of the filter, three figures and what it adds; `ends` are those of all bars, 0 among them."""
    _paint_name(painter, cell, short_address(step.critical_filter))
    painter.setFont(text_font(CAPTION_SIZE))
    rows = (("margin", number(step.margin)), ("score", number(step.score)), ("above", per_cent(step.percentile)))
    for place, (name, figure) in enumerate(rows, start=1):
        line = _line(cell, place)
        painter.setPen(QColor(tokens().quiet))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        painter.setPen(QColor(tokens().text))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, figure)
    _paint_contribution(painter, cell, step.contribution, ends)


def paint_words(painter: QPainter, cell: QRectF, title: str, words: str) -> None:
    """Paint the words below the last picture: a title and, on as many lines as there are, what the image is."""
    _paint_name(painter, cell, title)
    painter.setFont(text_font(CAPTION_SIZE))
    painter.setPen(QColor(tokens().quiet))
    place = _line(cell, 1).adjusted(0, 0, 0, 3 * LINE)
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, words)


def contribution_rect(cell: QRectF, value: float, ends: tuple[float, float]) -> QRectF:
    """Return where the bar of a contribution is painted: to the right of 0, or to the left of it where it is negative.

    ends : the least and the largest of all bars, 0 among them.
    """
    low, high = ends
    scale = (cell.width() - FIGURE_ROOM) / ((high - low) or 1.0)
    zero = cell.left() - low * scale
    long = max(abs(value) * scale, 1.0)
    top = _line(cell, 4).top() + (LINE - BAR) / 2
    return QRectF(zero if value >= 0 else zero - long, top, long, BAR)


def short_address(address: str) -> str:
    """Return an address without its network.

    >>> short_address("cifar10-resnet18/layer4/37")
    'layer4/37'
    """
    return "/".join(address.split("/")[-2:])


def _paint_name(painter: QPainter, cell: QRectF, name: str) -> None:
    painter.setFont(_bold())
    painter.setPen(QColor(tokens().text))
    line = _line(cell, 0)
    shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, int(cell.width()))
    painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def _paint_contribution(painter: QPainter, cell: QRectF, value: float, ends: tuple[float, float]) -> None:
    colours = tokens()
    bar = contribution_rect(cell, 0.0, ends)
    painter.fillRect(QRectF(bar.left() - 0.5, bar.top() - 3, 1, BAR + 6), with_alpha(colours.quiet, 0.6))
    if math.isfinite(value):
        colour = colours.accent if value >= 0 else colours.quiet
        painter.fillRect(contribution_rect(cell, value, ends), QColor(colour))
    line = _line(cell, 4)
    painter.setPen(QColor(colours.text))
    painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, signed(value))


def _line(cell: QRectF, number: int) -> QRectF:
    """Return one of the five lines of text below the picture."""
    return QRectF(cell.left(), cell.top() + PICTURE_TOP + cell.width() + TEXT_GAP + number * LINE, cell.width(), LINE)


def _bold() -> QFont:
    font = text_font(CAPTION_SIZE)
    font.setWeight(QFont.Weight.DemiBold)
    return font
