"""The layer table and the bars of the model browser, through the window."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from backend.jobs import Channel, ClassLogit
from gui.browser.network_tree import BAR
from gui.layer_table.channel_rows import COLUMNS, EXPORTED
from gui.layer_table.panel import LayerTable
from gui.settings import Remembered
from tests.program import CTRL, LEFT, SHIFT, Program
from tests.statistics_by_hand import described

Opens = Callable[..., Program]
NAME = "cifar10-resnet18"
CLASSES = ("bright", "dark", "striped")
SKEWNESS = COLUMNS.index("skewness")


def make_folder(folder: Path, count: int = 20) -> Path:
    """Write pictures of three classes."""
    noise = np.random.default_rng(0)
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = noise.integers(0, 60, (32, 32, 3), dtype=np.uint8)
            pixels[:: 4 if name == "striped" else 1] += np.uint8(0 if name == "dark" else 180)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def panel_of(program: Program) -> LayerTable:
    """Bring the panel to the front."""
    panel: LayerTable = program.panel(LayerTable)
    panel.come_forward()
    program.qtbot.waitUntil(lambda: not panel._soon.isActive())
    return panel


def settle(program: Program) -> LayerTable:
    panel: LayerTable = program.panel(LayerTable)
    program.qtbot.waitUntil(lambda: not panel._soon.isActive())
    return panel


@pytest.fixture
def scanned(program: Program, tmp_path: Path) -> Program:
    """Give the program with a small data set that is scanned, and the panel in front."""
    program.window.opening.open_dataset(str(make_folder(tmp_path / "pictures")))
    program.wait(lambda: program.session.facts.dataset is not None and program.session.facts.dataset.count == 60)
    program.key(Qt.Key.Key_S, CTRL | SHIFT)
    program.wait(lambda: "logits" in program.session.facts.statistics and not program.worker.handles)
    panel_of(program)
    return program


def cell(panel: LayerTable, row: int, column: int = 0) -> QPoint:
    return panel.table.visualRect(panel.table.channels.index(row, column)).center()


def type_filter(program: Program, text: str) -> LayerTable:
    panel = panel_of(program)
    panel.filter.clear()
    program.qtbot.keyClicks(panel.filter, text)
    return panel


# Before there is a scan


def test_that_without_a_scan_the_panel_says_what_to_do_and_lists_the_channels(program: Program) -> None:
    panel = panel_of(program)
    assert "Press Ctrl+Shift+S" in panel.words.text() and panel.words.isVisible()
    assert panel.count.text() == "256 of 256 channels"
    assert panel.table.channels.index(3, SKEWNESS).data() == "–"
    assert panel.table.channels.index(3, 0).data(Qt.ItemDataRole.DecorationRole) is not None
    assert not panel.by_depth.isVisible()


def test_that_a_channel_can_be_chosen_and_labelled_without_a_scan(program: Program) -> None:
    panel = panel_of(program)
    program.qtbot.mouseClick(panel.table.viewport(), LEFT, pos=cell(panel, 2))
    assert program.session.facts.unit == Channel("layer4", 2)
    program.session.label_unit(Channel("layer4", 2), kind="object", note="a bow")
    settle(program)
    assert panel.table.channels.index(2, COLUMNS.index("looks for")).data() == "object"
    assert type_filter(program, "bow").table.channels.shown() == [2]


# With numbers


def test_that_the_numbers_are_those_of_the_scan(scanned: Program) -> None:
    panel = panel_of(scanned)
    assert panel.images.text() == "60 OF 60 IMAGES" and not panel.words.isVisible()
    scan = scanned.session.scan_of("layer4")
    assert scan is not None
    scores = scan.scores("layer4").astype(np.float64)
    rows = panel.table.channels.rows
    assert rows is not None
    assert np.allclose(rows.numbers["mean"], scores.mean(0), atol=1e-5)
    spread = (scores - scores.mean(0)) / scores.std(0)
    assert np.allclose(rows.numbers["skewness"], (spread**3).mean(0), atol=1e-3)
    means = np.stack([scores[scan.labels == label].mean(0) for label in range(3)])
    assert rows.words["prefers"][:40] == tuple(CLASSES[index] for index in means.argmax(0)[:40])
    panel.table.sort_by("skewness", True)
    assert panel.table.channels.shown()[0] == rows.numbers["skewness"].argmax()


def test_that_there_is_one_selection(scanned: Program) -> None:
    panel = panel_of(scanned)
    scanned.qtbot.mouseClick(panel.table.viewport(), LEFT, pos=cell(panel, 1))
    assert scanned.session.facts.unit == Channel("layer4", 1)
    assert scanned.browser.wall.current() == 1
    scanned.qtbot.keyClick(panel.table, Qt.Key.Key_Down)
    assert scanned.session.facts.unit == Channel("layer4", 2)
    scanned.session.select_unit(Channel("layer4", 200))
    settle(scanned)
    assert panel.table.current() == 200
    assert panel.table.viewport().rect().contains(cell(panel, 200))


def test_that_the_rows_of_the_logits_are_classes(scanned: Program) -> None:
    scanned.click_row(NAME, "logits")
    panel = settle(scanned)
    assert panel.heading.text() == "LOGITS · CLASSES" and panel.count.text() == "10 of 10 classes"
    assert panel.table.channels.index(5, 0).data() == "dog"
    scanned.qtbot.mouseClick(panel.table.viewport(), LEFT, pos=cell(panel, 5))
    assert scanned.session.facts.unit == ClassLogit(5)
    assert type_filter(scanned, "ship").table.channels.shown() == [8]


def test_that_the_filter_narrows_and_a_fault_is_told(scanned: Program) -> None:
    panel = panel_of(scanned)
    rows = panel.table.channels.rows
    assert rows is not None
    type_filter(scanned, "dark skewness>1")
    wanted = [
        index for index in range(256) if rows.words["prefers"][index] == "dark" and rows.numbers["skewness"][index] > 1
    ]
    assert panel.table.channels.shown() == wanted
    assert panel.count.text() == f"{len(wanted)} of 256 channels" and not panel.complaint.isVisible()
    type_filter(scanned, "17 skewness>x")
    assert panel.complaint.isVisible() and "“x” is no number" in panel.complaint.text()
    assert panel.table.channels.shown() == [17]
    type_filter(scanned, "nothing-like-it")
    assert panel.complaint.isVisible() and panel.complaint.text() == "None of these channels matches “nothing-like-it”."


def test_that_a_partial_scan_is_told(scanned: Program) -> None:
    facts = scanned.session.facts
    partial = {name: replace(known, done=40) for name, known in facts.statistics.items()}
    scans = tuple(replace(scan, done=40) for scan in facts.scans)
    scanned.session.apply(replace(facts, scans=scans, statistics=MappingProxyType(partial)))
    panel = settle(scanned)
    assert panel.images.text() == "40 OF 60 IMAGES"
    assert panel.by_depth.header.note == "40 of 60 images"
    scanned.session.apply(replace(scanned.session.facts, statistics=MappingProxyType({})))
    assert settle(scanned).words.text().startswith("40 of 60 images are scanned; the numbers come after 1,024")
    assert not panel.by_depth.isVisible()


# Files


def test_that_the_table_is_copied_as_it_is_shown(scanned: Program) -> None:
    panel = type_filter(scanned, "channel<3")
    panel.table.sort_by("channel", True)
    scanned.session.label_unit(Channel("layer4", 1), kind="object", note="=1+1")
    settle(scanned)
    panel.table.menu(-1).actions()[0].trigger()
    header, *rows = list(csv.reader(io.StringIO(QGuiApplication.clipboard().text())))
    assert tuple(header) == EXPORTED
    assert [row[0] for row in rows] == [f"{NAME}/layer4/{index}" for index in (2, 1, 0)]
    assert rows[1][-1] == "'=1+1" and rows[1][1] == "60"
    assert any("3 of 256 rows" in text for text in scanned.said())
    panel.table.copy_wanted.emit(7)
    assert QGuiApplication.clipboard().text() == f"{NAME}/layer4/7"


def test_that_the_table_is_exported(scanned: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = panel_of(scanned)
    path = tmp_path / "table"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *arguments: (str(path), ""))
    scanned.action("Export the layer table as CSV…").trigger()
    scanned.wait_said("Saved")
    lines = list(csv.reader((tmp_path / "table.csv").read_text(encoding="utf-8").splitlines()))
    assert len(lines) == 257 and lines[1][0] == f"{NAME}/layer4/0"
    rows = panel.table.channels.rows
    assert rows is not None
    assert float(lines[6][EXPORTED.index("skewness")]) == pytest.approx(rows.numbers["skewness"][5], rel=1e-5)
    scanned.action("Export the layer table as CSV…").trigger()
    scanned.wait_said("is there already")


def test_that_sorting_and_filter_come_back(open_program: Opens) -> None:
    program = open_program()
    panel = program.panel(LayerTable)
    panel.table.sort_by("zeros", True)
    panel.filter.setText("dog zeros>0")
    program.browser.bars.choose("zeros")
    remembered = program.window.remember(Remembered(scan_at_once=False))
    program.close()
    again = open_program(remembered)
    panel = again.panel(LayerTable)
    assert panel.filter.text() == "dog zeros>0"
    assert (panel.table.channels.sorted_by, panel.table.channels.descending) == ("zeros", True)
    assert again.browser.bars.choice == "zeros" and again.browser.bars.button.text() == "Zeros"


def test_that_what_was_remembered_wrongly_is_passed_over(program: Program) -> None:
    panel = panel_of(program)
    panel.restore({"sorted_by": "nonsense", "descending": 7, "filter": 3})
    program.browser.restore({"bars": ["skewness"]})
    assert panel.table.channels.sorted_by == "channel" and program.browser.bars.choice == "off"


# By depth


def test_that_the_chart_has_the_layers_in_their_order_and_chooses_one(scanned: Program) -> None:
    panel = panel_of(scanned)
    chart = panel.by_depth.chart
    names = [layer.layer for layer in chart.layers()]
    assert names[0] == "bn1" and names[-3:] == ["layer4.1.conv2", "layer4.1", "logits"]
    assert panel.by_depth.sentence.text().startswith("From bn1 to layer4.1 the median skewness goes from")
    scanned.qtbot.mouseClick(chart, LEFT, pos=chart.column(0).center().toPoint())
    assert scanned.session.facts.layer == "bn1"
    panel = settle(scanned)
    assert panel.count.text() == "32 of 32 channels"


# The bars of the model browser


def test_that_the_bars_say_the_number_of_each_channel_and_layer(scanned: Program) -> None:
    browser, wall = scanned.browser, scanned.browser.wall
    plain = wall.grab().toImage()
    assert wall.tip(3) == "layer4/3" and scanned.row(NAME, "layer4").data(BAR) is None
    browser.bars.actions["skewness"].trigger()
    assert wall.grab().toImage() != plain
    found = scanned.session.statistics_of("layer4")
    assert found is not None
    assert wall.tip(3) == f"layer4/3\nskewness {found.statistics.skewness[3]:.2f}".replace("-", "−")
    medians = {
        name: float(np.median(known.statistics.skewness[~known.statistics.dead]))
        for name, known in scanned.session.facts.statistics.items()
    }
    largest = max(abs(value) for value in medians.values())
    assert scanned.row(NAME, "bn1").data(BAR) == pytest.approx(medians["bn1"] / largest)
    # The container's output is that of its last block.
    assert scanned.row(NAME, "layer4").data(BAR) == pytest.approx(medians["layer4.1"] / largest)
    assert scanned.row(NAME, "conv1").data(BAR) is None
    assert "median skewness" in scanned.row(NAME, "bn1").data(Qt.ItemDataRole.ToolTipRole)
    browser.bars.actions["off"].trigger()
    assert wall.tip(3) == "layer4/3" and scanned.row(NAME, "bn1").data(BAR) is None
    assert wall.grab().toImage() == plain


def test_that_the_bars_follow_the_layer_and_mark_the_dead(scanned: Program) -> None:
    scanned.browser.bars.choose("mean")
    scanned.click_row(NAME, "logits")
    assert "mean " in scanned.browser.wall.tip(0)
    scanned.click_row(NAME, "conv1")
    assert scanned.browser.wall.tip(0) == "conv1/0"
    facts = scanned.session.facts
    dead = described("bn1", [0.1] * 32, deviation=[0.0] + [1.0] * 31)
    scanned.session.apply(replace(facts, statistics=MappingProxyType({**facts.statistics, "bn1": dead})))
    scanned.click_row(NAME, "bn1")
    assert "Dead" in scanned.browser.wall.tip(0) and "Dead" not in scanned.browser.wall.tip(1)
