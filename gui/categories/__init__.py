"""The category hierarchy: dendrogram, spanning tree and distances of the classes."""

from __future__ import annotations

from gui.rooms import Command, Room

ROOM = Room(
    "CategoryHierarchyPanel",
    "Categories",
    order=4,
    commands=(
        Command("Find a class in the hierarchy", "start_search", words="classes similarity confusion dendrogram"),
        Command("Hierarchy of the next layer", "layers.go_farther"),
        Command("Hierarchy of the previous layer", "layers.go_nearer"),
        Command("Export the class hierarchy as PNG…", "files.save_png", export=True),
        Command("Export the class hierarchy as SVG…", "files.save_svg", export=True),
        Command("Export the dendrogram as Newick…", "files.save_newick", export=True),
        Command("Export the spanning tree as GraphML…", "files.save_graphml", export=True),
        Command("Export the distances of the classes as CSV…", "files.save_csv", export=True),
    ),
)
