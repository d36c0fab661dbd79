"""Score every channel of chosen layers for every image of a data set, in one pass (paper sec. 2.3)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.analysis.arrays import frozen
from backend.analysis.capture import observing
from backend.analysis.cards import LOGITS
from backend.analysis.events import Notice, Progress
from backend.analysis.images.image_dataset import ImageDataset
from backend.analysis.images.prefetch import prefetched
from backend.analysis.network import Network
from backend.analysis.scans.scan_files import Block, ScanWriter, merge_scans, open_scan
from backend.analysis.scans.scan_precision import autocast_keeps_ranks
from backend.analysis.scans.scan_results import BLOCK, ActivationScan, ScanHeader, ScanStep
from backend.analysis.scans.scanned_layers import default_layers, scan_header
from backend.errors import UserError, is_out_of_memory

__all__ = ["ActivationScan", "ScanStep", "default_layers", "merge_scans", "open_scan", "scan_activations"]

BATCH_PIXELS = 64 * 32 * 32
"""Pixels of a batch on a CPU: larger ones leave the cache and gain nothing (measured)."""
GPU_BATCH_PIXELS = 256 * 224 * 224
WORTH_SAYING = 100_000_000
"""Bytes of a scan from which on a notice says beforehand what it will take."""


def scan_activations(
    network: Network,
    dataset: ImageDataset,
    layers: Sequence[str] | None = None,
    *,
    images: range | None = None,
    folder: Path | None = None,
) -> Generator[ScanStep | Progress | Notice, None, ActivationScan]:
    """Score every channel of every chosen layer for every image, in one pass over the data set.

    Parameters
    ----------
    network : Network
    dataset : ImageDataset
    layers : sequence of str, optional
        Layer names, `logits` among them or not; by default the first batch norm, the blocks' outputs, the last
        convolution and the logits.
    images : range, optional
        Part of the data set; scans of neighbouring parts combine with `merge_scans`. By default all of it.
    folder : Path, optional
        Where the scan is kept. Killed at any moment, it goes on from there, and the result is the same to the byte.
        By default it is kept in memory, beyond 20,000 images in a temporary file.

    Yields
    ------
    ScanStep
        After every 256 images, the partial result.
    Progress
        After every batch, in images.
    Notice
        What a large scan will take on the disk, before it starts; a batch that was halved for want of memory.

    Returns
    -------
    ActivationScan

    Raises
    ------
    UserError
        Where a layer does not exist, there is no image, or the disk has no room (before the start).
    OSError
        Where the disk is full in the middle; what was done is kept and goes on.
    """
    header = _header(network, dataset, layers, images)
    yield from _check_room(header, folder)
    writer = ScanWriter(header, folder)
    try:
        yield ScanStep(writer.scan(), Progress(writer.done, header.count, "images"))
        yield from _fill(writer, network, dataset)
        return writer.scan()
    finally:
        writer.close()


def pool_space(output: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Reduce maps to numbers: mean and maximum over space, and where the maximum lies (the first of equals).

    Parameters
    ----------
    output : Tensor
        (images, channels, height, width) or (images, features).

    Returns
    -------
    mean, maximum : Tensor
        (images, channels), in the type of `output`.
    place : Tensor
        int64 (images, channels), row · width + column.
    """
    flat = output.flatten(2) if output.dim() > 2 else output.unsqueeze(2)
    maximum, place = flat.max(2)
    return flat.mean(2), maximum, place


def _header(network: Network, dataset: ImageDataset, layers: Sequence[str] | None, images: range | None) -> ScanHeader:
    images = range(len(dataset)) if images is None else images
    if not len(images) or images.step != 1 or images.start < 0 or images.stop > len(dataset):
        raise UserError(
            "No images to scan",
            f"Images {images.start} to {images.stop - 1} are not among the {len(dataset):,} of {dataset.name}.",
            "Choose a part of the data set that has images.",
        )
    names = tuple(layers or ())
    header = scan_header(network.card, dataset.name, dataset.digest, dataset.class_names, len(dataset), names, images)
    if network.device.type == "cuda" and autocast_keeps_ranks(
        network, dataset, [layer.name for layer in header.layers]
    ):
        header = replace(header, precision="float16")
    return header


def _check_room(header: ScanHeader, folder: Path | None) -> Generator[Notice, None, None]:
    if folder is None:
        return
    need = header.bytes_on_disk()
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(place).free + sum(file.stat().st_blocks * 512 for file in _files(folder))
    if need > free:
        raise UserError(
            "Not enough room on the disk",
            f"The scan of {header.count:,} images takes {need / 1e6:,.0f} MB; {folder} has {free / 1e6:,.0f} MB free.",
            "Free some space, or scan fewer layers.",
        )
    if need >= WORTH_SAYING and not folder.exists():
        yield Notice(f"The scan of {header.count:,} images will take {need / 1e6:,.0f} MB on the disk.")


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def _fill(
    writer: ScanWriter, network: Network, dataset: ImageDataset
) -> Generator[ScanStep | Progress | Notice, None, None]:
    header = writer.header
    batch = batch_size(network)
    calls = {layer.name: network.card.layer(layer.name).calls for layer in header.layers}
    collected = _Collected(header)
    with observing(network.module, calls, collected.observe) as forward:
        while writer.done < header.count:
            try:
                yield from _blocks(writer, network, dataset, forward, collected, batch)
            except Exception as error:
                if not is_out_of_memory(error) or batch == 1:
                    raise
                batch //= 2
                yield Notice(f"The device ran out of memory; the scan goes on with {batch} images at once.")


def _blocks(
    writer: ScanWriter,
    network: Network,
    dataset: ImageDataset,
    forward: Callable[[Tensor], Tensor],
    collected: _Collected,
    batch: int,
) -> Generator[ScanStep | Progress, None, None]:
    """Scan from the writer's next block on. Batches begin at multiples of `batch`, however often it was resumed."""
    header = writer.header
    collected.begin()
    starts = range(writer.done, header.count, batch)
    requests = [np.arange(start, min(start + batch, header.count)) + header.first for start in starts]
    with closing(prefetched(lambda rows: _load(dataset, rows, network.device), requests)) as batches:
        for rows, pixels in batches:
            collected.add_batch(forward, network.normalize(pixels), header.precision)
            done = int(rows[-1]) + 1 - header.first
            if done % BLOCK and done < header.count:
                yield Progress(done, header.count, "images")
                continue
            labels = dataset.labels[header.first + writer.done : header.first + done]
            writer.write({**collected.take(), "label": labels[None]})
            yield ScanStep(writer.scan(), Progress(done, header.count, "images"))


def batch_size(network: Network) -> int:
    """Choose how many images pass at once: a power of two, so that batches fill blocks."""
    height, width = network.input_size
    pixels = BATCH_PIXELS if network.device.type == "cpu" else GPU_BATCH_PIXELS
    return min(BLOCK, max(4, 1 << (pixels // (height * width)).bit_length() - 1 if pixels >= height * width else 1))


def _load(dataset: ImageDataset, rows: NDArray[np.integer], device: torch.device) -> Tensor:
    pixels = torch.from_numpy(np.array(dataset.images(rows), order="C"))
    return pixels.pin_memory() if device.type == "cuda" else pixels


class _Collected:
    """The tables of one block, filled batch by batch."""

    def __init__(self, header: ScanHeader) -> None:
        self._header = header
        self._pooled: dict[str, tuple[Tensor, Tensor, Tensor]] = {}
        self._batches: list[tuple[NDArray[np.float32], ...]] = []

    def begin(self) -> None:
        self._batches = []

    def observe(self, name: str, output: Tensor) -> None:
        self._pooled[name] = pool_space(output)

    def add_batch(self, forward: Callable[[Tensor], Tensor], images: Tensor, precision: str) -> None:
        narrow = precision == "float16"
        self._pooled = {}
        with torch.inference_mode(), torch.autocast("cuda", torch.float16) if narrow else nullcontext():
            logits = forward(images).float()
            self._pooled[LOGITS] = pool_space(logits)
            probability = logits.softmax(1)
        pooled = [self._pooled[layer.name] for layer in self._header.layers]
        means, maxima, places = (torch.cat([part.float() for part in parts], 1) for parts in zip(*pooled, strict=True))
        # In one piece, for each copy from a device waits for it.
        together = torch.cat([means, maxima, places, probability], 1).cpu().numpy()
        width = means.shape[1]
        self._batches.append(tuple(np.split(together.T, [width, 2 * width, 3 * width])))

    def take(self) -> Block:
        """Give the block that was filled, and begin the next."""
        names = ("mean", "maximum", "place", "probability")
        block = {
            name: np.concatenate(parts, axis=1)
            for name, parts in zip(names, zip(*self._batches, strict=True), strict=True)
        }
        self._batches = []
        return block


def score_picture(
    network: Network, layer: str, picture: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
    """Score one picture of any size as a scan would.

    Returns
    -------
    mean, maximum : float32 (channels,)
    probabilities : float32 (classes,)
    picture : uint8 (height, width, 3)
        As the network saw it.

    Raises
    ------
    UserError
        Where there is no such layer.
    """
    images = network.normalize(picture[None])
    pooled: dict[str, tuple[Tensor, Tensor, Tensor]] = {}

    def observe(name: str, output: Tensor) -> None:
        pooled[name] = pool_space(output)

    calls = {layer: network.card.layer(layer).calls}
    with observing(network.module, calls, observe) as forward, torch.inference_mode():
        logits = forward(images)
    mean, maximum, _ = pooled.get(layer) or pool_space(logits)
    numbers = (frozen(values[0].float().cpu().numpy()) for values in (mean, maximum, logits.softmax(1)))
    return (*numbers, frozen(network.to_images(images)[0]))  # type: ignore[return-value]
