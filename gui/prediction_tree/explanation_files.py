"""An explained prediction in a file: a page of HTML or a sheet as PNG, both with Grad-CAM beside the image."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from backend.jobs import ExplainPicture, Explanation, SaveExplanation, SaveExplanationPicture
from backend.worker import Worker
from gui.prediction_tree.explanation_poster import ExplanationPoster
from gui.save_path import ask_save_path
from gui.session import Session

NOTHING = "There is no path to explain yet: build a tree, and drop a picture on it."
PNG = "png"
SUFFIXES = (PNG, "html")


class ExplanationFiles(QObject):
    """Asks where to write, lets Grad-CAM be computed, and writes what was shown when it was asked for."""

    def __init__(self, session: Session, worker: Worker, panel: QWidget) -> None:
        super().__init__(panel)
        self._session, self._worker, self._panel = session, worker, panel

    def ask(self, explanation: Explanation | None, class_index: int, *suffixes: str) -> None:
        """Write an explanation: as a PNG where the name that is chosen ends so, else as a page."""
        card = self._session.facts.card
        if card is None or explanation is None:
            self._session.events.notice.emit(NOTHING)
            return
        name = f"explanation-{explanation.prediction}"
        title = "Explain this prediction"
        path = ask_save_path(self._panel, self._session, title, name, *(suffixes or SUFFIXES))
        if path is not None:
            job = ExplainPicture(card.source, explanation.layer, class_index, explanation.picture)
            handle = self._worker.submit(job)
            handle.finished.connect(partial(self._write, path, explanation))
            handle.failed.connect(self._session.events.error)

    def _write(self, path: Path, explanation: Explanation, grad_cam: NDArray[np.uint8]) -> None:
        told = replace(explanation, grad_cam=grad_cam)
        job: SaveExplanation | SaveExplanationPicture
        if path.suffix.lower() == f".{PNG}":
            sheet = ExplanationPoster(told, smooth=self._session.preferences.smooth).pixels()
            job = SaveExplanationPicture(path, sheet, told)
        else:
            job = SaveExplanation(path, told)
        handle = self._worker.submit(job)
        handle.finished.connect(lambda saved: self._session.events.notice.emit(f"Saved {saved}."))
        handle.failed.connect(self._session.events.error)
