"""The mean scores of the selected images on one layer: worked out in the compute thread, for one question at a time."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from backend.jobs import DescribedLayer, FindMeanScores
from backend.worker import Worker
from gui.image_selection import ImageSelection
from gui.session import Session


class ComparedImages(QObject):
    """Answers at once where it knows, else later.

    Signals
    -------
    changed()
        What `means` gives may be another thing now.
    """

    changed = Signal()

    def __init__(self, session: Session, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._worker = session, worker
        self._asked: tuple[ImageSelection, DescribedLayer] | None = None
        self._means: NDArray[np.float64] | None = None

    def means(self, described: DescribedLayer | None) -> NDArray[np.float64] | None:
        """Give the mean score of the selected images on each channel, (channels,); None while it is not known.

        They are those among the images that the layer's statistics are of, so that both speak of the same scan.
        """
        images = self._session.facts.images
        if images is None or described is None:
            return None
        if self._asked is None or self._asked[0] != images or self._asked[1] is not described:
            self._ask(images, described)
        return self._means

    def _ask(self, images: ImageSelection, described: DescribedLayer) -> None:
        self._asked, self._means = (images, described), None
        scan = self._session.scan_of(described.layer)
        numbers = None if scan is None else self._session.images_in(scan, described.done)
        if scan is None or numbers is None:
            self._asked = None
            return
        handle = self._worker.submit(FindMeanScores(scan, described.layer, numbers))
        handle.finished.connect(partial(self._take, self._asked))
        handle.failed.connect(self._session.events.error)
        handle.cancelled.connect(partial(self._forget, self._asked))

    def _take(self, asked: tuple[ImageSelection, DescribedLayer], means: NDArray[np.float64]) -> None:
        if asked is self._asked:
            self._means = means
            self.changed.emit()

    def _forget(self, asked: tuple[ImageSelection, DescribedLayer]) -> None:
        """Ask anew at the next look, unless something else has been asked meanwhile."""
        if asked is self._asked:
            self._asked = None
