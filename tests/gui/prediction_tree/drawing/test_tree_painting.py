"""What a tree looks like: where it lies, how thick, in which colours, and as a file."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QPoint, QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.prediction_tree.drawing.condensing import Choice, draw
from gui.prediction_tree.drawing.layout import lay_out
from gui.prediction_tree.drawing.tree_canvas import TreeCanvas
from gui.prediction_tree.drawing.tree_edges import MOST_RIBBONS, dense_lines, ribbons
from gui.prediction_tree.drawing.tree_frame import LARGEST_SCALE, SMALLEST_PICTURE, Frame, fit, room_in
from gui.prediction_tree.drawing.tree_nodes import tint_colour, tints
from gui.theme import DARK, LIGHT, Tokens, apply_theme, tokens
from tests.gui.prediction_tree.drawing.test_condensing import SMALL
from tests.merge_trees import balanced, comb, natural
from tests.tree_canvases import at, move, near, plain, shot, show_tree, shown, wheel

RED, GREEN = (250, 20, 30), (20, 240, 40)


@pytest.fixture
def canvas(qtbot: QtBot, qapp: QApplication) -> TreeCanvas:
    if tokens() is not DARK:
        apply_theme(qapp, "dark")
    made = shown(qtbot, SMALL)
    made.set_share(0.2)
    return made


# Where it lies


@pytest.mark.parametrize("sideways", [False, True])
@pytest.mark.parametrize("tree", [natural(300), balanced(64), comb(200)])
def test_that_a_fitted_tree_is_seen_as_a_whole(tree, sideways: bool) -> None:  # type: ignore[no-untyped-def]
    layout = lay_out(tree, draw(tree, Choice(full=True)))
    room = room_in(900, 500, sideways)
    xs, ys = fit(layout, room, sideways).points(layout.across, layout.level)
    assert xs.min() >= room.left() - 1e-6 and xs.max() <= room.right() + 1e-6
    assert ys.min() >= room.top() - 1e-6 and ys.max() <= room.bottom() + 1e-6
    assert (xs.min() + xs.max()) / 2 == pytest.approx(room.center().x(), abs=0.1 * room.width())


def test_that_a_tree_grows_as_there_is_more_room_for_its_pictures(canvas: TreeCanvas) -> None:
    canvas.set_sideways(None)
    for size, sideways in (((300, 900), False), ((900, 240), True), ((420, 420), True)):
        canvas.resize(*size)
        canvas.grab()
        show_tree(canvas, natural(300, 1)) if size[0] != 420 else None
        # One that is seen already turns only where it gains much.
        assert canvas.frame().sideways == sideways
    sides = {}
    for way in (False, True):
        canvas.set_sideways(way)
        sides[way] = canvas.frame().picture_room
    assert sides[False] <= 1.25 * sides[True]


def test_that_the_transform_of_the_lines_is_that_of_the_points() -> None:
    for frame in (Frame(3, 5, 7, 11), Frame(3, 5, 7, 11, sideways=True)):
        xs, ys = frame.points(np.array([2.0]), np.array([4.0]))
        assert frame.transform().map(QPointF(2, 4)) == QPointF(xs[0], ys[0])


def test_that_a_frame_is_enlarged_about_a_point_up_to_a_limit() -> None:
    frame = Frame(30, 50, 100, 200)
    near_it = frame.zoomed(2, QPointF(130, 250))
    assert (near_it.across, near_it.level, near_it.x, near_it.y) == (60, 100, 70, 150)
    assert frame.zoomed(99, QPointF()).level == LARGEST_SCALE
    assert frame.zoomed(99, QPointF(130, 250)).points(np.ones(1), np.ones(1)) == (130, 250)


def test_that_pictures_come_with_the_room_for_them_and_before_them_dots() -> None:
    assert Frame(200, 36, 0, 0).picture_side == 0 and Frame(200, 37, 0, 0).picture_side > SMALLEST_PICTURE
    assert Frame(27, 200, 0, 0).picture_side == 0 and Frame(28, 200, 0, 0).picture_side > SMALLEST_PICTURE
    assert Frame(2, 2, 0, 0).dot_radius == 0 and Frame(10, 10, 0, 0).dot_radius == 3
    for frame in (Frame(100, 90, 0, 0), Frame(60, 130, 0, 0, sideways=True)):
        width, height = frame.room
        assert frame.picture_side < width and frame.picture_side < height - 17


# Nodes


def test_that_a_node_shows_its_picture_without_stretching_it(canvas: TreeCanvas) -> None:
    canvas.set_picture(16, plain(RED))
    wide = np.full((8, 16, 3), GREEN, np.uint8)
    canvas.set_picture(12, wide)
    seen = shot(canvas)
    assert seen.pixelColor(at(canvas, 16)).getRgb()[:3] == RED
    rect = canvas.scene().node_rect(canvas.drawing().place_of(12))
    assert rect.width() == pytest.approx(2 * rect.height()) and rect.width() == canvas.scene().side
    assert seen.pixelColor(at(canvas, 12)).getRgb()[:3] == GREEN
    assert seen.pixelColor(at(canvas, 12) + QPoint(0, round(rect.height() / 2) + 4)).getRgb()[:3] != GREEN
    canvas.set_picture(16, None)
    assert shot(canvas).pixelColor(at(canvas, 16)).getRgb()[:3] != RED


def test_that_pictures_give_way_to_dots_when_the_tree_is_far_away(canvas: TreeCanvas) -> None:
    canvas.set_picture(16, plain(RED))
    wheel(canvas, at(canvas, 16), -12)
    assert canvas.scene().side == 0
    assert shot(canvas).pixelColor(at(canvas, 16)).getRgb()[:3] != RED


def test_that_pictures_in_view_are_asked_for_once(qtbot: QtBot, canvas: TreeCanvas) -> None:
    wanted: list[list[int]] = []
    canvas.pictures_wanted.connect(wanted.append)
    qtbot.waitUntil(lambda: len(wanted) == 1, timeout=2000)
    assert sorted(wanted[0]) == [12, 15, 16, 18]
    canvas.set_picture(16, plain(RED))
    canvas.show_full(True)
    qtbot.waitUntil(lambda: len(wanted) == 2, timeout=2000)
    assert sorted(wanted[1]) == sorted(set(range(19)) - {12, 15, 16, 18})
    canvas.forget_pictures()
    qtbot.waitUntil(lambda: len(wanted) == 3, timeout=2000)
    assert sorted(wanted[2]) == list(range(19))


def test_that_no_pictures_are_asked_for_where_there_are_dots_only(qtbot: QtBot, canvas: TreeCanvas) -> None:
    show_tree(canvas, natural(300))
    canvas.show_full(True)
    wanted: list[list[int]] = []
    canvas.pictures_wanted.connect(wanted.append)
    canvas.grab()
    qtbot.wait(120)
    assert wanted == []


def test_that_a_distance_is_a_colour_and_never_a_height(canvas: TreeCanvas) -> None:
    before = [canvas.point_of(node) for node in (18, 16, 12, 15)]
    distances = np.zeros(9)
    distances[[2, 6]] = 1.0  # 12 and 16
    canvas.set_distances(distances)
    seen = shot(canvas)
    assert seen.pixelColor(at(canvas, 16)) == QColor(DARK.warn) == seen.pixelColor(at(canvas, 12))
    assert seen.pixelColor(at(canvas, 18)) == QColor(DARK.accent) == seen.pixelColor(at(canvas, 15))
    assert [canvas.point_of(node) for node in (18, 16, 12, 15)] == before


def test_that_distances_are_spread_over_the_colours_by_their_bulk() -> None:
    spread = tints(np.append(np.linspace(0, 1, 99), 50.0))
    assert spread[0] == 0 and spread[-1] == 1 and spread[49] == pytest.approx(0.5, abs=0.05)
    assert np.isnan(tints(np.full(3, np.nan))).all()
    assert np.isnan(tints(np.array([0.1, np.nan, 0.3]))).tolist() == [False, True, False]
    assert tints(np.full(3, 0.2)).tolist() == [0, 0, 0]
    assert tint_colour(0.5) == QColor(tokens().quiet) == tint_colour(float("nan"))


def test_that_a_caption_is_the_number_of_images_or_what_one_likes(canvas: TreeCanvas) -> None:
    scene = canvas.scene()
    assert [scene.told(scene.drawing.place_of(node)) for node in (18, 16, 12)] == ["10", "8", "4"]
    before = shot(canvas)
    canvas.set_words(caption=lambda node: f"layer4/{node}")
    assert canvas.scene().told(0) == "layer4/18" and shot(canvas) != before


# Branches


def thickness(seen: QImage, y: int, ground: QColor) -> int:
    """Count the pixels of a row that are not the ground."""
    return sum(seen.pixelColor(x, y) != ground for x in range(seen.width()))


def test_that_a_branch_is_as_thick_as_it_has_images_and_grows_thinner_as_they_fall_off(canvas: TreeCanvas) -> None:
    # Two leaves of 20 images merge, then sixty single images fall off.
    merges = [(0, 1), *((62 + k, 2 + k) for k in range(60))]
    sizes = [20, 20, *(1 for _ in range(60)), *range(40, 101)]
    canvas.set_tree(np.array(merges), np.array(sizes), (122,))
    canvas.set_share(0.2)
    canvas.set_words(caption=lambda node: "")
    drawing, scene = canvas.drawing(), canvas.scene()
    assert drawing.nodes == (122, 62, 0, 1) and drawing.fell == (0, 60, 0, 0)
    seen, ground = shot(canvas), canvas.palette().window().color()
    first, last = scene.node_rect(0).bottom() + 3, scene.node_rect(1).top() - 3
    # Where it has 100 images, and where 40 of them are left.
    assert thickness(seen, round(first), ground) == pytest.approx(scene.thickest, abs=4)
    assert thickness(seen, round(last), ground) == pytest.approx(0.4 * scene.thickest, abs=4)


@pytest.mark.parametrize(("theme", "colours"), [("dark", DARK), ("light", LIGHT)])
def test_that_paths_light_up_in_the_colours_of_the_theme(
    qapp: QApplication, canvas: TreeCanvas, theme: str, colours: Tokens
) -> None:
    apply_theme(qapp, theme)  # type: ignore[arg-type]
    canvas.show_full(True)
    between = (at(canvas, 15) + at(canvas, 14)) / 2
    other = (at(canvas, 12) + at(canvas, 11)) / 2
    assert not near(shot(canvas), between, colours.path)
    canvas.set_path(SMALL.path_to(5))
    assert near(shot(canvas), between, colours.path) and not near(shot(canvas), other, colours.path)
    canvas.set_compared_path(SMALL.path_to(0))
    seen = shot(canvas)
    assert near(seen, other, colours.accent) and not near(seen, between, colours.accent)
    both = (at(canvas, 17) + at(canvas, 16)) / 2
    assert near(seen, both, colours.path) and near(seen, both, colours.accent)
    canvas.set_path(())
    canvas.set_compared_path(())
    assert not near(shot(canvas), between, colours.path)
    apply_theme(qapp, "dark")


def test_that_a_path_that_fell_off_ends_in_the_words_on_its_branch(canvas: TreeCanvas) -> None:
    canvas.set_path(SMALL.path_to(9))
    where = canvas.scene().pill_at(canvas.drawing().place_of(16))
    assert where is not None
    seen = shot(canvas)
    assert near(seen, where.toPoint(), DARK.path, reach=16)
    assert not near(seen, at(canvas, 12), DARK.path, reach=30)


def test_that_many_branches_are_lines_and_few_are_ribbons(canvas: TreeCanvas) -> None:
    tree = natural(600)
    show_tree(canvas, tree)
    assert ribbons(canvas.scene())
    canvas.show_full(True)
    scene = canvas.scene()
    assert not ribbons(scene) and len(scene.seen_edges) == len(tree.sizes) - 1 > MOST_RIBBONS
    lines = dense_lines(tree, scene.drawing, scene.layout)
    assert sum(len(some) for _, some in lines) == 2 * len(scene.seen_edges)
    assert [share for share, _ in lines] == sorted(share for share, _ in lines)
    assert all(line.x1() == line.x2() or line.y1() == line.y2() for _, some in lines for line in some)
    # The thickest are those of the most images, and all in view is seen.
    assert QColor(DARK.panel) != shot(canvas).pixelColor(at(canvas, tree.roots[0]) + QPoint(0, 3))


def test_that_only_what_is_in_view_is_painted(canvas: TreeCanvas) -> None:
    show_tree(canvas, natural(600))
    canvas.show_full(True)
    canvas._move_frame(canvas.frame().zoomed(25, QPointF(at(canvas, canvas.tree().roots[0]))))
    scene = canvas.scene()
    xs, ys = scene.points
    view = QRectF(canvas.rect())
    inside = [place for place in range(len(xs)) if view.contains(xs[place], ys[place])]
    assert set(inside) <= set(scene.seen) and len(scene.seen) < 200
    crossing = [place for place in inside if scene.drawing.above[place] >= 0]
    assert set(crossing) <= set(scene.seen_edges)


# Files


def test_that_the_svg_holds_what_is_seen(canvas: TreeCanvas) -> None:
    canvas.set_picture(16, plain(RED))
    canvas.set_path(SMALL.path_to(5))
    text = canvas.svg()
    assert text.startswith("<?xml") and text.count("<image") == 1
    width = re.search(r'<svg width="([\d.]+)mm"', text)
    assert width is not None and float(width[1]) / 25.4 * 96 == pytest.approx(canvas.width(), abs=1)
    assert re.search(r">\s*−2\s*</text>", text) and DARK.path in text
    renderer = QSvgRenderer(QByteArray(text.encode()))
    image = QImage(canvas.size(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    seen = shot(canvas)
    for node in (18, 16, 12, 15):
        mine, others = (each.pixelColor(at(canvas, node)) for each in (seen, image))
        assert all(abs(a - b) < 12 for a, b in zip(mine.getRgb(), others.getRgb(), strict=True))


def test_that_the_png_is_what_is_seen_at_twice_the_density_without_the_pointer(canvas: TreeCanvas) -> None:
    bare = canvas.png()
    move(canvas, at(canvas, 16))
    assert canvas.png() == bare
    image = QImage.fromData(QByteArray(bare))
    assert (image.width(), image.height()) == (2 * canvas.width(), 2 * canvas.height())
    assert image.pixelColor(2 * at(canvas, 16)) == shot(canvas).pixelColor(at(canvas, 16))


def test_that_five_thousand_leaves_are_painted(canvas: TreeCanvas) -> None:
    show_tree(canvas, natural(5000))
    assert 4 <= canvas.drawing().forks <= 10
    canvas.show_full(True)
    assert len(canvas.drawing().nodes) == 9999
    assert not canvas.grab().isNull()
