"""The window: a bar at the top, panels docked around tabs, a status bar. No analysis."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from backend.errors import UserError, describe
from backend.jobs import (
    DatasetInfo,
    EngineStatus,
    NetworkCard,
    OpenDataset,
    OpenNetwork,
    OpenRecipe,
    PictureStart,
    SwitchDevice,
    Unit,
    WakeEngine,
    local_source,
    parse_address,
    read_card,
    shipped_card_path,
    shipped_networks,
)
from backend.worker import Worker
from gui.panel import Panel, discover_panels
from gui.session import Session
from gui.settings import Remembered
from gui.units.label_keeper import LabelKeeper
from gui.window import last_time
from gui.window.device_chip import DeviceChip
from gui.window.jobs_strip import JobsStrip
from gui.window.menus import Menus
from gui.window.notice_bar import NoticeBar
from gui.window.top_bar import TopBar

NETWORK_FILES = (".json", ".safetensors", ".pt", ".pth")
PICTURE_FILES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
MOST_RECENT = 8
PROBE_SET = "probe"


class MainWindow(QMainWindow):
    """Docks the panels, opens networks and data sets for the session, and remembers the layout."""

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
        self.labels = LabelKeeper(self.session, self)
        self.recent_networks = list(remembered.recent_networks)
        self.recent_datasets = list(remembered.recent_datasets)
        self.theme = remembered.theme
        self.data_folder = ""
        self.exit_code = 0
        self._painted = False
        self._closing = False
        self._last_time: Remembered | None = None
        self.notices = NoticeBar()
        self.tabs = QTabWidget(documentMode=True)
        self.panels = [panel(self.session, worker) for panel in discover_panels()]
        self.docks: list[QDockWidget] = []
        self._place_panels()
        self.menus = Menus(self)
        self.top_bar = TopBar(self.session, self.menus.actions)
        self.setMenuWidget(self.top_bar)
        self.menus.fill()
        self.jobs = JobsStrip()
        self.device = DeviceChip()
        self.address = QLabel("")
        self._build_status_bar()
        self._connect()
        last_time.restore(self, remembered)

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
        self.open_network(source)
        self.open_dataset(remembered.dataset or PROBE_SET)

    @Slot(str)
    def open_network(self, source: str, architecture: str | None = None) -> None:
        """Open a card, a checkpoint, a shipped network or one of torchvision's."""
        handle = self.worker.submit(OpenNetwork(source, architecture))
        handle.finished.connect(self._network_opened)
        handle.failed.connect(self.notices.show_error)
        handle.yielded.connect(self._take_notice)

    @Slot(str)
    def open_dataset(self, source: str) -> None:
        """Open a data set at the input size of the network."""
        card = self.session.facts.card
        if card is None:
            return
        handle = self.worker.submit(OpenDataset(source, card.source))
        handle.finished.connect(self._dataset_opened)
        handle.failed.connect(self.notices.show_error)
        handle.yielded.connect(self._take_notice)

    def set_data_folder(self, path: str) -> None:
        """Look for named data sets here, and download them to here; `$FILTERSCOPE_DATA` wins at the next start."""
        self.data_folder = path
        os.environ["FILTERSCOPE_DATA"] = path

    @Slot(object)
    def _engine_awake(self, status: EngineStatus) -> None:
        self.device.show_status(status)

    @Slot(object)
    def _network_opened(self, card: NetworkCard) -> None:
        shown = self.session.facts.card
        same = shown is not None and shown.source == card.source and shown.weights_digest == card.weights_digest
        if same:
            self.session.describe(card)
        else:
            self.session.open(card)
        self.recent_networks = _with_newest(self.recent_networks, card.source)
        dataset = self.session.facts.dataset
        if not same and dataset is not None:
            self.open_dataset(dataset.source)
        if self._last_time is not None and card.source == self._last_time.network:
            last_time.restore_unit(self, self._last_time)
        self._last_time = None

    @Slot(object)
    def _dataset_opened(self, dataset: DatasetInfo) -> None:
        self.session.set_dataset(dataset)
        if dataset.source != PROBE_SET:
            self.recent_datasets = _with_newest(self.recent_datasets, dataset.source)
        if dataset.unreadable:
            count, first = len(dataset.unreadable), dataset.unreadable[0]
            if count == 1:
                self.notices.show_notice(f"One file was skipped because it could not be read: {first}.")
            else:
                self.notices.show_notice(
                    f"{count:,} files were skipped because they could not be read; one is {first}."
                )

    @Slot(object)
    def _take_notice(self, event: object) -> None:
        text = getattr(event, "text", "")
        if text:
            self.notices.show_notice(text)

    @Slot(str)
    def _switch_device(self, device: str) -> None:
        handle = self.worker.submit(SwitchDevice(device))
        handle.finished.connect(self._engine_awake)
        handle.failed.connect(self.notices.show_error)

    def go_to(self, address: str) -> None:
        """Select the unit of an address, if the network has it."""
        card = self.session.facts.card
        if card is not None:
            try:
                self.session.select_unit(parse_address(address, card))
            except UserError as error:
                self.notices.show_error(error.report)

    @Slot(object)
    def _show_address(self, unit: Unit | None) -> None:
        card = self.session.facts.card
        if card is None:
            return
        text = card.name if unit is None else f"{card.name}/{self.session.label(unit)}"
        self.address.setText(f"{text} @ {card.weights_digest[:6]}" if card.weights_digest else text)

    # --- files from outside ------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open whatever was dropped: a network, a picture that Filterscope saved, a picture, a folder of images."""
        suffix = path.suffix.lower()
        if path.is_dir():
            self.open_dataset(str(path))
        elif suffix in NETWORK_FILES:
            self.open_network(str(path))
        elif suffix in PICTURE_FILES:
            self._open_picture(path)
        else:
            self.notices.show_notice(
                f"{path.name} is nothing Filterscope opens. "
                f"It takes networks ({', '.join(NETWORK_FILES)}), pictures and folders of pictures."
            )

    def _open_picture(self, path: Path) -> None:
        """Make a picture of Filterscope's again; start from any other."""
        handle = self.worker.submit(OpenRecipe(path))
        handle.finished.connect(self.session.recipe_opened)
        handle.failed.connect(lambda _report: self._start_from(path))

    def _start_from(self, path: Path) -> None:
        try:
            start = PictureStart.from_file(path)
        except OSError as error:
            self.notices.show_error(describe(error))
        else:
            self.session.change(f"Start from {path.name}", start=start)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.open_path(Path(url.toLocalFile()))
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
        if event.type() == QEvent.Type.UpdateRequest and not self._painted and self.isVisible():
            self._painted = True
            QTimer.singleShot(0, self.first_painted.emit)
        return done

    def remember(self, before: Remembered) -> Remembered:
        """Give what should come back at the next start."""
        return last_time.remember(self, before)

    # --- layout ------------------------------------------------------------------------------------------------

    def _place_panels(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notices)
        column.addWidget(self.tabs, 1)
        self.setCentralWidget(middle)
        sides = {"left": Qt.DockWidgetArea.LeftDockWidgetArea, "right": Qt.DockWidgetArea.RightDockWidgetArea}
        for panel in self.panels:
            if panel.area == "centre":
                self.tabs.addTab(panel, panel.title)
            else:
                self._dock(panel, sides[panel.area])

    def _dock(self, panel: Panel, area: Qt.DockWidgetArea) -> None:
        dock = QDockWidget(panel.title, self)
        dock.setObjectName(f"dock {panel.objectName()}")
        # Without a close button: the View menu hides and shows panels, and cannot be lost.
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable)
        # Qt takes the action away with the button, and refuses to close such a dock.
        dock.toggleViewAction().setEnabled(True)
        dock.toggleViewAction().triggered.connect(lambda shown: dock.setVisible(shown))
        dock.setWidget(panel)
        self.addDockWidget(area, dock)
        width = 300 if area == Qt.DockWidgetArea.LeftDockWidgetArea else 352
        self.resizeDocks([dock], [width], Qt.Orientation.Horizontal)
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
        self.session.open_network_wanted.connect(self.open_network)
        self.session.notice.connect(self.notices.show_notice)
        self.session.error.connect(self.notices.show_error)
        self.session.unit_changed.connect(self._show_address)
        self.session.card_changed.connect(lambda _card: self._show_address(None))
        self.device.device_chosen.connect(self._switch_device)
        self.top_bar.search.unit_chosen.connect(self._focus_browser)

    @Slot(object)
    def _focus_browser(self, _unit: Unit) -> None:
        """Give the arrow keys to the channel cursor, once the search has let go of them."""
        browsers = [panel for panel in self.panels if panel.area == "left"]
        if browsers:
            QTimer.singleShot(0, browsers[0], browsers[0].setFocus)

    @Slot()
    def _show_jobs(self) -> None:
        self.jobs.set_handles(self.worker.handles)


def _with_newest(sources: list[str], source: str) -> list[str]:
    return [source, *(other for other in sources if other != source)][:MOST_RECENT]
