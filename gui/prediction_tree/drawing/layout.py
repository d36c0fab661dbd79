"""Where the drawn nodes of a tree have their places: tidily, with the leaves in their order.

Two axes without unit: `across`, along which the leaves lie side by side, and `level`, counted from the top. The level
comes from depth, never from the distance: a merge may well be closer than one below it.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gui.prediction_tree.drawing.condensing import ABOVE_ROOTS, Drawing, MergeTree

Numbers = NDArray[np.float64]

SPREAD = 0.5
"""How much of its fair share of the whole room a subtree of many images gets."""
MOST_ROOM = 2.0
"""And how much at most: a single end with nearly all images would push all others together."""


@dataclass(frozen=True, eq=False)
class Layout:
    """The place of each drawn node.

    Parameters
    ----------
    across : ndarray of float64, shape (places,)
        Nodes of one level are at least 1 apart.
    level : ndarray of float64, shape (places,)
        From 0 at the top; a child's is at least 1 more than its parent's.
    left, right : float
        What all nodes take across, with the room that they need.
    deepest : float
        The largest level.
    images : ndarray of float64, shape (places,)
        Images below each.
    """

    across: Numbers
    level: Numbers
    left: float
    right: float
    deepest: float
    images: Numbers


@dataclass(frozen=True, eq=False)
class _Contour:
    """The left and right edge of a subtree, at each level from its own on, beside its root at 0."""

    left: Numbers
    right: Numbers


def lay_out(tree: MergeTree, drawing: Drawing) -> Layout:
    """Place the nodes of a drawing, each one level below its parent: chains take little room so."""
    levels = _levels(drawing)
    images = [tree.images if node == ABOVE_ROOTS else tree.sizes[node] for node in drawing.nodes]
    rooms = _rooms(drawing, images)
    across, contour = _place_across(drawing, rooms, images)
    left, right = (float(contour.left.min()), float(contour.right.max())) if len(levels) else (0.0, 1.0)
    numbers, deepest = np.asarray(levels, np.float64), float(max(levels, default=0))
    return Layout(across, numbers, left, right, deepest, np.asarray(images, np.float64))


def _levels(drawing: Drawing) -> list[int]:
    levels: list[int] = []
    for above in drawing.above:
        levels.append(levels[above] + 1 if above >= 0 else 0)
    return levels


def _rooms(drawing: Drawing, images: Sequence[int]) -> list[float]:
    """Return how much room each place needs across: a leaf of many images more than 1."""
    ends = [place for place, below in enumerate(drawing.below) if not below]
    total = max(sum(images[place] for place in ends), 1)
    rooms = [1.0] * len(images)
    for place in ends:
        rooms[place] = min(max(1.0, SPREAD * len(ends) * images[place] / total), MOST_ROOM)
    return rooms


def _place_across(drawing: Drawing, rooms: Sequence[float], images: Sequence[int]) -> tuple[Numbers, _Contour]:
    """Place each subtree as close to its left neighbour as their contours allow, and a parent over its images' middle.

    Reingold and Tilford's idea, with contours as arrays, so that a chain of thousands costs little.
    """
    count = len(rooms)
    contours: dict[int, _Contour] = {}
    shifts = [0.0] * count
    for place in range(count - 1, -1, -1):
        below = drawing.below[place]
        parts = [contours.pop(child) for child in below]
        contour, places = _side_by_side(parts, [images[child] for child in below])
        for child, shift in zip(below, places, strict=True):
            shifts[child] = shift
        half = rooms[place] / 2
        contours[place] = _Contour(_joined((-half,), contour.left), _joined((half,), contour.right))
    tops = [place for place in range(count) if drawing.above[place] < 0]
    whole, places = _side_by_side([contours[place] for place in tops], [images[place] for place in tops])
    across = [0.0] * count
    for place, shift in zip(tops, places, strict=True):
        across[place] = shift
    for place in range(count):
        if drawing.above[place] >= 0:
            across[place] = across[drawing.above[place]] + shifts[place]
    return np.asarray(across, np.float64), whole


def _side_by_side(parts: Sequence[_Contour], images: Sequence[int]) -> tuple[_Contour, list[float]]:
    """Join subtrees below a parent; return their contour from the next level on, and where each root is.

    Both beside the parent, which stands where the middle of the images is.
    """
    places: list[float] = []
    left = right = np.zeros(0)
    for part in parts:
        common = min(len(right), len(part.left))
        shift = float((right[:common] - part.left[:common]).max()) if common else 0.0
        places.append(shift)
        left = _joined(left, part.left[len(left) :] + shift)
        right = _joined(part.right + shift, right[len(part.right) :])
    middle = sum(map(operator.mul, places, images)) / max(sum(images), 1)
    return _Contour(left - middle, right - middle), [place - middle for place in places]


def _joined(first: Numbers | tuple[float], second: Numbers) -> Numbers:
    return np.concatenate((first, second))
