"""What the prediction tree cannot be built of or followed with, through the window: one sentence each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication

from backend.analysis.cards import NetworkCard
from backend.analysis.networks import load_network, save_network
from backend.analysis.weights.architectures import build as build_module
from gui.prediction_tree.panel import PredictionTreePanel
from tests.program import CTRL, LEFT, SHIFT, Program, files
from tests.scanned import CLASSES, save_images, save_small_network, wanting

pytestmark = pytest.mark.usefixtures("no_wall")
Open = Callable[..., Program]


def opened(open_program: Open, network: Path, images: Path) -> tuple[Program, PredictionTreePanel]:
    """Open the program with these, and the panel by its tab."""
    program = open_program(wanting(network, images, unit="")).wake()
    program.wait(lambda: program.session.facts.dataset is not None)
    panel = program.panel(PredictionTreePanel)
    bar = program.window.tabs.tabBar()
    place = bar.tabRect(program.window.tabs.indexOf(panel.parentWidget())).center()
    program.qtbot.mouseClick(bar, LEFT, pos=place)
    assert panel.isVisible()
    return program, panel


def choose(panel: PredictionTreePanel, images: str) -> None:
    panel.page.images.setCurrentIndex(panel.page.images.findText(images, Qt.MatchFlag.MatchStartsWith))


def build(program: Program, panel: PredictionTreePanel) -> None:
    """Press the button, once the panel knows that there is no tree yet."""
    program.wait(lambda: panel.page.build.isEnabled() and panel.page.build.text() == "Build the tree")
    program.qtbot.mouseClick(panel.page.build, LEFT)


def is_as_before(program: Program, panel: PredictionTreePanel) -> None:
    """Check that no job runs, nothing is shown, and the button can be pressed again."""
    program.wait(lambda: not program.worker.handles)
    assert panel.tree is None and panel.page.tree.drawing().nodes == ()
    assert panel.page.build.isEnabled() and panel.page.build.text() == "Build the tree"


def broken_network(path: Path) -> Path:
    """Save a network one of whose weights is not a number."""
    sound = load_network(str(save_small_network(path)))
    card = NetworkCard("broken", "resnet18-cifar", CLASSES, (16, 16), (0.5,) * 3, (0.25,) * 3, {"width": 4})
    module = build_module(card.architecture, len(CLASSES), card.input_size, card.arguments)
    module.load_state_dict(sound.module.state_dict())
    with torch.no_grad():
        module.get_parameter("layer3.0.conv1.weight")[0] = float("nan")
    save_network(module, card, path)
    return path


def test_that_features_that_are_not_numbers_are_a_sentence(open_program: Open, places: Path, tmp_path: Path) -> None:
    program, panel = opened(open_program, broken_network(tmp_path / "broken.json"), places / "few")
    build(program, panel)
    program.wait_said("holds NaN or infinity")
    is_as_before(program, panel)
    # A layer before the one that is broken has a tree.
    panel.page.layer.setCurrentText("layer2")
    build(program, panel)
    program.wait(lambda: panel.tree is not None)


def test_that_a_class_without_images_is_a_sentence(open_program: Open, places: Path, tmp_path: Path) -> None:
    images = save_images(tmp_path / "images", 40, classes=("blue", "red"))
    (images / "green").mkdir()
    (images / "green" / "0000.png").write_bytes(b"none")
    program, panel = opened(open_program, places / "small.json", images)
    choose(panel, "green · 0 images")
    build(program, panel)
    program.wait_said("no image of class green")
    is_as_before(program, panel)
    choose(panel, "blue · 20 images")
    build(program, panel)
    program.wait(lambda: panel.tree is not None)


def test_that_layers_without_space_are_not_offered(open_program: Open, places: Path) -> None:
    program, panel = opened(open_program, places / "small.json", places / "few")
    card = program.session.facts.card
    offered = {panel.page.layer.itemText(place) for place in range(panel.page.layer.count())}
    assert card is not None and "layer4" in offered
    without = {layer.name for layer in card.layers if not layer.has_space}
    assert without and not offered & without


def test_that_a_tree_that_was_damaged_on_the_disk_is_built_anew(open_program: Open, places: Path) -> None:
    program, panel = opened(open_program, places / "small.json", places / "few")
    build(program, panel)
    program.wait(lambda: panel.tree is not None)
    first = panel.tree
    (stored,) = Path(program.worker._thread._engine.store.root).glob("*prediction-tree*")
    stored.write_bytes(stored.read_bytes()[:1000])
    # Another class and back: it is looked for anew.
    choose(panel, "red")
    program.wait(lambda: panel.tree is None)
    choose(panel, "blue")
    build(program, panel)
    program.wait(lambda: panel.tree is not None)
    assert first is not None and panel.tree is not None and np.array_equal(panel.tree.merges, first.merges)
    assert stored.stat().st_size > 1000


def test_that_what_is_no_picture_is_a_sentence_and_leaves_the_path(
    open_program: Open, places: Path, tmp_path: Path
) -> None:
    program, panel = opened(open_program, places / "small.json", places / "few")
    build(program, panel)
    program.wait(lambda: panel.tree is not None)
    program.drop(panel, files(next((places / "few").rglob("*.png"))))
    program.wait(lambda: panel.paths.first.found is not None)
    before = panel.page.tree._paths[0]
    text = tmp_path / "picture.png"
    text.write_text("This is no picture.")
    program.drop(panel, files(text))
    program.wait(lambda: program.said())
    assert panel.page.tree._paths[0] == before
    program.window.notices.close_all()
    program.drop(panel, QMimeData())
    assert panel.page.tree._paths[0] == before


def test_that_a_pasted_text_is_a_sentence(open_program: Open, places: Path) -> None:
    program, panel = opened(open_program, places / "small.json", places / "few")
    QGuiApplication.clipboard().setText("no picture")
    program.key(Qt.Key.Key_T, CTRL | SHIFT)
    program.wait_said("no picture here")
    assert panel.tree is None
