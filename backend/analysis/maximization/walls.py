"""Walls: the optimised picture of every channel of a layer, made in batches and stored. Torch-free at import."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from backend.analysis.events import Notice, Progress
from backend.analysis.maximization.maximization_settings import MaximizationSettings
from backend.analysis.maximization.starts import NoiseStart
from backend.analysis.objectives import Channels
from backend.errors import is_out_of_memory

if TYPE_CHECKING:
    from backend.analysis.activation_maximization import MaximizationStep
    from backend.analysis.cards import NetworkCard
    from backend.analysis.networks import Network
    from backend.store import Store

BATCH_PIXELS = 32 * 32 * 16
"""Pixels optimised at once: sixteen 32-px pictures; larger ones gain nothing from company."""
TILE_SIDE = 64
"""Larger pictures are stored at this side."""
START = NoiseStart(contrast=0.1)


@dataclass(frozen=True, eq=False)
class Wall:
    """Pictures of the channels of one layer.

    Attributes
    ----------
    layer : str
    tiles : ndarray of uint8
        (channels, height, width, 3).
    done : ndarray of bool
        (channels,), which of them are optimised.
    silent : ndarray of bool
        (channels,), which of them had no gradient even before their ReLU.
    """

    layer: str
    tiles: NDArray[np.uint8]
    done: NDArray[np.bool_]
    silent: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class WallTiles:
    """Some tiles of a wall, finished or still growing: `tiles[i]` shows channel `indices[i]`."""

    layer: str
    indices: tuple[int, ...]
    tiles: NDArray[np.uint8]
    finished: bool
    progress: Progress


def stored_wall(card: NetworkCard, layer: str, store: Store, settings: MaximizationSettings) -> Wall | None:
    """Give the wall that is stored for these weights, layer and settings, complete or not; None where there is none."""
    arrays = store.load("wall", _key(card, layer, settings))
    channels = card.layer(layer).channels
    if arrays is None or any(len(arrays.get(name, ())) != channels for name in ("tiles", "done", "silent")):
        return None
    return Wall(layer, arrays["tiles"], arrays["done"], arrays["silent"])


def compute_wall(
    network: Network,
    layer: str,
    store: Store,
    settings: MaximizationSettings,
    channels: Sequence[int] | None = None,
) -> Generator[WallTiles | Notice, Any, Wall]:
    """Optimise one picture a channel, in batches; stored after each, so that nothing is computed twice.

    Parameters
    ----------
    network : Network
    layer : str
    store : Store
    settings : MaximizationSettings
        With a single learning rate.
    channels : sequence of int, optional
        Only these are wanted now; by default all.

    Yields
    ------
    WallTiles
        Growing tiles about twice a second, then the finished ones of each batch.
    Notice
        Where memory ran out (the batch is halved) or results cannot be stored.

    Returns
    -------
    Wall
    """
    wall = stored_wall(network.card, layer, store, settings) or _empty_wall(network, layer)
    tiles, done, silent = wall.tiles.copy(), wall.done.copy(), wall.silent.copy()
    wall = Wall(layer, tiles, done, silent)
    height, width = network.input_size
    batch = max(1, BATCH_PIXELS // (height * width))
    writable = True
    yield _tiles(wall, np.flatnonzero(done))
    wanted = np.arange(len(done)) if channels is None else np.unique(np.array(channels, dtype=np.intp))
    while not done[wanted].all():
        chosen = wanted[~done[wanted]][:batch]
        try:
            last = yield from _optimise(network, wall, chosen, settings)
        except Exception as error:
            if not is_out_of_memory(error) or batch == 1:
                raise
            batch = max(1, batch // 2)
            yield Notice(f"The device ran out of memory; the wall goes on with {batch} channels at once.")
            continue
        tiles[chosen], done[chosen], silent[chosen] = _small(last.images, tiles.shape[1:3]), True, last.silent
        if writable:
            try:
                store.save(
                    "wall", _key(network.card, layer, settings), {"tiles": tiles, "done": done, "silent": silent}
                )
            except OSError as error:
                writable = False
                yield Notice(f"The wall cannot be kept for the next time: {error.strerror}.")
        yield _tiles(wall, chosen)
    return wall


def _optimise(
    network: Network, wall: Wall, chosen: NDArray[np.intp], settings: MaximizationSettings
) -> Generator[WallTiles, Any, MaximizationStep]:
    from backend.analysis.activation_maximization import maximize
    from backend.analysis.maximization.starts import start_images

    indices = tuple(int(index) for index in chosen)
    # The same noise for every channel: what differs between tiles is the channel alone.
    start = start_images(START, network).expand(len(indices), -1, -1, -1)
    slow = replace(settings, frame_rate=2.0)
    with closing(maximize(network, Channels(wall.layer, indices), start, slow)) as steps:
        for step in steps:
            if step.step == step.steps:
                break
            progress = Progress(int(wall.done.sum()), len(wall.done), "channels")
            yield WallTiles(wall.layer, indices, _small(step.images, wall.tiles.shape[1:3]), False, progress)
    return step


def _tiles(wall: Wall, indices: NDArray[np.intp]) -> WallTiles:
    progress = Progress(int(wall.done.sum()), len(wall.done), "channels")
    tiles = wall.tiles[indices]
    tiles.flags.writeable = False
    return WallTiles(wall.layer, tuple(int(index) for index in indices), tiles, True, progress)


def _empty_wall(network: Network, layer: str) -> Wall:
    channels = network.card.layer(layer).channels
    height, width = (min(side, TILE_SIDE) for side in network.input_size)
    tiles = np.zeros((channels, height, width, 3), np.uint8)
    return Wall(layer, tiles, np.zeros(channels, bool), np.zeros(channels, bool))


def _small(images: NDArray[np.uint8], size: tuple[int, ...]) -> NDArray[np.uint8]:
    if images.shape[1:3] == tuple(size):
        return images
    from backend.analysis.pictures import fit_picture

    small = np.stack([fit_picture(image, (size[0], size[1])) for image in images])
    small.flags.writeable = False
    return small


def _key(card: NetworkCard, layer: str, settings: MaximizationSettings) -> dict[str, Any]:
    """Name all that decides how the tiles look: the same weights at another size, or normalised otherwise, see another
    picture.
    """
    how = {name: value for name, value in settings.to_json().items() if name != "frame_rate"}
    frame = {"input_size": list(card.input_size), "mean": list(card.mean), "std": list(card.std)}
    return {"weights": card.weights_digest, "layer": layer, "settings": how, **frame}
