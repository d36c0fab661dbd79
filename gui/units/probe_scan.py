"""The scan of the probe set beside that of real images: what a unit is tuned to, whatever data set is open."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from backend.jobs import (
    ActivationScan,
    ScanActivations,
    ScanHeader,
    Store,
    TuningCurve,
    Unit,
    header_of_scan,
    probe_info,
    probe_tuning,
    stored_scan,
)
from backend.worker import JobHandle, Worker
from gui.session import Session
from gui.units.unit_scores import unit_scores


class ProbeScan(QObject):
    """Finds the stored scan of the probe set for the network that is open, or makes it.

    Signals
    -------
    changed()
        There are other tuning curves now, or the scan has begun or ended.
    """

    changed = Signal()

    def __init__(self, session: Session, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._worker = session, worker
        self._scan: ActivationScan | None = None
        self._handle: JobHandle | None = None
        session.card_changed.connect(self._forget)

    @property
    def running(self) -> bool:
        return self._handle is not None

    def curves(self, unit: Unit) -> tuple[TuningCurve, ...]:
        """Give the unit's tuning curves; none where the probe set was not scanned for its layer."""
        card, header = self._session.facts.card, self._header(unit)
        if card is None or header is None:
            return ()
        scan = self._scan
        if scan is None or not scan.has(unit.layer_name):
            scan = self._scan = stored_scan(Store(), header)
        if scan is None or not scan.complete:
            return ()
        return probe_tuning(scan.header, unit_scores(scan, unit).scores, card)

    def start(self, unit: Unit) -> None:
        """Scan the probe set for the unit's layer."""
        card, header = self._session.facts.card, self._header(unit)
        if card is None or header is None or self.running:
            return
        handle = self._handle = self._worker.submit(ScanActivations(card.source, probe_info(card).source, header))
        handle.finished.connect(self._on_finished)
        handle.failed.connect(self._session.events.error)
        handle.failed.connect(self._on_ended)
        handle.cancelled.connect(self._on_ended)
        self.changed.emit()

    def _header(self, unit: Unit) -> ScanHeader | None:
        card = self._session.facts.card
        if card is None or not card.layers:
            return None
        header = header_of_scan(card, probe_info(card))
        known = {*(name for name, _ in header.aliases), *(layer.name for layer in header.layers)}
        return header if unit.layer_name in known else header_of_scan(card, probe_info(card), (unit.layer_name,))

    @Slot()
    def _forget(self) -> None:
        self._scan = None
        self.changed.emit()

    @Slot(object)
    def _on_finished(self, scan: ActivationScan) -> None:
        card = self._session.facts.card
        if card is not None and scan.header.weights == card.weights_digest:
            self._scan = scan
        self._on_ended()

    @Slot()
    def _on_ended(self) -> None:
        self._handle = None
        self.changed.emit()
