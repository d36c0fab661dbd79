"""The layer table: all channels of a layer with their statistics, and all layers by depth."""

from __future__ import annotations

from gui.rooms import Command, Room

ROOM = Room(
    "LayerTable",
    "Layer table",
    order=1,
    commands=(
        Command("Filter the layer table", "start_filter", words="mean deviation skewness dead duplicate sort"),
        Command("Export the layer table as CSV…", "export", export=True),
    ),
)
