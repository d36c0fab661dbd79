"""`make benchmark`: everything, one part after the other, each in its own process."""

from __future__ import annotations

import subprocess
import sys

for part in ("core", "window", "growth", "scan", "scan_panel", "tree", "tree_canvas"):
    print(f"\n{part}", flush=True)
    subprocess.run([sys.executable, "-m", f"tests.benchmarks.{part}"], check=True)
