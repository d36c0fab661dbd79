"""Which classes a network holds close: the hierarchy of a data set's classes in a layer, and its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from backend.analysis.cards import NetworkCard
from backend.analysis.category_hierarchy import CategoryHierarchy, build_category_hierarchy
from backend.analysis.class_vectors import (
    NOT_IN_DATA,
    ClassVectors,
    feature_layer,
    store_typical,
    store_vectors,
    stored_typical,
    stored_vectors,
    with_noise,
)
from backend.analysis.events import Notice, Progress
from backend.analysis.hierarchy_files import graphml, newick
from backend.analysis.history import frozen
from backend.analysis.noise_set import NoiseSet
from backend.analysis.pictures import fit_picture
from backend.atomic_write import replacing
from backend.engine import Engine
from backend.jobs.job import Job, Steps

if TYPE_CHECKING:
    from backend.analysis.image_dataset import ImageDataset
    from backend.analysis.network import Network

NOISE_IMAGES = 1000
"""Images of random noise, where it is a class of its own."""
PICTURE_SIDE = 64
"""Pixels of the picture of a class: one of a large network is scaled down to it."""


@dataclass(frozen=True, eq=False)
class Categories:
    """The hierarchy of a data set's classes in one layer of a network, with all that is needed to show it.

    Attributes
    ----------
    card : NetworkCard
    dataset : str
        Name of the data set.
    found : ClassVectors
        Layer, counts of images, and the vectors.
    hierarchy : CategoryHierarchy
    places : float32 (n, 2)
        Of the nodes of the spanning tree, in 0..1.
    pictures : uint8 (n, side, side, 3)
        An image of each class that stands for it.
    image_numbers : int64 (n,)
        Which image of the data set that is; −1 for noise.
    """

    card: NetworkCard
    dataset: str
    found: ClassVectors
    hierarchy: CategoryHierarchy
    places: NDArray[np.float32]
    pictures: NDArray[np.uint8]
    image_numbers: NDArray[np.int64]


@dataclass(frozen=True)
class _CategoriesJob(Job):
    """What both ways to a hierarchy need to know.

    Attributes
    ----------
    network, dataset : str
        Their sources.
    layer : str
        Empty for the one that feeds the head.
    noise_images : int
        Images of random noise as a further class.
    place : str
        Where it is shown: a newer request for the same place replaces an older one.
    """

    network: str
    dataset: str
    layer: str = ""
    noise_images: int = 0
    place: str = "here"


@dataclass(frozen=True)
class FindCategories(_CategoriesJob):
    """Show a hierarchy whose vectors were computed before. Returns `Categories`, or None where they were not."""

    @property
    def title(self) -> str:
        return "Looking for the hierarchy"

    @property
    def key(self) -> str:
        return f"find categories {self.place}"

    def run(self, engine: Engine) -> Steps[Categories | None]:
        network = engine.network(self.network)
        dataset = yield from engine.dataset(self.dataset, network)
        layer = self.layer or feature_layer(network.card)
        known = [
            stored_vectors(engine.store, network.card, images.digest, layer)
            for images in _image_sets(network, dataset, self.noise_images)
        ]
        vectors = [each for each in known if each is not None]
        return _categories(engine, network, dataset, vectors) if len(vectors) == len(known) else None


@dataclass(frozen=True)
class ComputeCategories(_CategoriesJob):
    """Pass the images through the network and average the features of each class. Returns `Categories`.

    One pass serves all layers that one usually looks at, as far as their sums fit into memory.
    """

    background: ClassVar[bool] = True
    lasting: ClassVar[bool] = True

    @property
    def title(self) -> str:
        return "Averaging the classes"

    @property
    def key(self) -> str:
        return f"compute categories {self.place}"

    def run(self, engine: Engine) -> Steps[Categories]:
        network = engine.network(self.network)
        dataset = yield from engine.dataset(self.dataset, network)
        layer = self.layer or feature_layer(network.card)
        vectors = []
        for images in _image_sets(network, dataset, self.noise_images):
            known = stored_vectors(engine.store, network.card, images.digest, layer)
            vectors.append(known or (yield from _gather(engine, network, images, layer)))
        return _categories(engine, network, dataset, vectors)


@dataclass(frozen=True, eq=False)
class SaveHierarchy(Job):
    """Write the tree as Newick, or the spanning tree as GraphML where the path ends so. Returns the path."""

    path: Path
    hierarchy: CategoryHierarchy

    @property
    def title(self) -> str:
        return f"Saving {self.path.name}"

    def run(self, engine: Engine) -> Steps[Path]:
        yield Progress(0, 1, "files")
        graph = self.path.suffix.lower() == ".graphml"
        content = graphml(self.hierarchy) if graph else newick(self.hierarchy).encode("utf-8", "replace")
        with replacing(self.path) as file:
            file.write(content)
        return self.path


def _image_sets(network: Network, dataset: ImageDataset, noise_images: int) -> list[ImageDataset]:
    return [dataset, *([NoiseSet(network.card, noise_images)] if noise_images else [])]


def _gather(engine: Engine, network: Network, images: ImageDataset, layer: str) -> Steps[ClassVectors]:
    """Compute the vectors of a layer, and of all that fit beside it; keep them for the next time."""
    from backend.analysis.activation_scan import batch_size
    from backend.analysis.representative_vectors import gather_vectors, layers_together, typical_images

    engine.share_work(batch_size(network) * network.input_size[0] * network.input_size[1])
    layers = layers_together(network.card, layer, len(images.class_names))
    gathered = yield from gather_vectors(network, images, layers)
    last = gathered.get(feature_layer(network.card), gathered[layer])
    typical = yield from typical_images(network, images, last)
    try:
        store_typical(engine.store, network.card, images.digest, typical)
        for found in gathered.values():
            store_vectors(engine.store, network.card, images.digest, found)
            yield Progress(len(images), len(images), "images")
    except OSError as error:
        yield Notice(f"The means of the classes cannot be kept for the next time: {error.strerror}.")
    return gathered[layer]


def _categories(engine: Engine, network: Network, dataset: ImageDataset, vectors: list[ClassVectors]) -> Categories:
    from backend.analysis.tree_positions import tree_positions

    found = with_noise(*vectors) if len(vectors) == 2 else vectors[0]
    hierarchy = build_category_hierarchy(found.vectors, found.names)
    places = tree_positions(hierarchy.edges, hierarchy.edge_weights)
    typical = stored_typical(engine.store, network.card, dataset.digest)
    numbers = [typical.get(label, _first_image(dataset, label)) for label in found.labels.tolist()]
    pictures = frozen(np.stack([_picture(network, dataset, number) for number in numbers]))
    return Categories(
        network.card, dataset.name, found, hierarchy, places, pictures, frozen(np.array(numbers, np.int64))
    )


def _first_image(dataset: ImageDataset, label: int) -> int:
    return NOT_IN_DATA if label == NOT_IN_DATA else int((dataset.labels == label).argmax())


def _picture(network: Network, dataset: ImageDataset, number: int) -> NDArray[np.uint8]:
    image = NoiseSet(network.card, 1)[0][0] if number == NOT_IN_DATA else dataset[number][0]
    side = min(PICTURE_SIDE, *image.shape[:2])
    return fit_picture(image, (side, side))
