"""All that makes a picture again: network, objective, start and settings. Embedded in every exported picture."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.analysis.maximization.maximization_settings import MaximizationSettings
from backend.analysis.maximization.starts import NoiseStart, Start, start_from_json, start_to_json
from backend.analysis.objectives import Objective, Unit, check_objective, format_address, parse_address
from backend.analysis.weights.shipped import shipped_card_path, shipped_networks
from backend.errors import UserError

if TYPE_CHECKING:
    from backend.analysis.activation_maximization import Maximization, MaximizationStep
    from backend.engine import Engine

FORMAT = 1
FRAME_RATE = 20.0
"""Frames a second that the canvas asks for; making one costs time that the optimisation could use."""
VERSIONS = ("filterscope", "torch", "numpy")


@dataclass(frozen=True)
class Recipe:
    """What one run of the optimisation canvas is made of.

    Attributes
    ----------
    network : str
        Source of the network, as `load_network` takes it.
    objective : Objective
    label : str
        Short name of the objective: the address of its unit without the network.
    start : Start
    settings : MaximizationSettings
        Those the run began with.
    changes : tuple of (int, MaximizationSettings)
        What was changed while it ran, each with the step after which it was taken.
    """

    network: str
    objective: Objective
    label: str
    start: Start = field(default_factory=NoiseStart)
    settings: MaximizationSettings = field(default_factory=MaximizationSettings)
    changes: tuple[tuple[int, MaximizationSettings], ...] = ()

    def facts(self, engine: Engine) -> dict[str, Any]:
        """Give the JSON object to embed in a picture."""
        card = engine.network(self.network).card
        status = engine.status()
        return {
            "format": FORMAT,
            "network": portable_source(self.network),
            "weights_digest": card.weights_digest,
            "objective": [[weight, format_address(unit, card)] for weight, unit in self.objective.terms],
            "start": start_to_json(self.start),
            "settings": self.settings.to_json(),
            "changes": [[step, settings.to_json()] for step, settings in self.changes],
            "device": status.device,
            "threads": status.threads,
            "versions": program_versions(),
        }


def read_recipe(facts: dict[str, Any], engine: Engine) -> Recipe:
    """Read what `Recipe.facts` gave. Opens the network.

    Raises
    ------
    UserError
        Where a part is missing, a unit does not exist, or the weights are not those that made the picture.
    """
    if facts.get("kind") == "explanation":
        raise UserError(
            "This picture explains a prediction",
            "It holds the path and the figures of an explanation, and no settings of the canvas.",
            "Choose a picture that was exported from the canvas.",
        )
    try:
        source, terms = (
            local_source(str(facts["network"])),
            [(float(weight), str(address)) for weight, address in facts["objective"]],
        )
        start, settings = start_from_json(facts["start"]), MaximizationSettings.from_json(dict(facts["settings"]))
        changes = tuple(
            (int(step), MaximizationSettings.from_json(dict(later))) for step, later in facts.get("changes", ())
        )
        digest = facts["weights_digest"]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            "The picture's settings are not complete",
            f"Its embedded settings lack or garble {error}.",
            "Open a picture that Filterscope saved.",
        ) from error
    card = engine.network(source).card
    if card.weights_digest != digest:
        raise UserError(
            "Other weights made this picture",
            f"{card.name} has been changed since the picture was saved.",
            "Open the network that made it, then the picture again.",
        )
    units: list[tuple[float, Unit]] = [(weight, parse_address(address, card)) for weight, address in terms]
    objective = Objective(tuple(units))
    check_objective(objective, card)
    label = format_address(units[0][1], card).removeprefix(card.name + "/")
    return Recipe(source, objective, label, start, settings, changes)


def replaying(
    steps: Generator[MaximizationStep, Any, Maximization], changes: tuple[tuple[int, MaximizationSettings], ...]
) -> Generator[MaximizationStep, Any, MaximizationStep]:
    """Pass every step on and every setting back, replaying recorded changes; give the last step."""
    pending = list(changes)
    try:
        step = next(steps)
        while True:
            while pending and pending[0][0] <= step.step:
                step = steps.send(replace(pending.pop(0)[1], frame_rate=0.0))
            sent = yield step
            step = steps.send(None if sent is None else replace(sent, frame_rate=sent.frame_rate or FRAME_RATE))
    except StopIteration:
        return step
    finally:
        steps.close()


def portable_source(source: str) -> str:
    """Name a shipped network by its name: where it is installed says nothing on another machine."""
    path = Path(source)
    shipped = path.stem in shipped_networks() and path == shipped_card_path(path.stem)
    return path.stem if shipped else source


def local_source(source: str) -> str:
    """Undo `portable_source` on this machine."""
    return str(shipped_card_path(source)) if source in shipped_networks() else source


def program_versions() -> dict[str, str]:
    """Give the versions of what computes: they belong into every file that is to be made again."""
    return {name: _version(name) for name in VERSIONS}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "unpackaged"
