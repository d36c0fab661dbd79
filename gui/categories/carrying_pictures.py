"""The optimised pictures of the filters that carry a similarity, asked for once a pair has stayed for a moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Slot

from backend.worker import Worker
from gui.categories.category_page import CategoryPage
from gui.session import Session
from gui.units.node_pictures import NodePictures

CALM = 400
"""Milliseconds that a pair must stay before pictures are optimised for it: the arrow keys walk past many."""


class CarryingPictures(QObject):
    """Fills the card of a page."""

    def __init__(self, session: Session, worker: Worker, page: CategoryPage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page = page
        self._pictures = NodePictures(session, worker, self)
        self._of: tuple[str, str] = ("", "")
        self._calm = QTimer(self, singleShot=True, interval=CALM)
        self._calm.timeout.connect(self._want)
        self._pictures.filter_came.connect(self._take)
        page.marked.connect(self._show)

    @Slot()
    def _show(self) -> None:
        """Show the pictures that are known, and ask for the others soon."""
        categories = self._page.categories
        self._calm.stop()
        if categories is None or self._page.marks.pair is None:
            return
        of = (categories.card.source, categories.found.layer)
        if of != self._of:
            self._of = of
            self._pictures.show_layer(categories.found.layer)
        filters = self._page.card.filters
        for index in filters.shown():
            picture = self._pictures.of_filter(index)
            if picture is not None:
                filters.set_picture(index, picture)
        if not all(filters.has_picture(index) for index in filters.shown()):
            self._calm.start()

    @Slot()
    def _want(self) -> None:
        self._pictures.want_filters(self._page.card.filters.shown())

    @Slot(int, object)
    def _take(self, index: int, picture: NDArray[np.uint8]) -> None:
        if self._page.marks.pair is not None:
            self._page.card.filters.set_picture(index, picture)
