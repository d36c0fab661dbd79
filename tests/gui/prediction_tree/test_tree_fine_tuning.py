"""Fine-tuning on new images through the window: choose, press, read, stop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from gui.image_selection import ImageSelection
from gui.prediction_tree.fine_tuning_view import FineTuningView
from gui.prediction_tree.panel import PredictionTreePanel
from tests.program import LEFT, Program, files
from tests.scanned import FEW, open_images, save_images, save_small_network, scan_with_key

WAYS = ["filters on the paths", "last layer", "all weights"]


class Tuner:
    """Drives the section of the panel as a user does."""

    def __init__(self, program: Program, folder: Path) -> None:
        self.program, self.folder = program, folder
        network = save_small_network(folder / "small.json")
        program.window.opening.open_network(str(network))
        program.wait(lambda: program.session.facts.card.name == "small")
        open_images(program, save_images(folder / "pictures", FEW))
        self.panel = program.panel(PredictionTreePanel)
        bar = program.window.tabs.tabBar()
        place = bar.tabRect(program.window.tabs.indexOf(self.panel.parentWidget())).center()
        program.qtbot.mouseClick(bar, LEFT, pos=place)
        self.card = self.panel.page.card
        self.view: FineTuningView = self.card.fine_tuning

    def unfold(self) -> None:
        section = self.card.sections["Fine-tuning"]
        assert section.folded
        self.card.ensureWidgetVisible(section.header)
        self.program.qtbot.mouseClick(section.header, LEFT)
        assert self.view.isVisible()

    def build(self, images: str = "all") -> None:
        place = self.panel.page.images.findText(images, Qt.MatchFlag.MatchStartsWith)
        self.panel.page.images.setCurrentIndex(place)
        if self.panel.tree is None:
            self.program.wait(self.panel.page.build.isEnabled)
            self.program.qtbot.mouseClick(self.panel.page.build, LEFT)
        self.program.wait(lambda: self.panel.tree is not None)

    def few_epochs(self, count: int = 2) -> None:
        self.view.epochs.selectAll()
        self.program.qtbot.keyClicks(self.view.epochs, str(count))

    def press(self) -> None:
        self.program.wait(self.view.run.isEnabled)
        self.card.ensureWidgetVisible(self.view.run)
        self.program.qtbot.mouseClick(self.view.run, LEFT)
        assert not self.view.run.isVisible() and self.view.cancel.isVisible()

    def finish(self) -> None:
        self.press()
        self.program.wait(lambda: self.view.result is not None)


@pytest.fixture
def tuner(program: Program, tmp_path: Path, no_wall: None) -> Tuner:
    return Tuner(program, tmp_path)


def test_that_a_folder_is_chosen_and_three_ways_are_shown(tuner: Tuner, monkeypatch: pytest.MonkeyPatch) -> None:
    view, new = tuner.view, save_images(tuner.folder / "new", 24)
    assert tuner.card.isHidden()
    tuner.build()
    tuner.unfold()
    assert "scan the data set" in view.state.text() and not view.run.isEnabled()
    assert view.old_test.text() == "pictures · 60 images"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(new))
    tuner.program.click(view.folder)
    tuner.program.wait(lambda: view.chosen() is not None)
    assert view.images.currentText() == "new · 24 images" and not view.class_name.isVisible()
    tuner.few_epochs()
    weights = network_weights(tuner)
    tuner.finish()
    assert [row[0] for row in view.table.rows()] == WAYS and view.table.isVisible()
    assert view.result is not None and view.result.trained == 12 and view.result.old == 60
    assert view.of.text() == "new · 24 images · 2 epochs at 0.001"
    assert view.conclusion.text() and "are critical on the paths" in view.remarks.text()
    assert view.run.isVisible() and view.run.isEnabled()
    after = network_weights(tuner)
    assert all(np.array_equal(after[name], weight) for name, weight in weights.items())


def network_weights(tuner: Tuner) -> dict[str, np.ndarray]:
    engine, card = tuner.program.worker._thread._engine, tuner.program.session.facts.card
    assert card is not None
    return {name: weight.numpy().copy() for name, weight in engine.network(card.source).module.state_dict().items()}


def test_that_cancel_in_the_middle_leaves_no_result_and_another_run_can_follow(tuner: Tuner) -> None:
    tuner.build()
    tuner.unfold()
    tuner.program.drop(tuner.view, files(save_images(tuner.folder / "new", 24)))
    tuner.program.wait(lambda: tuner.view.chosen() is not None)
    tuner.few_epochs(1000)
    tuner.press()
    tuner.program.wait(lambda: tuner.view.bar.value() > 0)
    assert "%" in tuner.view.state.text() and not tuner.view.folder.isEnabled()
    tuner.program.click(tuner.view.cancel)
    tuner.program.wait(lambda: tuner.view.run.isVisible())
    assert tuner.view.result is None and not tuner.view.table.isVisible()
    tuner.few_epochs(1)
    tuner.finish()


def test_that_a_flat_folder_asks_for_its_class_and_a_single_class_is_warned_of(tuner: Tuner) -> None:
    view = tuner.view
    flat = (save_images(tuner.folder / "new", 30) / "green").rename(tuner.folder / "photos")
    tuner.build()
    tuner.unfold()
    tuner.program.drop(view, files(flat))
    tuner.program.wait(lambda: view.chosen() is not None)
    assert view.class_name.isVisible() and view.state.text() == "Say their class first." and not view.run.isEnabled()
    tuner.program.qtbot.keyClick(view.class_name, Qt.Key.Key_G)
    assert view.class_name.currentText() == "green" and view.run.isEnabled()
    tuner.few_epochs()
    tuner.finish()
    assert "All new images are of green: all that is to learn is to say green more often" in view.remarks.text()


def test_that_images_seen_wrongly_are_offered_once_there_is_a_scan(tuner: Tuner) -> None:
    view = tuner.view
    tuner.build("green")
    tuner.unfold()
    assert view.images.itemText(0) == "Seen wrongly: scan first"
    assert "Ctrl+Shift+S" in view.images.itemData(0, Qt.ItemDataRole.ToolTipRole)
    scan_with_key(tuner.program)
    tuner.program.wait(lambda: view.images.count() == 2)
    scan, dataset = tuner.program.session.facts.scans[0], tuner.program.session.facts.dataset
    assert dataset is not None
    answers = np.array([int(scan.probabilities(image).argmax()) for image in range(FEW)])
    wrong = np.flatnonzero(answers != dataset.labels)
    greens = wrong[dataset.labels[wrong] == 1]
    offered = [view.images.itemText(place) for place in range(2)]
    assert offered[1] == f"{len(wrong)} images seen wrongly" and len(wrong)
    expected = f"{len(greens)} of green, seen wrongly" if len(greens) else "None of green is seen wrongly"
    assert offered[0] == expected
    view.images.setCurrentIndex(1)
    assert view.chosen().numbers == tuple(wrong.tolist())
    tuner.few_epochs()
    tuner.finish()
    assert view.result is not None and view.result.left_out == len(wrong) and view.result.old == FEW - len(wrong)
    assert view.result.rows[0].new_before == 0.0 and "all seen wrongly before" in view.remarks.text()


def test_that_the_selected_images_are_offered_and_followed(tuner: Tuner) -> None:
    view, session = tuner.view, tuner.program.session
    tuner.build()
    tuner.unfold()
    offered = [view.images.itemText(place) for place in range(view.images.count())]
    assert not any("selected" in text for text in offered)
    source = session.facts.dataset.source
    session.select_images(ImageSelection(source, range(20, 44), "24 images"))
    view.images.setCurrentIndex(view.images.findText("24 selected"))
    session.select_images(ImageSelection(source, range(20, 50), "30 images"))
    assert view.images.currentText() == "30 selected"
    tuner.few_epochs(1)
    tuner.finish()
    assert view.result is not None and view.result.left_out == 30 and view.result.old == FEW - 30
    assert view.of.text() == "30 selected · 1 epoch at 0.001"


def test_that_a_result_goes_with_its_tree(tuner: Tuner) -> None:
    tuner.build()
    tuner.unfold()
    tuner.program.drop(tuner.view, files(save_images(tuner.folder / "new", 12)))
    tuner.program.wait(lambda: tuner.view.chosen() is not None)
    tuner.few_epochs()
    tuner.finish()
    tuner.panel.page.images.setCurrentIndex(0)
    tuner.program.wait(lambda: tuner.view.result is None)
    tuner.build("blue")
    assert tuner.view.images.currentText() == "new · 12 images"
    # One that still runs goes as well, and brings nothing.
    tuner.few_epochs(1000)
    tuner.press()
    tuner.program.wait(lambda: tuner.view.bar.value() > 0)
    tuner.program.window.opening.open_network("cat-dog-resnet18")
    tuner.program.wait(lambda: tuner.program.session.facts.card.name == "cat-dog-resnet18")
    tuner.program.wait(lambda: not any(handle.job.key == "fine-tuning" for handle in tuner.program.worker.handles))
    assert tuner.view.result is None and not tuner.view.cancel.isVisible()
    assert tuner.view.state.text() == "pictures has no class “cat”: nothing would tell what is forgotten."


def test_that_folders_of_no_class_get_a_sentence(tuner: Tuner) -> None:
    tuner.build()
    tuner.unfold()
    strange = save_images(tuner.folder / "strange", 9, classes=("stone", "wood", "blue"))
    tuner.program.drop(tuner.view, files(strange))
    tuner.program.wait(lambda: tuner.view.chosen() is not None)
    tuner.press()
    tuner.program.wait_said("small has no class “stone”")
    assert tuner.view.result is None and tuner.view.run.isVisible()
    empty = tuner.folder / "empty"
    empty.mkdir()
    tuner.program.drop(tuner.view, files(empty))
    tuner.program.wait_said("The folder holds no pictures")
    assert tuner.view.images.currentText() == "strange · 9 images"
