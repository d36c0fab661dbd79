"""Pictures on their way through the prediction tree: dropped, chosen or on the canvas; traced, compared, explained."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from backend.jobs import ExplainedStep, ExplainPicture, PredictionTree, SaveExplanation
from backend.worker import Worker
from gui.node_pictures import NodePictures
from gui.path_steps import ablation_curve, explained_steps, explanation
from gui.save_path import ask_save_path
from gui.session import Session
from gui.traced_picture import TracedPicture
from gui.widgets.class_bars import per_cent
from gui.widgets.dropped_pictures import NoPicture, picture_of
from gui.widgets.live_curve import figure
from gui.widgets.start_picker import StartPicker
from gui.widgets.tree_page import TreePage

NO_TREE = "There is no tree to follow yet: build one first."


class TreePaths(QObject):
    """Follows up to two pictures through the tree of `page`, and says what the filters on the first way are worth.

    Signals
    -------
    node_wanted(int)
        The user chose a step of the path: its node.
    """

    node_wanted = Signal(int)

    def __init__(
        self, session: Session, worker: Worker, page: TreePage, pictures: NodePictures, panel: QWidget
    ) -> None:
        super().__init__(panel)
        self.session, self.worker, self.page, self.pictures = session, worker, page, pictures
        self._panel = panel
        self.tree: PredictionTree | None = None
        self.layer = ""
        self.first = TracedPicture(session, worker, "first path", self)
        self.second = TracedPicture(session, worker, "second path", self)
        self._connect()
        self.show()

    def set_tree(self, tree: PredictionTree | None, layer: str) -> None:
        """Follow another tree from now on."""
        self.tree, self.layer = tree, layer
        for traced in (self.first, self.second):
            traced.set_tree(tree, layer)

    @Slot()
    def paste(self) -> None:
        self.take(QGuiApplication.clipboard().mimeData(), "clipboard")

    def take(self, data: QMimeData, name: str) -> None:
        """Follow a picture that was dropped or pasted."""
        found = picture_of(data, name)
        if isinstance(found, NoPicture):
            self.session.notice.emit(found.sentence)
        elif self.tree is None:
            self.session.notice.emit(NO_TREE)
        else:
            self.page.from_canvas.setChecked(False)
            self.first.set_picture(*found)

    @Slot(object)
    def follow_canvas(self, picture: NDArray[np.uint8] | None) -> None:
        if self.page.from_canvas.isChecked() and self._panel.isVisible() and picture is not None:
            self.first.set_picture(picture, "on the canvas")

    @Slot(bool)
    def _follow_canvas(self, follow: bool) -> None:
        picture = self.session.canvas_picture
        if follow and picture is None:
            self.session.notice.emit("The canvas is empty: choose a unit, and a picture will grow.")
        elif follow:
            self.first.set_picture(picture, "on the canvas")

    def _choose_image(self, traced: TracedPicture) -> None:
        dataset, card = self.session.facts.dataset, self.session.facts.card
        if dataset is None or card is None or self.tree is None:
            self.session.notice.emit(NO_TREE)
            return
        picker = StartPicker(dataset, card.source, self.worker, self._panel)
        picker.setWindowTitle("Follow an image through the tree")
        picker.chosen.connect(partial(self._image_chosen, traced))
        picker.failed.connect(self.session.error)
        picker.open()

    def _image_chosen(self, traced: TracedPicture, indices: tuple[int, ...]) -> None:
        picture = self.pictures.image(indices[0])
        if picture is not None:
            self.page.from_canvas.setChecked(False)
            traced.set_picture(picture, f"image {indices[0]:,}")

    @Slot()
    def show(self) -> None:
        """Light the paths up in the tree, and lay the first one out below it."""
        page, tree = self.page, self.tree
        for traced, row, light in (
            (self.first, page.first, page.tree.set_path),
            (self.second, page.second, page.tree.set_compared_path),
        ):
            found = traced.found
            light(found.path.nodes if found is not None else ())
            row.setVisible(found is not None)
            if found is not None:
                row.show_picture(found.picture, traced.name, self._ending(traced))
        found = self.first.found
        page.hint.setVisible(found is None)
        page.below.setVisible(found is not None)
        page.totals.setVisible(found is not None)
        for button in (page.explain, page.compare, page.path_only):
            button.setEnabled(found is not None)
        if found is None or tree is None:
            return
        page.path.set_steps(self._steps())
        page.path.set_leaf(self.pictures.image(found.path.image_number), f"image {found.path.image_number:,}")
        page.totals.setText(self._totals())

    def _ending(self, traced: TracedPicture) -> str:
        card, found = self.session.facts.card, traced.found
        assert card is not None and found is not None
        best = int(found.probabilities.argmax())
        return f"{card.classes[best]} {per_cent(float(found.probabilities[best]))} · {len(found.path.steps)} steps"

    def _totals(self) -> str:
        card, found = self.session.facts.card, self.first.found
        assert card is not None and found is not None
        shares = found.contributions
        on_path = dict(zip(shares.filters.tolist(), shares.values.tolist(), strict=True))
        forks = sum(on_path.get(index, 0.0) for index in self._filters())
        how = "weight × mean, exact" if shares.exact else "gradient × activation"
        name = card.classes[shares.class_index]
        return (
            f"Logit of {name}: {figure(shares.logit)}, of which {figure(shares.total)} from all filters and "
            f"{figure(forks)} from the critical ones of these forks ({how})."
        )

    def _filters(self) -> tuple[int, ...]:
        """Give the critical filters of the forks on the path, in their order."""
        if self.tree is None or self.first.found is None:
            return ()
        return tuple(int(step.critical_filter.rpartition("/")[2]) for step in self._steps())

    def _steps(self) -> tuple[ExplainedStep, ...]:
        assert self.tree is not None and self.first.found is not None
        share = self.page.tree.share()
        return explained_steps(self.tree, self.first.found, self.layer, share, self.pictures.of_filter)

    @Slot(int)
    def _go_to_step(self, place: int) -> None:
        """Follow the row of the path in the tree."""
        wanted = self._filters()[place]
        assert self.first.found is not None
        for step in self.first.found.path.steps:
            if step.critical_filter == wanted:
                self.page.tree.reveal(step.node)
                self.page.tree.set_current(step.node)
                self.node_wanted.emit(step.node)

    @Slot()
    def _ablate(self) -> None:
        self.first.ablate(self._filters())

    @Slot()
    def _show_ablation(self) -> None:
        ablation = self.first.ablation
        self.page.ablation.set_curve(None if ablation is None else ablation_curve(ablation))
        self.page.remove.setEnabled(ablation is None)

    @Slot()
    def export(self) -> None:
        """Write why the picture was called what it was, with its path and Grad-CAM."""
        card, found = self.session.facts.card, self.first.found
        if card is None or found is None:
            self.session.notice.emit("There is no path to explain yet: build a tree, and drop a picture on it.")
            return
        path = ask_save_path(self._panel, self.session, "Explain this prediction", "explanation", "html")
        if path is not None:
            job = ExplainPicture(card.source, self.layer, found.contributions.class_index, found.picture)
            handle = self.worker.submit(job)
            handle.finished.connect(partial(self._write_explanation, path))
            handle.failed.connect(self.session.error)

    def _write_explanation(self, path: Path, grad_cam: NDArray[np.uint8]) -> None:
        card, dataset, found, tree = self.session.facts.card, self.session.facts.dataset, self.first.found, self.tree
        if card is None or dataset is None or found is None or tree is None:
            return
        steps = self._steps()
        leaf = self.pictures.image(found.path.image_number)
        page = explanation(card, dataset.name, found, steps, grad_cam, leaf, self.first.ablation)
        handle = self.worker.submit(SaveExplanation(path, page))
        handle.finished.connect(lambda saved: self.session.notice.emit(f"Saved {saved}."))
        handle.failed.connect(self.session.error)

    def _connect(self) -> None:
        page = self.page
        pairs: list[tuple[Any, Any]] = [
            (self.session.canvas_picture_changed, self.follow_canvas),
            (page.from_canvas.toggled, self._follow_canvas),
            (page.from_data.clicked, lambda: self._choose_image(self.first)),
            (page.compare.clicked, lambda: self._choose_image(self.second)),
            (page.first.removed, lambda: self.first.set_picture(None)),
            (page.second.removed, lambda: self.second.set_picture(None)),
            (page.explain.clicked, self.export),
            (page.remove.clicked, self._ablate),
            (page.path.step_chosen, self._go_to_step),
            (self.first.traced, self.show),
            (self.first.ablated, self._show_ablation),
            (self.second.traced, self.show),
        ]
        for signal, slot in pairs:
            signal.connect(slot)
