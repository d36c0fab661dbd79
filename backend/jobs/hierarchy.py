"""Which classes a network holds close: the hierarchy of a data set's classes in a layer, and its files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.cards import NetworkCard
from backend.analysis.category_hierarchy import CategoryHierarchy, build_category_hierarchy
from backend.analysis.events import Notice, Progress, retold
from backend.analysis.features import default_feature_layer
from backend.analysis.hierarchies.class_vectors import (
    NOT_IN_DATA,
    ClassVectors,
    scanned_vectors,
    store_typical,
    store_vectors,
    stored_typical,
    stored_vectors,
    with_noise,
)
from backend.analysis.hierarchies.hierarchy_files import graphml, newick
from backend.analysis.images.noise_set import NoiseSet
from backend.analysis.pictures import fit_picture
from backend.analysis.scans.scanned_layers import scanned_name
from backend.atomic_write import replacing
from backend.engine import Engine
from backend.jobs.job import Job, Steps

if TYPE_CHECKING:
    from backend.analysis.images.image_dataset import ImageDataset
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
    empty : tuple of str
        The classes of the data set that have no image, and so no place in the hierarchy.
    """

    card: NetworkCard
    dataset: str
    found: ClassVectors
    hierarchy: CategoryHierarchy
    places: NDArray[np.float32]
    pictures: NDArray[np.uint8]
    image_numbers: NDArray[np.int64]
    empty: tuple[str, ...] = ()


@dataclass(frozen=True)
class MissingCategories:
    """A hierarchy that is not known yet: so many images must pass the network for it."""

    images: int


class _Opened(NamedTuple):
    """What a hierarchy is made of: sets of images, each with its vectors where they are known."""

    network: Network
    dataset: ImageDataset
    layer: str
    sets: list[tuple[ImageDataset, ClassVectors | None]]

    @property
    def missing(self) -> int:
        """The number of images that must pass the network."""
        return sum(len(images) for images, vectors in self.sets if vectors is None)


@dataclass(frozen=True)
class _CategoriesJob(Job):
    """What both ways to a hierarchy need to know.

    Attributes
    ----------
    network, dataset : str
        Their sources.
    layer : str
        Empty for the features (`default_feature_layer`).
    noise_images : int
        Images of random noise as a further class.
    place : str
        Where it is shown: a newer request for the same place replaces an older one.
    chosen_elsewhere : bool
        Whether the layer was chosen of another network. Where this one has none of that name, it is the features.
    """

    network: str
    dataset: str
    layer: str = ""
    noise_images: int = 0
    place: str = "here"
    chosen_elsewhere: bool = False

    def _open(self, engine: Engine) -> Steps[_Opened]:
        network = engine.network(self.network)
        dataset = yield from engine.dataset(self.dataset, network)
        layer = self._layer_of(network.card)
        sets = [dataset, *([NoiseSet(network.card, self.noise_images)] if self.noise_images else [])]
        return _Opened(network, dataset, layer, [(images, _known(engine, network, images, layer)) for images in sets])

    def _layer_of(self, card: NetworkCard) -> str:
        known = self.layer and (not self.chosen_elsewhere or any(layer.name == self.layer for layer in card.layers))
        return self.layer if known else default_feature_layer(card)


@dataclass(frozen=True)
class FindCategories(_CategoriesJob):
    """Show a hierarchy whose vectors are known. Returns `Categories`, or `MissingCategories` where they are not."""

    @property
    def title(self) -> str:
        return "Looking for the hierarchy"

    @property
    def key(self) -> str:
        return f"find categories {self.place}"

    def run(self, engine: Engine) -> Steps[Categories | MissingCategories]:
        opened = yield from self._open(engine)
        if opened.missing:
            return MissingCategories(opened.missing)
        found = [vectors for _, vectors in opened.sets if vectors is not None]
        return _categories(engine, opened.network, opened.dataset, found)


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
        opened = yield from self._open(engine)
        done, found = 0, []
        for images, vectors in opened.sets:
            if vectors is None:
                gathering = _gather(engine, opened.network, images, opened.layer)
                vectors = yield from _as_part(gathering, len(images), done, opened.missing)
                done += len(images)
            found.append(vectors)
        return _categories(engine, opened.network, opened.dataset, found)


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


def _known(engine: Engine, network: Network, images: ImageDataset, layer: str) -> ClassVectors | None:
    """Find vectors that were computed before, or take them from a scan."""
    found = stored_vectors(engine.store, network.card, images.digest, layer)
    return found or scanned_vectors(engine.store, network.card, images, layer)


def _as_part(steps: Steps[ClassVectors], count: int, before: int, total: int) -> Steps[ClassVectors]:
    """Tell of one image set's progress as that of all of them: one bar, one rate, one time left.

    The few images that are looked at once more, for a typical one, do not count.
    """
    passed = 0

    def told(event: Any) -> Any:
        nonlocal passed
        if isinstance(event, Progress):
            passed = max(passed, min(event.done, count))
            event = replace(event, done=before + passed, total=total)
        return event

    return retold(steps, told)


def _gather(engine: Engine, network: Network, images: ImageDataset, layer: str) -> Steps[ClassVectors]:
    """Compute the vectors of a layer, and of all that fit beside it; keep them for the next time."""
    from backend.analysis.activation_scan import batch_size
    from backend.analysis.hierarchies.representative_vectors import gather_vectors, layers_together, typical_images

    engine.share_work(batch_size(network) * network.input_size[0] * network.input_size[1])
    layers = layers_together(network.card, layer, len(images.class_names))
    gathered = yield from gather_vectors(network, images, layers)
    features = scanned_name(network.card, default_feature_layer(network.card)) if _has_space(network) else ""
    of_features = next((name for name in gathered if scanned_name(network.card, name) == features), layer)
    typical = yield from typical_images(network, images, gathered[of_features])
    try:
        store_typical(engine.store, network.card, images.digest, typical)
        for found in gathered.values():
            store_vectors(engine.store, network.card, images.digest, found)
            yield Progress(len(images), len(images), "images")
    except OSError as error:
        yield Notice(f"The means of the classes cannot be kept for the next time: {error.strerror}.")
    return gathered[layer]


def _has_space(network: Network) -> bool:
    return any(layer.has_space for layer in network.card.layers)


def _categories(engine: Engine, network: Network, dataset: ImageDataset, vectors: list[ClassVectors]) -> Categories:
    from backend.analysis.hierarchies.tree_positions import tree_positions

    found = with_noise(*vectors) if len(vectors) == 2 else vectors[0]
    hierarchy = build_category_hierarchy(found.vectors, found.names)
    # Worked out here, for the window would stand still over it where there are a thousand classes.
    _ = hierarchy.cophenetic_correlation
    places = tree_positions(hierarchy.edges, hierarchy.edge_weights)
    typical = stored_typical(engine.store, network.card, dataset.digest)
    numbers = [typical.get(label, _first_image(dataset, label)) for label in found.labels.tolist()]
    pictures = frozen(np.stack([_picture(network, dataset, number) for number in numbers]))
    labels = set(found.labels.tolist())
    empty = tuple(name for label, name in enumerate(dataset.class_names) if label not in labels)
    numbers_of = frozen(np.array(numbers, np.int64))
    return Categories(network.card, dataset.name, found, hierarchy, places, pictures, numbers_of, empty)


def _first_image(dataset: ImageDataset, label: int) -> int:
    return NOT_IN_DATA if label == NOT_IN_DATA else int((dataset.labels == label).argmax())


def _picture(network: Network, dataset: ImageDataset, number: int) -> NDArray[np.uint8]:
    image = NoiseSet(network.card, 1)[0][0] if number == NOT_IN_DATA else dataset[number][0]
    side = min(PICTURE_SIDE, *image.shape[:2])
    return fit_picture(image, (side, side))
