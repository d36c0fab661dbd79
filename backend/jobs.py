"""What can be asked of the compute thread, and the words to ask it in: all that the window needs of the backend.

Every job is a frozen dataclass whose `run(engine)` is a generator: it yields events, each a place to pause, steer or
cancel, and returns its result. Nothing here imports torch before a job runs.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from backend.analysis.cards import LOGITS, LayerInfo, NetworkCard, read_card
from backend.analysis.events import Notice, Progress
from backend.analysis.maximization_settings import LIFELIKE, PRESETS, MaximizationSettings, Preset
from backend.analysis.objectives import (
    Channel,
    ClassLogit,
    ClassProbability,
    Layer,
    Neuron,
    Objective,
    Unit,
    format_address,
    parse_address,
    weighted,
)
from backend.analysis.shipped import shipped_card_path, shipped_networks
from backend.analysis.starts import DatasetStart, NoiseStart, PictureStart, Start, start_from_json, start_to_json
from backend.analysis.walls import Wall, WallTiles, stored_wall
from backend.engine import Engine, EngineStatus
from backend.errors import is_out_of_memory
from backend.recipe import FRAME_RATE, Recipe, local_source, portable_source, read_recipe, replaying
from backend.store import Store

if TYPE_CHECKING:
    from backend.analysis.activation_maximization import MaximizationStep

Result = TypeVar("Result")
Steps = Generator[object, Any, Result]


@dataclass(frozen=True)
class Job:
    """Something the compute thread can do.

    Attributes
    ----------
    title : str
        What the jobs strip calls it.
    key : str
        A newer job with the same key replaces an older one; empty for jobs that stand for themselves.
    background : bool
        Background jobs run when no interactive job wants to.
    lasting : bool
        An interactive job that goes on for as long as it is let: what is quickly done runs between its steps.
    """

    background: ClassVar[bool] = False
    lasting: ClassVar[bool] = False

    @property
    def title(self) -> str:
        return type(self).__name__

    @property
    def key(self) -> str:
        return ""

    def run(self, engine: Engine) -> Steps[object]:
        raise NotImplementedError


@dataclass(frozen=True)
class WakeEngine(Job):
    """Import torch and choose the device: the one wanted if this machine has it. Returns an `EngineStatus`."""

    device: str = ""

    @property
    def title(self) -> str:
        return "Waking the engine"

    def run(self, engine: Engine) -> Steps[EngineStatus]:
        yield Progress(0, 0, "")
        return engine.wake(self.device)


@dataclass(frozen=True)
class SwitchDevice(Job):
    """Go on with another device. Returns an `EngineStatus`."""

    device: str

    @property
    def title(self) -> str:
        return f"Switching to {self.device}"

    def run(self, engine: Engine) -> Steps[EngineStatus]:
        yield Progress(0, 0, "")
        return engine.switch_device(self.device)


@dataclass(frozen=True)
class OpenNetwork(Job):
    """Open a network, downloading published weights where it needs them. Returns its `NetworkCard`."""

    source: str
    architecture: str | None = None

    @property
    def title(self) -> str:
        return f"Opening {Path(self.source).name}"

    @property
    def key(self) -> str:
        return "open network"

    def run(self, engine: Engine) -> Steps[NetworkCard]:
        if self.source.startswith("torchvision/"):
            from backend.analysis.published_weights import download_published_weights

            yield from download_published_weights(self.source)
        yield Progress(0, 0, "")
        network = engine.network(self.source, self.architecture)
        if network.remark:
            yield Notice(network.remark)
        return network.card


@dataclass(frozen=True)
class DatasetInfo:
    """An open data set, as the window sees it."""

    source: str
    name: str
    count: int
    class_names: tuple[str, ...]
    unreadable: tuple[str, ...]


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
        return DatasetInfo(self.source, dataset.name, len(dataset), dataset.class_names, dataset.unreadable)


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
    """Fetch images of an open data set for display. Returns `Images`."""

    dataset: str
    network: str
    indices: tuple[int, ...]

    @property
    def key(self) -> str:
        return "describe images"

    def run(self, engine: Engine) -> Steps[Images]:
        dataset = yield from engine.dataset(self.dataset, engine.network(self.network))
        indices = tuple(index for index in self.indices if 0 <= index < len(dataset))
        from backend.analysis.history import frozen

        captions = tuple(f"{index} · {dataset.class_names[int(dataset.labels[index])]}" for index in indices)
        return Images(indices, frozen(np.asarray(dataset.images(list(indices)))), captions)


@dataclass(frozen=True, eq=False)
class RunStarted:
    """The images an optimisation starts from, before its first step: uint8 (images, height, width, 3)."""

    start: NDArray[np.uint8]


@dataclass(frozen=True)
class OptimizeUnit(Job):
    """Optimise pictures for an objective and let the window watch. `steer` takes `MaximizationSettings`.

    Yields `RunStarted`, then a `MaximizationStep` for each frame. Returns the last of them.
    """

    lasting: ClassVar[bool] = True
    recipe: Recipe

    @property
    def title(self) -> str:
        return f"Optimising {self.recipe.label}"

    @property
    def key(self) -> str:
        return "optimise"

    def run(self, engine: Engine) -> Steps[MaximizationStep]:
        from backend.analysis.activation_maximization import maximize
        from backend.analysis.history import frozen
        from backend.analysis.starts import start_images

        network = engine.network(self.recipe.network)
        dataset = None
        if isinstance(self.recipe.start, DatasetStart):
            dataset = yield from engine.dataset(self.recipe.start.dataset, network)
        start = start_images(self.recipe.start, network, dataset)
        settings = replace(self.recipe.settings, frame_rate=0.0 if self.recipe.changes else FRAME_RATE)
        while True:
            engine.share_work(start[:, 0].numel() * len(settings.learning_rates))
            yield RunStarted(frozen(network.to_images(start)))
            try:
                steps = maximize(network, self.recipe.objective, start, settings)
                return (yield from replaying(steps, self.recipe.changes))
            except Exception as error:
                if not is_out_of_memory(error) or len(start) == 1:
                    raise
            start = start[: len(start) // 2]
            yield Notice(f"The device ran out of memory: the run begins again with {len(start)} of its starts.")


@dataclass(frozen=True)
class ComputeWall(Job):
    """Optimise a picture of every channel of a layer, stored as they come. Yields `WallTiles`; returns a `Wall`."""

    background: ClassVar[bool] = True
    network: str
    layer: str
    settings: MaximizationSettings = field(default=LIFELIKE)

    @property
    def title(self) -> str:
        return f"Wall of {self.layer}"

    @property
    def key(self) -> str:
        return "wall"

    def run(self, engine: Engine) -> Steps[Wall]:
        from backend.analysis.walls import compute_wall

        network = engine.network(self.network)
        return (yield from compute_wall(network, self.layer, engine.store, self.settings))


@dataclass(frozen=True, eq=False)
class SavePicture(Job):
    """Write a PNG with the recipe that makes it again inside. Returns its path."""

    path: Path
    image: NDArray[np.uint8]
    recipe: Recipe

    def run(self, engine: Engine) -> Steps[Path]:
        from backend.analysis.pictures import save_png

        yield Progress(0, 1, "pictures")
        save_png(self.path, self.image, self.recipe.facts(engine))
        return self.path


@dataclass(frozen=True, eq=False)
class SaveFilm(Job):
    """Write the history of a run as an animated GIF. Returns its path."""

    path: Path
    frames: NDArray[np.uint8]
    milliseconds: int = 60

    def run(self, engine: Engine) -> Steps[Path]:
        from backend.analysis.pictures import save_gif

        yield Progress(0, len(self.frames), "frames")
        save_gif(self.path, self.frames, self.milliseconds)
        return self.path


@dataclass(frozen=True)
class OpenRecipe(Job):
    """Read the recipe out of a PNG that Filterscope wrote. Returns a `Recipe`."""

    path: Path

    def run(self, engine: Engine) -> Steps[Recipe]:
        from backend.analysis.pictures import read_facts

        yield Progress(0, 1, "pictures")
        return read_recipe(read_facts(self.path), engine)
