"""Prediction tree: how one class splits into modes, which filter decides at each fork, and the way a picture takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from backend.jobs import BuildTree, FindTree, PredictionTree, SaveFile, default_feature_layer
from backend.worker import Worker
from gui.panel import Panel
from gui.prediction_tree.chosen_node import ChosenNode
from gui.prediction_tree.class_partings import ClassPartings
from gui.prediction_tree.fine_tuning import TreeFineTuning
from gui.prediction_tree.image_sets import ImageSet, image_sets
from gui.prediction_tree.paths import TreePaths
from gui.prediction_tree.run import TreeRun
from gui.prediction_tree.tree_page import SHARES, TreePage
from gui.save_path import ask_save_path
from gui.session import Session
from gui.text import per_cent
from gui.units.node_pictures import NodePictures, picture_of_node
from gui.widgets.dropped_pictures import may_hold_picture

INVITATION = "Choose a class, and build its tree: which images are alike, and which filter makes them so."
STEP = 0.005
"""Share of the images that one step of the slider is."""


class PredictionTreePanel(Panel):
    """Builds the tree of a class when asked, and follows pictures through it."""

    def __init__(self, session: Session, worker: Worker, parent: QWidget | None = None) -> None:
        super().__init__(session, worker, parent)
        self.page = TreePage()
        self.tree: PredictionTree | None = None
        self.layer = ""
        self.pictures = NodePictures(session, worker, self)
        self.paths = TreePaths(session, worker, self.page, self.pictures, self)
        self.tuning = TreeFineTuning(session, worker, self.page.card.fine_tuning, self)
        self.run = TreeRun(session, worker, self)
        self.node = ChosenNode(session, worker, self.page.card, self.pictures, self)
        self.partings = ClassPartings(session, self.page.card, self.pictures, self)
        self._last = {"images": "", "layer": ""}
        self._sets: list[ImageSet] = []
        self._offering = self._awaited = False
        self.setAcceptDrops(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self.page.tree.set_words(self.node.caption, self.node.tip)
        self._connect()
        self._offer()

    # --- which tree --------------------------------------------------------------------------------------------

    def remember(self) -> dict[str, Any]:
        page = self.page
        return {**self._chosen(), "kind": page.kind.currentData(), "by_members": page.below.by_members.isChecked()}

    def _chosen(self) -> dict[str, str]:
        return {"images": self.page.images.currentText().split(" · ")[0], "layer": self.page.layer.currentText()}

    def restore(self, remembered: dict[str, Any]) -> None:
        self._last = {name: str(remembered.get(name, "")) for name in ("images", "layer")}
        self.page.kind.setCurrentIndex(max(0, self.page.kind.findData(remembered.get("kind"))))
        self.page.below.by_members.setChecked(remembered.get("by_members") is True)

    @Slot()
    def _offer(self) -> None:
        """Offer the classes and layers of what is open; a tree of something else is gone."""
        facts, page = self.session.facts, self.page
        self._offering = True
        if page.images.count() and page.layer.count():
            self._last = self._chosen()
        self.run.forget()
        page.images.clear()
        page.layer.clear()
        self._sets = image_sets(facts.dataset) if facts.dataset is not None else []
        page.images.addItems([each.text for each in self._sets])
        last = page.images.findText(f"{self._last['images']} · ", Qt.MatchFlag.MatchStartsWith)
        page.images.setCurrentIndex(max(last, 0))
        if facts.card is not None and facts.card.layers:
            names = [layer.name for layer in facts.card.layers if layer.has_space and layer.shape[1] > 1]
            page.layer.addItems(list(reversed(names)))
            last_layer = self._last["layer"]
            page.layer.setCurrentText(last_layer if last_layer in names else default_feature_layer(facts.card))
        self._offering = False
        self._look()

    @Slot()
    def _look(self) -> None:
        """Show the tree of what is chosen where it was built before. While the panel is hidden that can wait."""
        facts, page = self.session.facts, self.page
        if self._offering or facts.card is None or facts.dataset is None or page.layer.count() == 0:
            return
        page.images.setToolTip(page.images.currentText())
        if self.isVisible():
            chosen = self._sets[page.images.currentIndex()]
            what = (facts.card.source, facts.dataset.source, page.layer.currentText(), chosen.numbers, chosen.label)
            self.run.ask(FindTree(*what), BuildTree(*what))

    @Slot()
    def build_of_selected(self) -> None:
        """Build a tree of the images that are selected, whatever panel they were selected in."""
        selected, page = self.session.facts.images, self.page
        if selected is None:
            self.session.events.notice.emit(
                "No images are selected yet: click a node of the tree, or select some elsewhere."
            )
            return
        self._sets.append(ImageSet(f"selected · {selected.name}", numbers=tuple(selected.numbers.tolist())))
        page.images.addItem(self._sets[-1].text)
        page.images.setCurrentIndex(len(self._sets) - 1)
        self.build()

    @Slot()
    def build(self) -> None:
        """Build the tree of the chosen images, or find the one that was built before; while it is built, stop."""
        if self.run.state == "running":
            self.run.cancel()
            return
        self.come_forward()
        self._look()
        if self.run.state == "none":
            self.session.events.notice.emit(
                "There is nothing to build a tree of yet: open a network and a data set first."
            )
        elif self.run.state != "there":
            self._awaited = True
            self.run.start()

    @Slot()
    def paste(self) -> None:
        self.come_forward()
        self.paths.paste()

    @Slot()
    def _show_state(self) -> None:
        page, run = self.page, self.run
        page.build.setText("Cancel" if run.state == "running" else "Build the tree")
        page.build.setEnabled(run.state in ("looking", "absent", "running"))
        page.build.setToolTip("This tree is built, and kept on the disk" if run.state == "there" else "")
        # While a tree is looked for, which is short, nothing comes and goes.
        page.show_parts(run.state == "there" or (run.state == "looking" and not page.card.isHidden()))
        words = {"running": run.progress_words(), "looking": "Looking for the tree…"}.get(run.state, INVITATION)
        page.tree.set_placeholder(words)

    # --- the tree ----------------------------------------------------------------------------------------------

    @Slot(object)
    def _show_tree(self, tree: PredictionTree | None) -> None:
        if tree is None and self.tree is None:
            return
        self.tree, self.layer = tree, self.page.layer.currentText() if tree is not None else ""
        page = self.page
        self.pictures.show_layer(self.layer)
        if tree is None:
            page.tree.set_tree(np.zeros((0, 2), np.int64), np.zeros(0, np.int64), ())
        else:
            page.tree.set_tree(tree.merges, tree.sizes, tree.roots)
            page.tree.set_distances(tree.distances)
            page.share.blockSignals(True)
            page.share.setValue(max(1, min(SHARES, round(page.tree.share() / STEP))))
            page.share.blockSignals(False)
        page.set_deepest(page.tree.deepest_fork() if tree is not None else 0)
        self._show_drawn()
        self.paths.set_tree(tree, self.layer)
        self.tuning.set_tree(tree, self.layer)
        self.partings.set_tree(tree)
        self.node.set_tree(tree, self.layer, lambda node: len(page.tree.tree().path_to(node)) - 1)
        if tree is not None:
            page.tree.set_current(tree.roots[0])
            self._lead_keys()

    def _lead_keys(self) -> None:
        """Let the arrows walk a tree that was waited for here: its button, disabled now, would pass them on."""
        focus = self.window().focusWidget()
        if self._awaited and (focus is None or self.isAncestorOf(focus)):
            self.page.tree.setFocus()
        self._awaited = False

    @Slot()
    def _show_drawn(self) -> None:
        self.page.share_words.setText(f"forks of {per_cent(self.page.tree.share())}")
        self.page.summary.setText(self.page.tree.summary() if self.tree is not None else "")
        # Another tree begins condensed, and what a node hides behind is opened without the buttons.
        for button, down in (
            (self.page.full, self.page.tree.choice().full),
            (self.page.path_only, self.page.tree.path_only()),
        ):
            with QSignalBlocker(button):
                button.setChecked(down)
        if self.page.all_depths():
            self.page.set_deepest(self.page.tree.deepest_fork() if self.tree is not None else 0)

    @Slot(int)
    def _set_share(self, steps: int) -> None:
        self.page.tree.set_share(steps * STEP)
        self._show_all_depths()
        self._show_drawn()
        self.paths.show()

    @Slot()
    def _show_all_depths(self) -> None:
        """Draw every depth there is now: other forks are drawn than those the range was chosen for."""
        self.page.tree.set_depth_range()
        self.page.set_deepest(self.page.tree.deepest_fork() if self.tree is not None else 0)

    @Slot(bool)
    def _show_full(self, full: bool) -> None:
        self.page.tree.show_full(full)
        self._show_all_depths()

    @Slot()
    def _set_depths(self) -> None:
        first, last = self.page.first_fork, self.page.last_fork
        # The end that was not touched gives way.
        if first.value() > last.value():
            other = last if self.sender() is first else first
            other.setValue(first.value() if other is last else last.value())
        self.page.tree.set_depth_range(first.value(), None if last.value() == last.maximum() else last.value())
        self.page.tree.fit()

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
        merges = [node for node in nodes if node >= tree.images]
        if kind == "filter":
            self.pictures.want_filters([int(tree.critical_filters[node - tree.images]) for node in merges])
        elif kind == "average":
            self.pictures.want_averages(tree, merges)

    @Slot(int, object)
    def _filter_came(self, index: int, picture: NDArray[np.uint8]) -> None:
        tree = self.tree
        if tree is None:
            return
        if self.page.kind.currentData() == "filter":
            for merge in np.flatnonzero(tree.critical_filters == index):
                self.page.tree.set_picture(tree.images + int(merge), picture)
        self.paths.show()
        self.node.show_picture()

    @Slot(int, object)
    def _average_came(self, node: int, picture: NDArray[np.uint8]) -> None:
        if self.tree is not None and self.page.kind.currentData() == "average":
            self.page.tree.set_picture(node, picture)

    @Slot(int, object)
    def _image_came(self, number: int, picture: NDArray[np.uint8]) -> None:
        tree = self.tree
        for leaf in [] if tree is None else np.flatnonzero(tree.image_numbers == number):
            self.page.tree.set_picture(int(leaf), picture)
        self.node.show_picture()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if may_hold_picture(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.paths.take(event.mimeData(), "dropped picture")

    # --- files -------------------------------------------------------------------------------------------------

    def show_fine_tuning(self) -> None:
        """Open the section of fine-tuning, where there is a tree whose paths could be taught."""
        self.come_forward()
        if self.tree is None:
            self.session.events.notice.emit("Fine-tuning goes along a tree's paths: build a tree first (Ctrl+Shift+B).")
            return
        section = self.page.card.sections["Fine-tuning"]
        section.set_folded(False)
        self.page.card.ensureWidgetVisible(section)

    def export_svg(self) -> None:
        self._export_tree("svg")

    def export_png(self) -> None:
        self._export_tree("png")

    def _export_tree(self, suffix: str) -> None:
        if self.tree is None:
            self.session.events.notice.emit("There is no tree to export yet: build one first.")
            return
        path = ask_save_path(self, self.session, "Export the prediction tree", "prediction-tree", suffix)
        if path is not None:
            content = self.page.tree.svg().encode() if suffix == "svg" else self.page.tree.png()
            self._save(SaveFile(path, content))

    def _save(self, job: SaveFile) -> None:
        handle = self.worker.submit(job)
        handle.finished.connect(lambda path: self.session.events.notice.emit(f"Saved {path}."))
        handle.failed.connect(self.session.events.error)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()
        self.paths.follow_canvas(self.session.events.canvas_picture)

    def _connect(self) -> None:
        page, session = self.page, self.session
        pairs: list[tuple[Any, Any]] = [
            (session.card_changed, self._offer),
            (session.dataset_changed, self._offer),
            (session.preferences.smooth_changed, page.tree.set_smooth),
            (page.images.currentIndexChanged, self._look),
            (page.layer.currentIndexChanged, self._look),
            (page.build.clicked, self.build),
            (self.run.came, self._show_tree),
            (self.run.state_changed, self._show_state),
            (page.share.valueChanged, self._set_share),
            (page.first_fork.valueChanged, self._set_depths),
            (page.last_fork.valueChanged, self._set_depths),
            (page.kind.currentIndexChanged, self._change_kind),
            (page.full.toggled, self._show_full),
            (page.path_only.toggled, page.tree.set_path_only),
            (page.tree.drawing_changed, self._show_drawn),
            (page.tree.pictures_wanted, self._give_pictures),
            (page.tree.node_chosen, self.node.select),
            (page.tree.node_activated, self.node.watch),
            (page.card.watch_wanted, self.node.watch),
            (self.paths.node_wanted, self.node.select),
            (self.node.followed, page.tree.set_current),
            (self.partings.node_wanted, self.paths.go_to),
            (self.pictures.filter_came, self._filter_came),
            (self.pictures.average_came, self._average_came),
            (self.pictures.image_came, self._image_came),
        ]
        for signal, slot in pairs:
            signal.connect(slot)


PANEL = PredictionTreePanel
