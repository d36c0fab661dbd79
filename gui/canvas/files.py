"""What goes from the canvas into files and back: pictures with their recipe, films, and recipes made again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from backend.jobs import NetworkCard, OpenRecipe, Recipe, SaveFilm, SavePicture
from backend.worker import Worker
from gui.canvas.canvas_pictures import CanvasPictures
from gui.canvas.run import CanvasRun
from gui.save_path import ask_save_path
from gui.session import Session


class CanvasFiles(QObject):
    """Exports what the canvas shows, and opens the settings that are embedded in a picture."""

    def __init__(
        self, session: Session, worker: Worker, run: CanvasRun, pictures: CanvasPictures, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._session, self._worker, self._run, self._pictures = session, worker, run, pictures
        self._window = parent
        self._waiting: Recipe | None = None
        session.events.recipe_opened.connect(self._take_recipe)
        session.card_changed.connect(self._network_opened)

    @Slot()
    def export_picture(self) -> None:
        path = self._export_path("Export the picture", "png")
        if path:
            self.save_picture(path)

    def save_picture(self, path: Path) -> None:
        """Write the newest picture, with what makes it again."""
        recipe, step = self._run.made_of(), self._run.last
        if recipe is not None and step is not None:
            self._submit(SavePicture(path, step.images[self._pictures.index], recipe))

    @Slot()
    def export_film(self) -> None:
        path = self._export_path("Export the history", "gif")
        film = self._pictures.film()
        if path and film is not None:
            self._submit(SaveFilm(path, film))

    @Slot()
    def choose_recipe(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Open the settings of a picture", "", "Filterscope pictures (*.png)"
        )
        if path:
            self.open_recipe(Path(path))

    def open_recipe(self, path: Path) -> None:
        """Make a saved picture again, with the settings that are embedded in it."""
        handle = self._worker.submit(OpenRecipe(path))
        handle.finished.connect(self._take_recipe)
        handle.failed.connect(self._session.events.error)

    def _submit(self, job: SavePicture | SaveFilm) -> None:
        handle = self._worker.submit(job)
        handle.finished.connect(self._exported)
        handle.failed.connect(self._session.events.error)

    def _export_path(self, title: str, suffix: str) -> Path | None:
        if self._run.last is None or self._run.recipe is None:
            self._session.events.notice.emit("There is no picture to export yet. Choose a unit, and one will grow.")
            return None
        return ask_save_path(self._window, self._session, title, self._run.recipe.label, suffix)

    @Slot(object)
    def _exported(self, path: object) -> None:
        self._session.events.notice.emit(f"Saved {path}.")

    @Slot(object)
    def _take_recipe(self, recipe: Recipe) -> None:
        card = self._session.facts.card
        if card is None or card.source != recipe.network:
            # Its units are those of another network, which is opened first.
            self._waiting = recipe
            self._session.events.network_wanted.emit(recipe.network)
            return
        self._waiting = None
        self._session.take_recipe(recipe)
        # Changes made while the first run went on are replayed, so the run is the recipe's, not the session's.
        self._run.start(recipe)

    @Slot(object)
    def _network_opened(self, card: NetworkCard) -> None:
        if self._waiting is not None and self._waiting.network == card.source:
            # Later: the session has yet to tell the others of the new network.
            QTimer.singleShot(0, self, partial(self._take_recipe, self._waiting))
        self._waiting = None
