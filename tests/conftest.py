"""What every test gets: an environment of its own, real images where there are some, a watch on what it leaves."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

# Before Qt and torch are imported, for that is when they read it.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.update(OMP_WAIT_POLICY="passive", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")


@pytest.fixture(scope="session", autouse=True)
def desktop_of_its_own() -> Iterator[None]:
    """Keep the user's settings, caches and menus out of reach of the whole run."""
    with tempfile.TemporaryDirectory(prefix="filterscope-tests-") as folder, pytest.MonkeyPatch.context() as patch:
        for name in ("CONFIG", "CACHE", "DATA", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(Path(folder) / name.lower()))
        # Qt warns where there is none, and a warning fails the test.
        if "XDG_RUNTIME_DIR" not in os.environ:
            patch.setenv("XDG_RUNTIME_DIR", folder)
        patch.setenv("FILTERSCOPE_HOME", str(Path(folder) / "home"))
        yield


@pytest.fixture(autouse=True)
def home_of_its_own(
    desktop_of_its_own: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Give each test an empty FILTERSCOPE_HOME, so that no setting or stored result reaches the next."""
    home = tmp_path_factory.mktemp("filterscope-home")
    monkeypatch.setenv("FILTERSCOPE_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def cifar10_folder() -> Path:
    """Return the folder of the real CIFAR-10 on this machine; skip where there is none."""
    given = os.environ.get("FILTERSCOPE_DATA")
    places = [Path(given)] if given else []
    places.append(Path.home() / ".cache" / "filterscope-data")
    for place in places:
        if (place / "cifar10").is_dir():
            return place / "cifar10"
    pytest.skip("No CIFAR-10 at $FILTERSCOPE_DATA/cifar10 or ~/.cache/filterscope-data/cifar10.")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a small network and two folders of images, of one block of a scan and of three."""
    from tests.scanned import FEW, MANY, save_images, save_small_network  # torch, which other tests want unimported

    folder = tmp_path_factory.mktemp("scanned")
    save_small_network(folder / "small.json")
    save_images(folder / "few", FEW)
    save_images(folder / "many", MANY)
    return folder


@pytest.fixture(autouse=True)
def nothing_left_behind(home_of_its_own: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a thread running or a window open, and close the window for the tests after it."""
    threads, windows = set(threading.enumerate()), set(visible_windows())
    qt_threads = watched_qt_threads(monkeypatch)
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    left = [f"thread {thread.name}" for thread in threads_after(threads)]
    left += [f"QThread {thread!r}" for thread in qt_threads if not ends(partial(is_running, thread))]
    for window in set(visible_windows()) - windows:
        left.append(f"window {window!r}")
        window.close()
    if left:
        pytest.fail("The test left behind: " + ", ".join(left), pytrace=False)


def threads_after(before: set[threading.Thread]) -> list[threading.Thread]:
    """Return the threads that would hold the program open; each gets a second to end."""
    fresh = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    return [thread for thread in fresh if not ends(thread.is_alive)]


def watched_qt_threads(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list that takes up each QThread started from now on."""
    started: list[Any] = []
    if "PySide6.QtCore" in sys.modules:
        thread_class = sys.modules["PySide6.QtCore"].QThread
        start = thread_class.start

        def watched_start(thread: Any, *arguments: Any) -> None:
            started.append(thread)
            start(thread, *arguments)

        monkeypatch.setattr(thread_class, "start", watched_start)
    return started


def is_running(thread: Any) -> bool:
    try:
        return bool(thread.isRunning())
    except RuntimeError:  # Qt has deleted it already.
        return False


def ends(goes_on: Callable[[], bool], seconds: float = 1.0) -> bool:
    """Wait until `goes_on` is false; say whether it came to that."""
    limit = time.monotonic() + seconds
    while goes_on() and time.monotonic() < limit:
        time.sleep(0.01)
    return not goes_on()


def visible_windows() -> list[QWidget]:
    if "PySide6.QtWidgets" not in sys.modules:
        return []
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QApplication

    if not isinstance(QApplication.instance(), QApplication):
        return []
    # A tooltip fades when it likes, and takes no answer.
    windows = (window for window in QApplication.topLevelWidgets() if window.windowType() != Qt.WindowType.ToolTip)
    return [window for window in windows if window.isVisible()]
