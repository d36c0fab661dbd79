from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.histogram.scan_offer import ScanOffer
from gui.text import size_text

ENTER = Qt.Key.Key_Return


@pytest.fixture
def offer(qtbot: QtBot) -> ScanOffer:
    """Give an offer between two fields of a window."""
    window = QWidget()
    qtbot.addWidget(window)
    column, made = QVBoxLayout(window), ScanOffer()
    for widget in (QLineEdit(), made, QLineEdit()):
        column.addWidget(widget)
    window.resize(340, 300)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    made.keep = window  # type: ignore[attr-defined]
    return made


def show(offer: ScanOffer, state: str, done: int = 256, pace: str = "") -> None:
    offer.show_state(state, done, 1024, 126.4, pace)


@pytest.mark.parametrize(
    ("state", "buttons", "words"),
    [
        ("absent", ["Scan 1,024 images"], "(126 MB)"),
        ("partial", ["Go on scanning"], "256 of 1,024 images are scanned; what is shown is of these."),
        ("waiting", ["Pause", "Cancel"], "256 of 1,024 images · waits until the device is free"),
        ("running", ["Pause", "Cancel"], "256 of 1,024 images · 75 images/s · 34 s left"),
        ("paused", ["Resume", "Cancel"], "256 of 1,024 images · paused"),
    ],
)
def test_that_each_state_has_its_words_and_buttons(
    offer: ScanOffer, state: str, buttons: list[str], words: str
) -> None:
    show(offer, state, pace="75 images/s · 34 s left")
    seen = [button.text() for button in (offer.start, offer.pause, offer.cancel) if button.isVisible()]
    assert seen == buttons and words in offer.words.text()
    assert offer.bar.isVisible() == (state != "absent") and offer.bar.value() == 250


@pytest.mark.parametrize("state", ["none", "complete"])
def test_that_nothing_is_said_where_there_is_nothing_to_do(offer: ScanOffer, state: str) -> None:
    show(offer, "running")
    show(offer, state)
    assert not offer.isVisible()


def test_that_before_the_first_rate_there_is_only_the_count(offer: ScanOffer) -> None:
    show(offer, "running", 0)
    assert offer.words.text() == "0 of 1,024 images"


def test_that_clicks_and_enter_press_the_buttons_and_clicks_take_no_focus(qtbot: QtBot, offer: ScanOffer) -> None:
    heard: list[str] = []
    for name in ("start", "pause", "cancel"):
        getattr(offer, f"{name}_wanted").connect(lambda name=name: heard.append(name))
    show(offer, "partial")
    qtbot.mouseClick(offer.start, Qt.MouseButton.LeftButton)
    assert not offer.start.hasFocus()
    show(offer, "running")
    for button in (offer.pause, offer.cancel):
        button.setFocus()
        qtbot.keyClick(button, ENTER)
    assert heard == ["start", "pause", "cancel"]


def test_that_the_focus_of_a_button_that_goes_is_given_to_the_one_that_comes(offer: ScanOffer) -> None:
    show(offer, "absent")
    offer.start.setFocus()
    show(offer, "waiting")
    assert offer.pause.hasFocus()
    show(offer, "paused")
    assert offer.start.hasFocus()
    offer.cancel.setFocus()
    show(offer, "running")
    assert offer.cancel.hasFocus()


@pytest.mark.parametrize(("megabytes", "text"), [(0.2, "1 MB"), (126.4, "126 MB"), (999.0, "999 MB"), (1340, "1.3 GB")])
def test_that_sizes_are_said_in_the_unit_that_fits(megabytes: float, text: str) -> None:
    assert size_text(megabytes) == text
