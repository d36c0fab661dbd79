"""Tables as CSV: what a spreadsheet would compute, and numbers that are none."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from backend.analysis.csv_text import csv_text
from backend.analysis.events import finish
from backend.engine import Engine
from backend.jobs import SaveTable
from backend.store import Store


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_that_no_text_is_a_formula(start: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_text([], [[f"{start}1+1", "harmless"]]).removeprefix("\r\n"), newline=""))
    assert row == [f"'{start}1+1", "harmless"]


def test_that_numbers_stay_numbers() -> None:
    assert csv_text(["a", "b", "c", "d"], [[-0.5, -3, float("nan"), 1 / 3]]) == "a,b,c,d\r\n-0.5,-3,,0.3333333\r\n"


def test_that_a_table_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    job = SaveTable(path, ("note", "value"), (('a "quoted", word', 1.5), ("half \ud800 a pair", 2)))
    assert finish(job.run(Engine(Store(tmp_path)))) == path
    assert path.read_bytes() == b'note,value\r\n"a ""quoted"", word",1.5\r\nhalf ? a pair,2\r\n'
