"""A tree canvas on the screen, and the hands that use it."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from gui.prediction_tree.drawing.condensing import MergeTree
from gui.prediction_tree.drawing.tree_canvas import TreeCanvas
from gui.prediction_tree.drawing.tree_view import TreeView

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SIZE = (800, 600)


def show_tree(canvas: TreeView, tree: MergeTree) -> None:
    canvas.set_tree(np.array(tree.merges, np.int64).reshape(-1, 2), np.array(tree.sizes), tree.roots)


def shown(qtbot: QtBot, tree: MergeTree | None = None) -> TreeCanvas:
    canvas = TreeCanvas()
    qtbot.addWidget(canvas)
    canvas.setAutoFillBackground(True)
    canvas.resize(*SIZE)
    canvas.show()
    if tree is not None:
        show_tree(canvas, tree)
    return canvas


def plain(colour: tuple[int, int, int], side: int = 8) -> np.ndarray:
    """Return a picture of one colour."""
    return np.full((side, side, 3), colour, np.uint8)


def at(canvas: TreeCanvas, node: int) -> QPoint:
    """Return where a node that is drawn lies."""
    place = canvas.drawing().place_of(node)
    assert place >= 0, f"{node} is not drawn"
    return canvas.scene().centre(place).toPoint()


def move(canvas: TreeCanvas, to: QPoint, buttons: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
    where = QPointF(to)
    QApplication.sendEvent(canvas, QMouseEvent(QEvent.Type.MouseMove, where, where, buttons, buttons, NONE))


def click(qtbot: QtBot, canvas: TreeCanvas, where: QPoint) -> None:
    canvas.grab()  # As a person does, it sees first what it clicks.
    qtbot.mouseClick(canvas, LEFT, pos=where)


def drag(qtbot: QtBot, canvas: TreeCanvas, start: QPoint, *way: QPoint) -> None:
    qtbot.mousePress(canvas, LEFT, pos=start)
    for each in way:
        move(canvas, each, LEFT)
    qtbot.mouseRelease(canvas, LEFT, pos=way[-1])


def wheel(canvas: TreeCanvas, where: QPoint, notches: float) -> None:
    still, turn = Qt.ScrollPhase.NoScrollPhase, QPoint(0, round(120 * notches))
    place = QPointF(where)
    event = QWheelEvent(place, place, QPoint(), turn, Qt.MouseButton.NoButton, NONE, still, False)
    QApplication.sendEvent(canvas, event)


def tip(qtbot: QtBot, canvas: TreeCanvas, where: QPoint) -> str:
    """Return what the tooltip says at a point, "" where none comes."""
    canvas.grab()
    move(canvas, where)
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())
    QApplication.sendEvent(canvas, QHelpEvent(QEvent.Type.ToolTip, where, canvas.mapToGlobal(where)))
    return QToolTip.text() if QToolTip.isVisible() else ""


def shot(canvas: TreeCanvas) -> QImage:
    return canvas.grab().toImage()


def near(shot: QImage, where: QPoint, colour: str, reach: int = 6) -> bool:
    """Say whether a colour, or nearly that, is seen within some pixels of a point."""
    spots = [(where.x() + x, where.y() + y) for x in range(-reach, reach + 1) for y in range(-reach, reach + 1)]
    wanted = QColor(colour).getRgb()
    seen = [shot.pixelColor(*spot).getRgb() for spot in spots if shot.valid(*spot)]
    return any(all(abs(a - b) <= 16 for a, b in zip(each, wanted, strict=True)) for each in seen)


def heard_from(canvas: TreeCanvas) -> list[tuple[Any, ...]]:
    """Return a list that takes up what the canvas says, as (word, node)."""
    heard: list[tuple[Any, ...]] = []
    for word in ("node_chosen", "node_hovered", "node_activated", "expanded", "collapsed"):
        getattr(canvas, word).connect(lambda node, word=word: heard.append((word, node)))
    return heard
