"""The images of the histogram panel and the single pictures beside them: cards, overlays, markers, percentiles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from backend.jobs import DatasetStart, Layer
from gui.text import score_text
from gui.widgets.pixels import to_qimage
from tests.program import CTRL, ENDLESS, SHIFT, Program, files, save_picture
from tests.scanned import CLASSES, Hands

Opens = Callable[..., Program]
Data = Callable[..., tuple[Path, Path]]


pytestmark = pytest.mark.usefixtures("no_wall")


def hover(hands: Hands, row: int, name: str = "top") -> int:
    """Rest the pointer on a picture; give the number of the image."""
    grid = hands.panel.images[name].grid
    hands.view.ensureWidgetVisible(grid)
    hands.program.wait(lambda: hands.pictures_there(name))
    for nudge in (0, 2):
        hands.program.qtbot.mouseMove(grid.viewport(), grid.cell_rect(row).center() + QPoint(nudge, 0))
    return hands.order(name)[row]


def test_that_a_card_enlarges_the_image_and_outlines_what_its_most_excited_place_sees(hands: Hands) -> None:
    hands.program.look_at("layer1/2")
    card, image = hands.panel.images["top"]._card, hover(hands, 1)
    hands.program.wait(card.isVisible)
    scores = hands.panel.scores
    y, x = scores.scan.place("layer1", 2, image)
    title, lines = f"{score_text(scores.scores[image])} · {CLASSES[scores.labels[image]]}", card.lines()
    assert card.title() == title and lines[0].startswith("The network sees ")
    assert lines[1:] == (f"Image {image} of 60", f"Most excited at row {y}, column {x} of 16 × 16")
    hands.program.wait(lambda: not card.picture.outline_rect().isEmpty())
    box, scale = card.picture.outline_rect(), card.picture.picture_rect().width() / 16
    assert box.center().x() / scale == pytest.approx(x + 0.5, abs=4) and box.width() <= 13 * scale
    hands.program.key(Qt.Key.Key_Escape)
    assert not card.isVisible()


def test_that_the_keys_open_the_card_and_enter_optimises_from_the_image(hands: Hands) -> None:
    grid = hands.view.top
    grid.setFocus()
    hands.program.key(Qt.Key.Key_Right)
    hands.program.key(Qt.Key.Key_Right)
    hands.program.wait(hands.panel.images["top"]._card.isVisible)
    hands.program.key(Qt.Key.Key_Return)
    facts = hands.program.session.facts
    assert facts.start == DatasetStart(facts.dataset.source, (hands.order()[1],))
    hands.program.wait_done()


def test_that_an_overlay_changes_the_pictures_and_input_brings_them_back(hands: Hands) -> None:
    hands.view.ensureWidgetVisible(hands.view.top)
    hands.program.wait(hands.pictures_there)
    image, grid = hands.order()[0], hands.view.top
    plain, seen = grid.picture(image), []
    hands.view.overlay.setFocus()
    for _ in range(2):
        hands.program.key(Qt.Key.Key_Down)
        hands.program.wait(hands.pictures_there)
        hands.wait_idle()
        seen.append(grid.picture(image))
    pairs = ((plain, seen[0]), (plain, seen[1]), (seen[0], seen[1]))
    assert all(np.abs(a.astype(int) - b).mean() > 4 for a, b in pairs)
    hands.program.key(Qt.Key.Key_Home)
    hands.program.wait(hands.pictures_there)
    np.testing.assert_array_equal(grid.picture(image), plain)


def test_that_more_images_while_overlays_are_made_leave_none_plain(many: Hands) -> None:
    many.view.overlay.setCurrentIndex(2)
    many.click(many.view.more)
    many.click(many.view.more)
    many.program.wait(many.pictures_there)
    many.wait_idle()
    pixels = many.program.session.facts.dataset.pixels
    kept = [many.view.top.picture(image) for image in many.order()[:27]]
    assert not any(np.array_equal(a, b) for a, b in zip(kept, pixels.images(many.order()[:27]), strict=True))


def test_that_a_layer_without_space_shows_its_images_plain_and_says_why(hands: Hands) -> None:
    hands.view.overlay.setCurrentIndex(1)
    hands.program.look_at("logit/red")
    assert hands.view.sections["Most excited"].header.note == "without a map: no space"
    hands.program.wait(hands.pictures_there)
    assert hands.program.said() == []
    hands.program.look_at("layer4/3")
    assert hands.view.sections["Most excited"].header.note == ""


def test_that_a_dropped_picture_gets_a_marker_and_its_percentile(hands: Hands, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a picture whose name is far too long.png")
    hands.program.drop(hands.panel, files(path))
    hands.program.wait(lambda: "dropped" in hands.histogram._markers)
    row, scores = hands.view.dropped, np.sort(hands.scores())
    marker = hands.histogram._markers["dropped"]
    assert row.isVisible() and not hands.view.hint.isVisible() and len(marker.text) == 18
    words = row.words().split("\n")
    assert words[0] == f"{path.name} · {score_text(marker.value)}"
    below = np.searchsorted(scores, marker.value)
    assert words[1] == {0: "below all 60 images", 60: "above all 60 images"}.get(
        below, f"above {100 * below / 60:.1f} % of the images"
    )
    hands.click(row._remove)
    assert "dropped" not in hands.histogram._markers and not row.isVisible() and hands.view.hint.isVisible()


def test_that_an_image_of_the_data_set_scores_as_it_did_in_the_scan(hands: Hands, places: Path) -> None:
    image = int(np.argsort(hands.scores())[30])
    label = int(hands.panel.scores.labels[image])
    name = sorted((places / "few" / CLASSES[label]).iterdir())[int((hands.panel.scores.labels[:image] == label).sum())]
    hands.program.drop(hands.panel, files(name))
    hands.program.wait(lambda: "dropped" in hands.histogram._markers)
    assert hands.histogram._markers["dropped"].value == pytest.approx(hands.scores()[image], rel=1e-4)
    # Alone, an image may score a rounding beside what it scored among others.
    assert hands.view.dropped.words().split("above ")[1] in ("50.0 % of the images", "50.8 % of the images")


def test_that_a_pasted_picture_is_compared_and_what_is_none_gives_a_sentence(hands: Hands, tmp_path: Path) -> None:
    QGuiApplication.clipboard().setImage(to_qimage(np.full((20, 20, 3), 99, np.uint8)))
    hands.program.key("v", CTRL | SHIFT)
    hands.program.wait(lambda: "dropped" in hands.histogram._markers)
    assert hands.view.dropped.words().startswith("clipboard · ")
    (tmp_path / "words.png").write_text("none")
    hands.program.drop(hands.panel, files(tmp_path / "words.png"))
    hands.program.wait_said("words.png is not a picture")
    assert hands.view.dropped.words().startswith("clipboard · ")


def test_that_the_marker_of_the_canvas_follows_the_run(hands: Hands) -> None:
    program, seen = hands.program, set()
    program.look_at("layer4/2", ENDLESS)

    def moved() -> bool:
        marker = hands.histogram._markers.get("canvas")
        seen.add(marker.value if marker else None)
        return len(seen - {None}) >= 3

    program.wait(moved)
    assert hands.view.canvas.isVisible() and "on the canvas · " in hands.view.canvas.words()
    program.run.stop()
    program.wait(lambda: not program.run.active)
    program.wait(lambda: not hands.panel.pictures.canvas._pace.isActive())
    hands.wait_idle()
    shown = program.pictures.shown()
    np.testing.assert_array_equal(hands.view.canvas.view.image(), shown)


def test_that_a_line_stays_while_its_score_on_another_layer_is_computed(hands: Hands) -> None:
    program = hands.program
    program.wait(lambda: "canvas" in hands.histogram._markers)
    program.session.apply(program.session.facts.__class__(**{**vars(program.session.facts), "unit": Layer("layer2")}))
    assert hands.view.canvas.isVisible() and "is being scored…" in hands.view.canvas.words()
    assert "canvas" not in hands.histogram._markers
    program.wait(lambda: "canvas" in hands.histogram._markers)


def test_that_a_menu_copies_a_picture(hands: Hands) -> None:
    hands.view.ensureWidgetVisible(hands.view.top)
    hands.program.wait(hands.pictures_there)
    hands.view.top.menu_wanted.emit(hands.order()[0], QPoint(10, 10))
    menu = hands.view.top.findChild(QMenu)
    next(action for action in menu.actions() if action.text() == "Copy picture").trigger()
    menu.close()
    assert QGuiApplication.clipboard().image().size() == QRect(0, 0, 16, 16).size()
