"""Tables as CSV that a spreadsheet shows and never computes. Torch-free."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence

Cell = str | int | float
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet compute a cell instead of showing it."""


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    r"""Write a table as CSV.

    Texts that a spreadsheet would take for a formula begin with an apostrophe; numbers may begin with a minus. What is
    no number (NaN) is an empty cell.

    >>> csv_text(["name", "score"], [["=1+1", -0.5]])
    "name,score\r\n'=1+1,-0.5\r\n"
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
    if isinstance(cell, int):
        return str(cell)
    return f"{cell:.7g}" if math.isfinite(cell) else ""
