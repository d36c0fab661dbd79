from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from backend.jobs import KINDS, UnitLabel
from gui.theme import DARK, LIGHT, apply_theme
from gui.units.label_keys import LabelKeys

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


class Heard(list[tuple[str, str]]):
    """What the keys say, in order."""

    def __init__(self, keys: LabelKeys) -> None:
        super().__init__()
        keys.kind_chosen.connect(lambda kind: self.append(("kind", kind)))
        keys.note_edited.connect(lambda note: self.append(("note", note)))


@pytest.fixture
def keys(qtbot: QtBot, qapp: QApplication) -> Iterator[LabelKeys]:
    apply_theme(qapp, "dark")
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    made = LabelKeys()
    column.addWidget(made)
    window.resize(300, 200)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    # A fixture that returned would let go of the window.
    yield made


@pytest.fixture
def heard(keys: LabelKeys) -> Heard:
    return Heard(keys)


def down(keys: LabelKeys) -> list[str]:
    return [kind for kind, key in keys.keys.items() if key.isChecked()]


def test_that_there_is_a_key_for_each_kind_in_order(keys: LabelKeys) -> None:
    assert tuple(keys.keys) == KINDS
    assert keys.keys["part"].toolTip() == "Label this unit as part, or no longer (4)"
    assert keys.keys["part"].accessibleName() == "Label as part"


def test_that_a_press_says_the_kind_and_a_second_press_takes_it_away(
    qtbot: QtBot, keys: LabelKeys, heard: Heard
) -> None:
    qtbot.mouseClick(keys.keys["part"], LEFT)
    assert down(keys) == ["part"]
    qtbot.mouseClick(keys.keys["part"], LEFT)
    assert down(keys) == [] and heard == [("kind", "part"), ("kind", "")]


def test_that_one_key_at_most_is_down(qtbot: QtBot, keys: LabelKeys, heard: Heard) -> None:
    for kind in KINDS:
        qtbot.mouseClick(keys.keys[kind], LEFT)
        assert down(keys) == [kind]
    assert heard == [("kind", kind) for kind in KINDS]


def test_that_a_label_is_shown_and_nothing_is_said_of_it(keys: LabelKeys, heard: Heard) -> None:
    keys.set_label(UnitLabel("scene", "the sea"))
    assert down(keys) == ["scene"] and keys.note.text() == "the sea"
    keys.set_label(UnitLabel())
    assert down(keys) == [] and keys.note.text() == ""
    keys.note.setFocus()
    keys.note.clearFocus()
    assert heard == []


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_that_a_key_that_has_the_focus_can_be_pressed_by_keyboard(
    qtbot: QtBot, keys: LabelKeys, heard: Heard, key: Qt.Key
) -> None:
    keys.keys["object"].setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(keys.keys["object"], key)
    assert heard == [("kind", "object")]


def test_that_a_click_leaves_the_focus_where_it_was(qtbot: QtBot, keys: LabelKeys) -> None:
    qtbot.mouseClick(keys.keys["part"], LEFT)
    assert not keys.keys["part"].hasFocus()


# The note


def test_that_enter_takes_the_note_once_and_gives_the_keys_back(qtbot: QtBot, keys: LabelKeys, heard: Heard) -> None:
    qtbot.mouseClick(keys.note, LEFT)
    qtbot.keyClicks(keys.note, "eyes of 2 dogs")
    assert heard == []
    qtbot.keyClick(keys.note, Qt.Key.Key_Return)
    assert heard == [("note", "eyes of 2 dogs")] and not keys.note.hasFocus()


def test_that_leaving_the_field_takes_the_note(qtbot: QtBot, keys: LabelKeys, heard: Heard) -> None:
    keys.set_label(UnitLabel("part", "eye"))
    keys.note.setFocus()
    qtbot.keyClick(keys.note, Qt.Key.Key_End)
    qtbot.keyClicks(keys.note, "s")
    keys.keys["part"].setFocus(Qt.FocusReason.TabFocusReason)
    assert heard == [("note", "eyes")]


def test_that_a_note_can_be_emptied(qtbot: QtBot, keys: LabelKeys, heard: Heard) -> None:
    keys.set_label(UnitLabel("part", "eye"))
    keys.note.setFocus()
    keys.note.selectAll()
    qtbot.keyClick(keys.note, Qt.Key.Key_Delete)
    qtbot.keyClick(keys.note, Qt.Key.Key_Return)
    assert heard == [("note", "")]


def test_that_a_note_that_is_the_same_again_is_not_said(qtbot: QtBot, keys: LabelKeys, heard: Heard) -> None:
    keys.set_label(UnitLabel("part", "eye"))
    keys.note.setFocus()
    qtbot.keyClick(keys.note, Qt.Key.Key_End)
    qtbot.keyClicks(keys.note, "s")
    qtbot.keyClick(keys.note, Qt.Key.Key_Backspace)
    qtbot.keyClick(keys.note, Qt.Key.Key_Return)
    assert keys.note.text() == "eye" and heard == []


def test_that_escape_gives_up_what_was_typed(qtbot: QtBot, keys: LabelKeys, heard: Heard) -> None:
    keys.set_label(UnitLabel("part", "eye"))
    keys.note.setFocus()
    qtbot.keyClicks(keys.note, "nonsense")
    qtbot.keyClick(keys.note, Qt.Key.Key_Escape)
    assert keys.note.text() == "eye" and not keys.note.hasFocus() and heard == []


def test_that_a_kind_pressed_while_a_note_is_typed_loses_neither(qtbot: QtBot, keys: LabelKeys, heard: Heard) -> None:
    # As the session does: each change comes back as the label that holds now.
    label = UnitLabel()

    def change(**changed: str) -> None:
        nonlocal label
        label = UnitLabel(**{"kind": label.kind, "note": label.note, **changed})
        keys.set_label(label)

    keys.note_edited.connect(lambda note: change(note=note))
    keys.kind_chosen.connect(lambda kind: change(kind=kind))
    keys.note.setFocus()
    qtbot.keyClicks(keys.note, "eye")
    qtbot.mouseClick(keys.keys["part"], LEFT)
    assert label == UnitLabel("part", "eye") and down(keys) == ["part"] and keys.note.text() == "eye"
    assert heard == [("note", "eye"), ("kind", "part")]


def test_that_a_shortcut_of_the_window_comes_after_the_note(qtbot: QtBot, keys: LabelKeys, heard: Heard) -> None:
    shortcut = QShortcut(QKeySequence("Ctrl+R"), keys.window())
    shortcut.activated.connect(lambda: heard.append(("shortcut", "")))
    keys.note.setFocus()
    qtbot.keyClicks(keys.note, "Eye")
    qtbot.keyClick(keys.note, Qt.Key.Key_R, CTRL)
    assert heard == [("note", "Eye"), ("shortcut", "")]


def test_that_undo_belongs_to_the_window_unless_something_is_typed(qtbot: QtBot, keys: LabelKeys, heard: Heard) -> None:
    shortcut = QShortcut(QKeySequence("Ctrl+Z"), keys.window())
    shortcut.activated.connect(lambda: heard.append(("undo", "")))
    keys.note.setFocus()
    qtbot.keyClicks(keys.note, "e")
    qtbot.keyClick(keys.note, Qt.Key.Key_Z, CTRL)
    assert keys.note.text() == "" and heard == []
    keys.set_label(UnitLabel("part", "eye"))
    qtbot.keyClick(keys.note, Qt.Key.Key_Z, CTRL)
    assert keys.note.text() == "eye" and heard == [("undo", "")]


def test_that_showing_the_same_label_again_leaves_the_cursor(qtbot: QtBot, keys: LabelKeys) -> None:
    keys.set_label(UnitLabel("part", "an eye"))
    keys.note.setFocus()
    keys.note.setCursorPosition(2)
    keys.set_label(UnitLabel("object", "an eye"))
    assert keys.note.cursorPosition() == 2


# No unit, little room, the theme


def test_that_without_a_unit_nothing_can_be_pressed_or_typed(qtbot: QtBot, keys: LabelKeys, heard: Heard) -> None:
    keys.setEnabled(False)
    qtbot.mouseClick(keys.keys["part"], LEFT)
    qtbot.mouseClick(keys.note, LEFT)
    assert heard == [] and down(keys) == [] and not keys.note.hasFocus()


@pytest.mark.parametrize(("width", "lines"), [(600, 1), (300, 2), (272, 2), (150, 6), (190, 3)])
def test_that_the_keys_go_on_in_the_next_line(qtbot: QtBot, keys: LabelKeys, width: int, lines: int) -> None:
    keys.window().resize(width, 320)
    qtbot.waitUntil(lambda: keys.width() == width)
    boxes = [key.geometry() for key in keys.keys.values()]
    found = len({box.y() for box in boxes})
    # Fonts differ between machines by a few pixels.
    assert found == lines if width >= 272 else 3 <= found <= 6
    assert all(box.right() < width for box in boxes)
    assert all(not one.intersects(other) for one, other in pairwise(boxes))
    assert keys.note.y() > max(box.bottom() for box in boxes) and keys.note.width() == width


@pytest.mark.parametrize(("theme", "colours"), [("dark", DARK), ("light", LIGHT)])
def test_that_the_ground_of_a_key_says_what_it_is(
    qapp: QApplication, keys: LabelKeys, theme: Any, colours: Any
) -> None:
    apply_theme(qapp, theme)
    keys.set_label(UnitLabel("part"))

    def ground(kind: str) -> QColor:
        key = keys.keys[kind]
        return key.grab().toImage().pixelColor(4, key.height() // 2)

    assert ground("part") == QColor(colours.selection) and ground("scene") == QColor(colours.raised)
    keys.setEnabled(False)
    assert ground("part") == QColor(colours.panel)


def test_that_the_digit_is_quieter_than_the_kind(qtbot: QtBot, keys: LabelKeys) -> None:
    key = keys.keys["material"]
    image = key.grab().toImage()
    half = 10 + key.fontMetrics().horizontalAdvance("3") + 2

    def brightest(left: int, right: int) -> int:
        return max(image.pixelColor(x, y).lightness() for x in range(left, right) for y in range(4, 24))

    assert brightest(half, key.width() - 4) > QColor(DARK.quiet).lightness() >= brightest(6, half)
