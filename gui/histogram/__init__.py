"""The activation histogram: how all images of a data set excite a unit."""

from __future__ import annotations

from gui.rooms import Command, Room

ROOM = Room(
    "ActivationHistogram",
    "Activation histogram",
    area="right",
    commands=(
        Command("Scan the data set", "scan", "Ctrl+Shift+S", words="activations scores statistics mean errors"),
        Command("Show more excited images", "show_more"),
        Command("Compare a picture with the data set…", "pictures.choose"),
        Command("Paste a picture to compare", "pictures.paste", "Ctrl+Shift+V"),
        Command("Take the compared picture away", "pictures.remove"),
        Command("Clear the selected images", "clear_selection"),
    ),
)
