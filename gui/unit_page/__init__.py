"""The unit page: what is known of one unit, on one sheet."""

from __future__ import annotations

from gui.rooms import Command, Room

ROOM = Room(
    "UnitPage",
    "Unit page",
    order=2,
    commands=(
        Command("Figure 5: units of a low and a high layer…", "show_figure", "Ctrl+5", words="figures paper histogram"),
        Command("Export the unit page as HTML…", "export_html", export=True),
        Command("Export the unit page as PNG…", "export_png", export=True),
    ),
)
