"""What filters add to a logit, in two parts: the sum that it is, and the filters that add or take the most."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from backend.jobs import FilterShare, Portion
from gui.prediction_tree.contribution_paint import PICTURE, SHARE_ROW, SUM_ROW, paint_shares, paint_sum
from gui.prediction_tree.path_paint import short_address
from gui.text import signed
from gui.widgets.pixels import thumbnail_pixmap
from gui.widgets.row_list import RowList

LIT_EDGE = 4
"""Room at either side of a row for the ground of the one that is pointed at."""


class SumChart(QWidget):
    """Numbers and their sum as bars below one another, each beginning where the one above it ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: tuple[Portion, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(200)
        self.setAccessibleName("What the logit is the sum of")

    def set_parts(self, parts: Sequence[Portion]) -> None:
        """Show another sum; the last part is the whole."""
        self._parts = tuple(parts)
        self.setFixedHeight(max(len(parts), 1) * SUM_ROW)
        words = [f"{part.name} {part.figure}" for part in parts]
        self.setAccessibleDescription(", ".join(words))
        self.setToolTip("\n".join(words))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(340, max(len(self._parts), 1) * SUM_ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_sum(painter, QRectF(self.rect()), self._parts)


class ShareList(RowList):
    """The filters that contribute the most, one a row: picture, name, a dot where it is on the path, bar and figure.

    Signals
    -------
    share_chosen(int)
        The row, from 0, that was clicked or chosen with Enter.
    """

    share_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(SHARE_ROW, parent)
        self._shares: tuple[FilterShare, ...] = ()
        self._pictures: dict[int, QPixmap] = {}
        self.setMinimumWidth(200)
        self.setAccessibleName("Filters that contribute the most")

    def set_shares(self, shares: Sequence[FilterShare]) -> None:
        """Show other filters, the first above."""
        self._shares = tuple(shares)
        known = ((row, share.picture) for row, share in enumerate(shares))
        self._pictures = {row: thumbnail_pixmap(image, 2 * PICTURE) for row, image in known if image is not None}
        self._keep_within()
        self.setFixedHeight(max(len(shares), 1) * SHARE_ROW)
        self._tell()

    def row_rect(self, row: int) -> QRectF:
        return QRectF(LIT_EDGE, row * SHARE_ROW, max(self.width() - 2 * LIT_EDGE, 1), SHARE_ROW)

    def row_tip(self, row: int) -> str:
        share = self._shares[row]
        path = "critical on the path" if share.on_path else "not critical on the path"
        return f"{share.address}\nadds {signed(share.contribution)} to the logit\n{path}\nClick to select it."

    def row_count(self) -> int:
        return len(self._shares)

    def row_chosen(self, row: int) -> None:
        self.share_chosen.emit(row)

    def sizeHint(self) -> QSize:
        return QSize(280, max(len(self._shares), 1) * SHARE_ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(LIT_EDGE, 0, max(self.width() - 2 * LIT_EDGE, 1), self.height())
        lit = self._hovered if self._hovered >= 0 else self._cursor if self.hasFocus() else -1
        paint_shares(painter, box, self._shares, self._pictures, lit)

    def _tell(self) -> None:
        words = [f"{short_address(share.address)} {signed(share.contribution)}" for share in self._shares]
        self.setAccessibleDescription(", ".join(words))
        self.update()
