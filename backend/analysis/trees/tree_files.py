"""Prediction trees in files, and in the result store. Torch-free, so that the window finds them before torch wakes."""

from __future__ import annotations

import errno
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.cards import NetworkCard
from backend.analysis.images.image_dataset import digest_of
from backend.analysis.prediction_tree import PredictionTree
from backend.analysis.scans.scanned_layers import scanned_name
from backend.atomic_write import replacing
from backend.errors import UserError
from backend.store import Store, file_name

DAMAGED = (ValueError, KeyError, EOFError, AttributeError, RuntimeError, zipfile.BadZipFile)
"""What NumPy and `zipfile` raise over a damaged file; RuntimeError where it seems encrypted or of another kind."""
KIND = "prediction-tree"
FORMAT = 1


def save_tree(tree: PredictionTree, path: Path) -> None:
    """Write a tree as one .npz file; the old one stays until it is whole. Raises `OSError`."""
    arrays = {name: getattr(tree, name) for name in tree.__dataclass_fields__}
    # Not compressed: features of 5,000 images would take a quarter of a minute, and hardly shrink.
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_tree(path: Path) -> PredictionTree:
    """Read what `save_tree` wrote.

    Raises
    ------
    UserError
        Where the file is no prediction tree, or a damaged one.
    OSError
        Where it cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as content:
            tree = _tree_of({name: content[name] for name in content.files})
    except DAMAGED:
        tree = None
    except OSError as error:
        # Places in the file that cannot be.
        if error.errno != errno.EINVAL:
            raise
        tree = None
    if tree is None:
        raise UserError("No prediction tree", f"{path.name} is no prediction tree, or is damaged.", "Build it again.")
    return tree


def stored_tree(
    store: Store, card: NetworkCard, data: str, layer: str, images: Sequence[int] | NDArray[np.int64]
) -> PredictionTree | None:
    """Find the tree of these images that was built before.

    Parameters
    ----------
    store : Store
    card : NetworkCard
    data : str
        The data set's digest.
    layer : str
    images : sequence of int
        Their numbers in the data set, in the order in which they were given.

    Returns
    -------
    PredictionTree or None
        None where there is none, or the file is damaged.
    """
    arrays = store.load(KIND, _key(card, data, layer, images))
    return None if arrays is None else _tree_of(arrays)


def store_tree(store: Store, card: NetworkCard, data: str, layer: str, tree: PredictionTree) -> None:
    """Keep a tree for `stored_tree`. Raises `OSError`."""
    store.root.mkdir(parents=True, exist_ok=True)
    save_tree(tree, store.root / file_name(KIND, _key(card, data, layer, tree.image_numbers)))


def _key(card: NetworkCard, data: str, layer: str, images: Sequence[int] | NDArray[np.int64]) -> dict[str, Any]:
    numbers = digest_of(np.asarray(images, np.int64).tolist())
    layer = scanned_name(card, layer)
    return {"format": FORMAT, "weights": card.weights_digest, "data": data, "layer": layer, "images": numbers}


def _tree_of(arrays: Mapping[str, NDArray[Any]]) -> PredictionTree | None:
    """Make a tree of its arrays; None where they do not belong together."""
    if set(arrays) != set(PredictionTree.__dataclass_fields__):
        return None
    tree = PredictionTree(**{name: frozen(array) for name, array in arrays.items()})
    merges = len(tree.merges)
    lengths = {
        "image_numbers": tree.images,
        "distances": merges,
        "critical_filters": merges,
        "norms": tree.images + merges,
    }
    fits = tree.features.ndim == 4 and tree.merges.shape == (merges, 2)
    fits = fits and all(arrays[name].shape == (length,) for name, length in lengths.items())
    return tree if fits and _is_forest(tree) else None


def _is_forest(tree: PredictionTree) -> bool:
    """Tell whether every merge takes in two nodes that were there before it, and none is taken twice."""
    nodes, merges = tree.merges, len(tree.merges)
    older = nodes < tree.images + np.arange(merges)[:, None]
    known = bool((older & (nodes >= 0)).all()) and len(np.unique(nodes)) == 2 * merges
    return known and bool(((tree.critical_filters >= 0) & (tree.critical_filters < tree.filters)).all())
