"""The prediction tree: build it, walk it, trace pictures through it, explain and fine-tune."""

from __future__ import annotations

from gui.rooms import Command, Room

ROOM = Room(
    "PredictionTreePanel",
    "Prediction tree",
    order=3,
    commands=(
        Command("Build the prediction tree", "build", "Ctrl+Shift+B", words="decision explain cluster"),
        Command("Build a prediction tree of the selected images", "build_of_selected"),
        Command("Trace a pasted picture through the tree", "paste", "Ctrl+Shift+T"),
        Command(
            "Fine-tune along the paths…", "show_fine_tuning", words="tune train teach retrain wrong errors mistakes"
        ),
        Command("Export the prediction tree as SVG…", "export_svg", export=True),
        Command("Export the prediction tree as PNG…", "export_png", export=True),
        Command("Explain this prediction as HTML…", "paths.export_html", export=True),
        Command("Explain this prediction as PNG…", "paths.export_png", export=True),
    ),
)
