"""Images in the order of a unit's score: a grid, the card that enlarges one, and what can be done with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from backend.jobs import Channel, DatasetStart, DescribeImages, FindReceptiveField, Images, Overlay
from backend.worker import Worker
from gui.session import Session
from gui.text import per_cent, score_text
from gui.units.grid_pictures import GridPictures
from gui.units.unit_scores import UnitScores
from gui.units.unit_sheets import predicted
from gui.widgets.hover_card import HoverCard
from gui.widgets.image_card import Box, ImageCard
from gui.widgets.pixels import to_qimage
from gui.widgets.ranked_grid import RankedGrid

Place = tuple[str, int, int]


class ExcitedImages(QObject):
    """Fills a grid with images of the session's data set and says of each its score, class and prediction.

    Parameters
    ----------
    place : str
        Tells this grid from others.
    card : ImageCard
        The card, shared with other grids.
    """

    def __init__(self, session: Session, worker: Worker, grid: RankedGrid, card: ImageCard, place: str) -> None:
        super().__init__(grid)
        self.grid = grid
        self._session, self._worker, self._card, self._place = session, worker, card, place
        self._pictures = GridPictures(session, worker, grid, place)
        self._hover = HoverCard(grid, card)
        self._scores: UnitScores | None = None
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)
        self._fields: dict[Place, Box] = {}
        self._enlarged: tuple[int, NDArray[np.uint8] | None] = (-1, None)
        self._hover.wanted.connect(self._fill)
        grid.menu_wanted.connect(self._show_menu)
        grid.activated_image.connect(self.start_from)
        session.card_changed.connect(self._forget_fields)

    def show(self, scores: UnitScores | None, order: NDArray[np.int64], overlay: Overlay | None) -> None:
        """Show these images in this order."""
        self._scores, self._order = scores, order
        self._pictures.show_unit(None if scores is None else scores.unit, overlay)
        self.grid.set_order(order, self._caption)

    def _caption(self, row: int) -> str:
        scores = self._scores
        if scores is None or row >= len(self._order):
            return ""
        index = int(self._order[row])
        return f"{score_text(scores.scores[index])} {self._class_of(index)}\n→ {self._prediction(index)[0]}"

    def _class_of(self, index: int) -> str:
        assert self._scores is not None
        return self._scores.scan.header.class_names[int(self._scores.labels[index])]

    def _prediction(self, index: int) -> tuple[str, float]:
        card = self._session.facts.card
        assert self._scores is not None and card is not None
        return predicted(self._scores, card, index)

    # --- the card ----------------------------------------------------------------------------------------------

    @Slot(int)
    def _fill(self, index: int) -> None:
        """Say what is known at once; what takes a moment (a large picture, the receptive field) follows."""
        dataset, card = self._session.facts.dataset, self._session.facts.card
        if self._scores is None or dataset is None or card is None:
            return
        picture = None
        if dataset.pixels is not None:
            picture = dataset.pixels.images([index])[0]
        else:
            handle = self._worker.submit(DescribeImages(dataset.source, card.source, (index,), "card"))
            handle.finished.connect(self._picture_came)
        self._card.smooth = self._session.preferences.smooth
        self._show_card(index, picture)
        place = self._field_of(index)
        if place is not None and place not in self._fields:
            handle = self._worker.submit(FindReceptiveField(card.source, *place))
            handle.finished.connect(lambda box: self._field_came(index, place, box))

    def _field_of(self, index: int) -> Place | None:
        scores = self._scores
        if scores is None or not isinstance(scores.unit, Channel):
            return None
        place = scores.place(index)
        return None if place is None else (scores.unit.layer, *place)

    def _show_card(self, index: int, picture: NDArray[np.uint8] | None) -> None:
        scores, self._enlarged = self._scores, (index, picture)
        assert scores is not None
        name, probability = self._prediction(index)
        lines = [
            f"The network sees {name}, {per_cent(probability)}",
            f"Image {index:,} of {scores.scan.header.total:,}",
        ]
        place = self._field_of(index)
        if place is not None:
            layer = scores.scan.layer(place[0])
            lines.append(f"Most excited at row {place[1]}, column {place[2]} of {layer.height} × {layer.width}")
        title = f"{score_text(scores.scores[index])} · {self._class_of(index)}"
        # A thumbnail has other pixels than those the field is counted in.
        outline = self._fields.get(place) if place is not None and picture is not None else None
        self._hover.fill(index, picture, title, lines, outline)

    @Slot(object)
    def _picture_came(self, images: Images) -> None:
        if images.indices and images.indices[0] == self._hover.open_image():
            self._show_card(images.indices[0], images.images[0])

    def _field_came(self, index: int, place: Place, box: Box) -> None:
        self._fields[place] = box
        shown, picture = self._enlarged
        if index == self._hover.open_image() == shown and picture is not None and place == self._field_of(index):
            self._card.set_outline(box)

    @Slot()
    def _forget_fields(self) -> None:
        self._fields.clear()
        self._hover.close()

    # --- what can be done with an image ------------------------------------------------------------------------

    @Slot(int)
    def start_from(self, index: int) -> None:
        """Optimise from this image."""
        dataset = self._session.facts.dataset
        if dataset is not None:
            self._session.change(f"Start from image {index:,}", start=DatasetStart(dataset.source, (index,)))

    @Slot(int, QPoint)
    def _show_menu(self, index: int, place: QPoint) -> None:
        menu = QMenu(self.grid)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Optimise from this image", lambda: self.start_from(index))
        menu.addAction("Copy picture", lambda: self._copy(index))
        menu.popup(place)

    def _copy(self, index: int) -> None:
        picture = self.grid.picture(index)
        if picture is not None:
            QGuiApplication.clipboard().setImage(to_qimage(picture))
