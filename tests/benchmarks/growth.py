"""200 runs started and cancelled: hooks, threads and memory before and after. `python -m tests.benchmarks.growth`"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

CYCLES = 200


def resident_megabytes() -> float:
    """Give the memory this process holds now (Linux), or its peak elsewhere."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    from PySide6.QtCore import QCoreApplication, QEventLoop

    from backend.engine import Engine
    from backend.jobs import LIFELIKE, Channel, NoiseStart, Objective, OptimizeUnit, Recipe, WakeEngine
    from backend.store import Store
    from backend.worker import Worker

    app = QCoreApplication([])
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Store(Path(folder)))
        worker = Worker(engine)
        worker.submit(WakeEngine())
        readings = []
        for cycle in range(CYCLES):
            recipe = Recipe(
                "cifar10-resnet18", Objective(((1.0, Channel("layer4", cycle)),)), "", NoiseStart(), LIFELIKE
            )
            handle = worker.submit(OptimizeUnit(recipe))
            loop, events = QEventLoop(), []
            handle.yielded.connect(events.append)
            handle.yielded.connect(lambda _event, h=handle, e=events: h.cancel() if len(e) == 3 else None)
            handle.cancelled.connect(loop.quit)
            handle.failed.connect(lambda report: (print(report), sys.exit(1)))
            loop.exec()
            if cycle in (19, CYCLES - 1):
                module = engine.network("cifar10-resnet18").module
                hooks = sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules())
                tasks = sum(1 for _ in Path("/proc/self/task").glob("*"))
                readings.append((cycle + 1, hooks, threading.active_count(), tasks, resident_megabytes()))
        worker.stopped.connect(app.quit)
        worker.stop()
        app.exec()
    for cycles, hooks, threads, tasks, megabytes in readings:
        held = f"{hooks} hooks, {threads} Python threads, {tasks} system threads, {megabytes:.1f} MB"
        print(f"after {cycles:3} cycles: {held}")


if __name__ == "__main__":
    main()
