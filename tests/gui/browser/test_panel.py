"""The model browser, through the window: layers, classes, walls, keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton

from backend.jobs import LIFELIKE, Channel, ClassLogit, ComputeWall, Layer, read_card, shipped_card_path, stored_wall
from backend.store import Store
from gui.browser import panel as model_browser
from gui.browser.network_tree import DETAIL
from gui.canvas.run import RunState
from tests.program import CTRL, ENDLESS, LEFT, QUICK, SHIFT, Program

Opens = Callable[..., Program]
NAME = "cifar10-resnet18"
CARD = read_card(shipped_card_path(NAME))
FAST = replace(LIFELIKE, steps=2)
SLOW = replace(LIFELIKE, steps=2000)


def make_walls_with(monkeypatch: pytest.MonkeyPatch, settings: object) -> None:
    monkeypatch.setattr(model_browser, "LIFELIKE", settings)
    monkeypatch.setattr(model_browser, "ComputeWall", partial(ComputeWall, settings=settings))


@pytest.fixture
def fast_walls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the browser make walls of two steps."""
    make_walls_with(monkeypatch, FAST)


def wall_jobs(program: Program) -> list[object]:
    return [handle for handle in program.worker.handles if isinstance(handle.job, ComputeWall)]


def tiles(program: Program) -> set[int]:
    """Return the finished cells of the wall."""
    wall = program.browser.wall
    return set(wall._tiles) - wall._growing


def headings(program: Program) -> list[str]:
    """Return what the browser's headings say: of the layer, and how much of its wall there is."""
    labels = program.browser.findChildren(QLabel)
    return [label.text() for label in labels if label.isVisible() and label.property("role") == "heading"]


def make_button(program: Program) -> QPushButton:
    return next(button for button in program.browser.findChildren(QPushButton) if "this wall" in button.text())


# The tree


def test_that_layers_are_nested_as_the_modules_are(program: Program) -> None:
    tree, row = program.browser.tree, program.row
    names = [tree.model().index(place, 0, row(NAME)).data() for place in range(tree.model().rowCount(row(NAME)))]
    assert names == ["conv1", "bn1", "relu", "layer1", "layer2", "layer3", "layer4", "avgpool", "fc", "logits"]
    deep = row(NAME, "layer4", "1", "conv2")
    assert deep.data(DETAIL) == "256 · 4×4"
    assert "layer4.1.conv2" in deep.data(Qt.ItemDataRole.ToolTipRole)
    assert not tree.isExpanded(row(NAME, "layer4"))


def test_that_the_accuracy_of_the_network_is_shown(program: Program) -> None:
    assert CARD.test_accuracy is not None
    assert program.row(NAME).data(DETAIL) == f"10 classes · {CARD.test_accuracy * 100:.1f} %"


def test_that_a_click_on_a_class_below_logits_selects_its_logit_and_starts_it(program: Program) -> None:
    program.use(QUICK)
    program.click_row(NAME, "logits", "dog")
    assert program.session.facts.unit == ClassLogit(5)
    program.wait_done()
    assert program.browser.tree.currentIndex() == program.row(NAME, "logits", "dog")


def test_that_a_click_on_a_layer_shows_its_channels_and_enter_optimises_the_layer(program: Program) -> None:
    program.use(QUICK)
    program.click_row(NAME, "layer2")
    assert program.session.facts.layer == "layer2" and program.session.facts.unit is None
    assert program.browser.wall.count() == 64
    program.qtbot.keyClick(program.browser.tree, Qt.Key.Key_Return)
    assert program.session.facts.unit == Layer("layer2")
    program.wait_done()


def test_that_another_network_opens_with_a_click_on_its_row(program: Program) -> None:
    program.look_at("layer2/3")
    program.click_row("cat-dog-resnet18")
    program.wait(lambda: program.session.facts.card.name == "cat-dog-resnet18")
    assert program.window.top_bar.network.text() == "cat-dog-resnet18"
    assert program.session.facts.unit is None and program.session.facts.layer == "layer4"
    assert "LAYER4 · CHANNELS" in headings(program)
    assert program.browser.wall.count() == 256 and program.browser.wall.current() == -1
    assert program.row("cat-dog-resnet18", "logits", "cat").isValid()
    assert program.run.state is RunState.IDLE and program.canvas.pictures.shown() is None


# The wall and the keys


def test_that_a_wall_that_comes_with_the_program_is_shown_before_the_engine_wakes(open_program: Opens) -> None:
    program = open_program()
    assert program.session.facts.layer == "layer4"
    assert tiles(program) == set(range(256)) and "256" in headings(program)
    assert not program.session.undo_stack.canUndo()
    assert program.worker.handles == []


def test_that_a_complete_wall_is_not_computed_again(program: Program) -> None:
    program.click_row(NAME, "logits")
    assert tiles(program) == set(range(10))
    program.qtbot.wait(450)
    assert wall_jobs(program) == []


def test_that_a_click_on_a_tile_starts_a_run_and_its_picture_grows(program: Program) -> None:
    program.use(ENDLESS)
    program.click_tile(5)
    assert program.session.facts.unit == Channel("layer4", 5)
    program.wait_for_step(1)
    first = program.pictures.shown()
    program.wait_for_step(program.run.last.step + 1)
    assert not np.array_equal(first, program.pictures.shown())
    assert program.run.state is RunState.RUNNING


def test_that_arrow_keys_move_the_channel(program: Program) -> None:
    program.use(QUICK)
    program.click_tile(5)
    columns = program.browser.wall.cells().columns
    found = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up):
        program.qtbot.keyClick(program.browser.wall, key)
        found.append(program.session.facts.unit.index)
    assert found == [6, 6 + columns, 5 + columns, 5]
    program.wait_done()
    assert program.run.recipe.label == "layer4/5"


def test_that_the_full_address_is_copied(program: Program) -> None:
    program.look_at("layer4/37")
    program.key(Qt.Key.Key_C, CTRL | SHIFT)
    assert QGuiApplication.clipboard().text() == "cifar10-resnet18/layer4/37"
    program.browser.wall.setFocus()
    program.key(Qt.Key.Key_Right)
    program.key(Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "cifar10-resnet18/layer4/38"


def test_that_a_random_unit_is_one_of_the_network(program: Program, fast_walls: None) -> None:
    program.use(QUICK)
    seen = set()
    for _ in range(4):
        program.key(Qt.Key.Key_R, CTRL)
        unit = program.session.facts.unit
        unit.check(CARD.layer(unit.layer_name))
        seen.add(unit)
    assert len(seen) > 1
    assert program.browser.wall.current() == unit.index


def test_that_the_next_layer_keeps_the_channel_as_far_as_it_has_one(program: Program, fast_walls: None) -> None:
    program.look_at("layer3.1.bn2/100")
    program.key(Qt.Key.Key_Down, CTRL)
    assert program.session.facts.unit == Channel("layer4", 100)
    program.key(Qt.Key.Key_Up, CTRL)
    program.key(Qt.Key.Key_Up, CTRL)
    assert program.session.facts.unit == Channel("layer3.1.conv2", 100)
    program.look_at("avgpool/200")
    program.key(Qt.Key.Key_Down, CTRL)
    assert program.session.facts.unit == Channel("fc", 9)
    program.key(Qt.Key.Key_Down, CTRL)
    assert program.session.facts.unit == ClassLogit(9)
    program.key(Qt.Key.Key_Down, CTRL)
    assert program.session.facts.unit == ClassLogit(9)


def test_that_a_wall_is_computed_in_the_background_fills_in_and_is_stored(program: Program, fast_walls: None) -> None:
    program.click_row(NAME, "conv1")
    assert "0 OF 32" in headings(program)
    program.wait(lambda: wall_jobs(program))
    program.wait(lambda: tiles(program) == set(range(32)))
    assert "32" in headings(program)
    wall = stored_wall(CARD, "conv1", Store(), FAST)
    assert wall is not None and wall.done.all()
    program.wait(lambda: not program.worker.handles)
    program.click_row(NAME, "layer4")
    program.click_row(NAME, "conv1")
    assert tiles(program) == set(range(32))


def test_that_an_unfinished_wall_goes_on_after_a_restart(
    open_program: Opens, fast_walls: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_program().wake()
    first.click_row(NAME, "conv1")
    first.wait(lambda: len(tiles(first)) >= 16)
    first.close()
    kept = stored_wall(CARD, "conv1", Store(), FAST)
    assert kept is not None and kept.done.sum() >= 16
    second = open_program()
    second.click_row(NAME, "conv1")
    assert tiles(second) == set(np.flatnonzero(kept.done))
    second.wake()
    second.wait(lambda: tiles(second) == set(range(32)))
    again = stored_wall(CARD, "conv1", Store(), FAST)
    assert again is not None
    np.testing.assert_array_equal(again.tiles[kept.done], kept.tiles[kept.done])


def test_that_a_wall_can_be_cancelled_and_asked_for_again(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    make_walls_with(monkeypatch, SLOW)
    program.click_row(NAME, "conv1")
    rows = program.window.jobs.rows
    program.wait(lambda: any(isinstance(handle.job, ComputeWall) for handle in rows))
    row = next(row for handle, row in rows.items() if isinstance(handle.job, ComputeWall))
    program.qtbot.mouseClick(row.cancel, LEFT)
    program.wait(lambda: not program.worker.handles)
    assert make_button(program).isVisible()
    make_walls_with(monkeypatch, FAST)
    program.qtbot.mouseClick(make_button(program), LEFT)
    program.wait(lambda: tiles(program) == set(range(32)))
    assert not make_button(program).isVisible()


def test_that_a_run_overtakes_the_wall_which_goes_on_afterwards(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_walls_with(monkeypatch, replace(LIFELIKE, steps=150))
    program.use(replace(QUICK, steps=40))
    program.click_row(NAME, "conv1")
    program.wait(lambda: program.browser.wall._tiles)
    program.click_tile(3)
    program.wait_done()
    assert len(tiles(program)) < 32 and len(wall_jobs(program)) == 1
    program.wait(lambda: len(tiles(program)) == 32)


def test_that_choosing_another_layer_gives_up_the_wall_of_the_last(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_walls_with(monkeypatch, SLOW)
    program.click_row(NAME, "conv1")
    program.wait(lambda: program.browser.wall._tiles)
    program.click_row(NAME, "layer1")
    program.wait(lambda: [handle.job.layer for handle in wall_jobs(program)] == ["layer1"])
    assert "LAYER1 · CHANNELS" in headings(program)
    program.click_row(NAME, "conv1")
    program.click_row(NAME, "layer1")
    assert program.browser.wall.count() == 32
