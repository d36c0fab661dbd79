"""What a scan found: every channel's score for every image, in memory or memory-mapped. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from backend.analysis.cards import LOGITS
from backend.analysis.events import Progress
from backend.errors import UserError

Pooling = Literal["mean", "maximum"]
"""How a channel's map becomes a score: its mean over space (the paper's average output value), or its maximum."""
Floats = NDArray[np.float32]

BLOCK = 256
"""Images whose scores are written at once. Within a block a channel's scores lie side by side."""


@dataclass(frozen=True)
class ScannedLayer:
    """A layer of a scan: `channels` maps of `height` × `width`; 1 × 1 where the layer has no space."""

    name: str
    channels: int
    height: int
    width: int


@dataclass(frozen=True)
class ScanHeader:
    """What was scanned, and how: all that tells one scan from another.

    Attributes
    ----------
    network, dataset : str
        Names, to be shown.
    weights, data : str
        Digests of the network's weights and of the data set.
    first, stop : int
        The images that this scan is of: numbers first … stop − 1 of the data set.
    total : int
        Images in the whole data set.
    layers : tuple of ScannedLayer
        In call order, `logits` last.
    aliases : tuple of (str, str)
        Other names of scanned layers, each with the name it was scanned under: a `Sequential` and its last child.
    class_names : tuple of str
        Of the data set: what the labels stand for.
    classes : int
        Of the network.
    precision : str
        "float32", or the narrower type that a GPU computed with.
    """

    network: str
    dataset: str
    weights: str
    data: str
    first: int
    stop: int
    total: int
    layers: tuple[ScannedLayer, ...]
    class_names: tuple[str, ...]
    classes: int
    aliases: tuple[tuple[str, str], ...] = ()
    precision: str = "float32"

    @property
    def count(self) -> int:
        return self.stop - self.first

    @property
    def channels(self) -> int:
        """Channels of all layers together."""
        return sum(layer.channels for layer in self.layers)

    def shapes(self) -> dict[str, tuple[int, type[Any]]]:
        """Rows and type of each table of a scan; every table has one column an image."""
        widest = max(layer.height * layer.width for layer in self.layers)
        return {
            "mean": (self.channels, np.float32),
            "maximum": (self.channels, np.float32),
            "place": (self.channels, np.uint16 if widest <= 2**16 else np.uint32),
            "probability": (self.classes, np.float32),
            "label": (1, np.int32),
        }

    def bytes_on_disk(self) -> int:
        return self.count * sum(rows * np.dtype(kind).itemsize for rows, kind in self.shapes().values())


class Table:
    """A (rows, images) array stored block by block: (blocks, rows, 256), the last block as wide as it has images."""

    def __init__(self, content: NDArray[Any], rows: int, count: int) -> None:
        whole = count // BLOCK
        self._whole = content[: whole * rows * BLOCK].reshape(whole, rows, BLOCK)
        self._rest = content[whole * rows * BLOCK : rows * count].reshape(rows, count % BLOCK)

    def block(self, number: int) -> NDArray[Any]:
        """Give one block, (rows, up to 256)."""
        block: NDArray[Any] = self._whole[number] if number < len(self._whole) else self._rest
        return block

    def rows(self, rows: slice, done: int) -> NDArray[Any]:
        """Copy rows of the first `done` images out: (rows, done), contiguous."""
        parts = self._whole[: -(-done // BLOCK), rows]
        found: NDArray[Any] = parts.transpose(1, 0, 2).reshape(parts.shape[1], -1)
        if done > found.shape[1]:
            found = np.concatenate([found, self._rest[rows]], axis=1)
        return np.ascontiguousarray(found[:, :done])

    def columns(self, first: int, last: int) -> NDArray[Any]:
        """Copy images first … last − 1 out: (rows, last − first)."""
        parts = []
        for number in range(first // BLOCK, -(-last // BLOCK)):
            start = number * BLOCK
            parts.append(self.block(number)[:, max(first - start, 0) : last - start])
        return np.concatenate(parts, axis=1)

    def column(self, image: int) -> NDArray[Any]:
        """Give all rows of one image, (rows,)."""
        column: NDArray[Any] = self.block(image // BLOCK)[:, image % BLOCK]
        return column


@dataclass(frozen=True, eq=False)
class ActivationScan:
    """Scores of every channel of some layers for the first `done` images of `header.first` … `header.stop`.

    Image numbers are those of the scan: image 0 is number `header.first` of the data set.

    Attributes
    ----------
    header : ScanHeader
    done : int
        Images that have scores so far.
    tables : mapping of str to Table
        "mean", "maximum", "place", "probability", "label".
    """

    header: ScanHeader
    done: int
    tables: Mapping[str, Table]
    keep: object = None
    """What must live as long as the scan: the temporary folder of its tables."""

    @property
    def complete(self) -> bool:
        return self.done == self.header.count

    def has(self, layer: str) -> bool:
        return any(known.name == self._name(layer) for known in self.header.layers)

    def layer(self, name: str) -> ScannedLayer:
        """Give a scanned layer; `UserError` where it was not scanned."""
        return self._find(name)[0]

    def scores(self, layer: str, pooling: Pooling = "mean") -> Floats:
        """Give the scores of all channels of a layer, float32 (images, channels); copied, 4 bytes each."""
        return self.layer_scores(layer, pooling).T

    def layer_scores(self, layer: str, pooling: Pooling = "mean") -> Floats:
        """Give the same as (channels, images), contiguous."""
        return self.tables[pooling].rows(self._find(layer)[1], self.done)

    def channel_scores(self, layer: str, channel: int, pooling: Pooling = "mean") -> Floats:
        """Give one channel's score for every image, float32 (images,)."""
        row = self._row(layer, channel)
        scores: Floats = self.tables[pooling].rows(slice(row, row + 1), self.done)[0]
        return scores

    def image_scores(self, layer: str, images: NDArray[np.int64], pooling: Pooling = "mean") -> Floats:
        """Give the scores of all channels for some images, ascending, float32 (channels, images); reads no others'."""
        rows, table = self._find(layer)[1], self.tables[pooling]
        if not len(images):
            return np.zeros((rows.stop - rows.start, 0), np.float32)
        numbers, starts = np.unique(images // BLOCK, return_index=True)
        parts = np.split(images % BLOCK, starts[1:])
        found = [table.block(int(number))[rows][:, part] for number, part in zip(numbers, parts, strict=True)]
        return np.concatenate(found, axis=1)

    def place(self, layer: str, channel: int, image: int) -> tuple[int, int]:
        """Give row and column at which the channel's map is largest (the first of equals)."""
        known, rows = self._find(layer)
        flat = int(self.tables["place"].column(self._image(image))[rows][channel])
        return flat // known.width, flat % known.width

    def top_images(
        self, layer: str, channel: int, k: int, *, lowest: bool = False, pooling: Pooling = "mean"
    ) -> NDArray[np.int64]:
        """Give the `k` images with the highest scores (or the lowest), best first; of equals the earlier first.

        What is no number comes last. Fewer where there are fewer images. (Paper sec. 2.3, figs. 4 and 5.)
        """
        return top_of(self.channel_scores(layer, channel, pooling), k, lowest=lowest)

    def probabilities(self, image: int) -> Floats:
        """Give the network's class probabilities for one image, float32 (classes,)."""
        return np.array(self.tables["probability"].column(self._image(image)))

    def class_probabilities(self, index: int) -> Floats:
        """Give the probability of one class for every image, float32 (images,)."""
        found: Floats = self.tables["probability"].rows(slice(index, index + 1), self.done)[0]
        return found

    @property
    def labels(self) -> NDArray[np.int32]:
        """The images' classes by the data set, int32 (images,)."""
        found: NDArray[np.int32] = self.tables["label"].rows(slice(0, 1), self.done)[0]
        return found

    def _name(self, layer: str) -> str:
        return dict(self.header.aliases).get(layer, layer)

    def _find(self, layer: str) -> tuple[ScannedLayer, slice]:
        wanted, start = self._name(layer), 0
        for known in self.header.layers:
            if known.name == wanted:
                return known, slice(start, start + known.channels)
            start += known.channels
        raise UserError(
            "This layer was not scanned",
            f"The scan of {self.header.dataset} has no scores of “{layer}”.",
            "Scan this layer too, or choose one of " + ", ".join(known.name for known in self.header.layers) + ".",
        )

    def _row(self, layer: str, channel: int) -> int:
        known, rows = self._find(layer)
        if not 0 <= channel < known.channels:
            what = "class" if known.name == LOGITS else "channel"
            raise UserError("No such unit", f"{layer} has no {what} {channel}.", f"Choose 0 to {known.channels - 1}.")
        row: int = rows.start + channel
        return row

    def _image(self, image: int) -> int:
        return range(self.done)[image]


@dataclass(frozen=True, eq=False)
class ScanStep:
    """A partial result: `scan` holds what is done so far, and can be used while the rest is computed."""

    scan: ActivationScan
    progress: Progress

    latest_wins: ClassVar[bool] = True


def top_of(scores: Floats, k: int, *, lowest: bool = False) -> NDArray[np.int64]:
    """Give the indices of the `k` highest (or lowest) scores, best first, equals by index, NaN last."""
    keys = scores if lowest else -scores
    k = min(k, len(keys))
    if k == 0:
        return np.zeros(0, np.int64)
    # All that could be among the first k: partition finds the k-th key, equals of it included.
    edge = np.partition(keys, k - 1)[k - 1]
    near = np.flatnonzero(~(keys > edge)) if np.isfinite(edge) else np.arange(len(keys))
    return near[np.argsort(keys[near], kind="stable")][:k].astype(np.int64)
