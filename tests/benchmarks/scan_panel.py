"""The histogram panel at 50,000 images: how soon a unit is shown, how smoothly a range follows, how soon a scan opens.

`python -m tests.benchmarks.scan_panel`; needs CIFAR-10. Nothing is scanned: the scores are made up and stored as those
of a scan, in a folder that goes again.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if TYPE_CHECKING:
    from gui.window.main_window import MainWindow

ROUNDS = 30
LAYER = "layer4"
DATA = Path.home() / ".cache" / "filterscope-data"


class Bench:
    """The window with a stored scan of the training images."""

    def __init__(self) -> None:
        from PySide6.QtWidgets import QApplication

        from backend.worker import Worker
        from gui.settings import Remembered
        from gui.theme import apply_theme
        from gui.window.main_window import MainWindow

        self.app = QApplication([])
        apply_theme(self.app, "dark")
        remembered = Remembered(dataset="cifar10", scan_at_once=False)
        self.window: MainWindow = MainWindow(Worker(), remembered)
        self.window.show_shipped(remembered)
        self.window.show()
        self.window.wake(remembered)
        self.panel: Any = self.window.panel("ActivationHistogram")
        self.spin(lambda: self.window.session.facts.dataset is not None)
        self.idle()

    def spin(self, until: Callable[[], object], seconds: float = 120.0) -> None:
        end = time.perf_counter() + seconds
        while not until():
            assert time.perf_counter() < end, "it never came to that"
            self.app.processEvents()
            time.sleep(0.0002)

    def rest(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        self.spin(lambda: time.perf_counter() > end)

    def idle(self) -> None:
        self.spin(lambda: not self.window.worker.handles, 600)

    def whole(self) -> bool:
        """Say whether every picture of both rows is there and nothing waits to be painted."""
        grids = (self.panel.view.top, self.panel.view.bottom)
        images = [(grid, image) for grid in grids for image in grid.visible_images()]
        return len(images) == 18 and all(grid.picture(image) is not None for grid, image in images)

    def time_whole(self, act: Callable[[], object]) -> float:
        """Give the milliseconds from an act until the panel is painted with all its pictures."""
        begin = time.perf_counter()
        act()
        self.spin(self.whole)
        # What the last pictures made stale is painted before this returns.
        self.app.processEvents()
        return (time.perf_counter() - begin) * 1000


def write_scan(window: MainWindow) -> None:
    """Store made-up scores of the size and spread of real ones."""
    import numpy as np

    from backend.analysis.scans.scan_files import ScanWriter
    from backend.analysis.scans.scan_results import BLOCK
    from backend.analysis.scans.stored_scans import scan_folder
    from backend.jobs import header_of_scan
    from backend.store import Store

    card, dataset = window.session.facts.card, window.session.facts.dataset
    assert card is not None and dataset is not None
    header = header_of_scan(card, dataset)
    generator = np.random.default_rng(0)
    writer = ScanWriter(header, scan_folder(Store(), header))
    while writer.done < header.count:
        width = min(BLOCK, header.count - writer.done)
        mean = np.maximum(generator.normal(0.2, 0.5, (header.channels, width)), 0).astype(np.float32)
        writer.write(
            {
                "mean": mean,
                "maximum": 2 * mean,
                "place": np.zeros_like(mean),
                "probability": generator.dirichlet(np.ones(header.classes), width).T,
                "label": dataset.labels[None, writer.done : writer.done + width],
            }
        )
    writer.close()
    print(f"{header.count:,} images, {header.channels:,} channels, {header.bytes_on_disk() / 1e6:,.0f} MB")


def told(name: str, values: list[float], unit: str = "ms") -> None:
    print(
        f"{name}: median {statistics.median(values):.1f}, worst {max(values):.1f} {unit} of {len(values)}", flush=True
    )


def measure_units(bench: Bench) -> None:
    """Choose channels one after the other; each starts a run on the canvas, which goes on meanwhile."""
    from backend.jobs import Channel

    chosen: list[float] = []

    def choose(index: int) -> None:
        begin = time.perf_counter()
        bench.window.session.select_unit(Channel(LAYER, index))
        chosen.append((time.perf_counter() - begin) * 1000)

    whole = []
    for index in range(ROUNDS + 2):
        bench.rest(0.4)
        whole.append(bench.time_whole(lambda index=index: choose(index)))
    told("another channel, to the panel painted with its pictures", whole[2:])
    told("  of it, the choice itself", chosen[2:])


def measure_brush(bench: Bench, running: bool) -> None:
    """Drag a range over the histogram, each move painted before the next."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    histogram = bench.panel.view.histogram
    plot, left = histogram.plot_rect(), Qt.MouseButton.LeftButton
    places = [QPoint(plot.left() + plot.width() * step // ROUNDS, plot.center().y()) for step in range(ROUNDS)]
    frames = []
    QTest.mousePress(histogram, left, pos=places[0])
    for place in places[1:] + places[::-1][1:]:
        begin = time.perf_counter()
        QTest.mouseMove(histogram, place)
        bench.app.processEvents()
        frames.append((time.perf_counter() - begin) * 1000)
    QTest.mouseRelease(histogram, left, pos=places[0])
    beside = "beside a run" if running else "alone"
    told(f"one move of a range, {beside}", frames)
    print(f"  {1000 / statistics.median(frames):.0f} frames/s, at the worst {1000 / max(frames):.0f}")


def measure_opening(bench: Bench) -> None:
    """Close the data set and open it again, its images being known already."""
    from backend.jobs import stored_scan
    from backend.store import Store

    session, header = bench.window.session, bench.panel.scan_run.header()
    dataset, alone, whole = session.facts.dataset, [], []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        stored_scan(Store(), header)
        alone.append((time.perf_counter() - begin) * 1000)
        session.set_dataset(None)
        bench.idle()
        whole.append(bench.time_whole(lambda: session.set_dataset(dataset)))
        bench.idle()
    told("a stored scan opened", alone)
    told("a stored scan opened, to the panel painted with its pictures", whole)


def main() -> None:
    os.environ.setdefault("FILTERSCOPE_DATA", str(DATA))
    if not (Path(os.environ["FILTERSCOPE_DATA"]) / "cifar10").is_dir():
        sys.exit("no CIFAR-10 here")
    with tempfile.TemporaryDirectory(prefix="filterscope-benchmark-") as folder:
        os.environ["FILTERSCOPE_HOME"] = folder
        bench = Bench()
        write_scan(bench.window)
        bench.panel.scan_run._find()
        measure_units(bench)
        measure_brush(bench, running=True)
        bench.idle()
        measure_brush(bench, running=False)
        measure_opening(bench)
        bench.window.close()
        bench.app.exec()


if __name__ == "__main__":
    main()
