"""The pictures of a tree's nodes: the critical filter's, the most typical image below, or the mean of all below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from backend.jobs import (
    LIFELIKE,
    AverageImages,
    ComputeWall,
    DescribeImages,
    Images,
    PredictionTree,
    Store,
    WallTiles,
    stored_wall,
)
from backend.worker import JobHandle, Worker
from gui.session import Session

KEPT = 512
"""Images that are remembered where the data set does not lie decoded."""

Kind = Literal["filter", "medoid", "average"]


class NodePictures(QObject):
    """Answers which picture a node or a filter has, and makes those that are missing.

    Signals
    -------
    filter_came(int, ndarray)
        The optimised picture of a filter of the tree's layer, uint8 (height, width, 3).
    image_came(int, ndarray)
        The picture of an image of the data set, by its number.
    average_came(int, ndarray)
        The mean of the images below a node.
    """

    filter_came = Signal(int, object)
    image_came = Signal(int, object)
    average_came = Signal(int, object)

    def __init__(self, session: Session, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._worker = session, worker
        self._store = Store()
        self._layer = ""
        self._tiles: dict[int, NDArray[np.uint8]] = {}
        self._missing: set[int] = set()
        self._handle: JobHandle | None = None
        self._images: dict[int, NDArray[np.uint8]] = {}
        self._asked: set[int] = set()
        self._averages: JobHandle | None = None
        self._waiting: dict[int, tuple[int, ...]] = {}
        session.dataset_changed.connect(self._forget_images)

    def show_layer(self, layer: str) -> None:
        """Give pictures of the filters of another layer from now on."""
        card = self._session.facts.card
        if self._handle is not None and self._handle.running:
            self._handle.cancel()
        self._layer, self._tiles, self._missing, self._handle = layer, {}, set(), None
        self._averages, self._waiting = None, {}
        wall = stored_wall(card, layer, self._store, LIFELIKE) if card is not None and layer else None
        if wall is not None:
            self._tiles = {int(index): wall.tiles[index] for index in np.flatnonzero(wall.done)}

    def of_filter(self, index: int) -> NDArray[np.uint8] | None:
        return self._tiles.get(index)

    def image(self, number: int) -> NDArray[np.uint8] | None:
        """Give an image of the data set where it lies decoded or was asked for before; else ask for it, once."""
        dataset, card = self._session.facts.dataset, self._session.facts.card
        if dataset is None or card is None:
            return None
        if dataset.pixels is not None:
            picture: NDArray[np.uint8] = dataset.pixels.images([number])[0]
            return picture
        if number not in self._images and number not in self._asked:
            self._asked.add(number)
            handle = self._worker.submit(DescribeImages(dataset.source, card.source, (number,), f"node {number}"))
            handle.finished.connect(self._take_images)
            for signal in (handle.failed, handle.cancelled):
                signal.connect(lambda: self._asked.discard(number))
        return self._images.get(number)

    def want_filters(self, indices: Sequence[int]) -> None:
        """Optimise the pictures of filters that have none, in the background."""
        card = self._session.facts.card
        fresh = {index for index in indices if index not in self._tiles} - self._missing
        if card is None or not self._layer or not fresh:
            return
        self._missing |= fresh
        channels = tuple(sorted(self._missing - self._tiles.keys()))
        # With the key of the one before: it goes on with all that is missing, and what was stored stays.
        handle = self._handle = self._worker.submit(ComputeWall(card.source, self._layer, channels=channels))
        handle.yielded.connect(self._take_tiles)
        handle.failed.connect(self._session.events.error)

    def want_averages(self, tree: PredictionTree, nodes: Sequence[int]) -> None:
        """Average the images below nodes."""
        dataset, card = self._session.facts.dataset, self._session.facts.card
        if dataset is None or card is None or not nodes:
            return
        # With the key of the one before: what that one has not brought is asked for again.
        if self._averages is None or not self._averages.running:
            self._waiting = {}
        self._waiting |= {node: tuple(tree.image_numbers[tree.members(node)].tolist()) for node in nodes}
        asked = tuple(self._waiting)
        job = AverageImages(dataset.source, card.source, tuple(self._waiting.values()), "tree")
        handle = self._averages = self._worker.submit(job)
        handle.finished.connect(lambda means: self._take_averages(handle, asked, means))
        handle.failed.connect(self._session.events.error)

    def _take_averages(self, handle: JobHandle, nodes: tuple[int, ...], means: Sequence[NDArray[np.uint8]]) -> None:
        if handle is self._averages:
            for node, mean in zip(nodes, means, strict=True):
                self.average_came.emit(node, mean)

    @Slot(object)
    def _take_tiles(self, event: object) -> None:
        if isinstance(event, WallTiles) and event.layer == self._layer and event.finished:
            for index, tile in zip(event.indices, event.tiles, strict=True):
                self._tiles[index] = tile
                self.filter_came.emit(index, tile)

    @Slot(object)
    def _take_images(self, images: Images) -> None:
        for number, picture in zip(images.indices, images.images, strict=True):
            if number not in self._asked:
                continue  # of another data set
            self._asked.discard(number)
            if len(self._images) >= KEPT:
                self._images.clear()
            self._images[number] = picture
            self.image_came.emit(number, picture)

    @Slot()
    def _forget_images(self) -> None:
        self._images.clear()
        self._asked.clear()


def picture_of_node(pictures: NodePictures, tree: PredictionTree, node: int, kind: Kind) -> NDArray[np.uint8] | None:
    """Give a node's picture where it is known: of a leaf its image, of a merge what `kind` says."""
    if node < tree.images:
        return pictures.image(int(tree.image_numbers[node]))
    if kind == "medoid":
        return pictures.image(int(tree.image_numbers[tree.medoid(node)]))
    if kind == "average":
        return None
    return pictures.of_filter(int(tree.critical_filters[node - tree.images]))
