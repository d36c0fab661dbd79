"""Sums over many features in float64, a part at a time, so that no second copy of them fills the memory. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.errors import UserError

Features = NDArray[np.float32] | NDArray[np.float64]
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

LARGEST = 1e150
"""What may be squared and added up in float64. Float32, as networks give it, holds nothing so large."""
AT_ONCE = 1 << 21
"""Bytes of features widened to float64 at once: more do not stay in the cache, and take eight times as long."""


def checked_features(features: Any) -> Features:
    """Give features as a read-only array without copying it.

    Parameters
    ----------
    features : ndarray or Tensor
        (images, filters, height, width), on any device.

    Returns
    -------
    float32 or float64 (images, filters, height, width)
        Float64 stays what it is; every other kind of number becomes float32.

    Raises
    ------
    UserError
        Where they have no space, there are none of them, or one holds something that is not a number or too large.
    """
    # Not isinstance: this module does not import torch.
    array = np.asarray(features.detach().cpu() if hasattr(features, "detach") else features)
    if array.ndim != 4:
        raise UserError(
            "Features without space",
            f"They must be images × filters × height × width, and have the shape {array.shape}.",
            "Choose a convolutional layer.",
        )
    if not array.size:
        raise UserError(
            "No images for a tree", f"There are no features in the shape {array.shape}.", "Choose at least one image."
        )
    array = np.ascontiguousarray(array if array.dtype == np.float64 else array.astype(np.float32, copy=False))
    check_finite(array)
    if array.dtype == np.float64 and (largest := float(np.abs(array).max())) > LARGEST:
        raise UserError("Features too large", f"One is {largest:.0e}, and its square no number.", "Scale them down.")
    view = array.view()
    view.flags.writeable = False
    return view


def check_finite(features: Features, numbers: Rows | None = None) -> None:
    """Raise `UserError` where a feature is not finite; `numbers` are those of the images, by default from 0 on."""
    flat = features.reshape(len(features), -1)
    for part, _ in _parts(flat, np.arange(len(flat))):
        broken = ~np.isfinite(flat[part]).all(1)
        if broken.any():
            place = int(part[broken.argmax()])
            raise UserError(
                "Features that are not numbers",
                f"The feature of image {place if numbers is None else int(numbers[place]):,} holds NaN or infinity.",
                "Check the network's weights, or choose an earlier layer.",
            )


def spatial_means(features: Features) -> NDArray[np.float32]:
    """Give each filter's score: (…, filters, height, width) to (…, filters)."""
    means: NDArray[np.float32] = features.reshape(*features.shape[:-2], -1).mean(-1).astype(np.float32)
    return means


def weighted_sum(features: Features, rows: Rows, weights: Floats) -> Floats:
    """Add up features: `weights` (rows,) times those of `rows`, as (filters, height, width)."""
    flat = features.reshape(len(features), -1)
    total = np.zeros(flat.shape[1])
    for part, where in _parts(flat, rows):
        total += weights[where] @ flat[part].astype(np.float64)
    return total.reshape(features.shape[1:])


def dot_products(features: Features, rows: Rows, vector: Features) -> Floats:
    """Multiply the features of `rows` by `vector` (filters, height, width): (rows,)."""
    flat, wide = features.reshape(len(features), -1), vector.ravel().astype(np.float64)
    products = np.empty(len(rows))
    for part, where in _parts(flat, rows):
        products[where] = flat[part].astype(np.float64) @ wide
    return products


def _parts(flat: Features, rows: Rows) -> Iterator[tuple[Rows, slice]]:
    step = max(1, AT_ONCE // (8 * flat.shape[1]))
    for start in range(0, len(rows), step):
        where = slice(start, start + step)
        yield rows[where], where
