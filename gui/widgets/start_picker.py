"""Choose images of the open data set; pages of thumbnails come from the compute thread as they are scrolled to."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from backend.jobs import DatasetInfo, DescribeImages, Images
from backend.worker import Worker
from gui.image_selection import ImageSelection
from gui.widgets.image_picker import ImagePicker


class StartPicker(ImagePicker):
    """An `ImagePicker` over a data set, of which `selected` images can be shown alone.

    Signals
    -------
    failed(ErrorReport)
    """

    failed = Signal(object)

    def __init__(
        self,
        dataset: DatasetInfo,
        network: str,
        worker: Worker,
        parent: QWidget | None = None,
        selected: ImageSelection | None = None,
        *,
        several: bool = True,
    ) -> None:
        super().__init__(dataset.count, parent, None if selected is None else selected.numbers, several=several)
        self.setWindowTitle(f"Start from {dataset.name}")
        self._dataset, self._network, self._worker = dataset, network, worker
        self.wanted.connect(self._fetch)

    @Slot(object)
    def _fetch(self, indices: tuple[int, ...]) -> None:
        handle = self._worker.submit(DescribeImages(self._dataset.source, self._network, tuple(indices)))
        handle.finished.connect(self._show)
        handle.failed.connect(self.failed)

    @Slot(object)
    def _show(self, images: Images) -> None:
        self.set_images(images.indices, images.images, images.captions)
