"""Prediction tree: how one class splits into modes, which filter decides at each fork, and the way a picture takes."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from backend.jobs import (
    BuildTree,
    Channel,
    Notice,
    PredictionTree,
    SaveFile,
    default_feature_layer,
)
from backend.worker import JobHandle, Worker
from gui.grid_pictures import GridPictures
from gui.node_pictures import NodePictures, picture_of_node
from gui.panels import Panel
from gui.save_path import ask_save_path
from gui.session import Session
from gui.tree_paths import TreePaths
from gui.widgets.class_bars import per_cent
from gui.widgets.dropped_pictures import may_hold_picture
from gui.widgets.live_curve import figure
from gui.widgets.tree_page import SHARES, TreePage

INVITATION = "Choose a class, and build its tree: which images are alike, and which filter makes them so."
STEP = 0.005
"""Share of the images that one step of the slider is."""


class PredictionTreePanel(Panel):
    """Builds the tree of a class when asked, and follows pictures through it."""

    title = "Prediction tree"
    area = "centre"
    order = 3

    def __init__(self, session: Session, worker: Worker, parent: QWidget | None = None) -> None:
        super().__init__(session, worker, parent)
        self.page = TreePage()
        self.tree: PredictionTree | None = None
        self.layer = ""
        self.pictures = NodePictures(session, worker, self)
        self.paths = TreePaths(session, worker, self.page, self.pictures, self)
        self._handle: JobHandle | None = None
        self._grid = GridPictures(session, worker, self.page.card.below, "images of a node")
        self.setAcceptDrops(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self.page.tree.set_words(self._caption, self._tip)
        # Seven forks under one another fill a wide panel better lying down.
        self.page.tree.set_sideways(True)
        self._connect()
        self._offer()

    def menu_actions(self) -> list[QAction]:
        return [
            self.action("Build the prediction tree", "Ctrl+Shift+B", self.build),
            self.action("Trace a pasted picture through the tree", "Ctrl+Shift+T", self.paths.paste),
        ]

    def export_actions(self) -> list[QAction]:
        return [
            self.action("Export the prediction tree as SVG…", "", partial(self._export_tree, "svg")),
            self.action("Export the prediction tree as PNG…", "", partial(self._export_tree, "png")),
            self.action("Explain this prediction as HTML…", "", self.paths.export),
        ]

    # --- the tree ----------------------------------------------------------------------------------------------

    @Slot()
    def _offer(self) -> None:
        """Offer the classes and layers of what is open; a tree of something else is gone."""
        facts, page = self.session.facts, self.page
        self._show_tree(None, "")
        page.images.clear()
        page.layer.clear()
        if facts.dataset is not None:
            counts = np.bincount(facts.dataset.labels, minlength=len(facts.dataset.class_names))
            for label, name in enumerate(facts.dataset.class_names):
                page.images.addItem(f"{name} · {counts[label]:,} images", label)
            page.images.addItem(f"all {facts.dataset.count:,} images", -1)
        if facts.card is not None and facts.card.layers:
            default = default_feature_layer(facts.card)
            names = [layer.name for layer in facts.card.layers if layer.has_space and layer.shape[1] > 1]
            page.layer.addItems(list(reversed(names)))
            page.layer.setCurrentText(default)
        page.build.setEnabled(page.images.count() > 0 and page.layer.count() > 0)

    @Slot()
    def build(self) -> None:
        """Build the tree of the chosen images, or find the one that was built before."""
        facts, page = self.session.facts, self.page
        if facts.card is None or facts.dataset is None or page.layer.count() == 0:
            self.session.notice.emit("There is nothing to build a tree of yet: open a network and a data set first.")
            return
        label = page.images.currentData()
        layer = page.layer.currentText()
        job = BuildTree(facts.card.source, facts.dataset.source, layer, label=None if label < 0 else label)
        handle = self._handle = self.worker.submit(job)
        handle.finished.connect(partial(self._on_built, handle, layer))
        handle.failed.connect(self.session.error)
        handle.yielded.connect(self._on_event)
        for signal in (handle.failed, handle.cancelled):
            signal.connect(self._on_ended)
        page.build.setEnabled(False)
        page.tree.set_placeholder("Building the tree…")

    @Slot(object)
    def _on_event(self, event: object) -> None:
        if isinstance(event, Notice):
            self.session.notice.emit(event.text)

    def _on_built(self, handle: JobHandle, layer: str, tree: PredictionTree) -> None:
        if handle is self._handle:
            self._on_ended()
            self._show_tree(tree, layer)

    @Slot()
    def _on_ended(self) -> None:
        self._handle = None
        self.page.build.setEnabled(True)
        self._show_placeholder()

    def _show_placeholder(self) -> None:
        self.page.tree.set_placeholder(INVITATION)

    def _show_tree(self, tree: PredictionTree | None, layer: str) -> None:
        self.tree, self.layer = tree, layer
        page = self.page
        self.pictures.show_layer(layer)
        if tree is None:
            page.tree.set_tree(np.zeros((0, 2), np.int64), np.zeros(0, np.int64), ())
            self._show_placeholder()
        else:
            page.tree.set_tree(tree.merges, tree.sizes, tree.roots)
            page.tree.set_distances(tree.distances)
            page.share.blockSignals(True)
            page.share.setValue(max(1, min(SHARES, round(page.tree.share() / STEP))))
            page.share.blockSignals(False)
        self._show_share()
        self.paths.set_tree(tree, layer)
        self._show_node(tree.roots[0] if tree is not None else -1)

    @Slot()
    def _show_share(self) -> None:
        self.page.share_words.setText(f"forks of {per_cent(self.page.tree.share())}")
        self.page.summary.setText(self.page.tree.summary() if self.tree is not None else "")

    @Slot(int)
    def _set_share(self, steps: int) -> None:
        self.page.tree.set_share(steps * STEP)
        self._show_share()
        self.paths.show()

    @Slot()
    def _change_kind(self) -> None:
        self.page.tree.forget_pictures()

    @Slot(list)
    def _give_pictures(self, nodes: list[int]) -> None:
        tree = self.tree
        if tree is None:
            return
        kind = self.page.kind.currentData()
        for node in nodes:
            self.page.tree.set_picture(node, picture_of_node(self.pictures, tree, node, kind))
        if kind == "filter":
            merges = [node - tree.images for node in nodes if node >= tree.images]
            self.pictures.want_filters([int(tree.critical_filters[merge]) for merge in merges])

    @Slot(int, object)
    def _filter_came(self, index: int, picture: NDArray[np.uint8]) -> None:
        tree = self.tree
        if tree is not None and self.page.kind.currentData() == "filter":
            for merge in np.flatnonzero(tree.critical_filters == index):
                self.page.tree.set_picture(tree.images + int(merge), picture)
        if tree is not None:
            self.paths.show()
            self._show_node(self.page.tree.current())

    @Slot(int, object)
    def _image_came(self, number: int, picture: NDArray[np.uint8]) -> None:
        tree = self.tree
        for leaf in [] if tree is None else np.flatnonzero(tree.image_numbers == number):
            self.page.tree.set_picture(int(leaf), picture)

    # --- a node ------------------------------------------------------------------------------------------------

    def _address(self, node: int) -> str:
        tree = self.tree
        if tree is None or node < tree.images:
            return "" if tree is None else f"image {tree.image_numbers[node]:,}"
        return f"{self.layer}/{tree.critical_filters[node - tree.images]}"

    def _caption(self, node: int) -> str:
        return self._address(node).rpartition("/")[2]

    def _tip(self, node: int) -> str:
        tree = self.tree
        if tree is None or node < tree.images:
            return self._address(node)
        return f"{self._address(node)}\n{tree.sizes[node]:,} images\ndistance {tree.distances[node - tree.images]:.3f}"

    @Slot(int)
    def _show_node(self, node: int) -> None:
        """Say on the card what is known of a node."""
        tree, card = self.tree, self.page.card
        if tree is None or node < 0:
            card.show_node("No node chosen", "", {}, filtered=False)
            card.picture.set_image(None)
            card.show_images(())
            return
        members = tree.members(node)
        facts = {"images": f"{len(members):,}", "depth": str(len(self.page.tree.tree().path_to(node)) - 1)}
        children = tree.children(node)
        if children is not None:
            merge = node - tree.images
            index = int(tree.critical_filters[merge])
            facts["distance"] = figure(float(tree.distances[merge]))
            facts["reachable"] = f"{len(tree.reachable_filters(node)):,}"
            left, right = (tree.scores[tree.members(child), index] for child in children)
            card.show_sides(left, right)
            card.picture.set_image(self.pictures.of_filter(index))
        else:
            card.picture.set_image(self.pictures.image(int(tree.image_numbers[node])))
        about = "critical filter of this merge" if children is not None else "a single image"
        card.show_node(self._address(node), about, facts, filtered=children is not None)
        card.show_images(tree.image_numbers[members])

    @Slot()
    def _watch(self) -> None:
        tree, node = self.tree, self.page.tree.current()
        if tree is not None and node >= tree.images:
            self.session.select_unit(Channel(self.layer, int(tree.critical_filters[node - tree.images])))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if may_hold_picture(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.paths.take(event.mimeData(), "dropped picture")

    # --- files -------------------------------------------------------------------------------------------------

    def _export_tree(self, suffix: str) -> None:
        if self.tree is None:
            self.session.notice.emit("There is no tree to export yet: build one first.")
            return
        path = ask_save_path(self, self.session, "Export the prediction tree", "prediction-tree", suffix)
        if path is not None:
            content = self.page.tree.svg().encode() if suffix == "svg" else self.page.tree.png()
            self._save(SaveFile(path, content))

    def _save(self, job: SaveFile) -> None:
        handle = self.worker.submit(job)
        handle.finished.connect(lambda path: self.session.notice.emit(f"Saved {path}."))
        handle.failed.connect(self.session.error)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.paths.follow_canvas(self.session.canvas_picture)

    def _connect(self) -> None:
        page, session = self.page, self.session
        pairs: list[tuple[Any, Any]] = [
            (session.card_changed, self._offer),
            (session.dataset_changed, self._offer),
            (session.smooth_changed, page.tree.set_smooth),
            (page.build.clicked, self.build),
            (page.share.valueChanged, self._set_share),
            (page.kind.currentIndexChanged, self._change_kind),
            (page.full.toggled, page.tree.show_full),
            (page.path_only.toggled, page.tree.set_path_only),
            (page.tree.drawing_changed, self._show_share),
            (page.tree.pictures_wanted, self._give_pictures),
            (page.tree.node_chosen, self._show_node),
            (page.tree.node_activated, self._watch),
            (page.card.watch_wanted, self._watch),
            (self.paths.node_wanted, self._show_node),
            (self.pictures.filter_came, self._filter_came),
            (self.pictures.image_came, self._image_came),
        ]
        for signal, slot in pairs:
            signal.connect(slot)


PANEL = PredictionTreePanel
