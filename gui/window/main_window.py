"""The window: a bar at the top, rooms docked around tabs, a status bar. No analysis."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from backend.errors import UserError
from backend.jobs import (
    EngineStatus,
    NetworkCard,
    SwitchDevice,
    Unit,
    WakeEngine,
    local_source,
    read_card,
    shipped_card_path,
    shipped_networks,
)
from backend.worker import Worker
from gui.panel import Panel
from gui.rooms import discover_rooms
from gui.session import Session
from gui.settings import Remembered
from gui.units.label_keeper import LabelKeeper
from gui.window import last_time
from gui.window.device_chip import DeviceChip
from gui.window.dock_widths import DockWidths
from gui.window.jobs_strip import JobsStrip
from gui.window.menus import Menus
from gui.window.notice_bar import NoticeBar
from gui.window.opening import PROBE_SET, Opening
from gui.window.room_frame import Preparation, RoomFrame
from gui.window.top_bar import TopBar

SETTLED = 10_000
"""Milliseconds after the engine woke before rooms are made that nobody has opened: the first picture goes first."""


class MainWindow(QMainWindow):
    """Frames the rooms, wakes the engine, and remembers the layout. What is opened is the business of `opening`."""

    about_to_close = Signal()
    first_painted = Signal()

    def __init__(self, worker: Worker, remembered: Remembered) -> None:
        super().__init__()
        self.setWindowTitle("Filterscope")
        self.resize(1440, 900)
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setDockOptions(QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.worker = worker
        self.session = Session(self)
        self.opening = Opening(self.session, worker, remembered, self)
        self.labels = LabelKeeper(self.session, self)
        self.exit_code = 0
        self._painted = False
        self._closing = False
        self._last_time: Remembered | None = None
        self.middle = QWidget()
        self.notices = NoticeBar(self.middle)
        self.tabs = QTabWidget(documentMode=True)
        self.frames = [
            RoomFrame(folder, room, self.session, worker, remembered.panels, remembered.folded)
            for folder, room in discover_rooms().items()
        ]
        self.preparation = Preparation(self.frames, worker, self)
        self.docks: list[QDockWidget] = []
        self.dock_widths = DockWidths(self)
        self._place_frames()
        self.menus = Menus(self, self.opening, self.frames, self.labels, remembered.theme)
        self.top_bar = TopBar(self.session, self.menus.actions)
        self.setMenuWidget(self.top_bar)
        self.menus.fill(self.top_bar, self.docks)
        self.jobs = JobsStrip()
        self.device = DeviceChip()
        self.address = QLabel("")
        self._build_status_bar()
        self._connect()
        last_time.restore(self, self.opening, remembered)
        for frame in self.frames:
            if frame.room.area != "centre" or frame is self.tabs.currentWidget():
                # What is seen first, or drives what others show: it hears all from the beginning.
                frame.panel()

    # --- the rooms ---------------------------------------------------------------------------------------------

    @property
    def panels(self) -> list[Panel]:
        """The panels that were made so far."""
        return [frame.made for frame in self.frames if frame.made is not None]

    def panel(self, name: str) -> Panel:
        """Give a panel by the name of its class; it is made where it is not there yet."""
        return next(frame for frame in self.frames if frame.room.panel == name).panel()

    # --- what is opened ----------------------------------------------------------------------------------------

    def show_shipped(self, remembered: Remembered) -> None:
        """Show the network of last time, or the shipped one, from its card alone: torch is not needed for that."""
        try:
            self.session.open(read_card(Path(local_source(remembered.network))))
        except (UserError, OSError):
            self.session.open(read_card(shipped_card_path(shipped_networks()[0])))

    def wake(self, remembered: Remembered) -> None:
        """Wake the engine, read the weights of last time's network, open the data set, go to the last unit."""
        card = self.session.facts.card
        source = local_source(remembered.network) or (card.source if card else "")
        self._last_time = replace(remembered, network=source)
        handle = self.worker.submit(WakeEngine(remembered.device))
        handle.finished.connect(self._engine_awake)
        handle.failed.connect(self.notices.show_error)
        self.opening.open_network(source)
        self.opening.open_dataset(remembered.dataset or PROBE_SET)

    @Slot(object)
    def _engine_awake(self, status: EngineStatus) -> None:
        self.device.show_status(status)
        QTimer.singleShot(SETTLED, self.preparation, self.preparation.begin)

    @Slot(object)
    def _network_opened(self, card: NetworkCard) -> None:
        if self._last_time is not None and card.source == self._last_time.network:
            last_time.restore_unit(self.opening, self._last_time)
        self._last_time = None

    @Slot(str)
    def _switch_device(self, device: str) -> None:
        handle = self.worker.submit(SwitchDevice(device))
        handle.finished.connect(self.device.show_status)
        handle.failed.connect(self.notices.show_error)

    @Slot(object)
    def _show_address(self, unit: Unit | None) -> None:
        card = self.session.facts.card
        if card is None:
            return
        text = card.name if unit is None else f"{card.name}/{self.session.label(unit)}"
        self.address.setText(f"{text} @ {card.weights_digest[:6]}" if card.weights_digest else text)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.opening.open_path(Path(url.toLocalFile()))
        event.acceptProposedAction()

    # --- the end -----------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hide at once, let the compute thread end in its own time, then quit: closing never holds the window still."""
        if self._closing:
            event.accept()
            return
        event.ignore()
        self._closing = True
        self.about_to_close.emit()
        self.hide()
        self.worker.stopped.connect(self._stopped)
        self.worker.stop()

    @Slot()
    def _stopped(self) -> None:
        self.close()
        # A hidden window that closes is not the last one to Qt, so it would not end the program.
        QApplication.exit(self.exit_code)

    def event(self, event: QEvent) -> bool:
        """Say when the window has been painted for the first time: what is slow begins only then."""
        done = super().event(event)
        kind = event.type()
        if kind == QEvent.Type.UpdateRequest and not self._painted and self.isVisible():
            self._painted = True
            self.dock_widths.take_over()
            QTimer.singleShot(0, self.first_painted.emit)
        elif kind == QEvent.Type.MouseButtonRelease:
            self.dock_widths.note()
        elif kind == QEvent.Type.Resize and self._painted:
            self.dock_widths.fit()
        return done

    def remember(self, before: Remembered) -> Remembered:
        """Give what should come back at the next start."""
        kept = last_time.remember(self.session, self.opening, before)
        return replace(
            kept,
            theme=self.menus.theme,
            panels={**before.panels, **{frame.room.panel: frame.remember() for frame in self.frames}},
            folded=last_time.folded_sections(self, before),
            device=self.device.device,
            geometry=bytes(self.saveGeometry().toBase64().data()).decode(),
            layout=bytes(self.saveState().toBase64().data()).decode(),
        )

    # --- layout ------------------------------------------------------------------------------------------------

    def _place_frames(self) -> None:
        column = QVBoxLayout(self.middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs, 1)
        self.setCentralWidget(self.middle)
        sides = {"left": Qt.DockWidgetArea.LeftDockWidgetArea, "right": Qt.DockWidgetArea.RightDockWidgetArea}
        for frame in self.frames:
            if frame.room.area == "centre":
                self.tabs.addTab(frame, frame.room.title)
            else:
                self._dock(frame, sides[frame.room.area])

    def _dock(self, frame: RoomFrame, area: Qt.DockWidgetArea) -> None:
        dock = QDockWidget(frame.room.title, self)
        dock.setObjectName(f"dock {frame.room.panel}")
        # Without a close button: the View menu hides and shows panels, and cannot be lost.
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable)
        # Qt takes the action away with the button, and refuses to close such a dock.
        dock.toggleViewAction().setEnabled(True)
        dock.toggleViewAction().triggered.connect(lambda shown: dock.setVisible(shown))
        dock.setWidget(frame)
        self.addDockWidget(area, dock)
        self.dock_widths.want(dock, 300 if area == Qt.DockWidgetArea.LeftDockWidgetArea else 352)
        self.docks.append(dock)

    def _build_status_bar(self) -> None:
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.addWidget(self.device)
        bar.addWidget(self.jobs, 1)
        self.address.setProperty("role", "caption")
        self.address.setContentsMargins(0, 0, 12, 0)
        bar.addPermanentWidget(self.address)

    def _connect(self) -> None:
        self.worker.jobs_changed.connect(self._show_jobs)
        self.session.events.network_wanted.connect(self.opening.open_network)
        self.opening.network_opened.connect(self._network_opened)
        self.session.events.notice.connect(self.notices.show_notice)
        self.session.events.error.connect(self.notices.show_error)
        self.session.unit_changed.connect(self._show_address)
        self.session.card_changed.connect(lambda _card: self._show_address(None))
        self.device.device_chosen.connect(self._switch_device)
        self.top_bar.search.unit_chosen.connect(self._focus_browser)

    @Slot(object)
    def _focus_browser(self, _unit: Unit) -> None:
        """Give the arrow keys to the channel cursor, once the search has let go of them."""
        browser = next(frame for frame in self.frames if frame.room.area == "left")
        QTimer.singleShot(0, browser.panel(), browser.panel().setFocus)

    @Slot()
    def _show_jobs(self) -> None:
        self.jobs.set_handles(self.worker.handles)
