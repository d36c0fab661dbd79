"""The categories panel, driven through the window: computed, found, clicked, cut, searched, compared, exported."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import networkx
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from safetensors.torch import load_file, save_file

from backend.analysis.hierarchies import representative_vectors
from backend.jobs import Channel, ClassLogit, ClassProbability
from gui.categories import ROOM
from gui.categories.marks import Marks, pair_of
from gui.categories.panel import CategoryHierarchyPanel
from gui.settings import Remembered
from tests.program import CTRL, LEFT, QUICK, SHIFT, Program
from tests.scanned import CLASSES, FEW, Gate, open_images, save_images, save_small_network

Opens = Callable[..., Program]
BLUE, GREEN, RED = range(3)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("categories")
    save_small_network(folder / "small.json")
    save_small_network(folder / "other.json", seed=1)
    save_images(folder / "few", FEW)
    return folder


EXPORTS = [command.text for command in ROOM.commands if command.export]


class Hands:
    """Drives the panel of a program as a user does."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.panel: CategoryHierarchyPanel = program.panel(CategoryHierarchyPanel)
        self.page, self.tree = self.panel.page, self.panel.page.tree

    def front(self) -> Hands:
        self.panel.come_forward()
        self.settle()
        return self

    def settle(self) -> None:
        self.program.wait(
            lambda: not self.panel._soon.isActive() and self.panel.first._looking is self.panel.second._looking is None
        )

    def compute(self) -> Hands:
        self.click(self.panel.offers[0].start)
        self.program.wait(lambda: self.panel.first.state == "there")
        # What was offered is gone: all else moves up before anything is pointed at.
        QApplication.sendPostedEvents()
        QApplication.processEvents()
        return self

    def click(self, widget: QWidget, place: QPoint | None = None) -> None:
        self.program.qtbot.mouseClick(widget, LEFT, pos=place or QPoint())

    def click_leaf(self, leaf: int) -> None:
        self.click(self.tree, self.tree.name_rect(leaf).center().toPoint())

    def choose(self, layer: str) -> None:
        self.panel.layers.combo.setCurrentText(layer)
        self.settle()

    def point(self, view: QWidget, place: QPoint, leaves: set[int]) -> None:
        """Move the pointer to a place and wait until these classes are lit in the dendrogram."""
        # Words that have come or gone move what is below them.
        QApplication.sendPostedEvents()
        QApplication.processEvents()
        self.program.qtbot.mouseMove(view, place)
        self.program.wait(lambda: set(self.tree.lit_leaves) == leaves)

    def unit(self) -> object:
        return self.program.session.facts.unit


def opened(open_program: Opens, files: Path, **named: object) -> Hands:
    settings = {"scan_at_once": False, "canvas": QUICK.to_json(), **named}
    remembered = Remembered(network=str(files / "small.json"), dataset=str(files / "few"), **settings)
    return Hands(open_program(remembered).wake()).front()


@pytest.fixture
def hands(open_program: Opens, files: Path) -> Hands:
    """Give the panel in front, with nothing computed."""
    return opened(open_program, files)


# Getting a hierarchy


def test_that_the_panel_says_what_to_do_and_does_it(hands: Hands) -> None:
    panel, page = hands.panel, hands.page
    assert panel.first.state == "absent" and panel.offers[0].isVisible() and not panel.offers[1].isVisible()
    assert panel.offers[0].start.text() == f"Average {FEW} images"
    assert "averaged in a layer" in hands.tree.placeholder and not page.graph.isVisible()
    hands.compute()
    assert not panel.offers[0].isVisible() and page.graph.isVisible()
    categories = page.categories
    assert categories is not None and categories.hierarchy.names == CLASSES
    assert panel.heading.text().startswith(f"small/layer4 · 3 classes · {FEW} images")
    for view in page.views:
        assert view.categories is categories and len(view.pictures) == 3


def test_that_small_data_are_averaged_at_once_when_the_panel_is_shown(open_program: Opens, files: Path) -> None:
    hands = Hands(opened(open_program, files, scan_at_once=True).program)
    hands.program.wait(lambda: hands.panel.first.state == "there")
    assert hands.page.categories is not None


def test_that_nothing_is_computed_while_the_panel_is_out_of_sight(open_program: Opens, files: Path) -> None:
    remembered = Remembered(network=str(files / "small.json"), dataset=str(files / "few"), scan_at_once=False)
    hands = Hands(open_program(remembered).wake())
    assert hands.panel.first.wish is None and hands.panel.first.state == "none"


def test_that_it_is_found_again_in_every_layer_and_at_the_next_start(
    open_program: Opens, hands: Hands, files: Path
) -> None:
    hands.compute()
    combo = hands.panel.layers.combo
    every = [combo.itemText(row) for row in range(combo.count())]
    names = every[: every.index("logits") + 1]
    assert names[0] == "bn1" and "layer4" in names and "layer4.1" not in every and "layer3.0.conv1" in every
    seen = []
    for name in names:
        hands.choose(name)
        assert hands.panel.first.state == "there" and hands.page.categories is not None
        assert hands.page.categories.found.layer == name
        seen.append(hands.page.categories.hierarchy.distances[0, 1])
    assert len(set(seen)) == len(names)
    hands.program.close()
    again = opened(open_program, files)
    assert again.panel.first.state == "there"


def test_that_computing_can_be_cancelled_and_a_layer_chosen_meanwhile(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, panel = Gate(), hands.panel
    monkeypatch.setattr(representative_vectors, "_load", gate.pass_through(representative_vectors._load))
    hands.click(panel.offers[0].start)
    hands.program.wait(lambda: panel.first.state == "running" and panel.first.handle.progress is not None)
    assert panel.offers[0].cancel.isVisible() and not panel.offers[0].start.isVisible()
    assert "small: 0 of 60 images" in panel.offers[0].words.text()
    hands.click(panel.offers[0].cancel)
    gate.open()
    hands.program.wait(lambda: panel.first.state == "absent" and not hands.program.worker.handles)
    hands.click(panel.offers[0].start)
    hands.program.wait(lambda: panel.first.state == "running")
    panel.layers.combo.setCurrentText("layer2")
    hands.program.wait(lambda: panel.first.state == "there")
    assert hands.page.categories is not None and hands.page.categories.found.layer == "layer2"


def test_that_noise_is_a_class_of_its_own_that_is_no_unit(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gui.categories.panel.NOISE_IMAGES", 20)
    hands.compute()
    hands.panel.noise.click()
    hands.settle()
    assert hands.panel.first.state == "absent" and hands.panel.offers[0].start.text() == "Average 20 images"
    # What was shown stays, faded, until the other is there.
    assert hands.page.categories is not None and hands.tree.stale and hands.page.graph.stale
    hands.compute()
    assert hands.page.categories.hierarchy.names[3] == "random noise" and not hands.tree.stale
    before = hands.unit()
    hands.click_leaf(3)
    assert hands.page.marks == Marks(leaf=3) and hands.unit() == before
    hands.panel.noise.click()
    hands.settle()
    assert hands.page.categories.hierarchy.names == CLASSES and hands.page.marks == Marks()


def test_that_a_fault_is_told_and_can_be_tried_again(hands: Hands, tmp_path: Path) -> None:
    open_images(hands.program, save_images(tmp_path / "one", 4, classes=("blue",)))
    hands.settle()
    hands.click(hands.panel.offers[0].start)
    hands.program.wait_said("two classes at least")
    offer = hands.panel.offers[0]
    assert hands.panel.first.state == "failed" and offer.start.text() == "Try again"
    assert "two classes at least" in offer.words.text() and hands.page.categories is None
    hands.click(offer.start)
    hands.program.wait(lambda: hands.panel.first.state == "failed" and not hands.program.worker.handles)


# Bad input


def test_that_a_class_without_images_is_a_sentence(hands: Hands, tmp_path: Path) -> None:
    folder = save_images(tmp_path / "some", 6)
    (folder / "yellow").mkdir()
    (folder / "yellow" / "broken.png").write_bytes(b"no picture")
    open_images(hands.program, folder)
    hands.settle()
    hands.compute()
    hands.program.wait_said("“yellow” has no image")
    assert hands.page.categories is not None and hands.page.categories.hierarchy.names == CLASSES
    assert hands.panel.heading.text().endswith("no image of “yellow”")


def test_that_a_layer_without_space_has_a_hierarchy_and_its_filters_are_classes(hands: Hands) -> None:
    page = hands.compute().page
    hands.choose("fc")
    hands.compute()
    hands.choose("logits")
    assert page.categories is not None and page.categories.found.vectors.shape == (3, 3)
    cell = page.matrix.cell_rect(0, 1).center().toPoint()
    hands.click(page.matrix, cell)
    names = [CLASSES[index] for index in page.card.filters.shown()]
    assert sorted(names) == list(CLASSES)
    hands.click(page.card.filters, page.card.filters.row_rect(0).center().toPoint())
    assert hands.unit() == ClassLogit(CLASSES.index(names[0]))


def test_that_features_that_are_no_numbers_are_a_sentence(open_program: Opens, files: Path, tmp_path: Path) -> None:
    path = save_small_network(tmp_path / "broken.json")
    weights = load_file(path.with_suffix(".safetensors"))
    weights["layer3.0.conv1.weight"][0] = float("nan")
    save_file(weights, path.with_suffix(".safetensors"))
    card = json.loads(path.read_text())
    path.write_text(json.dumps({**card, "weights_digest": ""}))
    remembered = Remembered(
        network=str(path), dataset=str(files / "few"), scan_at_once=False, canvas=QUICK.to_json(), unit="layer1/0"
    )
    hands = Hands(open_program(remembered).wake()).front()
    hands.click(hands.panel.offers[0].start)
    hands.program.wait(lambda: hands.panel.first.state == "failed")
    assert "“blue” values that are infinite or no numbers" in hands.panel.offers[0].words.text()
    assert "Choose another layer" in hands.panel.offers[0].words.text() and hands.page.categories is None
    hands.choose("layer2")
    assert hands.panel.first.state == "there" and not hands.panel.offers[0].isVisible()
    hands.choose("layer4")
    # Nothing is asked for twice; what is shown is still that of the layer below, and looks like it.
    assert hands.panel.first.state == "failed" and hands.tree.stale
    assert hands.panel.heading.text().startswith("small/layer2")


# One selection


def test_that_a_class_clicked_in_any_view_is_the_unit_of_the_window(hands: Hands) -> None:
    page = hands.compute().page
    hands.click_leaf(GREEN)
    assert hands.unit() == ClassLogit(GREEN)
    assert [view.marks for view in page.views] == [Marks(leaf=GREEN)] * 3
    assert page.card.title.text() == "green" and "Nearest: " in page.card.lines.text()
    hands.click(page.graph, QPointF(*page.graph.points()[RED]).toPoint())
    assert hands.unit() == ClassLogit(RED) and hands.tree.marks == Marks(leaf=RED)
    row = hands.tree.hierarchy.leaf_order.tolist().index(BLUE)  # type: ignore[union-attr]
    hands.click(page.matrix, page.matrix.cell_rect(row, row).center().toPoint())
    assert hands.unit() == ClassLogit(BLUE) and page.graph.marks == Marks(leaf=BLUE)


def test_that_the_unit_of_the_window_is_the_class_that_is_selected(hands: Hands) -> None:
    page, session = hands.compute().page, hands.program.session
    session.select_unit(ClassProbability(RED))
    assert page.marks == Marks(leaf=RED)
    session.select_unit(Channel("layer4", 1))
    assert page.marks == Marks()
    session.select_unit(ClassLogit(GREEN))
    hands.choose("layer3")
    assert page.marks == Marks(leaf=GREEN)


def test_that_a_class_chosen_here_is_that_of_every_panel_and_theirs_is_chosen_here(hands: Hands) -> None:
    page, program = hands.compute().page, hands.program
    hands.click_leaf(RED)
    assert program.session.facts.layer == "logits" and program.browser.wall.current() == RED
    program.wait(lambda: program.run.recipe is not None and program.run.recipe.label == "logit/red")
    program.click_tile(BLUE)
    assert page.marks == Marks(leaf=BLUE)
    program.key(Qt.Key.Key_Z, CTRL)
    program.wait(lambda: page.marks == Marks(leaf=RED))
    assert program.browser.wall.current() == RED


def test_that_an_edge_lists_its_filters_and_they_can_be_chosen(hands: Hands) -> None:
    page = hands.compute().page
    categories = page.categories
    assert categories is not None
    a, b = categories.hierarchy.edges[-1].tolist()
    middle = page.graph.points()[[a, b]].mean(0)
    assert not page.card.carried.isVisible()
    hands.click(page.graph, QPointF(*middle).toPoint())
    assert page.marks == Marks(pair=(a, b)) and page.card.carried.isVisible()
    vectors = categories.found.vectors.astype(float)
    terms = (vectors[a] * vectors[b]).reshape(len(vectors[a]), -1).sum(1)
    best = int(terms.argmax())
    assert page.card.filters.shown()[0] == best
    hands.program.wait(lambda: all(page.card.filters.has_picture(index) for index in page.card.filters.shown()))
    hands.click(page.card.filters, page.card.filters.row_rect(0).center().toPoint())
    assert hands.unit() == Channel("layer4", best)
    assert page.marks == Marks(pair=(a, b))


def test_that_what_is_lit_in_one_view_is_lit_in_all(hands: Hands) -> None:
    page = hands.compute().page
    hands.point(hands.tree, hands.tree.name_rect(GREEN).center().toPoint(), {GREEN})
    assert page.graph.lit_leaves == page.matrix.lit_leaves == (GREEN,)
    first, second = hands.tree.hierarchy.leaf_order.tolist()[:2]  # type: ignore[union-attr]
    hands.point(page.matrix, page.matrix.cell_rect(0, 1).center().toPoint(), {first, second})
    assert set(page.graph.lit_leaves) == {first, second}
    hands.point(page.matrix, QPoint(2, 2), set())


def test_that_a_merge_and_a_cluster_are_selected_with_their_members(hands: Hands) -> None:
    page = hands.compute().page
    hierarchy = hands.tree.hierarchy
    assert hierarchy is not None
    node = QPointF(float(hands.tree.node_x(3)), float(hands.tree.node_y(3))).toPoint()
    hands.click(hands.tree, node)
    assert page.marks == Marks(node=3) and page.card.title.text() == "2 classes"
    framed = page.matrix.grab().toImage()
    page.matrix.set_marks(Marks())
    assert page.matrix.grab().toImage() != framed
    hands.click(hands.tree, QPoint(3, round(hands.tree.base()) + 8))
    assert page.marks == Marks() and "Click a class" in page.card.lines.text()
    rows = page.card.clusters
    assert rows.count() == 2
    pair = next(row for row in range(2) if "," in rows.text(row))
    hands.point(rows, QPoint(40, 20 * pair + 10), set(hierarchy.members(3)))
    hands.click(rows, QPoint(40, 20 * pair + 10))
    assert page.marks == Marks(node=3)


def test_that_the_slider_and_the_line_cut_all_views(hands: Hands) -> None:
    page = hands.compute().page
    slider, hierarchy = page.slider, hands.tree.hierarchy
    assert hierarchy is not None and page.clusters is not None
    assert len(page.clusters.groups) == 2 and page.cut_text.text().endswith("2 clusters")
    # As in the dendrogram, 0 is at the right.
    hands.click(slider, QPoint(slider.width() - 3, slider.height() // 2))
    assert [len(view.clusters.groups) for view in page.views if view.clusters] == [3, 3, 3]
    hands.click(slider, QPoint(3, slider.height() // 2))
    assert page.cut_text.text().endswith("1 cluster") and page.card.clusters.count() == 1
    x = round(float(hands.tree.height_x(page.clusters.height)))
    hands.program.qtbot.mousePress(hands.tree, LEFT, pos=QPoint(x, 4))
    goal = round(float(hands.tree.height_x(float(hierarchy.heights.mean()))))
    hands.program.qtbot.mouseMove(hands.tree, QPoint(goal, 4))
    hands.program.qtbot.mouseRelease(hands.tree, LEFT, pos=QPoint(goal, 4))
    assert len(page.clusters.groups) == 2
    assert slider.value() == 1000 - round(page.clusters.height / hands.tree.tallest() * 1000)


def test_that_a_search_lights_up_and_enter_chooses(hands: Hands) -> None:
    panel, page, qtbot = hands.compute().panel, hands.page, hands.program.qtbot
    qtbot.keyClicks(panel.search, "re")
    assert set(hands.tree.lit_leaves) == {RED, GREEN} and panel.heading.text().startswith("2 of 3 found · ")
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert page.marks == Marks(leaf=RED) and hands.unit() == ClassLogit(RED)
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert page.marks == Marks(leaf=GREEN)
    panel.search.clear()
    assert hands.tree.lit_leaves == ()
    assert panel.heading.text().startswith("small/layer4")
    qtbot.keyClicks(panel.search, "zebra")
    assert panel.heading.text().startswith("No class found · ")
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert page.marks == Marks(leaf=GREEN)


# Two networks


def test_that_a_second_network_stands_beside_the_first(hands: Hands, files: Path) -> None:
    panel, page = hands.compute().panel, hands.page
    assert not page.second.isVisible()
    panel.networks.set_source(str(files / "other.json"))
    hands.settle()
    assert panel.offers[1].isVisible() and panel.offers[1].words.text().startswith("Which classes does other hold")
    hands.click(panel.offers[1].start)
    hands.program.wait(lambda: panel.second.state == "there")
    assert page.second.isVisible() and page.tangle.isVisible()
    first, second = page.tree.hierarchy, page.second.hierarchy
    assert first is not None and second is not None and page.comparison is not None
    pairs = np.triu_indices(3, 1)
    expected = np.corrcoef(first.distances[pairs], second.distances[pairs])[0, 1]
    assert page.comparison.pearson == pytest.approx(expected)
    assert panel.second_heading.isVisible() and panel.second_heading.text().startswith("small/layer4")
    assert f"Pearson {expected:.2f}".replace("-", "−") in panel.alike.text() and "Spearman" in panel.alike.text()
    hands.click(page.second, page.second.name_rect(RED).center().toPoint())
    assert hands.unit() == ClassLogit(RED) and page.tree.marks == page.second.marks == Marks(leaf=RED)
    hands.point(page.second, page.second.name_rect(BLUE).center().toPoint(), {BLUE})
    assert len(page.second.clusters.groups) == len(page.tree.clusters.groups)  # type: ignore[union-attr]
    top = QPointF(float(page.second.node_x(4)), float(page.second.node_y(4))).toPoint()
    hands.click(page.second, top)
    assert page.second.marks == Marks(node=4) and page.marks == Marks()
    assert page.card.title.text() == "3 classes of small"
    # A layer that both have is compared in both.
    hands.choose("layer2")
    assert page.second.categories is not None and page.second.categories.found.layer == "layer2"
    assert panel.second_heading.text().startswith("small/layer2")
    panel.networks.set_source("")
    hands.settle()
    assert not page.second.isVisible() and not panel.alike.isVisible()


def test_that_networks_that_were_opened_can_be_chosen_and_are_remembered(
    open_program: Opens, hands: Hands, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, combo = hands.panel, hands.panel.networks.combo
    small, other = str(files / "small.json"), str(files / "other.json")

    def offered() -> list[str]:
        return [combo.itemData(row) for row in range(combo.count())]

    assert small not in offered() and any("cat-dog" in source for source in offered())
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (other, ""))
    combo.setCurrentIndex(combo.count() - 1)
    combo.activated.emit(combo.count() - 1)
    assert panel.networks.source == other and combo.currentData() == other
    assert other in panel.remember()["networks"]
    hands.program.window.opening.open_network(other)
    hands.program.wait(lambda: hands.program.session.facts.card.source == other)
    # A network is not compared with itself.
    assert panel.networks.source == "" and small in offered() and other not in offered()
    fresh = opened(open_program, files, panels={"CategoryHierarchyPanel": {"networks": [other, 3], "noise": True}})
    assert other in fresh.panel.networks._sources() and fresh.panel.noise.isChecked()


# Files


@pytest.fixture
def saved(hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Give a function that triggers an export action and waits for the file."""
    hands.compute()

    def save(words: str, suffix: str) -> Path:
        path = tmp_path / f"hierarchy.{suffix}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
        exports = [action for action in hands.program.window.menus.actions if action.text() in EXPORTS]
        next(action for action in exports if words in action.text()).trigger()
        hands.program.wait_said(f"Saved {path}")
        return path

    return save


def test_that_the_sheet_is_exported_as_picture_and_as_drawing(saved: Callable[[str, str], Path]) -> None:
    picture = QImage(str(saved("PNG", "png")))
    assert picture.width() > 2000
    assert len({picture.pixel(x, y) for x in range(0, 2400, 7) for y in range(0, 1600, 7)}) > 100
    path = saved("SVG", "svg")
    assert QSvgRenderer(str(path)).isValid()
    text = path.read_text()
    assert all(name in text for name in CLASSES) and "WPGMA" in text and "<path" in text


def test_that_tree_graph_and_distances_are_exported(hands: Hands, saved: Callable[[str, str], Path]) -> None:
    hierarchy = hands.tree.hierarchy
    assert hierarchy is not None
    assert saved("Newick", "nwk").read_text().count("'") == 6
    tree = networkx.read_graphml(saved("GraphML", "graphml"))
    assert tree.size(weight="weight") == pytest.approx(hierarchy.edge_weights.sum())
    with saved("CSV", "csv").open(newline="") as file:
        rows = list(csv.reader(file))
    order = hierarchy.leaf_order.tolist()
    assert rows[0] == ["distance", *(CLASSES[leaf] for leaf in order)]
    numbers = np.array([[float(cell) for cell in row[1:]] for row in rows[1:]])
    assert np.allclose(numbers, hierarchy.distances[np.ix_(order, order)], atol=1e-6)


def test_that_there_is_nothing_to_export_before_there_is_a_hierarchy(hands: Hands) -> None:
    hands.program.action(EXPORTS[0]).trigger()
    hands.program.wait_said("no class hierarchy yet")


def test_that_both_trees_are_on_the_sheet_of_a_comparison(
    hands: Hands, files: Path, saved: Callable[[str, str], Path]
) -> None:
    alone = QImage(str(saved("PNG", "png")))
    hands.panel.networks.set_source(str(files / "other.json"))
    hands.settle()
    hands.click(hands.panel.offers[1].start)
    hands.program.wait(lambda: hands.panel.second.state == "there")
    assert QImage(str(saved("PNG", "2.png"))).width() > alone.width() + 1000
    assert "Pearson" in saved("SVG", "svg").read_text()


def test_that_the_layers_can_be_stepped_through(hands: Hands) -> None:
    find, further, back = (
        hands.program.action(text)
        for text in ("Find a class in the hierarchy", "Hierarchy of the next layer", "Hierarchy of the previous layer")
    )
    layers = hands.panel.layers
    layers.combo.setCurrentText("layer3.0")
    further.trigger()
    assert layers.layer == "layer3"
    back.trigger()
    back.trigger()
    assert layers.layer == "layer2"
    hands.click(layers.nearer)
    assert layers.layer == "layer2.0"
    layers.combo.setCurrentText("conv1")
    assert layers.nearer.isEnabled() and not layers.farther.isEnabled()
    hands.click(layers.nearer)
    assert layers.layer == "logits" and not layers.farther.isEnabled()
    hands.program.window.tabs.setCurrentIndex(0)
    find.trigger()
    assert hands.panel.isVisible() and hands.panel.search.hasFocus()


# Keys


def test_that_the_arrow_keys_walk_the_matrix_and_the_graph(hands: Hands) -> None:
    page, qtbot = hands.compute().page, hands.program.qtbot
    hierarchy = hands.tree.hierarchy
    assert hierarchy is not None
    order = hierarchy.leaf_order.tolist()
    page.matrix.setFocus()
    for key, marks in (
        (Qt.Key.Key_Down, Marks(leaf=order[0])),
        (Qt.Key.Key_Right, Marks(pair=pair_of(order[0], order[1]))),
        (Qt.Key.Key_Right, Marks(pair=pair_of(order[0], order[2]))),
        (Qt.Key.Key_Down, Marks(pair=pair_of(order[1], order[2]))),
        (Qt.Key.Key_Down, Marks(leaf=order[2])),
        (Qt.Key.Key_Escape, Marks()),
    ):
        qtbot.keyClick(page.matrix, key)
        assert page.marks == marks
    page.graph.setFocus()
    arrows = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
    qtbot.keyClick(page.graph, Qt.Key.Key_Right)
    middle = page.marks.leaf
    assert (hierarchy.edges == middle).sum() == 2
    seen = set()
    for key in arrows:
        page.set_marks(Marks(leaf=middle))
        qtbot.keyClick(page.graph, key, SHIFT)
        if page.marks.pair is not None:
            seen.add(page.marks.pair)
        page.set_marks(Marks(leaf=middle))
        qtbot.keyClick(page.graph, key)
        assert page.marks.leaf == middle or pair_of(page.marks.leaf, middle) in seen
    assert seen == {pair_of(a, b) for a, b in hierarchy.edges.tolist()}
