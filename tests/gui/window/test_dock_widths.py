"""The docks' widths: a small window squeezes them, a larger one gives back what the user wanted."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from tests.program import LEFT, Program


class Docks:
    """The window in sizes, and its first dock's edge in the mouse's hands."""

    def __init__(self, program: Program, qtbot: QtBot) -> None:
        self.window, self._qtbot = program.window, qtbot
        self.first: QDockWidget = program.window.docks[0]

    def resize(self, width: int) -> list[int]:
        self.window.resize(width, 900)
        self._qtbot.wait(50)
        return [dock.width() for dock in self.window.docks]

    def drag(self, pixels: int) -> None:
        edge = self.first.geometry().topRight() + QPoint(1, 300)
        self._qtbot.mouseMove(self.window, edge)
        self._qtbot.mousePress(self.window, LEFT, pos=edge)
        for part in (pixels // 2, pixels):
            self._qtbot.mouseMove(self.window, edge + QPoint(part, 0))
            self._qtbot.wait(50)
        self._qtbot.mouseRelease(self.window, LEFT, pos=edge + QPoint(pixels, 0))
        self._qtbot.wait(50)


@pytest.fixture
def docks(program: Program, qtbot: QtBot) -> Docks:
    return Docks(program, qtbot)


def test_that_docks_that_a_small_window_squeezed_come_back(docks: Docks) -> None:
    before = docks.resize(1440)
    squeezed = docks.resize(1024)
    assert squeezed[0] < before[0] and squeezed[1] < before[1]
    assert docks.resize(1440) == before


def test_that_a_width_that_the_user_chose_comes_back_too(docks: Docks, qtbot: QtBot) -> None:
    docks.resize(1440)
    docks.drag(80)
    chosen = docks.first.width()
    docks.resize(1024)
    # A click that moves no edge is not a wish for the width that the window left.
    qtbot.mouseClick(docks.window.statusBar(), LEFT)
    assert docks.resize(1600)[0] == chosen
    docks.drag(-60)
    assert docks.resize(1440)[0] == chosen - 60
