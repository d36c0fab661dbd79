"""What there is of a scan, and the buttons that begin it, hold it, or let it go on."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from gui.text import size_text
from gui.widgets.toggle import leave_space


class ScanOffer(QWidget):
    """A sentence, a bar and up to two buttons; out of sight once there is nothing to say.

    Signals
    -------
    start_wanted(), pause_wanted(), cancel_wanted()
    """

    start_wanted = Signal()
    pause_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setProperty("role", "caption")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setRange(0, 1000)
        self.start = QPushButton("Scan")
        self.start.setProperty("primary", True)
        self.pause = QPushButton("Pause")
        self.cancel = QPushButton("Cancel")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button, signal in (
            (self.start, self.start_wanted),
            (self.pause, self.pause_wanted),
            (self.cancel, self.cancel_wanted),
        ):
            buttons.addWidget(button)
            leave_space(button)
            button.clicked.connect(signal)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.words)
        column.addWidget(self.bar)
        column.addLayout(buttons)
        self.hide()

    def show_state(self, state: str, done: int, total: int, megabytes: float, pace: str) -> None:
        """Say how a scan of `total` images stands; `state` is one of `ScanState`, `pace` how fast it goes."""
        running = state in ("waiting", "running", "paused")
        focused = next((button for button in (self.start, self.pause, self.cancel) if button.hasFocus()), None)
        self.setVisible(state not in ("none", "complete"))
        self.bar.setVisible(running or (state == "partial" and done > 0))
        self.bar.setValue(round(1000 * done / max(total, 1)))
        self.start.setVisible(state in ("absent", "partial", "paused"))
        self.start.setText({"absent": f"Scan {total:,} images", "paused": "Resume"}.get(state, "Go on scanning"))
        self.pause.setVisible(state in ("waiting", "running"))
        self.cancel.setVisible(running)
        count = f"{done:,} of {total:,} images"
        self.words.setText(
            {
                "absent": "Which images excite a unit most? Every image passes the network once, in the background; "
                f"the scores of all channels are kept on the disk ({size_text(megabytes)}).",
                "partial": f"{count} are scanned; what is shown is of these.",
                "waiting": f"{count} · waits until the device is free",
                "running": " · ".join(part for part in (count, pace) if part),
                "paused": f"{count} · paused",
            }.get(state, "")
        )
        seen = [button for button in (self.start, self.pause, self.cancel) if not button.isHidden()]
        if focused is not None and focused.isHidden() and seen:
            # Qt gives the focus of a button that goes to whatever comes next, such as Cancel.
            seen[0].setFocus(Qt.FocusReason.TabFocusReason)
