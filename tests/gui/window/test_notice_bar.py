from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QEnterEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from backend.errors import ErrorReport
from gui.theme import DARK, apply_theme
from gui.window import notice_bar
from gui.window.notice_bar import MARGIN, Notice, NoticeBar

REPORT = ErrorReport("The weights do not fit", "conv1.weight has another shape.", "Choose another architecture.")


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> QWidget:
    apply_theme(qapp, "dark")
    made = QWidget()
    column = QVBoxLayout(made)
    column.addWidget(NoticeBar())
    column.addWidget(QLineEdit())
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def bar(window: QWidget) -> NoticeBar:
    return window.findChild(NoticeBar)


def shown(bar: NoticeBar) -> list[Notice]:
    notices = [notice for notice in bar.findChildren(Notice) if notice.isVisible()]
    return sorted(notices, key=lambda notice: notice.y())


def test_that_an_error_shows_its_title_what_happened_and_advice(bar: NoticeBar) -> None:
    assert not bar.isVisible()
    bar.show_error(REPORT)
    assert bar.isVisible()
    (notice,) = shown(bar)
    assert [label.text() for label in notice.findChildren(QLabel)] == [REPORT.title, REPORT.happened, REPORT.advice]


def test_that_an_error_has_a_red_edge_and_a_notice_one_in_accent(qapp: QApplication, bar: NoticeBar) -> None:
    bar.show_notice("Stored.")
    bar.show_error(REPORT)
    qapp.processEvents()
    edges = [notice.grab().toImage().pixelColor(1, notice.height() // 2) for notice in shown(bar)]
    assert edges == [QColor(DARK.path), QColor(DARK.accent)]


def test_that_the_newest_is_on_top_and_the_same_text_stands_once(qapp: QApplication, bar: NoticeBar) -> None:
    for text in ("one", "two", "one"):
        bar.show_notice(text)
    qapp.processEvents()
    assert bar.texts() == ["one", "two"]
    assert [notice.words for notice in shown(bar)] == ["one", "two"]


def test_that_more_than_three_wait_for_their_turn(qtbot: QtBot, bar: NoticeBar) -> None:
    for text in "abcde":
        bar.show_notice(text)
    assert len(shown(bar)) == 3
    qtbot.mouseClick(shown(bar)[0].close_button, Qt.MouseButton.LeftButton)
    assert bar.texts() == ["d", "c", "b", "a"]
    assert len(shown(bar)) == 3


def test_that_the_cross_closes_its_own_notice(qtbot: QtBot, qapp: QApplication, bar: NoticeBar) -> None:
    bar.show_notice("one")
    bar.show_notice("two")
    qapp.processEvents()
    qtbot.mouseClick(shown(bar)[1].close_button, Qt.MouseButton.LeftButton)
    assert bar.texts() == ["two"]


def test_that_escape_anywhere_in_the_window_closes_the_newest(qtbot: QtBot, window: QWidget, bar: NoticeBar) -> None:
    bar.show_notice("one")
    bar.show_error(REPORT)
    line = window.findChild(QLineEdit)
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert bar.texts() == ["one"]
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert bar.texts() == [] and not bar.isVisible()


def test_that_the_button_acts_and_closes(qtbot: QtBot, bar: NoticeBar) -> None:
    done: list[str] = []
    bar.show_notice("A dead ReLU.", ("Use the pre-activation", lambda: done.append("done")))
    qtbot.mouseClick(shown(bar)[0].button, Qt.MouseButton.LeftButton)
    assert done == ["done"] and bar.texts() == []


def test_that_what_a_file_says_is_not_markup(bar: NoticeBar) -> None:
    bar.show_notice("<b>bold</b>")
    (label,) = shown(bar)[0].findChildren(QLabel)
    assert label.textFormat() == Qt.TextFormat.PlainText


@pytest.fixture
def over(qtbot: QtBot, qapp: QApplication) -> Iterator[NoticeBar]:
    """Give a bar that lies over a window with a button in it."""
    apply_theme(qapp, "dark")
    around = QWidget()
    around.resize(700, 400)
    column = QVBoxLayout(around)
    column.addWidget(QLineEdit())
    column.addStretch()
    qtbot.addWidget(around)
    bar = NoticeBar(around)
    around.show()
    qtbot.waitExposed(around)
    yield bar


def test_that_notices_lie_in_the_corner_and_move_nothing(qapp: QApplication, over: NoticeBar) -> None:
    around = over.parentWidget()
    field = around.findChild(QLineEdit)
    before = field.geometry()
    over.show_error(REPORT)
    over.show_notice("A notice that says more than stands in one line of a box of this width, and wraps therefore.")
    qapp.processEvents()
    assert field.geometry() == before
    assert around.rect().adjusted(15, 15, -15, -15).contains(over.geometry())
    assert over.geometry().bottomRight() == around.rect().bottomRight() - QPoint(MARGIN, MARGIN)
    higher = over.height()
    over.close_newest()
    qapp.processEvents()
    assert over.height() < higher
    around.resize(300, 300)
    qapp.processEvents()
    assert around.rect().contains(over.geometry())


def test_that_a_notice_is_not_taken_away_while_it_is_read(
    qtbot: QtBot, over: NoticeBar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice_bar, "PASSING", 60)
    monkeypatch.setattr(notice_bar, "PAUSED_LEAVE", 60)
    over.show_notice("Saved.")
    (notice,) = shown(over)
    QApplication.sendEvent(notice, QEnterEvent(QPointF(5, 5), QPointF(5, 5), QPointF(5, 5)))
    qtbot.wait(200)
    assert over.texts() == ["Saved."]
    QApplication.sendEvent(notice, QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: over.texts() == [])
