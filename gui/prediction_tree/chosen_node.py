"""The node of the prediction tree that was chosen: its card, and what the other panels are told of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from backend.jobs import Channel, PredictionTree
from backend.worker import Worker
from gui.image_selection import ImageSelection
from gui.prediction_tree.classes import labels_of_tree, only_label
from gui.prediction_tree.node_card import NodeCard
from gui.session import Session
from gui.text import counted, figure
from gui.units.grid_pictures import GridPictures
from gui.units.node_pictures import NodePictures

TOP = 10
MOST_CLASSES = 3


class ChosenNode(QObject):
    """Fills the card beside the tree. `select` is what a user does: every panel then speaks of the node.

    Signals
    -------
    followed(int)
        The images of another node were selected from elsewhere, such as by an undo.
    """

    followed = Signal(int)

    def __init__(
        self, session: Session, worker: Worker, card: NodeCard, pictures: NodePictures, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.node = -1
        self._session, self._card, self._pictures = session, card, pictures
        self._tree: PredictionTree | None = None
        self._layer = ""
        self._several = False
        """Whether the tree's images are of several classes."""
        self._depth_of: Callable[[int], int] = lambda node: 0
        self._grids = [
            GridPictures(session, worker, grid, f"{name} of a node")
            for name, grid in (("images", card.below), ("best images", card.top))
        ]
        session.scans_changed.connect(self._show_top)
        session.images_changed.connect(self._follow)

    def set_tree(self, tree: PredictionTree | None, layer: str, depth_of: Callable[[int], int]) -> None:
        """Speak of another tree; `depth_of` counts the merges above a node."""
        self._tree, self._layer, self._depth_of = tree, layer, depth_of
        labels = labels_of_tree(tree, self._session.facts.dataset)
        self._several = len(labels) > 0 and only_label(labels) is None
        self.show(tree.roots[0] if tree is not None else -1)

    def address(self, node: int) -> str:
        """Name a node: by its critical filter, or by its image."""
        tree = self._tree
        if tree is None:
            return ""
        if node < tree.images:
            return f"image {tree.image_numbers[node]:,}"
        return f"{self._layer}/{tree.critical_filters[node - tree.images]}"

    def caption(self, node: int) -> str:
        """Give the number of a node's filter, or of its image."""
        tree = self._tree
        if tree is None:
            return ""
        unit = self.critical_filter(node)
        return f"{tree.image_numbers[node]:,}" if unit is None else str(unit.index)

    def critical_filter(self, node: int) -> Channel | None:
        """Give the unit of a merge; None for a leaf."""
        tree = self._tree
        if tree is None or node < tree.images:
            return None
        return Channel(self._layer, int(tree.critical_filters[node - tree.images]))

    def tip(self, node: int) -> str:
        """Say in lines what is known of a node."""
        tree = self._tree
        if tree is None or node < 0:
            return ""
        numbers = self._numbers(tree, node)
        lines = [self.address(node), self._classes(numbers) or counted(len(numbers), "image")]
        if node >= tree.images:
            lines.append(f"distance {tree.distances[node - tree.images]:.3f}")
        return "\n".join(lines)

    # --- the card ----------------------------------------------------------------------------------------------

    @Slot(int)
    def show(self, node: int) -> None:
        """Say on the card what is known of a node; −1 for none."""
        self.node = node
        tree, card = self._tree, self._card
        if tree is None or node < 0:
            card.show_node("No node chosen", "", {}, filtered=False)
            card.picture.set_image(None)
            card.show_images((), "", None)
            return
        members = tree.members(node)
        facts = {"depth": str(self._depth_of(node))}
        unit, children = self.critical_filter(node), tree.children(node)
        if unit is not None and children is not None:
            facts["distance"] = figure(float(tree.distances[node - tree.images]))
            facts["reachable"] = f"{len(tree.reachable_filters(node)):,}"
            left, right = (tree.scores[tree.members(child), unit.index] for child in children)
            card.show_sides(left, right)
        self.show_picture()
        about = f"critical for {len(members):,} images" if unit is not None else "a single image"
        card.show_node(self.address(node), about, facts, filtered=unit is not None)
        numbers = tree.image_numbers[members]
        classes = self._classes(numbers)
        card.show_images(numbers, classes, self._class_of if classes else None)
        self._show_top()

    @Slot()
    def show_picture(self) -> None:
        """Show the picture of the node's filter or image, which may come later."""
        tree, node = self._tree, self.node
        if tree is None or node < 0:
            return
        unit = self.critical_filter(node)
        number = int(tree.image_numbers[node]) if unit is None else -1
        picture = self._pictures.image(number) if unit is None else self._pictures.of_filter(unit.index)
        self._card.picture.set_image(picture)

    @Slot()
    def _show_top(self) -> None:
        """Show the images of the whole data set that excite the critical filter most, as far as a scan knows them."""
        unit = self.critical_filter(self.node)
        scan = None if unit is None else self._session.scan_of(unit.layer)
        top = np.zeros(0, np.int64)
        if unit is not None and scan is not None and scan.done:
            top = scan.top_images(unit.layer, unit.index, TOP)
        total = 0 if scan is None or scan.complete else scan.header.count
        self._card.show_top(top, self._class_of, f"{scan.done:,} of {total:,}" if total and scan is not None else "")

    def _class_of(self, number: int) -> str:
        dataset = self._session.facts.dataset
        known = dataset is not None and number < len(dataset.labels)
        return dataset.class_names[dataset.labels[number]] if known and dataset is not None else ""

    def _classes(self, numbers: NDArray[np.int64]) -> str:
        """Count the classes of images: "horse 280 · truck 3"; "" where all images of the tree are of one."""
        dataset = self._session.facts.dataset
        if dataset is None or not self._several:
            return ""
        counts = np.bincount(dataset.labels[numbers], minlength=len(dataset.class_names))
        order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        shown = [f"{dataset.class_names[label]} {counts[label]:,}" for label in order[:MOST_CLASSES]]
        more = len(order) - len(shown)
        return " · ".join([*shown, f"{more} more"] if more else shown)

    # --- the other panels --------------------------------------------------------------------------------------

    @Slot(int)
    def select(self, node: int) -> None:
        """Show a node that the user went to, and let every panel speak of its images and its filter.

        The canvas keeps what it optimises: a walk through the tree would begin a run at every step.
        """
        self.show(node)
        tree, dataset = self._tree, self._session.facts.dataset
        if tree is None or dataset is None or node < 0:
            return
        numbers = self._numbers(tree, node)
        unit = self.critical_filter(node)
        name = self.address(node) if unit is None else f"{counted(len(numbers), 'image')} below {self.address(node)}"
        changes: dict[str, object] = {"images": ImageSelection(dataset.source, numbers, name)}
        if unit is not None:
            changes |= {"unit": unit, "layer": unit.layer}
        self._session.change("Walk in the prediction tree", **changes)

    @Slot(object)
    def _follow(self, images: ImageSelection | None) -> None:
        """Go to the node whose images were selected from elsewhere, if there is one."""
        tree = self._tree
        if tree is None or images is None or self._is_of(tree, self.node, images):
            return
        nodes = np.flatnonzero(tree.sizes == len(images)).tolist()
        found = next((node for node in nodes if self._is_of(tree, node, images)), -1)
        if found >= 0:
            self.show(found)
            self.followed.emit(found)

    def _is_of(self, tree: PredictionTree, node: int, images: ImageSelection) -> bool:
        """Say whether these are the images below a node."""
        if node < 0 or tree.sizes[node] != len(images):
            return False
        return np.array_equal(np.sort(self._numbers(tree, node)), images.numbers)

    @staticmethod
    def _numbers(tree: PredictionTree, node: int) -> NDArray[np.int64]:
        numbers: NDArray[np.int64] = tree.image_numbers[tree.members(node)]
        return numbers

    @Slot()
    def watch(self) -> None:
        """Send the critical filter to the canvas."""
        unit = self.critical_filter(self.node)
        if unit is not None:
            self._session.select_unit(unit)
