"""Model browser: networks, layers and classes, and a wall of the channels of one layer."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from backend.errors import ErrorReport
from backend.jobs import (
    LIFELIKE,
    LOGITS,
    Channel,
    ClassLogit,
    ComputeWall,
    NetworkCard,
    Notice,
    Store,
    Unit,
    WallTiles,
    format_address,
    shipped_card_path,
    shipped_networks,
    stored_wall,
)
from backend.worker import JobHandle, Worker
from gui.browser.browser_bars import CHOICES, BrowserBars
from gui.browser.network_tree import NetworkTree
from gui.panel import Panel
from gui.session import Session
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.thumbnail_wall import ThumbnailWall

SMALL_SIDE = 64
"""Networks up to this input side get their walls without asking; larger ones take hours on a CPU."""
FIRST_LAYER = "layer4"


class ModelBrowser(Panel):
    """Networks > layers > channels. Choosing a channel makes it the unit that every panel speaks of."""

    def __init__(self, session: Session, worker: Worker, parent: QWidget | None = None) -> None:
        super().__init__(session, worker, parent)
        self.tree = NetworkTree()
        self.wall = ThumbnailWall()
        self._wall_handle: JobHandle | None = None
        self._heading = ElidedLabel()
        self._heading.setProperty("role", "heading")
        self._count = QLabel()
        self._count.setProperty("role", "heading")
        self._make = QPushButton("Make this wall")
        self._make.setToolTip("Optimise a picture of every channel of this layer, in the background.")
        self._make.hide()
        # Walking through layers with the arrow keys must not start a wall at every one of them.
        self._delay = QTimer(self, singleShot=True, interval=400)
        self._store = Store()
        self.setFocusProxy(self.wall)
        self._connect()
        # After the above: what a layer shows is there before its bars.
        self.bars = BrowserBars(session, self.tree, self.wall, self)
        self._lay_out()

    def remember(self) -> dict[str, Any]:
        return {"bars": self.bars.choice}

    def restore(self, remembered: dict[str, Any]) -> None:
        if remembered.get("bars") in CHOICES:
            self.bars.choose(remembered["bars"])

    @Slot()
    def copy_address(self) -> None:
        facts = self.session.facts
        if facts.card is not None and facts.unit is not None:
            QGuiApplication.clipboard().setText(format_address(facts.unit, facts.card))

    @Slot()
    def choose_random(self) -> None:
        card = self.session.facts.card
        if card is not None and card.layers:
            layer = random.choice([layer for layer in card.layers if layer.has_space] or list(card.layers))
            self.session.select_unit(Channel(layer.name, random.randrange(layer.channels)))

    def go_to_next_layer(self) -> None:
        self._move_layer(1)

    def go_to_previous_layer(self) -> None:
        self._move_layer(-1)

    def _move_layer(self, by: int) -> None:
        """Go to a neighbouring layer and keep the channel, as far as the layer has it."""
        facts = self.session.facts
        if facts.card is None or not facts.layer:
            return
        names = [layer.name for layer in facts.card.layers]
        name = names[max(0, min(len(names) - 1, names.index(facts.layer) + by))]
        if name == facts.layer:
            return
        if isinstance(facts.unit, Channel):
            last = facts.card.layer(name).channels - 1
            self.session.select_unit(_unit_of(name, min(facts.unit.index, last)))
        else:
            self._choose_layer(name)

    def _lay_out(self) -> None:
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 8, 0, 0)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self._heading, 1)
        line.addWidget(self._count)
        line.addWidget(self.bars.button)
        column.addLayout(line)
        column.addWidget(self._make)
        column.addWidget(self.wall, 1)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self.tree)
        splitter.addWidget(below)
        splitter.setSizes([260, 520])
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 4, 12, 12)
        layout.addWidget(splitter)

    def _connect(self) -> None:
        self.tree.layer_chosen.connect(self._choose_layer)
        self.tree.unit_chosen.connect(self.session.select_unit)
        self.tree.network_chosen.connect(self.session.events.network_wanted)
        self.wall.chosen.connect(self._choose_tile)
        self.wall.copy_requested.connect(self._copy_tile)
        self._make.clicked.connect(self._compute_wall)
        self._delay.timeout.connect(self._compute_small_wall)
        self.session.card_changed.connect(self._show_card)
        self.session.layer_changed.connect(self._show_layer)
        self.session.unit_changed.connect(self._show_unit)

    @Slot(object)
    def _show_card(self, card: NetworkCard) -> None:
        others = [(name, str(shipped_card_path(name))) for name in shipped_networks() if name != card.name]
        self.tree.show_networks(card, others)
        first = _first_layer(card)
        if first:
            # Nobody has chosen it, so it is nothing to undo.
            self.session.apply(replace(self.session.facts, layer=first))
        else:
            self._show_layer(self.session.facts.layer)

    @Slot(str)
    def _choose_layer(self, name: str) -> None:
        self.session.change(f"Look at {name}", layer=name)

    @Slot(object)
    def _show_layer(self, name: str) -> None:
        card = self.session.facts.card
        self._stop_wall()
        self._make.hide()
        if card is None or not name:
            self.wall.clear()
            self._heading.clear()
            self._count.clear()
            return
        layer = card.layer(name)
        self.tree.show_layer(name)
        self._heading.setText(f"{name} · {'classes' if name == LOGITS else 'channels'}".upper())
        self.wall.set_count(layer.channels, self._tile_label)
        self._show_unit(self.session.facts.unit)
        wall = stored_wall(card, name, self._store, LIFELIKE)
        if wall is not None:
            made = [int(index) for index in wall.done.nonzero()[0]]
            self.wall.set_tiles(made, wall.tiles[made], True)
        self._show_count(0 if wall is None else int(wall.done.sum()), layer.channels)
        if wall is None or not wall.done.all():
            self._delay.start()

    def _tile_label(self, index: int) -> str:
        card = self.session.facts.card
        unit = _unit_of(self.session.facts.layer, index)
        return "" if card is None else format_address(unit, card).removeprefix(card.name + "/")

    @Slot(object)
    def _show_unit(self, unit: Unit | None) -> None:
        index = unit.index if isinstance(unit, (Channel, ClassLogit)) else -1
        here = unit is not None and unit.layer_name == self.session.facts.layer
        self.wall.set_current(index if here else -1)

    @Slot(int)
    def _choose_tile(self, index: int) -> None:
        self.session.select_unit(_unit_of(self.session.facts.layer, index))

    @Slot(int)
    def _copy_tile(self, index: int) -> None:
        card = self.session.facts.card
        if card is not None:
            QGuiApplication.clipboard().setText(format_address(_unit_of(self.session.facts.layer, index), card))

    @Slot()
    def _compute_small_wall(self) -> None:
        card = self.session.facts.card
        if card is not None and max(card.input_size) <= SMALL_SIDE:
            self._compute_wall()
        else:
            self._make.show()

    @Slot()
    def _compute_wall(self) -> None:
        facts = self.session.facts
        self._make.hide()
        if facts.card is None or not facts.layer:
            return
        self._wall_handle = self.worker.submit(ComputeWall(facts.card.source, facts.layer))
        self._wall_handle.yielded.connect(self._take_tiles)
        self._wall_handle.failed.connect(self._wall_failed)
        self._wall_handle.cancelled.connect(self._wall_cancelled)

    def _stop_wall(self) -> None:
        self._delay.stop()
        if self._wall_handle is not None and self._wall_handle.running:
            self._wall_handle.yielded.disconnect(self._take_tiles)
            self._wall_handle.cancelled.disconnect(self._wall_cancelled)
            self._wall_handle.cancel()
        self._wall_handle = None

    @Slot(object)
    def _take_tiles(self, event: object) -> None:
        if isinstance(event, Notice):
            self.session.events.notice.emit(event.text)
        if not isinstance(event, WallTiles) or event.layer != self.session.facts.layer:
            return
        self.wall.set_tiles(list(event.indices), event.tiles, event.finished)
        self._show_count(event.progress.done, event.progress.total)

    @Slot(object)
    def _wall_failed(self, report: ErrorReport) -> None:
        self._wall_handle = None
        self.session.events.error.emit(report)

    @Slot()
    def _wall_cancelled(self) -> None:
        self._wall_handle = None
        self._make.show()

    def _show_count(self, done: int, total: int) -> None:
        self._count.setText(str(total) if done == total else f"{done} of {total}".upper())
        self._make.setText("Go on with this wall" if done else "Make this wall")


def _first_layer(card: NetworkCard) -> str:
    """Name the layer to begin with: `layer4`, or the deepest outermost module that has channels."""
    names = [layer.name for layer in card.layers if layer.has_space and "." not in layer.name]
    return FIRST_LAYER if FIRST_LAYER in names else names[-1] if names else ""


def _unit_of(layer: str, index: int) -> Channel | ClassLogit:
    return ClassLogit(index) if layer == LOGITS else Channel(layer, index)


PANEL = ModelBrowser
