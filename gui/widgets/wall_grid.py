"""Where the square cells of a wall are, and where the keys lead: arithmetic without a window."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, Qt

SPACING = 3
WANTED_CELL = 52


@dataclass(frozen=True)
class WallGrid:
    """`count` cells of about 52 px in rows that fill `width` px exactly, 3 px apart.

    The pixels that do not divide are spread over the columns, so that some cells are one pixel wider than high.
    """

    count: int
    width: int

    @property
    def columns(self) -> int:
        return max(1, round((self.width + SPACING) / (WANTED_CELL + SPACING)))

    @property
    def side(self) -> int:
        """Height of a cell."""
        return max(1, (self.width - SPACING * (self.columns - 1)) // self.columns)

    @property
    def pitch(self) -> int:
        """From the top of a row to the top of the next."""
        return self.side + SPACING

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    @property
    def height(self) -> int:
        return max(0, self.rows * self.pitch - SPACING)

    def left(self, column: int) -> int:
        """Return where a column begins; that after the last begins 3 px beyond the right edge."""
        return column * (self.width + SPACING) // self.columns

    def cell(self, index: int) -> QRect:
        row, column = divmod(index, self.columns)
        left = self.left(column)
        return QRect(left, row * self.pitch, self.left(column + 1) - SPACING - left, self.side)

    def index_at(self, place: QPoint) -> int:
        """Return the cell that holds the place, −1 between cells and beyond them."""
        if not (0 <= place.x() < self.width and place.y() >= 0):
            return -1
        row = place.y() // self.pitch
        for column in range(self.columns):
            index = row * self.columns + column
            if index < self.count and self.cell(index).contains(place):
                return index
        return -1

    def visible(self, scroll: int, height: int) -> range:
        """Return the cells of the rows that can be seen."""
        first = max(0, scroll // self.pitch) * self.columns
        last = ((scroll + height) // self.pitch + 1) * self.columns
        return range(min(first, self.count), min(last, self.count))

    def step(self, index: int, key: Qt.Key, height: int) -> int | None:
        """Return the cell that a key leads to from `index` (−1: from nowhere), None for other keys.

        Left and right go on in the neighbouring row; up and down stay in the column; a page is the rows that `height`
        shows, less one.
        """
        page = max(1, height // self.pitch - 1) * self.columns
        moves = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.columns,
            Qt.Key.Key_Down: self.columns,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -index,
            Qt.Key.Key_End: self.count - 1 - index,
        }
        if key not in moves or self.count == 0:
            return None
        if index < 0:
            return self.count - 1 if key == Qt.Key.Key_End else 0
        goal = index + moves[key]
        if 0 <= goal < self.count:
            return goal
        if key == Qt.Key.Key_PageUp:
            return index % self.columns
        if key == Qt.Key.Key_PageDown or (key == Qt.Key.Key_Down and index // self.columns < self.rows - 1):
            return self.count - 1
        return index
