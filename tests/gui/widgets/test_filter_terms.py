"""The filters that carry a similarity, as rows with pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.theme import apply_theme
from gui.widgets.filter_terms import ROWS, FilterTerms

LEFT = Qt.MouseButton.LeftButton
NAMES = tuple(f"layer4/{index}" for index in range(9))
TERMS = np.array([0.01, 0.3, -0.2, 0.05, 0.04, 0.0, 0.06, 0.02, 0.1])


@pytest.fixture
def terms(qtbot: QtBot, qapp: QApplication) -> FilterTerms:
    apply_theme(qapp, "dark")
    widget = FilterTerms()
    qtbot.addWidget(widget)
    widget.resize(180, 10)
    widget.set_terms(NAMES, TERMS)
    widget.show()
    return widget


def test_that_the_largest_terms_come_first_and_say_what_they_add(terms: FilterTerms) -> None:
    assert terms.shown() == [1, 8, 6, 3, 4, 7] and len(terms.shown()) == ROWS
    assert terms.sum() == pytest.approx(0.57) and terms.height() == 36 * ROWS
    assert terms.accessibleDescription().startswith("layer4/1 0.30, layer4/8 0.10")
    assert terms.row_tip(0) == "layer4/1 adds 0.30 to the cosine 0.38. Click to look at it."


def test_that_a_row_is_chosen_with_the_mouse_and_with_keys(qtbot: QtBot, terms: FilterTerms) -> None:
    chosen: list[int] = []
    terms.chosen.connect(chosen.append)
    qtbot.mouseMove(terms, terms.row_rect(1).center().toPoint())
    assert terms.cursor().shape() == Qt.CursorShape.PointingHandCursor
    qtbot.mouseClick(terms, LEFT, pos=terms.row_rect(1).center().toPoint())
    qtbot.keyClick(terms, Qt.Key.Key_Down)
    qtbot.keyClick(terms, Qt.Key.Key_Return)
    assert chosen == [8, 6]


def test_that_pictures_appear_when_they_come(terms: FilterTerms) -> None:
    before = terms.grab().toImage()
    terms.set_picture(1, np.full((40, 40, 3), 200, np.uint8))
    terms.set_picture(2, np.full((40, 40, 3), 200, np.uint8))
    assert terms.has_picture(1) and not terms.has_picture(2)
    assert terms.grab().toImage() != before
    terms.set_terms(NAMES[:2], -TERMS[:2])
    assert terms.shown() == [0, 1] and not terms.has_picture(1)
    assert not terms.grab().isNull()
