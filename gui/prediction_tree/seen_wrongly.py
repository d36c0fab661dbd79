"""Which images a network sees wrongly, read off a scan. Pure: no widget, no signal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.jobs import ActivationScan


def seen_wrongly(scan: ActivationScan, classes: Sequence[str]) -> NDArray[np.int64]:
    """Give the images whose prediction is another class than their label, by their numbers in the data set, ascending.

    `classes` are the network's. Classes are compared by name; an image of a class that the network lacks is not told.
    """
    table, first = scan.tables["probability"], scan.header.first
    parts = [table.columns(start, min(start + 4096, scan.done)).argmax(0) for start in range(0, scan.done, 4096)]
    predictions = np.concatenate(parts) if parts else np.zeros(0, np.int64)
    names = scan.header.class_names
    right = np.array([classes.index(name) if name in classes else -1 for name in names], np.int64)[scan.labels]
    wrong: NDArray[np.int64] = first + np.flatnonzero((right >= 0) & (predictions != right))
    return wrong
