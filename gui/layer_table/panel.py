"""Layer table: every channel of a layer with its numbers, sorted and filtered; all layers by depth above it."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from backend.jobs import (
    LIFELIKE,
    LOGITS,
    Channel,
    ClassLogit,
    DescribedLayer,
    NetworkCard,
    Store,
    format_address,
    stored_wall,
)
from backend.worker import Worker
from gui.image_selection import ImageSelection
from gui.layer_table.channel_filter import filter_channels, nothing_left
from gui.layer_table.channel_rows import COLUMNS, SELECTED, ChannelRows, channel_rows
from gui.layer_table.channel_table import ChannelTable
from gui.layer_table.compared_images import ComparedImages
from gui.layer_table.depth_section import DepthSection
from gui.layer_table.table_files import TableFiles
from gui.panel import Panel
from gui.session import Session
from gui.units.layer_order import call_order
from gui.units.scan_run import FIRST_DESCRIBED
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.selection_chip import SelectionChip

WALL_PERIOD = 4000
"""Milliseconds between two looks at a wall that is still being made."""
FILTER_TIP = (
    "Words that must all match: a class, a label or its note, a shape, a channel's number,\n"
    "dead, duplicate, labelled, unlabelled.\n"
    "Comparisons: skewness>2  zeros>=50%  selectivity>1  channel<64\n"
    "While images are selected: differs>1  differs<-1  selected>0.5"
)


class LayerTable(Panel):
    """Shows the layer that the session looks at. A row chosen here is the unit that every panel speaks of."""

    def __init__(self, session: Session, worker: Worker, parent: QWidget | None = None) -> None:
        super().__init__(session, worker, parent)
        self.by_depth, self.table = DepthSection(), ChannelTable()
        self.heading, self.images, self.count = ElidedLabel(), QLabel(), QLabel()
        self.filter = QLineEdit(clearButtonEnabled=True)
        self.complaint, self.words = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.chip = SelectionChip()
        self.files = TableFiles(session, worker, self.table.channels, self)
        self.compared = ComparedImages(session, worker, self)
        self._bare: ChannelRows | None = None
        self._shown: tuple[NetworkCard | None, str, DescribedLayer | None] = (None, "", None)
        self._described: object = None
        self._labels: object = None
        self._images: ImageSelection | None = None
        self._store = Store()
        # What comes together is shown once, and nothing while the panel is out of sight.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._wall_later = QTimer(self, singleShot=True, interval=WALL_PERIOD)
        self.setFocusProxy(self.table)
        self._lay_out()
        self._connect()

    def remember(self) -> dict[str, Any]:
        model = self.table.channels
        return {"sorted_by": model.sorted_by, "descending": model.descending, "filter": self.filter.text()}

    def restore(self, remembered: dict[str, Any]) -> None:
        column, text = remembered.get("sorted_by"), remembered.get("filter")
        # What is sorted by selected images says nothing at a start: none are selected.
        if column in COLUMNS and column not in SELECTED:
            self.table.sort_by(column, remembered.get("descending") is True)
        if isinstance(text, str):
            self.filter.setText(text)

    @Slot()
    def start_filter(self) -> None:
        """Bring the panel to the front and the cursor into its filter."""
        self.come_forward()
        self.filter.setFocus()
        self.filter.selectAll()

    @Slot()
    def export(self) -> None:
        """Ask for a file and write the table into it, whether or not it is in sight."""
        self._show()
        self.files.choose()

    def _lay_out(self) -> None:
        for label in (self.heading, self.images):
            label.setProperty("role", "heading")
        for label in (self.complaint, self.words, self.count):
            label.setProperty("role", "caption")
        self.complaint.hide()
        self.filter.setPlaceholderText("Filter: ship, long-tailed, duplicate, skewness>2 …")
        self.filter.setToolTip(FILTER_TIP)
        self.filter.setAccessibleName("Filter of the layer table")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 12, 8)
        column.setSpacing(8)
        column.addWidget(self.by_depth)
        column.addSpacing(4)
        column.addLayout(_line(self.heading, self.images))
        column.addWidget(self.words)
        column.addWidget(self.chip)
        column.addLayout(_line(self.filter, self.count))
        column.addWidget(self.complaint)
        column.addWidget(self.table, 1)

    def _connect(self) -> None:
        session = self.session
        for signal in (
            session.card_changed,
            session.dataset_changed,
            session.layer_changed,
            session.unit_changed,
            session.scans_changed,
            session.statistics_changed,
            session.labels_changed,
            session.images_changed,
        ):
            signal.connect(self._show_soon)
        self._soon.timeout.connect(self._show)
        self._wall_later.timeout.connect(self._show_wall)
        self.filter.textChanged.connect(self._filter)
        self.compared.changed.connect(self._filter)
        self.chip.cleared.connect(self._clear_selection)
        self.table.chosen.connect(self._choose)
        self.table.copy_wanted.connect(self._copy_address)
        self.table.copy_table_wanted.connect(self.files.copy)
        self.table.export_wanted.connect(self.export)
        self.by_depth.chart.layer_chosen.connect(self._choose_layer)

    # --- what the user does ------------------------------------------------------------------------------------

    @Slot(int)
    def _choose(self, channel: int) -> None:
        self.session.select_unit(_unit_of(self._shown[1], channel))

    @Slot(int)
    def _copy_address(self, channel: int) -> None:
        card = self.session.facts.card
        if card is not None:
            QGuiApplication.clipboard().setText(format_address(_unit_of(self._shown[1], channel), card))

    @Slot()
    def _clear_selection(self) -> None:
        self.session.select_images(None)

    @Slot(str)
    def _choose_layer(self, name: str) -> None:
        self.session.change(f"Look at {name}", layer=name)

    # --- what is shown -----------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    @Slot()
    def _show_soon(self) -> None:
        if self.isVisible():
            self._soon.start()

    @Slot()
    def _show(self) -> None:
        """Show what has changed since the last time."""
        self._soon.stop()
        facts = self.session.facts
        shown = (facts.card, facts.layer, self.session.statistics_of(facts.layer))
        before, self._shown = self._shown, shown
        moved = (before[0] is not shown[0]) or before[1] != shown[1]
        if moved or before[2] is not shown[2]:
            self._take_rows(moved)
        if facts.labels is not self._labels or facts.images is not self._images:
            self._take_labels()
        self._show_current(scroll=True)
        self._show_words()
        self._show_depth()

    def _take_rows(self, moved: bool) -> None:
        """Make the rows of the layer anew; where it is another one, with its pictures."""
        card, layer, described = self._shown
        self._bare = None
        if card is not None and layer:
            units = [_unit_of(layer, index) for index in range(card.layer(layer).channels)]
            addresses = [self.session.label(unit) for unit in units]
            classes = layer == LOGITS and len(card.classes) == len(units)
            names = card.classes if classes else [str(index) for index in range(len(units))]
            scan = self.session.scan_of(layer)
            self._bare = channel_rows(names, addresses, described, scan.header.class_names if scan else ())
        if moved:
            self.table.set_first_column(layer == LOGITS)
        self._take_labels()
        if moved:
            self.table.scrollToTop()
            self._show_wall()

    def _take_labels(self) -> None:
        self._labels, self._images = self.session.facts.labels, self.session.facts.images
        self._filter()

    @Slot()
    def _filter(self) -> None:
        """Show the channels that the filter leaves, where they were."""
        labels, complaint, shown, total = self.session.facts.labels, "", 0, 0
        rows = self._bare or channel_rows((), (), None, ())
        rows = rows.with_labels([labels.get(address) for address in rows.addresses])
        if self._images is not None:
            rows = rows.with_selected(self._images.name, self.compared.means(self._shown[2]))
        mask, complaint = filter_channels(self.filter.text(), rows)
        shown, total = int(mask.sum()), len(rows)
        if total and not shown and not complaint:
            complaint = nothing_left(self.filter.text(), rows, self._units())
        place = self.table.verticalScrollBar().value()
        self.table.channels.set_rows(rows, mask, "class" if self._shown[1] == LOGITS else "channel")
        self.table.show_selected(self._images is not None)
        self.chip.show_selection(self._images, rows.standing_out(self._units()))
        self._show_current(scroll=False)
        self.table.verticalScrollBar().setValue(place)
        self.complaint.setText(complaint)
        self.complaint.setVisible(bool(complaint))
        self.count.setText(f"{shown:,} of {total:,} {self._units()}" if total else "")

    def _units(self) -> str:
        return "classes" if self._shown[1] == LOGITS else "channels"

    def _show_current(self, *, scroll: bool) -> None:
        unit, layer = self.session.facts.unit, self._shown[1]
        here = isinstance(unit, (Channel, ClassLogit)) and unit.layer_name == layer
        channel = unit.index if here and isinstance(unit, (Channel, ClassLogit)) else -1
        self.table.set_current(channel, scroll=scroll and channel != self.table.current())

    @Slot()
    def _show_wall(self) -> None:
        """Show the pictures that the wall has by now, and look again while it has not all of them."""
        card, layer, _ = self._shown
        wall = stored_wall(card, layer, self._store, LIFELIKE) if card is not None and layer else None
        made = np.zeros(0, np.bool_) if wall is None else wall.done
        self.table.channels.set_tiles(None if wall is None else wall.tiles, made)
        if self.isVisible() and layer and not (len(made) and made.all()):
            self._wall_later.start()

    def _show_words(self) -> None:
        layer, described, scan = self._shown[1], self._shown[2], self.session.scan_of(self._shown[1])
        self.heading.setText(f"{layer} · {self._units()}".upper() if layer else "")
        total = scan.header.count if scan is not None else 0
        self.images.setText(f"{described.done:,} OF {total:,} IMAGES" if described is not None else "")
        words = "" if described is not None else self._what_is_missing()
        self.words.setText(words)
        self.words.setVisible(bool(words))

    def _what_is_missing(self) -> str:
        """Say why there are no numbers, and what to do about it."""
        facts, layer = self.session.facts, self._shown[1]
        if not layer:
            return "Choose a layer in the model browser: its channels are listed here."
        if facts.dataset is None:
            return "Open a data set and scan it: then every channel's scores for its images are counted up here."
        scan = self.session.scan_of(layer)
        if scan is not None and not scan.complete and scan.done < FIRST_DESCRIBED:
            done = f"{scan.done:,} of {scan.header.count:,} images are scanned"
            return f"{done}; the numbers come after {FIRST_DESCRIBED:,}, or when the scan is done."
        if scan is not None and scan.done:
            return "The numbers of this layer are being computed."
        elsewhere = facts.unit is not None and facts.unit.layer_name != layer
        first = "Choose one of its rows, then press" if elsewhere else "Press"
        return (
            f"{layer} was not scanned over {facts.dataset.name} yet, so there are no numbers. {first} Ctrl+Shift+S, "
            "or Scan in the activation histogram: every image passes the network once, in the background."
        )

    def _show_depth(self) -> None:
        facts = self.session.facts
        if self._described is not facts.statistics:
            self._described = facts.statistics
            order = call_order([layer.name for layer in facts.card.layers]) if facts.card is not None else []
            total = max((scan.header.count for scan in facts.scans), default=0)
            self.by_depth.show_layers(facts.statistics.values(), order, total)
        scan = self.session.scan_of(facts.layer)
        self.by_depth.chart.set_current(scan.layer(facts.layer).name if scan is not None else facts.layer)


def _unit_of(layer: str, index: int) -> Channel | ClassLogit:
    return ClassLogit(index) if layer == LOGITS else Channel(layer, index)


def _line(wide: QWidget, narrow: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(12)
    line.addWidget(wide, 1)
    line.addWidget(narrow)
    return line


PANEL = LayerTable
