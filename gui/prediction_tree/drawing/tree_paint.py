"""How a tree is painted: branches, the paths over them, the nodes, and what stands out."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from gui.prediction_tree.drawing.tree_edges import paint_edges, paint_pills, paint_trail
from gui.prediction_tree.drawing.tree_nodes import paint_badge, paint_nodes, paint_rings
from gui.prediction_tree.drawing.tree_scene import Scene
from gui.theme import tokens


def paint_tree(painter: QPainter, scene: Scene) -> dict[int, QRectF]:
    """Paint a tree without its buttons; return where the words on its branches are, by the place each leads to."""
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    paint_edges(painter, scene)
    # The second path is wider and below: where both go together, both are seen.
    paint_trail(painter, scene, scene.marks.compared, tokens().accent, 7.0 if scene.side else 4.0)
    paint_trail(painter, scene, scene.marks.path, tokens().path, 3.0 if scene.side else 2.0)
    pills = paint_pills(painter, scene)
    paint_nodes(painter, scene)
    paint_rings(painter, scene)
    return pills


def paint_badges(painter: QPainter, scene: Scene, focused: bool) -> None:
    """Paint the buttons of the node under the pointer and, where the keys go to the tree, of the current one."""
    marks = scene.marks
    for place in dict.fromkeys((marks.current if focused else -1, marks.hovered)):
        paint_badge(painter, scene, place, marks.badge and place == marks.hovered)
