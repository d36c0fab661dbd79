"""Where the arrow keys lead in a tree that is drawn."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from gui.prediction_tree.drawing.condensing import ABOVE_ROOTS, Drawing, MergeTree
from gui.prediction_tree.drawing.layout import Layout

Step = Literal["up", "down", "left", "right"]


def next_place(
    tree: MergeTree, drawing: Drawing, layout: Layout, place: int, step: Step, path: Collection[int] = ()
) -> int:
    """Return the place that a step leads to: the parent, a child, or the neighbour of the same depth; else `place`.

    Down goes along `path`, places of a drawing, where it is on it; else to the child of more images.
    """
    if place < 0:
        return first_place(drawing)
    if step == "up":
        above = drawing.above[place]
        return above if above >= 0 and drawing.nodes[above] != ABOVE_ROOTS else place
    if step == "down":
        below = drawing.below[place]
        led = [child for child in below if child in path] if place in path else []
        return max(led or below, key=lambda child: tree.sizes[drawing.nodes[child]], default=place)
    row = [other for other, depth in enumerate(drawing.depths) if _in_row(drawing, other, depth, place)]
    row.sort(key=lambda other: layout.across[other])
    number = row.index(place) + (1 if step == "right" else -1)
    return row[number] if 0 <= number < len(row) else place


def first_place(drawing: Drawing) -> int:
    """Return the place of the first root, −1 where nothing is drawn."""
    return next((place for place, node in enumerate(drawing.nodes) if node != ABOVE_ROOTS), -1)


def _in_row(drawing: Drawing, other: int, depth: int, place: int) -> bool:
    """Say whether two places lie side by side: as many forks above each, and neither above the other."""
    if depth != drawing.depths[place] or drawing.nodes[other] == ABOVE_ROOTS:
        return False
    # A root that is no fork has the depth of the fork below it.
    return drawing.above[other] != place and drawing.above[place] != other
