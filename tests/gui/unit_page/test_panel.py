"""The unit page through the window: what it gathers, when it works, and what it gives away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from backend.jobs import LIFELIKE, Channel, stored_unit_images
from backend.store import Store
from gui.unit_page.figure_window import FigureWindow
from gui.unit_page.panel import UnitPage
from tests.program import CTRL, Program
from tests.scanned import FEW, open_images, save_images, scan_with_key


@pytest.fixture(autouse=True)
def quick_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every optimised picture of the page take three steps."""
    few = replace(LIFELIKE, steps=3)
    monkeypatch.setattr("backend.jobs.unit_page.LIFELIKE", few)
    monkeypatch.setattr("gui.unit_page.unit_pictures.LIFELIKE", few)
    monkeypatch.setattr("backend.jobs.walls.LIFELIKE", few)


def page_of(program: Program) -> UnitPage:
    return program.panel(UnitPage)


def open_page(program: Program) -> UnitPage:
    """Bring the page to the front by its tab."""
    page, bar = page_of(program), program.window.tabs.tabBar()
    place = bar.tabRect(program.window.tabs.indexOf(page.parentWidget())).center()
    program.qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=place)
    assert page.isVisible()
    return page


@pytest.fixture
def scanned(program: Program, tmp_path: Path) -> Program:
    open_images(program, save_images(tmp_path / "pictures", FEW, side=32))
    program.look_at("layer4/9")
    scan_with_key(program)
    return program


def wait_for_pictures(program: Program, page: UnitPage) -> None:
    program.wait(lambda: page.pictures.images is not None and page.pictures.images.done)


def save_to(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))


def test_that_the_page_gathers_what_is_known_of_the_unit(scanned: Program) -> None:
    page = open_page(scanned)
    wait_for_pictures(scanned, page)
    scanned.wait(lambda: page.relations is not None)
    view, scores = page.view, page.scores
    assert scores is not None and view.address.text() == "layer4/9"
    assert "60 of 60 images" in view.about.text()
    assert view.positive.image() is not None and view.negative.image() is not None
    assert len({picture.image().tobytes() for picture in view.diverse if picture.image() is not None}) == 4
    assert view.statistics.figure("shape") == scores.statistics.shape
    assert view.top.count() == view.bottom.count() == 9
    order = np.argsort(-scores.scores, kind="stable")
    assert [int(image) for image in scores.top(9)] == order[:9].tolist()
    similar = page.relations.similar
    assert view.similar.count() == len(similar) == 6 and 9 not in dict(similar)
    assert view.prefers.shown()[0] == int(np.argmax(scores.class_means))
    assert view.weights.isHidden()


def test_that_it_does_nothing_while_it_is_not_seen(scanned: Program) -> None:
    page = page_of(scanned)
    scanned.look_at("layer4/11")
    scanned.wait_done()
    scanned.qtbot.wait(700)
    assert page.pictures.images is None and page.scores is None
    open_page(scanned)
    assert page.scores is not None and page.view.address.text() == "layer4/11"


def test_that_pictures_that_were_made_once_are_there_at_once(scanned: Program) -> None:
    page = open_page(scanned)
    wait_for_pictures(scanned, page)
    made = page.pictures.images
    scanned.look_at("layer4/10")
    assert page.pictures.images is None
    scanned.look_at("layer4/9")
    assert page.pictures.images is not None
    assert np.array_equal(page.pictures.images.diverse, made.diverse)
    few = replace(LIFELIKE, steps=3)
    assert stored_unit_images(scanned.session.facts.card, Channel("layer4", 9), Store(), few) is not None


def test_that_a_click_on_a_similar_channel_goes_there(scanned: Program) -> None:
    page = open_page(scanned)
    scanned.wait(lambda: page.relations is not None)
    second = page.relations.similar[1][0]
    grid = page.view.similar
    page.view.ensureWidgetVisible(grid)
    scanned.qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=grid.cell_rect(1).center())
    assert scanned.session.facts.unit == Channel("layer4", second)
    assert page.view.address.text() == f"layer4/{second}"
    scanned.key(Qt.Key.Key_Z, CTRL)
    assert page.view.address.text() == "layer4/9"


def test_that_a_first_layer_filter_shows_its_weights(scanned: Program) -> None:
    page = open_page(scanned)
    scanned.look_at("bn1/4")
    scanned.wait(lambda: page.relations is not None and page.relations.weights is not None)
    assert page.view.weights.isVisible()
    assert page.view.weights.image().shape == (3, 3, 3)


def test_that_the_probe_set_is_scanned_from_the_page(scanned: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(scanned)
    assert page.view.tuning.isHidden() and page.view.probe.isVisible()
    # Whole, it would take a quarter of a minute; what is tested is that it is asked for, and that curves follow.
    seen: list[Any] = []
    submit = scanned.worker.submit
    monkeypatch.setattr(scanned.worker, "submit", lambda job: (seen.append(job), submit(job))[1])
    page.view.ensureWidgetVisible(page.view.probe)
    scanned.qtbot.mouseClick(page.view.probe, Qt.MouseButton.LeftButton)
    assert [job.dataset for job in seen] == ["probe"] and not page.view.probe.isEnabled()
    scanned.wait(lambda: scanned.worker.handles)
    for handle in scanned.worker.handles:
        handle.cancel()
    scanned.wait(lambda: page.view.probe.isEnabled())


def test_that_labels_and_notes_are_given_on_the_page(scanned: Program) -> None:
    page = open_page(scanned)
    page.view.ensureWidgetVisible(page.view.labels)
    scanned.qtbot.mouseClick(page.view.labels.keys["part"], Qt.MouseButton.LeftButton)
    assert scanned.session.facts.labels.get("layer4/9").kind == "part"
    scanned.key(Qt.Key.Key_Z, CTRL)
    assert scanned.session.facts.labels.get("layer4/9").kind == ""


def test_that_the_page_is_exported_as_html(scanned: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(scanned)
    wait_for_pictures(scanned, page)
    scanned.wait(lambda: page.relations is not None)
    scanned.session.label_unit(Channel("layer4", 9), kind="object", note="<ships>")
    path = tmp_path / "unit.html"
    save_to(monkeypatch, path)
    scanned.qtbot.mouseClick(page.view.export_html, Qt.MouseButton.LeftButton)
    scanned.wait_said("Saved")
    text = path.read_text(encoding="utf-8")
    assert "layer4/9" in text and "&lt;ships&gt;" in text and "60 of 60 images" in text
    # Six optimised pictures, nine images at either end, six similar channels.
    assert text.count("data:image/png;base64,") == 6 + 18 + 6
    assert page.view.statistics.figure("shape") in text and "http:" not in text and "https:" not in text


def test_that_the_page_is_exported_as_a_picture_of_all_of_it(
    scanned: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(scanned)
    wait_for_pictures(scanned, page)
    path = tmp_path / "unit.png"
    save_to(monkeypatch, path)
    scanned.qtbot.mouseClick(page.view.export_png, Qt.MouseButton.LeftButton)
    scanned.wait_said("Saved")
    image = QImage(str(path))
    assert image.width() == 2 * page.view.sheet.width()
    assert image.height() > 2 * page.view.viewport().height()
    assert page.view.export_png.isVisible()


def test_that_without_a_unit_or_a_scan_the_page_says_what_to_do(program: Program) -> None:
    page = open_page(program)
    assert "Choose a channel" in page.view.address.text()
    program.qtbot.mouseClick(page.view.export_html, Qt.MouseButton.LeftButton)
    program.wait_said("no scanned unit")
    program.qtbot.mouseClick(page.view.export_png, Qt.MouseButton.LeftButton)
    program.wait_said("no unit to export")
    program.key(Qt.Key.Key_5, CTRL)
    program.wait_said("Figure 5 needs a scan")
    program.look_at("layer4/9")
    assert "no scan yet" in page.view.about.text()


@pytest.fixture
def figure(scanned: Program) -> Callable[[], FigureWindow]:
    def open_figure() -> FigureWindow:
        scanned.key(Qt.Key.Key_5, CTRL)
        windows = scanned.window.findChildren(FigureWindow)
        assert len(windows) == 1 and windows[0].isVisible()
        return windows[0]

    return open_figure


def test_that_figure_5_shows_three_units_of_a_low_and_of_a_high_layer(
    scanned: Program, figure: Callable[[], FigureWindow]
) -> None:
    window = figure()
    assert [group.layer.currentText() for group in window.groups] == ["layer1.0", "layer4.1"]
    assert [row.scores.unit.layer for row in window.rows] == ["layer1.0"] * 3 + ["layer4.1"] * 3
    scanned.wait(lambda: all(row.view.optimised.image() is not None for row in window.rows))
    for row in window.rows:
        assert list(row.pictures) == row.scores.top(9).tolist()
        assert row.scores.statistics.shape in row.view.words.text()
    window.close()


def test_that_the_units_of_figure_5_can_be_typed(scanned: Program, figure: Callable[[], FigureWindow]) -> None:
    window = figure()
    field = window.groups[1].channels
    field.selectAll()
    scanned.qtbot.keyClicks(field, "7, 300")
    scanned.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert [row.scores.unit.index for row in window.rows if row.scores.unit.layer == "layer4.1"] == [7]
    window.close()


def test_that_figure_5_is_exported(
    scanned: Program, figure: Callable[[], FigureWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = figure()
    scanned.wait(lambda: all(row.view.optimised.image() is not None for row in window.rows))
    save_to(monkeypatch, tmp_path / "figure.html")
    scanned.qtbot.mouseClick(window.export_html, Qt.MouseButton.LeftButton)
    scanned.wait(lambda: (tmp_path / "figure.html").exists())
    assert (tmp_path / "figure.html").read_text(encoding="utf-8").count("data:image/png;base64,") == 6 * 10
    save_to(monkeypatch, tmp_path / "figure.png")
    scanned.qtbot.mouseClick(window.export_png, Qt.MouseButton.LeftButton)
    scanned.wait(lambda: (tmp_path / "figure.png").exists())
    assert not QImage(str(tmp_path / "figure.png")).isNull()
    window.close()
