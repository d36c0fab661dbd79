"""Do two networks hold the same classes close? Correlations of their distances. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.category_hierarchy import CategoryHierarchy, pearson, upper


@dataclass(frozen=True, eq=False)
class HierarchyComparison:
    """What two hierarchies say of the classes that both have.

    Attributes
    ----------
    names : tuple of str
        Those classes, in the order of the first hierarchy.
    first, second : int64 (k,)
        Their numbers in each hierarchy.
    pearson, spearman : float
        Correlation of the k (k − 1) / 2 distances, and of their ranks; NaN below three classes or where all are equal.
    """

    names: tuple[str, ...]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    pearson: float
    spearman: float


def compare_hierarchies(first: CategoryHierarchy, second: CategoryHierarchy) -> HierarchyComparison:
    """Match classes by name and correlate the distances between them."""
    places = {name: number for number, name in enumerate(second.names)}
    names = tuple(name for name in first.names if name in places)
    ours = np.array([first.names.index(name) for name in names], np.int64)
    theirs = np.array([places[name] for name in names], np.int64)
    one, two = (
        upper(hierarchy.distances[np.ix_(numbers, numbers)]) for hierarchy, numbers in ((first, ours), (second, theirs))
    )
    return HierarchyComparison(
        names, frozen(ours), frozen(theirs), pearson(one, two), pearson(mean_ranks(one), mean_ranks(two))
    )


def mean_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give ranks from 0, (n,); equals share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: NDArray[np.float64] = (np.cumsum(counts) - (counts + 1) / 2)[place]
    return means
