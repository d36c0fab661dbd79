"""Where the cells of a ranked grid are: square pictures over one line of text. Arithmetic without a window."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect

from gui.widgets.wall_grid import WallGrid

GAP = 6
CAPTION_ROOM = 18
LINE = 14
"""Pixels that every further line of text takes."""


@dataclass(frozen=True)
class RankedCells(WallGrid):
    """`count` pictures, at most `wanted` px large, in rows whose first and last picture touch the edges of `width`.

    Pictures shrink a little rather than stand far apart, but rows keep their distance: were wider ever higher, a
    scroll bar that comes and goes would decide for ever whether it is needed.
    """

    wanted: int = 64
    lines: int = 1

    @property
    def columns(self) -> int:
        return max(1, int((self.width + GAP) / (self.wanted + GAP) + 2 / 3))

    @property
    def side(self) -> int:
        """Width and height of a picture."""
        return max(1, min(self.wanted, (self.width - GAP * (self.columns - 1)) // self.columns))

    @property
    def caption_room(self) -> int:
        """Pixels below a picture for its lines of text."""
        return CAPTION_ROOM + (self.lines - 1) * LINE

    @property
    def pitch(self) -> int:
        return self.wanted + self.caption_room + GAP

    @property
    def height(self) -> int:
        return max(0, self.rows * self.pitch - GAP)

    def left(self, column: int) -> int:
        """Return where a column's pictures begin; what the pictures leave is spread between the columns."""
        between = max(1, self.columns - 1)
        return (column * (self.width - self.side) + between // 2) // between

    def cell(self, index: int) -> QRect:
        """Return a picture's place; its caption stands below."""
        row, column = divmod(index, self.columns)
        return QRect(self.left(column), row * self.pitch, self.side, self.side)

    def index_at(self, place: QPoint) -> int:
        """Return the cell at a place, −1 beyond them. Captions and gaps belong to a cell: a pointer meets no holes."""
        if not (0 <= place.x() < self.width and place.y() >= 0):
            return -1
        between = max(1, self.left(1)) if self.columns > 1 else self.width
        column = min(int((place.x() + (between - self.side) / 2) // between), self.columns - 1)
        index = place.y() // self.pitch * self.columns + column
        return index if index < self.count else -1
