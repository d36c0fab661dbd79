"""The hierarchy behind a panel: found in the store or computed in the background, for what is wished for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from backend.errors import ErrorReport
from backend.jobs import Categories, ComputeCategories, FindCategories, Notice
from backend.worker import JobHandle, Worker
from gui.session import Session

RunState = Literal["none", "looking", "absent", "running", "there"]


@dataclass(frozen=True)
class Wish:
    """What a hierarchy is wanted of: sources of network and data set, a layer, images of noise.

    `version` is what is known of the weights and the images: others under the same name are another wish.
    """

    network: str
    dataset: str
    layer: str
    noise_images: int
    version: tuple[str, ...] = ()


class CategoriesRun(QObject):
    """Gets one hierarchy at a time. `place` tells it from others.

    Signals
    -------
    came(Categories or None)
        What is wished for is there; None where there is nothing to show for it yet.
    state_changed()
    """

    came = Signal(object)
    state_changed = Signal()

    def __init__(self, session: Session, worker: Worker, place: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state: RunState = "none"
        self.wish: Wish | None = None
        self.handle: JobHandle | None = None
        self._session, self._worker, self._place = session, worker, place
        self._looking: JobHandle | None = None
        self._at_once = False

    def ask(self, wish: Wish | None, *, at_once: bool) -> None:
        """Wish for something; `at_once` computes what is not stored without being told to."""
        if wish == self.wish:
            return
        self.wish, self._at_once = wish, at_once
        if wish is None or not self._serves(wish):
            self.cancel()
        if wish is None:
            self._set_state("none")
            self.came.emit(None)
        else:
            self._look(wish)

    @Slot()
    def start(self) -> None:
        """Compute what is wished for."""
        if self.wish is None or self.handle is not None:
            return
        wish = self.wish
        job = ComputeCategories(wish.network, wish.dataset, wish.layer, wish.noise_images, self._place)
        handle = self.handle = self._worker.submit(job)
        handle.yielded.connect(self._on_event)
        handle.changed.connect(self.state_changed)
        handle.finished.connect(partial(self._computed, handle, wish))
        handle.failed.connect(partial(self._failed, handle))
        handle.cancelled.connect(partial(self._ended, handle))
        self._set_state("running")

    @Slot()
    def cancel(self) -> None:
        """Stop computing."""
        if self.handle is not None:
            self.handle.cancel()

    def _serves(self, wish: Wish) -> bool:
        """Say whether what is being computed now will be of use: one pass serves all usual layers."""
        job = None if self.handle is None else self.handle.job
        return isinstance(job, ComputeCategories) and (job.network, job.dataset, job.noise_images) == (
            wish.network,
            wish.dataset,
            wish.noise_images,
        )

    def _look(self, wish: Wish) -> None:
        job = FindCategories(wish.network, wish.dataset, wish.layer, wish.noise_images, self._place)
        handle = self._looking = self._worker.submit(job)
        handle.finished.connect(partial(self._found, handle))
        handle.failed.connect(partial(self._failed, handle))
        self._set_state("running" if self.handle is not None else "looking")

    def _found(self, handle: JobHandle, categories: Categories | None) -> None:
        if handle is not self._looking:
            return
        self._looking = None
        if categories is not None:
            self._show(categories)
            return
        self.came.emit(None)
        if self.handle is not None:
            self._set_state("running")
        elif self._at_once:
            self.start()
        else:
            self._set_state("absent")

    def _computed(self, handle: JobHandle, wish: Wish, categories: Categories) -> None:
        if not self._ended(handle):
            return
        if wish == self.wish:
            self._show(categories)
        elif self.wish is not None:
            # Another layer was chosen meanwhile; it came along.
            self._look(self.wish)

    def _show(self, categories: Categories) -> None:
        self._set_state("there")
        self.came.emit(categories)

    def _on_event(self, event: object) -> None:
        if isinstance(event, Notice):
            self._session.notice.emit(event.text)

    def _failed(self, handle: JobHandle, report: ErrorReport) -> None:
        current = self._ended(handle)
        if handle is self._looking:
            self._looking, current = None, True
        if current:
            # Else the next start would fail in the same way, again and again.
            self._at_once = False
            self._set_state("absent")
            self.came.emit(None)
            self._session.error.emit(report)

    def _ended(self, handle: JobHandle) -> bool:
        if handle is not self.handle:
            return False
        self.handle = None
        if self.state == "running":
            self._set_state("absent")
        return True

    def _set_state(self, state: RunState) -> None:
        self.state = state
        self.state_changed.emit()
