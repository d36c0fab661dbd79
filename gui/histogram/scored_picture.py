"""One picture's scores on the layer that is looked at: asked for again as either changes, never faster than is fair."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.errors import ErrorReport
from backend.jobs import PictureScores, ScorePicture
from backend.worker import JobHandle, Worker
from gui.session import Session

SHORTEST = 0.12
"""Seconds between two requests at the least: eight a second look alive."""
SHARE = 0.1
"""Share of the compute thread's time that may go into them; an optimisation wants the rest."""


class ScoredPicture(QObject):
    """Keeps the scores of a picture that may change many times a second.

    Signals
    -------
    scored(PictureScores)
    failed(ErrorReport)
        The picture could not be read; it is forgotten.
    """

    scored = Signal(object)
    failed = Signal(object)

    def __init__(self, session: Session, worker: Worker, place: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._worker, self._place = session, worker, place
        self._picture: NDArray[np.uint8] | bytes | None = None
        self._layer = ""
        self._asked: tuple[object, str] | None = None
        self._handle: JobHandle | None = None
        self._begun = 0.0
        self.scores: PictureScores | None = None
        self._pace = QTimer(self, singleShot=True)
        self._pace.timeout.connect(self._ask)
        session.card_changed.connect(self._forget)

    @property
    def there(self) -> bool:
        return self._picture is not None

    def set_picture(self, picture: NDArray[np.uint8] | bytes | None) -> None:
        """Score this picture from now on: uint8 (height, width, 3), or the bytes of a file."""
        self._picture = picture
        if picture is None:
            self.scores = None
        self._ask_soon()

    def set_layer(self, layer: str) -> None:
        """Score on this layer from now on."""
        if layer != self._layer:
            self._layer = layer
            self._ask_soon()

    @Slot()
    def _forget(self) -> None:
        """Another network sees the picture otherwise, whatever its layers are called."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle, self._asked, self.scores = None, None, None
        self._ask_soon()

    def _ask_soon(self) -> None:
        if self._handle is None and not self._pace.isActive():
            self._ask()

    @Slot()
    def _ask(self) -> None:
        card = self._session.facts.card
        wanted = (self._picture, self._layer)
        same = self._asked is not None and self._asked[0] is wanted[0] and self._asked[1] == wanted[1]
        if card is None or self._picture is None or not self._layer or same:
            return
        self._asked, self._begun = wanted, time.monotonic()
        handle = self._handle = self._worker.submit(ScorePicture(card.source, self._layer, self._picture, self._place))
        handle.finished.connect(self._on_finished)
        handle.failed.connect(self._on_failed)
        handle.cancelled.connect(partial(self._on_cancelled, handle))

    @Slot(object)
    def _on_finished(self, scores: PictureScores) -> None:
        self._go_on()
        if self._picture is not None:
            self.scores = scores
            self.scored.emit(scores)

    @Slot(object)
    def _on_failed(self, report: ErrorReport) -> None:
        self._picture = None
        self._go_on()
        self.failed.emit(report)

    def _on_cancelled(self, handle: JobHandle) -> None:
        if handle is self._handle:
            self._asked, self._handle = None, None

    def _go_on(self) -> None:
        self._handle = None
        took = time.monotonic() - self._begun
        self._pace.start(round(1000 * max(SHORTEST - took, took * (1 / SHARE - 1) if took > 0.05 else 0.0)))
