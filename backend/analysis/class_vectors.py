"""Representative vectors of classes, what they share, and where they are kept. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.analysis.cards import LayerInfo, NetworkCard
from backend.analysis.history import frozen
from backend.analysis.noise_set import NOISE
from backend.analysis.scanned_layers import scanned_name
from backend.store import Store

NOT_IN_DATA = -1
"""Label of the class of noise images."""


@dataclass(frozen=True, eq=False)
class ClassVectors:
    """The mean feature of each class that has images. Arrays are read-only.

    Attributes
    ----------
    layer : str
    names : tuple of str
        The classes of the data set, then `random noise` where it was asked for.
    labels : int64 (n,)
        The data set's number of each class; −1 for the noise.
    counts : int64 (n,)
        Images of each.
    vectors : float32 (n, filters, height, width) or (n, features)
    """

    layer: str
    names: tuple[str, ...]
    labels: NDArray[np.int64]
    counts: NDArray[np.int64]
    vectors: NDArray[np.float32]


def carrying_filters(vectors: NDArray[np.floating], first: int, second: int) -> NDArray[np.float64]:
    """Take the cosine of two representative vectors apart: what each filter adds to it.

    Parameters
    ----------
    vectors : float (n, filters, ...)
    first, second : int

    Returns
    -------
    float64 (filters,)
        Their sum is the cosine; all 0 where either vector is.
    """
    one, two = (vectors[number].reshape(vectors.shape[1], -1).astype(np.float64) for number in (first, second))
    length = float(np.linalg.norm(one)) * float(np.linalg.norm(two))
    terms: NDArray[np.float64] = (one * two).sum(1)
    return terms / length if length > 0 else np.zeros(len(terms))


def feature_layer(card: NetworkCard) -> str:
    """Name the layer whose pooled output feeds the head: of a ResNet the last block, after its ReLU.

    It is the last of the outermost layers that has space and is no pooling, under the name of its last part. Empty
    where the layers of a card are not known yet.
    """
    spatial = [layer for layer in card.layers if _is_map(layer)]
    if not spatial:
        return ""
    return scanned_name(card, min(reversed(spatial), key=lambda layer: layer.name.count(".")).name)


def _is_map(layer: LayerInfo) -> bool:
    return layer.has_space and "Pool" not in layer.kind and "Dropout" not in layer.kind and layer.kind != "Identity"


def with_noise(found: ClassVectors, noise: ClassVectors) -> ClassVectors:
    """Add what was found of a `NoiseSet` as a further class."""
    return ClassVectors(
        found.layer,
        (*found.names, NOISE),
        frozen(np.append(found.labels, NOT_IN_DATA)),
        frozen(np.concatenate([found.counts, noise.counts])),
        frozen(np.concatenate([found.vectors, noise.vectors])),
    )


def stored_vectors(store: Store, card: NetworkCard, data: str, layer: str) -> ClassVectors | None:
    """Find the vectors of a layer that were computed before for these weights and images (`data` is their digest)."""
    arrays = store.load("class-vectors", _key(card, data, layer))
    try:
        if arrays is None:
            return None
        names = tuple(str(name) for name in arrays["names"])
        labels, counts, vectors = (frozen(arrays[name]) for name in ("labels", "counts", "vectors"))
    except KeyError:
        return None
    return ClassVectors(layer, names, labels, counts, vectors)


def store_vectors(store: Store, card: NetworkCard, data: str, found: ClassVectors) -> None:
    """Keep vectors for the next time; raises `OSError`."""
    arrays: dict[str, NDArray[Any]] = {"names": np.array(found.names, np.str_), "labels": found.labels}
    arrays |= {"counts": found.counts, "vectors": found.vectors}
    store.save("class-vectors", _key(card, data, found.layer), arrays)


def stored_typical(store: Store, card: NetworkCard, data: str) -> dict[int, int]:
    """Find the image of each label that was chosen before to stand for it; empty where none was."""
    arrays = store.load("typical-images", _typical_key(card, data)) or {}
    if not {"labels", "images"} <= arrays.keys():
        return {}
    return dict(zip(arrays["labels"].tolist(), arrays["images"].tolist(), strict=True))


def store_typical(store: Store, card: NetworkCard, data: str, images: Mapping[int, int]) -> None:
    """Keep the image of each label that stands for it; raises `OSError`."""
    numbers = {"labels": np.array(list(images), np.int64), "images": np.array(list(images.values()), np.int64)}
    store.save("typical-images", _typical_key(card, data), numbers)


def _key(card: NetworkCard, data: str, layer: str) -> dict[str, Any]:
    # Under the name of the module that gives it: `layer4` and `layer4.1` are the same.
    return {"weights": card.weights_digest, "data": data, "layer": scanned_name(card, layer)}


def _typical_key(card: NetworkCard, data: str) -> dict[str, Any]:
    return {"weights": card.weights_digest, "data": data}
