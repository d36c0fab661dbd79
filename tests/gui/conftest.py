"""The program, opened for a test and closed after it; a widget alone on the screen; a panel at the end of a scan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.theme import apply_theme
from tests.program import Program

if TYPE_CHECKING:
    from tests.scanned import Hands  # torch, which other tests want unimported

Opens = Callable[..., Program]


@pytest.fixture
def open_program(qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Program]]:
    """Give a function that opens the program; every one is closed at the end of the test."""
    # Quitting would leave pytest-qt without an event loop for the tests that follow.
    monkeypatch.setattr(QApplication, "exit", lambda code=0: None)
    # What the window sets, the tests after it must not see.
    monkeypatch.setenv("FILTERSCOPE_DATA", "")
    monkeypatch.delenv("FILTERSCOPE_DATA")
    apply_theme(qapp, "dark")
    opened: list[Program] = []

    def open_one(*arguments: Any, **named: Any) -> Program:
        opened.append(Program(qtbot, *arguments, **named))
        return opened[-1]

    yield open_one
    for program in opened:
        program.close()


@pytest.fixture
def program(open_program: Callable[..., Program]) -> Program:
    """Give the program as it is a moment after its start: shipped network, probe set, no unit yet."""
    return open_program().wake()


@pytest.fixture
def no_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the tests the pictures of the model browser, which would take the compute thread for seconds."""
    monkeypatch.setattr("gui.browser.panel.ModelBrowser._compute_wall", lambda _browser: None)


@pytest.fixture
def hands(open_program: Opens, places: Path) -> Hands:
    """Give the panel with 60 images that are scanned, and no range drawn."""
    return scanned(open_program, places / "small.json", places / "few")


@pytest.fixture
def many(open_program: Opens, places: Path) -> Hands:
    """Give the panel with 600 images that are scanned."""
    return scanned(open_program, places / "small.json", places / "many")


def scanned(open_program: Opens, network: Path, images: Path) -> Hands:
    from tests.scanned import Hands, wanting

    return Hands(open_program(wanting(network, images)).wake()).scan()


@pytest.fixture
def show_dark(qtbot: QtBot, qapp: QApplication) -> Callable[..., Any]:
    """Give a function that shows a widget in the dark theme, in a size; where no height is said, in its own."""
    apply_theme(qapp, "dark")

    def show(widget: QWidget, width: int, height: int | None = None) -> QWidget:
        qtbot.addWidget(widget)
        widget.resize(width, widget.height() if height is None else height)
        widget.show()
        return widget

    return show
