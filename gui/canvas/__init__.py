"""The optimisation canvas: the live run, its settings, its pictures and files."""

from __future__ import annotations

from gui.rooms import Command, Room

ROOM = Room(
    "OptimizationCanvas",
    "Optimization canvas",
    commands=(
        Command("Run or pause", "run_or_pause", "Space", words="start optimise optimize grow"),
        Command("Take one step", "run.step", "."),
        Command("Stop", "run.stop", "Ctrl+."),
        Command("Restart", "restart", "Ctrl+Return"),
        Command("Show or hide start and change", "pictures.toggle_small", "Ctrl+D"),
        Command("Paste a picture as the start", "paste", "Ctrl+V"),
        Command("Open settings of a picture…", "files.choose_recipe", "Ctrl+Shift+O"),
        Command("Export picture as PNG…", "files.export_picture", "Ctrl+E", export=True, words="save image"),
        Command(
            "Export history as GIF…",
            "files.export_film",
            "Ctrl+Shift+E",
            export=True,
            words="save film animation movie",
        ),
    ),
)
