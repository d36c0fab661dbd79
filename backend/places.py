"""Where Filterscope keeps things: the system's folders for them, or all in `$FILTERSCOPE_HOME` where that is set."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder(name: str) -> Path:
    """Give the folder `name` of what can be made again; all of it may be deleted at any time."""
    return (_home() or platformdirs.user_cache_path("filterscope", appauthor=False)) / name


def data_folder(name: str) -> Path:
    """Give the folder `name` of what the user fetched or wrote."""
    return (_home() or platformdirs.user_data_path("filterscope", appauthor=False)) / name


def _home() -> Path | None:
    home = os.environ.get("FILTERSCOPE_HOME")
    return Path(home) if home else None
