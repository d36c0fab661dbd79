"""The mean feature of every class, summed up while the images pass: no image's feature is kept (paper sec. 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.analysis.activation_scan import batch_size
from backend.analysis.arrays import frozen
from backend.analysis.capture import capturing, observing
from backend.analysis.cards import LOGITS, NetworkCard
from backend.analysis.events import Notice, Progress
from backend.analysis.hierarchies.class_vectors import ClassVectors, with_noise
from backend.analysis.images.image_dataset import ImageDataset
from backend.analysis.images.noise_set import NoiseSet
from backend.analysis.images.prefetch import prefetched
from backend.analysis.network import Network
from backend.analysis.scans.scanned_layers import default_layers, scanned_name
from backend.errors import UserError, is_out_of_memory

MOST_BYTES = 192 << 20
"""Bytes of sums up to which one pass over the images serves further layers."""
CANDIDATES = (4, 64, 2048)
"""Images of a class among which the typical one is looked for: least, most, and of all classes together."""


def representative_vectors(
    network: Network, dataset: ImageDataset, layer: str, noise_images: int = 0
) -> Generator[Progress | Notice, None, ClassVectors]:
    """Average the feature of each class's images, and of so many of random noise.

    Parameters
    ----------
    network : Network
    dataset : ImageDataset
        Its classes need not be those of the network. One without images is left out, and said to be.
    layer : str
        Any layer; one without space gives (n, features).
    noise_images : int, default 0
        Images of noise, drawn per channel from a Gaussian with the data set's mean and deviation: a further class.

    Yields
    ------
    Progress
        After every batch, in images.
    Notice
        Which classes have no image; a batch that was halved for want of memory.

    Returns
    -------
    ClassVectors
        Sums are double precision, the vectors float32.

    Raises
    ------
    UserError
        Where there is no such layer, or no image.
    """
    found = (yield from gather_vectors(network, dataset, [layer]))[layer]
    if not noise_images:
        return found
    noise = yield from gather_vectors(network, NoiseSet(network.card, noise_images), [layer])
    return with_noise(found, noise[layer])


def gather_vectors(
    network: Network, dataset: ImageDataset, layers: Sequence[str]
) -> Generator[Progress | Notice, None, dict[str, ClassVectors]]:
    """Do what `representative_vectors` does for several layers in one pass over the images."""
    if not len(dataset):
        raise UserError("No images", f"{dataset.name} holds no image to average.", "Open a data set that has images.")
    sums = _Sums(network, layers, len(dataset.class_names))
    counts = np.bincount(dataset.labels, minlength=len(dataset.class_names))
    empty = [dataset.class_names[row] for row in np.flatnonzero(counts == 0)]
    if empty:
        yield Notice(_without_images(empty))
    yield Progress(0, len(dataset), "images")
    yield from _sum_up(network, dataset, sums)
    return sums.means(counts, dataset.class_names)


def layers_together(card: NetworkCard, layer: str, classes: int) -> tuple[str, ...]:
    """Give `layer` and those of the default ones whose sums fit beside it: one pass over the images serves all."""
    chosen, taken = [layer], _bytes(card, layer, classes)
    for other in reversed(default_layers(card)):
        taken += _bytes(card, other, classes)
        if taken > MOST_BYTES:
            break
        if scanned_name(card, other) != scanned_name(card, layer):
            chosen.append(other)
    return tuple(chosen)


def typical_images(
    network: Network, dataset: ImageDataset, found: ClassVectors
) -> Generator[Progress, None, dict[int, int]]:
    """Choose the image of each class that is nearest to its representative vector, by the cosine.

    Looked for among the first images of each class (64 where there are up to 32 classes, 4 at least).

    Returns
    -------
    dict of int to int
        The number of the image in the data set, for each of the data set's labels that has images.
    """
    least, most, total = CANDIDATES
    each = min(most, max(least, total // max(len(found.names), 1)))
    known = {int(label): row for row, label in enumerate(found.labels)}
    chosen = [np.flatnonzero(dataset.labels == label)[:each] for label in known]
    candidates = np.concatenate(chosen) if chosen else np.zeros(0, np.int64)
    closest: dict[int, tuple[float, int]] = {}
    batch = batch_size(network)
    calls = {found.layer: network.card.layer(found.layer).calls}
    with capturing(network.module, calls) as forward, torch.inference_mode():
        for start in range(0, len(candidates), batch):
            rows = candidates[start : start + batch]
            features = forward(network.normalize(dataset.images(rows))).outputs[found.layer].float().flatten(1)
            goals = found.vectors[[known[int(label)] for label in dataset.labels[rows]]].reshape(len(rows), -1)
            near = torch.nn.functional.cosine_similarity(features, torch.tensor(goals, device=network.device))
            for image, cosine in zip(rows.tolist(), near.tolist(), strict=True):
                label = int(dataset.labels[image])
                closest[label] = max(closest.get(label, (-2.0, 0)), (cosine, -image))
            yield Progress(start + len(rows), len(candidates), "images")
    return {label: -image for label, (_, image) in closest.items()}


class _Sums:
    """The sum of each class's features, of several layers, in double precision where the device has it."""

    def __init__(self, network: Network, layers: Sequence[str], classes: int) -> None:
        self._layers = {name: network.card.layer(name) for name in layers}
        self._place = torch.device("cpu") if network.device.type == "mps" else network.device
        self._sums = {
            name: torch.zeros(classes, int(np.prod(layer.shape)), dtype=torch.float64, device=self._place)
            for name, layer in self._layers.items()
        }
        self._of_batch: dict[str, Tensor] = {}
        self._present = 0
        self._place_of = torch.zeros(0, dtype=torch.int64)

    @property
    def calls(self) -> dict[str, int]:
        return {name: layer.calls for name, layer in self._layers.items()}

    def observe(self, name: str, output: Tensor) -> None:
        features = output.float().flatten(1)
        # No product with a matrix of 0 and 1: what is no number would spoil the classes that it is multiplied out of.
        sums = features.new_zeros(self._present, features.shape[1])
        self._of_batch[name] = sums.index_add_(0, self._place_of, features)

    def add(self, forward: Callable[[Tensor], Tensor], images: Tensor, rows: NDArray[np.int64]) -> None:
        """Add a batch, all of its layers or, where memory runs out in the middle, none."""
        present, place = np.unique(rows, return_inverse=True)
        self._present, self._place_of = len(present), torch.from_numpy(place).to(images.device)
        self._of_batch = {}
        with torch.inference_mode():
            logits = forward(images)
            if LOGITS in self._layers:
                self.observe(LOGITS, logits)
            parts = {name: part.to(self._place).double() for name, part in self._of_batch.items()}
            where = torch.from_numpy(present).to(self._place)
            for name, part in parts.items():
                self._sums[name].index_add_(0, where, part)

    def means(self, counts: NDArray[np.int64], names: Sequence[str]) -> dict[str, ClassVectors]:
        labels = np.flatnonzero(counts)
        known = tuple(names[label] for label in labels.tolist())
        found = {}
        for name, layer in self._layers.items():
            means = self._sums[name].cpu().numpy()[labels] / counts[labels, None]
            vectors = frozen(means.astype(np.float32).reshape(len(labels), *layer.shape))
            found[name] = ClassVectors(name, known, frozen(labels), frozen(counts[labels].astype(np.int64)), vectors)
        return found


def _sum_up(network: Network, dataset: ImageDataset, sums: _Sums) -> Generator[Progress | Notice, None, None]:
    batch, done = batch_size(network), 0
    with observing(network.module, sums.calls, sums.observe) as forward:
        while done < len(dataset):
            starts = range(done, len(dataset), batch)
            requests = [np.arange(start, min(start + batch, len(dataset))) for start in starts]
            try:
                with closing(prefetched(partial(_load, dataset), requests)) as batches:
                    for numbers, pixels in batches:
                        sums.add(forward, network.normalize(pixels), dataset.labels[numbers])
                        done = int(numbers[-1]) + 1
                        yield Progress(done, len(dataset), "images")
            except Exception as error:
                if not is_out_of_memory(error) or batch == 1:
                    raise
                batch //= 2
                yield Notice(f"The device ran out of memory; it goes on with {batch} images at once.")


def _load(dataset: ImageDataset, numbers: NDArray[np.int64]) -> Tensor:
    return torch.from_numpy(np.array(dataset.images(numbers), order="C"))


def _bytes(card: NetworkCard, layer: str, classes: int) -> int:
    return 8 * classes * int(np.prod(card.layer(layer).shape))


def _without_images(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:3])
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    has = "has" if len(names) == 1 else "have"
    return f"{shown}{more} {has} no image, and so no representative vector: the hierarchy is of the others."
