"""A tree, its nodes and its branches in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gui.prediction_tree.drawing.condensing import Drawing, MergeTree
from gui.text import counted


def image_count(tree: MergeTree, node: int) -> str:
    """Return the number of images below a merge; "" for a single one."""
    return f"{tree.sizes[node]:,}" if node >= tree.leaves else ""


def default_tip(tree: MergeTree, node: int, distances: NDArray[np.float64] | None) -> str:
    """Return what is known of a node, in lines."""
    if node < tree.leaves:
        return f"image {node:,}"
    lines = [f"{tree.sizes[node]:,} of {counted(tree.images, 'image')}"]
    lines.append(" and ".join(f"{tree.sizes[child]:,}" for child in tree.children(node)))
    if distances is not None:
        lines.append(f"distance {distances[node - tree.leaves]:.3f}")
    return "\n".join(lines)


def fallen_tip(drawing: Drawing, place: int, share: float) -> str:
    """Say what the number on a branch means."""
    fell = counted(drawing.fell[place], "image")
    return f"{fell} fell off here, fewer than {share * 100:.2g} % of all at a time.\nClick to open the branch."


def small_roots_tip(images: int) -> str:
    """Say what the number beside what joins the roots means."""
    return f"{counted(images, 'image')} lie below roots that are too small to be drawn.\nClick to show them."


def summary_of(tree: MergeTree, drawing: Drawing) -> str:
    """Say how much of a tree is drawn."""
    if not drawing.nodes:
        return ""
    if not tree.merges:
        return counted(tree.leaves, "image")
    full = sum(node >= tree.leaves for node in drawing.nodes) == len(tree.merges) and not any(drawing.closed)
    if full:
        return f"all {counted(len(tree.merges), 'merge')} of {counted(tree.leaves, 'leaf')}"
    tops = [place for place, above in enumerate(drawing.above) if above < 0]
    seen = sum(tree.sizes[drawing.heads[place]] if drawing.nodes[place] >= 0 else tree.images for place in tops)
    parts = [f"{counted(drawing.forks, 'fork')} of {counted(len(tree.merges), 'merge')}"]
    if fell := sum(drawing.fell):
        parts.append(f"{counted(fell, 'image')} fell off")
    if seen < tree.images:
        parts.append(f"{counted(tree.images - seen, 'image')} above the depths shown")
    return " · ".join(parts)
