from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from gui.charts.ticks import skewness_ticks
from gui.layer_table.depth_chart import DepthChart
from gui.layer_table.depth_paint import GUTTER, SHARES, ZEROS, shown_names, skewness_range
from gui.layer_table.depth_summary import SHAPES, LayerDepth
from gui.theme import DARK

LEFT = Qt.MouseButton.LeftButton


def layer(name: str, skewness: float = 0.5, zeros: float = 0.0, tailed: float = 0.5) -> LayerDepth:
    shapes = {"long-tailed": tailed, "bell-shaped": 1 - tailed}
    shares = tuple(shapes.get(shape, 0.0) for shape in SHAPES)
    return LayerDepth(name, 64, 1000, skewness, skewness - 0.4, skewness + 0.6, zeros, shares)


LAYERS = [layer("bn1", -0.1), layer("layer1", 0.2, 0.05, 0.25), layer("layer2", 1.5, 0.2, 1.0)]


@pytest.fixture
def chart(show_dark: Callable[..., Any]) -> DepthChart:
    made = show_dark(DepthChart(), GUTTER + 300)
    made.set_layers(LAYERS, "layer1")
    return made


def middle(chart: DepthChart, index: int) -> QPoint:
    return chart.column(index).center().toPoint()


def accents(shot: QImage, x: int, top: int, height: int) -> int:
    return sum(shot.pixelColor(x, y) == QColor(DARK.accent) for y in range(top, top + height))


def test_that_the_columns_share_the_width_and_are_found_again(chart: DepthChart) -> None:
    assert [chart.column(index).width() for index in range(3)] == [100.0] * 3
    assert [chart.layer_at(middle(chart, index)) for index in range(3)] == [0, 1, 2]
    assert chart.layer_at(QPoint(GUTTER - 1, 50)) == -1
    assert chart.layer_at(QPoint(GUTTER + 299, 50)) == 2


def test_that_the_bars_are_as_high_as_their_shares(chart: DepthChart) -> None:
    shot = chart.grab().toImage()
    top, height = SHARES
    assert abs(accents(shot, middle(chart, 0).x(), top, height) - height / 2) <= 1
    assert abs(accents(shot, middle(chart, 2).x(), top, height) - height) <= 1
    top, height = ZEROS
    empty, quarter, full = (shot.pixelColor(middle(chart, index).x(), top + height - 2) for index in range(3))
    assert quarter != empty and full != empty
    assert shot.pixelColor(middle(chart, 1).x(), top + 4) != shot.pixelColor(middle(chart, 2).x(), top + 4)


def test_that_a_click_and_the_keys_choose_a_layer(qtbot: QtBot, chart: DepthChart) -> None:
    heard: list[str] = []
    chart.layer_chosen.connect(heard.append)
    qtbot.mouseClick(chart, LEFT, pos=middle(chart, 2))
    qtbot.mouseClick(chart, LEFT, pos=QPoint(4, 50))
    qtbot.mouseClick(chart, Qt.MouseButton.RightButton, pos=middle(chart, 0))
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    chart.set_current("bn1")
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert heard == ["layer2", "bn1", "layer1"]


def test_that_the_numbers_of_a_layer_stand_in_its_tip(qtbot: QtBot, chart: DepthChart) -> None:
    assert chart.tip(1).splitlines() == [
        "layer1 · 64 channels · 1,000 images",
        "median skewness 0.20 (−0.20 to 0.80)",
        "zeros 5.0 %",
        "long-tailed 25 %",
        "bell-shaped 75 %",
    ]
    before = chart.grab().toImage()
    qtbot.mouseMove(chart, middle(chart, 0))
    assert chart.grab().toImage() != before
    assert chart.cursor().shape() == Qt.CursorShape.PointingHandCursor


def test_that_a_dead_layer_and_no_layer_are_painted_too(chart: DepthChart) -> None:
    nan = float("nan")
    dead = LayerDepth("dead", 4, 10, nan, nan, nan, 1.0, tuple(float(shape == "dead") for shape in SHAPES))
    assert "median skewness –" in _shown(chart, [dead]).tip(0)
    assert not _shown(chart, [*LAYERS, dead]).grab().isNull()
    assert _shown(chart, []).layer_at(QPoint(200, 50)) == -1


def _shown(chart: DepthChart, layers: list[LayerDepth]) -> DepthChart:
    chart.set_layers(layers)
    assert not chart.grab().isNull()
    return chart


def test_that_sixty_layers_are_painted_and_each_can_be_clicked(qtbot: QtBot, chart: DepthChart) -> None:
    chart.set_layers([layer(f"layer{index}.0.conv1", index / 30) for index in range(60)])
    heard: list[str] = []
    chart.layer_chosen.connect(heard.append)
    qtbot.mouseClick(chart, LEFT, pos=middle(chart, 37))
    assert heard == ["layer37.0.conv1"] and not chart.grab().isNull()


# Arithmetic


def columns(count: int, pitch: float) -> list[QRectF]:
    return [QRectF(index * pitch, 0, pitch, 10) for index in range(count)]


def test_that_every_column_is_named_as_long_as_slanted_names_have_room() -> None:
    assert shown_names(columns(4, 60), [40.0] * 4, []) == [0, 1, 2, 3]
    assert shown_names(columns(6, 30), [40.0] * 6, []) == [0, 1, 2, 3, 4, 5]
    assert shown_names(columns(6, 12), [40.0] * 6, []) == [0, 2, 4]
    assert shown_names(columns(6, 12), [40.0] * 6, [1]) == [1, 3, 5]


def test_that_slanted_names_make_the_chart_higher_and_flat_ones_do_not(chart: DepthChart) -> None:
    flat = chart.height()
    chart.set_layers([layer(f"layer{index}.0.conv1") for index in range(20)])
    assert chart.height() > flat + 20
    chart.set_layers(LAYERS)
    assert chart.height() == flat


def test_that_the_axis_holds_every_band_and_has_round_figures() -> None:
    assert skewness_range(LAYERS) == (-0.5, pytest.approx(2.1))
    assert skewness_range([layer("a", float("nan"))]) == (-0.5, 0.5)
    assert skewness_ticks(-0.5, 2.1) == [0, 1, 2]
    assert skewness_ticks(-0.5, 0.5) == [-0.5, 0, 0.5]
    assert skewness_ticks(0, 12) == [0, 5, 10]
    for high in (0.11, 0.7, 3.3, 9.9, 480.0):
        assert 2 <= len(skewness_ticks(0, high)) <= 5
