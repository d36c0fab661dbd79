"""The program as a user has it: the real window, the real worker, a shipped network; and hands to drive it with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shiboken6
from PIL import Image
from PySide6.QtCore import QMimeData, QModelIndex, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from backend.engine import Engine
from backend.jobs import LIFELIKE, Channel, MaximizationSettings
from backend.store import Store
from backend.worker import Worker
from gui.browser.panel import ModelBrowser
from gui.canvas.panel import OptimizationCanvas
from gui.canvas.run import RunState
from gui.settings import Remembered
from gui.window.main_window import MainWindow

LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
QUICK = replace(LIFELIKE, steps=6)
ENDLESS = replace(LIFELIKE, steps=100_000)
PATIENCE = 20_000
"""Milliseconds; what takes longer has failed."""


class Program:
    """A window with an engine of its own. `wake` lets it compute, `close` ends it."""

    def __init__(self, qtbot: QtBot, remembered: Remembered | None = None, store: Store | None = None) -> None:
        self.qtbot = qtbot
        # A scan would go on in the background of every test.
        self.remembered = remembered or Remembered(scan_at_once=False)
        self.window = MainWindow(Worker(Engine(store)), self.remembered)
        self.session, self.worker = self.window.session, self.window.worker
        self.browser: ModelBrowser = self.panel(ModelBrowser)
        self.canvas: OptimizationCanvas = self.panel(OptimizationCanvas)
        self.run, self.controls, self.pictures = self.canvas.run, self.canvas.controls, self.canvas.pictures
        self.starts: list[np.ndarray] = []
        self.run.started.connect(self._note_start)
        self._stopped = False
        self.worker.stopped.connect(self._note_end)
        self.window.show_shipped(self.remembered)
        with qtbot.waitActive(self.window, timeout=PATIENCE):
            self.window.show()
            self.window.activateWindow()

    def panel(self, kind: type[Any]) -> Any:
        """Give a panel, wherever it is; one that nobody has opened yet is made."""
        return self.window.panel(kind.__name__)

    def _note_start(self) -> None:
        assert self.run.start_images is not None
        self.starts.append(self.run.start_images)

    def _note_end(self) -> None:
        self._stopped = True

    def action(self, text: str) -> QAction:
        """Find what the menu calls so."""
        return next(found for found in self.window.menus.actions if found.text() == text)

    # --- waiting -----------------------------------------------------------------------------------------------

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE)

    def wake(self) -> Program:
        self.window.wake(self.remembered)
        self.wait(lambda: not self.worker.handles)
        return self

    def wait_for_step(self, step: int = 1) -> None:
        self.wait(lambda: self.run.last is not None and self.run.last.step >= step)

    def wait_done(self) -> None:
        self.wait(lambda: self.run.state is RunState.DONE)

    def wait_said(self, words: str) -> None:
        """Wait until a notice holds `words`."""
        self.wait(lambda: any(words in text for text in self.said()))

    def said(self) -> list[str]:
        return self.window.notices.texts()

    # --- doing -------------------------------------------------------------------------------------------------

    def use(self, settings: MaximizationSettings) -> None:
        self.session.apply(replace(self.session.facts, settings=settings))

    def look_at(self, address: str, settings: MaximizationSettings = QUICK) -> None:
        self.use(settings)
        self.window.opening.go_to(address)

    def key(self, key: Qt.Key | str, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
        """Press a key where the focus is, as a keyboard does."""
        self.qtbot.keyClick(self.window.focusWidget() or self.window, key, modifiers)

    def click(self, widget: QWidget) -> None:
        self.canvas.controls.ensureWidgetVisible(widget)
        self.qtbot.mouseClick(widget, LEFT)

    def click_tile(self, index: int) -> None:
        wall = self.browser.wall
        self.qtbot.mouseClick(wall.viewport(), LEFT, pos=wall.cell_rect(index).center())

    def row(self, *names: str) -> QModelIndex:
        """Find a row of the tree by the texts on the way to it."""
        index = QModelIndex()
        for name in names:
            model = self.browser.tree.model()
            rows = [model.index(row, 0, index) for row in range(model.rowCount(index))]
            index = next(row for row in rows if row.data() == name)
        return index

    def click_row(self, *names: str) -> None:
        tree, index = self.browser.tree, self.row(*names)
        parent = index.parent()
        while parent.isValid():
            tree.expand(parent)
            parent = parent.parent()
        tree.scrollTo(index)
        place = tree.visualRect(index).center()
        self.qtbot.mousePress(tree.viewport(), LEFT, pos=place)
        self.qtbot.mouseRelease(tree.viewport(), LEFT, pos=place)

    def drop(self, target: QWidget, data: QMimeData) -> None:
        target.dropEvent(QDropEvent(QPointF(20, 20), Qt.DropAction.CopyAction, data, LEFT, NO_KEY))

    def close(self) -> None:
        """Close the window and wait for the compute thread; at once, or the test has found something."""
        if not self._stopped:
            self.window.close()
            self.qtbot.waitUntil(lambda: self._stopped, timeout=5000)
        self.wait(lambda: not shiboken6.isValid(self.window))
        assert self.worker.wait(1000)
        assert not self.worker.handles


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def unit_data(address: str) -> QMimeData:
    data = QMimeData()
    data.setData("application/x-filterscope-unit", address.encode())
    return data


def save_picture(path: Path, seed: int = 0, size: tuple[int, int] = (40, 30)) -> Path:
    """Write a picture of random blocks."""
    blocks = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST).save(path)
    return path


def channel(index: int, layer: str = "layer4") -> Channel:
    return Channel(layer, index)


def middle(widget: QWidget) -> QPoint:
    return widget.rect().center()
