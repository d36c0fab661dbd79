"""The program, opened for a test and closed after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.theme import DARK, apply_theme, tokens
from tests.program import Program


@pytest.fixture
def open_program(qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Program]]:
    """Give a function that opens the program; every one is closed at the end of the test."""
    # Quitting would leave pytest-qt without an event loop for the tests that follow.
    monkeypatch.setattr(QApplication, "exit", lambda code=0: None)
    # What the window sets, the tests after it must not see.
    monkeypatch.setenv("FILTERSCOPE_DATA", "")
    monkeypatch.delenv("FILTERSCOPE_DATA")
    if tokens() is not DARK:  # It takes longer than the rest.
        apply_theme(qapp, "dark")
    opened: list[Program] = []

    def open_one(*arguments: Any, **named: Any) -> Program:
        opened.append(Program(qtbot, *arguments, **named))
        return opened[-1]

    yield open_one
    for program in opened:
        program.close()
        # Python lets go of it when it likes, and every window there is makes the theme slower.
        shiboken6.delete(program.window)


@pytest.fixture
def program(open_program: Callable[..., Program]) -> Program:
    """Give the program as it is a moment after its start: shipped network, probe set, no unit yet."""
    return open_program().wake()


@pytest.fixture
def no_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the tests the pictures of the model browser, which would take the compute thread for seconds."""
    monkeypatch.setattr("gui.panels.model_browser.ModelBrowser._compute_wall", lambda _browser: None)
