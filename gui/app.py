"""The application: arguments, theme, what is remembered, a net under every slot. First the window, then the engine."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication

    from gui.settings import Remembered
    from gui.window.main_window import MainWindow

NO_DISPLAY = "There is no display here, so Filterscope shows what it does offscreen: it optimises two units, and scans."
NO_QT = (
    "Qt could not be loaded: {error}. On Debian and Ubuntu it needs: libglib2.0-0 libdbus-1-3 libegl1 libgl1 "
    "libfontconfig1 libxkbcommon0 fonts-dejavu-core (`make run` installs them where it may)."
)

KEEP_EVERY = 10_000
"""Milliseconds between two looks at whether anything changed that should come back at the next start."""

logger = logging.getLogger(__name__)


def run(arguments: Sequence[str]) -> int:
    """Start the program; give its exit code."""
    options = _parse(arguments)
    displayless = _has_no_display()
    if displayless:
        print(NO_DISPLAY)
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        print(NO_QT.format(error=error), file=sys.stderr)
        return 1
    app = QApplication(["filterscope"])
    return _run_window(app, options, demonstrate=displayless or options.screenshot is not None)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="filterscope", description="See what the filters of a convolutional network look for."
    )
    parser.add_argument("path", nargs="?", type=Path, help="a network, a picture or a folder of pictures to open")
    parser.add_argument(
        "--screenshot", type=Path, metavar="PNG", help="optimise two units, scan, save a picture, and exit"
    )
    return parser.parse_args(arguments)


def _has_no_display() -> bool:
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return False
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _run_window(app: QApplication, options: argparse.Namespace, demonstrate: bool) -> int:
    from backend.worker import Worker
    from gui.settings import Remembered, load
    from gui.theme import apply_theme
    from gui.window.main_window import MainWindow

    app.setApplicationName("Filterscope")
    app.setDesktopFileName("filterscope")
    app.setWindowIcon(_icon())
    # A demonstration shows the program as a newcomer meets it, and leaves no trace in the user's settings.
    remembered, complaints = (Remembered(), []) if demonstrate else load()
    apply_theme(app, remembered.theme)
    window = MainWindow(Worker(), remembered)
    _catch_everything(window)
    if complaints:
        window.notices.show_notice(" ".join(complaints))

    def begin() -> None:
        window.wake(remembered)
        if options.path is not None:
            window.opening.open_path(options.path)
        if demonstrate:
            from gui.window.demonstration import Demonstration

            Demonstration(window, options.screenshot)

    window.first_painted.connect(begin)
    if not demonstrate:
        _keep_settings(window, remembered)
    window.show_shipped(remembered)
    window.show()
    code = app.exec()
    # So that Python does not look through all that torch brought before it ends: half a second.
    gc.freeze()
    return code


def _keep_settings(window: MainWindow, remembered: Remembered) -> None:
    """Save what should come back: at the end, and while the program runs, for it may be killed. It takes 2 ms."""
    from PySide6.QtCore import QTimer

    from gui.settings import save

    kept = remembered

    def keep() -> None:
        nonlocal kept
        now = window.remember(remembered)
        if now != kept:
            kept = now
            if complaint := save(now):
                print(complaint, file=sys.stderr)

    window.about_to_close.connect(keep)
    timer = QTimer(window, interval=KEEP_EVERY)
    timer.timeout.connect(keep)
    timer.start()


def _icon() -> QIcon:
    from PySide6.QtGui import QIcon

    import resources

    return QIcon(str(Path(resources.__file__).parent / "icons" / "filterscope.png"))


def _catch_everything(window: MainWindow) -> None:
    """Turn an exception that nobody caught into a sentence in the window; the details go to the log."""
    from backend.errors import describe

    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            window.close()
            return
        logger.error("not caught", exc_info=(kind, error, trace))
        window.notices.show_error(describe(error))

    def unhook() -> None:
        sys.excepthook = before

    sys.excepthook = hook
    # A hook that outlived its window would keep it from being let go, and have nowhere to write.
    window.destroyed.connect(unhook)
