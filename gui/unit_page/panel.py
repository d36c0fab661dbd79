"""Unit page: what is known of one unit on one sheet, to be looked at and to be given away."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from backend.jobs import (
    LIFELIKE,
    Channel,
    ClassLogit,
    FindRelations,
    SaveFile,
    SaveUnitSheet,
    Store,
    Unit,
    UnitRelations,
    stored_wall,
)
from backend.worker import Worker
from gui.panel import Panel
from gui.save_path import ask_save_path
from gui.session import Session
from gui.text import score_text
from gui.unit_page.figure_window import FigureWindow
from gui.unit_page.unit_page_view import UnitPageView
from gui.unit_page.unit_pictures import UnitPictures
from gui.units.excited_images import ExcitedImages
from gui.units.label_keeper import bind_label_keys
from gui.units.probe_scan import ProbeScan
from gui.units.selected_scores import SelectedScores, selected_scores
from gui.units.unit_scores import UnitScores, unit_scores
from gui.units.unit_sheets import statistics_texts, unit_sheet
from gui.widgets.image_card import ImageCard

SHOWN = 9
NOTHING = np.zeros(0, np.int64)


class UnitPage(Panel):
    """Gathers what the scan, the optimiser and the user say of the session's unit. Works only while it is seen."""

    def __init__(self, session: Session, worker: Worker, parent: QWidget | None = None) -> None:
        super().__init__(session, worker, parent)
        self.view = UnitPageView()
        self.scores: UnitScores | None = None
        self.selected: SelectedScores | None = None
        self.pictures = UnitPictures(session, worker, self)
        self.relations: UnitRelations | None = None
        self.probe = ProbeScan(session, worker, self)
        self._store = Store()
        self._thumbnails: dict[int, NDArray[np.uint8]] = {}
        self._stale = True
        card = ImageCard(self)
        self._grids = [
            ExcitedImages(session, worker, grid, card, f"unit page {name}")
            for name, grid in (("top", self.view.top), ("bottom", self.view.bottom))
        ]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self._connect()

    # --- what the user does ------------------------------------------------------------------------------------

    @Slot()
    def show_figure(self) -> None:
        """Open a window with units of a low and a high layer side by side."""
        if not self.session.facts.scans:
            self.session.events.notice.emit("Figure 5 needs a scan: scan the data set first (Ctrl+Shift+S).")
            return
        FigureWindow(self.session, self.worker, self.window()).show()

    @Slot()
    def export_html(self) -> None:
        self._refresh()
        card, scores = self.session.facts.card, self.scores
        path = ask_save_path(self, self.session, "Export the unit page", self._file_name(), "html") if scores else None
        if scores is None or card is None:
            self.session.events.notice.emit(
                "There is no scanned unit to export yet: choose a channel, and scan the data set."
            )
        elif path is not None:
            label = self.session.facts.labels.get(self.session.label(scores.unit))
            curves = self.probe.curves(scores.unit)
            sheet = unit_sheet(
                scores,
                card,
                label,
                self._pictures(scores),
                SHOWN,
                self.pictures.images,
                self.relations,
                self._thumbnails,
                curves,
                self.selected,
            )
            self._save(SaveUnitSheet(path, sheet))

    @Slot()
    def export_png(self) -> None:
        """Save the sheet as a picture, also what is scrolled out of sight."""
        self._refresh()
        if self.session.facts.unit is None:
            self.session.events.notice.emit("There is no unit to export yet: choose a channel or a class.")
            return
        path = ask_save_path(self, self.session, "Export the unit page", self._file_name(), "png")
        if path is not None:
            self._save(SaveFile(path, self.view.png()))

    def _save(self, job: SaveFile | SaveUnitSheet) -> None:
        handle = self.worker.submit(job)
        handle.finished.connect(self._saved)
        handle.failed.connect(self.session.events.error)

    @Slot(object)
    def _saved(self, path: Path) -> None:
        self.session.events.notice.emit(f"Saved {path}.")

    def _file_name(self) -> str:
        unit = self.session.facts.unit
        return self.session.label(unit).replace("/", "-") if unit is not None else "unit"

    def _pictures(self, scores: UnitScores) -> dict[int, NDArray[np.uint8]]:
        """Give the images that the sheet shows: the decoded ones, or else the thumbnails of the grids."""
        dataset = self.session.facts.dataset
        spoken = self.selected or scores
        wanted = [*spoken.top(SHOWN).tolist(), *spoken.bottom(SHOWN).tolist()]
        if dataset is not None and dataset.pixels is not None:
            return dict(zip(wanted, dataset.pixels.images(wanted), strict=True))
        found = {image: excited.grid.picture(image) for excited in self._grids for image in wanted}
        return {image: picture for image, picture in found.items() if picture is not None}

    # --- what is shown -----------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        # Nobody waits for what is not seen; it begins again when the page is.
        self.pictures.stop()
        self._stale = True

    @Slot()
    def _changed(self) -> None:
        self._stale = True
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        """Bring the sheet up to date, if something has changed since it was last seen."""
        if not self._stale:
            return
        self._stale = False
        unit, card = self.session.facts.unit, self.session.facts.card
        scan = None if unit is None else self.session.scan_of(unit.layer_name)
        known = unit is not None and scan is not None and scan.done > 0
        self.scores = unit_scores(scan, unit) if known and scan is not None and unit is not None else None
        self._show_head(unit)
        self._show_scores()
        self.pictures.show(unit)
        self.relations, self._thumbnails = None, {}
        if unit is not None and card is not None:
            handle = self.worker.submit(FindRelations(card.source, scan, unit))
            handle.finished.connect(partial(self._take_relations, unit))
        self._show_relations()
        self._show_tuning()

    def _show_head(self, unit: Unit | None) -> None:
        card, scores = self.session.facts.card, self.scores
        self.view.address.setText("Choose a channel or a class" if unit is None else self.session.label(unit))
        about = [] if card is None else [f"{card.name} @ {card.weights_digest[:6]}"]
        if scores is not None:
            header = scores.scan.header
            about += [header.dataset, f"{scores.scan.done:,} of {header.count:,} images"]
        elif unit is not None:
            about.append("no scan yet: Ctrl+Shift+S scans the data set")
        self.view.about.setText(" · ".join(about))

    def _show_scores(self) -> None:
        scores, view = self.scores, self.view
        if scores is None:
            view.histogram.set_placeholder("No scores yet")
            view.prefers.set_probabilities((), None)
        else:
            means = np.nan_to_num(scores.class_means)
            view.prefers.set_probabilities(scores.scan.header.class_names, means, float(means.max(initial=0.0)))
        view.statistics.set_figures(statistics_texts(scores) if scores is not None else {})
        self._show_selected()

    def _show_selected(self) -> None:
        """Show the histogram and the images of either end: of the selected images where there are some."""
        scores, view = self.scores, self.view
        selected = self.selected = selected_scores(self.session, scores)
        view.chip.show_selection(self.session.facts.images, "" if selected is None else selected.words)
        if scores is None:
            view.histogram.set_scores(np.zeros(0, np.float32), None, ())
        else:
            names, mask = scores.scan.header.class_names, None if selected is None else selected.mask
            view.histogram.set_scores(scores.scores, scores.labels, names, mask)
        spoken, note = selected or scores, "" if selected is None else f"of {selected.counted}"
        orders = (NOTHING, NOTHING) if spoken is None else (spoken.top(SHOWN), spoken.bottom(SHOWN))
        for excited, order, name in zip(self._grids, orders, ("Most excited", "Least excited"), strict=True):
            excited.show(scores, order, None)
            view.sections[name].set_note(note)

    # --- pictures ----------------------------------------------------------------------------------------------

    @Slot()
    def _show_optimised(self) -> None:
        images, view, progress = self.pictures.images, self.view, self.pictures.progress
        view.positive.set_image(None if images is None else images.positive)
        view.negative.set_image(None if images is None else images.negative)
        for place, picture in enumerate(view.diverse):
            picture.set_image(None if images is None else images.diverse[place])
        done = images is not None and images.done
        view.progress.setVisible(progress is not None)
        if progress is not None:
            view.progress.setValue(round(1000 * progress.done / max(progress.total, 1)))
        texts = ["most excited", "least excited", "four ways to excite it", "weights"]
        if done and images is not None:
            texts[0] += f" · {score_text(images.positive_score)}"
            texts[1] += f" · {score_text(images.negative_score)}"
            ends = (min(images.diverse_scores), max(images.diverse_scores))
            texts[2] = "four ways · " + " to ".join(score_text(score) for score in ends)
        for label, text in zip(view.captions, texts, strict=True):
            label.setText(text)
        weights = self.relations.weights if self.relations is not None else None
        view.weights.set_image(weights)
        for widget in (view.weights, view.captions[3]):
            widget.setVisible(weights is not None)

    # --- relations ---------------------------------------------------------------------------------------------

    def _take_relations(self, unit: Unit, relations: UnitRelations) -> None:
        if unit == self.session.facts.unit:
            self.relations = relations
            self._show_relations()
            self._show_optimised()

    def _show_relations(self) -> None:
        similar = self.relations.similar if self.relations is not None else ()
        self.view.sections["Most similar channels"].setVisible(bool(similar))
        order = np.array([index for index, _ in similar], dtype=np.int64)
        self.view.similar.clear_pictures()
        self.view.similar.set_order(order, lambda row: f"{similar[row][0]}\ncosine {similar[row][1]:.2f}")
        self._thumbnails = self._pictures_of_channels([index for index, _ in similar])
        if self._thumbnails:
            self.view.similar.set_pictures(list(self._thumbnails), np.stack(list(self._thumbnails.values())))

    def _pictures_of_channels(self, channels: list[int]) -> dict[int, NDArray[np.uint8]]:
        """Give their optimised pictures where there are some, else the images that excite them most."""
        card, scores, dataset = self.session.facts.card, self.scores, self.session.facts.dataset
        if card is None or scores is None or not channels:
            return {}
        layer = scores.unit.layer_name
        wall = stored_wall(card, layer, self._store, LIFELIKE)
        if wall is not None and wall.done[channels].all():
            return {index: wall.tiles[index] for index in channels}
        if dataset is None or dataset.pixels is None:
            return {}
        best = [int(scores.scan.top_images(layer, index, 1)[0]) for index in channels]
        return dict(zip(channels, dataset.pixels.images(best), strict=True))

    @Slot(int)
    def _go_to(self, channel: int) -> None:
        unit = self.session.facts.unit
        if isinstance(unit, ClassLogit):
            self.session.select_unit(ClassLogit(channel))
        elif isinstance(unit, Channel):
            self.session.select_unit(Channel(unit.layer, channel))

    # --- tuning --------------------------------------------------------------------------------------------

    @Slot()
    def _show_tuning(self) -> None:
        unit = self.session.facts.unit
        curves = self.probe.curves(unit) if unit is not None and self.isVisible() else ()
        self.view.tuning.set_curves(curves)
        self.view.tuning.setVisible(bool(curves))
        self.view.probe.setVisible(unit is not None and not curves)
        self.view.probe.setEnabled(not self.probe.running)
        self.view.probe.setText("Scanning the probe set…" if self.probe.running else "Scan the probe set")

    @Slot()
    def _scan_probe(self) -> None:
        if self.session.facts.unit is not None:
            self.probe.start(self.session.facts.unit)

    def _connect(self) -> None:
        view, session = self.view, self.session
        pairs: list[tuple[Any, Any]] = [
            (session.unit_changed, self._changed),
            (session.scans_changed, self._scans_changed),
            (session.images_changed, self._selection_changed),
            (view.chip.cleared, self._clear_selection),
            (self.probe.changed, self._show_tuning),
            (self.pictures.changed, self._show_optimised),
            (view.similar.chosen, self._go_to),
            (view.probe.clicked, self._scan_probe),
            (view.export_html.clicked, self.export_html),
            (view.export_png.clicked, self.export_png),
            (view.figure5.clicked, self.show_figure),
        ]
        for signal, slot in pairs:
            signal.connect(slot)
        bind_label_keys(view.labels, session)

    @Slot()
    def _selection_changed(self) -> None:
        # What is out of sight is stale anyway.
        if not self._stale:
            self._show_selected()

    @Slot()
    def _clear_selection(self) -> None:
        self.session.select_images(None)

    @Slot()
    def _scans_changed(self) -> None:
        """A scan that goes on need not begin everything anew: only its end and another scan do."""
        unit = self.session.facts.unit
        scan = None if unit is None else self.session.scan_of(unit.layer_name)
        old = self.scores.scan if self.scores is not None else None
        if scan is None or old is None or scan.header != old.header or scan.complete:
            self._changed()


PANEL = UnitPage
