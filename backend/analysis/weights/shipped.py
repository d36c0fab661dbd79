"""The networks that come with Filterscope. Torch-free, so that the window can list them before torch wakes."""

from __future__ import annotations

from pathlib import Path

import resources
from backend.errors import UserError

DEFAULT_NETWORK = "cifar10-resnet18"


def shipped_networks() -> tuple[str, ...]:
    """Name the shipped networks, the one to open first in front."""
    names = sorted(path.stem for path in _folder().glob("*.json"))
    return tuple(sorted(names, key=lambda name: name != DEFAULT_NETWORK))


def shipped_card_path(name: str) -> Path:
    """Give the card of the shipped network `name`; its weights lie beside it with the suffix `.safetensors`.

    Raises
    ------
    UserError
        Where no network of that name is shipped; the sentence lists those that are.
    """
    if name not in shipped_networks():
        known = ", ".join(shipped_networks()) or "none"
        raise UserError("No such network", f"No network called “{name}” is shipped.", f"Shipped are: {known}.")
    return _folder() / f"{name}.json"


def _folder() -> Path:
    return Path(resources.__file__).parent / "networks"
