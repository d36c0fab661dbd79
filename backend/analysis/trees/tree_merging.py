"""Algorithm 2's greedy merging (paper sec. 3.2): the closest two nodes, their critical filter, again and again.

Cosines of mean nodes follow from the Gram matrix: (½(u+v))·w = ½(u·w + v·w). So a merge costs one row of it and the
two features that are merged, whatever the number of images. Torch is imported only where there is a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.analysis.events import Progress

Floats = NDArray[np.float64]

TIE = 1e-13
"""Cosines that differ by less are equal. What is equal by its definition, such as those of equal images, comes out of
float64 sums up to 1e-15 apart; rounding shall not choose among them."""
NOISE = TIE / 10
"""A neighbour that is farther by less than this still counts as the nearest: equal images need no new search."""
TILE = 1024
"""Side of the part of the Gram matrix that is computed between two events, 0.3 s: smaller ones lose time (measured)."""
EVERY = 32
"""Merges between two events, about 10 ms."""


@dataclass(frozen=True, eq=False)
class Merges:
    """What merging gave.

    Attributes
    ----------
    pairs : int64 (m, 2)
        The nodes of each merge, the smaller number first; node images + k is merge k.
    distances : float64 (m,)
        ½(1 − cosine) of the two, in 0..1.
    critical_filters : int64 (m,)
    norms : float64 (images + m,)
        The length of every node's mean feature.
    """

    pairs: NDArray[np.int64]
    distances: Floats
    critical_filters: NDArray[np.int64]
    norms: Floats


def merging(
    features: NDArray[np.float32] | NDArray[np.float64], device: str = "cpu"
) -> Generator[Progress, None, Merges]:
    """Merge the closest two nodes until no node has more than one reachable filter, or no two can merge.

    Parameters
    ----------
    features : float32 or float64 (images, filters, places)
        Finite. A copy in float64 is worked on: where two distances or two filters differ by float32's rounding only,
        they would otherwise be taken in an order of chance.
    device : str, default "cpu"
        Where the Gram matrix is computed; one that has no float64, such as "mps", leaves it to the CPU.

    Yields
    ------
    Progress
        In pairs of images while their products are computed, then in merges, of images − 1 that there can be at most.

    Returns
    -------
    Merges
    """
    images = len(features)
    means = features.astype(np.float64)
    gram = yield from _gram_matrix(means.reshape(images, -1), device)
    root = _Root(means, gram)
    pairs, distances, critical = list[tuple[int, int]](), list[float](), list[int]()
    norms = [*root.norms.tolist()]
    while root.wants_merging() and (pair := root.closest()):
        pairs.append((int(root.node[pair[0]]), int(root.node[pair[1]])))
        distance, lost = root.merge(*pair)
        distances.append(distance)
        critical.append(lost)
        norms.append(float(root.norms[pair[0]]))
        if len(pairs) % EVERY == 0:
            yield Progress(len(pairs), images - 1, "merges")
    return Merges(
        np.array(pairs, np.int64).reshape(-1, 2),
        np.array(distances, np.float64),
        np.array(critical, np.int64),
        np.array(norms, np.float64),
    )


def _gram_matrix(flat: Floats, device: str) -> Generator[Progress, None, Floats]:
    """Multiply (images, values) by itself, tile by tile on and below the diagonal; the others are mirrored."""
    images, done = len(flat), 0
    gram = np.empty((images, images))
    multiply = _multiplier(flat, device)
    parts = [slice(start, min(start + TILE, images)) for start in range(0, images, TILE)]
    for number, rows in enumerate(parts):
        for columns in parts[: number + 1]:
            yield Progress(done, images * (images - 1) // 2, "pairs")
            multiply(rows, columns, gram[rows, columns])
            height, width = gram[rows, columns].shape
            done += height * width if rows != columns else height * (height - 1) // 2
            if rows != columns:
                gram[columns, rows] = gram[rows, columns].T
    return gram


def _multiplier(flat: Floats, device: str) -> Callable[[slice, slice, Floats], object]:
    """Give what fills a tile of the Gram matrix. Of one on the diagonal NumPy sees that half is enough."""
    if not device.startswith("cuda"):
        return lambda rows, columns, tile: np.matmul(flat[rows], flat[columns].T, out=tile)
    import torch

    there = torch.from_numpy(flat).to(device)
    return lambda rows, columns, tile: np.copyto(tile, (there[rows] @ there[columns].T).cpu().numpy())


class _Root:
    """The children of the root. Each lies in a slot; a new node takes that of its first child.

    Parameters
    ----------
    means : float64 (images, filters, places)
        The leaves; overwritten by the mean features of the nodes that take their slots.
    gram : float64 (images, images)
        Their products; overwritten likewise, −inf for two nodes that cannot merge. Of two nodes the product stands in
        the row of the younger: a column need not be written, which would touch as many memory pages as there are rows.

    Attributes
    ----------
    node : int64 (images,)
        The number of the node in each slot; −1 for a slot that is free.
    norms : float64 (images,)
    """

    def __init__(self, means: Floats, gram: Floats) -> None:
        images, filters, _ = means.shape
        self._means, self._gram = means, gram
        self._powers: Floats = np.einsum("nfp,nfp->nf", means, means)
        self.norms: Floats = np.sqrt(self._powers.sum(1))
        self._inverse = np.array([_inverse(norm) for norm in self.norms])
        self.node = np.arange(images)
        self._next = images
        self._reachable = np.ones((images, filters), bool)
        # How many filters each can reach: of a free slot all, so that nothing is asked about it.
        self._left = np.full(images, filters)
        self._able = images if filters > 1 else 0
        # What is added to a cosine: −inf for a free slot, so that it is nobody's neighbour.
        self._free: Floats = np.zeros(images)
        # A child's cosine to its neighbour is its bound, and no other cosine of it is above its second; one without a
        # neighbour (−1) has been left by it, and its bound may be too large.
        self._bound: Floats = np.full(images, np.inf)
        self._second: Floats = np.full(images, np.inf)
        self._neighbour = np.full(images, -1)

    def wants_merging(self) -> bool:
        """Tell whether a child has more than one reachable filter."""
        return self._able > 0

    def closest(self) -> tuple[int, int] | None:
        """Give the slots of the closest two children that may merge; of equals, those of the smallest node numbers.

        Of the children whose neighbour was merged, only those with the largest bound are looked at anew: few would come
        next (as in Müllner's generic algorithm, 2011).
        """
        while True:
            top = self._bound.max()
            if top == -np.inf:
                return None
            tied = (self._bound >= top - TIE).nonzero()[0]
            lonely = tied[self._neighbour[tied] < 0]
            if not len(lonely):
                break
            for slot in lonely.tolist():
                self._find_neighbour(slot, self._cosines(slot))
        if len(tied) == 2:
            first, second = sorted(tied.tolist(), key=self.node.__getitem__)
            return first, second
        first = int(tied[self.node[tied].argmin()])
        cosines = self._cosines(first)
        partners = np.flatnonzero(cosines >= min(top - TIE, cosines.max()))
        return first, int(partners[self.node[partners].argmin()])

    def merge(self, first: int, second: int) -> tuple[float, int]:
        """Merge the children in two slots; give their distance and the critical filter."""
        products = self._gram_row(first)
        products += self._gram_row(second)
        products *= 0.5
        distance, lost = self._compare(first, second)
        mean = self._means[first]
        mean += self._means[second]
        mean *= 0.5
        self._able -= int((self._left[[first, second]] > 1).sum())
        self._reachable[first] &= self._reachable[second]
        self._reachable[first, lost] = False
        self._measure(first)
        self._able += int(self._left[first] > 1)
        self._vacate(second)
        products[self._strangers(first)] = -np.inf
        self._gram[first] = products
        self.node[first], self._next = self._next, self._next + 1
        self._note_neighbours(first, second, self._scaled(first, products))
        return distance, lost

    def _strangers(self, slot: int) -> NDArray[np.intp]:
        """Find the children that share no reachable filter with one; two that hold more than all of them must."""
        most = self._reachable.shape[1] - self._left[slot]
        doubtful: NDArray[np.intp] = (self._left <= most).nonzero()[0]
        shares = (self._reachable[doubtful] & self._reachable[slot]).any(1)
        return np.compress(~shares, doubtful)

    def _compare(self, first: int, second: int) -> tuple[float, int]:
        dots = np.einsum("fp,fp->f", self._means[first], self._means[second])
        whole = dots.sum() * self._inverse[first] * self._inverse[second]
        reachable = self._reachable[first], self._reachable[second]
        powers = self._powers[first], self._powers[second]
        return float(np.clip((1 - whole) / 2, 0, 1)), critical_filter(dots, *powers, *reachable)

    def _measure(self, slot: int) -> None:
        """Take down what follows from a new mean feature and new reachable filters."""
        mean = self._means[slot]
        self._powers[slot] = np.einsum("fp,fp->f", mean, mean)
        self.norms[slot] = np.sqrt(self._powers[slot].sum())
        self._inverse[slot] = _inverse(self.norms[slot])
        self._left[slot] = self._reachable[slot].sum()

    def _vacate(self, slot: int) -> None:
        self.node[slot], self._left[slot] = -1, self._reachable.shape[1]
        self._free[slot] = self._bound[slot] = self._second[slot] = -np.inf
        self._neighbour[slot] = slot

    def _note_neighbours(self, first: int, second: int, cosines: Floats) -> None:
        """Make the new node the neighbour of those it is nearest to; those that lost theirs fall back to the second."""
        lost = ((self._neighbour == first) | (self._neighbour == second)).nonzero()[0]
        self._neighbour[lost] = -1
        self._bound[lost] = self._second[lost]
        nearest = cosines > self._bound
        nearest |= (self._neighbour < 0) & (cosines >= self._bound - NOISE)
        np.putmask(self._neighbour, nearest, first)
        np.maximum(self._second, np.minimum(self._bound, cosines), out=self._second)
        np.maximum(self._bound, cosines, out=self._bound)
        self._neighbour[second] = second
        self._find_neighbour(first, cosines)

    def _find_neighbour(self, slot: int, cosines: Floats) -> None:
        self._neighbour[slot] = nearest = int(cosines.argmax())
        self._bound[slot] = cosines[nearest]
        cosines[nearest] = -np.inf
        self._second[slot] = cosines.max()

    def _cosines(self, slot: int) -> Floats:
        return self._scaled(slot, self._gram_row(slot))

    def _scaled(self, slot: int, products: Floats) -> Floats:
        """Make cosines to a child of its products, −inf where it may not merge."""
        cosines: Floats = products * self._inverse
        cosines *= self._inverse[slot]
        cosines += self._free
        cosines[slot] = -np.inf
        return cosines

    def _gram_row(self, slot: int) -> Floats:
        row: Floats = self._gram[slot].copy()
        # Leaves are of one age: their rows are whole from the start.
        younger = (self.node > max(int(self.node[slot]), len(self.node) - 1)).nonzero()[0]
        row[younger] = self._gram[younger, slot]
        return row


def critical_filter(
    dots: Floats,
    first_powers: Floats,
    second_powers: Floats,
    first_reachable: NDArray[np.bool_],
    second_reachable: NDArray[np.bool_],
) -> int:
    """Find the filter, reachable from both nodes, whose removal lowers their masked cosine most.

    The unmasked cosine is the same for every filter, so the smallest ratio to it belongs to the smallest masked cosine,
    which also decides where the unmasked cosine is not positive.

    Parameters
    ----------
    dots : float64 (filters,)
        Product of the two mean features, filter by filter.
    first_powers, second_powers : float64 (filters,)
        Squared length of each, filter by filter.
    first_reachable, second_reachable : bool (filters,)
        At least one is reachable from both.

    Returns
    -------
    int
        Of equals the smallest.
    """
    both = first_reachable & second_reachable
    shared = both.nonzero()[0]
    powers = first_powers[shared], second_powers[shared]
    sums = _without_each(np.array((*powers, dots[shared], np.sqrt(powers[0]) * np.sqrt(powers[1]))))
    first = sums[0] + first_powers[first_reachable ^ both].sum()
    second = sums[1] + second_powers[second_reachable ^ both].sum()
    lengths = np.sqrt(first) * np.sqrt(second)
    cosines, largest = np.divide(sums[2:], lengths, out=np.zeros((2, len(shared))), where=lengths > 0)
    # Two that share little have small cosines, and rounding as small: it goes with what they could be at most.
    least = cosines.argmin()
    tied = cosines <= cosines[least] + TIE * np.maximum(largest, largest[least])
    return int(shared[tied.argmax()])


def _without_each(values: Floats) -> Floats:
    """Sum each row but for one value, for every value.

    Added up from both ends: what is left after a subtraction may be rounding alone.
    """
    sums = np.zeros_like(values)
    sums[:, 1:] = values[:, :-1].cumsum(1)
    sums[:, :-1] += values[:, :0:-1].cumsum(1)[:, ::-1]
    return sums


def _inverse(norm: float) -> float:
    # The products of a feature of zeros are zeros: so its cosines are 0, whatever they are multiplied by.
    return 1.0 / norm if norm > 0 else 1.0
