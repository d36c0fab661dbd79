"""Representative vectors of classes, what they share, and where they are kept. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.cards import NetworkCard
from backend.analysis.features import default_feature_layer
from backend.analysis.images.noise_set import NOISE
from backend.analysis.scans.scanned_layers import default_layers, scan_header, scanned_name
from backend.analysis.scans.stored_scans import stored_scan
from backend.store import Store

if TYPE_CHECKING:
    from backend.analysis.images.image_dataset import ImageDataset

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


def usual_layers(card: NetworkCard) -> tuple[str, ...]:
    """Give the layers whose hierarchies are of use: what one pass over the images averages, and the features.

    A `Sequential` stands for its last child: `layer4` rather than `layer4.1`, which gives the same. Listed as the card
    lists them; empty where its layers are not known yet.
    """
    if not card.layers:
        return ()
    heads = [default_feature_layer(card)] if any(layer.has_space for layer in card.layers) else []
    chosen = {outer_name(card, name) for name in (*default_layers(card), *heads)}
    return tuple(layer.name for layer in card.layers if layer.name in chosen)


def other_layers(card: NetworkCard) -> tuple[str, ...]:
    """Give the layers that none of the usual ones stands for."""
    usual = {scanned_name(card, name) for name in usual_layers(card)}
    return tuple(layer.name for layer in card.layers if scanned_name(card, layer.name) not in usual)


def outer_name(card: NetworkCard, name: str) -> str:
    """Name the outermost `Sequential` that gives the same output as a layer; the layer itself where there is none."""
    inner = scanned_name(card, name)
    same = [
        layer.name for layer in card.layers if layer.kind == "Sequential" and scanned_name(card, layer.name) == inner
    ]
    return min(same, key=lambda other: other.count("."), default=name)


def with_noise(found: ClassVectors, noise: ClassVectors) -> ClassVectors:
    """Add what was found of a `NoiseSet` as a further class."""
    return ClassVectors(
        found.layer,
        (*found.names, NOISE),
        frozen(np.append(found.labels, NOT_IN_DATA)),
        frozen(np.concatenate([found.counts, noise.counts])),
        frozen(np.concatenate([found.vectors, noise.vectors])),
    )


def scanned_vectors(store: Store, card: NetworkCard, dataset: ImageDataset, layer: str) -> ClassVectors | None:
    """Take the vectors of a layer without space from a scan of the data set, where there is one and it is complete.

    Of a layer with space a scan keeps each channel's mean and maximum alone, and its representative vector is of every
    place (paper sec. 3.1).
    """
    names = dataset.class_names
    scan = stored_scan(store, scan_header(card, dataset.name, dataset.digest, names, len(dataset)))
    if scan is None or not scan.complete or not scan.has(layer):
        return None
    scanned = scan.layer(layer)
    if scanned.height * scanned.width > 1 or scan.header.precision != "float32":
        return None
    scores, counts = scan.scores(layer), np.bincount(dataset.labels, minlength=len(names))
    labels = np.flatnonzero(counts)
    means = np.stack([scores[dataset.labels == label].mean(0, dtype=np.float64) for label in labels.tolist()])
    vectors = frozen(means.astype(np.float32).reshape(len(labels), *card.layer(layer).shape))
    known = tuple(names[label] for label in labels.tolist())
    return ClassVectors(layer, known, frozen(labels), frozen(counts[labels].astype(np.int64)), vectors)


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
