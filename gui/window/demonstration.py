"""Drive the program without anybody at it: optimise two units live, scan the probe set, save a picture, and end."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from backend.errors import ErrorReport
from gui.canvas.panel import OptimizationCanvas
from gui.canvas.run import RunState
from gui.window.main_window import MainWindow

UNITS = ("logit/dog", "layer4/5")
PICTURE = "filterscope.png"
PATIENCE = 240_000
"""Milliseconds after which a demonstration that hangs gives up."""


class Demonstration(QObject):
    """Optimises `UNITS` one after the other in `window`, waits for the scan, then saves a picture of it and quits.

    Parameters
    ----------
    window : MainWindow
    picture : Path or None
        Where the picture of the window goes; the present folder by default.
    """

    def __init__(self, window: MainWindow, picture: Path | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._picture = picture
        self._units = list(UNITS)
        canvas = window.panel("OptimizationCanvas")
        assert isinstance(canvas, OptimizationCanvas)
        self._canvas = canvas
        self._canvas.run.state_changed.connect(self._on_state)
        window.session.events.error.connect(self._on_error)
        QTimer.singleShot(PATIENCE, self, self._give_up)
        self._next()

    def _next(self) -> None:
        self._window.opening.go_to(self._units.pop(0))

    @Slot()
    def _on_state(self) -> None:
        if self._canvas.run.state is RunState.DONE:
            # The last frame is shown right after the state changes.
            QTimer.singleShot(100, self, self._next if self._units else self._finish_with_scan)

    @Slot()
    def _finish_with_scan(self) -> None:
        """Let the picture show which images excite the unit: the scan goes on in the background until it is whole."""
        scans = self._window.session.facts.scans
        if scans and scans[0].complete:
            self._finish()
        else:
            QTimer.singleShot(200, self, self._finish_with_scan)

    @Slot()
    def _finish(self) -> None:
        path = self._save()
        print(f"Optimised {' and '.join(UNITS)}. A picture of the window is in {path}")
        self._window.close()

    def _save(self) -> Path:
        picture = self._window.grab()
        for path in (self._picture or Path.cwd() / PICTURE, Path(tempfile.gettempdir()) / PICTURE):
            if picture.save(str(path)):
                return path.resolve()
        raise OSError(f"no place to save {PICTURE}")

    @Slot(object)
    def _on_error(self, report: ErrorReport) -> None:
        print(f"The demonstration could not go on. {report}", file=sys.stderr)
        self._quit_with(1)

    @Slot()
    def _give_up(self) -> None:
        print("The demonstration did not come to its end in time.", file=sys.stderr)
        self._quit_with(1)

    def _quit_with(self, code: int) -> None:
        self._window.exit_code = code
        self._window.close()
