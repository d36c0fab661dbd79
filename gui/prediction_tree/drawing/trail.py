"""Where the path of an image runs through what is drawn of a tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gui.prediction_tree.drawing.condensing import ABOVE_ROOTS, Drawing, MergeTree


@dataclass(frozen=True)
class Trail:
    """A path in places of a drawing.

    Parameters
    ----------
    places : tuple of int
        The nodes of the path that are drawn, from the top.
    edges : tuple of int
        The places among them whose edge from above belongs to the path.
    fall : int
        Where the path leaves a branch on which nothing is drawn: the place that this branch leads to; else −1.
    """

    places: tuple[int, ...] = ()
    edges: tuple[int, ...] = ()
    fall: int = -1


def find_trail(tree: MergeTree, drawing: Drawing, path: Sequence[int]) -> Trail:
    """Follow `path`, nodes from a root down, as far as it is drawn."""
    known = [node for node in path if 0 <= node < len(tree.sizes)]
    places = [place for place in map(drawing.place_of, known) if place >= 0]
    on, edges = set(places), []
    for place in places:
        above = drawing.above[place]
        if above >= 0 and (above in on or drawing.nodes[above] == ABOVE_ROOTS):
            edges.append(place)
    owner = drawing.owners[known[-1]] if known else -1
    hidden = owner < 0 or owner in on or drawing.nodes[owner] == ABOVE_ROOTS or drawing.above[owner] < 0
    return Trail(tuple(places), tuple(edges), -1 if hidden else owner)
