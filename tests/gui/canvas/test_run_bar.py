"""The run's buttons: what fits beside each other, and what the keys do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gui.canvas.run import RunState
from gui.canvas.run_bar import RunBar


def button(bar: RunBar, words: str) -> QPushButton:
    return next(button for button in bar.findChildren(QPushButton) if words in button.text())


def test_that_the_presets_go_below_the_buttons_where_it_is_narrow(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    bar = RunBar(window)
    window.resize(700, 100)
    bar.resize(600, 40)
    window.show()
    qtbot.waitExposed(window)
    presets, restart = bar.findChild(QComboBox), button(bar, "Restart")
    wide = bar.minimumSizeHint().width()
    assert presets.y() < restart.geometry().bottom() and wide < 400
    bar.resize(wide, 90)
    qtbot.waitUntil(lambda: presets.y() > restart.geometry().bottom())
    assert presets.geometry().right() <= bar.width()
    bar.resize(600, 90)
    qtbot.waitUntil(lambda: presets.x() > restart.geometry().right())


def test_that_enter_presses_the_button_that_has_the_focus_and_tab_goes_on(qtbot: QtBot) -> None:
    bar, heard = RunBar(), []
    qtbot.addWidget(bar)
    bar.toggled.connect(lambda: heard.append("toggled"))
    bar.show_state(RunState.IDLE, runnable=True)
    bar.show()
    qtbot.waitExposed(bar)
    run = button(bar, "Run")
    run.setFocus()
    qtbot.keyClick(run, Qt.Key.Key_Return)
    assert heard == ["toggled"]
    qtbot.keyClick(run, Qt.Key.Key_Tab)
    assert bar.focusWidget() is not run
