"""An explained prediction on one sheet, for a file: painted for somebody who has never seen the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from backend.jobs import (
    AblationCurve,
    Explanation,
    ablation_sentence,
    descent_words,
    ending_words,
    logit_portions,
    other_class_sentence,
    steps_words,
    totals_sentence,
    tree_words,
)
from gui.prediction_tree.ablation_chart import AblationChart
from gui.prediction_tree.contribution_paint import PICTURE, SHARE_ROW, SUM_ROW, paint_shares, paint_sum
from gui.prediction_tree.path_paint import (
    GAP,
    INSET,
    Look,
    cell_height,
    paint_figures,
    paint_head,
    paint_pictures,
    paint_words,
)
from gui.text import number, per_cent
from gui.theme import CAPTION_SIZE, TEXT_SIZE, heading_font, text_font, tokens
from gui.widgets.picture_paint import paint_picture

MARGIN = 40
COLUMNS, CELL = 8, 96
"""Steps beside one another, and the pixels of each one's picture."""
INNER = COLUMNS * (CELL + GAP) - GAP
WIDTH = INNER + 2 * MARGIN
LARGE = 224
FACT = 32
CHART = QSize(500, 210)
DENSITY = 2
LARGEST = 16_000
"""Pixels of a picture's side beyond which it is drawn at single density."""
PATH_WORDS = (
    "Each step goes to the side that is closer to the image; the margin is how much closer it is. The picture is what "
    "excites the critical filter most, the small one is the typical image of the side that it goes to. “Above” is the "
    "share of the tree's images whose score is lower; the bar is what the filter adds to the logit."
)

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
WRAPPED = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap


class Block(NamedTuple):
    """A part of the sheet: how high it is, what paints it into its place, and the room above it."""

    height: float
    paint: Callable[[QPainter, QRectF], None]
    above: float = 0.0


class ExplanationPoster:
    """The image and Grad-CAM; the path; what its filters contribute; what is left without them; what made it all.

    Parameters
    ----------
    explanation : Explanation
    smooth : bool, default True
        Whether small pictures are interpolated, or their pixels seen.
    """

    def __init__(self, explanation: Explanation, *, smooth: bool = True) -> None:
        self._told, self._smooth = explanation, smooth
        self._blocks = [
            Block(34, self._paint_title),
            *self._about(),
            Block(LARGE + 24, self._paint_pictures, 20),
            *self._path(),
            *self._contributions(),
            *self._without(),
            Block(48, self._paint_foot, 28),
        ]
        high = sum(block.above + block.height for block in self._blocks)
        self.size = QSize(WIDTH, round(high) + 2 * MARGIN - 12)

    def paint(self, painter: QPainter) -> None:
        """Paint all of it."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(QRectF(QPoint(0, 0), self.size), QColor(tokens().panel))
        y = float(MARGIN)
        for block in self._blocks:
            y += block.above
            painter.save()
            block.paint(painter, QRectF(MARGIN, y, INNER, block.height))
            painter.restore()
            y += block.height

    def pixels(self) -> NDArray[np.uint8]:
        """Give the sheet as uint8 (height, width, 3)."""
        density = DENSITY if DENSITY * self.size.height() <= LARGEST else 1
        image = QImage(self.size * density, QImage.Format.Format_RGB888)
        image.setDevicePixelRatio(density)
        painter = QPainter(image)
        self.paint(painter)
        painter.end()
        lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()

    # --- what it is of -----------------------------------------------------------------------------------------

    def _paint_title(self, painter: QPainter, place: QRectF) -> None:
        told, colours = self._told, tokens()
        quiet, strong = text_font(24), text_font(24)
        strong.setWeight(QFont.Weight.DemiBold)
        parts = (
            (f"{told.network} sees ", quiet, colours.quiet),
            (told.prediction, strong, colours.text),
            (f" at {per_cent(told.probability)}", quiet, colours.quiet),
        )
        x = place.left()
        for text, font, colour in parts:
            metrics = QFontMetricsF(font)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, 0.6 * INNER)
            painter.setFont(font)
            painter.setPen(QColor(colour))
            painter.drawText(QRectF(x, place.top(), INNER, place.height()), LEFT, shown)
            x += metrics.horizontalAdvance(shown)

    def _about(self) -> list[Block]:
        told = self._told
        texts = (told.dataset, f"filters of {told.layer}" if told.layer else "", tree_words(told))
        line = " · ".join(text for text in texts if text)
        other = other_class_sentence(told)
        blocks = [_text(line, TEXT_SIZE, tokens().quiet, 2)] if line else []
        return [*blocks, *([_text(other, TEXT_SIZE, tokens().text, 6)] if other else [])]

    def _paint_pictures(self, painter: QPainter, place: QRectF) -> None:
        told, x = self._told, place.left()
        shown = [(told.picture, "the image")]
        if told.grad_cam is not None:
            shown.append((told.grad_cam, f"where it looks for {told.class_name} (Grad-CAM)"))
        painter.setFont(text_font(CAPTION_SIZE))
        for picture, words in shown:
            paint_picture(painter, QRectF(x, place.top(), LARGE, LARGE), self._pixmap(picture, LARGE))
            painter.setPen(QColor(tokens().quiet))
            below = QRectF(x, place.top() + LARGE + 6, LARGE, 18)
            painter.drawText(below, LEFT, painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, LARGE))
            x += LARGE + 20
        self._paint_facts(painter, QRectF(x + 8, place.top(), place.right() - x - 8, place.height()))

    def _paint_facts(self, painter: QPainter, place: QRectF) -> None:
        told, portions = self._told, logit_portions(self._told)
        facts = (
            (f"probability of {told.prediction}", per_cent(told.probability)),
            (f"logit of {told.class_name}", number(told.logit)),
            ("its path", steps_words(told)),
            ("critical filters add", portions[0].figure if portions else "–"),
            ("contributions", "weight × mean, exact" if told.exact else "gradient × activation"),
            ("a node is", descent_words(told)),
            ("the path ends at", told.leaf_caption),
            ("that end is", ending_words(told)),
        )
        painter.setFont(text_font())
        metrics = painter.fontMetrics()
        for row, (name, text) in enumerate(facts):
            line = QRectF(place.left(), place.top() + row * FACT, place.width(), FACT)
            figure = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(0.68 * line.width()))
            room = int(line.width()) - metrics.horizontalAdvance(figure) - 12
            painter.setPen(QColor(tokens().quiet))
            painter.drawText(line, LEFT, metrics.elidedText(name, Qt.TextElideMode.ElideRight, room))
            painter.setPen(QColor(tokens().text))
            painter.drawText(line, RIGHT, figure)
            painter.setPen(QPen(QColor(tokens().line), 1))
            painter.drawLine(line.bottomLeft(), line.bottomRight())

    # --- the path ----------------------------------------------------------------------------------------------

    def _path(self) -> list[Block]:
        told = self._told
        cells = len(told.steps) + (told.leaf_picture is not None)
        if not cells:
            return []
        rows = -(-cells // COLUMNS)
        high = rows * (cell_height(CELL) + 20) - 20
        return [
            _heading(f"Path: {steps_words(told)}"),
            _text(PATH_WORDS, CAPTION_SIZE, tokens().quiet, 6),
            Block(high, self._paint_path, 14),
        ]

    def _paint_path(self, painter: QPainter, place: QRectF) -> None:
        told, high = self._told, cell_height(CELL)
        values = [0.0, *(step.contribution for step in told.steps if np.isfinite(step.contribution))]
        ends = min(values), max(values)
        last = len(told.steps) - (told.leaf_picture is None)
        for index in range(last + 1):
            row, column = divmod(index, COLUMNS)
            cell = QRectF(place.left() + column * (CELL + GAP), place.top() + row * (high + 20), CELL, high)
            look = Look(last=index == last)
            if index == len(told.steps):
                paint_head(painter, cell, "", look)
                paint_pictures(painter, cell, self._pixmap(told.leaf_picture, CELL), None, look)
                paint_words(painter, cell, "ends here", told.leaf_caption)
                continue
            step = told.steps[index]
            paint_head(painter, cell, str(step.number), look)
            inset = self._pixmap(step.medoid, round(INSET * CELL))
            paint_pictures(painter, cell, self._pixmap(step.picture, CELL), inset, look)
            paint_figures(painter, cell, step, ends)

    # --- what its filters are worth ----------------------------------------------------------------------------

    def _contributions(self) -> list[Block]:
        portions, shares = logit_portions(self._told), self._told.shares
        if not portions:
            return []
        left = 0.54 * INNER if shares else 0.75 * INNER
        pictures = {row: self._pixmap(share.picture, PICTURE) for row, share in enumerate(shares)}
        known = {row: pixmap for row, pixmap in pictures.items() if pixmap is not None}

        def paint(painter: QPainter, place: QRectF) -> None:
            if shares:
                painter.setFont(text_font(CAPTION_SIZE))
                painter.setPen(QColor(tokens().quiet))
                head = QRectF(place.left() + left + 32, place.top(), INNER - left - 32, 16)
                painter.drawText(head, LEFT, "largest of the layer; a dot marks filters of the path")
                paint_shares(painter, head.translated(0, 20).adjusted(0, 0, 0, 200), shares, known)
            paint_sum(painter, QRectF(place.left(), place.top() + (20 if shares else 0), left, 200), portions)

        high = max(len(portions) * SUM_ROW, len(shares) * SHARE_ROW) + (20 if shares else 0)
        return [
            _heading(f"Contributions to the logit of {self._told.class_name}"),
            Block(high, paint, 8),
            _text(totals_sentence(self._told), TEXT_SIZE, tokens().text, 10),
        ]

    def _without(self) -> list[Block]:
        told = self._told
        words = "" if told.ablation is None else ablation_sentence(told.ablation, told.class_name, told.taken)
        if told.ablation is None or not words:
            return []
        beside = INNER - CHART.width() - 24.0
        high = max(float(CHART.height()), _height_of(words, text_font(), beside) + 8)

        def paint(painter: QPainter, place: QRectF, curve: AblationCurve = told.ablation) -> None:
            painter.save()
            painter.translate(place.topLeft())
            _chart(curve).render(painter, QPoint(), renderFlags=QWidget.RenderFlag.DrawChildren)
            painter.restore()
            painter.setFont(text_font())
            painter.setPen(QColor(tokens().text))
            painter.drawText(QRectF(place.right() - beside, place.top() + 4, beside, high), WRAPPED, words)

        return [_heading("Without its filters"), Block(high, paint, 8)]

    def _paint_foot(self, painter: QPainter, place: QRectF) -> None:
        told = self._told
        painter.setPen(QPen(QColor(tokens().line), 1))
        painter.drawLine(QPointF(place.left(), place.top()), QPointF(place.right(), place.top()))
        painter.setFont(text_font(CAPTION_SIZE))
        painter.setPen(QColor(tokens().quiet))
        weights = f"weights {told.weights_digest[:16]}" if told.weights_digest else ""
        made = (told.network, told.layer, weights, told.dataset)
        versions = [f"{name} {version}" for name, version in told.versions.items()]
        for row, texts in enumerate((made, versions)):
            line = QRectF(place.left(), place.top() + 10 + 16 * row, place.width(), 16)
            painter.drawText(line, LEFT, " · ".join(text for text in texts if text))

    def _pixmap(self, picture: NDArray[np.uint8] | None, side: int) -> QPixmap | None:
        """Enlarge or reduce a picture to `side` pixels of the sheet."""
        if picture is None:
            return None
        rows = np.ascontiguousarray(picture)
        height, width = rows.shape[:2]
        image = QImage(rows.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        coarse = not self._smooth and max(height, width) < DENSITY * side
        how = Qt.TransformationMode.FastTransformation if coarse else Qt.TransformationMode.SmoothTransformation
        size = QSize(DENSITY * side, DENSITY * side)
        return QPixmap.fromImage(image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, how))


def _chart(curve: AblationCurve) -> AblationChart:
    chart = AblationChart()
    chart.resize(CHART)
    chart.set_curve(curve)
    return chart


def _heading(text: str) -> Block:
    def paint(painter: QPainter, place: QRectF) -> None:
        painter.setFont(heading_font())
        painter.setPen(QColor(tokens().quiet))
        painter.drawText(place, LEFT, text)

    return Block(18, paint, 30)


def _text(text: str, pixels: int, colour: str, above: float) -> Block:
    """Give text as wide as the sheet, on as many lines as it needs."""

    def paint(painter: QPainter, place: QRectF) -> None:
        painter.setFont(text_font(pixels))
        painter.setPen(QColor(colour))
        painter.drawText(place, WRAPPED, text)

    return Block(_height_of(text, text_font(pixels), INNER) + 2, paint, above)


def _height_of(text: str, font: QFont, width: float) -> float:
    return QFontMetricsF(font).boundingRect(QRectF(0, 0, width, 10_000), int(WRAPPED), text).height()
