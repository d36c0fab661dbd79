"""What the engine has at hand once it is awake."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from backend.engine import AWAITED, Engine
assert not set(AWAITED) & set(sys.modules)
Engine().wake("cpu")
sys.exit(bool(set(AWAITED) - set(sys.modules)))
"""


def test_that_waking_loads_what_the_first_jobs_need() -> None:
    assert subprocess.run([sys.executable, "-c", CODE], check=False).returncode == 0
