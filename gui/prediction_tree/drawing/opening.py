"""What a tree's choice becomes when a node is opened, closed or looked for."""

from __future__ import annotations

from dataclasses import replace

from gui.prediction_tree.drawing.condensing import ABOVE_ROOTS, Choice, Drawing, MergeTree


def opened_below(tree: MergeTree, drawing: Drawing, choice: Choice, node: int) -> Choice:
    """Draw every merge below a node; one that was shut becomes what it was before."""
    if node == ABOVE_ROOTS:
        return replace(choice, opened=choice.opened | {ABOVE_ROOTS})
    if node in choice.shut:
        return replace(choice, shut=choice.shut - {node})
    if drawing.place_of(node) < 0 or node < tree.leaves:
        return choice
    shut = frozenset(each for each in choice.shut if node not in tree.path_to(each))
    return replace(choice, whole=choice.whole | {node}, shut=shut)


def opened_branch(drawing: Drawing, choice: Choice, node: int) -> Choice:
    """Draw the merges of the branch that leads to a node, and what fell off it."""
    place = drawing.place_of(node)
    if place < 0 or not drawing.fell[place]:
        return choice
    return replace(choice, opened=choice.opened | {drawing.heads[place]})


def to_close(tree: MergeTree, drawing: Drawing, choice: Choice, node: int) -> int:
    """Return the node that is closed from `node`: itself, or where it has nothing below the nearest opened above it."""
    place = drawing.place_of(node)
    if place < 0 or drawing.below[place]:
        return node if place >= 0 else -1
    opened = choice.whole | choice.opened
    return next((each for each in reversed(tree.path_to(node)) if each in opened), -1)


def closed(choice: Choice, node: int) -> Choice:
    """Undo what opened a node; one that was not opened by hand is shut."""
    if node in choice.whole | choice.opened:
        return replace(choice, whole=choice.whole - {node}, opened=choice.opened - {node})
    return replace(choice, shut=choice.shut | {node})


def revealing(tree: MergeTree, drawing: Drawing, choice: Choice, node: int) -> Choice:
    """Open what hides a node, by one step; the same choice where there is nothing to open."""
    place = drawing.owners[node]
    hider = drawing.nodes[place] if place >= 0 else -1
    if hider == node:
        return choice
    shut = choice.shut - set(tree.path_to(node)[:-1])
    if shut != choice.shut:
        return replace(choice, shut=shut)
    if hider == ABOVE_ROOTS:
        return replace(choice, opened=choice.opened | {ABOVE_ROOTS})
    if place >= 0 and hider not in tree.path_to(node):
        return replace(choice, opened=choice.opened | {drawing.heads[place]})
    if place >= 0 and hider not in choice.whole and (choice.last is None or drawing.depths[place] <= choice.last):
        return replace(choice, whole=choice.whole | {hider})
    return replace(choice, first=0, last=None)
