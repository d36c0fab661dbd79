"""The door to Filterscope: `uv run main.py`, a double click, or `filterscope` all enter here."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Start the program; give its exit code."""
    # Before torch is imported: spinning OpenMP threads would take the window's core away.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from gui.app import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
