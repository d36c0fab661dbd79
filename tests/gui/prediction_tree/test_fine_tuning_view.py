"""The fine-tuning column by itself: choices, class, settings, progress, result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QWheelEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backend.jobs import FineTuning, FineTuningRow, FineTuningSettings, Progress
from gui.prediction_tree.fine_tuning_table import FineTuningTable, change_text
from gui.prediction_tree.fine_tuning_view import FineTuningView, NewImages
from gui.text import count_text
from tests.program import LEFT, NO_KEY, Program, files, save_picture

WRONG = NewImages("12 of horse, seen wrongly", "cifar10/test", (4, 7), tip="seen wrongly")
FLAT = NewImages("zebras · 5 images", "/zebras", needs_class=True)
NAMED = NewImages("horse · 5 images", "/horse", needs_class=True, class_name="horse")
NOT_NOW = NewImages("Seen wrongly: scan first", tip="Scan first.")
ROWS = (
    FineTuningRow("filters on the paths", 117_606, 0.0, 0.9, 0.92, 0.91),
    FineTuningRow("last layer", 640, 0.0, 0.4, 0.92, 0.90),
    FineTuningRow("all weights", 2_797_610, 0.0, 1.0, 0.92, 0.09),
)
RESULT = FineTuning(ROWS, 55, 55, True, 9890, 110, "layer4", 51, 256, ("horse",))


@pytest.fixture
def view(qtbot: QtBot) -> FineTuningView:
    view = FineTuningView()
    qtbot.addWidget(view)
    view.resize(260, 700)
    view.set_classes(("cat", "dog", "horse"))
    view.show()
    return view


def test_that_what_cannot_be_chosen_is_offered_and_not_taken(view: FineTuningView) -> None:
    view.set_choices([NOT_NOW])
    assert view.chosen() is None and view.images.count() == 1 and view.images.currentIndex() == -1
    assert view.images.itemData(0, Qt.ItemDataRole.ToolTipRole) == "Scan first."
    assert not view.images.model().flags(view.images.model().index(0, 0)) & Qt.ItemFlag.ItemIsEnabled
    view.set_choices([NOT_NOW, FLAT])
    assert view.chosen() == FLAT


def test_that_a_choice_lasts_until_another_is_named(view: FineTuningView, qtbot: QtBot) -> None:
    view.set_choices([WRONG, FLAT])
    assert view.chosen() == WRONG
    qtbot.keyClick(view.images, Qt.Key.Key_Down)
    assert view.chosen() == FLAT
    view.set_choices([WRONG, NAMED, FLAT])
    assert view.chosen() == FLAT
    view.set_choices([WRONG, NAMED], NAMED.text)
    assert view.chosen() == NAMED


def test_that_a_class_is_asked_for_only_where_none_is_known(view: FineTuningView, qtbot: QtBot) -> None:
    edited = QSignalSpy(view.edited)
    view.set_choices([WRONG, FLAT, NAMED])
    assert not view.class_name.isVisible() and view.label() is None
    qtbot.keyClick(view.images, Qt.Key.Key_Down)
    assert view.class_name.isVisible() and view.class_name.currentIndex() == -1 and view.label() is None
    before = edited.count()
    qtbot.keyClick(view.class_name, Qt.Key.Key_D)
    assert view.label() == 1 and edited.count() > before
    # What was said holds when the choices are offered anew.
    view.set_choices([WRONG, FLAT, NAMED])
    assert view.label() == 1
    qtbot.keyClick(view.images, Qt.Key.Key_Down)
    assert view.label() == 2


def test_that_settings_are_those_of_the_core_until_they_are_typed(view: FineTuningView, qtbot: QtBot) -> None:
    assert view.settings() == FineTuningSettings()
    assert view.rate.text() == "0.001"
    view.rate.selectAll()
    qtbot.keyClicks(view.rate, "0.0005")
    view.epochs.selectAll()
    qtbot.keyClicks(view.epochs, "7")
    assert view.settings() == FineTuningSettings(epochs=7, learning_rate=0.0005)
    assert view.rate.text() == "0.0005"


def test_that_the_wheel_scrolls_the_card_and_changes_nothing(view: FineTuningView) -> None:
    for field in (view.epochs, view.rate):
        centre = QPointF(field.rect().center())
        wheel = QWheelEvent(
            centre,
            centre,
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            NO_KEY,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(field, wheel)
        assert not wheel.isAccepted()
    assert view.settings() == FineTuningSettings()


def test_that_it_says_what_is_missing_how_far_it_is_and_that_it_ends(view: FineTuningView, qtbot: QtBot) -> None:
    view.show_state("Build a tree first.")
    assert not view.run.isEnabled() and view.state.text() == "Build a tree first."
    view.show_state("")
    assert view.run.isEnabled() and not view.state.isVisible() and not view.cancel.isVisible()
    with qtbot.waitSignal(view.run_wanted):
        qtbot.mouseClick(view.run, LEFT)
    view.show_progress(None, None)
    assert view.state.text() == "waits until the device is free" and not view.run.isVisible()
    view.show_progress(Progress(300, 1000, "images"), 26.0)
    assert view.state.text() == "30 % · 26 s left" and view.bar.value() == 300
    assert not view.images.isEnabled() and not view.epochs.isEnabled()
    with qtbot.waitSignal(view.cancel_wanted):
        qtbot.mouseClick(view.cancel, LEFT)
    view.show_ending()
    assert not view.cancel.isEnabled() and view.state.text() == "Ending…"
    view.show_state("")
    assert view.run.isVisible() and view.images.isEnabled() and not view.bar.isVisible()


def test_that_the_keyboard_stays_with_the_button_that_takes_the_place(view: FineTuningView, qtbot: QtBot) -> None:
    view.show_state("")
    with qtbot.waitActive(view):
        view.activateWindow()
    view.run.setFocus(Qt.FocusReason.TabFocusReason)
    view.show_progress(None, None)
    assert view.cancel.hasFocus()
    view.show_state("")
    assert view.run.hasFocus()


def test_that_a_result_is_three_rows_and_what_they_come_to(view: FineTuningView) -> None:
    assert not view.table.isVisible()
    view.show_result(RESULT, "110 of horse, seen wrongly · 20 epochs at 0.001")
    assert view.table.rows() == (
        ("filters on the paths", "117.6 K", "0.0 → 90.0", "92.0 → 91.0"),
        ("last layer", "640", "0.0 → 40.0", "92.0 → 90.0"),
        ("all weights", "2.8 M", "0.0 → 100.0", "92.0 → 9.0"),
    )
    assert "last layer: 640 weights, new images 0.0 → 40.0" in view.table.accessibleDescription()
    assert view.conclusion.text() == RESULT.conclusion and "20 epochs" in view.of.text()
    for words in ("All new images are of horse", "51 of the 256 filters", "Trained on 55 of 110"):
        assert words in view.remarks.text()
    view.show_result(None, "")
    assert view.table.rows() == () and not view.conclusion.isVisible() and not view.remarks.isVisible()


def test_that_the_name_of_a_class_is_no_markup(view: FineTuningView) -> None:
    view.show_result(replace(RESULT, new_classes=("<b>x</b>",)), "")
    assert "&lt;b&gt;x" in view.remarks.text()


def test_that_nothing_is_wider_than_a_narrow_column(view: FineTuningView) -> None:
    view.set_choices([replace(WRONG, text="1,463 of all the classes there are, seen wrongly")])
    view.show_result(RESULT, "1,463 images seen wrongly · 20 epochs at 0.001")
    assert view.minimumSizeHint().width() <= 240


@pytest.mark.parametrize("folder", [True, False])
def test_that_folders_can_be_dropped_and_pictures_are_left_to_others(
    view: FineTuningView, tmp_path: Path, folder: bool
) -> None:
    data = files(tmp_path if folder else save_picture(tmp_path / "one.png"))
    dropped = QSignalSpy(view.folder_dropped)
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, LEFT, NO_KEY)
    view.dragEnterEvent(enter)
    assert enter.isAccepted() == folder
    Program.drop(None, view, data)  # type: ignore[arg-type]
    assert [dropped.at(place)[0] for place in range(dropped.count())] == ([str(tmp_path)] if folder else [])


@pytest.mark.parametrize(("count", "text"), [(0, "0"), (999, "999"), (999_949, "999.9 K"), (999_951, "1.0 M")])
def test_that_weights_are_counted_in_few_figures(count: int, text: str) -> None:
    assert count_text(count) == text


def test_that_shares_have_one_decimal() -> None:
    assert change_text(0.123, 1.0) == "12.3 → 100.0"


def test_that_the_table_is_painted_at_any_width(qtbot: QtBot) -> None:
    table = FineTuningTable()
    qtbot.addWidget(table)
    assert table.sizeHint().height() == 0
    table.grab()
    table.set_result(RESULT)
    for width in (120, 240, 600):
        table.resize(width, table.sizeHint().height())
        assert not table.grab().isNull()
