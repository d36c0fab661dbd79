"""What there is of the means of classes, and the buttons that have them computed or stop that."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from backend.jobs import Progress
from gui.text import progress_text

WHY = "Every image passes the network once, in the background; the mean feature of each class is kept on the disk."


class CategoryOffer(QWidget):
    """A sentence, a bar and a button; out of sight once there is nothing to say.

    Signals
    -------
    start_wanted(), cancel_wanted()
    """

    start_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel(wordWrap=True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setProperty("role", "caption")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setRange(0, 1000)
        self.start, self.cancel = QPushButton("Average"), QPushButton("Cancel")
        self.start.setProperty("primary", True)
        line = QHBoxLayout()
        line.setSpacing(12)
        for button, signal in ((self.start, self.start_wanted), (self.cancel, self.cancel_wanted)):
            button.setAutoDefault(True)
            button.clicked.connect(signal)
            line.addWidget(button)
        line.addWidget(self.words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(line)
        column.addWidget(self.bar)
        self.hide()

    def show_state(
        self, state: str, count: int, of: str, progress: Progress | None = None, pace: str = "", fault: str = ""
    ) -> None:
        """Say how it stands; `of` names the network, `count` images are to pass, `pace` says how fast they do."""
        self.setVisible(state in ("absent", "running", "failed"))
        self.start.setVisible(state in ("absent", "failed"))
        self.cancel.setVisible(state == "running")
        self.bar.setVisible(state == "running")
        self.start.setText("Try again" if state == "failed" else f"Average {count:,} images")
        done = 0.0 if progress is None else progress.done / max(progress.total, 1)
        self.bar.setValue(round(1000 * done))
        if state == "failed":
            self.words.setText(fault)
        elif state == "absent":
            self.words.setText(f"Which classes does {of} hold close? {WHY}")
        elif progress is None:
            self.words.setText(f"{of}: waits until the device is free")
        else:
            counted = f"{of}: {progress_text(progress)}"
            self.words.setText(" · ".join(part for part in (counted, pace) if part))
