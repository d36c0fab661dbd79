"""What the optimization canvas asks for: runs, and pictures and films in files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from backend.analysis.events import Notice, Progress
from backend.analysis.maximization.starts import DatasetStart
from backend.engine import Engine
from backend.errors import is_out_of_memory
from backend.jobs.job import Job, Steps
from backend.recipe import FRAME_RATE, Recipe, read_recipe, replaying

if TYPE_CHECKING:
    from backend.analysis.activation_maximization import MaximizationStep


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
        from backend.analysis.arrays import frozen
        from backend.analysis.maximization.starts import start_images

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
