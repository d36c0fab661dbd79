"""One picture's way through the prediction tree: traced anew as either changes, and what its filters are worth."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.errors import ErrorReport
from backend.jobs import AblateFilters, Ablation, Descent, PredictionTree, TracedPath, TracePath
from backend.worker import JobHandle, Worker
from gui.session import Session

SHORTEST = 0.25
"""Seconds between two tracings of a picture that changes many times a second."""

Picture = NDArray[np.uint8] | bytes


class TracedPicture(QObject):
    """Keeps the path of a picture through the tree that is shown.

    Signals
    -------
    traced()
        There is another path, or none.
    ablated()
        The ablation of the path's critical filters was begun, is there, or is gone.
    """

    traced = Signal()
    ablated = Signal()

    def __init__(self, session: Session, worker: Worker, place: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._worker, self._place = session, worker, place
        self.name = ""
        self.picture: Picture | None = None
        self.found: TracedPath | None = None
        self.ablation: Ablation | None = None
        self.removed: tuple[int, ...] = ()
        self._ablating: JobHandle | None = None
        self._tree: PredictionTree | None = None
        self._layer = ""
        self._handle: JobHandle | None = None
        self.descent: Descent = "means"
        self._asked: tuple[object, ...] | None = None
        self._begun = 0.0
        self._pace = QTimer(self, singleShot=True)
        self._pace.timeout.connect(self._ask)

    def set_tree(self, tree: PredictionTree | None, layer: str) -> None:
        """Follow another tree from now on."""
        self._tree, self._layer = tree, layer
        self._forget()
        self._ask()

    def set_picture(self, picture: Picture | None, name: str = "") -> None:
        """Trace another picture: uint8 (height, width, 3), or the bytes of a file; None traces none."""
        self.picture, self.name = picture, name
        if picture is None:
            self._forget()
        elif self._handle is None and not self._pace.isActive():
            self._ask()

    def set_descent(self, descent: Descent) -> None:
        """Go down by another mean from now on; what is shown stays until the new path is there."""
        self.descent = descent
        if self._handle is None and not self._pace.isActive():
            self._ask()

    def ablate(self, filters: tuple[int, ...]) -> None:
        """Remove filters of the path one after the other, beside as many random others."""
        card, found = self._session.facts.card, self.found
        if card is None or found is None or not filters:
            return
        picture, index = found.picture, found.contributions.class_index
        job = AblateFilters(card.source, picture, self._layer, filters, index, self._place)
        handle = self._ablating = self._worker.submit(job)
        handle.finished.connect(lambda ablation: self._on_ablated(handle, filters, ablation))
        handle.failed.connect(self._session.events.error)
        for signal in (handle.failed, handle.cancelled):
            signal.connect(lambda: self._on_ablated(handle, (), None))
        self.ablated.emit()

    def ablation_of(self, filters: tuple[int, ...]) -> Ablation | None:
        """Give what was found where these filters were removed, None where others were or none."""
        return self.ablation if self.removed == filters else None

    @property
    def ablating(self) -> bool:
        """Whether an ablation of the path that is shown is on its way."""
        return self._ablating is not None

    def _forget(self) -> None:
        self.found = self.ablation = self._ablating = None
        self._asked = None
        self.traced.emit()
        self.ablated.emit()

    @Slot()
    def _ask(self) -> None:
        card, tree = self._session.facts.card, self._tree
        same = self._asked is not None and self._asked[0] is self.picture and self._asked[1:] == (tree, self.descent)
        if card is None or tree is None or self.picture is None or same:
            return
        self._asked = (self.picture, tree, self.descent)
        self._begun = time.monotonic()
        handle = self._handle = self._worker.submit(
            TracePath(card.source, self._layer, tree, self.picture, place=self._place, descent=self.descent)
        )
        handle.finished.connect(self._on_traced)
        handle.failed.connect(self._on_failed)
        handle.cancelled.connect(self._on_cancelled)

    @Slot(object)
    def _on_traced(self, found: TracedPath) -> None:
        self._handle = None
        self._pace.start(round(1000 * max(0.0, SHORTEST - (time.monotonic() - self._begun))))
        if self.picture is not None and self._asked is not None and self._asked[1] is self._tree:
            # An ablation that is on its way is of the path before.
            self.found, self.ablation, self._ablating = found, None, None
            self.traced.emit()
            self.ablated.emit()

    @Slot(object)
    def _on_failed(self, report: ErrorReport) -> None:
        self._handle, self.picture = None, None
        self._forget()
        self._session.events.error.emit(report)

    @Slot()
    def _on_cancelled(self) -> None:
        self._handle, self._asked = None, None

    def _on_ablated(self, handle: JobHandle, filters: tuple[int, ...], ablation: Ablation | None) -> None:
        if handle is self._ablating:
            self._ablating = None
            self.ablation, self.removed = ablation, filters
            self.ablated.emit()
