"""What is embedded in a picture says all that made it, and is read back only where it fits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.engine import Engine
from backend.errors import UserError
from backend.jobs import (
    LIFELIKE,
    Channel,
    ClassLogit,
    ClassProbability,
    DatasetStart,
    Layer,
    MaximizationSettings,
    Neuron,
    NoiseStart,
    Objective,
    PictureStart,
    Recipe,
    Start,
    read_recipe,
    shipped_card_path,
)
from backend.store import Store

SOURCE = str(shipped_card_path("cifar10-resnet18"))
UNITS = Objective(
    (
        (1.0, Channel("layer4", 5)),
        (-0.5, Neuron("layer2", 3, 1, 2)),
        (2.0, Layer("layer1.0.conv1")),
        (1.5, ClassLogit(5)),
        (0.25, ClassProbability(3)),
    )
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = Engine(Store(tmp_path_factory.mktemp("store")))
    engine.wake("cpu")
    return engine


def facts_of(engine: Engine, **changes: Any) -> dict[str, Any]:
    recipe = Recipe(SOURCE, UNITS, "layer4/5", NoiseStart(3), LIFELIKE)
    return json.loads(json.dumps({**recipe.facts(engine), **changes}))


@pytest.mark.parametrize(
    "start", [NoiseStart(7, 0.1, 3), DatasetStart("/pictures", (0, 5)), PictureStart(b"\x00\xffpicture", "cat.png")]
)
def test_that_a_recipe_survives_the_way_through_json(engine: Engine, start: Start) -> None:
    rates = MaximizationSettings(steps=9, learning_rate=(0.1, 1.0), seed=4)
    changes = ((3, replace(rates, jitter=0.2)), (5, replace(rates, jitter=0.3)))
    recipe = Recipe(SOURCE, UNITS, "layer4/5", start, rates, changes)
    again = read_recipe(json.loads(json.dumps(recipe.facts(engine))), engine)
    assert again == recipe


def test_that_the_facts_say_what_made_the_picture(engine: Engine) -> None:
    facts = facts_of(engine)
    assert facts["objective"][:2] == [[1.0, "cifar10-resnet18/layer4/5"], [-0.5, "cifar10-resnet18/layer2/3[1,2]"]]
    assert facts["objective"][3:] == [
        [1.5, "cifar10-resnet18/logit/dog"],
        [0.25, "cifar10-resnet18/probability/cat"],
    ]
    assert facts["weights_digest"] == engine.network(SOURCE).card.weights_digest != ""
    assert (facts["device"], facts["settings"]["seed"]) == ("cpu", 0)
    assert set(facts["versions"]) == {"filterscope", "torch", "numpy"}


def test_that_a_shipped_network_is_named_wherever_it_is_installed(engine: Engine) -> None:
    facts = facts_of(engine)
    assert facts["network"] == "cifar10-resnet18"
    assert str(Path(SOURCE).parent) not in json.dumps(facts)
    assert read_recipe(facts, engine).network == SOURCE


@pytest.mark.parametrize("missing", ["network", "objective", "start", "settings", "weights_digest"])
def test_that_a_missing_part_is_named(engine: Engine, missing: str) -> None:
    facts = facts_of(engine)
    del facts[missing]
    with pytest.raises(UserError, match=missing):
        read_recipe(facts, engine)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights_digest": "0" * 64}, "Other weights"),
        ({"objective": [[1.0, "layer4/999"]]}, "no channel 999"),
        ({"objective": [[1.0, "layer9/1"]]}, "no layer called"),
        ({"objective": [["much", "layer4/1"]]}, "not complete"),
        ({"objective": 7}, "not complete"),
        ({"objective": []}, "no unit"),
        ({"start": {"kind": "magic"}}, "start cannot be read"),
        ({"start": "noise"}, "start cannot be read"),
        ({"settings": {"steps": "many"}}, "steps is 'many'"),
        ({"settings": {"optimizer": "luck"}}, "optimizer is “luck”"),
        ({"settings": {"steps": 0}}, "at least one step"),
        ({"settings": 7}, "not complete"),
        ({"changes": [7]}, "not complete"),
        ({"network": "gone-resnet18"}, "gone-resnet18"),
    ],
)
def test_that_what_does_not_fit_gives_a_sentence(engine: Engine, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        read_recipe(facts_of(engine, **changes), engine)


def test_that_an_explanation_is_told_from_a_picture_of_the_canvas(engine: Engine) -> None:
    with pytest.raises(UserError, match="explains a prediction"):
        read_recipe({"format": 1, "kind": "explanation", "network": "tiny", "weights_digest": "0" * 64}, engine)


def test_that_settings_of_a_later_version_are_read_without_what_is_unknown(engine: Engine) -> None:
    facts = facts_of(engine)
    facts["settings"]["telepathy"] = 3
    assert read_recipe(facts, engine).settings == LIFELIKE
