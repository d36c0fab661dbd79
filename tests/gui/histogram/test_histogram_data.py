"""The histogram panel with data of every kind: large, grey, unreadable, one image, one class, other classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from backend.analysis.cards import NetworkCard
from backend.analysis.networks import save_network
from tests.program import Program
from tests.scanned import Hands, save_images, save_small_network, wanting

Opens = Callable[..., Program]


pytestmark = pytest.mark.usefixtures("no_wall")


@pytest.fixture
def scanned(open_program: Opens, tmp_path: Path) -> Callable[..., Hands]:
    """Give a function that opens images with a network and scans them."""

    def scan(images: Path, network: Path | None = None, **named: Any) -> Hands:
        network = network or save_small_network(tmp_path / "small.json")
        return Hands(open_program(wanting(network, images, **named)).wake()).scan()

    return scan


def first_caption(hands: Hands) -> str:
    return hands.view.top.caption(0)


def test_that_one_image_has_scores_and_no_shape(scanned: Callable[..., Hands], tmp_path: Path) -> None:
    hands = scanned(save_images(tmp_path / "one", 1))
    assert hands.view.count.text() == "1 OF 1" and hands.view.statistics.figure("shape") == "dead"
    assert hands.view.top.count() == hands.view.bottom.count() == 1
    hands.histogram.setFocus()
    hands.brush(0.0, 1.0)
    assert hands.view.within.count() == 1
    hands.program.wait(lambda: hands.view.canvas.isVisible())


def test_that_one_class_is_one_class(scanned: Callable[..., Hands], tmp_path: Path) -> None:
    hands = scanned(save_images(tmp_path / "cats", 12, classes=("cat",)))
    assert hands.view.prefers.shown() == [0] and " cat\n" in first_caption(hands)


def test_that_a_folder_without_classes_is_scanned(scanned: Callable[..., Hands], tmp_path: Path) -> None:
    folder = save_images(tmp_path / "loose", 6, classes=("x",)) / "x"
    hands = scanned(folder)
    assert len(hands.scores()) == 6 and not hands.program.said()


def test_that_grey_images_and_unreadable_files_leave_the_others(scanned: Callable[..., Hands], tmp_path: Path) -> None:
    folder = save_images(tmp_path / "grey", 9, grey=True)
    (folder / "red" / "broken.png").write_bytes(b"no picture")
    hands = scanned(folder)
    assert len(hands.scores()) == 9
    assert any("could not be read" in text for text in hands.program.said())
    hands.view.ensureWidgetVisible(hands.view.top)
    hands.program.wait(hands.pictures_there)


def test_that_a_network_without_names_for_its_classes_calls_them_by_number(
    scanned: Callable[..., Hands], tmp_path: Path
) -> None:
    hands = scanned(save_images(tmp_path / "few", 9), save_small_network(tmp_path / "two.json", classes=("0", "1")))
    assert first_caption(hands).split("\n→ ")[1] in ("0", "1")
    assert hands.view.prefers.accessibleDescription().split()[0] in ("blue", "green", "red")


def large_network(path: Path) -> Path:
    """Save a network whose input is larger than what is kept decoded, so that pictures are fetched by jobs."""
    import torch

    from backend.analysis.weights.architectures import build

    card = NetworkCard("large", "resnet18-cifar", ("a", "b"), (96, 96), (0.5,) * 3, (0.25,) * 3, {"width": 4})
    torch.manual_seed(0)
    save_network(build(card.architecture, 2, card.input_size, card.arguments), card, path)
    return path


def test_that_large_images_are_fetched_and_their_card_has_an_outline(
    scanned: Callable[..., Hands], tmp_path: Path
) -> None:
    folder = save_images(tmp_path / "large", 9, side=96)
    hands = scanned(folder, large_network(tmp_path / "large.json"), unit="layer1/2")
    assert hands.program.session.facts.dataset.pixels is None
    grid, card = hands.view.top, hands.panel.images["top"]._card
    hands.view.ensureWidgetVisible(grid)
    hands.program.wait(hands.pictures_there)
    for nudge in (0, 2):
        hands.program.qtbot.mouseMove(grid.viewport(), grid.cell_rect(1).center() + QPoint(nudge, 0))
    hands.program.wait(lambda: card.isVisible() and card.picture.image().shape == (96, 96, 3))
    hands.program.wait(lambda: not card.picture.outline_rect().isEmpty())
    hands.view.overlay.setCurrentIndex(1)
    image = int(grid._order[0])
    plain = grid.picture(image)
    assert plain is None
    hands.program.wait(hands.pictures_there)
    assert np.ptp(grid.picture(image).astype(int), axis=2).mean() > 10


def test_that_the_probe_set_has_tuning_curves_and_real_images_have_none(
    scanned: Callable[..., Hands], tmp_path: Path
) -> None:
    hands = scanned(Path("probe"))
    tuning = hands.view.sections["Tuning"]
    assert tuning.isVisible()
    names = [curve.name for curve in hands.view.tuning._curves]
    assert names == ["orientation", "frequency", "hue", "size"]
    hands.program.window.opening.open_dataset(str(save_images(tmp_path / "few", 9)))
    hands.program.wait(lambda: hands.program.session.facts.dataset.count == 9)
    assert not tuning.isVisible() and hands.panel.scores is None
