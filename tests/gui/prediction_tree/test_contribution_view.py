"""What filters add to a logit, painted and clicked."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backend.pages.explanation import FilterShare
from backend.pages.explanation_charts import Portion
from gui.prediction_tree.contribution_paint import FIGURE_ROOM, GAP, SHARE_ROW, SUM_ROW, share_bars, sum_bars
from gui.prediction_tree.contribution_view import ShareList, SumChart
from gui.theme import DARK, LIGHT, apply_theme

PARTS = (
    Portion("path", 0.0, 3.0, "path"),
    Portion("others", 3.0, -1.0),
    Portion("bias", -1.0, -0.5, "rest"),
    Portion("logit", 0.0, -0.5, "sum"),
)
SHARES = (
    FilterShare("tiny/layer4/7", 3.0, False, np.full((8, 8, 3), (200, 0, 0), np.uint8)),
    FilterShare("tiny/layer4/31", -1.0, True),
    FilterShare("tiny/layer4/9", 0.5, True),
)


@pytest.fixture
def shares(qtbot: QtBot, qapp: QApplication) -> ShareList:
    apply_theme(qapp, "dark")
    made = ShareList()
    qtbot.addWidget(made)
    made.resize(300, made.height())
    made.set_shares(SHARES)
    made.show()
    return made


def test_that_each_bar_of_a_sum_begins_where_the_one_above_it_ends() -> None:
    # 400 px for 4 beside 100 px of names.
    bars = sum_bars(QRectF(10, 0, 100 + 2 * GAP + FIGURE_ROOM + 400, 88), PARTS, 100.0)
    left = 10 + 100 + GAP
    assert [(bar.left() - left, bar.width()) for bar in bars] == [(100, 300), (0, 400), (0, 50), (50, 50)]
    assert [bar.center().y() for bar in bars] == [SUM_ROW * (row + 0.5) for row in range(4)]
    assert sum_bars(QRectF(0, 0, 10, 10), (), 0.0) == []


def test_that_shares_stand_at_either_side_of_nought() -> None:
    zero, bars = share_bars(QRectF(0, 0, 100 + 2 * GAP + FIGURE_ROOM + 400, 78), SHARES, 100.0)
    assert zero == 100 + GAP + 100
    assert [(bar.left() - zero, bar.width()) for bar in bars] == [(0, 300), (-100, 100), (0, 50)]
    _, lonely = share_bars(QRectF(0, 0, 300, 26), [FilterShare("a/b/1", math.nan, False)], 100.0)
    assert lonely[0].width() == 1


@pytest.mark.parametrize(("theme", "colours"), [("dark", DARK), ("light", LIGHT)])
def test_that_the_path_has_its_colour_in_the_sum(qtbot: QtBot, qapp: QApplication, theme: str, colours: object) -> None:
    apply_theme(qapp, theme)  # type: ignore[arg-type]
    chart = SumChart()
    qtbot.addWidget(chart)
    chart.resize(400, 100)
    chart.set_parts(PARTS)
    chart.show()
    assert chart.height() == 4 * SUM_ROW
    shot = chart.grab().toImage()
    rows = [{shot.pixelColor(x, SUM_ROW * row + SUM_ROW // 2).name() for x in range(shot.width())} for row in range(4)]
    wanted = [QColor(getattr(colours, name)).name() for name in ("path", "accent", "quiet", "text")]
    assert all(colour in row for colour, row in zip(wanted, rows, strict=True))
    assert chart.accessibleDescription() == "path +3.00, others −4.00, bias +0.50, logit −0.50"


def test_that_a_share_shows_its_picture_and_only_those_of_the_path_a_dot(shares: ShareList) -> None:
    shot = shares.grab().toImage()
    path = QColor(DARK.path).name()

    def dots(row: int) -> bool:
        rect = shares.row_rect(row).toRect()
        return any(shot.pixelColor(x, rect.center().y()).name() == path for x in range(rect.left(), rect.right()))

    assert [dots(row) for row in range(3)] == [False, True, True]
    assert shot.pixelColor(14, SHARE_ROW // 2).toTuple()[:3] == (200, 0, 0)
    assert shares.row_tip(1).splitlines()[:3] == ["tiny/layer4/31", "adds −1.00 to the logit", "critical on the path"]
    assert shares.accessibleDescription().startswith("layer4/7 +3.00, layer4/31 −1.00")


def test_that_shares_are_chosen_with_mouse_and_keys(qtbot: QtBot, shares: ShareList) -> None:
    heard: list[int] = []
    shares.share_chosen.connect(heard.append)
    qtbot.mouseClick(shares, Qt.MouseButton.LeftButton, pos=QPoint(50, SHARE_ROW + 5))
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Return, Qt.Key.Key_Up, Qt.Key.Key_Enter):
        qtbot.keyClick(shares, key)
    assert heard == [1, 0, 0]
    before = shares.grab().toImage()
    qtbot.mouseMove(shares, QPoint(50, 2 * SHARE_ROW + 5))
    assert shares.grab().toImage() != before and shares.cursor().shape() == Qt.CursorShape.PointingHandCursor
    shares.set_shares(())
    qtbot.keyClick(shares, Qt.Key.Key_Return)
    qtbot.mouseClick(shares, Qt.MouseButton.LeftButton, pos=QPoint(50, 5))
    assert heard == [1, 0, 0] and not shares.grab().isNull()
