"""The window: how soon it is painted, how soon a picture grows, how evenly its timer ticks, how fast it optimises.

`python -m tests.benchmarks.window`; each part runs in a fresh process.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

BEGUN = time.perf_counter()

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

TICK = 16
CASES = ("cifar10-resnet18 1", "cifar10-resnet18 16", "imagenet 1")


def _window():  # type: ignore[no-untyped-def]
    """Open the window as main.py does; give it with its application."""
    from PySide6.QtWidgets import QApplication

    from backend.worker import Worker
    from gui.settings import Remembered
    from gui.theme import apply_theme
    from gui.window.main_window import MainWindow

    app = QApplication.instance() or QApplication([])
    apply_theme(app, "dark")
    window = MainWindow(Worker(), Remembered())
    window.show_shipped(Remembered())
    return app, window


def measure_start() -> None:
    """Print the seconds until the first paint and until the first live frame, and the gaps between ticks."""
    from PySide6.QtCore import Qt, QTimer

    from gui.settings import Remembered

    app, window = _window()
    gaps: list[float] = []
    phases: list[str] = ["start"]
    marks = {"painted": 0.0, "frame": 0.0}
    last = [0.0]

    def tick() -> None:
        now = time.perf_counter()
        gaps.append((now - last[0]) * 1000)
        where.append(phases[-1])
        last[0] = now

    where: list[str] = []
    timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=TICK)
    timer.timeout.connect(tick)
    canvas = window.panel("OptimizationCanvas")

    def painted() -> None:
        marks["painted"] = time.perf_counter() - BEGUN
        marks["torch"] = float("torch" in sys.modules)
        last[0] = time.perf_counter()
        phases.append("waking")
        timer.start()
        window.wake(Remembered(unit="layer4/5"))

    def stepped(_step: object) -> None:
        if not marks["frame"]:
            marks["frame"] = time.perf_counter() - BEGUN
            phases.append("optimising")
            QTimer.singleShot(6000, stop)

    def stop() -> None:
        phases.append("stopping")
        canvas.run.stop()
        QTimer.singleShot(500, close)

    def close() -> None:
        phases.append("closing")
        window.close()

    window.first_painted.connect(painted)
    canvas.run.stepped.connect(stepped)
    window.show()
    app.exec()
    ordered = sorted(gaps)
    print(
        f"painted {marks['painted']:.2f} s (torch imported: {bool(marks['torch'])}), first frame {marks['frame']:.2f} s"
    )
    print(
        f"ticks of {TICK} ms: median {statistics.median(gaps):.1f}, p99 {ordered[int(len(gaps) * 0.99)]:.1f}, "
        f"longest {ordered[-1]:.1f} ms of {len(gaps)}"
    )
    worst = sorted(zip(gaps, where, strict=True), reverse=True)[:6]
    print("longest:", ", ".join(f"{gap:.0f} ms {phase}" for gap, phase in worst))


def measure_canvas(case: str) -> None:
    """Print steps/s with the canvas shown beside the best bare loop of the same process, in turns."""
    import torch

    from backend.analysis.networks import save_network
    from gui.settings import Remembered
    from tests.benchmarks.bare_loop import best_bare
    from tests.benchmarks.core import PLAIN, imagenet_network

    name, batch = case.split()
    app, window = _window()
    network_path = ""
    if name == "imagenet":
        network = imagenet_network()
        network_path = str(Path(os.environ["BENCHMARK_FOLDER"]) / "resnet18.json")
        save_network(network, network.card, network_path)
    window.show()
    window.wake(Remembered())
    _spin(app, lambda: bool(window.device.device))
    if network_path:
        window.opening.open_network(network_path)
        _spin(app, lambda: window.session.facts.card.name == "resnet18")
    _spin(app, lambda: not window.worker.handles, 60)
    from backend.analysis.networks import load_network
    from backend.jobs import Channel, NoiseStart, Objective

    bare_network = load_network(network_path or name)
    cores = torch.get_num_threads()
    canvas = window.panel("OptimizationCanvas")
    rates = []
    for _ in range(3):
        theirs = best_bare(bare_network, "layer4", 3, int(batch), 3.0, cores)
        window.session.change(
            "measure",
            settings=PLAIN,
            start=NoiseStart(contrast=0.1, count=int(batch)),
            objective=Objective(((1.0, Channel("layer4", 3)),)),
        )
        canvas.restart()
        _spin(app, lambda: canvas.run.last is not None)
        first, begin = canvas.run.last.step, time.perf_counter()
        _spin(app, lambda begin=begin: time.perf_counter() - begin > 5)
        ours = (canvas.run.last.step - first) / (time.perf_counter() - begin)
        canvas.run.stop()
        _spin(app, lambda: not canvas.run.active)
        rates.append((theirs, ours))
    ratio = statistics.median(ours / theirs for theirs, ours in rates)
    theirs, ours = (statistics.median(column) for column in zip(*rates, strict=True))
    side = bare_network.input_size[0]
    print(f"{side} px batch {batch}, canvas shown: bare {theirs:.1f}, canvas {ours:.1f} steps/s: {ratio:.2f}")
    window.close()
    app.exec()


def _spin(app, until, seconds: float = 30.0) -> None:  # type: ignore[no-untyped-def]
    """Run the event loop until something holds."""
    from PySide6.QtCore import QEventLoop, QTimer

    end = time.perf_counter() + seconds
    timer = QTimer(interval=50)
    loop = QEventLoop()
    timer.timeout.connect(lambda: loop.quit() if until() or time.perf_counter() > end else None)
    timer.start()
    loop.exec()


def main() -> None:
    """Run each part in a fresh process, the start twice to have it warm."""
    import tempfile

    if len(sys.argv) > 1:
        measure_start() if sys.argv[1] == "start" else measure_canvas(sys.argv[1])
        return
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "FILTERSCOPE_HOME": folder, "BENCHMARK_FOLDER": folder}
        for part in ("start", "start", "start", *CASES):
            subprocess.run([sys.executable, "-m", "tests.benchmarks.window", part], env=environment, check=True)


if __name__ == "__main__":
    main()
