"""The program as a process: its arguments, and what it does where there is no display."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]


def start(*arguments: str, cwd: Path = ROOT, timeout: float = 110) -> subprocess.CompletedProcess[str]:
    """Run `main.py` as a user without a display does."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [sys.executable, str(ROOT / "main.py"), *arguments]
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )


def test_that_help_says_what_the_arguments_are() -> None:
    done = start("--help")
    assert done.returncode == 0
    assert "--screenshot PNG" in done.stdout and done.stderr == ""


def test_that_an_argument_it_does_not_know_is_said() -> None:
    done = start("--colour")
    assert done.returncode == 2
    assert "--colour" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Elsewhere there is always a display.")
def test_that_without_a_display_it_optimises_two_units_and_saves_a_picture_of_the_window(tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    done = start("--screenshot", str(picture), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("There is no display here")
    assert f"Optimised logit/dog and layer4/5. A picture of the window is in {picture}" in done.stdout
    with Image.open(picture) as window:
        assert window.size == (1440, 900)
        assert len(window.convert("RGB").getcolors(1 << 24)) > 1000
    assert not Path(os.environ["FILTERSCOPE_HOME"], "settings.json").exists()


def test_that_a_program_that_is_killed_has_kept_what_was_open(tmp_path: Path) -> None:
    code = "import gui.app; gui.app.KEEP_EVERY = 100; gui.app.run([])"
    home = tmp_path / "home"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "FILTERSCOPE_HOME": str(home)}
    program = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment)
    try:
        found: dict[str, object] = {}
        end = time.monotonic() + 60
        while found.get("dataset") != "probe" and time.monotonic() < end:
            time.sleep(0.1)
            if (home / "settings.json").exists():
                found = json.loads((home / "settings.json").read_text(encoding="utf-8"))
    finally:
        program.kill()
        program.wait()
    assert found["dataset"] == "probe" and "cifar10-resnet18" in str(found["network"])
