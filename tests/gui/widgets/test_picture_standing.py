from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from gui.widgets.picture_standing import SIDE, PictureStanding


def button(row: PictureStanding) -> QToolButton:
    found = row.findChild(QToolButton)
    assert isinstance(found, QToolButton)
    return found


@pytest.mark.parametrize("removable", [True, False])
def test_that_only_a_picture_of_the_user_can_be_taken_away(qtbot: QtBot, removable: bool) -> None:
    row, heard = PictureStanding("your picture", removable=removable), list[int]()
    qtbot.addWidget(row)
    row.removed.connect(lambda: heard.append(1))
    row.show()
    assert button(row).isVisible() == removable
    if removable:
        qtbot.mouseClick(button(row), Qt.MouseButton.LeftButton)
    assert heard == [1] * removable


def test_that_it_shows_the_picture_and_both_lines(qtbot: QtBot) -> None:
    row, picture = PictureStanding("x"), np.random.default_rng(0).integers(0, 255, (20, 10, 3), dtype=np.uint8)
    qtbot.addWidget(row)
    row.resize(300, 60)
    row.show_picture(picture, "cat.png · 1.20", "above 97.0 % of the images")
    assert row.words() == "cat.png · 1.20\nabove 97.0 % of the images"
    np.testing.assert_array_equal(row.view.image(), picture)
    assert row.view.picture_rect().height() == SIDE and row.view.picture_rect().width() == SIDE / 2


def test_that_a_long_name_leaves_the_cross_in_sight(qtbot: QtBot) -> None:
    row = PictureStanding("x", removable=True)
    qtbot.addWidget(row)
    row.resize(200, 60)
    row.show()
    row.show_picture(None, "a name that is far too long for a panel " * 4, "above all")
    assert row.width() == 200 and button(row).geometry().right() < 200
