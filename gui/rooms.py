"""What the window knows of a room before it is opened: its title, its place, its commands. Nothing of Qt.

A folder of `gui` is a room where its `__init__.py` holds a `ROOM`; it is found and shown, and nothing else has to know
of it. Its `panel.py`, and all that this imports, is loaded when the room is first shown.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import Literal

import gui

Area = Literal["left", "centre", "right"]


@dataclass(frozen=True)
class Command:
    """Something that a room does from the menu, by a key, or found by search.

    Attributes
    ----------
    text : str
        What the menu calls it.
    method : str
        Of the panel, or of a part of it: "build", "files.save_png".
    shortcut : str
    export : bool
        Whether it writes a file: it then stands behind the Export button too.
    words : str
        Other words that people look for it by.
    """

    text: str
    method: str
    shortcut: str = ""
    export: bool = False
    words: str = ""


@dataclass(frozen=True)
class Room:
    """A part of the window.

    Attributes
    ----------
    panel : str
        Class in the room's `panel.py`; settings are kept under this name.
    title : str
    area : {"left", "centre", "right"}
        Docked at a side, or a tab in the middle.
    order : int
        Position among the rooms of its area.
    commands : tuple of Command
    """

    panel: str
    title: str
    area: Area = "centre"
    order: int = 0
    commands: tuple[Command, ...] = ()


def discover_rooms() -> dict[str, Room]:
    """Find every room by the name of its folder, in the order of the window."""
    folders = [found.name for found in pkgutil.iter_modules(gui.__path__) if found.ispkg]
    rooms = {name: getattr(importlib.import_module(f"gui.{name}"), "ROOM", None) for name in folders}
    known = {name: room for name, room in rooms.items() if isinstance(room, Room)}
    return dict(sorted(known.items(), key=lambda item: item[1].order))
