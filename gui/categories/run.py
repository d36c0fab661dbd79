"""The hierarchy behind a panel: found in the store or computed in the background, for what is wished for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from backend.errors import ErrorReport
from backend.jobs import Categories, ComputeCategories, FindCategories, MissingCategories
from backend.worker import JobHandle, Worker
from gui.session import Session

RunState = Literal["none", "looking", "absent", "running", "failed", "there"]


@dataclass(frozen=True)
class Wish:
    """What a hierarchy is wanted of: sources of network and data set, a layer, images of noise.

    `version` is what is known of the weights and the images: others under the same name are another wish. `usual` says
    that the layer is one of those that a pass over the images for any layer averages as well, `chosen_elsewhere` that
    it was chosen of another network and need not be there.
    """

    network: str
    dataset: str
    layer: str
    noise_images: int
    version: tuple[str, ...] = ()
    usual: bool = True
    chosen_elsewhere: bool = False

    def same_images(self, other: Wish | None) -> bool:
        """Say whether another is of the same network and images, in whichever layer."""
        if other is None:
            return False
        return (self.network, self.dataset, self.version) == (other.network, other.dataset, other.version)

    def names(self, place: str) -> tuple[str, str, str, int, str, bool]:
        """Give what both jobs need to know."""
        return self.network, self.dataset, self.layer, self.noise_images, place, self.chosen_elsewhere


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
        self.shown: Wish | None = None
        """What the last hierarchy that came is of."""
        self.report: ErrorReport | None = None
        """Why it failed."""
        self.handle: JobHandle | None = None
        self.missing = 0
        """Images that must pass for what is wished for."""
        self._session, self._worker, self._place = session, worker, place
        self._looking: JobHandle | None = None
        self._at_once = False

    def ask(self, wish: Wish | None, *, at_once: bool) -> None:
        """Wish for something; `at_once` computes what is not stored without being told to."""
        if wish == self.wish:
            return
        self.wish, self._at_once = wish, at_once
        if wish is None or not self._serves(wish):
            self._drop()
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
        job = ComputeCategories(*wish.names(self._place))
        handle = self.handle = self._worker.submit(job)
        handle.yielded.connect(self._session.events.take_notice)
        handle.changed.connect(self.state_changed)
        handle.finished.connect(partial(self._computed, handle, wish))
        handle.failed.connect(partial(self._failed, handle))
        handle.cancelled.connect(partial(self._ended, handle))
        self._set_state("running")

    @Slot()
    def cancel(self) -> None:
        """Stop computing."""
        self._drop()
        if self.state == "running":
            self._set_state("absent")

    def _drop(self) -> None:
        handle, self.handle = self.handle, None
        if handle is not None:
            handle.cancel()

    def _serves(self, wish: Wish) -> bool:
        """Say whether what is being computed now will be of use: every pass serves all usual layers."""
        job = None if self.handle is None else self.handle.job
        if not isinstance(job, ComputeCategories) or not (wish.usual or wish.layer == job.layer):
            return False
        return (job.network, job.dataset, job.noise_images) == (wish.network, wish.dataset, wish.noise_images)

    def _look(self, wish: Wish) -> None:
        handle = self._looking = self._worker.submit(FindCategories(*wish.names(self._place)))
        handle.finished.connect(partial(self._found, handle))
        handle.failed.connect(partial(self._failed, handle))
        self._set_state("running" if self.handle is not None else "looking")

    def _found(self, handle: JobHandle, found: Categories | MissingCategories) -> None:
        if handle is not self._looking:
            return
        self._looking = None
        if isinstance(found, Categories):
            self._show(found)
            return
        self.missing = found.images
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
        self.shown = self.wish
        self._set_state("there")
        self.came.emit(categories)

    def _failed(self, handle: JobHandle, report: ErrorReport) -> None:
        current = self._ended(handle)
        if handle is self._looking:
            self._looking, current = None, True
        if current:
            # Else the next start would fail in the same way, again and again.
            self._at_once = False
            self.report = report
            self._set_state("failed")
            self.came.emit(None)
            self._session.events.error.emit(report)

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
