from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint

from gui.widgets.ranked_cells import GAP, RankedCells


@pytest.mark.parametrize("width", [62, 129, 300, 317, 334, 340, 366, 800])
def test_that_the_first_and_last_picture_of_a_row_touch_the_edges(width: int) -> None:
    cells = RankedCells(40, width, 62)
    row = [cells.cell(index) for index in range(cells.columns)]
    gaps = {right.left() - left.right() - 1 for left, right in pairwise(row)}
    assert row[0].left() == 0 and (row[-1].right() == width - 1 or len(row) == 1)
    assert all(GAP <= gap <= 14 for gap in gaps) and max(gaps, default=0) - min(gaps, default=0) <= 1
    assert all(50 <= cell.width() <= 62 and cell.width() == cell.height() for cell in row)
    assert len(row) == 5 or not 300 <= width <= 340


def test_that_a_wider_grid_is_never_higher() -> None:
    heights = [RankedCells(23, width, 62).height for width in range(62, 900)]
    assert all(wider <= narrower for narrower, wider in pairwise(heights))


@pytest.mark.parametrize("width", [62, 300, 334, 366])
def test_that_every_place_above_the_last_picture_belongs_to_the_nearest_cell(width: int) -> None:
    cells = RankedCells(23, width, 62)
    row = range(cells.columns, 2 * cells.columns)
    for x in range(width):
        found = cells.index_at(QPoint(x, cells.pitch + 3))
        distances = {index: abs(cells.cell(index).center().x() - x) for index in row}
        assert found in row and distances[found] <= min(distances.values()) + 1
    assert cells.index_at(QPoint(5, cells.pitch - 1)) == 0
    assert cells.index_at(cells.cell(23).center()) == -1
    assert cells.index_at(QPoint(-1, 5)) == cells.index_at(QPoint(width, 5)) == cells.index_at(QPoint(5, -1)) == -1
