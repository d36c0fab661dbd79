"""A hierarchy in files: a sheet as PNG or SVG, the tree as Newick, the spanning tree as GraphML, distances as CSV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from backend.jobs import Job, SaveFile, SaveHierarchy, SaveTable
from backend.worker import Worker
from gui.categories.category_page import CategoryPage
from gui.categories.poster import Beside, CategoryPoster
from gui.save_path import ask_save_path
from gui.session import Session


class CategoryFiles(QObject):
    """Writes what a page shows."""

    def __init__(self, session: Session, worker: Worker, page: CategoryPage, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._worker, self._page, self._window = session, worker, page, window

    def save_png(self) -> None:
        self._save("Export the class hierarchy", "png", lambda path: SaveFile(path, self._poster().png()))

    def save_svg(self) -> None:
        self._save("Export the class hierarchy", "svg", lambda path: SaveFile(path, self._poster().svg()))

    def save_newick(self) -> None:
        self._save("Export the dendrogram", "nwk", self._hierarchy_job)

    def save_graphml(self) -> None:
        self._save("Export the spanning tree", "graphml", self._hierarchy_job)

    def save_csv(self) -> None:
        self._save("Export the distances", "csv", self._table)

    def _save(self, title: str, suffix: str, job_of: Callable[[Path], Job]) -> None:
        categories = self._page.categories
        if categories is None:
            self._session.events.notice.emit(
                "There is no class hierarchy yet: open the Categories panel and compute one."
            )
            return
        name = f"classes-{categories.card.name}-{categories.found.layer}"
        path = ask_save_path(self._window, self._session, title, name, suffix)
        if path is not None:
            handle = self._worker.submit(job_of(path))
            handle.finished.connect(self._saved)
            handle.failed.connect(self._session.events.error)

    @Slot(object)
    def _saved(self, path: Path) -> None:
        self._session.events.notice.emit(f"Saved {path}.")

    def _poster(self) -> CategoryPoster:
        page = self._page
        assert page.categories is not None and page.clusters is not None
        beside = page.second
        second = None
        if beside.categories is not None and beside.clusters is not None and page.comparison is not None:
            second = Beside(beside.categories, beside.clusters, page.comparison)
        return CategoryPoster(page.categories, page.clusters, page.marks, second)

    def _hierarchy_job(self, path: Path) -> Job:
        assert self._page.categories is not None
        return SaveHierarchy(path, self._page.categories.hierarchy)

    def _table(self, path: Path) -> Job:
        """Give all distances, rows and columns in the order of the tree."""
        assert self._page.categories is not None
        hierarchy = self._page.categories.hierarchy
        order = hierarchy.leaf_order.tolist()
        names = [hierarchy.names[leaf] for leaf in order]
        rows = tuple(
            (name, *hierarchy.distances[leaf, order].tolist()) for name, leaf in zip(names, order, strict=True)
        )
        return SaveTable(path, ("distance", *names), rows)
