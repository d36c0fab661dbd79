"""Trees of merges as they occur: balanced, chained, and as chained as a prediction tree of real images."""

from __future__ import annotations

import numpy as np

from gui.prediction_tree.drawing.condensing import MergeTree, grow


def merged(pairs: list[tuple[int, int]], leaves: int) -> MergeTree:
    """Make a tree of the given merges; what nothing takes in is a root, the largest first."""
    sizes = [1] * leaves
    for a, b in pairs:
        sizes.append(sizes[a] + sizes[b])
    taken = {child for pair in pairs for child in pair}
    roots = sorted((node for node in range(len(sizes)) if node not in taken), key=lambda node: -sizes[node])
    return grow(np.array(pairs, np.int64).reshape(-1, 2), np.array(sizes, np.int64), roots)


def balanced(leaves: int) -> MergeTree:
    """Merge neighbours, then pairs of them, and so on; `leaves` is a power of two."""
    pairs, row = [], list(range(leaves))
    while len(row) > 1:
        pairs += list(zip(row[::2], row[1::2], strict=True))
        fresh = leaves + len(pairs)
        row = list(range(fresh - len(row) // 2, fresh))
    return merged(pairs, leaves)


def comb(leaves: int) -> MergeTree:
    """Let each merge take in one leaf more."""
    return merged([(0, 1), *((leaves + k, k + 2) for k in range(leaves - 2))], leaves)


def natural(leaves: int, seed: int = 0, singles: float = 0.83, greed: float = 0.3, roots: int = 1) -> MergeTree:
    """Make a tree of the kind that was measured: 1,000 leaves, depth about 245, 83 % of the merges take in one leaf.

    `greed` says how much sooner a large cluster takes in a leaf than a small one.
    """
    chance = np.random.default_rng(seed)
    order, sizes, pairs, clusters = chance.permutation(leaves).tolist(), [1] * leaves, [], []
    joins = round((1 - singles) * leaves)
    while order or len(clusters) > roots:
        fresh, kinds = len(sizes), [len(order) > 1, bool(order and clusters), len(clusters) > roots]
        weights = np.array([joins, max(len(order) - 2 * joins, 1), joins if len(clusters) > 8 or not order else 0])
        weights = np.where(kinds, weights, 0)
        kind = int(chance.choice(3, p=weights / weights.sum()))
        if kind == 0:
            pair = (order.pop(), order.pop())
            joins = max(joins - 1, 1)
        else:
            power = np.array([sizes[cluster] for cluster in clusters], float) ** (greed if kind == 1 else 0.5)
            found = chance.choice(len(clusters), size=kind, replace=False, p=power / power.sum()).tolist()
            taken = [clusters[place] for place in found]
            clusters = [cluster for cluster in clusters if cluster not in taken]
            pair = (taken[0], order.pop() if kind == 1 else taken[1])
        pairs.append(pair)
        sizes.append(sizes[pair[0]] + sizes[pair[1]])
        clusters.append(fresh)
    return merged(pairs, leaves)


def depth(tree: MergeTree) -> int:
    """Return the number of merges above the deepest leaf."""
    depths = [0] * len(tree.sizes)
    for node in range(len(depths) - 1, -1, -1):
        for child in tree.children(node):
            depths[child] = depths[node] + 1
    return max(depths)


def leaf_order(tree: MergeTree) -> list[int]:
    """Return the leaves from the left to the right: those of a merge's first child before those of its second."""
    order: list[int] = []
    stack = list(reversed(tree.roots))
    while stack:
        node = stack.pop()
        if node < tree.leaves:
            order.append(node)
        stack += reversed(tree.children(node))
    return order
