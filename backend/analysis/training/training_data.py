"""The images a network is trained on: chosen by class, kept on the device, cropped and mirrored at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.analysis.images.image_dataset import ImageDataset
from backend.errors import UserError

_HELD_BYTES = 2 << 30
_STATISTICS_IMAGES = 20_000
_CHUNK = 1_000


@dataclass(frozen=True, eq=False)
class Samples:
    """Images and targets, read in batches.

    Attributes
    ----------
    read : callable
        int64 (n,) on the CPU to uint8 (n, height, width, 3) on the device.
    targets : Tensor
        int64 (images,) on the device: indices into the classes chosen.
    """

    read: Callable[[Tensor], Tensor]
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)


def choose(dataset: ImageDataset, classes: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the images of some classes: their indices, and as targets the position of their class in `classes`.

    Raises
    ------
    UserError
        Where the data set lacks one of the classes, or has no image of it.
    """
    target_of = np.full(len(dataset.class_names), -1, dtype=np.int64)
    for target, name in enumerate(classes):
        if name not in dataset.class_names:
            known = ", ".join(dataset.class_names[:20])
            raise UserError("No such class", f"{dataset.name} has no class “{name}”.", f"It has {known}.")
        target_of[dataset.class_names.index(name)] = target
    targets = target_of[dataset.labels]
    counts = np.bincount(targets[targets >= 0], minlength=len(classes))
    if not counts.all():
        empty = classes[int(counts.argmin())]
        raise UserError("A class without images", f"{dataset.name} has no image of “{empty}”.", "Leave that class out.")
    rows = np.flatnonzero(targets >= 0)
    return rows, targets[rows]


def hold_out(
    rows: NDArray[np.int64], targets: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Split at random into nine tenths and, for testing, one tenth of every class (at least one image): two masks."""
    generator = np.random.default_rng(seed)
    tested = np.zeros(len(rows), dtype=bool)
    for target in np.unique(targets):
        members = generator.permutation(np.flatnonzero(targets == target))
        tested[members[: max(1, len(members) // 10)]] = True
    return ~tested, tested


def samples_of(
    dataset: ImageDataset, rows: NDArray[np.int64], targets: NDArray[np.int64], device: torch.device
) -> Samples:
    """Put images on the device where they are small together (2 GB), and else read them batch by batch."""
    labels = torch.from_numpy(np.array(targets)).to(device)
    height, width = dataset.size
    if len(rows) * height * width * 3 > _HELD_BYTES:
        return Samples(lambda picks: _tensor(dataset, rows[picks.numpy()], device), labels)
    parts = [_tensor(dataset, rows[start : start + _CHUNK], device) for start in range(0, len(rows), _CHUNK)]
    held = torch.cat(parts)
    return Samples(lambda picks: held[picks.to(device)], labels)


def statistics(samples: Samples) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Give mean and standard deviation per channel in 0..1, from 20,000 images spread over the set at most."""
    picks = torch.linspace(0, len(samples) - 1, min(len(samples), _STATISTICS_IMAGES)).round().long()
    sums = torch.zeros(2, 3, dtype=torch.float64)
    pixels = 0
    for chunk in picks.split(_CHUNK):  # type: ignore[no-untyped-call]
        # Float32 sums of a chunk stay exact enough; the chunks are added as float64. (MPS has no float64.)
        values = samples.read(chunk).reshape(-1, 3).float() / 255
        sums += torch.stack([values.sum(0), values.square().sum(0)]).double().cpu()
        pixels += len(values)
    mean = sums[0] / pixels
    # An empty channel has no deviation to divide by.
    std = (sums[1] / pixels - mean.square()).clamp_min(1e-6).sqrt()
    return tuple(round(value, 4) for value in mean.tolist()), tuple(round(value, 4) for value in std.tolist())


def augment(images: Tensor, generator: torch.Generator) -> Tensor:
    """Shift each image by up to an eighth of its side, the border reflected, and mirror half of them.

    Parameters
    ----------
    images : Tensor
        Uint8 (n, height, width, 3), on any device.
    generator : torch.Generator
        On the CPU, so that a seed gives the same pictures on every device.

    Returns
    -------
    Tensor
        Uint8, same shape and device. A shift with a reflected border is the random crop out of a padded image.
    """
    count, height, width = images.shape[:3]
    rows = _shifted(height, count, generator)
    columns = _shifted(width, count, generator)
    mirrored = torch.rand(count, 1, generator=generator) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    which = torch.arange(count, device=images.device)[:, None, None]
    return images[which, rows.to(images.device)[:, :, None], columns.to(images.device)[:, None, :]]


def _shifted(side: int, count: int, generator: torch.Generator) -> Tensor:
    reach = side // 8
    offsets = torch.randint(-reach, reach + 1, (count, 1), generator=generator)
    places = (torch.arange(side)[None] + offsets).abs()
    return torch.where(places >= side, 2 * (side - 1) - places, places)


def _tensor(dataset: ImageDataset, rows: NDArray[np.int64], device: torch.device) -> Tensor:
    return torch.from_numpy(np.array(dataset.images(rows))).to(device)
