"""The prediction tree through the window: built, walked, followed, compared, explained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from backend.jobs import LIFELIKE, Channel
from gui.panels.prediction_tree import PredictionTreePanel
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
    panel = next(panel for panel in program.window.panels if isinstance(panel, PredictionTreePanel))
    bar = program.window.tabs.tabBar()
    place = bar.tabRect(program.window.tabs.indexOf(panel)).center()
    program.qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=place)
    assert panel.isVisible()
    return panel


def build(program: Program, panel: PredictionTreePanel, images: str = "all") -> None:
    """Choose images, and press the button."""
    place = panel.page.images.findText(images, Qt.MatchFlag.MatchStartsWith)
    panel.page.images.setCurrentIndex(place)
    program.qtbot.mouseClick(panel.page.build, Qt.MouseButton.LeftButton)
    assert not panel.page.build.isEnabled()
    program.wait(lambda: panel.tree is not None)
    assert panel.page.build.isEnabled()


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
        "all 60 images",
    ]
    build(program, panel, "green")
    tree = panel.tree
    assert tree is not None and tree.images == 20 and panel.layer == "layer4"
    dataset = program.session.facts.dataset
    assert dataset is not None and set(dataset.labels[tree.image_numbers]) == {1}
    assert panel.page.tree.summary() and panel.page.card.title.text().startswith("layer4/")


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
    assert card.title.text() == f"layer4/{index}" and card.facts.figure("images") == str(tree.sizes[node])
    assert card.below.count() == tree.sizes[node]
    left, right = (len(tree.members(child)) for child in tree.children(node) or ())
    assert f"{left} and {right} images" in card.sections["Scores on this filter"].header.note
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
    program.key(Qt.Key.Key_B, CTRL | SHIFT)
    program.wait(lambda: panel.tree is not None)


def test_that_the_canvas_is_followed_while_it_is_optimised(program: Program, panel: PredictionTreePanel) -> None:
    build(program, panel)
    program.qtbot.mouseClick(panel.page.from_canvas, Qt.MouseButton.LeftButton)
    program.wait_said("canvas is empty")
    program.look_at("logit/dog")
    program.wait(lambda: panel.paths.first.found is not None)
    assert panel.page.first.words().startswith("on the canvas")


def test_that_the_path_is_walked_and_its_filters_removed(
    program: Program, panel: PredictionTreePanel, tmp_path: Path
) -> None:
    build(program, panel)
    drop(program, panel, a_picture(tmp_path))
    row = panel.page.path
    program.qtbot.mouseClick(row.viewport(), Qt.MouseButton.LeftButton, pos=row.cell_rect(0).center())
    node = panel.page.tree.current()
    found = panel.paths.first.found
    assert found is not None and node in found.path.nodes
    program.qtbot.mouseClick(panel.page.remove, Qt.MouseButton.LeftButton)
    program.wait(lambda: panel.paths.first.ablation is not None)
    ablation = panel.paths.first.ablation
    assert ablation is not None and len(ablation.counts) == len(panel.paths._filters()) + 1
    assert ablation.probability[0] == pytest.approx(found.probabilities[found.contributions.class_index], abs=1e-3)


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


def test_that_the_prediction_is_explained_in_a_file(
    program: Program, panel: PredictionTreePanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(program, panel)
    drop(program, panel, a_picture(tmp_path))
    path = tmp_path / "why.html"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    program.qtbot.mouseClick(panel.page.explain, Qt.MouseButton.LeftButton)
    program.wait(path.exists)
    text = path.read_text(encoding="utf-8")
    found = panel.paths.first.found
    assert found is not None
    card = program.session.facts.card
    assert card is not None and card.classes[int(found.probabilities.argmax())] in text
    assert text.count("data:image/png;base64,") >= 3 and "http:" not in text


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
    program.window.open_network("cat-dog-resnet18")
    program.wait(lambda: program.session.facts.card.name == "cat-dog-resnet18")
    assert panel.tree is None and panel.page.tree.drawing().nodes == ()


def test_that_a_tree_that_was_built_once_is_found_again(program: Program, panel: PredictionTreePanel) -> None:
    build(program, panel)
    first = panel.tree
    panel._show_tree(None, "")
    build(program, panel)
    assert panel.tree is not None and first is not None
    assert np.array_equal(panel.tree.merges, first.merges)
    assert list(Path(program.worker._thread._engine.store.root).glob("*tree*"))
