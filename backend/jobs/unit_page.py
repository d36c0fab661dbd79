"""What the unit page asks for: pictures of a unit, what is like it, and files of what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from backend.analysis.cards import NetworkCard
from backend.analysis.events import Progress
from backend.analysis.maximization.maximization_settings import LIFELIKE
from backend.analysis.maximization.unit_images import UnitImages
from backend.analysis.objectives import Channel, ClassLogit, Unit, check_unit
from backend.analysis.scans.probe_scores import probe_set
from backend.analysis.scans.scan_results import ActivationScan
from backend.engine import Engine
from backend.jobs.datasets import DatasetInfo
from backend.jobs.job import Job, Steps
from backend.pages.unit_figure import FigureRow, figure_html
from backend.pages.unit_sheet import UnitSheet, save_html, sheet_html


def probe_info(card: NetworkCard) -> DatasetInfo:
    """Describe the probe set of a network without opening it."""
    probe = probe_set(card.input_size, card.mean, card.std)
    return DatasetInfo(probe.source, probe.name, len(probe), probe.class_names, (), probe.digest, probe.labels)


@dataclass(frozen=True)
class OptimizeUnitImages(Job):
    """Optimise the six pictures of the unit page. Yields `UnitImagesStep`; returns `UnitImages`."""

    background: ClassVar[bool] = True
    lasting: ClassVar[bool] = True
    network: str
    unit: Unit
    label: str

    @property
    def title(self) -> str:
        return f"Pictures of {self.label}"

    @property
    def key(self) -> str:
        return "unit images"

    def run(self, engine: Engine) -> Steps[UnitImages]:
        from backend.analysis.maximization.unit_images import optimise_unit_images

        network = engine.network(self.network)
        check_unit(self.unit, network.card)
        # Four diverse pictures at once; the other two are alone.
        engine.share_work(network.input_size[0] * network.input_size[1])
        return (yield from optimise_unit_images(network, self.unit, engine.store, LIFELIKE))


@dataclass(frozen=True, eq=False)
class UnitRelations:
    """What a unit is like.

    Attributes
    ----------
    similar : tuple of (int, float)
        The most similar channels of its layer and the cosines of their score vectors, best first.
    weights : uint8 (height, width, 3) or None
        Of a first-layer filter: its weights as a picture.
    """

    similar: tuple[tuple[int, float], ...]
    weights: NDArray[np.uint8] | None


@dataclass(frozen=True, eq=False)
class FindRelations(Job):
    """Find the channels that are most like a unit, and its weights. Returns `UnitRelations`."""

    network: str
    scan: ActivationScan | None
    unit: Unit

    @property
    def title(self) -> str:
        return "Finding similar channels"

    @property
    def key(self) -> str:
        return "relations"

    def run(self, engine: Engine) -> Steps[UnitRelations]:
        from backend.analysis.arrays import frozen
        from backend.analysis.first_filters import first_filter_weights, weights_picture
        from backend.analysis.scans.score_statistics import similar_channels

        yield from ()
        if not isinstance(self.unit, Channel | ClassLogit):
            return UnitRelations((), None)
        check_unit(self.unit, engine.network(self.network).card)
        layer, index = self.unit.layer_name, self.unit.index
        weights = first_filter_weights(engine.network(self.network), layer, index)
        picture = None if weights is None else frozen(weights_picture(weights))
        similar = () if self.scan is None else tuple(similar_channels(self.scan, layer, index))
        return UnitRelations(similar, picture)


@dataclass(frozen=True, eq=False)
class SaveFile(Job):
    """Write a file, whole or not at all. Returns its path."""

    path: Path
    content: bytes

    @property
    def title(self) -> str:
        return f"Saving {self.path.name}"

    def run(self, engine: Engine) -> Steps[Path]:
        from backend.atomic_write import replacing

        yield Progress(0, 1, "files")
        with replacing(self.path) as file:
            file.write(self.content)
        return self.path


@dataclass(frozen=True, eq=False)
class SavePage(Job):
    """Write a page as one HTML file. Returns its path."""

    path: Path

    @property
    def title(self) -> str:
        return f"Saving {self.path.name}"

    def html(self) -> str:
        raise NotImplementedError

    def run(self, engine: Engine) -> Steps[Path]:
        yield Progress(0, 1, "files")
        save_html(self.path, self.html())
        return self.path


@dataclass(frozen=True, eq=False)
class SaveUnitSheet(SavePage):
    """The page of a unit."""

    sheet: UnitSheet

    def html(self) -> str:
        return sheet_html(self.sheet)


@dataclass(frozen=True, eq=False)
class SaveFigure(SavePage):
    """A page like the paper's figure 5."""

    heading: str
    rows: tuple[FigureRow, ...]

    def html(self) -> str:
        return figure_html(self.heading, self.rows)
