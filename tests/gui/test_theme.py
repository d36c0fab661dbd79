from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QApplication, QFrame, QPushButton, QVBoxLayout
from pytestqt.qtbot import QtBot

from gui.theme import (
    DARK,
    LIGHT,
    ROLES,
    STYLE_SHEET,
    Tokens,
    apply_theme,
    heading_font,
    palette,
    text_font,
    theme_manager,
    tokens,
)


@pytest.fixture(autouse=True)
def dark_again(qapp: QApplication) -> Iterator[None]:
    yield
    apply_theme(qapp, "dark")


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_that_text_can_be_read_on_every_surface(colours: Tokens) -> None:
    for surface in (colours.ground, colours.panel, colours.raised):
        assert contrast(colours.text, surface) >= 7
        assert contrast(colours.quiet, surface) >= 4.5
        for mark in (colours.accent, colours.path, colours.good, colours.warn):
            assert contrast(mark, surface) >= 3
    assert contrast(colours.text, colours.selection) >= 7
    assert contrast(colours.on_accent, colours.primary) >= 4.5


def test_that_the_choice_changes_tokens_palette_and_style(qapp: QApplication) -> None:
    for choice, colours in (("light", LIGHT), ("dark", DARK)):
        apply_theme(qapp, choice)
        assert tokens() == colours
        assert qapp.palette().window().color() == QColor(colours.panel)
        assert qapp.palette().link().color() == QColor(colours.accent)


def test_that_painters_hear_of_a_change(qtbot: QtBot, qapp: QApplication) -> None:
    with qtbot.waitSignal(theme_manager().changed, timeout=1000):
        apply_theme(qapp, "light")


def test_that_there_is_one_manager_however_often_a_theme_is_applied(qapp: QApplication) -> None:
    first = theme_manager()
    apply_theme(qapp, "light")
    assert theme_manager() is first


def test_that_system_follows_the_desktop_and_a_fixed_choice_does_not(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    hints = qapp.styleHints()
    desktop = {"scheme": Qt.ColorScheme.Light}
    monkeypatch.setattr(type(hints), "colorScheme", lambda _self: desktop["scheme"])
    apply_theme(qapp, "system")
    assert tokens() == LIGHT
    desktop["scheme"] = Qt.ColorScheme.Dark
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert tokens() == DARK
    apply_theme(qapp, "dark")
    desktop["scheme"] = Qt.ColorScheme.Light
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert tokens() == DARK


def test_that_no_name_is_left_open_and_no_foreign_colour_stands_in_the_style_sheet(qapp: QApplication) -> None:
    assert "$" not in STYLE_SHEET
    assert not re.findall(r"#[0-9a-f]{6}", STYLE_SHEET)
    for colours in (DARK, LIGHT):
        made = palette(colours)
        # The style sheet reads a token in the first of its roles, so no two tokens may share one.
        for token, roles in ROLES.items():
            assert {made.color(role).name() for role in roles} == {asdict(colours)[token]}


@pytest.mark.parametrize("shown", [True, False], ids=["shown", "shown later"])
def test_that_what_was_dressed_once_is_dressed_anew(qtbot: QtBot, qapp: QApplication, shown: bool) -> None:
    """A style sheet holds on to the colours of the palette that it was first read with."""
    apply_theme(qapp, "dark")
    box, button = QFrame(), QPushButton("Run")
    button.setProperty("primary", True)
    box.setProperty("role", "chip")
    line = QVBoxLayout(box)
    line.addWidget(button)
    qtbot.addWidget(box)
    box.resize(120, 60)
    box.show()
    box.setVisible(shown)
    for choice, colours in (("light", LIGHT), ("dark", DARK)):
        apply_theme(qapp, choice)
        shot = box.grab().toImage()
        assert shot.pixelColor(60, 4) == QColor(colours.raised)
        assert shot.pixelColor(button.pos() + QPoint(4, 10)) == QColor(colours.primary)


def test_that_a_window_full_of_widgets_is_dressed_at_once(qtbot: QtBot, qapp: QApplication) -> None:
    """Not by the clock, which other programs share: by what no change of colours needs, a new layout of everything."""
    window, laid_out = QFrame(), []

    class Watched(QPushButton):
        def event(self, event: QEvent) -> bool:
            laid_out.extend([self] if event.type() == QEvent.Type.StyleChange else [])
            return bool(super().event(event))

    line = QVBoxLayout(window)
    for text in "abc":
        line.addWidget(Watched(text))
    qtbot.addWidget(window)
    window.show()
    laid_out.clear()
    apply_theme(qapp, "light")
    assert not laid_out


def test_that_a_primary_button_is_filled(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, "dark")
    button = QPushButton("Run")
    button.setProperty("primary", True)
    qtbot.addWidget(button)
    button.resize(90, 30)
    assert button.grab().toImage().pixelColor(45, 4) == QColor(DARK.primary)


def test_that_figures_are_of_one_width_and_headings_are_capitals() -> None:
    metrics = QFontMetrics(text_font())
    assert len({metrics.horizontalAdvance(figure) for figure in "0123456789"}) == 1
    heading = QFontMetrics(heading_font())
    assert heading.horizontalAdvance("layer") == heading.horizontalAdvance("LAYER")
