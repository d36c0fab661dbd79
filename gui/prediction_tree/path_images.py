"""The typical images of a path: one of each side that it goes to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.jobs import PredictionTree
from gui.units.node_pictures import NodePictures

Picture = NDArray[np.uint8]


class PathImages(QObject):
    """Answers with what is there, and finds the rest between two events: a large tree's typical images take a while.

    Signals
    -------
    came()
        There is another image.
    """

    came = Signal()

    def __init__(self, pictures: NodePictures, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self._tree: PredictionTree | None = None
        self._typical: dict[int, int] = {}
        self._wanted: list[int] = []
        self._turn = QTimer(self, singleShot=True)
        self._turn.timeout.connect(self._find_one)
        pictures.image_came.connect(self.came)

    def set_tree(self, tree: PredictionTree | None) -> None:
        """Answer for another tree, and maybe another data set, from now on."""
        self._tree = tree
        self._typical.clear()
        self._wanted.clear()

    def typical(self, node: int) -> Picture | None:
        """Give the typical image below a node; where it must be found first, None, and `came` follows."""
        tree = self._tree
        if tree is None:
            return None
        if node < tree.images:
            return self._pictures.image(int(tree.image_numbers[node]))
        if node in self._typical:
            return self._pictures.image(self._typical[node])
        if node not in self._wanted:
            self._wanted.append(node)
            self._turn.start(0)
        return None

    @Slot()
    def _find_one(self) -> None:
        if self._tree is None or not self._wanted:
            return
        node = self._wanted.pop(0)
        self._typical[node] = int(self._tree.image_numbers[self._tree.medoid(node)])
        if self._wanted:
            self._turn.start(0)
        else:
            self.came.emit()
