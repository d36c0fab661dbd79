"""What excites a unit: scans, their statistics, and the scores of single pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from backend.analysis.cards import NetworkCard
from backend.analysis.scans.scan_results import ActivationScan, Floats, ScanHeader
from backend.analysis.scans.scanned_layers import scan_header
from backend.analysis.scans.score_statistics import LayerStatistics
from backend.engine import Engine
from backend.errors import UserError
from backend.jobs.datasets import DatasetInfo
from backend.jobs.job import Job, Steps


def header_of_scan(card: NetworkCard, dataset: DatasetInfo, layers: tuple[str, ...] = ()) -> ScanHeader:
    """Say what a scan of a network over a data set is; `layers` empty for the default ones."""
    return scan_header(card, dataset.name, dataset.digest, dataset.class_names, dataset.count, layers)


@dataclass(frozen=True)
class ScanActivations(Job):
    """Score every channel of layers for every image of a data set; goes on where an earlier scan stopped.

    Yields `ScanStep` with the partial result; returns the `ActivationScan`.
    """

    background: ClassVar[bool] = True
    lasting: ClassVar[bool] = True
    network: str
    dataset: str
    header: ScanHeader

    @property
    def title(self) -> str:
        return f"Scanning {self.header.dataset}"

    @property
    def key(self) -> str:
        # Scans of other layers wait for each other; none takes the other's place.
        return f"scan {self.header.weights} {self.header.data} " + ",".join(layer.name for layer in self.header.layers)

    def run(self, engine: Engine) -> Steps[ActivationScan]:
        from backend.analysis.activation_scan import batch_size, scan_activations
        from backend.analysis.scans.stored_scans import scan_folder

        network = engine.network(self.network)
        dataset = yield from engine.dataset(self.dataset, network)
        _check_unchanged(self.header, network.digest, dataset.digest)
        height, width = network.input_size
        engine.share_work(batch_size(network) * height * width)
        layers = [layer.name for layer in self.header.layers]
        folder = scan_folder(engine.store, self.header)
        return (yield from scan_activations(network, dataset, layers, folder=folder))


def _check_unchanged(header: ScanHeader, weights: str, data: str) -> None:
    if weights != header.weights:
        raise UserError(
            "The network has changed on disk",
            f"The weights of {header.network} are not those that were opened.",
            "Open the network again, then scan.",
        )
    if data != header.data:
        raise UserError(
            "The data set has changed on disk",
            f"The images of {header.dataset} are not those that were opened.",
            "Open the data set again, then scan.",
        )


@dataclass(frozen=True, eq=False)
class DescribedLayer:
    """The statistics of one layer, from the first `done` images of a scan."""

    layer: str
    done: int
    statistics: LayerStatistics


@dataclass(frozen=True, eq=False)
class DescribeLayers(Job):
    """Compute the statistics of every channel of every layer of a scan. Yields `DescribedLayer` as they come."""

    background: ClassVar[bool] = True
    scan: ActivationScan

    @property
    def title(self) -> str:
        return "Statistics of the layers"

    @property
    def key(self) -> str:
        return "statistics of " + ",".join(layer.name for layer in self.scan.header.layers)

    def run(self, engine: Engine) -> Steps[None]:
        from backend.analysis.scans.stored_scans import layer_statistics

        for layer in self.scan.header.layers:
            statistics = yield from layer_statistics(engine.store, self.scan, layer.name)
            yield DescribedLayer(layer.name, self.scan.done, statistics)


@dataclass(frozen=True, eq=False)
class PictureScores:
    """What one picture excites: for one layer, (channels,) each, and the class probabilities (classes,)."""

    layer: str
    mean: Floats
    maximum: Floats
    probabilities: Floats
    picture: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class ScorePicture(Job):
    """Score every channel of a layer for one picture: an image, or the bytes of a file. Returns `PictureScores`."""

    network: str
    layer: str
    picture: NDArray[np.uint8] | bytes
    place: str

    @property
    def title(self) -> str:
        return "Scoring a picture"

    @property
    def key(self) -> str:
        return f"score {self.place}"

    def run(self, engine: Engine) -> Steps[PictureScores]:
        from backend.analysis.activation_scan import score_picture
        from backend.analysis.pictures import read_picture

        yield from ()
        network = engine.network(self.network)
        picture = read_picture(self.picture) if isinstance(self.picture, bytes) else self.picture
        engine.share_work(network.input_size[0] * network.input_size[1])
        return PictureScores(self.layer, *score_picture(network, self.layer, picture))
