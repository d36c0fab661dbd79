"""Teach a network new images by few of its weights: those of the filters on the images' paths (paper sec. 3.2)."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from backend.analysis.activation_scan import batch_size
from backend.analysis.events import Progress
from backend.analysis.images.image_dataset import ImageDataset
from backend.analysis.network import Network
from backend.analysis.training.filter_weights import Rows, filter_weights, last_layer
from backend.analysis.training.fine_tuning_results import FineTuning, FineTuningRow, FineTuningSettings
from backend.analysis.training.training_data import Samples, choose, samples_of
from backend.analysis.weights.narrow_convolutions import is_narrow, without_onednn
from backend.errors import UserError

__all__ = [
    "FineTuning",
    "FineTuningRow",
    "FineTuningSettings",
    "ImageCount",
    "fine_tune",
    "old_images",
    "passing_images",
    "tuned_weights",
    "weights_of",
]

MOMENTUM = 0.9
ENOUGH_TO_HOLD_OUT = 10
"""New images from which on half of them are held out."""


def fine_tune(
    network: Network,
    images: NDArray[np.uint8],
    labels: Sequence[int] | NDArray[np.integer],
    old_test: ImageDataset,
    filters: Sequence[int],
    layer: str,
    settings: FineTuningSettings | None = None,
    *,
    left_out: Sequence[int] | NDArray[np.int64] = (),
    count: ImageCount | None = None,
) -> Generator[Progress, None, FineTuning]:
    """Fine-tune a network on new images in three ways, and test each on new and old images.

    The ways are: only the filters on the images' paths, the last layer, all weights. Batch norms keep their
    statistics, dropout is off, and no image is augmented. The network itself stays as it is.

    Parameters
    ----------
    network : Network
    images : uint8 (n, height, width, 3)
        Of any size. From 10 on, half of each class's is held out of the training, to be tested on.
    labels : int (n,)
        Indices into the network's classes.
    old_test : ImageDataset
        Of its images, those of the network's classes are tested, found by the classes' names.
    filters : sequence of int
        Filters of `layer` on the paths.
    layer : str
    settings : FineTuningSettings, optional
    left_out : sequence of int, optional
        Images of `old_test` not to be tested, by their numbers: those that are among the new ones.
    count : ImageCount, optional
        Where to go on counting; its total holds what is `passing_images` here.

    Yields
    ------
    Progress
        In images, tested and trained on, of all three ways.

    Returns
    -------
    FineTuning

    Raises
    ------
    UserError
        Where there are no images, a label is no class, the old test set lacks a class or has no other images than the
        new ones, the filters have no convolution of their own, or the training diverges.
    """
    settings = settings or FineTuningSettings()
    _check(network, images, labels, settings)
    ways = {
        "filters on the paths": weights_of(network, filter_weights(network.card, layer, filters)),
        "last layer": weights_of(network, last_layer(network.card)),
        "all weights": {name: None for name, _ in network.module.named_parameters()},
    }
    kept, targets = old_images(old_test, network.classes, left_out)
    old = samples_of(old_test, kept, targets, network.device)
    held = _held_out(np.asarray(labels), settings.seed)
    training = _samples(network, images, labels, ~held if held.any() else ~np.zeros_like(held))
    tested = _samples(network, images, labels, held) if held.any() else training
    count = count or ImageCount(passing_images(labels, len(old), settings))
    new_before = yield from _accuracy(network, {}, tested, count)
    old_before = yield from _accuracy(network, {}, old, count)
    rows = []
    for name, way in ways.items():
        weights = yield from tuned_weights(network, way, training, settings, count)
        new_after = yield from _accuracy(network, weights, tested, count)
        old_after = yield from _accuracy(network, weights, old, count)
        rows.append(FineTuningRow(name, _size(network, way), new_before, new_after, old_before, old_after))
    return FineTuning(
        tuple(rows),
        len(training),
        len(tested),
        bool(held.any()),
        len(old),
        left_out=len(left_out),
        layer=layer,
        filters=len(np.unique(filters)),
        of_filters=network.card.layer(layer).channels,
        new_classes=_names(network, labels),
        unseen_classes=tuple(name for place, name in enumerate(network.classes) if place not in targets),
    )


def old_images(
    dataset: ImageDataset, classes: Sequence[str], left_out: Sequence[int] | NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the images of an old test set that are of some classes and not left out: their numbers and classes."""
    numbers, targets = choose(dataset, classes)
    kept = ~np.isin(numbers, np.asarray(left_out, np.int64))
    if not kept.any():
        raise UserError(
            "No old images are left",
            f"Every image of {dataset.name} is among the new ones: nothing is left to tell what is forgotten.",
            "Choose fewer new images, or open another data set.",
        )
    return numbers[kept], targets[kept]


def passing_images(labels: Sequence[int] | NDArray[np.integer], old: int, settings: FineTuningSettings) -> int:
    """Count how often an image passes the network in a fine-tuning: before it and in each of its three ways."""
    held = int(_held_out(np.asarray(labels), settings.seed).sum())
    training, tested = len(labels) - held, held or len(labels)
    return 4 * (tested + old) + 3 * settings.epochs * training


def weights_of(network: Network, modules: Rows) -> Rows:
    """Turn names of modules into those of their weight and bias tensors, as far as they have them."""
    return {
        f"{module}.{name}": rows
        for module, rows in modules.items()
        for name, _ in network.module.get_submodule(module).named_parameters(recurse=False)
    }


@dataclass
class ImageCount:
    """Counts images over all parts of a fine-tuning."""

    total: int
    done: int = 0

    def add(self, images: int) -> Progress:
        """Count images that have passed, and say how far it is."""
        self.done += images
        return Progress(self.done, self.total, "images")


def tuned_weights(
    network: Network, way: Rows, training: Samples, settings: FineTuningSettings, count: ImageCount | None = None
) -> Generator[Progress, None, Mapping[str, Tensor]]:
    """Train some rows of some weights, and nothing else.

    Only these rows are leaves of the gradient: neither momentum nor rounding can move another. The network is not
    copied: others may have hooks on it, which must not be copied along.

    Returns
    -------
    mapping of str to Tensor
        The whole tensors of `way`, trained; all others are those of the network.
    """
    count = count or ImageCount(settings.epochs * len(training))
    parameters = dict(network.module.named_parameters())
    chosen = {name: None if rows is None else torch.tensor(rows, device=network.device) for name, rows in way.items()}
    trained = [
        (parameters[name] if rows is None else parameters[name][rows]).detach().clone().requires_grad_()
        for name, rows in chosen.items()
    ]
    velocities = [torch.zeros_like(part) for part in trained]
    generator = torch.Generator().manual_seed(settings.seed)
    for epoch in range(settings.epochs):
        order, total = torch.randperm(len(training), generator=generator), torch.zeros((), device=network.device)
        for picks in order.split(settings.batch):  # type: ignore[no-untyped-call]
            weights = _whole(parameters, chosen, trained)
            loss, gradients = _gradients(network, weights, trained, training, picks)
            _step(trained, velocities, gradients, settings.learning_rate)
            total += loss
            yield count.add(len(picks))
        # The sum stays NaN once a loss was, and so do the weights: looking once an epoch misses none.
        if not all(bool(part.isfinite().all()) for part in (total, *trained)):
            raise _diverged(epoch, settings)
    return {name: weight.detach() for name, weight in _whole(parameters, chosen, trained).items()}


def _whole(
    parameters: Mapping[str, Tensor], chosen: Mapping[str, Tensor | None], trained: Sequence[Tensor]
) -> dict[str, Tensor]:
    """Put the trained rows into the weights they are of."""
    return {
        name: part if rows is None else parameters[name].detach().index_copy(0, rows, part)
        for (name, rows), part in zip(chosen.items(), trained, strict=True)
    }


def _gradients(
    network: Network, weights: Mapping[str, Tensor], trained: Sequence[Tensor], training: Samples, picks: Tensor
) -> tuple[Tensor, tuple[Tensor | None, ...]]:
    inputs = network.normalize(training.read(picks))
    targets = training.targets[picks.to(network.device)]
    with without_onednn(is_narrow(network)):
        loss = cross_entropy(_logits(network, weights, inputs), targets)
        return loss.detach(), torch.autograd.grad(loss, trained, allow_unused=True)


@torch.no_grad()
def _step(
    trained: Sequence[Tensor], velocities: Sequence[Tensor], gradients: Sequence[Tensor | None], rate: float
) -> None:
    """Go a step as `torch.optim.SGD` does with Nesterov momentum; that one would load half of torch first."""
    for part, velocity, gradient in zip(trained, velocities, gradients, strict=True):
        if gradient is not None:
            velocity.mul_(MOMENTUM).add_(gradient)
            part.sub_(gradient + MOMENTUM * velocity, alpha=rate)


def _logits(network: Network, weights: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
    logits: Tensor = functional_call(network.module, dict(weights), (inputs,))
    return logits


def _accuracy(
    network: Network, weights: Mapping[str, Tensor], samples: Samples, count: ImageCount
) -> Generator[Progress, None, float]:
    """Share of right answers with other weights in place of the network's."""
    right = torch.zeros((), dtype=torch.int64, device=network.device)
    for picks in torch.arange(len(samples)).split(batch_size(network)):  # type: ignore[no-untyped-call]
        with torch.inference_mode():
            logits = _logits(network, weights, network.normalize(samples.read(picks)))
            right += (logits.argmax(1) == samples.targets[picks.to(network.device)]).sum()
        yield count.add(len(picks))
    return right.item() / len(samples)


def _held_out(labels: NDArray[np.integer], seed: int) -> NDArray[np.bool_]:
    """Mark half of each class's images at random, rounded down; none where there are too few images."""
    held = np.zeros(len(labels), bool)
    generator = np.random.default_rng(seed)
    for label in np.unique(labels) if len(labels) >= ENOUGH_TO_HOLD_OUT else ():
        members = generator.permutation(np.flatnonzero(labels == label))
        held[members[: len(members) // 2]] = True
    return held


def _samples(
    network: Network, images: NDArray[np.uint8], labels: Sequence[int] | NDArray[np.integer], kept: NDArray[np.bool_]
) -> Samples:
    pixels = torch.from_numpy(np.array(images[kept], order="C")).to(network.device)
    targets = torch.tensor(np.asarray(labels)[kept], dtype=torch.int64, device=network.device)
    return Samples(lambda picks: pixels[picks.to(network.device)], targets)


def _names(network: Network, labels: Sequence[int] | NDArray[np.integer]) -> tuple[str, ...]:
    return tuple(network.classes[label] for label in np.unique(labels))


def _size(network: Network, way: Rows) -> int:
    """Count the single weights that a way trains."""
    sizes = ((network.module.get_parameter(name), rows) for name, rows in way.items())
    return sum(weight.numel() if rows is None else weight[0].numel() * len(rows) for weight, rows in sizes)


def _check(
    network: Network,
    images: NDArray[np.uint8],
    labels: Sequence[int] | NDArray[np.integer],
    settings: FineTuningSettings,
) -> None:
    if not len(images) or settings.epochs < 1 or settings.batch < 1:
        happened = "There are no new images." if not len(images) else "It needs at least one epoch and a batch of one."
        raise UserError("Nothing to fine-tune on", happened, "Add images, or change the settings.")
    if len(labels) != len(images):
        raise UserError(
            "Images without a class", f"{len(images)} images have {len(labels)} classes.", "Give each image one."
        )
    wrong = [int(label) for label in labels if not 0 <= label < len(network.classes)]
    if wrong:
        raise UserError(
            "No such class",
            f"{wrong[0]} is no class of {network.name}: it has {len(network.classes)}, counted from 0.",
            "Choose one of its classes for each new image.",
        )


def _diverged(epoch: int, settings: FineTuningSettings) -> UserError:
    return UserError(
        "The fine-tuning diverged",
        f"The loss became NaN or infinite in epoch {epoch + 1}.",
        f"Use a smaller learning rate than {settings.learning_rate:g}; the network stays as it was.",
    )
