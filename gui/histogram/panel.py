"""Activation histogram: how strongly every image of the data set excites the unit, and which do most and least."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from backend.jobs import Neuron, Overlay, Unit, probe_tuning
from backend.worker import Worker
from gui.charts.histogram_brush import Range
from gui.charts.histogram_paint import class_colours
from gui.histogram.excited_view import RANGE_HEIGHT, ExcitedView
from gui.histogram.standing_pictures import StandingPictures
from gui.panel import Panel
from gui.session import Session
from gui.text import pace_text, score_text, share_text
from gui.units.excited_images import ExcitedImages
from gui.units.label_keeper import bind_label_keys
from gui.units.scan_run import ScanRun
from gui.units.selected_scores import SelectedScores, selected_scores
from gui.units.unit_scores import UnitScores, unit_scores
from gui.units.unit_sheets import statistics_texts
from gui.widgets.dropped_pictures import may_hold_picture
from gui.widgets.image_card import ImageCard

AT_FIRST = 9
MOST = 99
REFRESH = 400
"""Milliseconds between two looks at a scan that goes on."""
TELL = 50
"""Milliseconds until the canvas hears of another best image: what is chosen is shown first."""
NOTHING = np.zeros(0, np.int64)


class ActivationHistogram(Panel):
    """Shows the scores of the session's unit as soon as either changes."""

    def __init__(self, session: Session, worker: Worker, parent: QWidget | None = None) -> None:
        super().__init__(session, worker, parent)
        self.scan_run = ScanRun(session, worker, self)
        self.view = ExcitedView()
        self.scores: UnitScores | None = None
        self.selected: SelectedScores | None = None
        self.pictures = StandingPictures(session, worker, self.view, self)
        self._shown = AT_FIRST
        self._range: Range | None = None
        card = ImageCard(self)
        grids = {"top": self.view.top, "bottom": self.view.bottom, "range": self.view.within}
        self.images = {name: ExcitedImages(session, worker, grid, card, name) for name, grid in grids.items()}
        self._later = QTimer(self, singleShot=True, interval=REFRESH)
        self._tell_soon = QTimer(self, singleShot=True, interval=TELL)
        self.setAcceptDrops(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self._connect()
        self._show()

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
            self.session.events.notice.emit("There is nothing to scan yet: open a network and a data set first.")
        self.scan_run.start(self.layer())

    @Slot()
    def show_more(self) -> None:
        """Show three times as many of the most and the least excited images; after the most, nine again."""
        self._shown = AT_FIRST if self._shown >= MOST else min(3 * self._shown, MOST)
        self._show_images()

    @Slot()
    def clear_selection(self) -> None:
        """Speak of all images again."""
        if self.session.facts.images is None:
            self.session.events.notice.emit(
                "No images are selected: choose a node of the prediction tree, and its images are."
            )
        self.session.select_images(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # A range that was drawn takes the first Esc.
        if event.key() == Qt.Key.Key_Escape and self.session.facts.images is not None:
            self.session.select_images(None)
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if may_hold_picture(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.pictures.take(event.mimeData(), "dropped picture")

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
        scores = unit_scores(scan, unit, self.view.pooling.currentData()) if known and scan and unit else None
        self.scores, histogram = scores, self.view.histogram
        if scores is None:
            histogram.set_placeholder("Choose a channel or a class" if unit is None else "No scores yet")
        self._show_selected()
        self._tell_soon.start()
        self.view.show_known(scores is not None)
        self.view.statistics.set_figures({} if scores is None else statistics_texts(scores))
        self._show_classes()
        self._show_state()
        self.pictures.show(scores, self.layer())
        self._show_images()

    @Slot()
    def _selection_changed(self) -> None:
        """Show what other images tell of the same scores."""
        self._show_selected()
        self._show_images()

    def _show_selected(self) -> None:
        """Show the histogram, within it the selected images, and how these differ from all."""
        scores, histogram = self.scores, self.view.histogram
        selected = self.selected = selected_scores(self.session, scores)
        self.view.chip.show_selection(self.session.facts.images, "" if selected is None else selected.words)
        if scores is None:
            histogram.set_scores(np.zeros(0, np.float32), None, ())
        else:
            names = scores.scan.header.class_names
            histogram.set_scores(scores.scores, scores.labels, names, None if selected is None else selected.mask)

    @Slot()
    def _tell_best(self) -> None:
        """Tell the score of the best image to whom it may concern: it is no hurry, and a curve takes its time."""
        scores = self.scores
        best = None if scores is None else scores.best_real
        self.session.events.best_real_changed.emit(None if scores is None or best is None else (scores.unit, best))

    @Slot(object)
    def _show_unit(self, unit: Unit | None) -> None:
        self.view.histogram.set_brush(None, None)
        address = self.layer() if unit is None else self.session.label(unit)
        self.view.unit.setText(f"{address} · whole channel" if isinstance(unit, Neuron) else address)
        self._show()

    @Slot()
    def _show_other_scores(self) -> None:
        """Show scores of another kind, or of other images, of which a range of before would say nothing."""
        self.view.histogram.set_brush(None, None)
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
        handle = self.scan_run.handle(layer)
        pace = "" if handle is None else pace_text(handle.progress, handle.seconds_left())
        self.view.offer.show_state(state, done, total, size, pace)

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
        scores, overlay = self.scores, self._overlay()
        wanted = self.view.overlay.currentData() if scores is not None else ""
        spoken = self.selected or scores
        self.images["top"].show(scores, NOTHING if spoken is None else spoken.top(self._shown), overlay)
        self.images["bottom"].show(scores, NOTHING if spoken is None else spoken.bottom(self._shown), overlay)
        equals = 0 if spoken is None else spoken.least_equals
        flat = "without a map: no space" if wanted and overlay is None else ""
        same = f"{equals:,} score the same" if equals > self._shown else ""
        self.view.sections["Most excited"].set_note(" · ".join(part for part in (flat, self._of_selected()) if part))
        self.view.sections["Least excited"].set_note(" · ".join(part for part in (same, self._of_selected()) if part))
        self.view.more.setText("Fewer" if self._shown >= MOST else "More")
        self._show_range()

    def _of_selected(self) -> str:
        return "" if self.selected is None else f"of {self.selected.counted}"

    def _overlay(self) -> Overlay | None:
        """Give what is laid over the images: what was chosen, save a map of a layer that has none."""
        chosen: Overlay | None = self.view.overlay.currentData() or None
        flat = self.scores is not None and not self.scores.has_space
        return None if chosen == "activation" and flat else chosen

    @Slot()
    def _show_range(self) -> None:
        """Show the images whose score lies in the range that was drawn."""
        brush, scores, spoken = self.view.histogram.brush(), self.scores, self.selected or self.scores
        section = self.view.sections["In the range"]
        section.setVisible(brush is not None and scores is not None)
        inside = NOTHING if brush is None or spoken is None else spoken.within(*brush)
        if brush is not None and spoken is not None:
            share = share_text(len(inside) / max(len(spoken.scores), 1))
            ends = " to ".join(score_text(end) for end in brush)
            many = f"{len(inside):,} images" if self.selected is None else f"{len(inside):,} {self._of_selected()}"
            section.set_note(many if self.selected is not None else f"{many} · {share}")
            section.header.setAccessibleDescription(f"{many}, {share}, {ends}")
        self.images["range"].show(scores, inside, self._overlay())
        self.view.within.setFixedHeight(min(self.view.within.cells().height, RANGE_HEIGHT))
        if brush != self._range:
            self._range = brush
            self.view.within.verticalScrollBar().setValue(0)

    def _connect(self) -> None:
        view, session = self.view, self.session
        pairs: list[tuple[Any, Any]] = [
            (session.unit_changed, self._show_unit),
            (session.scans_changed, self._scans_changed),
            (session.layer_changed, self._show_state),
            (session.dataset_changed, self._show_other_scores),
            (session.images_changed, self._selection_changed),
            (view.chip.cleared, self.clear_selection),
            (self.scan_run.state_changed, self._show_state),
            (self._later.timeout, self._show),
            (self._tell_soon.timeout, self._tell_best),
            (view.by_class.toggled, view.histogram.set_stacked),
            (view.by_class.toggled, self._colour_classes),
            (view.prefers.class_hovered, self._highlight_class),
            (view.legend.class_hovered, self._highlight_class),
            (view.log.toggled, view.histogram.set_log),
            (view.normal.toggled, view.histogram.set_normal),
            (view.pooling.currentIndexChanged, self._show_other_scores),
            (view.overlay.currentIndexChanged, self._show_images),
            (view.histogram.brushed, self._show_range),
            (view.histogram.brush_cleared, self._show_range),
            (view.offer.start_wanted, self.scan),
            (view.offer.pause_wanted, lambda: self.scan_run.pause(self.layer())),
            (view.offer.cancel_wanted, lambda: self.scan_run.cancel(self.layer())),
            (view.more_wanted, self.show_more),
        ]
        for signal, slot in pairs:
            signal.connect(slot)
        bind_label_keys(view.labels, session)
        view.by_class.setChecked(True)


PANEL = ActivationHistogram
