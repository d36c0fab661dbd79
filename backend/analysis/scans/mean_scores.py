"""How some images score on every channel of a layer: what tells them from all the others. Torch-free."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.events import Progress
from backend.analysis.scans.scan_results import ActivationScan

_AT_ONCE = 4096
"""Images whose scores are held at once."""


def mean_scores(
    scan: ActivationScan, layer: str, images: NDArray[np.int64]
) -> Generator[Progress, None, NDArray[np.float64]]:
    """Give the mean score of some images on every channel of a layer.

    Parameters
    ----------
    images : ndarray of int64, shape (n,)
        Numbers of the scan, ascending.

    Yields
    ------
    Progress
        In images.

    Returns
    -------
    ndarray of float64, shape (channels,)
        Read-only; NaN where there are no images.
    """
    total = np.zeros(scan.layer(layer).channels)
    for start in range(0, len(images), _AT_ONCE):
        yield Progress(start, len(images), "images")
        total += scan.image_scores(layer, images[start : start + _AT_ONCE]).sum(axis=1, dtype=np.float64)
    return frozen(total / len(images) if len(images) else np.full(len(total), np.nan))
