"""The spanning tree as a graph, and the matrix of distances, driven with the mouse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.categories.category_view import CategoryView
from gui.categories.distance_matrix import DistanceMatrix, ramp
from gui.categories.marks import Marks, cut
from gui.categories.spanning_graph import LARGEST, SpanningGraph
from gui.theme import apply_theme, tokens
from tests.categories import NAMES, categories, many_categories

LEFT = Qt.MouseButton.LeftButton
CAT, SHIP, DOG, TRUCK, NOISE = range(5)


def shown(qtbot: QtBot, view: Any) -> Any:
    qtbot.addWidget(view)
    view.resize(340, 300)
    view.show()
    view.set_categories(categories())
    return view


@pytest.fixture
def graph(qtbot: QtBot, qapp: QApplication) -> SpanningGraph:
    apply_theme(qapp, "dark")
    return shown(qtbot, SpanningGraph())


@pytest.fixture
def matrix(qtbot: QtBot, qapp: QApplication) -> DistanceMatrix:
    apply_theme(qapp, "dark")
    return shown(qtbot, DistanceMatrix())


def heard(view: CategoryView) -> list[Any]:
    told: list[Any] = []
    view.leaf_chosen.connect(lambda leaf: told.append(leaf))
    view.pair_chosen.connect(lambda first, second: told.append((first, second)))
    view.nothing_chosen.connect(lambda: told.append("nothing"))
    return told


# The graph


def at_node(graph: SpanningGraph, leaf: int) -> QPoint:
    return QPointF(*graph.points()[leaf]).toPoint()


def middle_of(graph: SpanningGraph, edge: int) -> QPoint:
    assert graph.hierarchy is not None
    return QPointF(*graph.points()[graph.hierarchy.edges[edge]].mean(0)).toPoint()


def test_that_the_graph_fits_and_near_classes_lie_near(graph: SpanningGraph) -> None:
    points = graph.points()
    half = graph.side(points) / 2
    assert half > 7
    assert (points - half).min() >= 0 and (points[:, 0] + half).max() <= 340 and (points[:, 1] + half).max() <= 300
    hierarchy = graph.hierarchy
    assert hierarchy is not None
    lengths = np.linalg.norm(points[hierarchy.edges[:, 0]] - points[hierarchy.edges[:, 1]], axis=1)
    assert np.all(np.diff(lengths) > 0)
    # No picture reaches into another.
    apart = [np.abs(points[a] - points[b]).max() for a in range(5) for b in range(a)]
    assert min(apart) >= 2 * half


def test_that_clicks_choose_classes_and_edges(qtbot: QtBot, graph: SpanningGraph) -> None:
    told = heard(graph)
    qtbot.mouseClick(graph, LEFT, pos=at_node(graph, DOG))
    qtbot.mouseClick(graph, LEFT, pos=at_node(graph, NOISE))
    assert graph.hierarchy is not None
    last = len(graph.hierarchy.edges) - 1
    qtbot.mouseClick(graph, LEFT, pos=middle_of(graph, last))
    qtbot.mouseClick(graph, LEFT, pos=QPoint(2, 2))
    assert told == [DOG, NOISE, tuple(graph.hierarchy.edges[last].tolist()), "nothing"]


def test_that_an_edge_says_its_length_and_lights_up_both_ends(qtbot: QtBot, graph: SpanningGraph) -> None:
    lit: list[tuple[int, ...]] = []
    graph.lit.connect(lit.append)
    assert graph.hierarchy is not None
    before = graph.grab().toImage()
    a, b = graph.hierarchy.edges[-1].tolist()
    qtbot.mouseMove(graph, middle_of(graph, len(graph.hierarchy.edges) - 1))
    assert lit == [(a, b)] and graph.grab().toImage() != before
    tip = graph.pair_tip(a, b)
    assert tip.startswith(f"{NAMES[a]} – {NAMES[b]}\ndistance {graph.hierarchy.distances[a, b]:.3f}")
    qtbot.mouseMove(graph, QPoint(2, 2))
    assert lit[-1] == ()


def test_that_the_chosen_edge_and_class_stand_out(graph: SpanningGraph) -> None:
    assert graph.hierarchy is not None
    pair = tuple(graph.hierarchy.edges[-1].tolist())
    graph.set_marks(Marks(pair=(pair[0], pair[1])))
    shot, accent = graph.grab().toImage(), QColor(tokens().accent)
    points = graph.points()
    # A quarter of the way is free of the picture and of the length.
    place = points[pair[0]] + (points[pair[1]] - points[pair[0]]) * 0.3
    near = [shot.pixelColor(round(place[0]) + dx, round(place[1]) + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    assert accent in near


def test_that_many_classes_are_dots_that_become_pictures_as_one_zooms_in(graph: SpanningGraph) -> None:
    graph.set_categories(many_categories(400))
    assert graph.side(graph.points()) == 0
    graph.grab()
    place = graph.points()[7]
    for _ in range(14):
        graph.enlarge(1.25, QPointF(*place))
    assert np.allclose(graph.points()[7], place)
    assert 0 < graph.side(graph.points()) <= LARGEST
    graph.grab()
    graph.show_leaf(300)
    assert graph.rect().contains(at_node(graph, 300))


def test_that_two_classes_and_none_are_painted_too(graph: SpanningGraph) -> None:
    graph.set_categories(many_categories(2))
    assert not graph.grab().isNull() and np.isfinite(graph.points()).all()
    graph.set_categories(None)
    assert not graph.grab().isNull() and graph.leaf_at(QPointF(5, 5)) == graph.edge_at(QPointF(5, 5)) == -1


# The matrix


def cell_of(matrix: DistanceMatrix, first: int, second: int) -> QPoint:
    """Find the cell of two classes in the order of the tree."""
    assert matrix.hierarchy is not None
    order = matrix.hierarchy.leaf_order.tolist()
    return matrix.cell_rect(order.index(first), order.index(second)).center().toPoint()


def test_that_the_colours_go_with_the_distances(matrix: DistanceMatrix) -> None:
    hierarchy = matrix.hierarchy
    assert hierarchy is not None
    matrix.set_clusters(cut(hierarchy, -1.0))
    shot = matrix.grab().toImage()
    low, high = matrix.span()
    assert low == hierarchy.distances[CAT, DOG]
    for a in range(5):
        for b in range(5):
            if a != b:
                share = (hierarchy.distances[a, b] - low) / (high - low)
                expected = ramp(np.array([share]))[0]
                pixel = shot.pixelColor(cell_of(matrix, a, b))
                assert np.abs(np.array([pixel.red(), pixel.green(), pixel.blue()]) - expected.astype(int)).max() <= 2
    assert shot.pixelColor(cell_of(matrix, CAT, DOG)) == QColor(tokens().accent)


def test_that_a_cell_chooses_its_pair_and_the_diagonal_its_class(qtbot: QtBot, matrix: DistanceMatrix) -> None:
    told, lit = heard(matrix), []
    matrix.lit.connect(lit.append)
    qtbot.mouseClick(matrix, LEFT, pos=cell_of(matrix, TRUCK, CAT))
    qtbot.mouseClick(matrix, LEFT, pos=cell_of(matrix, CAT, TRUCK))
    qtbot.mouseClick(matrix, LEFT, pos=cell_of(matrix, SHIP, SHIP))
    qtbot.mouseClick(matrix, LEFT, pos=QPoint(1, 1))
    assert told == [(CAT, TRUCK), (CAT, TRUCK), SHIP, "nothing"]
    qtbot.mouseMove(matrix, cell_of(matrix, DOG, NOISE))
    qtbot.mouseMove(matrix, cell_of(matrix, DOG, DOG))
    assert lit[-2:] == [(DOG, NOISE), (DOG,)]


def test_that_clusters_are_framed_and_marks_ringed(matrix: DistanceMatrix) -> None:
    hierarchy = matrix.hierarchy
    assert hierarchy is not None
    bare = matrix.grab().toImage()
    matrix.set_clusters(cut(hierarchy, float(hierarchy.heights[0])))
    framed = matrix.grab().toImage()
    assert framed != bare
    matrix.set_marks(Marks(pair=(SHIP, NOISE)))
    assert matrix.grab().toImage() != framed


def test_that_a_thousand_classes_can_be_enlarged_until_a_cell_can_be_hit(qtbot: QtBot, matrix: DistanceMatrix) -> None:
    matrix.set_categories(many_categories(1000))
    assert matrix.cell_side() < 1
    matrix.grab()
    place = matrix.area().center()
    cell = matrix.cell_at(place)
    for _ in range(40):
        matrix.enlarge(1.25, place)
    assert matrix.cell_side() == pytest.approx(28)
    assert max(abs(a - b) for a, b in zip(matrix.cell_at(place), cell, strict=True)) <= 2
    told = heard(matrix)
    qtbot.mouseClick(matrix, LEFT, pos=place.toPoint())
    assert len(told) == 1
    matrix.grab()


def test_that_the_theme_changes_the_colours(qapp: QApplication, matrix: DistanceMatrix) -> None:
    dark = matrix.grab().toImage().pixelColor(cell_of(matrix, CAT, NOISE))
    apply_theme(qapp, "light")
    light = matrix.grab().toImage().pixelColor(cell_of(matrix, CAT, NOISE))
    apply_theme(qapp, "dark")
    assert light.lightness() > dark.lightness() + 60
