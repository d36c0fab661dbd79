"""Waking the engine and opening networks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.analysis.cards import NetworkCard
from backend.analysis.events import Notice, Progress
from backend.engine import Engine, EngineStatus
from backend.jobs.job import Job, Steps


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
            from backend.analysis.weights.published_weights import download_published_weights

            yield from download_published_weights(self.source)
        yield Progress(0, 0, "")
        network = engine.network(self.source, self.architecture)
        if network.remark:
            yield Notice(network.remark)
        return network.card
