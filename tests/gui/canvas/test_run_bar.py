"""The run's buttons: what fits beside each other, and what the keys do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.canvas.run import RunState
from gui.canvas.run_bar import RunBar


def test_that_the_presets_go_below_the_buttons_where_it_is_narrow(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    bar = RunBar(window)
    window.resize(700, 100)
    bar.resize(600, 40)
    window.show()
    qtbot.waitExposed(window)
    wide = bar.minimumSizeHint().width()
    assert bar._presets.y() < bar._restart.geometry().bottom() and wide < 400
    bar.resize(wide, 90)
    qtbot.waitUntil(lambda: bar._presets.y() > bar._restart.geometry().bottom())
    assert bar._presets.geometry().right() <= bar.width()
    bar.resize(600, 90)
    qtbot.waitUntil(lambda: bar._presets.x() > bar._restart.geometry().right())


def test_that_enter_presses_the_button_that_has_the_focus_and_tab_goes_on(qtbot: QtBot) -> None:
    bar, heard = RunBar(), []
    qtbot.addWidget(bar)
    bar.toggled.connect(lambda: heard.append("toggled"))
    bar.show_state(RunState.IDLE, runnable=True)
    bar.show()
    qtbot.waitExposed(bar)
    bar._toggle.setFocus()
    qtbot.keyClick(bar._toggle, Qt.Key.Key_Return)
    assert heard == ["toggled"]
    qtbot.keyClick(bar._toggle, Qt.Key.Key_Tab)
    assert bar.focusWidget() is not bar._toggle
