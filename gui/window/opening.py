"""What is opened: networks, data sets, and whatever file is dropped on the window."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from backend.errors import UserError, describe
from backend.jobs import (
    DatasetInfo,
    DownloadDataset,
    NetworkCard,
    OpenDataset,
    OpenNetwork,
    OpenRecipe,
    PictureStart,
    parse_address,
)
from backend.worker import Worker
from gui.session import Session
from gui.settings import Remembered

NETWORK_FILES = (".json", ".safetensors", ".pt", ".pth")
PICTURE_FILES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
MOST_RECENT = 8
PROBE_SET = "probe"


class Opening(QObject):
    """Opens networks and data sets for the session, and knows which were open lately.

    Signals
    -------
    network_opened(NetworkCard)
        A network is open, or was read again.
    """

    network_opened = Signal(object)

    def __init__(self, session: Session, worker: Worker, remembered: Remembered, parent: QObject) -> None:
        super().__init__(parent)
        self.session, self.worker = session, worker
        self.recent_networks = list(remembered.recent_networks)
        self.recent_datasets = list(remembered.recent_datasets)
        self.data_folder = ""
        self._read: NetworkCard | None = None

    @Slot(str)
    def open_network(self, source: str, architecture: str | None = None) -> None:
        """Open a card, a checkpoint, a shipped network or one of torchvision's."""
        handle = self.worker.submit(OpenNetwork(source, architecture))
        handle.finished.connect(self._network_opened)
        handle.failed.connect(self.session.events.error)
        handle.yielded.connect(self.session.events.take_notice)

    @Slot(str)
    def open_dataset(self, source: str) -> None:
        """Open a data set at the input size of the network."""
        card = self.session.facts.card
        if card is None:
            return
        handle = self.worker.submit(OpenDataset(source, card.source))
        handle.finished.connect(self._dataset_opened)
        handle.failed.connect(self.session.events.error)
        handle.yielded.connect(self.session.events.take_notice)

    def download(self, name: str) -> None:
        """Fetch a data set into the data folder, and open it."""
        handle = self.worker.submit(DownloadDataset(name))
        handle.finished.connect(self.open_dataset)
        handle.failed.connect(self.session.events.error)

    def set_data_folder(self, path: str) -> None:
        """Look for named data sets here, and download them to here; `$FILTERSCOPE_DATA` wins at the next start."""
        self.data_folder = path
        os.environ["FILTERSCOPE_DATA"] = path

    def go_to(self, address: str) -> None:
        """Select the unit of an address, if the network has it."""
        card = self.session.facts.card
        if card is not None:
            try:
                self.session.select_unit(parse_address(address, card))
            except UserError as error:
                self.session.events.error.emit(error.report)

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
            self.session.events.notice.emit(
                f"{path.name} is nothing Filterscope opens. "
                f"It takes networks ({', '.join(NETWORK_FILES)}), pictures and folders of pictures."
            )

    @Slot(object)
    def _network_opened(self, card: NetworkCard) -> None:
        shown = self.session.facts.card
        same = shown is not None and shown.source == card.source and shown.weights_digest == card.weights_digest
        if same:
            # At the start the card alone was shown, and its weights come after it: that is no opening again.
            if self._read == card:
                self.session.events.notice.emit(f"{card.name} is open already, and its file has not changed.")
            self.session.describe(card)
        else:
            self.session.open(card)
        self._read = card
        self.recent_networks = _with_newest(self.recent_networks, card.source)
        dataset = self.session.facts.dataset
        if not same and dataset is not None:
            self.open_dataset(dataset.source)
        self.network_opened.emit(card)

    @Slot(object)
    def _dataset_opened(self, dataset: DatasetInfo) -> None:
        self.session.set_dataset(dataset)
        if dataset.source != PROBE_SET:
            self.recent_datasets = _with_newest(self.recent_datasets, dataset.source)
        if dataset.unreadable:
            count, first = len(dataset.unreadable), dataset.unreadable[0]
            if count == 1:
                self.session.events.notice.emit(f"One file was skipped because it could not be read: {first}.")
            else:
                self.session.events.notice.emit(
                    f"{count:,} files were skipped because they could not be read; one is {first}."
                )

    def _open_picture(self, path: Path) -> None:
        """Make a picture of Filterscope's again; start from any other."""
        handle = self.worker.submit(OpenRecipe(path))
        handle.finished.connect(self.session.events.recipe_opened)
        handle.failed.connect(lambda _report: self._start_from(path))

    def _start_from(self, path: Path) -> None:
        try:
            start = PictureStart.from_file(path)
        except OSError as error:
            self.session.events.error.emit(describe(error))
        else:
            self.session.change(f"Start from {path.name}", start=start)


def _with_newest(sources: list[str], source: str) -> list[str]:
    return [source, *(other for other in sources if other != source)][:MOST_RECENT]
