"""A tree of merges as it is seen: what is drawn of it, where, and in which colours. `TreeCanvas` adds the hands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.prediction_tree.drawing.condensing import Choice, Drawing, MergeTree, default_share, draw, grow
from gui.prediction_tree.drawing.layout import lay_out
from gui.prediction_tree.drawing.trail import Trail, find_trail
from gui.prediction_tree.drawing.tree_frame import Frame, fit, room_in
from gui.prediction_tree.drawing.tree_nodes import tints
from gui.prediction_tree.drawing.tree_paint import paint_badges, paint_tree
from gui.prediction_tree.drawing.tree_pictures import NodePictures
from gui.prediction_tree.drawing.tree_scene import Marks, Scene
from gui.prediction_tree.drawing.words import default_tip, image_count, summary_of
from gui.theme import RADIUS, tokens
from gui.widgets.tree_export import DENSITY, png_bytes, svg_text

Words = Callable[[int], str]

EMPTY = Drawing((), (), (), (), (), (), (), ())
FEW_STEPS = 24
"""Nodes of a path up to which all are drawn where the path is drawn alone; of a longer one the forks."""
CLEARLY = 1.25
"""How many times as large pictures must become for a tree that is seen already to grow the other way."""
PATIENCE = 60
"""Milliseconds without a new frame before pictures are asked for: not those that only pass by."""


class TreeView(QWidget):
    """What is drawn of a tree, how it lies in the widget, and what stands out.

    Signals
    -------
    pictures_wanted(list)
        Nodes that came into view, large enough for a picture, and have none; each is asked for once.
    drawing_changed()
        Other nodes are drawn than before: ask `summary`.
    """

    pictures_wanted = Signal(list)
    drawing_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tree = grow(np.zeros((0, 2), np.int64), np.zeros(0, np.int64), ())
        self._choice, self._drawing = Choice(), EMPTY
        self._layout = lay_out(self._tree, EMPTY)
        self._frame, self._fitted = Frame(1.0, 1.0, 0.0, 0.0), True
        self._sideways = self._either_way = self._path_only = self._ring = False
        self._tints: NDArray[np.float64] | None = None
        self._distances: NDArray[np.float64] | None = None
        self._paths: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
        self._trails = (Trail(), Trail())
        self._current = self._hovered = self._pill = -1
        self._on_badge = False
        self._pictures, self._asked = NodePictures(), set[int]()
        self._caption: Words | None = None
        self._tip: Words | None = None
        self._placeholder = ""
        self._scene: Scene | None = None
        self._pills: dict[int, QRectF] = {}
        self._asking = QTimer(self, singleShot=True, interval=PATIENCE)
        self._asking.timeout.connect(self._ask_for_pictures)
        self.setMinimumSize(200, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Tree")

    # --- what is shown -----------------------------------------------------------------------------------------

    def set_tree(self, merges: NDArray[np.int64], sizes: NDArray[np.int64], roots: Sequence[int]) -> None:
        """Show another tree, from the top; pictures, paths and distances of the one before are forgotten.

        Parameters
        ----------
        merges : ndarray of int64, shape (m, 2)
            The children of node leaves + k, the left one first.
        sizes : ndarray of int64, shape (leaves + m,)
            Images below each node.
        roots : sequence of int
            Nodes without a parent, from the left.
        """
        self._tree = grow(merges, sizes, roots)
        self._choice = Choice(default_share(self._tree))
        self._paths, self._tints, self._distances = ((), ()), None, None
        self._current = self._hovered = self._pill = -1
        self._path_only, self._fitted = False, True
        self.forget_pictures()
        self._redraw()
        self._turn()
        self.fit()

    def set_placeholder(self, text: str) -> None:
        """Say why there is no tree, or how to get one."""
        self._placeholder = text
        self.update()

    def set_words(self, caption: Words | None = None, tip: Words | None = None) -> None:
        """Set what puts a node into a word or two below it, and what into the lines of its tooltip."""
        self._caption, self._tip = caption, tip
        self._refresh()

    def set_picture(self, node: int, image: NDArray[np.uint8] | None) -> None:
        """Show a picture, uint8 (height, width, 3), at a node; None shows its disc again."""
        self._pictures.set(node, image)
        self._refresh()

    def forget_pictures(self) -> None:
        """Take all pictures away; those in view are asked for again."""
        self._pictures.clear()
        self._asked.clear()
        self._refresh()

    def set_smooth(self, smooth: bool) -> None:
        """Interpolate enlarged pictures, or let their pixels be seen."""
        self._pictures.smooth = smooth
        self._refresh()

    def set_distances(self, distances: NDArray[np.float64] | None) -> None:
        """Tell how far apart the two sides of each merge are, float (m,): a number and a colour, never a height."""
        self._distances = self._tints = None
        if distances is not None:
            self._distances = np.asarray(distances, np.float64)
            self._tints = tints(self._distances)
        self._refresh()

    def set_path(self, nodes: Sequence[int]) -> None:
        """Light up the nodes that an image follows, from a root down, in the colour of paths; none takes it away."""
        self._set_paths((tuple(map(int, nodes)), self._paths[1]))

    def set_compared_path(self, nodes: Sequence[int]) -> None:
        """Light up a second path, in the accent."""
        self._set_paths((self._paths[0], tuple(map(int, nodes))))

    def _set_paths(self, paths: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
        self._paths = paths
        if self._path_only:
            self._redraw()
        else:
            self._find_trails()
            self._refresh()

    # --- what of it is drawn -----------------------------------------------------------------------------------

    def tree(self) -> MergeTree:
        return self._tree

    def choice(self) -> Choice:
        return self._choice

    def drawing(self) -> Drawing:
        return self._drawing

    def path_only(self) -> bool:
        return self._path_only

    def summary(self) -> str:
        """Say what is drawn of how much."""
        return summary_of(self._tree, self._drawing)

    def _choose(self, choice: Choice, keep: int = -1) -> None:
        if choice != self._choice:
            self._choice = choice
            self._redraw(keep)

    def _redraw(self, keep: int = -1) -> None:
        """Find anew what is drawn, and where; `keep` is a node that stays at its place in the widget."""
        held = keep if keep >= 0 else -1 if self._fitted else self._middle_node()
        before = self.point_of(held)
        self._drawing = draw(self._tree, self._whole_choice())
        self._layout = lay_out(self._tree, self._drawing)
        self._hovered, self._pill, self._on_badge = -1, -1, False
        self._find_trails()
        self._refresh()
        after = self.point_of(held)
        if before is not None and after is not None:
            self._move_frame(self._frame.moved(before.x() - after.x(), before.y() - after.y()))
        elif self._fitted or held >= 0:
            self.fit()
        if self._drawing.nodes and not self.scene().seen:
            # All that is left was out of sight, as when a root is closed below which one has looked around.
            self.fit()
        self.drawing_changed.emit()

    def _whole_choice(self) -> Choice:
        """Return what is to be drawn where the paths alone may be wanted: with every step where these are few."""
        path = frozenset(self._paths[0] + self._paths[1])
        if not self._path_only or not path:
            return self._choice
        few = max(map(len, self._paths)) <= FEW_STEPS
        return replace(self._choice, only=path, full=self._choice.full or few)

    def _find_trails(self) -> None:
        first, second = (find_trail(self._tree, self._drawing, path) for path in self._paths)
        self._trails = (first, second)

    def _middle_node(self) -> int:
        """Return the current node where it is in view, else the one nearest to the middle; −1 for none."""
        scene = self.scene()
        place = self._place_for(self._current)
        if place not in scene.seen and scene.drawing.nodes:
            xs, ys = scene.points
            place = int(np.hypot(xs - self.width() / 2, ys - self.height() / 2).argmin())
        return self._drawing.nodes[place] if place >= 0 else -1

    def _place_for(self, node: int) -> int:
        """Return the place that stands for a node, −1 for none."""
        owners = self._drawing.owners
        return owners[node] if 0 <= node < len(owners) else -1

    # --- where it lies -----------------------------------------------------------------------------------------

    def frame(self) -> Frame:
        return self._frame

    def fit(self) -> None:
        """Show all that is drawn."""
        self._move_frame(self._fitted_frame(self._sideways), fitted=True)

    def _fitted_frame(self, sideways: bool) -> Frame:
        return fit(self._layout, room_in(self.width(), self.height(), sideways), sideways)

    def _turn(self, by: float = 1.0) -> None:
        """Let a tree that may grow either way grow so that its pictures are more than `by` times as large."""
        there, other = (self._fitted_frame(way).picture_room for way in (self._sideways, not self._sideways))
        if self._either_way and other > by * max(there, 1.0):
            self._sideways = not self._sideways

    def _move_frame(self, frame: Frame, fitted: bool = False) -> None:
        self._frame, self._fitted = frame, fitted
        self._refresh()

    def point_of(self, node: int) -> QPointF | None:
        """Return where a node, or what stands for it, lies in the widget; None for one that is not drawn."""
        place = self._place_for(node)
        return self.scene().centre(place) if place >= 0 else None

    def centre_on(self, node: int) -> None:
        """Bring a node into the middle, without another scale."""
        at = self.point_of(node)
        if at is not None:
            self._move_frame(self._frame.moved(self.width() / 2 - at.x(), self.height() / 2 - at.y()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self._turn(CLEARLY)
            self.fit()
        else:
            self._refresh()

    def sizeHint(self) -> QSize:
        return QSize(720, 480)

    # --- painting ----------------------------------------------------------------------------------------------

    def scene(self) -> Scene:
        """Return what is painted; made anew only when something changed."""
        if self._scene is None:
            self._scene = self._make_scene(self._hovered, self._pill)
        return self._scene

    def _make_scene(self, hovered: int, pill: int) -> Scene:
        first, second = self._trails
        current = self._place_for(self._current)
        return Scene(
            self._tree,
            self._drawing,
            self._layout,
            self._frame,
            (self.width(), self.height()),
            self._pictures,
            Marks(current, hovered, pill, self._on_badge, first, second),
            self._tints,
            self._caption or (lambda node: image_count(self._tree, node)),
        )

    def _refresh(self) -> None:
        self._scene = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._drawing.nodes:
            painter.setPen(tokens().quiet)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(16, 16, -16, -16), int(flags), self._placeholder)
        else:
            scene = self.scene()
            self._pills = paint_tree(painter, scene)
            paint_badges(painter, scene, self.hasFocus())
            if any(scene.side and self._lacks_picture(scene.drawing.nodes[place]) for place in scene.seen):
                self._asking.start()
        if self._ring and self._drawing.nodes:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(tokens().accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)

    def _lacks_picture(self, node: int) -> bool:
        return node >= 0 and node not in self._asked and not self._pictures.has(node)

    @Slot()
    def _ask_for_pictures(self) -> None:
        scene = self.scene()
        wanted = [node for place in scene.seen if self._lacks_picture(node := scene.drawing.nodes[place])]
        if scene.side and wanted:
            self._asked.update(wanted)
            self.pictures_wanted.emit(wanted)

    def tip(self, node: int) -> str:
        """Return the lines of a node's tooltip."""
        return self._tip(node) if self._tip else default_tip(self._tree, node, self._distances)

    def svg(self) -> str:
        """Return the tree as it is seen, as SVG text."""
        scene = replace(self._make_scene(-1, -1), density=DENSITY)
        return svg_text(self.size(), self.accessibleName(), lambda painter: paint_tree(painter, scene))

    def png(self) -> bytes:
        """Return the tree as it is seen, as the bytes of a PNG file of twice the density."""
        scene = self._make_scene(-1, -1)
        return png_bytes(self.size(), lambda painter: paint_tree(painter, scene))
