"""The tree canvas: how long a frame takes while the view is dragged and enlarged, and how soon a tree is shown.

`python -m tests.benchmarks.tree_canvas`.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

LEAVES = 5000
SIZE = (1400, 900)
FRAMES = 24
ENLARGED = (1, 3, 10, 30, 100)


def timed(act: Callable[[], object]) -> float:
    """Give the milliseconds that an act takes, with the painting that follows from it."""
    from PySide6.QtWidgets import QApplication

    begin = time.perf_counter()
    act()
    QApplication.processEvents()
    return (time.perf_counter() - begin) * 1000


def told(name: str, frames: list[float]) -> None:
    median, worst = statistics.median(frames), max(frames)
    print(f"  {name}: median {median:.1f} ms = {1000 / median:.0f} frames/s, worst {worst:.1f} ms", flush=True)


def drag(canvas, steps: int) -> list[float]:  # type: ignore[no-untyped-def]
    """Drag the view to and fro, each move painted before the next."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    left, middle = Qt.MouseButton.LeftButton, QPoint(SIZE[0] // 2, SIZE[1] // 2)
    QTest.mousePress(canvas, left, pos=middle)
    ways = [QPoint(9 * (step if step < steps / 2 else steps - step), 4 * step) for step in range(1, steps + 1)]
    frames = [timed(lambda way=way: QTest.mouseMove(canvas, middle + way)) for way in ways]  # type: ignore[misc]
    QTest.mouseRelease(canvas, left, pos=middle + ways[-1])
    return frames[1:]


def wheel(canvas, notches: int) -> None:  # type: ignore[no-untyped-def]
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    at = QPointF(SIZE[0] / 2, SIZE[1] / 2)
    none, still = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    turn = QPoint(0, 120 * notches)
    event = QWheelEvent(at, canvas.mapToGlobal(at), QPoint(), turn, Qt.MouseButton.NoButton, none, still, False)
    QApplication.sendEvent(canvas, event)


def zoom(canvas, notches: int) -> list[float]:  # type: ignore[no-untyped-def]
    """Enlarge notch by notch, and go back."""
    turns = [1] * notches + [-1] * notches
    return [timed(lambda turn=turn: wheel(canvas, turn)) for turn in turns]  # type: ignore[misc]


def measure(name: str, tree, sideways: bool) -> None:  # type: ignore[no-untyped-def]
    from gui.prediction_tree.drawing.tree_canvas import TreeCanvas
    from tests.merge_trees import leaf_order

    canvas = TreeCanvas()
    canvas.resize(*SIZE)
    pictures = np.random.default_rng(0).integers(0, 256, (64, 40, 40, 3), dtype=np.uint8)
    canvas.pictures_wanted.connect(
        lambda nodes: [canvas.set_picture(node, pictures[node % len(pictures)]) for node in nodes]
    )
    canvas.show()
    merges, sizes = np.array(tree.merges), np.array(tree.sizes)
    print(f"{name}: {tree.leaves:,} leaves")
    print(f"  shown: {timed(lambda: canvas.set_tree(merges, sizes, tree.roots)):.0f} ms")
    canvas.set_distances(np.random.default_rng(1).random(len(merges)))
    canvas.set_sideways(sideways)
    print(f"  in full: {timed(lambda: canvas.show_full(True)):.0f} ms")
    path = tree.path_to(leaf_order(tree)[tree.leaves // 3])
    canvas.set_path(path)
    canvas.set_current(path[-40:][0])
    whole = canvas.frame()
    for factor in ENLARGED:
        canvas.fit()
        canvas._move_frame(whole.zoomed(factor, canvas.point_of(canvas.current())))
        canvas.centre_on(canvas.current())
        told(f"dragged, {factor} times as large ({canvas.scene().side:.0f} px pictures)", drag(canvas, FRAMES))
    canvas.fit()
    told("zoomed, from the whole to single nodes and back", zoom(canvas, 24))
    canvas.close()


def main() -> None:
    from PySide6.QtWidgets import QApplication

    from gui.theme import apply_theme
    from tests.merge_trees import balanced, natural

    app = QApplication([])
    apply_theme(app, "dark")
    measure("like a prediction tree", natural(LEAVES), sideways=False)
    measure("lying down", natural(LEAVES), sideways=True)
    measure("balanced", balanced(4096), sideways=True)


if __name__ == "__main__":
    main()
