from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from backend.jobs import Channel, ClassLogit
from gui.window.search import Match
from gui.window.search_box import MatchList, SearchBox

HINT = Match("hint", "layer4 has channels 0 to 255")
DOG = Match("class", "dog", "logit", ClassLogit(5))
FIRST = Match("unit", "layer4/37", "channel", Channel("layer4", 37))
SECOND = Match("unit", "layer4.1/37", "channel", Channel("layer4.1", 37))


class Window(QWidget):
    """A window with something else that can have the focus, and a search that finds what it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.resize(700, 500)
        self.queries: list[str] = []
        self.found = [HINT, FIRST, SECOND, DOG]
        self.other = QPushButton("Other")
        self.box = SearchBox(self.find)
        column = QVBoxLayout(self)
        for widget in (self.box, self.other):
            column.addWidget(widget)
        column.addStretch()

    def find(self, query: str) -> list[Match]:
        self.queries.append(query)
        return self.found

    @property
    def list(self) -> MatchList:
        assert self.box.matches is not None
        return self.box.matches


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    window = Window()
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    window.other.setFocus()
    window.box.setFocus()
    return window


def test_that_matches_come_as_one_types_and_the_line_keeps_the_focus(qtbot: QtBot, window: Window) -> None:
    qtbot.keyClicks(window.box, "l4")
    assert window.queries == ["l", "l4"]
    assert window.list.isVisible() and window.box.hasFocus()
    rows = [window.list.model.index(row).data() for row in range(window.list.model.rowCount())]
    assert rows == ["layer4 has channels 0 to 255", "Units", "layer4/37", "layer4.1/37", "Classes", "dog"]


def test_that_arrows_pass_over_captions_and_hints_and_go_round(qtbot: QtBot, window: Window) -> None:
    qtbot.keyClicks(window.box, "x")
    seen = [window.list.chosen()]
    for _ in range(3):
        qtbot.keyClick(window.box, Qt.Key.Key_Down)
        seen.append(window.list.chosen())
    assert seen == [FIRST, SECOND, DOG, FIRST]
    qtbot.keyClick(window.box, Qt.Key.Key_Up)
    assert window.list.chosen() == DOG


def test_that_enter_chooses_clears_and_gives_the_focus_back(qtbot: QtBot, window: Window) -> None:
    qtbot.keyClicks(window.box, "37")
    qtbot.keyClick(window.box, Qt.Key.Key_Down)
    with qtbot.waitSignal(window.box.unit_chosen) as chosen:
        qtbot.keyClick(window.box, Qt.Key.Key_Return)
    assert chosen.args == [Channel("layer4.1", 37)]
    assert window.box.text() == "" and not window.list.isVisible() and window.other.hasFocus()


def test_that_a_click_chooses_and_a_click_on_a_hint_does_not(qtbot: QtBot, window: Window) -> None:
    qtbot.keyClicks(window.box, "37")
    chosen: list[object] = []
    window.box.unit_chosen.connect(chosen.append)
    view = window.list.view
    for row in (0, 1, 5):
        place = view.visualRect(window.list.model.index(row)).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen == [ClassLogit(5)]


def test_that_an_action_is_given_as_it_is(qtbot: QtBot, window: Window) -> None:
    action = QAction("Undo", window)
    window.found = [Match("action", "Undo", action=action)]
    qtbot.keyClicks(window.box, "undo")
    with qtbot.waitSignal(window.box.action_chosen) as chosen:
        qtbot.keyClick(window.box, Qt.Key.Key_Enter)
    assert chosen.args == [action]


def test_that_esc_clears_closes_and_gives_the_focus_back(qtbot: QtBot, window: Window) -> None:
    qtbot.keyClicks(window.box, "37")
    qtbot.keyClick(window.box, Qt.Key.Key_Escape)
    assert window.box.text() == "" and not window.list.isVisible() and window.other.hasFocus()


def test_that_enter_without_a_match_does_nothing(qtbot: QtBot, window: Window) -> None:
    window.found = [HINT]
    chosen: list[object] = []
    window.box.unit_chosen.connect(chosen.append)
    qtbot.keyClicks(window.box, "layer4 300")
    qtbot.keyClick(window.box, Qt.Key.Key_Return)
    assert chosen == [] and window.box.text() == "layer4 300" and window.list.isVisible()


def test_that_the_list_goes_with_the_focus_and_with_the_last_letter(qtbot: QtBot, window: Window) -> None:
    qtbot.keyClicks(window.box, "3")
    qtbot.keyClick(window.box, Qt.Key.Key_Backspace)
    assert not window.list.isVisible()
    qtbot.keyClicks(window.box, "3")
    assert window.list.isVisible()
    window.other.setFocus()
    assert not window.list.isVisible()


def test_that_the_list_stays_inside_the_window(qtbot: QtBot, window: Window) -> None:
    window.resize(300, 200)
    window.found = [FIRST] * 12
    qtbot.keyClicks(window.box, "3")
    assert window.rect().contains(window.list.geometry())
