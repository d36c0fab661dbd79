"""Pictures on their way through the prediction tree, by mouse and keys: followed, walked, compared, explained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from backend.analysis.pictures import read_facts
from backend.analysis.prediction_tree import trace_path
from backend.jobs import LIFELIKE, Channel, TracedPath, per_cent
from gui.prediction_tree.panel import PredictionTreePanel
from gui.widgets.start_picker import StartPicker
from tests.program import LEFT, Program, files
from tests.scanned import FEW, open_images, save_images


@pytest.fixture(autouse=True)
def quick_pictures(monkeypatch: pytest.MonkeyPatch, no_wall: None) -> None:
    """Let every optimised picture take three steps."""
    monkeypatch.setattr("backend.jobs.walls.LIFELIKE", replace(LIFELIKE, steps=3))


class Walker:
    """Drives the panel's lower half as a user does; a tree of sixty images is built."""

    def __init__(self, program: Program, folder: Path, images: str = "all") -> None:
        self.program, self.folder = program, folder
        open_images(program, save_images(folder / "pictures", FEW, side=32))
        self.panel = program.panel(PredictionTreePanel)
        bar = program.window.tabs.tabBar()
        program.qtbot.mouseClick(
            bar, LEFT, pos=bar.tabRect(program.window.tabs.indexOf(self.panel.parentWidget())).center()
        )
        self.page, self.paths = self.panel.page, self.panel.paths
        self.below, self.row = self.page.below, self.page.path
        self.build(images)

    def build(self, images: str) -> None:
        self.page.images.setCurrentIndex(self.page.images.findText(images, Qt.MatchFlag.MatchStartsWith))
        self.program.wait(lambda: self.panel.tree is not None or self.page.build.isEnabled())
        if self.panel.tree is None:
            self.click(self.page.build)
        self.program.wait(lambda: self.panel.tree is not None)

    def click(self, widget: QWidget) -> None:
        assert widget.isVisible() and widget.isEnabled()
        self.program.qtbot.mouseClick(widget, LEFT)

    def picture(self, place: int) -> Path:
        return sorted((self.folder / "pictures").rglob("*.png"))[place]

    def drop(self, place: int = 0) -> TracedPath:
        before = self.paths.first.found
        self.program.drop(self.panel, files(self.picture(place)))
        self.program.wait(lambda: self.paths.first.found not in (None, before))
        assert self.paths.first.found is not None
        return self.paths.first.found

    def choose(self, button: QWidget, number: int) -> None:
        """Choose an image of the data set in the dialog that a button opens."""
        self.click(button)
        picker = self.panel.findChild(StartPicker)
        picker.chosen.emit((number,))
        picker.close()
        picker.setParent(None)

    def compare(self, number: int) -> TracedPath:
        self.choose(self.page.compare, number)
        self.program.wait(lambda: self.paths.second.found is not None)
        assert self.paths.second.found is not None
        return self.paths.second.found

    def click_cell(self, index: int) -> None:
        self.row.set_current(-1)
        self.program.qtbot.mouseMove(self.row.viewport(), self.row.cell_rect(index).center())
        self.row.horizontalScrollBar().setValue(self.row.cell_rect(index).left())
        self.program.qtbot.mouseClick(self.row.viewport(), LEFT, pos=self.row.cell_rect(index).center())


@pytest.fixture
def walker(program: Program, tmp_path: Path) -> Walker:
    return Walker(program, tmp_path)


def taken(found: TracedPath) -> list[int]:
    return [step.node for step in found.path.steps if step.node >= 0]


def test_that_every_step_of_a_short_path_is_laid_out(walker: Walker) -> None:
    found = walker.drop()
    nodes = taken(found)
    assert walker.row.count() == len(nodes) + 1 and walker.below.words.text().startswith(f"{len(nodes)} steps · ")
    assert f"· {len(nodes)} steps" in walker.page.first.words()
    # The typical image of every side, found between two events; and the filters' pictures, as they are made.
    steps = range(len(nodes))
    walker.program.wait(lambda: all(index in walker.row._insets for index in steps))
    walker.program.wait(lambda: all(index in walker.row._pictures for index in steps))
    assert len(nodes) in walker.row._pictures


def test_that_row_and_tree_follow_each_other(walker: Walker) -> None:
    found = walker.drop()
    tree, nodes = walker.page.tree, taken(found)
    for index, node in enumerate(nodes):
        walker.click_cell(index)
        assert tree.current() == node
    walker.click_cell(len(nodes))
    assert tree.current() == found.path.leaf
    walker.program.qtbot.keyClick(walker.row, Qt.Key.Key_Home)
    walker.program.qtbot.keyClick(walker.row, Qt.Key.Key_Right)
    assert tree.current() == nodes[min(1, len(nodes) - 1)]
    # And the other way round: down the path with the tree's own keys, from its root.
    tree.set_current(nodes[0])
    walker.row.set_current(-1)
    tree.grab()
    place = tree.point_of(nodes[0])
    assert place is not None
    walker.program.qtbot.mouseClick(tree, LEFT, pos=place.toPoint())
    assert walker.row.current() == 0


def test_that_the_contributions_are_told_and_can_be_selected(walker: Walker) -> None:
    found = walker.drop()
    walker.click(walker.below.parts[1])
    assert not walker.row.isVisible() and walker.page.totals.isVisible()
    words = walker.page.totals.text()
    assert words.startswith(f"The path's {len(taken(found))} critical filter") and "exact" in words
    assert "add up to the logit" in words
    told = walker.paths.explained
    assert told is not None and len(told.shares) == 5
    values = np.abs(found.contributions.values)
    assert abs(told.shares[0].contribution) == values.max()
    shares = walker.below.shares
    walker.program.use(replace(LIFELIKE, steps=2))
    walker.program.qtbot.mouseClick(shares, LEFT, pos=shares.row_rect(2).center().toPoint())
    assert f"layer4/{walker.program.session.facts.unit.index}" == told.shares[2].address
    assert walker.program.session.facts.unit == Channel("layer4", int(told.shares[2].address.split("/")[1]))


def test_that_the_tree_of_another_class_is_called_so(program: Program, tmp_path: Path) -> None:
    walker = Walker(program, tmp_path, "green")
    found = walker.drop()
    card = program.session.facts.card
    assert card is not None
    name = card.classes[found.contributions.class_index]
    other = f"The tree is made of images of green, but what is explained is the logit of {name}."
    assert walker.page.totals.text().endswith(other)


def test_that_the_place_of_the_curve_says_what_the_button_does_until_it_is_pressed(walker: Walker) -> None:
    found = walker.drop()
    walker.click(walker.below.parts[2])
    count = len(taken(found))
    assert f"critical filters of these {count} steps" in walker.page.ablation.placeholder()
    assert walker.below.verdict.isHidden()
    walker.click(walker.page.remove)
    walker.program.wait(lambda: walker.paths.first.ablation is not None)
    ablation = walker.paths.first.ablation
    assert ablation is not None and len(ablation.counts) == count + 1
    assert ablation.probability[0] == pytest.approx(found.probabilities[found.contributions.class_index], abs=1e-3)
    assert walker.below.verdict.isVisible() and walker.page.ablation.placeholder() == ""
    words = walker.below.verdict.text()
    assert words.startswith(f"Without its {count} critical filter") and "random other" in words
    assert not walker.page.remove.isEnabled()
    # Another picture has a path of its own, of which nothing is known yet.
    walker.drop(7)
    assert walker.below.verdict.isHidden() and walker.page.remove.isEnabled()
    assert walker.page.ablation.placeholder()


def test_that_an_ablation_that_comes_late_is_not_that_of_another_path(walker: Walker) -> None:
    walker.drop()
    walker.click(walker.below.parts[2])
    walker.click(walker.page.remove)
    assert not walker.page.remove.isEnabled() and "Removing" in walker.page.ablation.placeholder()
    walker.paths.first._forget()
    walker.program.wait(lambda: not walker.program.worker.handles)
    assert walker.paths.first.ablation is None


def test_that_two_paths_are_compared(walker: Walker) -> None:
    first = walker.drop(0)
    assert not walker.below.whose[0].isVisible()
    second = walker.compare(31)
    assert first.path.leaf != second.path.leaf
    assert walker.page.tree._paths == (tuple(first.path.nodes), tuple(second.path.nodes))
    assert [button.text() for button in walker.below.whose][1] == "image 31"
    together = sum(1 for one, other in zip(first.path.nodes, second.path.nodes, strict=False) if one == other)
    filters = {step.node: step.critical_filter for step in first.path.steps}
    assert walker.below.words.text().endswith(f", at layer4/{filters[first.path.nodes[together - 1]]}")
    walker.click(walker.below.whose[1])
    assert walker.row.count() == len(taken(second)) + 1
    walker.click_cell(len(taken(second)))
    assert walker.page.tree.current() == second.path.leaf
    # What is asked for is asked of the one that is shown.
    walker.click(walker.below.parts[2])
    walker.click(walker.page.remove)
    walker.program.wait(lambda: walker.paths.second.ablation is not None)
    assert walker.paths.first.ablation is None
    walker.click(walker.below.whose[0])
    assert walker.below.verdict.isHidden()
    walker.click(walker.page.second._remove)
    assert not walker.below.whose[0].isVisible() and "apart" not in walker.below.words.text()
    walker.compare(31)
    walker.click(walker.page.first._remove)
    assert walker.page.below.isVisible() and walker.row.count() == len(taken(second)) + 1


def test_that_an_image_of_a_data_set_that_must_be_loaded_is_followed(
    walker: Walker, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, tree = walker.program.session, walker.panel.tree
    assert tree is not None and session.facts.dataset is not None
    pixels = session.facts.dataset.pixels
    assert pixels is not None
    monkeypatch.setattr(session, "facts", replace(session.facts, dataset=replace(session.facts.dataset, pixels=None)))
    assert session.facts.dataset.pixels is None
    walker.choose(walker.page.from_data, 4)
    walker.program.wait(lambda: walker.paths.first.found is not None)
    found = walker.paths.first.found
    assert found is not None
    np.testing.assert_array_equal(found.picture, pixels.images([4])[0])
    steps = range(len(taken(found)))
    walker.program.wait(lambda: all(index in walker.row._insets for index in steps))
    walker.program.wait(lambda: len(steps) in walker.row._pictures)


@pytest.mark.parametrize(
    ("typed", "chosen", "written"),
    [
        ("why.png", "", "why.png"),
        ("why.html", "*.png", "why.html"),
        ("why", "*.html", "why.html"),
        ("why", "", "why.png"),
    ],
)
def test_that_the_prediction_is_explained_in_a_file_of_either_kind(
    walker: Walker, monkeypatch: pytest.MonkeyPatch, typed: str, chosen: str, written: str
) -> None:
    found = walker.drop()
    asked = []

    def ask(*question: object) -> tuple[str, str]:
        asked.append(question[2:])
        return str(walker.folder / typed), chosen

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    walker.click(walker.page.explain)
    path = walker.folder / written
    walker.program.wait(path.exists)
    card = walker.program.session.facts.card
    assert card is not None
    name = card.classes[int(found.probabilities.argmax())]
    assert asked == [(f"explanation-{name}.png", "*.png;;*.html")]
    if path.suffix == ".html":
        text = path.read_text(encoding="utf-8")
        assert name in text and text.count("data:image/png;base64,") >= 3 and "http:" not in text
        return
    facts = read_facts(path)
    assert (facts["network"], facts["layer"], facts["class"]) == (card.name, "layer4", name)
    assert facts["weights_digest"] == card.weights_digest and len(facts["steps"]) == len(taken(found))
    assert Image.open(path).size[0] > 1000


def test_that_both_kinds_are_among_the_actions_and_say_when_there_is_nothing(
    walker: Walker, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions = {action.text(): action for action in walker.program.window.actions()}
    actions["Explain this prediction as PNG…"].trigger()
    walker.program.wait_said("no path to explain yet")
    walker.drop()
    for suffix in ("png", "html"):
        path = walker.folder / f"told.{suffix}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        actions[f"Explain this prediction as {suffix.upper()}…"].trigger()
        walker.program.wait(path.exists)


@pytest.mark.parametrize("size", [(1440, 900), (1100, 720)])
def test_that_nothing_below_the_tree_overlaps_and_the_tree_stays_readable(
    walker: Walker, size: tuple[int, int]
) -> None:
    walker.program.window.resize(*size)
    walker.drop()
    walker.compare(31)
    for part in range(3):
        walker.click(walker.below.parts[part])
        assert walker.page.tree.height() > 180
        shown = [widget for widget in walker.below.findChildren(QWidget) if widget.isVisible()]
        leaves = [widget for widget in shown if not [child for child in widget.findChildren(QWidget) if child in shown]]
        boxes = [widget.rect().translated(widget.mapTo(walker.below, widget.rect().topLeft())) for widget in leaves]
        assert all(walker.below.rect().contains(box) for box in boxes)
        for place, box in enumerate(boxes):
            assert not any(box.intersects(other) for other in boxes[place + 1 :])


def test_that_the_way_can_go_by_all_images_below(walker: Walker) -> None:
    walker.drop()
    below, first = walker.below, walker.paths.first
    assert first.found is not None and first.found.path.descent == "means"
    assert f"ends closer than {per_cent(first.found.path.closer_share)} of" in below.words.text()
    walker.click(below.by_members)
    walker.program.wait(lambda: first.found is not None and first.found.path.descent == "members")
    found, tree = first.found, walker.panel.tree
    assert found is not None and tree is not None
    assert found.path == trace_path(tree, found.feature, "members")
    assert walker.page.tree._paths[0] == tuple(found.path.nodes)
    assert walker.paths.explained is not None and walker.paths.explained.by_members
    walker.click(below.by_members)
    walker.program.wait(lambda: first.found is not None and first.found.path.descent == "means")
