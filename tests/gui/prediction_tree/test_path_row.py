from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backend.pages.explanation import ExplainedStep
from gui.prediction_tree.path_paint import FIGURE_ROOM, GAP, PICTURE_TOP, SIDE, contribution_rect, short_address
from gui.prediction_tree.path_row import MARGIN, PITCH, PathRow
from gui.text import number, signed
from gui.theme import DARK, LIGHT, apply_theme

LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
RED, GREEN = (200, 0, 0), (0, 200, 0)


def plain(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((8, 8, 3), colour, np.uint8)


def step(place: int, **changes: object) -> ExplainedStep:
    address = f"tiny/layer4/{place + 30}"
    made = ExplainedStep(place, address, plain((0, 0, 10 * place)), 0.25, 1.5, 0.42, 0.5, 1200, plain(GREEN))
    return replace(made, **changes)  # type: ignore[arg-type]


STEPS = [step(1), step(2, contribution=-0.25, medoid=None), step(3, contribution=1.0), *map(step, range(4, 10))]


@pytest.fixture
def row(qtbot: QtBot, qapp: QApplication) -> PathRow:
    """Return nine steps and a leaf, four cells and a bit in sight."""
    apply_theme(qapp, "dark")
    made = PathRow()
    qtbot.addWidget(made)
    made.resize(4 * PITCH + 40, made.height())
    made.set_steps(STEPS)
    made.set_leaf(plain(RED), "horse, image 7")
    made.show()
    return made


def heard_from(row: PathRow) -> list[int | str]:
    heard: list[int | str] = []
    row.step_chosen.connect(heard.append)
    row.leaf_chosen.connect(lambda: heard.append("leaf"))
    return heard


def middle(row: PathRow, index: int) -> QPoint:
    return row.cell_rect(index).center()


def shot(row: PathRow) -> QImage:
    return row.viewport().grab().toImage()


def picture_colour(row: PathRow, index: int) -> tuple[int, int, int]:
    cell = row.cell_rect(index)
    return shot(row).pixelColor(cell.left() + SIDE // 2, PICTURE_TOP + SIDE // 4).toTuple()[:3]


def ring_colour(row: PathRow, index: int) -> QColor:
    """Return the colour 2 px left of a cell's picture."""
    return shot(row).pixelColor(row.cell_rect(index).left() - 3, PICTURE_TOP + SIDE // 2)


def turn(row: PathRow, by: QPoint) -> bool:
    place = QPointF(middle(row, 0))
    event = QWheelEvent(place, place, QPoint(), by, LEFT, NO_KEY, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(row.viewport(), event)
    return event.isAccepted()


def test_that_every_step_is_found_by_its_own_place(row: PathRow) -> None:
    row.resize(12 * PITCH, row.height())
    assert [row.index_at(middle(row, index)) for index in range(10)] == list(range(10))
    assert row.index_at(QPoint(MARGIN + SIDE + GAP // 2, 50)) == -1
    assert row.index_at(middle(row, 10)) == -1 and row.index_at(QPoint(0, 50)) == -1


def test_that_each_cell_shows_its_picture_and_its_medoid_in_the_corner(row: PathRow) -> None:
    assert [picture_colour(row, index) for index in range(4)] == [(0, 0, 10), (0, 0, 20), (0, 0, 30), (0, 0, 40)]

    def corner(index: int) -> tuple[int, int, int]:
        place = row.cell_rect(index).topLeft() + QPoint(SIDE - 20, PICTURE_TOP + SIDE - 20)
        return shot(row).pixelColor(place).toTuple()[:3]

    assert corner(0) == GREEN and corner(1) == (0, 0, 20)
    row.set_medoid(1, plain(RED))
    assert corner(1) == RED


def test_that_a_picture_may_come_later(row: PathRow) -> None:
    row.set_steps([step(1, picture=None), step(2, picture=None)])
    assert picture_colour(row, 1) == QColor(DARK.raised).toTuple()[:3]
    row.set_picture(1, plain(RED))
    assert picture_colour(row, 1) == RED
    row.set_picture(1, None)
    assert picture_colour(row, 1) == QColor(DARK.raised).toTuple()[:3]


def test_that_a_click_chooses_a_step_or_the_leaf(qtbot: QtBot, row: PathRow) -> None:
    heard = heard_from(row)
    qtbot.mouseClick(row.viewport(), LEFT, pos=middle(row, 2))
    qtbot.mouseClick(row.viewport(), Qt.MouseButton.RightButton, pos=middle(row, 0))
    row.horizontalScrollBar().setValue(10**6)
    qtbot.mouseClick(row.viewport(), LEFT, pos=middle(row, 9))
    assert heard == [2, "leaf"] and row.current() == 9


def test_that_the_arrow_keys_walk_the_path(qtbot: QtBot, row: PathRow) -> None:
    heard, keys = heard_from(row), Qt.Key
    for key in (keys.Key_Right, keys.Key_Right, keys.Key_Left, keys.Key_Left):
        qtbot.keyClick(row, key)
    assert heard == [0, 1, 0]
    for key in (keys.Key_PageDown, keys.Key_End, keys.Key_Right, keys.Key_PageUp, keys.Key_Home, keys.Key_Return):
        qtbot.keyClick(row, key)
    assert heard[3:] == [5, "leaf", 4, 0, 0]
    qtbot.keyClick(row, keys.Key_Right, Qt.KeyboardModifier.AltModifier)
    qtbot.keyClick(row, keys.Key_Down)
    assert heard[8:] == []


def test_that_the_current_step_is_ringed_in_the_colour_of_the_path(qapp: QApplication, row: PathRow) -> None:
    assert ring_colour(row, 1) != QColor(DARK.path)
    row.set_current(1)
    assert ring_colour(row, 1) == QColor(DARK.path) and ring_colour(row, 2) != QColor(DARK.path)
    apply_theme(qapp, "light")
    assert ring_colour(row, 1) == QColor(LIGHT.path)
    row.set_current(-1)
    assert ring_colour(row, 1) != QColor(LIGHT.path)


def test_that_setting_the_current_step_tells_nobody_and_scrolls_there(row: PathRow) -> None:
    heard = heard_from(row)
    for index in (7, 0, 9):
        row.set_current(index)
        assert row.viewport().rect().contains(row.cell_rect(index)) and row.current() == index
    row.set_current(4)
    # One sees that the path goes on at both sides.
    assert row.cell_rect(5).left() < row.viewport().width() - PITCH // 4 and row.cell_rect(3).right() > PITCH // 4
    row.set_current(10)
    assert row.current() == -1 and heard == []


def test_that_the_wheel_scrolls_sideways_until_the_end(row: PathRow) -> None:
    bar = row.horizontalScrollBar()
    assert not turn(row, QPoint(0, 120)), "nothing is left of the first step"
    assert turn(row, QPoint(0, -120)) and bar.value() == 120
    assert turn(row, QPoint(-50, 0)) and bar.value() == 170
    bar.setValue(bar.maximum())
    assert not turn(row, QPoint(0, -120))
    assert bar.maximum() == 2 * MARGIN + 10 * PITCH - GAP - row.viewport().width()


def test_that_another_path_takes_the_place_of_the_first(qtbot: QtBot, row: PathRow) -> None:
    row.set_current(8)
    row.set_steps(STEPS)
    assert (row.count(), row.current(), row.horizontalScrollBar().value()) == (9, -1, 0)
    row.set_steps([step(1), step(2)])
    assert (row.count(), row.current(), row.horizontalScrollBar().maximum()) == (2, -1, 0)
    heard = heard_from(row)
    qtbot.keyClick(row, Qt.Key.Key_End)
    assert heard == [1]
    row.set_steps([])
    qtbot.keyClick(row, Qt.Key.Key_Right)
    assert heard == [1] and row.count() == 0 and not row.grab().isNull()


def test_that_hovering_shows_at_once_what_can_be_clicked(qtbot: QtBot, row: PathRow) -> None:
    before = shot(row)
    qtbot.mouseMove(row.viewport(), middle(row, 2))
    assert row.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor and shot(row) != before
    qtbot.mouseMove(row.viewport(), QPoint(MARGIN + SIDE + GAP // 2, 50))
    assert row.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor and shot(row) == before


def test_that_the_tip_tells_a_step_in_words(row: PathRow) -> None:
    assert row.tip(1).splitlines() == [
        "Step 2 · critical filter tiny/layer4/32",
        "closer to the side it goes to by 0.25, 1,200 images below",
        "score 1.50, above 42 % of the images",
        "adds −0.25 to the logit",
    ]
    assert row.tip(9) == "The path ends here\nhorse, image 7"
    row.set_current(2)
    assert "tiny/layer4/33" in row.accessibleDescription()


def test_that_what_is_not_known_is_a_dash(row: PathRow) -> None:
    nan = float("nan")
    row.set_steps([step(1, margin=nan, score=nan, percentile=nan, contribution=nan)])
    assert row.tip(0).count("–") == 4 and "nan" not in row.tip(0)
    assert not row.grab().isNull()


def test_that_only_the_cells_in_sight_are_painted(monkeypatch: pytest.MonkeyPatch, row: PathRow) -> None:
    row.set_steps([step(place) for place in range(1, 246)])
    row.set_current(200)
    painted: list[int] = []
    monkeypatch.setattr(PathRow, "_paint_cell", lambda self, painter, index, ends: painted.append(index))
    shot(row)
    assert 200 in painted and 5 <= len(painted) <= 6
    assert all(row.cell_rect(index).intersects(row.viewport().rect().adjusted(-GAP, 0, GAP, 0)) for index in painted)


# Arithmetic


def test_that_bars_share_one_scale_around_nought() -> None:
    cell, room = QRectF(100, 0, SIDE, 200), SIDE - FIGURE_ROOM
    up, down = (contribution_rect(cell, value, (-1.0, 3.0)) for value in (3.0, -1.0))
    assert (up.left(), up.width()) == (100 + room / 4, room * 3 / 4)
    assert (down.left(), down.width()) == (100, room / 4)
    assert contribution_rect(cell, 0.0, (0.0, 0.0)).width() == 1


def test_that_addresses_and_numbers_are_short() -> None:
    assert short_address("a/b/layer4.1/37") == "layer4.1/37"
    # As in the exported page: what is small is not called nought.
    small = [signed(value) for value in (0.5, -0.5, -0.001, 0.0012, math.inf)]
    assert small == ["+0.50", "−0.50", "−0.0010", "+0.0012", "–"]
    assert number(1234.5) == "1,234"
