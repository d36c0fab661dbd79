"""The optimised pictures of the unit page: found in the store, or grown once the unit has stayed for a moment."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.jobs import (
    LIFELIKE,
    OptimizeUnitImages,
    Progress,
    Store,
    Unit,
    UnitImages,
    UnitImagesStep,
    stored_unit_images,
)
from backend.worker import JobHandle, Worker
from gui.session import Session

CALM = 500
"""Milliseconds that a unit must stay before its pictures are optimised: arrow keys walk past many."""


class UnitPictures(QObject):
    """Keeps the pictures of one unit.

    Signals
    -------
    changed()
        There are other pictures, or they have grown.
    """

    changed = Signal()

    def __init__(self, session: Session, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.images: UnitImages | None = None
        self.progress: Progress | None = None
        self._session, self._worker = session, worker
        self._store = Store()
        self._unit: Unit | None = None
        self._handle: JobHandle | None = None
        self._calm = QTimer(self, singleShot=True, interval=CALM)
        self._calm.timeout.connect(self._optimise)
        # The page shows the next network's unit only once it is seen; until then nothing of the old one may be asked.
        session.card_changed.connect(self._forget)

    def show(self, unit: Unit | None) -> None:
        """Give the pictures of another unit from now on."""
        self.stop()
        card = self._session.facts.card
        self._unit, self.progress = unit, None
        known = unit is not None and card is not None
        self.images = stored_unit_images(card, unit, self._store, LIFELIKE) if known and card and unit else None
        if unit is not None and self.images is None:
            self._calm.start()
        self.changed.emit()

    def stop(self) -> None:
        """Let them grow no further."""
        self._calm.stop()
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.yielded.disconnect(self._take)
            handle.cancel()

    @Slot()
    def _forget(self) -> None:
        self.show(None)

    @Slot()
    def _optimise(self) -> None:
        card, unit = self._session.facts.card, self._unit
        if card is None or unit is None:
            return
        handle = self._handle = self._worker.submit(OptimizeUnitImages(card.source, unit, self._session.label(unit)))
        handle.yielded.connect(self._take)
        handle.finished.connect(self._finish)
        handle.failed.connect(self._session.events.error)
        handle.failed.connect(self._let_go)
        handle.cancelled.connect(self._let_go)

    @Slot(object)
    def _take(self, event: object) -> None:
        if isinstance(event, UnitImagesStep):
            self.images, self.progress = event.images, event.progress
            self.changed.emit()

    @Slot(object)
    def _finish(self, images: UnitImages) -> None:
        self.images, self.progress, self._handle = images, None, None
        self.changed.emit()

    @Slot()
    def _let_go(self) -> None:
        if self.sender() is self._handle:
            self._handle = None
