"""Three ways to fine-tune beside each other: what each trains, what it learns, and what it forgets."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from backend.jobs import FineTuning
from gui.text import count_text
from gui.theme import CAPTION_SIZE, TEXT_SIZE, text_font, tokens

HEAD, ROW = 22, 44
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
ARROW = " → "


class FineTuningTable(QWidget):
    """A row a way, of two lines: its name and the weights it trains; accuracy on new and on old images."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[tuple[str, str, str, str], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Accuracy before and after fine-tuning")

    def set_result(self, result: FineTuning | None) -> None:
        """Show a fine-tuning; None empties the table."""
        self._rows = tuple(
            (
                row.name,
                count_text(row.weights_changed),
                change_text(row.new_before, row.new_after),
                change_text(row.old_before, row.old_after),
            )
            for row in (result.rows if result is not None else ())
        )
        told = [f"{name}: {weights} weights, new images {new}, old {old}" for name, weights, new, old in self._rows]
        self.setAccessibleDescription("; ".join(told))
        self.setToolTip("Share of right answers, before → after, in per cent" if self._rows else "")
        self.updateGeometry()
        self.update()

    def rows(self) -> tuple[tuple[str, str, str, str], ...]:
        """Return what is shown: name, weights trained, new images, old test set; a tuple a way."""
        return self._rows

    def sizeHint(self) -> QSize:
        return QSize(240, HEAD + ROW * len(self._rows) if self._rows else 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._rows:
            return
        painter = QPainter(self)
        colours = tokens()
        head = QRectF(0, 0, self.width(), HEAD)
        painter.setFont(text_font(CAPTION_SIZE))
        painter.setPen(QColor(colours.quiet))
        painter.drawText(head, LEFT, "new images, %")
        painter.drawText(head, RIGHT, "old test set, %")
        for place, row in enumerate(self._rows):
            box = QRectF(0, HEAD + place * ROW, self.width(), ROW)
            painter.setPen(QPen(QColor(colours.line), 1))
            painter.drawLine(box.topLeft(), box.topRight())
            self._paint_row(painter, box.adjusted(0, 4, 0, -4), row, colours.text if place else colours.path)

    def _paint_row(self, painter: QPainter, box: QRectF, row: tuple[str, str, str, str], colour: str) -> None:
        quiet = QColor(tokens().quiet)
        name, weights, new, old = row
        above, below = QRectF(box), QRectF(box)
        above.setHeight(box.height() / 2)
        below.setTop(above.bottom())
        painter.setFont(text_font(CAPTION_SIZE))
        painter.setPen(quiet)
        painter.drawText(above, RIGHT, f"{weights} weights")
        room = above.width() - painter.fontMetrics().horizontalAdvance(f"{weights} weights") - 8
        painter.setFont(text_font(TEXT_SIZE))
        painter.setPen(QColor(colour))
        painter.drawText(above, LEFT, painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room)))
        for text, at_right in ((new, False), (old, True)):
            before, _, after = text.partition(ARROW)
            metrics = painter.fontMetrics()
            start = below.right() - metrics.horizontalAdvance(text) if at_right else below.left()
            painter.setPen(quiet)
            painter.drawText(QRectF(start, below.top(), below.width(), below.height()), LEFT, before + ARROW)
            start += metrics.horizontalAdvance(before + ARROW)
            painter.setPen(QColor(tokens().text))
            painter.drawText(QRectF(start, below.top(), below.width(), below.height()), LEFT, after)


def change_text(before: float, after: float) -> str:
    """Give two shares in per cent, with one decimal.

    >>> change_text(0.0, 0.4567)
    '0.0 → 45.7'
    """
    return f"{100 * before:.1f}{ARROW}{100 * after:.1f}"
