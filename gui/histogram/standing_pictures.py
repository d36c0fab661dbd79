"""The two single pictures of the histogram: the one on the canvas and one that the user gave, and where they stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QObject, QUrl, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from backend.errors import ErrorReport
from backend.worker import Worker
from gui.histogram.excited_view import ExcitedView
from gui.histogram.scored_picture import ScoredPicture
from gui.session import Session
from gui.text import score_text
from gui.units.unit_scores import UnitScores, standing
from gui.widgets.dropped_pictures import NoPicture, picture_of

MOST_LETTERS = 18
"""Of a picture's name beside its marker: the histogram has no room for more."""


class StandingPictures(QObject):
    """Keeps the pictures scored and shows each as a marker in the histogram and a line below it.

    Attributes
    ----------
    canvas, dropped : ScoredPicture
    """

    def __init__(self, session: Session, worker: Worker, view: ExcitedView, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._view, self._window = session, view, window
        self.canvas = ScoredPicture(session, worker, "canvas", self)
        self.dropped = ScoredPicture(session, worker, "dropped", self)
        self._name = ""
        self._scores: UnitScores | None = None
        session.events.canvas_picture_changed.connect(self._follow_canvas)
        for picture in (self.canvas, self.dropped):
            picture.scored.connect(self._show)
        self.dropped.failed.connect(self._unreadable)
        view.dropped.removed.connect(self.remove)

    def show(self, scores: UnitScores | None, layer: str) -> None:
        """Say where the pictures stand among these scores, which are of a unit of `layer`."""
        self._scores = scores
        for picture in (self.canvas, self.dropped):
            picture.set_layer(layer)
        self._show()

    @Slot()
    def choose(self) -> None:
        """Ask for a file to compare."""
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Compare a picture", "", "Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.gif)"
        )
        if path:
            data = QMimeData()
            data.setUrls([QUrl.fromLocalFile(path)])
            self.take(data, Path(path).name)

    @Slot()
    def paste(self) -> None:
        self.take(QGuiApplication.clipboard().mimeData(), "clipboard")

    @Slot()
    def remove(self) -> None:
        """Compare the user's picture no longer."""
        self.dropped.set_picture(None)
        self._show()

    def take(self, data: QMimeData, name: str) -> None:
        """Compare the picture that was dropped or pasted, in the place of an earlier one."""
        found = picture_of(data, name)
        if isinstance(found, NoPicture):
            self._session.events.notice.emit(found.sentence)
        else:
            content, self._name = found
            self.dropped.set_picture(content)
            self._show()

    @Slot(object)
    def _follow_canvas(self, picture: object) -> None:
        self.canvas.set_picture(picture if isinstance(picture, np.ndarray) else None)
        if picture is None:
            self._show()

    @Slot()
    def _show(self) -> None:
        view, there = self._view, self._scores is not None
        self._show_one(self.canvas, "canvas", "on the canvas")
        self._show_one(self.dropped, "dropped", self._name)
        view.canvas.setVisible(there and self.canvas.there)
        view.dropped.setVisible(there and self.dropped.there)
        view.hint.setVisible(there and not self.dropped.there)

    def _show_one(self, picture: ScoredPicture, name: str, title: str) -> None:
        """Show one picture; while its score on this layer is computed its line stays, without a figure."""
        row = self._view.canvas if name == "canvas" else self._view.dropped
        found, scores = picture.scores, self._scores
        score = scores.score_of(found) if found is not None and scores is not None else float("nan")
        known = bool(np.isfinite(score))
        short = title if len(title) <= MOST_LETTERS else title[: MOST_LETTERS - 1] + "…"
        marker = ("on canvas", "accent") if name == "canvas" else (short, "path")
        self._view.histogram.set_marker(name, score if known else None, *marker)
        seen = None if found is None else found.picture
        if known and scores is not None:
            row.show_picture(seen, f"{title} · {score_text(score)}", standing(score, scores))
        else:
            row.show_picture(seen, title, "is being scored…")

    @Slot(object)
    def _unreadable(self, report: ErrorReport) -> None:
        self._session.events.error.emit(report)
        self._show()
