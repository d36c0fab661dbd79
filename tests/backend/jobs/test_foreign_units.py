"""A unit of one network never reaches another: each job that takes one says so in a sentence."""

from __future__ import annotations

import pytest

from backend.analysis.events import finish
from backend.engine import Engine
from backend.errors import UserError
from backend.jobs import (
    LIFELIKE,
    Channel,
    ClassLogit,
    ComputeWall,
    FindReceptiveField,
    FindRelations,
    Job,
    NoiseStart,
    Objective,
    OptimizeUnit,
    OptimizeUnitImages,
    OverlayImages,
    Recipe,
    Unit,
)

NAME = "cat-dog-resnet18"
FOREIGN = (ClassLogit(7), Channel("layer4", 999), Channel("features.3", 0))


def jobs(unit: Unit) -> list[Job]:
    layer = unit.layer_name
    return [
        OptimizeUnit(Recipe(NAME, Objective(((1.0, unit),)), "", NoiseStart(), LIFELIKE)),
        OptimizeUnitImages(NAME, unit, "a unit"),
        FindRelations(NAME, None, unit),
        OverlayImages(NAME, "probe", unit, (0,), "activation"),
        *([] if layer == "logits" or layer == "layer4" else [FindReceptiveField(NAME, layer, 0, 0)]),
        *([] if layer == "logits" or layer == "layer4" else [ComputeWall(NAME, layer)]),
    ]


@pytest.mark.parametrize("unit", FOREIGN)
def test_that_a_unit_of_another_network_is_a_sentence(engine: Engine, unit: Unit) -> None:
    for job in jobs(unit):
        with pytest.raises(UserError, match="has no"):
            finish(job.run(engine))
