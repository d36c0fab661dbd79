"""The prediction tree through the window: built, walked, followed, compared, explained."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from backend.jobs import LIFELIKE, Channel, Progress
from gui.prediction_tree.panel import PredictionTreePanel
from tests.program import CTRL, SHIFT, Program, files
from tests.scanned import FEW, open_images, save_images


@pytest.fixture(autouse=True)
def quick_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every optimised picture take three steps."""
    monkeypatch.setattr("backend.jobs.walls.LIFELIKE", replace(LIFELIKE, steps=3))


@pytest.fixture
def panel(program: Program, tmp_path: Path) -> PredictionTreePanel:
    """Open sixty images, and the panel by its tab."""
    open_images(program, save_images(tmp_path / "pictures", FEW, side=32))
    panel = program.panel(PredictionTreePanel)
    bar = program.window.tabs.tabBar()
    place = bar.tabRect(program.window.tabs.indexOf(panel.parentWidget())).center()
    program.qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=place)
    assert panel.isVisible()
    return panel


def build(program: Program, panel: PredictionTreePanel, images: str = "all") -> None:
    """Choose images, and press the button."""
    place = panel.page.images.findText(images, Qt.MatchFlag.MatchStartsWith)
    panel.page.images.setCurrentIndex(place)
    program.wait(lambda: panel.run.state == "absent")
    program.qtbot.mouseClick(panel.page.build, Qt.MouseButton.LeftButton)
    assert panel.page.build.text() == "Cancel"
    program.wait(lambda: panel.tree is not None)
    assert panel.page.build.text() == "Build the tree" and not panel.page.build.isEnabled()


def drop(program: Program, panel: PredictionTreePanel, path: Path) -> None:
    program.drop(panel, files(path))
    program.wait(lambda: panel.paths.first.found is not None)


def a_picture(tmp_path: Path) -> Path:
    return next((tmp_path / "pictures").rglob("*.png"))


def test_that_the_tree_of_a_class_is_built_from_the_button(program: Program, panel: PredictionTreePanel) -> None:
    assert [panel.page.images.itemText(place) for place in range(4)] == [
        "blue · 20 images",
        "green · 20 images",
        "red · 20 images",
        "all · 60 images",
    ]
    build(program, panel, "green")
    tree = panel.tree
    assert tree is not None and tree.images == 20 and panel.layer == "layer4"
    dataset = program.session.facts.dataset
    assert dataset is not None and set(dataset.labels[tree.image_numbers]) == {1}
    assert panel.page.tree.summary() and panel.page.card.title.text().startswith("layer4/")


def test_that_a_page_without_a_tree_is_empty_and_a_tree_takes_the_keys(
    program: Program, panel: PredictionTreePanel
) -> None:
    page = panel.page
    assert not any(part.isVisible() for part in (page.tools, page.card, page.foot, page.kind))
    build(program, panel)
    assert all(part.isVisible() for part in (page.tools, page.card, page.foot, page.kind))
    assert page.tree.hasFocus() and page.tree.current() == panel.tree.roots[0]
    # What is opened by hand can be narrowed as well.
    deepest = page.last_fork.maximum()
    program.key(Qt.Key.Key_Plus)
    program.key(Qt.Key.Key_Asterisk)
    assert page.last_fork.maximum() == page.tree.deepest_fork() >= deepest
    choose(panel, "red")
    program.wait(lambda: panel.run.state == "absent")
    assert not page.card.isVisible()
    program.window.opening.open_network("cat-dog-resnet18")
    program.wait(lambda: program.session.facts.card.name == "cat-dog-resnet18")
    program.wait(lambda: page.layer.count() > 0)
    assert page.images.currentText().startswith("red")


def test_that_a_click_on_a_node_shows_its_card_and_its_filter_can_be_watched(
    program: Program, panel: PredictionTreePanel
) -> None:
    build(program, panel)
    tree, canvas = panel.tree, panel.page.tree
    assert tree is not None
    node = next(node for node in canvas.drawing().nodes if node >= tree.images and node != tree.roots[0])
    place = canvas.point_of(node)
    assert place is not None
    program.qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert canvas.current() == node
    index = int(tree.critical_filters[node - tree.images])
    card = panel.page.card
    assert card.title.text() == f"layer4/{index}" and f"{tree.sizes[node]} images" in card.about.text()
    assert card.below.count() == tree.sizes[node]
    left, right = (len(tree.members(child)) for child in tree.children(node) or ())
    assert f"{left} and {right}" in card.sections["Scores"].header.note
    program.use(replace(LIFELIKE, steps=2))
    program.qtbot.mouseClick(card.watch, Qt.MouseButton.LeftButton)
    assert program.session.facts.unit == Channel("layer4", index)


def test_that_a_dropped_picture_lights_its_path_up(
    program: Program, panel: PredictionTreePanel, tmp_path: Path
) -> None:
    build(program, panel)
    assert panel.page.below.isHidden()
    drop(program, panel, a_picture(tmp_path))
    found = panel.paths.first.found
    assert found is not None and panel.page.below.isVisible()
    # One of the tree's own images: where it ends is at least as close as any other leaf on another way.
    assert found.path.cosine == pytest.approx(1.0, abs=1e-4)
    assert panel.page.tree._paths[0] == tuple(found.path.nodes)
    assert panel.page.path.count() >= 1
    assert f"{found.contributions.total + found.contributions.bias:.3f}"[:3] == f"{found.contributions.logit:.3f}"[:3]
    assert "exact" in panel.page.totals.text()


def test_that_without_a_tree_a_dropped_picture_says_what_to_do(
    program: Program, panel: PredictionTreePanel, tmp_path: Path
) -> None:
    program.drop(panel, files(a_picture(tmp_path)))
    program.wait_said("build one first")
    program.drop(panel, files(tmp_path))
    # From another tab; the picture that was kept takes its way then.
    program.window.tabs.setCurrentIndex(0)
    program.key(Qt.Key.Key_B, CTRL | SHIFT)
    assert panel.isVisible()
    program.wait(lambda: panel.paths.first.found is not None)


def test_that_the_canvas_is_followed_while_it_is_optimised(program: Program, panel: PredictionTreePanel) -> None:
    build(program, panel)
    program.qtbot.mouseClick(panel.page.from_canvas, Qt.MouseButton.LeftButton)
    program.wait_said("canvas is empty")
    program.look_at("logit/dog")
    program.wait(lambda: panel.paths.first.found is not None)
    assert panel.page.first.words().startswith("on the canvas")


def test_that_share_full_tree_and_path_only_change_what_is_drawn(
    program: Program, panel: PredictionTreePanel, tmp_path: Path
) -> None:
    build(program, panel)
    canvas, tree = panel.page.tree, panel.tree
    assert tree is not None
    few = len(canvas.drawing().nodes)
    program.qtbot.mouseClick(panel.page.full, Qt.MouseButton.LeftButton)
    assert len(canvas.drawing().nodes) >= tree.images + len(tree.merges) > few
    program.qtbot.mouseClick(panel.page.full, Qt.MouseButton.LeftButton)
    panel.page.share.setValue(panel.page.share.maximum())
    assert len(canvas.drawing().nodes) <= few and "20 %" in panel.page.share_words.text()
    drop(program, panel, a_picture(tmp_path))
    program.qtbot.mouseClick(panel.page.path_only, Qt.MouseButton.LeftButton)
    shown = {node for node in canvas.drawing().nodes if node >= 0}
    assert shown and len(shown) < tree.images
    # Another tree begins condensed, and the buttons say so.
    program.qtbot.mouseClick(panel.page.full, Qt.MouseButton.LeftButton)
    build(program, panel, "red")
    assert not panel.page.full.isChecked() and not panel.page.path_only.isChecked() and not canvas.choice().full


def test_that_the_tree_is_exported_and_another_network_takes_it_away(
    program: Program, panel: PredictionTreePanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(program, panel)
    actions = {action.text(): action for action in program.window.actions()}
    for suffix in ("svg", "png"):
        path = tmp_path / f"tree.{suffix}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        actions[f"Export the prediction tree as {suffix.upper()}…"].trigger()
        program.wait(path.exists)
    assert "<svg" in (tmp_path / "tree.svg").read_text(encoding="utf-8")
    program.window.opening.open_network("cat-dog-resnet18")
    program.wait(lambda: program.session.facts.card.name == "cat-dog-resnet18")
    assert panel.tree is None and panel.page.tree.drawing().nodes == ()


def choose(panel: PredictionTreePanel, images: str) -> None:
    panel.page.images.setCurrentIndex(panel.page.images.findText(images, Qt.MatchFlag.MatchStartsWith))


def test_that_a_tree_that_was_built_once_is_shown_again_without_a_press(
    program: Program, panel: PredictionTreePanel
) -> None:
    build(program, panel, "green")
    first = panel.tree
    choose(panel, "red")
    assert panel.tree is None
    program.wait(lambda: panel.run.state == "absent")
    assert panel.page.build.isEnabled()
    choose(panel, "green")
    program.wait(lambda: panel.tree is not None)
    assert panel.tree is not None and first is not None
    assert np.array_equal(panel.tree.merges, first.merges)
    assert list(Path(program.worker._thread._engine.store.root).glob("*tree*"))


def test_that_building_is_cancelled_by_the_same_button(
    program: Program, panel: PredictionTreePanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forever(*_: object, **__: object) -> Generator[Progress, None, None]:
        done = 0
        while True:
            done += 1
            yield Progress(done % 59, 59, "merges")

    monkeypatch.setattr("backend.jobs.tree.building_prediction_tree", forever)
    program.wait(lambda: panel.run.state == "absent")
    program.qtbot.mouseClick(panel.page.build, Qt.MouseButton.LeftButton)
    program.wait(lambda: "of 59 merges" in panel.page.tree._placeholder)
    program.qtbot.mouseClick(panel.page.build, Qt.MouseButton.LeftButton)
    program.wait(lambda: not program.worker.handles)
    assert panel.tree is None and panel.page.build.text() == "Build the tree" and panel.page.build.isEnabled()


def test_that_a_walk_selects_images_and_filter_and_leaves_the_canvas_alone(
    program: Program, panel: PredictionTreePanel
) -> None:
    build(program, panel)
    tree, canvas, session = panel.tree, panel.page.tree, program.session
    assert tree is not None and session.facts.images is None
    objective = session.facts.objective
    canvas.setFocus()
    program.key(Qt.Key.Key_Home)
    below, above = (Qt.Key.Key_Right, Qt.Key.Key_Left) if canvas.frame().sideways else (Qt.Key.Key_Down, Qt.Key.Key_Up)
    program.key(below)
    node = canvas.current()
    assert node >= tree.images and node not in tree.roots
    selected = session.facts.images
    assert selected is not None and len(selected) == tree.sizes[node]
    assert set(selected.numbers) == set(tree.image_numbers[tree.members(node)])
    assert session.facts.unit == Channel("layer4", int(tree.critical_filters[node - tree.images]))
    assert session.facts.objective == objective and selected.name.startswith(f"{len(selected)} images below layer4/")
    # Later than what is merged into one step of undo.
    program.qtbot.wait(1100)
    program.key(above)
    assert canvas.current() != node and len(session.facts.images) > len(selected)
    program.key(Qt.Key.Key_Z, CTRL)
    assert session.facts.images == selected and canvas.current() == node
    program.key(Qt.Key.Key_Z, CTRL)
    assert session.facts.images is None


def test_that_the_depths_that_are_drawn_can_be_narrowed(program: Program, panel: PredictionTreePanel) -> None:
    build(program, panel)
    page, canvas = panel.page, panel.page.tree
    deepest = canvas.deepest_fork()
    assert deepest >= 1 and (page.first_fork.value(), page.last_fork.value()) == (0, deepest)
    everything = len(canvas.drawing().nodes)
    page.last_fork.setFocus()
    page.last_fork.selectAll()
    program.qtbot.keyClicks(page.last_fork, "0")
    program.key(Qt.Key.Key_Return)
    narrow = canvas.drawing()
    assert len(narrow.nodes) < everything and max(narrow.depths) <= 1
    page.first_fork.setFocus()
    program.key(Qt.Key.Key_Up)
    # The other end gives way.
    assert page.last_fork.value() == page.first_fork.value() == 1
    program.qtbot.mouseClick(page.full, Qt.MouseButton.LeftButton)
    assert page.first_fork.value() == 0 and page.last_fork.value() == canvas.deepest_fork() > deepest


def test_that_nodes_show_the_mean_of_the_images_below(
    program: Program, panel: PredictionTreePanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(program, panel)
    tree, dataset = panel.tree, program.session.facts.dataset
    assert tree is not None and dataset is not None and dataset.pixels is not None
    came: dict[int, np.ndarray] = {}
    panel.pictures.average_came.connect(lambda node, picture: came.update({node: picture}))
    panel.page.kind.setCurrentIndex(panel.page.kind.findData("average"))
    wanted = [node for node in panel.page.tree.drawing().nodes if node >= tree.images]
    program.wait(lambda: set(wanted) <= came.keys())
    for node in wanted:
        below = dataset.pixels.images(tree.image_numbers[tree.members(node)])
        assert np.abs(came[node] - below.mean(axis=0)).max() <= 0.5
        assert panel.page.tree._pictures.has(node)


def test_that_the_card_shows_what_excites_the_filter_most_once_it_is_scanned(
    program: Program, panel: PredictionTreePanel
) -> None:
    build(program, panel)
    card, tree = panel.page.card, panel.tree
    assert tree is not None and not card.no_scan.isHidden() and card.top.isHidden()
    program.key(Qt.Key.Key_S, CTRL | SHIFT)
    program.wait(lambda: card.top.count() == 10)
    index = int(tree.critical_filters[panel.node.node - tree.images])
    scan = program.session.scan_of("layer4")
    assert scan is not None and card.no_scan.isHidden()
    program.wait(lambda: scan.done == 60 or program.session.scan_of("layer4").complete)
    scan = program.session.scan_of("layer4")
    assert list(card.top._order) == list(scan.top_images("layer4", index, 10))


def test_that_several_classes_are_counted_below_a_node(program: Program, panel: PredictionTreePanel) -> None:
    build(program, panel)
    assert panel.page.card.classes.text() == "blue 20 · green 20 · red 20"
    assert "blue 20 · green 20 · red 20" in panel.page.tree.tip(panel.tree.roots[0])


def test_that_class_and_layer_are_remembered(program: Program, panel: PredictionTreePanel) -> None:
    choose(panel, "red")
    panel.page.layer.setCurrentText("layer3")
    remembered = program.window.remember(program.remembered).panels[panel.objectName()]
    assert remembered == {"images": "red", "layer": "layer3", "kind": "filter", "by_members": False}
    panel.restore(remembered)
    panel._offer()
    assert panel.page.images.currentText().startswith("red") and panel.page.layer.currentText() == "layer3"
