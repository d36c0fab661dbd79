"""The layer table as CSV: into a file, or onto the clipboard."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from backend.jobs import SaveTable, csv_text
from backend.worker import Worker
from gui.layer_table.channel_model import ChannelModel
from gui.layer_table.channel_rows import EXPORTED
from gui.save_path import ask_save_path
from gui.session import Session


class TableFiles(QObject):
    """Writes the rows that the table shows, in their order."""

    def __init__(self, session: Session, worker: Worker, model: ChannelModel, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._worker, self._model, self._window = session, worker, model, window

    def names(self) -> tuple[str, ...]:
        """Name the columns."""
        return EXPORTED if self._model.rows is None else self._model.rows.exported_columns

    def cells(self) -> tuple[tuple[str | int | float, ...], ...]:
        """Give the cells below `names`, one tuple a row that is shown."""
        card, rows = self._session.facts.card, self._model.rows
        if card is None or rows is None:
            return ()
        return tuple(tuple(rows.exported(channel, card.name)) for channel in self._model.shown())

    @Slot()
    def copy(self) -> None:
        cells = self.cells()
        QGuiApplication.clipboard().setText(csv_text(self.names(), cells))
        self._session.events.notice.emit(f"Copied {self._counted(len(cells))}.")

    @Slot()
    def choose(self) -> None:
        """Ask for a file, then write it."""
        if not self.cells():
            self._session.events.notice.emit("The layer table is empty: choose a layer, or take away the filter.")
            return
        path = ask_save_path(self._window, self._session, "Export the layer table", self._session.facts.layer, "csv")
        if path is not None:
            self.save(path)

    def save(self, path: Path) -> None:
        cells = self.cells()
        handle = self._worker.submit(SaveTable(path, self.names(), cells))
        counted = self._counted(len(cells))
        handle.finished.connect(lambda saved: self._session.events.notice.emit(f"Saved {saved}: {counted}."))
        handle.failed.connect(self._session.events.error)

    def _counted(self, shown: int) -> str:
        total = 0 if self._model.rows is None else len(self._model.rows)
        return f"all {total:,} rows" if shown == total else f"{shown:,} of {total:,} rows, as filtered"
