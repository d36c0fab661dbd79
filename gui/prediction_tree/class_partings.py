"""Where the classes part in a prediction tree of several: the filters whose merges say most about an image's class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from backend.jobs import PredictionTree, class_counts, class_entropy, class_information
from gui.prediction_tree.classes import labels_of_tree, only_label
from gui.prediction_tree.node_card import NodeCard
from gui.session import Session
from gui.units.node_pictures import NodePictures


class ClassPartings(QObject):
    """Fills the section of the card that lists them.

    Signals
    -------
    node_wanted(int)
        A merge was chosen in the list.
    """

    node_wanted = Signal(int)

    def __init__(self, session: Session, card: NodeCard, pictures: NodePictures, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._card, self._pictures = session, card, pictures
        self._tree: PredictionTree | None = None
        card.partings.chosen.connect(self._choose)
        pictures.filter_came.connect(self._show_pictures)

    def set_tree(self, tree: PredictionTree | None) -> None:
        """List the partings of a tree; the section is hidden where there is one class or none."""
        dataset, section = self._session.facts.dataset, self._card.sections["Classes part at"]
        self._tree = tree
        labels = labels_of_tree(tree, dataset)
        several = len(labels) > 0 and only_label(labels) is None
        section.setVisible(several)
        if tree is None or dataset is None or not several:
            self._tree = None
            return
        counts = class_counts(tree, labels, len(dataset.class_names))
        bits = class_information(tree, counts)
        names = dataset.class_names
        words = [
            f"{lost} · {_most(counts[first], names)} | {_most(counts[second], names)}"
            for (first, second), lost in zip(tree.merges.tolist(), tree.critical_filters.tolist(), strict=True)
        ]
        self._card.partings.set_terms(words, bits)
        section.set_note(f"of {class_entropy(np.bincount(labels)):.2f} bits")
        self._pictures.want_filters([int(tree.critical_filters[merge]) for merge in self._card.partings.shown()])
        self._show_pictures()

    @Slot()
    def _show_pictures(self) -> None:
        tree = self._tree
        for merge in self._card.partings.shown() if tree is not None else []:
            picture = self._pictures.of_filter(int(tree.critical_filters[merge])) if tree is not None else None
            if picture is not None and not self._card.partings.has_picture(merge):
                self._card.partings.set_picture(merge, picture)

    @Slot(int)
    def _choose(self, merge: int) -> None:
        if self._tree is not None:
            self.node_wanted.emit(self._tree.images + merge)


def _most(counts: NDArray[np.int64], names: tuple[str, ...]) -> str:
    """Name the class that one side holds most of, and how many other images it holds: "horse 239+41"."""
    label = int(counts.argmax())
    rest = int(counts.sum() - counts[label])
    return f"{names[label]} {counts[label]:,}" + (f"+{rest:,}" if rest else "")
