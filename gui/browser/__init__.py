"""The model browser: networks, layers, and the wall of a layer's channels."""

from __future__ import annotations

from gui.rooms import Command, Room

ROOM = Room(
    "ModelBrowser",
    "Model browser",
    area="left",
    commands=(
        Command("Copy unit address", "copy_address", "Ctrl+Shift+C"),
        Command("Go to a random unit", "choose_random", "Ctrl+R"),
        Command("Next layer", "go_to_next_layer", "Ctrl+Down"),
        Command("Previous layer", "go_to_previous_layer", "Ctrl+Up"),
    ),
)
