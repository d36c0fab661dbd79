"""Figure 5 of the paper for any network: units of a low and a high layer, what excites them, and how often."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from backend.jobs import (
    LIFELIKE,
    LOGITS,
    Channel,
    ClassLogit,
    ComputeWall,
    DescribeImages,
    FigureRow,
    SaveFigure,
    SaveFile,
    Store,
    Unit,
    WallTiles,
    stored_wall,
)
from backend.worker import Worker
from gui.save_path import ask_save_path
from gui.session import Session
from gui.sheet_png import sheet_png
from gui.unit_page.channel_choice import choose_channels, read_channels
from gui.unit_page.figure_row_view import FigureRowView
from gui.units.unit_scores import UnitScores, unit_scores
from gui.units.unit_sheets import figure_row
from gui.widgets.parameter_controls import CalmCombo

CHOSEN = 3
NINE = 9


class FigureWindow(QDialog):
    """Two groups of units; layers and channels can be changed, and the page exported."""

    def __init__(self, session: Session, worker: Worker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Figure 5: a low and a high layer")
        self.resize(980, 820)
        self._session, self._worker = session, worker
        self._store = Store()
        self.groups = [_Group("Low layer"), _Group("High layer")]
        self.rows: list[_Row] = []
        self.page = QWidget()
        self._column = QVBoxLayout(self.page)
        self._column.setContentsMargins(20, 12, 20, 20)
        self._column.setSpacing(12)
        # Enter in a field is for the field, not for a button.
        self.export_png = QPushButton("Export PNG", autoDefault=False)
        self.export_html = QPushButton("Export HTML", autoDefault=False)
        self._lay_out()
        self._fill()
        for group in self.groups:
            group.layer.currentIndexChanged.connect(partial(self._layer_chosen, group))
            group.channels.editingFinished.connect(self._show)
        self.export_png.clicked.connect(self._export_png)
        self.export_html.clicked.connect(self._export_html)
        # Its images are those of what is open; they go with it.
        session.card_changed.connect(self.close)
        session.dataset_changed.connect(self.close)
        self._show()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        for group in self.groups:
            for widget in (group.title, group.layer, group.channels):
                head.addWidget(widget)
            head.addSpacing(12)
        head.addStretch()
        head.addWidget(self.export_png)
        head.addWidget(self.export_html)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self.page)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 8)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(area, 1)

    def _fill(self) -> None:
        """Offer the scanned layers; of those with space the second and the last but one are low and high."""
        scans = self._session.facts.scans
        names = [layer.name for layer in scans[0].header.layers] if scans else []
        blocks = [layer.name for layer in scans[0].header.layers if layer.height * layer.width > 1] if scans else []
        for group in self.groups:
            group.layer.addItems(names)
        if blocks:
            self.groups[0].layer.setCurrentText(blocks[min(1, len(blocks) - 1)])
            self.groups[1].layer.setCurrentText(blocks[max(0, len(blocks) - 2)])
        for group in self.groups:
            self._choose(group)

    def _choose(self, group: _Group) -> None:
        """Choose three channels that show what the layer is like."""
        described = self._session.statistics_of(group.layer.currentText())
        scan = self._session.scan_of(group.layer.currentText())
        count = scan.layer(group.layer.currentText()).channels if scan is not None else 0
        chosen = choose_channels(described.statistics, CHOSEN) if described else list(range(min(CHOSEN, count)))
        group.channels.setText(", ".join(map(str, chosen)))

    def _layer_chosen(self, group: _Group, _index: int) -> None:
        self._choose(group)
        self._show()

    # --- the page ----------------------------------------------------------------------------------------------

    @Slot()
    def _show(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.rows = []
        for group in self.groups:
            self._add_group(group)
        self._column.addStretch()

    def _add_group(self, group: _Group) -> None:
        layer = group.layer.currentText()
        scan = self._session.scan_of(layer)
        if scan is None or not scan.done:
            return
        channels, sentence = read_channels(group.channels.text(), scan.layer(layer).channels)
        title = QLabel(f"{group.title.text()} · {layer}")
        title.setProperty("role", "heading")
        self._column.addWidget(title)
        if sentence:
            words = QLabel(sentence)
            words.setProperty("role", "caption")
            self._column.addWidget(words)
        for channel in channels:
            unit = ClassLogit(channel) if layer == LOGITS else Channel(layer, channel)
            self._add_row(unit_scores(scan, unit), title.text())
        self._get_pictures(layer, channels)

    def _add_row(self, scores: UnitScores, group: str) -> None:
        card = self._session.facts.card
        assert card is not None
        words = figure_row(scores, card, group, {}, None).words
        row = _Row(scores, group, FigureRowView(self._session.label(scores.unit), words))
        row.view.histogram.set_scores(scores.scores, None, ())
        self.rows.append(row)
        self._column.addWidget(row.view)
        self._fetch(row)

    def _fetch(self, row: _Row) -> None:
        """Show the nine images: at once where they lie decoded."""
        dataset, card = self._session.facts.dataset, self._session.facts.card
        wanted = tuple(row.scores.top(NINE).tolist())
        if dataset is None or card is None:
            return
        if dataset.pixels is not None:
            row.take(wanted, dataset.pixels.images(wanted))
            return
        job = DescribeImages(dataset.source, card.source, wanted, f"figure 5 {self._session.label(row.scores.unit)}")
        handle = self._worker.submit(job)
        handle.finished.connect(lambda images: row.take(images.indices, images.images) if row in self.rows else None)
        handle.failed.connect(self._session.events.error)

    def _get_pictures(self, layer: str, channels: list[int]) -> None:
        """Show the optimised pictures that are stored, and make the others."""
        card = self._session.facts.card
        if card is None or not channels:
            return
        wall = stored_wall(card, layer, self._store, LIFELIKE)
        if wall is not None:
            made = [channel for channel in channels if wall.done[channel]]
            self._take(layer, made, wall.tiles[made])
        if wall is None or not wall.done[channels].all():
            handle = self._worker.submit(ComputeWall(card.source, layer, channels=tuple(channels)))
            handle.yielded.connect(self._take_tiles)
            handle.failed.connect(self._session.events.error)
            # Its signals must not reach a window that is gone.
            self.destroyed.connect(handle.cancel)

    @Slot(object)
    def _take_tiles(self, event: object) -> None:
        if isinstance(event, WallTiles):
            self._take(event.layer, list(event.indices), event.tiles)

    def _take(self, layer: str, channels: list[int], tiles: NDArray[np.uint8]) -> None:
        for channel, tile in zip(channels, tiles, strict=True):
            for row in self.rows:
                if _is(row.scores.unit, layer, channel):
                    row.view.optimised.set_image(tile)

    # --- export ------------------------------------------------------------------------------------------------

    @Slot()
    def _export_html(self) -> None:
        card = self._session.facts.card
        path = ask_save_path(self, self._session, "Export figure 5", "figure-5", "html")
        if path is not None and card is not None:
            rows: list[FigureRow] = [
                figure_row(row.scores, card, row.group, row.pictures, row.view.optimised.image()) for row in self.rows
            ]
            self._save(SaveFigure(path, f"{card.name}: what low and high layers look for", tuple(rows)))

    @Slot()
    def _export_png(self) -> None:
        path = ask_save_path(self, self._session, "Export figure 5", "figure-5", "png")
        if path is not None:
            self._save(SaveFile(path, sheet_png(self.page)))

    def _save(self, job: SaveFile | SaveFigure) -> None:
        handle = self._worker.submit(job)
        handle.finished.connect(self._saved)
        handle.failed.connect(self._session.events.error)

    @Slot(object)
    def _saved(self, path: Path) -> None:
        self._session.events.notice.emit(f"Saved {path}.")


class _Row:
    """One unit of the page, and the images that it shows by their number."""

    def __init__(self, scores: UnitScores, group: str, view: FigureRowView) -> None:
        self.scores, self.group, self.view = scores, group, view
        self.pictures: dict[int, NDArray[np.uint8]] = {}

    def take(self, indices: tuple[int, ...], images: NDArray[np.uint8]) -> None:
        self.pictures = dict(zip(indices, images, strict=True))
        self.view.top.set_pictures(list(images))


class _Group:
    """The choice of one layer and its channels."""

    def __init__(self, title: str) -> None:
        self.title = QLabel(title)
        self.layer: QComboBox = CalmCombo()
        self.layer.setAccessibleName(title)
        self.channels = QLineEdit()
        self.channels.setFixedWidth(120)
        self.channels.setAccessibleName(f"Channels of the {title.lower()}")
        self.channels.setToolTip("Channel numbers, with commas between them")


def _is(unit: Unit, layer: str, channel: int) -> bool:
    return isinstance(unit, Channel | ClassLogit) and unit.layer_name == layer and unit.index == channel
