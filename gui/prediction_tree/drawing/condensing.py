"""A tree of merges, and what of it is drawn: its forks, its branches, and the images that fall off them.

Most merges of a prediction tree take in a single image. As HDBSCAN does, a merge whose smaller side holds less than a
set share of all images counts as images that fall off a branch; only the others are forks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ABOVE_ROOTS = -2
"""Stands for what joins the roots, where there are several; it is no node of the tree."""
SHARE = 0.02
USUAL_FORKS = range(5, 10)
FORKS = 7


@dataclass(frozen=True, eq=False)
class MergeTree:
    """Merges from the leaves up: node i < leaves is a leaf, node leaves + k is merge k.

    Parameters
    ----------
    merges : tuple of (int, int)
        The two children of each merge, both with smaller numbers than its own.
    sizes : tuple of int
        Images below each node, leaves first.
    roots : tuple of int
        The nodes without a parent, from the left.
    parents : tuple of int
        −1 for the roots.
    """

    merges: tuple[tuple[int, int], ...]
    sizes: tuple[int, ...]
    roots: tuple[int, ...]
    parents: tuple[int, ...]

    @property
    def leaves(self) -> int:
        return len(self.sizes) - len(self.merges)

    @property
    def images(self) -> int:
        return sum(self.sizes[root] for root in self.roots)

    def children(self, node: int) -> tuple[int, ...]:
        return self.merges[node - self.leaves] if node >= self.leaves else ()

    def path_to(self, node: int) -> list[int]:
        """Return the nodes from the root down to `node`."""
        path = [node]
        while (parent := self.parents[path[-1]]) >= 0:
            path.append(parent)
        return path[::-1]


def grow(merges: NDArray[np.int64], sizes: NDArray[np.int64], roots: Sequence[int]) -> MergeTree:
    """Make a tree of merges int64 (m, 2), sizes int64 (leaves + m,) and the nodes that have no parent."""
    pairs = tuple((int(a), int(b)) for a, b in np.asarray(merges, dtype=np.int64).reshape(-1, 2).tolist())
    counts = tuple(int(size) for size in np.asarray(sizes, dtype=np.int64).tolist())
    parents = [-1] * len(counts)
    for number, pair in enumerate(pairs, len(counts) - len(pairs)):
        for child in pair:
            parents[child] = number
    return MergeTree(pairs, counts, tuple(int(root) for root in roots), tuple(parents))


@dataclass(frozen=True)
class Choice:
    """What of a tree is drawn.

    Parameters
    ----------
    share : float, default 0.02
        A merge is a fork where its smaller side holds at least this share of all images; 0 to 0.5.
    full : bool, default False
        Draw every merge.
    whole : frozenset of int
        Nodes below which every merge is drawn.
    opened : frozenset of int
        Nodes at which an opened branch begins: its merges are drawn, down to the next fork; `ABOVE_ROOTS` shows the
        roots that hold too few images.
    shut : frozenset of int
        Nodes that are drawn as leaves, whatever is below them.
    first, last : int, int or None
        Forks with fewer than `first` forks above them are left out, those with more than `last` are not gone into.
    only : frozenset of int or None
        Nodes that may be gone into; None for all. With the nodes of a path, these and their siblings are drawn.
    """

    share: float = SHARE
    full: bool = False
    whole: frozenset[int] = frozenset()
    opened: frozenset[int] = frozenset()
    shut: frozenset[int] = frozenset()
    first: int = 0
    last: int | None = None
    only: frozenset[int] | None = None


@dataclass(frozen=True, eq=False)
class Drawing:
    """The nodes that are drawn, by their *place*: a parent has a smaller place than its children.

    Parameters
    ----------
    nodes : tuple of int
        The node at each place; `ABOVE_ROOTS` for what joins several roots.
    above : tuple of int
        The place of the parent, −1 at the top.
    below : tuple of tuple of int
        The places of the children, from the left.
    heads : tuple of int
        The node at which the branch to each place begins.
    fell : tuple of int
        Images that fell off on that branch; of `ABOVE_ROOTS` the images of roots that are not drawn.
    depths : tuple of int
        Forks above each place.
    closed : tuple of bool
        Whether merges below are hidden.
    owners : tuple of int
        For each node of the tree the place that stands for it: its own, or the one that hides it; −1 for none.
    """

    nodes: tuple[int, ...]
    above: tuple[int, ...]
    below: tuple[tuple[int, ...], ...]
    heads: tuple[int, ...]
    fell: tuple[int, ...]
    depths: tuple[int, ...]
    closed: tuple[bool, ...]
    owners: tuple[int, ...]

    @property
    def forks(self) -> int:
        return sum(len(places) > 1 for places in self.below)

    def place_of(self, node: int) -> int:
        """Return the place of a node that is drawn itself, else −1."""
        place = self.owners[node] if 0 <= node < len(self.owners) else -1
        return place if place >= 0 and self.nodes[place] == node else -1


def fewest(tree: MergeTree, share: float) -> int:
    """Return how many images the smaller side of a fork has at least."""
    # A share that was made of a whole number of images must give this number again.
    return max(1, math.ceil(share * tree.images - 1e-6))


def smaller_sides(tree: MergeTree) -> NDArray[np.int64]:
    """Return the images on the smaller side of each merge, int64 (m,)."""
    pairs = np.asarray(tree.merges, dtype=np.int64).reshape(-1, 2)
    return np.asarray(np.asarray(tree.sizes, dtype=np.int64)[pairs].min(axis=1))


def default_share(tree: MergeTree) -> float:
    """Return 2 % where that gives 5 to 9 forks, else the share that gives about 7.

    A side that holds enough images lies below sides that hold no fewer, so a fork never hides in what fell off: the
    forks of a share are the merges whose smaller side reaches it.
    """
    sides = np.sort(smaller_sides(tree))[::-1]
    if not len(sides) or int(np.count_nonzero(sides >= fewest(tree, SHARE))) in USUAL_FORKS:
        return SHARE
    near = int(sides[min(FORKS, len(sides)) - 1])
    larger = sides[sides > near]
    tries = [near, int(larger[-1])] if len(larger) else [near]
    best = min(tries, key=lambda least: abs(int(np.count_nonzero(sides >= least)) - FORKS))
    return best / tree.images


def draw(tree: MergeTree, choice: Choice) -> Drawing:
    """Find what is drawn of a tree."""
    return _Pen(tree, choice).draw()


class _Pen:
    """Goes down a tree and puts down what is drawn; a stack and no recursion, for a tree can be thousands deep."""

    def __init__(self, tree: MergeTree, choice: Choice) -> None:
        self._tree, self._choice = tree, choice
        self._fewest = fewest(tree, choice.share)
        self._nodes: list[int] = []
        self._above: list[int] = []
        self._below: list[list[int]] = []
        self._heads: list[int] = []
        self._fell: list[int] = []
        self._depths: list[int] = []
        self._closed: list[bool] = []
        self._owners = [-1] * len(tree.sizes)
        # Node, place of its parent, forks above it, and whether all its merges, or its branch's, are drawn.
        self._stack: list[tuple[int, int, int, bool, bool]] = []

    def draw(self) -> Drawing:
        self._begin()
        while self._stack:
            self._go_down(*self._stack.pop())
        self._find_owners()
        below = tuple(tuple(places) for places in self._below)
        return Drawing(
            tuple(self._nodes),
            tuple(self._above),
            below,
            tuple(self._heads),
            tuple(self._fell),
            tuple(self._depths),
            tuple(self._closed),
            tuple(self._owners),
        )

    def _begin(self) -> None:
        tree, choice, top = self._tree, self._choice, -1
        roots = list(tree.roots)
        if len(roots) > 1:
            if not choice.full and ABOVE_ROOTS not in choice.opened:
                roots = [root for root in roots if tree.sizes[root] >= self._fewest]
            hidden = tree.images - sum(tree.sizes[root] for root in roots)
            top = self._put(ABOVE_ROOTS, -1, 0, ABOVE_ROOTS, hidden, hidden > 0)
        self._stack = [(root, top, 0, choice.full, False) for root in reversed(roots)]

    def _go_down(self, node: int, above: int, depth: int, full: bool, opened: bool) -> None:
        full = full or node in self._choice.whole
        opened = opened or node in self._choice.opened
        if self._stops(node, depth):
            self._put(node, above, depth, node, 0, node >= self._tree.leaves)
        elif full or opened:
            place = self._put(node, above, depth, node, 0, False)
            self._fork(node, place, depth, full, opened and not self._is_fork(node))
        else:
            self._follow_branch(node, above, depth)

    def _stops(self, node: int, depth: int) -> bool:
        choice = self._choice
        if node < self._tree.leaves or node in choice.shut or (choice.last is not None and depth > choice.last):
            return True
        return choice.only is not None and node not in choice.only

    def _follow_branch(self, head: int, above: int, depth: int) -> None:
        """Put down the fork in which a branch ends, or its head where it ends in none."""
        tree = self._tree
        hidden, node = [], head
        while tree.sizes[node] >= 2 * self._fewest and node >= tree.leaves and not self._is_fork(node):
            hidden.append(node)
            node = max(tree.children(node), key=lambda child: tree.sizes[child])
        if node < tree.leaves or not self._is_fork(node):
            self._put(head, above, depth, head, 0, True)
            return
        if hidden and head in tree.roots:
            # A path begins here, and the whole is seen nowhere else.
            above = self._put(hidden.pop(0), above, depth, head, 0, False)
            goes_on = hidden[0] if hidden else node
            hidden += [child for child in tree.children(head) if child != goes_on]
        stops = self._stops(node, depth)
        place = self._put(node, above, depth, head, tree.sizes[head] - tree.sizes[node], stops)
        for each in hidden:
            self._owners[each] = place
        if not stops:
            self._fork(node, place, depth, node in self._choice.whole, False)

    def _is_fork(self, node: int) -> bool:
        return min(self._tree.sizes[child] for child in self._tree.children(node)) >= self._fewest

    def _fork(self, node: int, place: int, depth: int, full: bool, opened: bool) -> None:
        for child in reversed(self._tree.children(node)):
            self._stack.append((child, place, depth + 1, full, opened))

    def _put(self, node: int, above: int, depth: int, head: int, fell: int, closed: bool) -> int:
        """Put a node down and return its place; −1 where it lies above the depths that are drawn."""
        if depth < self._choice.first:
            return -1
        place = len(self._nodes)
        self._nodes.append(node)
        self._above.append(above)
        self._below.append([])
        self._heads.append(head)
        self._fell.append(fell)
        self._depths.append(depth)
        self._closed.append(closed)
        if above >= 0:
            self._below[above].append(place)
        if node >= 0:
            self._owners[node] = place
        return place

    def _find_owners(self) -> None:
        """Let what is hidden be stood for by what hides it. Parents have larger numbers than their children."""
        owners, parents = self._owners, self._tree.parents
        joint = 0 if self._nodes and self._nodes[0] == ABOVE_ROOTS else -1
        for node in range(len(owners) - 1, -1, -1):
            if owners[node] < 0:
                owners[node] = owners[parents[node]] if parents[node] >= 0 else joint
