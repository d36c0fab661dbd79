"""Tables in files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.analysis.csv_text import Cell, csv_text
from backend.analysis.events import Progress
from backend.atomic_write import replacing
from backend.engine import Engine
from backend.jobs.job import Job, Steps


@dataclass(frozen=True, eq=False)
class SaveTable(Job):
    """Write a table as CSV, whole or not at all; no cell is computed by a spreadsheet. Returns its path."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def run(self, engine: Engine) -> Steps[Path]:
        yield Progress(0, len(self.rows), "rows")
        with replacing(self.path) as file:
            # A note may hold half of a surrogate pair, which is no UTF-8.
            file.write(csv_text(self.header, self.rows).encode("utf-8", "replace"))
        return self.path
