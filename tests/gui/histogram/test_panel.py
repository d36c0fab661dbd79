"""The activation histogram through the window: figures, ranges, rows of images, units, labels, keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from backend.jobs import ClassLogit, UnitLabel
from gui.units.excited_images import score_text
from tests.program import CTRL, LEFT, Program, channel
from tests.scanned import CLASSES, FEW, MANY, Hands, wanting

Opens = Callable[..., Program]
Data = Callable[..., tuple[Path, Path]]


pytestmark = pytest.mark.usefixtures("no_wall")


def test_that_figures_word_and_classes_are_those_of_the_scores(hands: Hands) -> None:
    scores, scan = hands.scores().astype(np.float64), hands.panel.scores.scan
    np.testing.assert_array_equal(scores, scan.scores("layer4")[:, 3])
    centred = scores - scores.mean()
    chips = hands.view.statistics

    def told(name: str) -> float:
        return float(chips.figure(name).replace("−", "-"))

    assert told("mean") == pytest.approx(scores.mean(), abs=6e-4)
    assert told("deviation") == pytest.approx(scores.std(), abs=6e-4)
    assert told("skewness") == pytest.approx((centred**3).mean() / scores.std() ** 3, abs=6e-4)
    assert told("kurtosis") == pytest.approx((centred**4).mean() / scores.std() ** 4 - 3, abs=6e-4)
    assert told("largest") == pytest.approx(scores.max(), abs=6e-4)
    assert chips.figure("zeros") == f"{(scores == 0).mean():.1%}".replace("%", " %")
    assert chips.figure("shape") == hands.panel.scores.statistics.shape
    means = [scores[scan.labels == label].mean() for label in range(3)]
    assert hands.view.prefers.shown() == np.argsort(means)[::-1].tolist()
    assert hands.view.count.text() == "60 OF 60" and hands.view.unit.text() == "layer4/3"
    assert not hands.offer.isVisible()


def test_that_the_most_and_least_excited_images_say_score_class_and_prediction(hands: Hands) -> None:
    scores, scan = hands.scores(), hands.panel.scores.scan
    assert hands.order() == np.argsort(-scores, kind="stable")[:9].tolist()
    assert hands.order("bottom") == np.argsort(scores, kind="stable")[:9].tolist()
    best = int(scores.argmax())
    seen = CLASSES[int(scan.probabilities(best).argmax())]
    assert hands.captions()[0] == f"{score_text(scores[best])} {CLASSES[scan.labels[best]]}\n→ {seen}"
    hands.view.ensureWidgetVisible(hands.view.top)
    hands.program.wait(hands.pictures_there)
    pixels = hands.program.session.facts.dataset.pixels.images([best])[0]
    np.testing.assert_array_equal(hands.view.top.picture(best), pixels)


def test_that_more_shows_three_times_as_many_and_after_the_most_nine_again(many: Hands) -> None:
    for count, text in ((27, "More"), (81, "More"), (99, "Fewer"), (9, "More")):
        many.click(many.view.more)
        assert many.view.top.count() == many.view.bottom.count() == count
        assert many.view.more.text() == text
    assert many.order() == np.argsort(-many.scores(), kind="stable")[:9].tolist()


def test_that_a_range_drawn_by_mouse_holds_the_images_that_numpy_finds_in_it(many: Hands) -> None:
    section, scores = many.view.sections["In the range"], many.scores()
    assert not section.isVisible()
    many.brush(0.35, 0.6)
    low, high = many.histogram.brush()
    inside = np.flatnonzero((scores >= low) & (scores <= high))
    expected = inside[np.argsort(-scores[inside], kind="stable")]
    assert 40 < len(expected) < 560 and many.order("range") == expected.tolist()
    share = f"{len(expected) / MANY:.1%}".replace("%", " %")
    assert section.isVisible() and section.header.note == f"{len(expected)} images · {share}"
    many.view.ensureWidgetVisible(many.view.within)
    many.program.wait(lambda: many.pictures_there("range"))
    known = [image for image in expected.tolist() if many.view.within.picture(image) is not None]
    assert len(known) < 40


def test_that_the_images_in_a_range_scroll_to_the_last_and_another_range_begins_at_its_first(many: Hands) -> None:
    many.brush(0.2, 0.7)
    grid = many.view.within
    many.view.ensureWidgetVisible(grid)
    grid.setFocus()
    many.program.key(Qt.Key.Key_End)
    assert grid.visible_images()[-1] == many.order("range")[-1]
    many.program.wait(lambda: many.pictures_there("range"))
    many.brush(0.3, 0.8)
    assert grid.visible_images()[0] == many.order("range")[0]


def test_that_a_click_or_esc_or_another_unit_takes_the_range_away(hands: Hands) -> None:
    section, program = hands.view.sections["In the range"], hands.program
    hands.brush(0.3, 0.6)
    program.qtbot.mouseClick(hands.histogram, LEFT, pos=hands.histogram.plot_rect().topLeft() + QPoint(5, 9))
    assert hands.histogram.brush() is None and not section.isVisible()
    hands.histogram.setFocus()
    program.key("a", CTRL)
    assert sorted(hands.order("range")) == list(range(FEW))
    program.key(Qt.Key.Key_Escape)
    assert hands.histogram.brush() is None and not section.isVisible()
    hands.brush(0.3, 0.6)
    program.look_at("layer4/5")
    assert hands.histogram.brush() is None and hands.order("range") == []


def test_that_the_maximum_over_space_is_other_scores_and_the_range_of_before_goes(hands: Hands) -> None:
    hands.brush(0.3, 0.6)
    pooling = hands.view.pooling
    pooling.setFocus()
    hands.program.key(Qt.Key.Key_Down)
    scan = hands.panel.scores.scan
    np.testing.assert_array_equal(hands.scores(), scan.scores("layer4", "maximum")[:, 3])
    assert hands.histogram.brush() is None
    assert hands.order()[0] == hands.scores().argmax()


@pytest.mark.parametrize("name", ["log", "normal", "by_class"])
def test_that_a_button_changes_how_the_bars_are_drawn(hands: Hands, name: str) -> None:
    before = hands.histogram.grab().toImage()
    hands.click(getattr(hands.view, name))
    assert hands.histogram.grab().toImage() != before
    hands.click(getattr(hands.view, name))
    assert hands.histogram.grab().toImage() == before


def test_that_a_class_under_the_pointer_stands_out_in_the_histogram(hands: Hands) -> None:
    bars = hands.view.prefers
    hands.view.ensureWidgetVisible(bars)
    hands.program.qtbot.mouseMove(bars, QPoint(20, 10))
    assert hands.histogram._highlight == bars.shown()[0]
    hands.program.qtbot.mouseMove(hands.histogram, QPoint(60, 60))
    assert hands.histogram._highlight is None


def test_that_keys_label_the_unit_while_the_focus_is_in_a_grid(hands: Hands) -> None:
    hands.view.top.setFocus()
    hands.program.key("5")
    assert hands.program.session.facts.labels.get("layer4/3") == UnitLabel("object")
    assert [kind for kind, key in hands.view.labels.keys.items() if key.isChecked()] == ["object"]
    hands.click(hands.view.labels.keys["scene"])
    assert hands.program.session.facts.labels.get("layer4/3") == UnitLabel("scene")
    hands.program.key("6")
    assert hands.program.session.facts.labels.get("layer4/3") == UnitLabel()


def test_that_every_control_is_reached_by_tab(hands: Hands) -> None:
    view, reached = hands.view, set()
    hands.histogram.setFocus()
    for _ in range(60):
        hands.program.key(Qt.Key.Key_Tab)
        reached.add(hands.program.window.focusWidget())
    wanted = (view.by_class, view.log, view.normal, view.pooling, view.overlay, view.more, view.top, view.bottom)
    assert {*wanted, view.prefers, view.labels.note} <= reached


@pytest.mark.parametrize("address", ["logit/green", "probability/green", "layer4", "layer4/3[0,1]"])
def test_that_every_kind_of_unit_has_scores(hands: Hands, address: str) -> None:
    hands.program.look_at(address)
    scan = hands.panel.scores.scan
    expected = {
        "logit/green": scan.scores("logits")[:, 1],
        "probability/green": scan.class_probabilities(1),
        "layer4": scan.scores("layer4").mean(1),
        "layer4/3[0,1]": scan.scores("layer4")[:, 3],
    }[address]
    np.testing.assert_allclose(hands.scores(), expected, rtol=1e-6)
    hands.program.wait(lambda: "canvas" in hands.histogram._markers)
    assert ("whole channel" in hands.view.unit.text()) == address.endswith("]")


def test_that_the_best_real_image_is_told_only_where_the_canvas_maximises_the_same(hands: Hands) -> None:
    told: list[object] = []
    hands.program.session.events.best_real_changed.connect(told.append)
    cases = [
        ("layer4/5", 0, channel(5)),
        ("layer4/5", 1, None),
        ("logit/red", 1, ClassLogit(2)),
        ("layer4/5[0,0]", 0, None),
    ]
    for address, pooling, unit in cases:
        told.clear()
        hands.program.look_at(address)
        hands.view.pooling.setCurrentIndex(pooling)
        hands.program.wait(lambda: told)
        best = pytest.approx(float(hands.scores().max()))
        assert told == [None if unit is None else (unit, best)]


def test_that_without_scores_there_are_no_empty_boxes(open_program: Opens, places: Path) -> None:
    hands = Hands(open_program(wanting(places / "small.json", places / "few", unit="")).wake())
    view = hands.view
    hidden = (view.statistics, view.sections["Most excited"], view.more, view.overlay, view.by_class, view.prefers)
    assert not any(widget.isVisible() for widget in hidden) and view.labels.isVisible()
    assert hands.histogram._placeholder == "Choose a channel or a class"
    hands.program.look_at("layer4/3")
    assert hands.histogram._placeholder == "No scores yet" and hands.offer.start.text() == "Scan 60 images"
    hands.scan()
    assert all(widget.isVisible() for widget in hidden)


def test_that_undo_goes_back_to_the_unit_of_before(hands: Hands) -> None:
    first = hands.scores()
    hands.program.look_at("layer4/5")
    hands.program.window.menus.undo.trigger()
    assert hands.view.unit.text() == "layer4/3"
    np.testing.assert_array_equal(hands.scores(), first)
