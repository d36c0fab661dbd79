"""Walls of optimised pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from backend.analysis.maximization.maximization_settings import LIFELIKE, MaximizationSettings
from backend.analysis.maximization.walls import Wall
from backend.engine import Engine
from backend.jobs.job import Job, Steps


@dataclass(frozen=True)
class ComputeWall(Job):
    """Optimise a picture of every channel of a layer, or of some, stored as they come. Yields `WallTiles`.

    Returns a `Wall`.
    """

    background: ClassVar[bool] = True
    lasting: ClassVar[bool] = True
    network: str
    layer: str
    settings: MaximizationSettings = field(default=LIFELIKE)
    channels: tuple[int, ...] | None = None

    @property
    def title(self) -> str:
        return f"{'Wall' if self.channels is None else 'Pictures'} of {self.layer}"

    @property
    def key(self) -> str:
        return "wall" if self.channels is None else f"pictures of {self.layer}"

    def run(self, engine: Engine) -> Steps[Wall]:
        from backend.analysis.maximization.walls import compute_wall

        network = engine.network(self.network)
        return (yield from compute_wall(network, self.layer, engine.store, self.settings, self.channels))
