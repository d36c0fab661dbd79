"""Fine-tune by the filters that are critical on the paths of new images through a tree (paper sec. 3.2)."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.events import Notice, Progress, retold
from backend.analysis.features import collect_features
from backend.analysis.images.image_dataset import ImageDataset
from backend.analysis.network import Network
from backend.analysis.prediction_tree import PredictionTree, trace_path
from backend.analysis.training.filter_weights import filter_weights
from backend.analysis.training.fine_tuning import ImageCount, fine_tune, old_images, passing_images
from backend.analysis.training.fine_tuning_results import FineTuning, FineTuningSettings
from backend.errors import UserError

AT_ONCE = 256
"""New images whose features are held at once: those of a low layer are large."""


def fine_tune_on_paths(
    network: Network,
    dataset: ImageDataset,
    tree: PredictionTree,
    layer: str,
    old_test: ImageDataset,
    images: Sequence[int] | NDArray[np.int64] = (),
    label: int | None = None,
    settings: FineTuningSettings | None = None,
) -> Generator[Progress | Notice, None, FineTuning]:
    """Follow new images through a tree, and fine-tune the filters that decide on their ways; see `fine_tune`.

    The filters are those of all new images, also of the ones that are held out of the training: a path is found
    without its image's class. Images that `old_test` shares with the new ones are left out of it.

    Parameters
    ----------
    network : Network
    dataset : ImageDataset
        Where the new images are from. Its classes are those of the network by name, as far as there are new images.
    tree : PredictionTree
    layer : str
        That of the tree.
    old_test : ImageDataset
    images : sequence of int, optional
        Numbers of the new images in `dataset`; where it is empty, all.
    label : int, optional
        The class of all of them, an index into the network's classes, whatever `dataset` says.
    settings : FineTuningSettings, optional

    Yields
    ------
    Progress
        In images, counted through everything.
    Notice
        As `collect_features`.

    Raises
    ------
    UserError
        As `fine_tune`; and where an image is of a class that the network lacks, or does not fit the tree.
    """
    settings = settings or FineTuningSettings()
    numbers, labels = labelled_images(network, dataset, images, label)
    filter_weights(network.card, layer, [0])  # Before minutes are spent on filters that cannot be trained.
    shared = shared_images(dataset, numbers, old_test)
    old, _ = old_images(old_test, network.classes, shared)
    count = ImageCount(2 * len(numbers) + passing_images(labels, len(old), settings))
    filters = yield from filters_on_paths(network, dataset, tree, layer, numbers, count)
    pixels = dataset.images(numbers)
    return (
        yield from fine_tune(network, pixels, labels, old_test, filters, layer, settings, left_out=shared, count=count)
    )


def labelled_images(
    network: Network, dataset: ImageDataset, images: Sequence[int] | NDArray[np.int64] = (), label: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the numbers of new images and their classes, as indices into the network's.

    Raises
    ------
    UserError
        Where the network lacks the class of one of them.
    """
    numbers = np.array(images, np.int64) if len(images) else np.arange(len(dataset))
    if numbers.min() < 0 or numbers.max() >= len(dataset):
        raise UserError(
            "No such image",
            f"{dataset.name} has images 0 to {len(dataset) - 1:,}, and not all of those chosen are among them.",
            "Choose images that it has.",
        )
    if label is not None:
        return numbers, np.full(len(numbers), label)
    own = dataset.labels[numbers]
    names = [dataset.class_names[place] for place in np.unique(own)]
    lacking = [name for name in names if name not in network.classes]
    if lacking:
        known = ", ".join(network.classes[:20])
        few = f"{network.name} has no class “{lacking[0]}”"
        none = f"No image of {dataset.name} is of a class of {network.name}"
        raise UserError(
            "No class of the network" if len(lacking) == len(names) else "A class that the network lacks",
            f"{none if len(lacking) == len(names) else few}; it has {known}.",
            "Name the folders as its classes, or leave them out; of a folder without any, say the class of its images.",
        )
    positions = np.array([network.classes.index(name) if name in names else -1 for name in dataset.class_names])
    return numbers, positions[own]


def shared_images(dataset: ImageDataset, numbers: NDArray[np.int64], old_test: ImageDataset) -> NDArray[np.int64]:
    """Give the numbers in an old test set of the images that are among the new ones.

    In the same data set these are the same numbers; in another the same pixels, where both lie decoded.
    """
    if dataset.digest == old_test.digest:
        return frozen(np.unique(numbers))
    new, old = dataset.pixels(), old_test.pixels()
    if new is None or old is None or dataset.size != old_test.size:
        return frozen(np.zeros(0, np.int64))
    known = {new.array[row].tobytes() for row in new.rows[numbers]}
    same = [place for place, row in enumerate(old.rows) if old.array[row].tobytes() in known]
    return frozen(np.array(same, np.int64))


def filters_on_paths(
    network: Network,
    dataset: ImageDataset,
    tree: PredictionTree,
    layer: str,
    images: NDArray[np.int64],
    count: ImageCount | None = None,
) -> Generator[Progress | Notice, None, tuple[int, ...]]:
    """Follow images through a tree, and give the filters that are critical on the way of any, ascending."""
    count = count or ImageCount(2 * len(images))
    found: set[int] = set()
    for start in range(0, len(images), AT_ONCE):
        part = images[start : start + AT_ONCE]
        features = yield from _counting(collect_features(network, dataset, layer, part), count)
        for feature in features:
            found.update(trace_path(tree, feature).critical_filters)
            yield count.add(1)
    return tuple(sorted(found))


def _counting(
    steps: Generator[Progress | Notice, None, NDArray[np.float32]], count: ImageCount
) -> Generator[Progress | Notice, None, NDArray[np.float32]]:
    """Pass on what is yielded, its count of images as a part of a longer one."""
    done = 0

    def counted(event: Progress | Notice) -> Progress | Notice:
        nonlocal done
        if isinstance(event, Progress):
            event, done = count.add(event.done - done), event.done
        return event

    return retold(steps, counted)
