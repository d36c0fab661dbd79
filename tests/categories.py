"""Hierarchies for tests of the views: two pairs of near classes and one far away, without a network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.analysis.cards import NetworkCard
from backend.analysis.category_hierarchy import build_category_hierarchy
from backend.analysis.hierarchies.class_vectors import ClassVectors
from backend.analysis.hierarchies.tree_positions import tree_positions
from backend.jobs import Categories

NAMES = ("cat", "ship", "dog", "truck", "noise")
"""By their vectors: cat with dog, ship with truck, then both, then noise."""
VECTORS = np.array([[8, 1, 1, 0], [0, 8, 3, 0], [8, 2, 1, 0], [0, 8, 5, 0], [1, 1, 1, 9]], np.float32)


def categories(
    vectors: NDArray[np.float32] = VECTORS, names: tuple[str, ...] = NAMES, layer: str = "layer4.1"
) -> Categories:
    """Make what a job gives: each class has a picture of one grey, and as many images as its number and one."""
    card = NetworkCard("small", "resnet18-cifar", ("cat", "ship", "dog", "truck"), (8, 8), (0.5,), (0.5,))
    count = len(names)
    hierarchy = build_category_hierarchy(vectors, names)
    numbers = np.arange(count)
    found = ClassVectors(layer, hierarchy.names, numbers, numbers + 1, vectors.reshape(count, -1, 1, 1))
    pictures = np.repeat(np.linspace(40, 250, count).astype(np.uint8), 8 * 8 * 3).reshape(count, 8, 8, 3)
    places = tree_positions(hierarchy.edges, hierarchy.edge_weights)
    return Categories(card, "animals", found, hierarchy, places, pictures, numbers)


def many_categories(count: int) -> Categories:
    """Make a hierarchy of many classes."""
    vectors = np.abs(np.random.default_rng(0).standard_normal((count, 24))).astype(np.float32)
    return categories(vectors, tuple(f"class {number}" for number in range(count)))
