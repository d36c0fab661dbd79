"""Pictures on their way through the prediction tree: dropped, chosen or on the canvas; traced, compared, explained."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from backend.jobs import Ablation, Channel, Explanation, PredictionTree, TracedPath
from backend.worker import Worker
from gui.prediction_tree.explanation_files import ExplanationFiles
from gui.prediction_tree.path_images import PathImages
from gui.prediction_tree.path_steps import ShownSteps, ablation_curve, explanation, parting_words, shown_steps
from gui.prediction_tree.traced_picture import TracedPicture
from gui.prediction_tree.tree_page import TreePage
from gui.session import Session
from gui.text import counted, per_cent
from gui.units.node_pictures import NodePictures
from gui.widgets.dropped_pictures import NoPicture, picture_of
from gui.widgets.start_picker import StartPicker

NO_TREE = "There is no tree to follow yet: build one first."
KEPT = "There is no tree to follow yet: build one first, and the picture takes its way through it."


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
        self.explained: Explanation | None = None
        self.steps = ShownSteps()
        self._told: tuple[TracedPath | None, tuple[int, ...]] = (None, ())
        self._second_chosen = False
        self._awaited: dict[int, TracedPicture] = {}
        self._images = PathImages(pictures, self)
        self._files = ExplanationFiles(session, worker, panel)
        self._connect()
        self.show()

    def set_tree(self, tree: PredictionTree | None, layer: str) -> None:
        """Follow another tree from now on."""
        self.tree, self.layer = tree, layer
        self._images.set_tree(tree)
        for traced in (self.first, self.second):
            traced.set_tree(tree, layer)

    @Slot()
    def paste(self) -> None:
        self.take(QGuiApplication.clipboard().mimeData(), "clipboard")

    def take(self, data: QMimeData, name: str) -> None:
        """Follow a picture that was dropped or pasted."""
        found = picture_of(data, name)
        if isinstance(found, NoPicture):
            self.session.events.notice.emit(found.sentence)
            return
        self.page.from_canvas.setChecked(False)
        self.first.set_picture(*found)
        if self.tree is None:
            self.session.events.notice.emit(KEPT)

    @Slot(object)
    def follow_canvas(self, picture: NDArray[np.uint8] | None) -> None:
        if self.page.from_canvas.isChecked() and self._panel.isVisible() and picture is not None:
            self.first.set_picture(picture, "on the canvas")

    @Slot(bool)
    def _follow_canvas(self, follow: bool) -> None:
        picture = self.session.events.canvas_picture
        if follow and picture is None:
            self.session.events.notice.emit("The canvas is empty: watch a filter, and the path of its picture appears.")
        elif follow:
            self.first.set_picture(picture, "on the canvas")

    def _choose_image(self, traced: TracedPicture) -> None:
        dataset, card = self.session.facts.dataset, self.session.facts.card
        if dataset is None or card is None or self.tree is None:
            self.session.events.notice.emit(NO_TREE)
            return
        picker = StartPicker(dataset, card.source, self.worker, self._panel, self.session.facts.images, several=False)
        picker.setWindowTitle("Follow an image through the tree")
        picker.chosen.connect(partial(self._image_chosen, traced))
        picker.failed.connect(self.session.events.error)
        picker.open()
        # Most often it is one of the tree's own class.
        picker.show_image(int(self.tree.image_numbers.min()))

    def _image_chosen(self, traced: TracedPicture, indices: tuple[int, ...]) -> None:
        self._awaited = {indices[0]: traced}
        picture = self.pictures.image(indices[0])
        if picture is not None:
            self._follow_image(indices[0], picture)

    @Slot(int, object)
    def _follow_image(self, number: int, picture: NDArray[np.uint8]) -> None:
        """Follow an image of the data set, which may have had to be loaded, where it was chosen last."""
        traced = self._awaited.pop(number, None)
        if traced is not None:
            if traced is self.first:
                self.page.from_canvas.setChecked(False)
            traced.set_picture(picture, f"image {number:,}")

    @Slot()
    def _remove_second(self) -> None:
        self._second_chosen = False
        self.second.set_picture(None)

    # --- what is shown of them ---------------------------------------------------------------------------------

    @Slot()
    def show(self) -> None:
        """Light the paths up in the tree, and lay one of them out below it."""
        page = self.page
        both = self.first.found is not None and self.second.found is not None
        for traced, row, light in (
            (self.first, page.first, page.tree.set_path),
            (self.second, page.second, page.tree.set_compared_path),
        ):
            found = traced.found
            light(found.path.nodes if found is not None else ())
            row.setVisible(found is not None)
            if found is not None:
                row.show_picture(found.picture, traced.name, self._ending(found, both))
        there = self._shown.found is not None
        page.hint.setVisible(not there)
        page.below.setVisible(there)
        for button in (page.explain, page.compare, page.path_only):
            button.setEnabled(there)
        self._explain()

    @property
    def _shown(self) -> TracedPicture:
        """The picture whose path is laid out: the chosen one, or the only one."""
        chosen, other = (self.second, self.first) if self._second_chosen else (self.first, self.second)
        return other if chosen.found is None and other.found is not None else chosen

    @Slot(bool)
    def _choose_second(self, second: bool) -> None:
        self._second_chosen = second
        self.show()
        self._show_ablation()

    @Slot(bool)
    def _set_descent(self, by_members: bool) -> None:
        for traced in (self.first, self.second):
            traced.set_descent("members" if by_members else "means")

    def _ending(self, found: TracedPath, both: bool) -> str:
        """Say what the network calls a picture and, where there is room, how long its path is."""
        card = self.session.facts.card
        assert card is not None
        best = int(found.probabilities.argmax())
        steps = "" if both else f" · {counted(len(found.path.critical_filters), 'step')}"
        return f"{card.classes[best]} {per_cent(float(found.probabilities[best]))}{steps}"

    def _explain(self) -> None:
        """Tell the path that is shown."""
        card, dataset = self.session.facts.card, self.session.facts.dataset
        tree, traced, before = self.tree, self._shown, self._told
        found = traced.found
        if card is None or dataset is None or tree is None or found is None:
            self.explained, self._told = None, (None, ())
            return
        self.steps = shown_steps(tree, found.path, self.page.tree.share())
        self._told = (found, self.steps.numbers)
        pictures = (self.pictures.of_filter, self._images.typical)
        leaf = self.pictures.image(found.path.image_number)
        told = explanation(card, dataset, tree, self.layer, found, self.steps, pictures, leaf, self._ablation())
        self.explained = told
        below, both = self.page.below, self.first.found is not None and self.second.found is not None
        below.show_pictures((self.first.name, self.second.name) if both else None, traced is self.second)
        below.show_explanation(told, self._parting(), same=before[0] is found and before[1] == self.steps.numbers)
        below.show_ablation(told, running=traced.ablating)
        wanted = [*self.steps.filters, *(int(share.address.rpartition("/")[2]) for share in told.shares)]
        self.pictures.want_filters(wanted)

    def _parting(self) -> str:
        first, second = self.first.found, self.second.found
        if first is None or second is None:
            return ""
        return parting_words(first.path, second.path, self.layer)

    @Slot(int)
    def _go_to_step(self, place: int) -> None:
        """Follow the row of the path in the tree."""
        if place < len(self.steps.steps):
            self.go_to(self.steps.steps[place].node)

    @Slot()
    def _go_to_leaf(self) -> None:
        if self._shown.found is not None:
            self.go_to(self._shown.found.path.leaf)

    @Slot(int)
    def go_to(self, node: int) -> None:
        """Show a node in the tree, open what hides it, and tell of it."""
        self.page.tree.reveal(node)
        self.page.tree.set_current(node)
        self.node_wanted.emit(node)

    @Slot(int)
    def _mark_step(self, node: int) -> None:
        """Follow the tree in the row."""
        found = self._shown.found
        if found is None:
            return
        nodes = [*(step.node for step in self.steps.steps), found.path.leaf]
        self.page.path.set_current(nodes.index(node) if node in nodes else -1)

    @Slot(int)
    def _select_share(self, row: int) -> None:
        if self.explained is not None:
            index = int(self.explained.shares[row].address.rpartition("/")[2])
            self.session.select_unit(Channel(self.layer, index))

    # --- what its filters are worth ----------------------------------------------------------------------------

    def _ablation(self) -> Ablation | None:
        return self._shown.ablation_of(self.steps.filters)

    @Slot()
    def _ablate(self) -> None:
        self._shown.ablate(self.steps.filters)

    @Slot()
    def _show_ablation(self) -> None:
        if self.explained is None or self._shown.found is None:
            return
        found = self._ablation()
        self.explained = replace(self.explained, ablation=None if found is None else ablation_curve(found))
        self.page.below.show_ablation(self.explained, running=self._shown.ablating)

    @Slot()
    def export(self) -> None:
        """Write why the picture was called what it was, as a page or a picture."""
        self._export()

    @Slot()
    def export_html(self) -> None:
        self._export("html")

    @Slot()
    def export_png(self) -> None:
        self._export("png")

    def _export(self, *suffixes: str) -> None:
        found = self._shown.found
        self._files.ask(self.explained, found.contributions.class_index if found is not None else -1, *suffixes)

    def _connect(self) -> None:
        page = self.page
        pairs: list[tuple[Any, Any]] = [
            (self.session.events.canvas_picture_changed, self.follow_canvas),
            (page.from_canvas.toggled, self._follow_canvas),
            (page.from_data.clicked, lambda: self._choose_image(self.first)),
            (page.compare.clicked, lambda: self._choose_image(self.second)),
            (page.first.removed, lambda: self.first.set_picture(None)),
            (page.second.removed, self._remove_second),
            (page.explain.clicked, self.export),
            (page.remove.clicked, self._ablate),
            (page.path.step_chosen, self._go_to_step),
            (page.path.leaf_chosen, self._go_to_leaf),
            (page.below.shares.share_chosen, self._select_share),
            (page.below.second_chosen, self._choose_second),
            (page.below.by_members.toggled, self._set_descent),
            (page.tree.node_chosen, self._mark_step),
            (self.pictures.image_came, self._follow_image),
            (self._images.came, self.show),
            (self.first.traced, self.show),
            (self.first.ablated, self._show_ablation),
            (self.second.traced, self.show),
            (self.second.ablated, self._show_ablation),
        ]
        for signal, slot in pairs:
            signal.connect(slot)
