from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from gui.theme import DARK, LIGHT, Tokens, apply_theme, heading_font, style_sheet, text_font, theme_manager, tokens


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
        assert colours.accent in qapp.styleSheet()


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


def test_that_no_name_is_left_open_and_no_foreign_colour_stands_in_the_style_sheet() -> None:
    sheet = style_sheet(LIGHT)
    assert "$" not in sheet
    assert set(re.findall(r"#[0-9a-f]{6}", sheet)) <= set(asdict(LIGHT).values())


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
