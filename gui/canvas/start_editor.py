"""Where a run starts: noise, a data set image, or a picture of the user's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QImageReader
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from backend.jobs import DatasetStart, NoiseStart, PictureStart, Start
from gui.widgets.flow_layout import FlowLayout

PICTURES = "Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.gif)"
FAINT = 0.1


class StartEditor(QWidget):
    """Shows and changes a `Start`.

    Signals
    -------
    edited(Start)
        The user changed it.
    rejected(str)
        A sentence about a file that is no picture.
    images_wanted()
        The user wants to choose from the data set.
    """

    edited = Signal(object)
    images_wanted = Signal()
    rejected = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._start: Start = NoiseStart(contrast=FAINT)
        self._what = QLabel()
        self._faint = self._button("Faint noise", "Nearly grey: the clearest pictures grow from it.")
        self._noise = self._button("Random noise", "The paper's noise, with the data set's mean and deviation.")
        self._images = self._button("Data set…", "Choose one or more images of the open data set.")
        self._picture = self._button("Picture…", "Open a picture. You can also drop or paste one on the canvas.")
        self._count = QSpinBox(minimum=1, maximum=64, value=1, prefix="× ")
        self._count.setToolTip("How many starts at once.")
        self._seed = QSpinBox(minimum=0, maximum=999_999, prefix="seed ")
        self._seed.setToolTip("Seed of the noise.")
        for spin in (self._count, self._seed):
            spin.setKeyboardTracking(False)
        self._lay_out()
        self._faint.clicked.connect(lambda: self._make_noise(FAINT))
        self._noise.clicked.connect(lambda: self._make_noise(1.0))
        self._images.clicked.connect(self._want_images)
        self._picture.clicked.connect(self._choose_picture)
        self._count.valueChanged.connect(self._noise_edited)
        self._seed.valueChanged.connect(self._noise_edited)
        self.set_start(self._start)

    def set_start(self, start: Start) -> None:
        """Show `start` without telling anybody."""
        self._start = start
        is_noise = isinstance(start, NoiseStart)
        contrast = start.contrast if isinstance(start, NoiseStart) else None
        self._faint.setChecked(is_noise and contrast != 1.0)
        self._noise.setChecked(contrast == 1.0)
        self._images.setChecked(isinstance(start, DatasetStart))
        self._picture.setChecked(isinstance(start, PictureStart))
        for spin in (self._count, self._seed):
            spin.blockSignals(True)
            spin.setVisible(is_noise)
        if isinstance(start, NoiseStart):
            self._count.setValue(start.count)
            self._seed.setValue(start.seed)
        for spin in (self._count, self._seed):
            spin.blockSignals(False)
        self._what.setText(_words(start))
        self._what.setVisible(not is_noise)

    def _lay_out(self) -> None:
        buttons = FlowLayout()
        for button in (self._faint, self._noise, self._images, self._picture):
            buttons.addWidget(button)
        noise = QHBoxLayout()
        noise.addWidget(self._what)
        noise.addWidget(self._count)
        noise.addWidget(self._seed)
        noise.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(buttons)
        layout.addLayout(noise)

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setCheckable(True)
        button.setToolTip(tip)
        button.setProperty("chip", True)
        return button

    def _change(self, start: Start) -> None:
        self.set_start(start)
        self.edited.emit(start)

    def _make_noise(self, contrast: float) -> None:
        self._change(NoiseStart(self._seed.value(), contrast, self._count.value()))

    @Slot()
    def _noise_edited(self) -> None:
        if isinstance(self._start, NoiseStart):
            self._change(replace(self._start, seed=self._seed.value(), count=self._count.value()))

    @Slot()
    def _want_images(self) -> None:
        # Until some are chosen, the start is what it was.
        self.set_start(self._start)
        self.images_wanted.emit()

    @Slot()
    def _choose_picture(self) -> None:
        self.set_start(self._start)
        path, _ = QFileDialog.getOpenFileName(self, "Start from a picture", "", PICTURES)
        if path and QImageReader(path).canRead():
            self._change(PictureStart.from_file(Path(path)))
        elif path:
            self.rejected.emit(f"{Path(path).name} is no picture that can be read. The start stays as it was.")


def _words(start: Start) -> str:
    match start:
        case NoiseStart():
            return ""
        case DatasetStart(dataset, indices):
            shown = ", ".join(str(index) for index in indices[:4]) + (" …" if len(indices) > 4 else "")
            return f"{Path(dataset).name} · image{'s' if len(indices) > 1 else ''} {shown}"
        case PictureStart(_, name):
            return name
