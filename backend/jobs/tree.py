"""Prediction trees, and the paths of pictures through them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from backend.analysis.events import Notice, Progress
from backend.analysis.memory import check_fits
from backend.analysis.prediction_tree import (
    Path,
    PredictionTree,
    building_prediction_tree,
    memory_of_tree,
    trace_path,
)
from backend.analysis.trees.tree_files import store_tree, stored_tree
from backend.analysis.trees.tree_path import Descent
from backend.engine import Engine
from backend.errors import UserError, describe
from backend.jobs.job import Job, Steps

if TYPE_CHECKING:
    from backend.analysis.datasets import ImageDataset
    from backend.analysis.trees.contributions import Contributions


@dataclass(frozen=True)
class BuildTree(Job):
    """Build the prediction tree of images of a data set, or find what was built before. Returns a `PredictionTree`.

    Yields `Progress` in images while features are collected, then in pairs of images, then in merges.

    Attributes
    ----------
    network, dataset : str
        What opens them.
    layer : str
        With space; empty for the last one that has (`default_feature_layer`).
    images : tuple of int
        Their numbers in the data set. Where it is empty, all of class `label`.
    label : int or None
        A class of the data set; None with no `images` takes all images.
    """

    background: ClassVar[bool] = True
    lasting: ClassVar[bool] = True
    awaited: ClassVar[bool] = True
    network: str
    dataset: str
    layer: str = ""
    images: tuple[int, ...] = ()
    label: int | None = None

    @property
    def title(self) -> str:
        return "Building a prediction tree"

    @property
    def key(self) -> str:
        return "prediction tree"

    def run(self, engine: Engine) -> Steps[PredictionTree]:
        from backend.analysis.activation_scan import batch_size
        from backend.analysis.features import check_has_space, collect_features, default_feature_layer

        network = engine.network(self.network)
        layer = self.layer or default_feature_layer(network.card)
        check_has_space(network.card, layer)
        dataset = yield from engine.dataset(self.dataset, network)
        images = _chosen(dataset, self.images, self.label)
        found = stored_tree(engine.store, network.card, dataset.digest, layer, images)
        if found is not None:
            return found
        check_fits(
            memory_of_tree(len(images), math.prod(network.card.layer(layer).shape)),
            f"A tree of {len(images):,} images",
            "Choose a class, or fewer images.",
        )
        height, width = network.input_size
        engine.share_work(batch_size(network) * height * width)
        features = yield from collect_features(network, dataset, layer, images)
        tree = yield from building_prediction_tree(features, images, device=str(network.device))
        try:
            store_tree(engine.store, network.card, dataset.digest, layer, tree)
        except OSError as error:
            yield Notice(f"The tree cannot be kept for the next time: {describe(error).happened}")
        return tree


@dataclass(frozen=True)
class FindTree(Job):
    """Find the tree that `BuildTree` with the same fields would build, where it was built before.

    Returns a `PredictionTree` or None.
    """

    network: str
    dataset: str
    layer: str
    images: tuple[int, ...] = ()
    label: int | None = None

    @property
    def title(self) -> str:
        return "Looking for the prediction tree"

    @property
    def key(self) -> str:
        return "find prediction tree"

    def run(self, engine: Engine) -> Steps[PredictionTree | None]:
        network = engine.network(self.network)
        dataset = yield from engine.dataset(self.dataset, network)
        chosen = _chosen(dataset, self.images, self.label)
        return stored_tree(engine.store, network.card, dataset.digest, self.layer, chosen)


@dataclass(frozen=True, eq=False)
class TracedPath:
    """The way of a picture through a tree, and what its filters are worth.

    Attributes
    ----------
    path : Path
    feature : float32 (filters, height, width), read-only
    probabilities : float32 (classes,), read-only
    contributions : Contributions
        Of every filter of the layer, to the logit of `contributions.class_index`.
    picture : uint8 (height, width, 3), read-only
        As the network saw it.
    """

    path: Path
    feature: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    contributions: Contributions
    picture: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class TracePath(Job):
    """Follow a picture through a tree. Returns a `TracedPath`.

    Attributes
    ----------
    network : str
    layer : str
        That of the tree; empty for the last one with space.
    tree : PredictionTree
    picture : uint8 (height, width, 3) or bytes
        Of any size, or the content of a picture file.
    class_index : int or None
        The class to whose logit filters contribute; by default the one that is predicted.
    place : str
        Where the path is shown: a newer request for the same place replaces an older one.
    descent : {"means", "members"}
        As of `trace_path`.
    """

    network: str
    layer: str
    tree: PredictionTree
    picture: NDArray[np.uint8] | bytes
    class_index: int | None = None
    place: str = "panel"
    descent: Descent = "means"

    @property
    def title(self) -> str:
        return "Tracing a picture"

    @property
    def key(self) -> str:
        return f"path for {self.place}"

    def run(self, engine: Engine) -> Steps[TracedPath]:
        from backend.analysis.arrays import frozen
        from backend.analysis.features import default_feature_layer, feature_and_logits
        from backend.analysis.pictures import read_picture
        from backend.analysis.trees.contributions import contributions

        network = engine.network(self.network)
        layer = self.layer or default_feature_layer(network.card)
        picture = read_picture(self.picture) if isinstance(self.picture, bytes) else self.picture
        engine.share_work(network.input_size[0] * network.input_size[1])
        images = network.normalize(picture[None])
        feature, logits = feature_and_logits(network, layer, images)
        path = trace_path(self.tree, feature, self.descent)
        yield Progress(1, 2, "steps")
        wanted = int(logits.argmax()) if self.class_index is None else self.class_index
        shares = contributions(network, feature, wanted, layer=layer)
        odds = np.exp(logits - logits.max())
        return TracedPath(path, feature, frozen(odds / odds.sum()), shares, frozen(network.to_images(images)[0]))


def _chosen(dataset: ImageDataset, images: tuple[int, ...], label: int | None) -> NDArray[np.int64]:
    """Give the images of a tree: those that are named, else those of a class, else all."""
    if images:
        return np.array(images, np.int64)
    if label is None:
        return np.arange(len(dataset))
    if not 0 <= label < len(dataset.class_names):
        raise UserError("No such class", f"{dataset.name} has no class {label}.", "Choose a class of the data set.")
    chosen = np.flatnonzero(dataset.labels == label)
    if not len(chosen):
        name = dataset.class_names[label]
        raise UserError(
            "A class without images", f"{dataset.name} has no image of class {name}.", "Choose another class."
        )
    return chosen
