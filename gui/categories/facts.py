"""What is said of a class, a pair, or a merge. Pure: no widget."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.jobs import LOGITS, Categories, HierarchyComparison, carrying_filters
from gui.categories.marks import Marks
from gui.text import counted, distance_text

NEAREST = NAMED = 3


@dataclass(frozen=True, eq=False)
class CategoryFacts:
    """Words about what is marked.

    Attributes
    ----------
    title : str
    lines : tuple of str
    pictures : tuple of int
        The classes whose pictures stand beside it.
    filter_names : tuple of str
    filter_terms : float64 (filters,) or None
        Of a pair: what each filter adds to the cosine.
    """

    title: str
    lines: tuple[str, ...]
    pictures: tuple[int, ...]
    filter_names: tuple[str, ...] = ()
    filter_terms: NDArray[np.float64] | None = None


def facts_of(categories: Categories, marks: Marks) -> CategoryFacts | None:
    """Say what there is to say of what is marked; None where nothing is."""
    if marks.leaf >= 0:
        return _of_leaf(categories, marks.leaf)
    if marks.pair is not None:
        return _of_pair(categories, *marks.pair)
    return _of_node(categories, marks.node) if marks.node >= 0 else None


def _of_leaf(categories: Categories, leaf: int) -> CategoryFacts:
    hierarchy, count = categories.hierarchy, int(categories.found.counts[leaf])
    order = [other for other in np.argsort(hierarchy.distances[leaf], kind="stable").tolist() if other != leaf]
    near = [f"{hierarchy.names[other]} {distance_text(hierarchy.distances[leaf, other])}" for other in order[:NEAREST]]
    edges = int((hierarchy.edges == leaf).sum())
    lines = (
        counted(count, "image"),
        f"Nearest: {', '.join(near)}",
        f"Farthest: {hierarchy.names[order[-1]]} {distance_text(hierarchy.distances[leaf, order[-1]])}",
        f"Joined to {edges} other{'' if edges == 1 else 's'} in the spanning tree",
    )
    return CategoryFacts(hierarchy.names[leaf], lines, (leaf,))


def _of_pair(categories: Categories, first: int, second: int) -> CategoryFacts:
    hierarchy = categories.hierarchy
    distance = float(hierarchy.distances[first, second])
    lines = (
        f"Distance {distance_text(distance)}, cosine {1 - 2 * distance:.3f}".replace("-", "−"),
        f"Merged at {distance_text(float(hierarchy.cophenetic[first, second]))}",
    )
    title = f"{hierarchy.names[first]} – {hierarchy.names[second]}"
    terms = carrying_filters(categories.found.vectors, first, second)
    return CategoryFacts(title, lines, (first, second), filter_names(categories), terms)


def _of_node(categories: Categories, node: int) -> CategoryFacts:
    hierarchy = categories.hierarchy
    members, k = hierarchy.members(node), node - len(hierarchy.names)
    a, b = (len(hierarchy.members(part)) for part in hierarchy.merges[k].tolist())
    inside = hierarchy.distances[np.ix_(members, members)]
    lines = (
        f"Merged at {distance_text(float(hierarchy.heights[k]))}: {a:,} with {b:,}",
        f"Its farthest two are {distance_text(float(inside.max()))} apart",
        ", ".join(hierarchy.names[leaf] for leaf in members[:60]) + (" …" if len(members) > 60 else ""),
    )
    return CategoryFacts(f"{len(members):,} classes", lines, members[:4])


def filter_names(categories: Categories) -> tuple[str, ...]:
    """Name the filters of the layer by their addresses, logits by their class."""
    layer, filters = categories.found.layer, categories.found.vectors.shape[1]
    if layer == LOGITS and len(categories.card.classes) == filters:
        return categories.card.classes
    return tuple(f"{layer}/{index}" for index in range(filters))


def comparison_text(comparison: HierarchyComparison) -> str:
    """Say how alike two networks hold the classes."""
    count = len(comparison.names)
    if count < 2:
        return "The two have no two classes in common."
    if not np.isfinite(comparison.pearson):
        return f"{count} classes in common: too few, or too equal, for a correlation."
    numbers = f"Pearson {comparison.pearson:.2f}, Spearman {comparison.spearman:.2f}".replace("-", "−")
    return f"Correlation of the distances of {count * (count - 1) // 2:,} pairs of {count:,} classes: {numbers}"


def short_heading(categories: Categories) -> str:
    """Say whose hierarchy it is, and of which layer."""
    return f"{categories.card.name}/{categories.found.layer}"


def heading_text(categories: Categories) -> str:
    """Say what is shown, how well the tree tells the distances, and what is not in it."""
    found, hierarchy = categories.found, categories.hierarchy
    parts = [short_heading(categories), f"{len(hierarchy.names):,} classes", f"{int(found.counts.sum()):,} images"]
    fits = hierarchy.cophenetic_correlation
    if np.isfinite(fits):
        parts.append(f"tree and distances correlate by {fits:.2f}".replace("-", "−"))
    if categories.empty:
        named = ", ".join(f"“{name}”" for name in categories.empty[:NAMED])
        more = f" and {len(categories.empty) - NAMED:,} more" if len(categories.empty) > NAMED else ""
        parts.append(f"no image of {named}{more}")
    return " · ".join(parts)
