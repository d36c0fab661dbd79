"""Images that another panel has selected, as the histogram, the layer table and the unit page show them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from backend.jobs import Channel
from gui.image_selection import ImageSelection
from gui.layer_table.channel_rows import COLUMNS, SELECTED
from gui.layer_table.panel import LayerTable
from gui.unit_page.panel import UnitPage
from gui.widgets.start_picker import StartPicker
from tests.program import CTRL, LEFT, SHIFT, Program, channel
from tests.scanned import FEW, Gate, Hands, gated, open_images, wanting

Opens = Callable[..., Program]
NUMBERS = (1, 4, 5, 8, 20, 21, 22, 30, 41, 42, 43, 55, 59)

pytestmark = pytest.mark.usefixtures("no_wall")


def select(program: Program, numbers: tuple[int, ...] = NUMBERS) -> NDArray[np.int64]:
    """Select images as another panel does."""
    dataset = program.session.facts.dataset
    program.session.select_images(ImageSelection(dataset.source, numbers, f"{len(numbers)} images below layer4/3"))
    return np.array(numbers)


def note(hands: Hands, section: str) -> str:
    return hands.view.sections[section].header.note


# The histogram


def test_that_a_chip_names_the_selected_images_and_says_how_they_differ(hands: Hands) -> None:
    chip = hands.view.chip
    assert not chip.isVisible() and [marker.text for marker in hands.histogram.markers()] == ["on canvas"]
    numbers = select(hands.program)
    scores = hands.scores().astype(np.float64)
    differs = (scores[numbers].mean() - scores.mean()) / scores.std()
    assert chip.isVisible() and chip.name.text() == "13 images below layer4/3"
    assert chip.words.text().startswith(f"mean {scores[numbers].mean():.2f}, ")
    assert hands.panel.selected.differs == pytest.approx(differs, abs=1e-5)
    size = f"{abs(differs):.1f}"
    expected = f"{size} deviation{'' if size == '1.0' else 's'} {'above' if differs > 0 else 'below'} all"
    assert abs(differs) > 0.05 and expected in chip.words.text()
    own, whole, _ = hands.histogram.markers()
    assert (own.text.partition(",")[0], whole.text) == ("selected", "all")
    assert (own.value, whole.value) == (pytest.approx(scores[numbers].mean()), pytest.approx(scores.mean()))
    assert "13 selected" in hands.histogram.accessibleDescription()


def test_that_the_bars_within_the_histogram_are_those_of_the_selected_images(hands: Hands) -> None:
    numbers = select(hands.program)
    bars = hands.histogram.bars()
    counts, _ = np.histogram(hands.scores()[numbers].astype(np.float64), bars.axis.edges)
    np.testing.assert_array_equal(bars.selected, counts)
    for toggle in (hands.view.by_class, hands.view.log):
        before = hands.histogram.grab().toImage()
        hands.click(toggle)
        assert hands.histogram.grab().toImage() != before


def test_that_the_rows_of_images_are_of_the_selected_ones(hands: Hands) -> None:
    numbers, scores = select(hands.program), hands.scores()
    ascending = numbers[np.argsort(scores[numbers], kind="stable")]
    descending = numbers[np.argsort(-scores[numbers], kind="stable")]
    assert hands.order() == descending[:9].tolist() and hands.order("bottom") == ascending[:9].tolist()
    assert note(hands, "Most excited") == note(hands, "Least excited") == "of 13 selected"
    hands.click(hands.view.more)
    assert hands.order() == descending.tolist()
    hands.program.wait(hands.pictures_there)


def test_that_a_range_holds_the_selected_images_in_it(hands: Hands) -> None:
    numbers, scores = select(hands.program), hands.scores()
    hands.histogram.setFocus()
    hands.program.key("a", CTRL)
    assert sorted(hands.order("range")) == list(NUMBERS)
    hands.program.key(Qt.Key.Key_Escape)
    hands.brush(0.2, 0.6)
    low, high = hands.histogram.brush()
    inside = [int(number) for number in numbers if low <= scores[number] <= high]
    assert 0 < len(inside) < 13 and sorted(hands.order("range")) == inside
    assert note(hands, "In the range") == f"{len(inside)} of 13 selected"


def test_that_esc_takes_the_range_first_and_then_the_selected_images_and_undo_brings_them_back(hands: Hands) -> None:
    program, chip = hands.program, hands.view.chip
    select(program)
    hands.brush(0.2, 0.6)
    hands.histogram.setFocus()
    program.key(Qt.Key.Key_Escape)
    assert hands.histogram.brush() is None and chip.isVisible()
    program.key(Qt.Key.Key_Escape)
    assert program.session.facts.images is None and not chip.isVisible()
    assert hands.order() == np.argsort(-hands.scores(), kind="stable")[:9].tolist()
    assert note(hands, "Most excited") == ""
    program.key("z", CTRL)
    assert chip.isVisible() and len(program.session.facts.images) == 13


@pytest.mark.parametrize("by_key", [False, True])
def test_that_the_cross_lets_go_of_the_selected_images(hands: Hands, by_key: bool) -> None:
    select(hands.program)
    cross = hands.view.chip.clear
    if by_key:
        cross.setFocus(Qt.FocusReason.TabFocusReason)
        hands.program.key(Qt.Key.Key_Return)
    else:
        hands.click(cross)
    assert hands.program.session.facts.images is None and not hands.view.chip.isVisible()


def test_that_an_action_lets_go_of_them_and_says_so_where_there_are_none(hands: Hands) -> None:
    action = hands.program.action("Clear the selected images")
    assert action.shortcut().isEmpty()
    select(hands.program)
    action.trigger()
    assert hands.program.session.facts.images is None
    action.trigger()
    hands.program.wait_said("No images are selected")


def test_that_another_unit_keeps_the_selected_images_and_another_data_set_does_not(hands: Hands, places: Path) -> None:
    numbers = select(hands.program)
    hands.program.session.select_unit(channel(1))
    scores = hands.panel.scores.scan.scores("layer4")[:, 1]
    np.testing.assert_array_equal(hands.scores(), scores)
    assert hands.order() == numbers[np.argsort(-scores[numbers], kind="stable")][:9].tolist()
    open_images(hands.program, places / "many")
    assert hands.program.session.facts.images is None and not hands.view.chip.isVisible()


def test_that_a_scan_that_goes_on_says_how_many_of_them_it_has(
    open_program: Opens, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gated(monkeypatch) as gate:
        hands = begun(open_program, places, gate)
        done = hands.done()
        select(hands.program, (2, 3, done, done + 1))
        assert hands.order() and set(hands.order()) == {2, 3}
        assert note(hands, "Most excited") == "of 2 of 4 selected"
        assert hands.view.chip.words.text().startswith("2 scanned: mean ")
        gate.open()
        hands.wait_complete()
        hands.program.wait(lambda: note(hands, "Most excited") == "of 4 selected")
        assert set(hands.order()) == {2, 3, done, done + 1}


def begun(open_program: Opens, places: Path, gate: Gate) -> Hands:
    return Hands(open_program(wanting(places / "small.json", places / "many")).wake()).begin(gate)


# The layer table


def table_of(program: Program) -> LayerTable:
    """Bring the table to the front, and wait for its numbers."""
    table: LayerTable = program.panel(LayerTable)
    table.come_forward()
    program.wait(lambda: not table._soon.isActive() and not program.worker.handles)
    return table


def column(table: LayerTable, name: str) -> NDArray[np.float64]:
    assert table.table.channels.rows is not None
    return table.table.channels.rows.numbers[name]


def click_header(program: Program, table: LayerTable, name: str) -> None:
    header = table.table.horizontalHeader()
    place = COLUMNS.index(name)
    point = header.rect().center()
    point.setX(header.sectionViewportPosition(place) + header.sectionSize(place) // 2)
    program.qtbot.mouseClick(header.viewport(), LEFT, pos=point)


def test_that_the_table_says_on_which_channels_the_selected_images_differ(hands: Hands) -> None:
    program, table = hands.program, table_of(hands.program)
    hidden = [table.table.isColumnHidden(COLUMNS.index(name)) for name in SELECTED]
    assert hidden == [True, True] and not table.chip.isVisible()
    select(program)
    table_of(program)
    scores = program.session.scan_of("layer4").scores("layer4").astype(np.float64)
    assert len(scores.T) == len(column(table, "differs")) == 32
    for index in range(32):
        chosen = [scores[number, index] for number in NUMBERS]
        differs = (np.mean(chosen) - np.mean(scores[:, index])) / np.std(scores[:, index])
        assert column(table, "selected")[index] == pytest.approx(np.mean(chosen), rel=1e-5)
        assert column(table, "differs")[index] == pytest.approx(differs, abs=1e-4)
    assert not any(table.table.isColumnHidden(COLUMNS.index(name)) for name in SELECTED)
    assert table.chip.isVisible() and table.chip.words.text().startswith("More than one deviation above")


def test_that_the_table_is_sorted_and_filtered_by_the_difference(hands: Hands) -> None:
    program, table = hands.program, table_of(hands.program)
    program.qtbot.keyClicks(table.filter, "differs>0")
    assert "none are selected" in table.complaint.text()
    select(program)
    table_of(program)
    differs = column(table, "differs")
    assert not table.complaint.isVisible()
    assert sorted(table.table.channels.shown()) == np.flatnonzero(differs > 0).tolist()
    table.filter.clear()
    click_header(program, table, "differs")
    assert table.table.channels.shown() == np.argsort(-differs, kind="stable").tolist()
    program.qtbot.mouseClick(table.chip.clear, LEFT)
    table_of(program)
    assert program.session.facts.images is None
    assert table.table.channels.shown() == list(range(32)) and table.table.channels.sorted_by == "channel"


def test_that_other_images_and_another_layer_are_compared_anew(hands: Hands) -> None:
    program = hands.program
    select(program)
    table = table_of(program)
    first = column(table, "selected").copy()
    select(program, (0, 2))
    table_of(program)
    scan = program.session.scan_of("layer4")
    assert not np.allclose(column(table, "selected"), first)
    np.testing.assert_allclose(column(table, "selected"), scan.scores("layer4")[[0, 2]].mean(0), rtol=1e-5)
    program.session.change("Look at bn1", layer="bn1")
    table_of(program)
    np.testing.assert_allclose(column(table, "selected"), scan.scores("bn1")[[0, 2]].mean(0), rtol=1e-5, atol=1e-7)


def test_that_the_exported_table_says_of_which_images_it_is(
    hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    select(hands.program)
    table = table_of(hands.program)
    path = tmp_path / "table.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    table.export()
    hands.program.wait(path.exists)
    header, first, *_ = path.read_text("utf-8-sig").splitlines()
    assert header.endswith(",selected,differs,selection") and first.endswith(",13 images below layer4/3")


# The unit page and the picker


def test_that_the_unit_page_follows_the_selected_images(hands: Hands) -> None:
    program = hands.program
    page: UnitPage = program.panel(UnitPage)
    page.come_forward()
    numbers, scores = select(program), hands.scores()
    best = numbers[np.argsort(-scores[numbers], kind="stable")][:9].tolist()
    assert page.view.top._order.tolist() == best
    assert page.view.chip.isVisible() and page.view.chip.words.text() == hands.view.chip.words.text()
    assert page.view.sections["Most excited"].header.note == "of 13 selected"
    program.qtbot.mouseClick(page.view.chip.clear, LEFT)
    assert page.view.top._order.tolist() == np.argsort(-scores, kind="stable")[:9].tolist()
    assert not page.view.chip.isVisible()


def test_that_the_exported_page_says_that_its_images_are_of_the_selected_ones(
    hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    select(hands.program)
    page: UnitPage = hands.program.panel(UnitPage)
    path = tmp_path / "page.html"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    page.export_html()
    hands.program.wait(path.exists)
    text = path.read_text("utf-8")
    best = max(NUMBERS, key=lambda number: hands.scores()[number])
    assert f"13 images below layer4/3: {hands.view.chip.words.text()}" in text
    assert "of 13 selected" in text and f"image {best}" in text


def test_that_the_images_of_the_canvas_can_be_chosen_among_the_selected_ones(hands: Hands) -> None:
    program = hands.program
    select(program)
    program.canvas._choose_images()
    picker = program.canvas.findChild(StartPicker)
    program.wait(picker.isVisible)
    assert picker.selected_only.text() == "Selected only (13)" and not picker.selected_only.isChecked()
    program.qtbot.mouseClick(picker.selected_only, LEFT)
    grid = picker.grid
    program.wait(lambda: all(grid.picture(int(image)) is not None for image in grid.images()) and grid.count() == 13)
    program.qtbot.mouseClick(grid.viewport(), LEFT, pos=grid.cell_rect(2).center())
    program.qtbot.mouseClick(grid.viewport(), LEFT, SHIFT, grid.cell_rect(4).center())
    program.qtbot.mouseClick(picker.accept_button, LEFT)
    assert program.session.facts.start.indices == (5, 8, 20)
    assert program.session.facts.unit == Channel("layer4", 3) and FEW > 20
