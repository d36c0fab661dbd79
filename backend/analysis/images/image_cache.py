"""Where images lie on disk, and decoded ones: a folder of small pictures is decoded once, then memory-mapped."""

from __future__ import annotations

import json
import math
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from backend.analysis.pictures import Picture
from backend.atomic_write import replacing
from backend.errors import describe
from backend.places import cache_folder, data_folder

Size = tuple[int, int]


def default_data_folder() -> Path:
    """Return where named data sets lie: `$FILTERSCOPE_DATA`, or the system's place for a program's data."""
    named = os.environ.get("FILTERSCOPE_DATA")
    if named:
        return Path(named).expanduser().absolute()
    return data_folder("data")


def default_image_cache() -> Path:
    """Return where decoded images are kept; all of it may be deleted at any time."""
    return cache_folder("images")


class CacheWriter:
    """Writes a folder of the cache under another name until all of it is there; trouble ends the writing, no more."""

    def __init__(self, cache: Path, digest: str) -> None:
        self.trouble = ""
        self._target = cache / digest
        self._part = cache / f".{digest}.{os.getpid()}.part"
        self._file: BinaryIO | None = None

    def write(self, image: Picture) -> None:
        """Add one image's bytes. Plain writing, for a map of a file that does not fit on the disk ends the process."""
        if self.trouble:
            return
        try:
            if self._file is None:
                self._part.mkdir(parents=True, exist_ok=True)
                self._file = (self._part / "images.raw").open("wb", buffering=1 << 20)
            self._file.write(image.tobytes())
        except OSError as error:
            self._give_up(error)

    def finish(self, count: int, size: Size, skipped: dict[int, str]) -> None:
        """Put the complete folder in its place; `count` is 0 where no images were written."""
        if self.trouble:
            return
        try:
            self._part.mkdir(parents=True, exist_ok=True)
            if self._file is not None:
                self._file.close()
            facts = {"images": count, "size": size, "skipped": list(skipped.items())}
            with replacing(self._part / "facts.json") as file:
                file.write(json.dumps(facts).encode())
            shutil.rmtree(self._target, ignore_errors=True)  # a damaged one, or it would have been used
            self._part.replace(self._target)
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Remove what is not complete."""
        with suppress(OSError):
            if self._file is not None:
                self._file.close()
        shutil.rmtree(self._part, ignore_errors=True)

    def _give_up(self, error: OSError) -> None:
        report = describe(error)
        self.trouble = f"The image cache could not be written: {report.happened}"
        self.close()


def read_cache(folder: Path, files: int, size: Size) -> tuple[dict[int, str], Picture | None] | None:
    """Return what an earlier opening found, or None where it found nothing or its files are not whole."""
    try:
        facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
        skipped = {int(row): str(why) for row, why in facts["skipped"]}
        if tuple(facts["size"]) != size or any(not 0 <= row < files for row in skipped):
            return None
        if not facts["images"]:
            return skipped, None
        shape = (files, *size, 3)
        if (folder / "images.raw").stat().st_size != math.prod(shape):
            return None
        return skipped, np.memmap(folder / "images.raw", dtype=np.uint8, mode="r", shape=shape)
    except (OSError, ValueError, TypeError, KeyError):
        return None
