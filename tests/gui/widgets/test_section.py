from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gui.widgets.section import Section


def section(qtbot: QtBot, **options: bool) -> tuple[Section, QLabel]:
    made = Section("Settings", **options)
    qtbot.addWidget(made)
    content = QLabel("content")
    made.body.addWidget(content)
    made.resize(240, 120)
    made.show()
    return made, content


def test_that_a_click_on_the_heading_folds_and_opens(qtbot: QtBot) -> None:
    made, content = section(qtbot)
    heard: list[bool] = []
    made.toggled.connect(heard.append)
    assert content.isVisible()
    qtbot.mouseClick(made.header, Qt.MouseButton.LeftButton)
    assert not content.isVisible() and made.folded
    qtbot.mouseClick(made.header, Qt.MouseButton.LeftButton)
    assert content.isVisible() and heard == [True, False]


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_that_keys_fold_and_open(qtbot: QtBot, key: Qt.Key) -> None:
    made, content = section(qtbot, folded=True)
    assert not content.isVisible()
    qtbot.keyClick(made.header, key)
    assert content.isVisible()
    qtbot.keyClick(made.header, key)
    assert not content.isVisible()


def test_that_a_section_that_does_not_fold_cannot_be_folded_by_hand(qtbot: QtBot) -> None:
    made, content = section(qtbot, foldable=False)
    qtbot.mouseClick(made.header, Qt.MouseButton.LeftButton)
    qtbot.keyClick(made.header, Qt.Key.Key_Space)
    assert content.isVisible()


def test_that_a_note_is_drawn_and_what_does_not_fit_is_in_the_tooltip(qtbot: QtBot) -> None:
    made, _ = section(qtbot)
    plain = made.header.grab().toImage()
    made.set_note("3 changed")
    assert made.header.grab().toImage() != plain
    assert made.header.toolTip() == ""
    made.set_title("A heading much too long for a section of this width")
    made.header.grab()
    assert made.header.toolTip() == "A heading much too long for a section of this width · 3 changed"


def test_that_the_heading_has_a_name_for_a_screen_reader(qtbot: QtBot) -> None:
    made, _ = section(qtbot)
    assert made.header.accessibleName() == "Settings"
