"""Results on disk, keyed by what they were computed from: same weights, layer and settings, no recomputation."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import resources
from backend.atomic_write import replacing
from backend.places import cache_folder

Arrays = dict[str, NDArray[Any]]


class Store:
    """A folder of results.

    Parameters
    ----------
    root : Path, optional
        Where results are written; the user's cache folder by default.
    shipped : Path, optional
        Read-only results that come with the program.
    """

    def __init__(self, root: Path | None = None, shipped: Path | None = None) -> None:
        self.root = root or default_store_folder()
        self._shipped = shipped or Path(resources.__file__).parent / "results"

    def load(self, kind: str, key: Mapping[str, Any]) -> Arrays | None:
        """Give the arrays stored under `key`, or None where there are none or the file is damaged."""
        for folder in (self.root, self._shipped):
            path = folder / file_name(kind, key)
            try:
                with np.load(path, allow_pickle=False) as content:
                    return {name: content[name] for name in content.files}
            except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile):
                continue
        return None

    def save(self, kind: str, key: Mapping[str, Any], arrays: Arrays) -> Path:
        """Write arrays under `key`; the old file stays until the new one is whole. Raises `OSError`."""
        path = self.root / file_name(kind, key)
        self.root.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        return path

    def folder(self, kind: str, key: Mapping[str, Any]) -> Path:
        """Name the folder of a result that is too large for one file; whoever fills it makes it."""
        return self.root / file_name(kind, key).removesuffix(".npz")


def default_store_folder() -> Path:
    """Return where results are kept; all of it may be deleted at any time."""
    return cache_folder("results")


def file_name(kind: str, key: Mapping[str, Any]) -> str:
    """Name the file of a result: its kind and the digest of everything it depends on."""
    text = json.dumps(key, sort_keys=True, default=list)
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:24]}.npz"
