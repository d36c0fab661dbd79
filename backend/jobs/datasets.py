"""Opening data sets, and fetching images of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from backend.analysis.images.image_dataset import Pixels
from backend.engine import Engine
from backend.jobs.job import Job, Steps


@dataclass(frozen=True)
class DatasetInfo:
    """An open data set, as the window sees it.

    Attributes
    ----------
    source, name : str
    count : int
        Images that can be read.
    class_names : tuple of str
    unreadable : tuple of str
        A sentence for each file that was left out.
    digest : str
        Equal for equal images.
    labels : int64 (count,), read-only
    pixels : Pixels or None
        The images themselves, where they lie decoded: the window need not ask for those.
    """

    source: str
    name: str
    count: int
    class_names: tuple[str, ...]
    unreadable: tuple[str, ...]
    digest: str = ""
    labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64), compare=False)
    pixels: Pixels | None = field(default=None, compare=False)


@dataclass(frozen=True)
class OpenDataset(Job):
    """Open a data set at the input size of a network. Returns a `DatasetInfo`."""

    source: str
    network: str

    @property
    def title(self) -> str:
        return f"Opening {Path(self.source).name}"

    @property
    def key(self) -> str:
        return "open data set"

    def run(self, engine: Engine) -> Steps[DatasetInfo]:
        dataset = yield from engine.dataset(self.source, engine.network(self.network))
        return DatasetInfo(
            self.source,
            dataset.name,
            len(dataset),
            dataset.class_names,
            dataset.unreadable,
            dataset.digest,
            dataset.labels,
            dataset.pixels(),
        )


@dataclass(frozen=True)
class DownloadDataset(Job):
    """Fetch CIFAR-10 or CIFAR-100 into the data folder. Returns the name that opens it."""

    background: ClassVar[bool] = True
    name: str

    @property
    def title(self) -> str:
        return f"Downloading {self.name}"

    def run(self, engine: Engine) -> Steps[str]:
        from backend.analysis.datasets import download_cifar

        yield from download_cifar(self.name)
        return self.name


@dataclass(frozen=True, eq=False)
class Images:
    """Images of a data set: uint8 (images, height, width, 3), and a line about each."""

    indices: tuple[int, ...]
    images: NDArray[np.uint8]
    captions: tuple[str, ...]


@dataclass(frozen=True)
class DescribeImages(Job):
    """Fetch images of an open data set for display. Returns `Images`.

    `place` says where they are shown: a newer request for the same place replaces an older one.
    """

    dataset: str
    network: str
    indices: tuple[int, ...]
    place: str = "picker"

    @property
    def title(self) -> str:
        return "Fetching images"

    @property
    def key(self) -> str:
        return f"images for {self.place}"

    def run(self, engine: Engine) -> Steps[Images]:
        dataset = yield from engine.dataset(self.dataset, engine.network(self.network))
        indices = tuple(index for index in self.indices if 0 <= index < len(dataset))
        from backend.analysis.arrays import frozen

        captions = tuple(f"{index} · {dataset.class_names[int(dataset.labels[index])]}" for index in indices)
        return Images(indices, frozen(np.asarray(dataset.images(list(indices)))), captions)


@dataclass(frozen=True)
class AverageImages(Job):
    """Average groups of images of an open data set. Returns a tuple of uint8 (height, width, 3), one a group.

    `place` as in `DescribeImages`.
    """

    lasting: ClassVar[bool] = True
    dataset: str
    network: str
    groups: tuple[tuple[int, ...], ...]
    place: str

    @property
    def title(self) -> str:
        return "Averaging images"

    @property
    def key(self) -> str:
        return f"averages for {self.place}"

    def run(self, engine: Engine) -> Steps[tuple[NDArray[np.uint8], ...]]:
        from backend.analysis.images.image_averages import averaging_images

        dataset = yield from engine.dataset(self.dataset, engine.network(self.network))
        return (yield from averaging_images(dataset, self.groups))
