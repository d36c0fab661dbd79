"""The optimization canvas, through the window: run, steer, look back, export, and make again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLineEdit, QPushButton

from backend.analysis.networks import save_network
from backend.analysis.pictures import fit_picture, read_facts, read_picture
from backend.analysis.weights.architectures import build
from backend.jobs import (
    LIFELIKE,
    PRESETS,
    Channel,
    ClassLogit,
    DatasetStart,
    MaximizationSettings,
    NetworkCard,
    NoiseStart,
    Objective,
    PictureStart,
)
from gui.canvas import files as canvas_files
from gui.canvas.run import RunState
from gui.widgets.pixels import to_qimage
from gui.widgets.start_picker import StartPicker
from tests.program import CTRL, ENDLESS, LEFT, QUICK, SHIFT, Program, files, save_picture, unit_data

SPACE, PERIOD = Qt.Key.Key_Space, Qt.Key.Key_Period
PIXELS = MaximizationSettings(steps=6, learning_rate=0.5)


def settle(program: Program) -> int:
    """Wait until no more steps come; return the last."""
    while True:
        before = program.run.last.step
        program.qtbot.wait(120)
        if program.run.last.step == before:
            return before


def typed(program: Program, field: str, text: str) -> None:
    """Write a figure of the settings."""
    form = program.controls.form
    row = form.rows[field]
    form.sections[row.parameter.group].set_folded(False)
    program.click(row.figure)
    program.qtbot.keyClicks(row.figure, text)
    program.qtbot.keyClick(row.figure, Qt.Key.Key_Return)


def weights(program: Program) -> list[QDoubleSpinBox]:
    spins = program.controls.objective.findChildren(QDoubleSpinBox)
    return [spin for spin in spins if spin.isVisible()]


def button(program: Program, text: str) -> QPushButton:
    return next(found for found in program.controls.bar.findChildren(QPushButton) if found.text() == text)


@pytest.fixture
def chosen_path(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Answer every file dialog of the canvas."""

    def choose(path: Path) -> None:
        for name in ("getSaveFileName", "getOpenFileName"):
            monkeypatch.setattr(canvas_files.QFileDialog, name, lambda *_: (str(path), ""))

    return choose


# Run, pause, step, stop, restart


def test_that_space_pauses_and_resumes(program: Program) -> None:
    program.look_at("layer4/5", ENDLESS)
    program.wait_for_step()
    program.key(SPACE)
    assert program.run.state is RunState.PAUSED
    held = settle(program)
    program.key(SPACE)
    assert program.run.state is RunState.RUNNING
    program.wait_for_step(held + 3)
    assert len(program.starts) == 1


def test_that_a_period_takes_exactly_one_step_however_quickly_it_comes(program: Program) -> None:
    program.look_at("layer4/5", ENDLESS)
    program.wait_for_step()
    program.key(PERIOD)
    assert program.run.state is RunState.PAUSED
    held = settle(program)
    for _ in range(4):
        program.key(PERIOD)
    program.wait_for_step(held + 4)
    assert settle(program) == held + 4
    program.key(SPACE)
    program.wait_for_step(held + 8)
    assert program.run.last.changes == ()


def test_that_stop_keeps_the_picture_and_space_begins_anew(program: Program) -> None:
    program.look_at("layer4/5", ENDLESS)
    program.wait_for_step(3)
    program.click(button(program, "Stop"))
    program.wait(lambda: program.run.state is RunState.STOPPED)
    np.testing.assert_array_equal(program.pictures.shown(), program.run.last.images[0])
    assert not button(program, "Stop").isEnabled() and not button(program, "Step").isEnabled()
    program.key(SPACE)
    program.wait(lambda: len(program.starts) == 2)


def test_that_restart_begins_anew_from_the_same_start(program: Program) -> None:
    program.look_at("layer4/5", ENDLESS)
    program.wait_for_step(3)
    program.click(button(program, "Restart"))
    program.wait(lambda: len(program.starts) == 2)
    np.testing.assert_array_equal(program.starts[0], program.starts[1])
    program.wait_for_step()


def test_that_nothing_runs_and_nothing_can_be_pressed_before_a_unit_is_chosen(program: Program) -> None:
    program.key(SPACE)
    program.key(PERIOD)
    program.key(Qt.Key.Key_E, CTRL)
    assert program.worker.handles == [] and program.run.state is RunState.IDLE
    assert not button(program, "▶  Run").isEnabled()
    assert any("no picture to export" in text for text in program.said())


# Settings


def test_that_a_slider_moved_in_the_middle_of_a_run_takes_effect_without_a_restart(program: Program) -> None:
    program.look_at("layer4/5", ENDLESS)
    program.wait_for_step(2)
    slider = program.controls.form.rows["learning_rate"].slider
    program.click(slider)
    program.qtbot.keyClick(slider, Qt.Key.Key_End)
    wanted = program.session.facts.settings.learning_rate
    assert wanted != LIFELIKE.learning_rate
    # The press of the mouse was a change of its own.
    program.wait(lambda: program.run.last.changes and program.run.last.changes[-1][1].learning_rate == wanted)
    at, _ = program.run.last.changes[-1]
    assert 1 < at <= program.run.last.step
    program.wait_for_step(at + 2)
    assert len(program.starts) == 1


def test_that_a_slider_moved_before_the_first_frame_is_not_lost(open_program: Callable[..., Program]) -> None:
    program = open_program()
    program.window.wake(program.remembered)
    program.look_at("layer4/5", ENDLESS)
    assert program.run.state is RunState.WAITING
    typed(program, "learning_rate", "0.007")
    program.wait_for_step()
    assert program.run.recipe.settings.learning_rate == 0.007
    assert program.run.last.changes == ()


def test_that_another_seed_restarts_the_run(program: Program) -> None:
    program.look_at("layer4/5", ENDLESS)
    program.wait_for_step(2)
    typed(program, "seed", "7")
    program.wait(lambda: len(program.starts) == 2)
    assert program.run.recipe.settings.seed == 7


def unit_field(program: Program) -> QLineEdit:
    fields = program.controls.objective.findChildren(QLineEdit)
    return next(field for field in fields if field.accessibleName() == "Add a unit")


def choose_preset(program: Program, name: str) -> None:
    """Walk to a preset with the keys."""
    combo = program.controls.bar.findChild(QComboBox)
    combo.setFocus()
    key = Qt.Key.Key_Down if combo.findText(name) > combo.currentIndex() else Qt.Key.Key_Up
    combo.blockSignals(True)
    while abs(combo.findText(name) - combo.currentIndex()) > 1:
        program.qtbot.keyClick(combo, key)
    combo.blockSignals(False)
    program.qtbot.keyClick(combo, key)


def test_that_a_preset_changes_the_settings_and_the_start_and_undo_brings_them_back(program: Program) -> None:
    program.look_at("layer4/5", LIFELIKE)
    program.wait_for_step()
    before = program.session.facts
    combo = program.controls.bar.findChild(QComboBox)
    assert combo.currentText() == "Lifelike"
    super_image = next(preset for preset in PRESETS if preset.name == "Super image (fig. 6)")
    choose_preset(program, super_image.name)
    assert program.session.facts.settings == super_image.settings
    assert program.session.facts.start == NoiseStart(contrast=1.0)
    assert combo.currentText() == super_image.name
    program.wait(lambda: len(program.starts) == 2)
    program.wait_for_step()
    typed(program, "learning_rate", "0.5")
    assert combo.currentText() == "Custom"
    # The focus is still in the figure, which has nothing of its own to undo.
    program.key(Qt.Key.Key_Z, CTRL)
    assert combo.currentText() == super_image.name
    program.key(Qt.Key.Key_Z, CTRL)
    assert (program.session.facts.settings, program.session.facts.start) == (before.settings, before.start)
    assert combo.currentText() == "Lifelike"


def test_that_a_preset_that_changes_an_image_asks_which(program: Program) -> None:
    program.look_at("layer4/5")
    choose_preset(program, "Fooling (fig. 2)")
    program.wait(lambda: program.canvas.findChild(StartPicker) is not None)
    picker = program.canvas.findChild(StartPicker)
    program.wait(lambda: picker.isVisible())
    picker.chosen.emit((4,))
    picker.close()
    assert program.session.facts.start == DatasetStart("probe", (4,))
    assert program.controls.bar.findChild(QComboBox).currentText() == "Fooling (fig. 2)"
    program.wait_for_step()


# The objective


def test_that_a_typed_address_adds_a_row_and_a_weight_changes_the_objective(program: Program) -> None:
    program.look_at("layer4/5")
    field = unit_field(program)
    program.click(field)
    program.qtbot.keyClicks(field, "logit/dog")
    program.qtbot.keyClick(field, Qt.Key.Key_Return)
    both = ((1.0, Channel("layer4", 5)), (1.0, ClassLogit(5)))
    assert program.session.facts.objective == Objective(both) and field.text() == ""
    assert program.run.recipe.label == "layer4/5 + 1 more"
    program.wait(lambda: len(weights(program)) == 2)
    spin = weights(program)[1]
    program.click(spin)
    spin.selectAll()
    program.qtbot.keyClicks(spin, "-2.5")
    program.qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert program.session.facts.objective == Objective((both[0], (-2.5, ClassLogit(5))))
    program.wait_done()
    assert program.run.last.terms.shape == (2, 1)
    program.window.menus.undo.trigger()
    program.wait(lambda: [spin.value() for spin in weights(program)] == [1.0])


def test_that_a_dropped_unit_adds_a_row(program: Program) -> None:
    program.look_at("layer4/5")
    program.drop(program.pictures.main, unit_data("layer4/6"))
    program.drop(program.controls.objective, unit_data("layer4/7"))
    assert [unit for _, unit in program.session.facts.objective.terms] == [Channel("layer4", i) for i in (5, 6, 7)]
    program.wait(lambda: len(weights(program)) == 3)
    program.wait_done()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("logit/unicorn", "no class “unicorn”"),
        ("layer4/256", "no channel 256"),
        ("layer9/1", "no layer called “layer9”"),
        ("layer4/1[9,0]", "no row 9"),
        ("rubbish", "no layer called “rubbish”"),
    ],
)
def test_that_a_bad_address_gives_a_sentence_under_the_field(program: Program, address: str, words: str) -> None:
    program.look_at("layer4/5")
    editor, field = program.controls.objective, unit_field(program)
    before = program.session.facts.objective
    program.click(field)
    program.qtbot.keyClicks(field, address)
    program.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert words in editor._complaint.text() and editor._complaint.isVisible()
    assert field.text() == address and program.session.facts.objective == before
    program.qtbot.keyClicks(field, "x")
    assert not editor._complaint.isVisible()


# The start


def test_that_a_dropped_picture_becomes_the_start(program: Program, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "cat.png")
    program.look_at("layer4/5")
    program.wait_done()
    program.drop(program.pictures.main, files(path))
    assert program.session.facts.start == PictureStart(path.read_bytes(), "cat.png")
    program.wait(lambda: len(program.starts) == 2)
    wanted = fit_picture(read_picture(path), (32, 32)).astype(int)
    assert np.abs(program.starts[1][0] - wanted).mean() < 8
    np.testing.assert_array_equal(program.pictures.start.image(), program.starts[1][0])


def test_that_a_pasted_picture_becomes_the_start(program: Program) -> None:
    program.look_at("layer4/5")
    grey = np.full((32, 32, 3), 99, np.uint8)
    QGuiApplication.clipboard().setImage(to_qimage(grey))
    program.canvas.setFocus()
    program.key(Qt.Key.Key_V, CTRL)
    assert isinstance(program.session.facts.start, PictureStart)
    program.wait(lambda: program.starts and (program.starts[-1] == 99).all())
    program.window.menus.undo.trigger()
    assert program.session.facts.start == NoiseStart(contrast=0.1)


def test_that_a_picture_that_is_none_gives_a_sentence(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "words.png"
    path.write_text("no picture")
    program.look_at("layer4/5")
    program.drop(program.pictures.main, files(path))
    program.wait_said("words.png is not a picture")
    assert program.session.facts.start == NoiseStart(contrast=0.1)


def test_that_an_image_of_the_data_set_becomes_the_start(program: Program) -> None:
    program.look_at("layer4/5")
    program.click(program.controls.start._images)
    picker = program.canvas.findChild(StartPicker)
    program.qtbot.waitUntil(picker.isVisible)
    picker.show_image(3)
    picker.chosen.emit((3,))
    picker.close()
    assert program.session.facts.start == DatasetStart("probe", (3,))
    program.wait_done()


def test_that_several_starts_are_several_pictures(program: Program) -> None:
    program.look_at("layer4/5")
    spin = program.controls.start._count
    program.click(spin)
    spin.selectAll()
    program.qtbot.keyClicks(spin, "3")
    program.qtbot.keyClick(spin, Qt.Key.Key_Return)
    program.wait(lambda: program.run.last is not None and len(program.run.last.images) == 3)
    assert program.pictures.batch.isVisible() and program.pictures.batch.count() == 3


def test_that_several_learning_rates_are_a_strip_and_the_chosen_one_is_shown(program: Program) -> None:
    program.look_at("layer4/5")
    program.wait_done()
    assert not program.pictures.batch.isVisible()
    typed(program, "learning_rate", "0.01, 0.3")
    program.canvas.setFocus()
    program.key(SPACE)
    program.wait(lambda: len(program.starts) == 2)
    program.wait_done()
    strip = program.pictures.batch
    assert strip.isVisible() and strip.count() == 2
    np.testing.assert_array_equal(program.pictures.shown(), program.run.last.images[0])
    program.qtbot.mouseClick(strip.viewport(), LEFT, pos=strip.cell_rect(1).center())
    np.testing.assert_array_equal(program.pictures.shown(), program.run.last.images[1])
    np.testing.assert_array_equal(program.pictures.start.image(), program.starts[1][0])
    shown = program.controls.classes._values
    np.testing.assert_allclose(shown, program.run.last.probabilities[1], rtol=1e-6)


# Looking back


def test_that_the_scrubber_looks_back_and_stays_there_while_the_run_goes_on(program: Program) -> None:
    program.look_at("layer4/5", ENDLESS)
    scrubber, pictures = program.pictures._scrubber, program.pictures
    # The scrubber follows the film at a pace of its own.
    program.wait(lambda: scrubber.maximum() >= 4)
    scrubber.setFocus()
    program.qtbot.keyClick(scrubber, Qt.Key.Key_Home)
    np.testing.assert_array_equal(pictures.shown(), program.starts[0][0])
    program.qtbot.keyClick(scrubber, Qt.Key.Key_Right)
    first = pictures.shown()
    np.testing.assert_array_equal(first, program.run.last.film[1][0])
    program.wait_for_step(program.run.last.step + 5)
    assert pictures.shown() is first and scrubber.value() == 1
    assert pictures._place.text().startswith(f"step {program.run.last.film_steps[1]} of ")
    program.qtbot.keyClick(scrubber, Qt.Key.Key_End)
    program.wait_for_step(program.run.last.step + 1)
    np.testing.assert_array_equal(pictures.shown(), program.run.last.images[0])


def test_that_looking_back_survives_the_thinning_of_the_film(program: Program) -> None:
    program.look_at("layer4/5", replace(ENDLESS, parametrization="pixels", pre_activation="always"))
    program.wait_for_step(2)
    frames = [np.full((1, 8, 8, 3), shade, np.uint8) for shade in range(129)]
    long = replace(program.run.last, film=tuple(frames[:128]), film_steps=tuple(range(128)))
    program.run.stop()
    program.wait(lambda: program.run.state is RunState.STOPPED)
    pictures = program.pictures
    pictures.show_step(long)
    pictures.settle()
    pictures._scrubber.setValue(40)
    pictures.show_step(replace(long, film=tuple(frames[::2]), film_steps=tuple(range(0, 129, 2))))
    pictures._scrubber.setValue(100)
    assert (pictures.shown() == 100).all()
    pictures.look_at(90)
    assert (pictures.shown() == 90).all()


def test_that_a_press_on_the_curve_shows_the_picture_of_that_step(program: Program) -> None:
    program.look_at("layer4/5", replace(LIFELIKE, steps=40))
    program.wait_done()
    plot = program.controls.curve.plot
    middle = QPoint(plot.width() // 2, plot.height() // 2)
    program.qtbot.mouseClick(plot.viewport(), LEFT, pos=middle)
    last = program.run.last
    step = program.controls.curve.cursor_step()
    assert step is not None and 0 < step < last.step
    nearest = min(range(len(last.film)), key=lambda place: abs(last.film_steps[place] - step))
    np.testing.assert_array_equal(program.pictures.shown(), last.film[nearest][0])


# What can go wrong


@pytest.fixture(scope="module")
def dead_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a small network whose channel `relu/0` never opens."""
    card = NetworkCard("dead", "resnet18-cifar", ("cat", "dog"), (16, 16), (0.5,) * 3, (0.25,) * 3, {"width": 4})
    torch.manual_seed(0)
    module = build(card.architecture, 2, card.input_size, card.arguments)
    with torch.no_grad():
        module.get_parameter("bn1.bias")[0] = -50.0
    path = tmp_path_factory.mktemp("networks") / "dead.json"
    save_network(module, card, path)
    return path


def test_that_a_silent_unit_is_said_and_its_pre_activation_offered(program: Program, dead_network: Path) -> None:
    program.window.opening.open_path(dead_network)
    program.wait(lambda: program.session.facts.card.name == "dead")
    program.look_at("relu/0", replace(QUICK, pre_activation="never"))
    program.wait_done()
    line = program.controls._silent
    assert program.run.last.silent[0] and line.isVisible()
    program.click(line.findChild(QPushButton))
    assert program.session.facts.settings.pre_activation == "when dead"
    program.wait(lambda: len(program.starts) == 2)
    program.wait_done()
    assert not line.isVisible() and not program.run.last.silent[0]
    assert program.run.last.curve[-1, 0] < -1


def test_that_a_unit_that_is_heard_gets_no_such_offer(program: Program) -> None:
    program.look_at("layer1/3", replace(QUICK, pre_activation="never"))
    program.wait_done()
    assert not program.controls._silent.isVisible()


def test_that_a_run_that_diverges_says_at_which_step_and_keeps_the_last_good_picture(program: Program) -> None:
    program.look_at("logit/dog", MaximizationSettings(steps=50, learning_rate=1e38))
    program.wait(lambda: program.run.state is RunState.FAILED)
    program.wait_said("no finite number any more at step")
    assert program.pictures.shown() is not None
    assert button(program, "▶  Run").isEnabled()
    program.wait(lambda: program.worker.handles == [])
    program.session.change("Mend", settings=QUICK)
    program.key(SPACE)
    program.wait_done()


# Out and in again


def test_that_an_exported_picture_is_made_again_byte_for_byte(
    program: Program, chosen_path: Any, tmp_path: Path
) -> None:
    path, again = tmp_path / "dog.png", tmp_path / "again.png"
    program.look_at("logit/dog", replace(QUICK, seed=3))
    program.wait_done()
    chosen_path(path)
    program.key(Qt.Key.Key_E, CTRL)
    program.wait_said(f"Saved {path}.")
    np.testing.assert_array_equal(read_picture(path), program.run.last.images[0])
    assert read_facts(path)["objective"] == [[1.0, "cifar10-resnet18/logit/dog"]]
    assert read_facts(path)["network"] == "cifar10-resnet18"
    program.look_at("layer4/5")
    program.wait(lambda: len(program.starts) == 2)
    program.key(Qt.Key.Key_O, CTRL | SHIFT)
    program.wait(lambda: program.session.facts.unit == ClassLogit(5) and program.run.last is not None)
    program.wait_done()
    np.testing.assert_array_equal(read_picture(path), program.run.last.images[0])
    assert program.session.facts.settings.seed == 3
    chosen_path(again)
    program.key(Qt.Key.Key_E, CTRL)
    program.wait_said(f"Saved {again}.")
    assert again.read_bytes() == path.read_bytes()


def test_that_a_picture_is_made_again_also_when_settings_changed_on_the_way(
    program: Program, chosen_path: Any, tmp_path: Path
) -> None:
    path, again = tmp_path / "a.png", tmp_path / "b.png"
    program.look_at("logit/dog", ENDLESS)
    program.wait_for_step(2)
    typed(program, "learning_rate", "0.3")
    program.wait(lambda: program.run.last.changes)
    program.session.change("Change margin", settings=replace(program.session.facts.settings, margin=0.5))
    program.wait(lambda: len(program.run.last.changes) == 2)
    program.wait_for_step(program.run.last.changes[-1][0] + 2)
    program.click(button(program, "Stop"))
    program.wait(lambda: program.run.state is RunState.STOPPED)
    chosen_path(path)
    program.key(Qt.Key.Key_E, CTRL)
    program.wait_said(f"Saved {path}.")
    kept, steps = program.run.last.images[0], program.run.last.step
    program.drop(program.window, files(path))
    program.wait(lambda: len(program.starts) >= 2)
    program.wait_done()
    assert program.run.last.step == steps
    np.testing.assert_array_equal(program.run.last.images[0], kept)
    chosen_path(again)
    program.key(Qt.Key.Key_E, CTRL)
    program.wait_said(f"Saved {again}.")
    assert again.read_bytes() == path.read_bytes()


def test_that_a_picture_of_another_network_opens_that_network(
    program: Program, chosen_path: Any, tmp_path: Path
) -> None:
    path = tmp_path / "ship.png"
    program.look_at("logit/ship")
    program.wait_done()
    chosen_path(path)
    program.key(Qt.Key.Key_E, CTRL)
    program.wait_said("Saved")
    program.click_row("cat-dog-resnet18")
    program.wait(lambda: program.session.facts.card.name == "cat-dog-resnet18")
    program.key(Qt.Key.Key_O, CTRL | SHIFT)
    program.wait(lambda: program.session.facts.unit == ClassLogit(8))
    assert program.session.facts.card.name == "cifar10-resnet18"
    program.wait(lambda: len(program.starts) == 2)
    program.wait_done()
    np.testing.assert_array_equal(read_picture(path), program.run.last.images[0])


def test_that_a_picture_without_settings_gives_a_sentence(program: Program, chosen_path: Any, tmp_path: Path) -> None:
    chosen_path(save_picture(tmp_path / "holiday.png"))
    program.key(Qt.Key.Key_O, CTRL | SHIFT)
    program.wait_said("holiday.png was not exported by Filterscope")


def test_that_the_history_is_exported_as_a_film(program: Program, chosen_path: Any, tmp_path: Path) -> None:
    program.look_at("logit/dog", replace(LIFELIKE, steps=20))
    program.wait_done()
    chosen_path(tmp_path / "dog.gif")
    program.key(Qt.Key.Key_E, CTRL | SHIFT)
    program.wait_said("Saved")
    with Image.open(tmp_path / "dog.gif") as film:
        assert film.n_frames == len(program.run.last.film) > 1
        assert film.size == (256, 256)


@pytest.mark.parametrize(("key", "name"), [(CTRL, "dog.png"), (CTRL | SHIFT, "dog.gif")])
def test_that_an_export_to_an_impossible_place_gives_a_sentence(
    program: Program, chosen_path: Any, tmp_path: Path, key: Qt.KeyboardModifier, name: str
) -> None:
    program.look_at("logit/dog")
    program.wait_done()
    chosen_path(tmp_path / "gone" / name)
    program.key(Qt.Key.Key_E, key)
    program.wait_said("The file or folder is not there any more")
    assert list(tmp_path.iterdir()) == []


def test_that_the_clipboard_gets_the_picture(program: Program) -> None:
    program.look_at("logit/dog")
    program.wait_done()
    program.pictures.main.setFocus()
    program.key(Qt.Key.Key_C, CTRL)
    copied = QGuiApplication.clipboard().image()
    assert isinstance(copied, QImage) and (copied.width(), copied.height()) == (32, 32)


def test_that_a_click_on_a_class_the_network_sees_selects_it(program: Program) -> None:
    program.look_at("layer4/5")
    program.wait_done()
    bars = program.controls.classes
    wanted = bars.shown()[1]
    program.controls.ensureWidgetVisible(bars)
    program.qtbot.mouseClick(bars, LEFT, pos=bars.name_rect(1).center().toPoint())
    assert program.session.facts.unit == ClassLogit(wanted)
