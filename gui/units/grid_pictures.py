"""The pictures of a grid: read at once where they lie decoded, else fetched; overlaid where wanted."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Slot

from backend.jobs import DescribeImages, Images, OverlaidImages, Overlay, OverlayImages, Unit
from backend.worker import JobHandle, Worker
from gui.session import Session
from gui.widgets.ranked_grid import RankedGrid


class GridPictures(QObject):
    """Answers what a grid wants.

    Parameters
    ----------
    place : str
        Tells this grid's requests from those of others: a newer one replaces an older one.
    """

    def __init__(self, session: Session, worker: Worker, grid: RankedGrid, place: str) -> None:
        super().__init__(grid)
        self._session, self._worker, self._grid, self._place = session, worker, grid, place
        self._overlay: Overlay | None = None
        self._unit: Unit | None = None
        self._handle: JobHandle | None = None
        self._plain: set[int] = set()
        """Images shown plain until what is to be laid over them is there."""
        grid.wanted.connect(self._fetch)
        session.dataset_changed.connect(self._clear)
        session.card_changed.connect(self._clear)

    def show_unit(self, unit: Unit | None, overlay: Overlay | None) -> None:
        """Lay what excites `unit` over the pictures, or show them plain."""
        glowing = overlay is not None or self._overlay is not None
        if glowing and (unit, overlay) != (self._unit, self._overlay):
            self._unit, self._overlay = unit, overlay
            self._clear()
        self._unit, self._overlay = unit, overlay

    @Slot()
    def _clear(self) -> None:
        if self._handle is not None and self._handle.running:
            self._handle.cancel()
        self._handle = None
        self._plain.clear()
        self._grid.clear_pictures()

    @Slot(object)
    def _fetch(self, indices: tuple[int, ...]) -> None:
        dataset, card = self._session.facts.dataset, self._session.facts.card
        indices = tuple(index for index in indices if dataset is not None and index < dataset.count)
        if dataset is None or card is None or not indices:
            return
        if dataset.pixels is not None:
            # Plain at first where something is to be laid over them, which takes its time.
            self._grid.set_pictures(indices, dataset.pixels.images(np.array(indices)))
        if self._overlay is not None and self._unit is not None:
            wanted = self._still_plain(indices)
            handle = self._worker.submit(
                OverlayImages(card.source, dataset.source, self._unit, wanted, self._overlay, self._place)
            )
            handle.yielded.connect(self._take)
        elif dataset.pixels is None:
            handle = self._worker.submit(DescribeImages(dataset.source, card.source, indices, self._place))
            handle.finished.connect(self._take)
        else:
            return
        handle.failed.connect(self._session.events.error)
        self._handle = handle

    def _still_plain(self, indices: tuple[int, ...]) -> tuple[int, ...]:
        """Add what an earlier request, which this one replaces, would still have brought and can be seen."""
        seen = set(self._grid.visible_images())
        waiting = [index for index in self._plain if index in seen and index not in indices]
        self._grid.drop_pictures([index for index in self._plain if index not in seen])
        self._plain = {*indices, *waiting}
        return (*indices, *waiting)

    @Slot(object)
    def _take(self, event: object) -> None:
        if isinstance(event, Images | OverlaidImages):
            self._plain.difference_update(event.indices)
            self._grid.set_pictures(event.indices, event.images)
