"""A tree of which more or less is drawn: by a share, by hand, by depth, by a path."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal, SignalInstance

from gui.prediction_tree.drawing.condensing import Choice, draw
from gui.prediction_tree.drawing.opening import closed, opened_below, opened_branch, revealing, to_close
from gui.prediction_tree.drawing.tree_view import TreeView

CLEAR = 28.0
"""Pixels between the current node and the edge of the widget, after a step."""


class OpenableTree(TreeView):
    """Adds to a tree what changes how much of it is drawn, and the current node.

    Signals
    -------
    node_chosen(int)
        A node was clicked, or a key led to it.
    expanded(int), collapsed(int)
        More, or less, is drawn below a node or on the branch that leads to it.
    """

    node_chosen = Signal(int)
    expanded = Signal(int)
    collapsed = Signal(int)

    # --- how much is drawn -------------------------------------------------------------------------------------

    def share(self) -> float:
        """Return the share of the images that the smaller side of a fork holds at least."""
        return self._choice.share

    def set_share(self, share: float) -> None:
        """Make forks of the merges whose smaller side holds at least this share of the images; 0 to 0.5.

        What was closed by hand is forgotten: below a closed root no share would draw anything.
        """
        self._choose(replace(self._choice, share=share, shut=frozenset()))

    def show_full(self, full: bool) -> None:
        """Draw every merge, or only the forks; what was opened or closed by hand is forgotten."""
        none: frozenset[int] = frozenset()
        self._choose(replace(self._choice, full=full, whole=none, opened=none, shut=none))

    def set_depth_range(self, first: int = 0, last: int | None = None) -> None:
        """Draw only forks with `first` to `last` forks above them; None: down to the leaves."""
        self._choose(replace(self._choice, first=first, last=last))

    def deepest_fork(self) -> int:
        """Return how many forks lie above the deepest one, whatever range is drawn: the end of a slider."""
        chosen, all_depths = self._choice, replace(self._choice, first=0, last=None)
        whole = self._drawing if chosen == all_depths and not self._path_only else draw(self._tree, all_depths)
        return max((depth for depth, below in zip(whole.depths, whole.below, strict=True) if below), default=0)

    def set_path_only(self, only: bool) -> None:
        """Draw only the nodes of the paths and their siblings; all, where there is no path."""
        self._path_only = only
        self._redraw()

    def set_sideways(self, sideways: bool | None) -> None:
        """Let the tree grow to the right; False: down; None: as there is more room for its pictures."""
        self._either_way = sideways is None
        self._sideways = self._sideways if sideways is None else sideways
        self._turn()
        self.fit()

    # --- the current node --------------------------------------------------------------------------------------

    def current(self) -> int:
        """Return the current node, −1 for none."""
        return self._current

    def set_current(self, node: int) -> None:
        """Ring a node, or what it is hidden in, without telling anybody; −1 for none."""
        self._current = node if 0 <= node < len(self._tree.sizes) else -1
        self.setAccessibleDescription(self.tip(self._current) if self._current >= 0 else self.summary())
        self._refresh()

    def _go_to(self, place: int) -> None:
        node = self._drawing.nodes[place] if place >= 0 else -1
        if node >= 0 and node != self._current:
            self.set_current(node)
            self.bring_into_view(self._current)
            self.node_chosen.emit(self._current)

    def bring_into_view(self, node: int) -> None:
        """Move the view just so far that a node is seen as a whole."""
        place = self._place_for(node)
        if place < 0:
            return
        rect = self.scene().node_rect(place).adjusted(-CLEAR, -CLEAR, CLEAR, CLEAR)
        dx = max(-rect.left(), 0.0) or min(self.width() - rect.right(), 0.0)
        dy = max(-rect.top(), 0.0) or min(self.height() - rect.bottom(), 0.0)
        # A fitted view shows all, whatever it leaves at its edges.
        if (dx or dy) and not self._fitted:
            self._move_frame(self._frame.moved(dx, dy))

    # --- opening and closing -----------------------------------------------------------------------------------

    def expand(self, node: int) -> None:
        """Draw every merge below a node that is drawn."""
        self._change(opened_below(self._tree, self._drawing, self._choice, node), node, self.expanded)

    def open_branch(self, node: int) -> None:
        """Draw the merges of the branch that leads to a node, and all that fell off it."""
        self._change(opened_branch(self._drawing, self._choice, node), node, self.expanded)

    def collapse(self, node: int) -> None:
        """Close what is drawn below a node; at a leaf, the nearest that was opened above it."""
        goal = to_close(self._tree, self._drawing, self._choice, node)
        if goal >= 0:
            self._change(closed(self._choice, goal), goal, self.collapsed)

    def _change(self, choice: Choice, node: int, told: SignalInstance) -> None:
        if choice == self._choice:
            return
        self._choose(choice, keep=node)
        place = self._place_for(self._current)
        if told is self.collapsed and place >= 0:
            # What is current may have gone into what was closed.
            self._go_to(place)
        if node >= 0:
            told.emit(node)

    def reveal(self, node: int) -> None:
        """Draw a node that is hidden, with as little else as may be."""
        if not 0 <= node < len(self._tree.sizes):
            return
        if self._path_only and self._drawing.place_of(node) < 0:
            self.set_path_only(False)
        while (choice := revealing(self._tree, self._drawing, self._choice, node)) != self._choice:
            self._choose(choice)
