"""Activation histogram: how strongly every image of the data set excites the unit, and which do most and least."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QMimeData, QTimer, QUrl, Slot
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from backend.errors import ErrorReport
from backend.jobs import PictureScores, Unit, probe_tuning
from backend.worker import Worker
from gui.excited_images import ExcitedImages, score_text
from gui.panels import Panel
from gui.scan_run import ScanRun
from gui.scored_picture import ScoredPicture
from gui.session import Session
from gui.unit_scores import UnitScores, standing, unit_scores
from gui.widgets.dropped_pictures import NoPicture, may_hold_picture, picture_of
from gui.widgets.excited_view import ExcitedView
from gui.widgets.histogram_view import class_colours
from gui.widgets.image_card import ImageCard
from gui.widgets.jobs_strip import time_left_text
from gui.widgets.live_curve import figure

AT_FIRST = 9
MOST = 99
REFRESH = 400
"""Milliseconds between two looks at a scan that goes on."""
NOTHING = np.zeros(0, np.int64)


class ActivationHistogram(Panel):
    """Shows the scores of the session's unit as soon as either changes."""

    title = "Activation histogram"
    area = "right"

    def __init__(self, session: Session, worker: Worker, parent: QWidget | None = None) -> None:
        super().__init__(session, worker, parent)
        self.scan_run = ScanRun(session, worker, self)
        self.view = ExcitedView()
        self.scores: UnitScores | None = None
        self.canvas = ScoredPicture(session, worker, "canvas", self)
        self.dropped = ScoredPicture(session, worker, "dropped", self)
        self._dropped_name = ""
        self._shown = AT_FIRST
        card = ImageCard(self)
        grids = {"top": self.view.top, "bottom": self.view.bottom, "range": self.view.within}
        self.images = {name: ExcitedImages(session, worker, grid, card, name) for name, grid in grids.items()}
        self._later = QTimer(self, singleShot=True, interval=REFRESH)
        self.setAcceptDrops(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self._connect()
        self._show()

    def menu_actions(self) -> list[QAction]:
        return [
            self.action("Scan the data set", "Ctrl+Shift+S", self.scan),
            self.action("Show more excited images", "", self.show_more),
            self.action("Compare a picture with the data set…", "", self.choose_picture),
            self.action("Paste a picture to compare", "Ctrl+Shift+V", self.paste),
            self.action("Take the compared picture away", "", self.remove_picture),
        ]

    def remember(self) -> dict[str, Any]:
        view = self.view
        buttons = {"by_class": view.by_class, "log": view.log, "normal": view.normal}
        combos = {"pooling": view.pooling, "overlay": view.overlay}
        checked = {name: button.isChecked() for name, button in buttons.items()}
        return {**checked, **{name: combo.currentData() for name, combo in combos.items()}}

    def restore(self, remembered: dict[str, Any]) -> None:
        view = self.view
        for name, button in (("by_class", view.by_class), ("log", view.log), ("normal", view.normal)):
            button.setChecked(remembered.get(name, button.isChecked()) is True)
        for name, combo in (("pooling", view.pooling), ("overlay", view.overlay)):
            combo.setCurrentIndex(max(0, combo.findData(remembered.get(name))))

    # --- what the user does ------------------------------------------------------------------------------------

    @Slot()
    def scan(self) -> None:
        """Scan the data set for the layer that is looked at, or go on with it."""
        if self.scan_run.header() is None:
            self.session.notice.emit("There is nothing to scan yet: open a network and a data set first.")
        self.scan_run.start(self.layer())

    @Slot()
    def show_more(self) -> None:
        """Show three times as many of the most and the least excited images; after the most, nine again."""
        self._shown = AT_FIRST if self._shown >= MOST else min(3 * self._shown, MOST)
        self._show_images()

    @Slot()
    def choose_picture(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "Compare a picture", "", "Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.gif)"
        )
        if path:
            data = QMimeData()
            data.setUrls([QUrl.fromLocalFile(path)])
            self._take(picture_of(data, Path(path).name))

    @Slot()
    def paste(self) -> None:
        self._take(picture_of(QGuiApplication.clipboard().mimeData(), "clipboard"))

    @Slot()
    def remove_picture(self) -> None:
        self.dropped.set_picture(None)
        self._show_standing()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if may_hold_picture(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self._take(picture_of(event.mimeData(), "dropped picture"))

    def _take(self, found: tuple[bytes, str] | NoPicture) -> None:
        if isinstance(found, NoPicture):
            self.session.notice.emit(found.sentence)
        else:
            self._compare(*found)

    def _compare(self, content: bytes, name: str) -> None:
        self._dropped_name = name
        self.dropped.set_picture(content)

    # --- what is shown -----------------------------------------------------------------------------------------

    def layer(self) -> str:
        """Name the layer whose scores are shown."""
        facts = self.session.facts
        return facts.unit.layer_name if facts.unit is not None else facts.layer

    @Slot()
    def _show(self) -> None:
        """Show the unit's scores as they are now."""
        self._later.stop()
        unit = self.session.facts.unit
        scan = None if unit is None else self.session.scan_of(unit.layer_name)
        known = scan is not None and scan.done > 0
        self.scores = unit_scores(scan, unit, self.view.pooling.currentData()) if known and scan and unit else None
        scores, histogram = self.scores, self.view.histogram
        for picture in (self.canvas, self.dropped):
            picture.set_layer(self.layer())
        if scores is None:
            histogram.set_scores(np.zeros(0, np.float32), None, ())
            histogram.set_placeholder("Choose a channel or a class" if unit is None else "No scores yet")
            best = None
        else:
            histogram.set_scores(scores.scores, scores.labels, scores.scan.header.class_names)
            best = float(scores.statistics.largest)
        self.session.best_real_changed.emit(None if best is None else (unit, best))
        self._show_figures()
        self._show_state()
        self._show_standing()
        self._show_images()

    @Slot(object)
    def _show_unit(self, unit: Unit | None) -> None:
        self.view.histogram.set_brush(None, None)
        address = "" if unit is None else self.session.label(unit)
        self.view.unit.setText(address)
        self._show_label()
        self._show()

    @Slot()
    def _scans_changed(self) -> None:
        """Follow a scan at a pace that can be read; what is another scan, at once."""
        scan = self.session.scan_of(self.layer())
        goes_on = scan is not None and self.scores is not None and scan.header == self.scores.scan.header
        if not goes_on or (scan is not None and scan.complete):
            self._show()
        elif not self._later.isActive():
            self._later.start()

    @Slot()
    def _show_state(self) -> None:
        layer = self.layer()
        header, scan = self.scan_run.header(layer), self.session.scan_of(layer)
        total = header.count if header is not None else 0
        done = scan.done if scan is not None else 0
        self.view.count.setText(f"{done:,} OF {total:,}" if total and scan is not None else "")
        size = header.bytes_on_disk() / 1e6 if header is not None else 0.0
        state = self.scan_run.state(layer) if layer else "none"
        self.view.offer.show_state(state, done, total, size, self._time_left)

    def _time_left(self) -> str:
        seconds = self.scan_run.seconds_left(self.layer())
        return "" if seconds is None else time_left_text(seconds)

    def _show_figures(self) -> None:
        scores = self.scores
        statistics = scores.statistics if scores is not None else None
        figures = {}
        if statistics is not None and statistics.images:
            names = ("mean", "deviation", "skewness", "kurtosis", "largest")
            figures = {name: figure(getattr(statistics, name)) for name in names}
            figures |= {"zeros": f"{statistics.zeros:.1%}".replace("%", " %"), "shape": statistics.shape}
        self.view.statistics.set_figures(figures)
        self._show_classes()

    def _show_classes(self) -> None:
        """Show what the unit prefers: classes, and of the probe set the parameters of its stimuli."""
        scores = self.scores
        if scores is None:
            self.view.prefers.set_probabilities((), None)
        else:
            means = scores.class_means
            # A class without images is shown as one that excites nothing.
            known = np.nan_to_num(means, nan=0.0)
            self.view.prefers.set_probabilities(scores.scan.header.class_names, known, float(known.max(initial=0.0)))
        self._colour_classes()
        curves = probe_tuning(scores.scan.header, scores.scores, self.session.facts.card) if scores is not None else ()
        self.view.tuning.set_curves(curves)
        self.view.sections["Tuning"].setVisible(bool(curves))

    @Slot()
    def _colour_classes(self) -> None:
        """Make the bars of the classes the legend of the histogram, where that has their colours."""
        count = len(self.scores.scan.header.class_names) if self.scores is not None else 0
        self.view.prefers.set_colours(class_colours(count) if self.view.by_class.isChecked() else None)

    @Slot(int)
    def _highlight_class(self, label: int) -> None:
        self.view.histogram.set_highlight(label if label >= 0 else None)

    @Slot()
    def _show_images(self) -> None:
        scores, overlay = self.scores, self.view.overlay.currentData() or None
        self.images["top"].show(scores, NOTHING if scores is None else scores.top(self._shown), overlay)
        self.images["bottom"].show(scores, NOTHING if scores is None else scores.bottom(self._shown), overlay)
        self.view.more.setText("Fewer" if self._shown >= MOST else "More")
        self._show_range()

    @Slot()
    def _show_range(self) -> None:
        """Show the images whose score lies in the range that was drawn."""
        brush, scores = self.view.histogram.brush(), self.scores
        section = self.view.sections["In the range"]
        section.setVisible(brush is not None and scores is not None)
        inside = NOTHING if brush is None or scores is None else scores.within(*brush)
        if brush is not None and scores is not None:
            share = len(inside) / max(len(scores.scores), 1)
            ends = " to ".join(score_text(end) for end in brush)
            section.set_note(f"{ends} · {len(inside):,} images, {share:.1%}".replace("%", " %"))
        self.images["range"].show(scores, inside, self.view.overlay.currentData() or None)

    # --- single pictures ---------------------------------------------------------------------------------------

    @Slot()
    def _show_standing(self) -> None:
        """Say where the canvas's picture and the dropped one stand."""
        for picture, row, name, title, colour in (
            (self.canvas, self.view.canvas, "canvas", "on the canvas", "accent"),
            (self.dropped, self.view.dropped, "dropped", self._dropped_name, "path"),
        ):
            found, scores = picture.scores, self.scores
            score = scores.score_of(found) if found is not None and scores is not None else float("nan")
            known = bool(np.isfinite(score))
            row.setVisible(known)
            label = "on canvas" if name == "canvas" else title
            self.view.histogram.set_marker(name, score if known else None, label, colour)
            if known and found is not None and scores is not None:
                row.show_picture(found.picture, f"{title} · {score_text(score)}", standing(score, scores))
        self.view.hint.setVisible(self.scores is not None and not self.dropped.there)

    @Slot(object)
    def _scored(self, _scores: PictureScores) -> None:
        self._show_standing()

    @Slot(object)
    def _unreadable(self, report: ErrorReport) -> None:
        self.session.error.emit(report)
        self._show_standing()

    # --- labels ------------------------------------------------------------------------------------------------

    @Slot()
    def _show_label(self) -> None:
        unit = self.session.facts.unit
        self.view.labels.setEnabled(unit is not None)
        if unit is not None:
            self.view.labels.set_label(self.session.facts.labels.get(self.session.label(unit)))

    @Slot(str)
    def _choose_kind(self, kind: str) -> None:
        if self.session.facts.unit is not None:
            self.session.label_unit(self.session.facts.unit, kind=kind)

    @Slot(str)
    def _write_note(self, note: str) -> None:
        if self.session.facts.unit is not None:
            self.session.label_unit(self.session.facts.unit, note=note)

    def _connect(self) -> None:
        view, session = self.view, self.session
        pairs: list[tuple[Any, Any]] = [
            (session.unit_changed, self._show_unit),
            (session.scans_changed, self._scans_changed),
            (session.layer_changed, self._show_state),
            (session.labels_changed, self._show_label),
            (session.canvas_picture_changed, self.canvas.set_picture),
            (self.scan_run.state_changed, self._show_state),
            (self._later.timeout, self._show),
            (self.canvas.scored, self._scored),
            (self.dropped.scored, self._scored),
            (self.dropped.failed, self._unreadable),
            (view.by_class.toggled, view.histogram.set_stacked),
            (view.by_class.toggled, self._colour_classes),
            (view.prefers.class_hovered, self._highlight_class),
            (view.log.toggled, view.histogram.set_log),
            (view.normal.toggled, view.histogram.set_normal),
            (view.pooling.currentIndexChanged, self._show),
            (view.overlay.currentIndexChanged, self._show_images),
            (view.histogram.brushed, self._show_range),
            (view.histogram.brush_cleared, self._show_range),
            (view.offer.start_wanted, self.scan),
            (view.offer.pause_wanted, lambda: self.scan_run.pause(self.layer())),
            (view.offer.cancel_wanted, lambda: self.scan_run.cancel(self.layer())),
            (view.more_wanted, self.show_more),
            (view.dropped.removed, self.remove_picture),
            (view.labels.kind_chosen, self._choose_kind),
            (view.labels.note_edited, self._write_note),
        ]
        for signal, slot in pairs:
            signal.connect(slot)
        view.by_class.setChecked(True)


PANEL = ActivationHistogram
