"""Labels in the window: the keys 1 to 6, undo, what comes back, what was damaged, and the export."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMenu, QSpinBox
from pytestqt.qtbot import QtBot

from backend.analysis.labels import labels_path, write_labels
from backend.errors import ErrorReport
from backend.jobs import (
    KINDS,
    Channel,
    ClassLogit,
    NetworkCard,
    UnitLabel,
    UnitLabels,
    read_card,
    read_labels,
    shipped_card_path,
)
from gui import session as session_module
from gui.session import Session
from gui.units.label_keeper import LabelKeeper
from gui.widgets.parameter_controls import Figure
from gui.window.key_list import KeyList
from tests.program import CTRL, Program

CARD = read_card(shipped_card_path("cifar10-resnet18"))
OTHER = read_card(shipped_card_path("cat-dog-resnet18"))
EYE = Channel("layer4", 37)
Opens = Callable[..., Program]


# The session: one step of undo a label


@pytest.fixture
def session(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(session_module, "MERGE_SECONDS", -1.0)
    session = Session()
    session.open(CARD)
    return session


def test_that_kind_and_note_change_one_by_one(session: Session) -> None:
    heard: list[UnitLabels] = []
    session.labels_changed.connect(heard.append)
    session.label_unit(EYE, kind="part")
    session.label_unit(EYE, note="  an eye ")
    session.label_unit(EYE, kind="object")
    session.label_unit(EYE, kind="")
    session.label_unit(EYE, note="")
    assert [labels.get("layer4/37") for labels in heard] == [
        UnitLabel("part"),
        UnitLabel("part", "an eye"),
        UnitLabel("object", "an eye"),
        UnitLabel("", "an eye"),
        UnitLabel(),
    ]
    assert len(session.facts.labels) == 0


def test_that_each_change_is_a_step_of_undo_with_its_name(session: Session) -> None:
    session.label_unit(EYE, kind="part")
    assert session.undo_stack.undoText() == "Label layer4/37 as part"
    session.label_unit(EYE, note="an eye")
    assert session.undo_stack.undoText() == "Note on layer4/37"
    session.label_unit(ClassLogit(5), kind="object", note="dogs")
    assert session.undo_stack.undoText() == "Label logit/dog as object"
    session.label_unit(EYE, kind="")
    assert session.undo_stack.undoText() == "Unlabel layer4/37"
    found = []
    while session.undo_stack.canUndo():
        session.undo_stack.undo()
        found.append((session.facts.labels.get("layer4/37"), session.facts.labels.get("logit/dog")))
    dog = UnitLabel("object", "dogs")
    assert found == [
        (UnitLabel("part", "an eye"), dog),
        (UnitLabel("part", "an eye"), UnitLabel()),
        (UnitLabel("part"), UnitLabel()),
        (UnitLabel(), UnitLabel()),
    ]


def test_that_the_same_label_again_is_no_step(session: Session) -> None:
    session.label_unit(EYE, kind="part", note="an eye")
    session.label_unit(EYE, kind="part", note=" an eye")
    assert session.undo_stack.count() == 1


def test_that_another_network_has_other_labels_and_the_same_one_keeps_its_own(session: Session) -> None:
    session.label_unit(EYE, kind="part")
    session.open(CARD)
    assert len(session.facts.labels) == 1
    session.open(OTHER)
    assert len(session.facts.labels) == 0


# The keeper, without a window


class Heard(list[str]):
    """What the session would show: sentences and errors."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        session.events.notice.connect(self.append)
        session.events.error.connect(lambda report: self.append(str(report)))


@pytest.fixture
def keeper(session: Session) -> LabelKeeper:
    made = LabelKeeper(session, None)
    made.setParent(session)
    return made


def stored(card: NetworkCard = CARD) -> UnitLabels:
    return read_labels(card)[0]


def test_that_each_network_keeps_its_own(session: Session, keeper: LabelKeeper) -> None:
    session.label_unit(EYE, kind="part")
    session.open(OTHER)
    assert len(session.facts.labels) == 0 and stored() == UnitLabels({"layer4/37": UnitLabel("part")})
    session.label_unit(EYE, kind="object")
    session.open(CARD)
    assert session.facts.labels.get("layer4/37") == UnitLabel("part")
    assert stored(OTHER).get("layer4/37") == UnitLabel("object")


def test_that_what_was_read_is_nothing_to_undo_and_not_written_again(session: Session, keeper: LabelKeeper) -> None:
    write_labels(OTHER, UnitLabels({"layer4/37": UnitLabel("part")}))
    path = labels_path(OTHER)
    path.write_text(path.read_text() + "\n")
    told: list[Any] = []
    session.labels_changed.connect(told.append)
    session.open(OTHER)
    assert told == [UnitLabels({"layer4/37": UnitLabel("part")})]
    assert not session.undo_stack.canUndo() and path.read_text().endswith("\n")


def test_that_opening_networks_writes_nothing(session: Session, keeper: LabelKeeper, home_of_its_own: Path) -> None:
    session.open(OTHER)
    session.open(CARD)
    assert not (home_of_its_own / "labels").exists()


def test_that_a_label_given_before_the_weights_were_read_is_there_afterwards(
    session: Session, keeper: LabelKeeper
) -> None:
    early = replace(CARD, weights_digest="")
    write_labels(CARD, UnitLabels({"layer4/1": UnitLabel("scene")}))
    session.open(early)
    session.label_unit(EYE, kind="part")
    session.open(CARD)
    both = UnitLabels({"layer4/1": UnitLabel("scene"), "layer4/37": UnitLabel("part")})
    assert session.facts.labels == both == stored()


def test_that_a_fuller_card_gets_the_labels_too(session: Session, keeper: LabelKeeper) -> None:
    session.open(replace(CARD, weights_digest=""))
    session.label_unit(EYE, kind="part")
    session.describe(CARD)
    session.label_unit(Channel("layer4", 38), kind="part")
    assert stored() == session.facts.labels and len(stored()) == 2


def test_that_a_label_that_cannot_be_written_is_told_and_tried_again(
    session: Session, keeper: LabelKeeper, home_of_its_own: Path
) -> None:
    heard = Heard(session)
    (home_of_its_own / "labels").write_text("A file where a folder should be.")
    session.label_unit(EYE, kind="part")
    assert len(heard) == 1 and "labels" in heard[0]
    assert session.facts.labels.get("layer4/37") == UnitLabel("part")
    (home_of_its_own / "labels").unlink()
    session.label_unit(EYE, note="an eye")
    assert stored() == UnitLabels({"layer4/37": UnitLabel("part", "an eye")}) and len(heard) == 1


def test_that_labels_of_another_program_stay_through_ours_and_undo_and_one_that_gives_way_is_told(
    session: Session, keeper: LabelKeeper
) -> None:
    told: list[str] = []
    session.events.notice.connect(told.append)
    theirs = {"layer4/1": UnitLabel("scene"), "layer4/37": UnitLabel("part", "an eye")}
    write_labels(CARD, UnitLabels(theirs))
    session.label_unit(Channel("layer4", 2), kind="part")
    assert stored() == UnitLabels({**theirs, "layer4/2": UnitLabel("part")}) and not told
    session.undo_stack.undo()
    assert stored() == UnitLabels(theirs)
    session.label_unit(EYE, kind="object")
    assert stored() == UnitLabels({**theirs, "layer4/37": UnitLabel("object")})
    assert len(told) == 1 and "layer4/37" in told[0] and "“an eye”" in told[0]


def test_that_labels_that_could_not_be_read_are_not_written_over(
    session: Session, keeper: LabelKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = UnitLabels({"layer4/1": UnitLabel("scene")})
    write_labels(OTHER, kept)
    session.label_unit(EYE, kind="part")
    heard = Heard(session)

    def refused(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refused)
        session.open(OTHER)
    assert len(heard) == 1 and "does not let Filterscope use this place" in heard[0]
    session.label_unit(EYE, kind="object")
    assert "so they are not written over" in heard[1] and len(heard) == 2
    assert stored(OTHER) == kept
    session.open(CARD)
    session.open(OTHER)
    assert session.facts.labels == kept


# The window


def wait_unit(program: Program, unit: object) -> None:
    program.wait(lambda: program.session.facts.unit == unit)


def kind_of(program: Program, address: str = "layer4/37") -> str:
    return program.session.facts.labels.get(address).kind


def action(program: Program, text: str) -> QAction:
    return next(found for found in program.window.menus.actions if found.text() == text)


@pytest.fixture
def eye(program: Program) -> Program:
    """The program, looking at layer4/37, the keys on the channel wall."""
    program.look_at("layer4/37")
    wait_unit(program, EYE)
    program.browser.wall.setFocus()
    program.wait_done()
    return program


def test_that_the_digits_label_the_unit_that_is_looked_at(eye: Program) -> None:
    for number, kind in enumerate(KINDS, 1):
        eye.key(str(number))
        assert kind_of(eye) == kind == stored().get("layer4/37").kind


def test_that_the_same_digit_takes_the_label_away_and_another_changes_it(eye: Program) -> None:
    for digit, expected in (("3", "material"), ("4", "part"), ("4", ""), ("3", "material")):
        eye.key(digit)
        assert kind_of(eye) == expected
        assert [found.text() for found in eye.window.labels.menu_actions() if found.isChecked()] == (
            [f"Label as {expected}"] if expected else []
        )


def test_that_ctrl_z_takes_a_label_back_and_the_file_follows(eye: Program) -> None:
    eye.key("3")
    assert eye.window.menus.undo.text() == "Undo Label layer4/37 as material"
    eye.key(Qt.Key.Key_Z, CTRL)
    assert kind_of(eye) == "" and len(stored()) == 0
    eye.window.menus.redo.trigger()
    assert kind_of(eye) == "material" == stored().get("layer4/37").kind


def test_that_the_menu_shows_the_kind_of_each_unit(eye: Program) -> None:
    eye.key("3")
    eye.window.opening.go_to("layer4/38")
    assert not action(eye, "Label as material").isChecked()
    eye.window.opening.go_to("layer4/37")
    assert action(eye, "Label as material").isChecked()


def test_that_without_a_unit_a_digit_says_what_to_do(program: Program) -> None:
    program.browser.wall.setFocus()
    program.key("3")
    program.wait_said("Choose a unit first")
    assert len(program.session.facts.labels) == 0
    assert not action(program, "Label as material").isChecked()


def test_that_digits_typed_in_the_search_label_nothing(eye: Program) -> None:
    eye.key(Qt.Key.Key_K, CTRL)
    box = eye.window.top_bar.search
    eye.wait(box.hasFocus)
    assert isinstance(box, QLineEdit)
    eye.qtbot.keyClicks(box, "123456")
    assert box.text() == "123456" and len(eye.session.facts.labels) == 0


def test_that_digits_typed_as_a_value_or_in_a_spin_box_label_nothing(eye: Program) -> None:
    figure = next(found for found in eye.canvas.findChildren(Figure) if found.isVisible())
    figure.setFocus()
    figure.selectAll()
    eye.qtbot.keyClicks(figure, "34")
    assert figure.text() == "34"
    seed = next(box for box in eye.canvas.findChildren(QSpinBox) if box.prefix() == "seed ")
    eye.controls.ensureWidgetVisible(seed)
    assert seed.isVisible()
    seed.setFocus()
    seed.selectAll()
    eye.qtbot.keyClicks(seed, "56")
    assert seed.text() == "seed 56" and len(eye.session.facts.labels) == 0


def test_that_the_keys_stand_in_the_menu_in_search_and_in_the_list_of_keys(program: Program) -> None:
    menus = {menu.title(): menu for menu in program.window.top_bar.main_menu.findChildren(QMenu)}
    texts = [*(f"Label as {kind}" for kind in KINDS), "Export labels as CSV or JSON…"]
    assert [found.text() for found in menus["Labels"].actions()] == texts
    program.window.menus.show_keys()
    (keys,) = program.window.findChildren(KeyList)
    assert keys.groups["Labels"] == [(f"Label as {kind}", str(number)) for number, kind in enumerate(KINDS, 1)]
    with program.qtbot.waitSignal(keys.destroyed):
        program.qtbot.keyClick(keys, Qt.Key.Key_Escape)
    box = program.window.top_bar.search
    program.look_at("layer4/37")
    program.key(Qt.Key.Key_K, CTRL)
    program.wait(box.hasFocus)
    program.qtbot.keyClicks(box, "label as tex")
    program.qtbot.keyClick(box, Qt.Key.Key_Return)
    assert kind_of(program) == "texture"


def test_that_a_restart_finds_the_labels_again(open_program: Opens) -> None:
    first = open_program().wake()
    first.look_at("layer4/37")
    first.browser.wall.setFocus()
    first.key("3")
    first.session.label_unit(EYE, note="größer “fur”")
    first.wait_done()
    first.close()
    second = open_program()
    label = UnitLabel("material", "größer “fur”")
    assert second.session.facts.labels.get("layer4/37") == label
    second.wake()
    assert second.session.facts.labels.get("layer4/37") == label and not second.session.undo_stack.canUndo()


def test_that_another_network_and_back_brings_the_labels_back(eye: Program) -> None:
    eye.key("4")
    eye.window.opening.open_network(OTHER.source)
    eye.wait(lambda: eye.session.facts.card.name == OTHER.name)
    assert len(eye.session.facts.labels) == 0
    eye.window.opening.open_network(CARD.source)
    eye.wait(lambda: eye.session.facts.card.name == CARD.name)
    assert kind_of(eye) == "part"
    eye.wait(lambda: not eye.worker.handles)


def test_that_a_damaged_file_is_told_and_kept(open_program: Opens) -> None:
    path = labels_path(CARD)
    path.parent.mkdir(parents=True)
    path.write_text('{"labels": {"layer4/37": {"kind": "part"}, "layer4/38": {"kind": "fla')
    program = open_program().wake()
    program.wait_said("The labels of cifar10-resnet18 were unreadable")
    assert len([text for text in program.said() if "unreadable" in text]) == 1
    program.look_at("layer4/37")
    program.browser.wall.setFocus()
    program.key("4")
    assert stored() == UnitLabels({"layer4/37": UnitLabel("part")})
    assert "fla" in path.with_name(path.name + ".bad").read_text()
    program.wait_done()


# The export


def answer(monkeypatch: pytest.MonkeyPatch, path: Path | str, chosen: str = "") -> list[tuple[Any, ...]]:
    """Let the dialog give `path`; return what it was asked with."""
    asked: list[tuple[Any, ...]] = []

    def ask(*arguments: Any) -> tuple[str, str]:
        asked.append(arguments)
        return str(path), chosen

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    return asked


def test_that_labels_are_exported_as_a_table(eye: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer(monkeypatch, tmp_path / "mine.csv")
    eye.key("3")
    action(eye, "Export labels as CSV or JSON…").trigger()
    assert asked == [(eye.window, "Export labels", "cifar10-resnet18-labels.csv", "Table (*.csv);;JSON (*.json)")]
    with (tmp_path / "mine.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1] == ["cifar10-resnet18", "cifar10-resnet18/layer4/37", "layer4", "37", "material", ""]
    eye.wait_said(f"Saved {tmp_path / 'mine.csv'}.")


@pytest.mark.parametrize(("chosen", "suffix"), [("JSON (*.json)", ".json"), ("Table (*.csv)", ".csv"), ("", ".csv")])
def test_that_a_name_without_an_ending_gets_that_of_the_format(
    session: Session, keeper: LabelKeeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str, suffix: str
) -> None:
    answer(monkeypatch, tmp_path / "mine", chosen)
    session.label_unit(EYE, kind="part")
    keeper.export()
    (path,) = tmp_path.iterdir()
    assert path.name == f"mine{suffix}"
    if suffix == ".json":
        assert json.loads(path.read_text())["labels"] == {"layer4/37": {"kind": "part", "note": ""}}


def test_that_what_the_dialog_did_not_ask_about_is_not_written_over(
    session: Session, keeper: LabelKeeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard(session)
    (tmp_path / "mine.csv").write_text("before")
    answer(monkeypatch, tmp_path / "mine")
    session.label_unit(EYE, kind="part")
    keeper.export()
    assert (tmp_path / "mine.csv").read_text() == "before" and "mine.csv is there already" in heard[0]


@pytest.mark.parametrize(
    ("name", "words"), [("mine.xlsx", "ends in neither .csv nor .json"), ("gone/mine.csv", "not there any more")]
)
def test_that_what_cannot_be_exported_gets_a_sentence(
    session: Session, keeper: LabelKeeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    reports: list[object] = []
    session.events.error.connect(reports.append)
    answer(monkeypatch, tmp_path / name)
    session.label_unit(EYE, kind="part")
    keeper.export()
    (report,) = reports
    assert isinstance(report, ErrorReport) and words in report.happened


def test_that_with_no_label_there_is_no_dialog(
    session: Session, keeper: LabelKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, asked = Heard(session), answer(monkeypatch, "")
    keeper.export()
    assert asked == [] and "no label to export yet" in heard[0]
    session.label_unit(EYE, kind="part")
    keeper.export()
    assert len(asked) == 1 and len(heard) == 1
