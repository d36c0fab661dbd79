"""The document: one signal a fact, and undo that takes back what was done and nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from backend.jobs import (
    LIFELIKE,
    Channel,
    ClassLogit,
    DatasetInfo,
    Layer,
    NoiseStart,
    Objective,
    PictureStart,
    Recipe,
    read_card,
    shipped_card_path,
)
from gui import session as session_module
from gui.image_selection import ImageSelection
from gui.session import Facts, Session

CARD = read_card(shipped_card_path("cifar10-resnet18"))
OTHER = read_card(shipped_card_path("cat-dog-resnet18"))
DATASET = DatasetInfo("probe", "Probe set", 10, ("a",), ())
ELSEWHERE = DatasetInfo("elsewhere", "Other images", 10, ("a",), ())


class Heard(list[tuple[str, Any]]):
    """Every signal of a fact, in order."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        for fact in fields(Facts):
            signal = getattr(session, f"{fact.name}_changed")
            signal.connect(lambda value, name=fact.name: self.append((name, value)))

    def names(self) -> list[str]:
        return [name for name, _ in self]


@pytest.fixture
def session(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Session:
    # Edits count as one after the other unless a test says otherwise.
    monkeypatch.setattr(session_module, "MERGE_SECONDS", -1.0)
    session = Session()
    session.open(CARD)
    return session


def test_that_selecting_a_unit_tells_each_fact_once(session: Session) -> None:
    heard = Heard(session)
    session.select_unit(Channel("layer4", 5))
    assert sorted(heard.names()) == ["layer", "objective", "unit"]
    assert dict(heard)["unit"] == Channel("layer4", 5)
    assert dict(heard)["objective"] == Objective(((1.0, Channel("layer4", 5)),))


def test_that_only_what_differs_is_told(session: Session) -> None:
    session.select_unit(Channel("layer4", 5))
    heard = Heard(session)
    session.select_unit(Channel("layer4", 5))
    assert heard == [] and session.undo_stack.count() == 1
    session.select_unit(Channel("layer4", 6))
    assert sorted(heard.names()) == ["objective", "unit"]


def test_that_a_listener_reads_all_the_new_facts(session: Session) -> None:
    seen = []
    session.layer_changed.connect(lambda _layer: seen.append(session.facts.unit))
    session.select_unit(Channel("layer3", 1))
    assert seen == [Channel("layer3", 1)]


def test_that_a_listener_that_changes_a_fact_has_the_last_word(session: Session) -> None:
    session.select_unit(Channel("layer3", 1))
    session.card_changed.connect(lambda _card: session.apply(replace(session.facts, layer="layer4")))
    heard = Heard(session)
    session.open(OTHER)
    assert [value for name, value in heard if name == "layer"] == ["layer4"]
    assert session.facts.layer == "layer4"


@pytest.mark.parametrize(
    ("fact", "changes"),
    [
        ("settings", [replace(LIFELIKE, steps=9), replace(LIFELIKE, steps=10)]),
        ("start", [NoiseStart(seed=4), PictureStart(b"picture", "a.png")]),
        ("objective", [Objective(((2.0, Channel("layer4", 1)),)), Objective(((1.0, ClassLogit(5)),))]),
        ("layer", ["layer2", "layer3"]),
    ],
)
def test_that_undo_and_redo_walk_through_a_fact(session: Session, fact: str, changes: list[Any]) -> None:
    before = getattr(session.facts, fact)
    for value in changes:
        session.change("Change it", **{fact: value})
    told = []
    getattr(session, f"{fact}_changed").connect(told.append)
    for _ in changes:
        session.undo_stack.undo()
    for _ in changes:
        session.undo_stack.redo()
    assert told == [changes[0], before, changes[0], changes[1]]


def test_that_undo_goes_back_to_the_unit_before(session: Session) -> None:
    session.select_unit(Channel("layer4", 5))
    session.select_unit(ClassLogit(5))
    assert session.undo_stack.undoText() == "Select logit/dog"
    session.undo_stack.undo()
    assert (session.facts.unit, session.facts.layer) == (Channel("layer4", 5), "layer4")
    session.undo_stack.undo()
    assert (session.facts.unit, session.facts.objective) == (None, None)


def test_that_undo_leaves_alone_what_was_opened_in_between(session: Session) -> None:
    session.select_unit(Channel("layer4", 5))
    session.set_dataset(DATASET)
    session.describe(replace(CARD, weights_digest="f00d"))
    heard = Heard(session)
    session.undo_stack.undo()
    session.undo_stack.redo()
    assert session.facts.dataset == DATASET and session.facts.card.weights_digest == "f00d"
    assert "dataset" not in heard.names() and "card" not in heard.names()


def test_that_quick_edits_of_one_fact_are_one_step_of_undo(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "MERGE_SECONDS", 100.0)
    for steps in (9, 10, 11):
        session.change("Change steps", settings=replace(LIFELIKE, steps=steps))
    assert session.undo_stack.count() == 1
    session.change("Change seed", settings=replace(LIFELIKE, steps=11, seed=3))
    assert session.undo_stack.count() == 2
    session.undo_stack.undo()
    assert session.facts.settings.steps == 11
    session.undo_stack.undo()
    assert session.facts.settings == LIFELIKE
    session.undo_stack.redo()
    assert session.facts.settings.steps == 11


def test_that_slow_edits_are_steps_of_their_own(session: Session) -> None:
    for steps in (9, 10):
        session.change("Change steps", settings=replace(LIFELIKE, steps=steps))
    session.undo_stack.undo()
    assert session.facts.settings.steps == 9


def test_that_another_network_ends_the_history_and_the_selection(session: Session) -> None:
    session.set_dataset(DATASET)
    session.change("Change steps", settings=replace(LIFELIKE, steps=9))
    session.select_unit(ClassLogit(5))
    session.open(OTHER)
    assert not session.undo_stack.canUndo()
    facts = session.facts
    assert (facts.layer, facts.unit, facts.objective) == ("", None, None)
    assert facts.settings.steps == 9 and facts.dataset == DATASET


def test_that_the_recipe_is_what_the_session_holds(session: Session) -> None:
    assert session.recipe() is None
    session.select_unit(Channel("layer4", 5))
    session.change("Add", objective=Objective(((1.0, Channel("layer4", 5)), (-0.5, Layer("layer2")))))
    recipe = session.recipe()
    assert recipe is not None
    assert (recipe.network, recipe.label) == (CARD.source, "layer4/5 + 1 more")
    assert (recipe.start, recipe.settings) == (session.facts.start, session.facts.settings)


def test_that_taking_a_recipe_is_one_step_of_undo(session: Session) -> None:
    session.select_unit(Channel("layer4", 5))
    before = session.facts
    recipe = Recipe(
        CARD.source, Objective(((1.0, ClassLogit(3)),)), "logit/cat", NoiseStart(9), replace(LIFELIKE, steps=2)
    )
    session.take_recipe(recipe)
    taken = session.recipe()
    assert taken == recipe and session.facts.layer == "logits"
    session.undo_stack.undo()
    assert session.facts == before


def test_that_a_selection_of_images_is_sorted_and_cannot_be_written_to() -> None:
    images = ImageSelection("probe", (7, 2, 7, 3), "3 images")
    assert images.numbers.tolist() == [2, 3, 7] and len(images) == 3
    assert images.within(0, 7).tolist() == [2, 3] and images.within(3, 100).tolist() == [3, 7]
    with pytest.raises(ValueError, match="read-only"):
        images.numbers[0] = 1


def test_that_selections_of_images_are_equal_where_they_hold_the_same() -> None:
    many = np.arange(50_000)
    assert ImageSelection("probe", many, "all") == ImageSelection("probe", many.copy(), "all")
    assert hash(ImageSelection("probe", many, "all")) == hash(ImageSelection("probe", many.copy(), "all"))
    assert ImageSelection("probe", many, "all") != ImageSelection("probe", many[1:], "all")
    assert ImageSelection("probe", [1], "one") != ImageSelection("other", [1], "one")
    assert ImageSelection("probe", [1], "one") != ImageSelection("probe", [1], "another")
    assert ImageSelection("probe", [1], "one") != None  # noqa: E711 - facts are compared like this


def test_that_selecting_images_is_one_step_of_undo(session: Session) -> None:
    session.set_dataset(DATASET)
    first, second = ImageSelection("probe", (1, 2), "2 images"), ImageSelection("probe", range(5), "5 images")
    heard = Heard(session)
    session.select_images(first)
    session.select_images(second)
    session.select_images(ImageSelection("probe", range(5), "5 images"))
    assert heard == [("images", first), ("images", second)]
    assert session.undo_stack.undoText() == "Select 5 images"
    session.undo_stack.undo()
    assert session.facts.images == first
    session.undo_stack.undo()
    assert session.facts.images is None
    session.undo_stack.redo()
    session.select_images(None)
    assert session.facts.images is None and session.undo_stack.undoText() == "Clear the selected images"
    session.undo_stack.undo()
    assert session.facts.images == first


def test_that_no_images_or_those_of_another_data_set_are_no_selection(session: Session) -> None:
    session.select_images(ImageSelection("probe", (1, 2), "2 images"))
    assert session.facts.images is None
    session.set_dataset(DATASET)
    session.select_images(ImageSelection("elsewhere", (1, 2), "2 images"))
    session.select_images(ImageSelection("probe", (), "no images"))
    assert session.facts.images is None


@pytest.mark.parametrize("next_one", [ELSEWHERE, None])
def test_that_another_data_set_takes_the_selected_images_away(session: Session, next_one: DatasetInfo | None) -> None:
    session.set_dataset(DATASET)
    session.select_images(ImageSelection("probe", (1, 2), "2 images"))
    heard = Heard(session)
    session.set_dataset(next_one)
    assert heard == [("dataset", next_one), ("images", None)]
    # Neither does the history bring them back.
    session.undo_stack.undo()
    session.undo_stack.redo()
    assert session.facts.images is None and session.facts.dataset == next_one


def test_that_the_selected_images_stay_with_another_network_and_another_state_of_the_data_set(session: Session) -> None:
    session.set_dataset(DATASET)
    images = ImageSelection("probe", (1, 2), "2 images")
    session.select_images(images)
    session.open(OTHER)
    session.set_dataset(replace(DATASET, digest="f00d"))
    assert session.facts.images == images


def test_that_a_unit_of_another_network_cannot_be_selected_and_has_no_label(session: Session) -> None:
    session.select_unit(Channel("layer4", 5))
    said: list[str] = []
    session.events.notice.connect(said.append)
    session.open(OTHER)
    for unit in (ClassLogit(7), Channel("layer4", 999), Layer("layer9")):
        assert session.label(unit) == ""
        session.select_unit(unit)
        assert session.facts.unit is None
    assert len(said) == 3 and all("another network" in text for text in said)
