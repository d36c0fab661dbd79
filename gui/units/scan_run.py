"""The scan behind the panels: found in the store or run in the background, for what is open."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.errors import ErrorReport
from backend.jobs import (
    LOGITS,
    ActivationScan,
    DatasetInfo,
    DescribedLayer,
    DescribeLayers,
    NetworkCard,
    Notice,
    ScanActivations,
    ScanHeader,
    ScanStep,
    Store,
    header_of_scan,
    stored_scan,
    stored_statistics,
)
from backend.worker import JobHandle, Worker
from gui.session import Session

SMALL = 10_000 * 32 * 32
"""Pixels of a data set up to which it is scanned without asking: about half a minute on two cores."""
CALM = 800
"""Milliseconds after something was opened until such a scan begins: something else may be opened yet."""

FIRST_DESCRIBED = 1024
"""Images from which on a scan that goes on gets statistics."""

ScanState = Literal["none", "absent", "partial", "waiting", "running", "paused", "complete"]


class ScanRun(QObject):
    """Finds, starts, pauses and cancels scans; what they give becomes the session's.

    Signals
    -------
    state_changed()
        What `state` says of a layer may be another thing now.
    """

    state_changed = Signal()

    def __init__(self, session: Session, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._worker = session, worker
        self._store = Store()
        self._described: dict[ScanHeader, int] = {}
        self._handles: dict[ScanHeader, JobHandle] = {}
        self._headers: dict[str, ScanHeader] = {}
        self._headers_of: tuple[NetworkCard, DatasetInfo] | None = None
        self._calm = QTimer(self, singleShot=True, interval=CALM)
        self._calm.timeout.connect(self._start_small)
        session.card_changed.connect(self._find)
        session.dataset_changed.connect(self._find)
        session.layer_changed.connect(self._find_layer)

    def header(self, layer: str = "") -> ScanHeader | None:
        """Say what would be scanned for `layer`: the default layers where it is one of them, else it alone."""
        facts = self._session.facts
        if facts.card is None or facts.dataset is None or not facts.card.layers or not facts.dataset.digest:
            return None
        of = self._headers_of
        if of is None or of[0] is not facts.card or of[1] is not facts.dataset:
            self._headers_of, self._headers = (facts.card, facts.dataset), {}
        if layer not in self._headers:
            self._headers[layer] = _header(facts.card, facts.dataset, layer)
        return self._headers[layer]

    def state(self, layer: str) -> ScanState:
        """Say how the scan that has `layer` stands."""
        header = self.header(layer)
        if header is None:
            return "none"
        handle = self._handles.get(header)
        scan = self._session.scan_of(layer)
        if handle is not None:
            return "paused" if handle.paused else "running" if handle.progress is not None else "waiting"
        if scan is None:
            return "absent"
        return "complete" if scan.complete else "partial"

    def handle(self, layer: str) -> JobHandle | None:
        """Give the job that scans `layer` now."""
        header = self.header(layer)
        return None if header is None else self._handles.get(header)

    def start(self, layer: str = "") -> None:
        """Scan, or go on scanning; resume where it was paused."""
        facts, header = self._session.facts, self.header(layer)
        if header is None or facts.card is None or facts.dataset is None:
            return
        if header in self._handles:
            self._handles[header].resume()
            return
        handle = self._handles[header] = self._worker.submit(
            ScanActivations(facts.card.source, facts.dataset.source, header)
        )
        handle.yielded.connect(partial(self._on_event, handle))
        handle.finished.connect(partial(self._on_finished, handle))
        handle.failed.connect(partial(self._on_failed, handle))
        handle.cancelled.connect(partial(self._on_ended, handle))
        handle.changed.connect(self.state_changed)
        self.state_changed.emit()

    def pause(self, layer: str) -> None:
        """Hold the scan that has `layer`."""
        header = self.header(layer)
        if header in self._handles:
            self._handles[header].pause()

    def cancel(self, layer: str) -> None:
        """End it; what is done is kept."""
        header = self.header(layer)
        if header in self._handles:
            self._handles[header].cancel()

    @Slot()
    def _find(self) -> None:
        """Forget the scans of another network or data set, and open what is stored of these."""
        for handle in self._handles.values():
            handle.cancel()
        self._handles.clear()
        self._calm.stop()
        header = self.header()
        found = None if header is None else stored_scan(self._store, header)
        scans = () if found is None else (found,)
        self._session.apply(replace(self._session.facts, scans=scans, statistics=MappingProxyType({})))
        self._described.clear()
        if found is not None:
            self._describe(found)
        if header is not None and (found is None or not found.complete) and self._is_small(header):
            self._calm.start()
        self._find_layer(self._session.facts.layer)

    @Slot(object)
    def _find_layer(self, layer: str) -> None:
        """Open the stored scan of a layer that the default one does not have."""
        header = self.header(layer) if layer else None
        if header is not None and self._session.scan_of(layer) is None:
            found = stored_scan(self._store, header)
            if found is not None:
                self._session.take_scan(found)
                self._describe(found)
        self.state_changed.emit()

    def _is_small(self, header: ScanHeader) -> bool:
        card = self._session.facts.card
        if card is None or not self._session.preferences.scan_at_once:
            return False
        return header.count * card.input_size[0] * card.input_size[1] <= SMALL

    @Slot()
    def _start_small(self) -> None:
        self.start(LOGITS)

    def _on_event(self, handle: JobHandle, event: object) -> None:
        # What still comes of a scan of something else that was open is of no use here.
        if handle not in self._handles.values():
            return
        if isinstance(event, ScanStep):
            self._session.take_scan(event.scan)
            # Each time there are twice as many images, the statistics are worth computing anew.
            if event.scan.done >= 2 * self._described.get(event.scan.header, FIRST_DESCRIBED // 2):
                self._describe(event.scan)
        elif isinstance(event, Notice):
            self._session.events.notice.emit(event.text)

    def _on_finished(self, handle: JobHandle, scan: ActivationScan) -> None:
        if self._on_ended(handle):
            self._session.take_scan(scan)
            self._describe(scan)
            self.state_changed.emit()

    def _describe(self, scan: ActivationScan) -> None:
        """Compute the statistics of all layers of a scan, as far as it is; read those that were stored before."""
        if scan.done == 0:
            return
        self._described[scan.header] = scan.done
        stored = self._stored_statistics(scan)
        if stored is not None:
            statistics = MappingProxyType({**self._session.facts.statistics, **stored})
            self._session.apply(replace(self._session.facts, statistics=statistics))
            return
        handle = self._worker.submit(DescribeLayers(scan))
        handle.yielded.connect(partial(self._take_statistics, scan))
        handle.failed.connect(self._session.events.error)

    def _stored_statistics(self, scan: ActivationScan) -> dict[str, DescribedLayer] | None:
        """Give the statistics of a scan if those of all its layers are stored."""
        found = {}
        for layer in scan.header.layers:
            statistics = stored_statistics(self._store, scan, layer.name)
            if statistics is None:
                return None
            found[layer.name] = DescribedLayer(layer.name, scan.done, statistics)
        return found

    def _take_statistics(self, scan: ActivationScan, event: object) -> None:
        current = any(known.header == scan.header for known in self._session.facts.scans)
        if isinstance(event, DescribedLayer) and current:
            statistics = MappingProxyType({**self._session.facts.statistics, event.layer: event})
            self._session.apply(replace(self._session.facts, statistics=statistics))

    def _on_failed(self, handle: JobHandle, report: ErrorReport) -> None:
        if self._on_ended(handle):
            self._session.events.error.emit(report)

    def _on_ended(self, handle: JobHandle) -> bool:
        header = next((header for header, known in self._handles.items() if known is handle), None)
        if header is None:
            return False
        del self._handles[header]
        self.state_changed.emit()
        return True


def _header(card: NetworkCard, dataset: DatasetInfo, layer: str) -> ScanHeader:
    header = header_of_scan(card, dataset)
    known = {*(name for name, _ in header.aliases), *(scanned.name for scanned in header.layers)}
    return header if not layer or layer in known else header_of_scan(card, dataset, (layer,))
