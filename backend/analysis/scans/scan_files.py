"""Scans in files: written block by block, resumed where they stopped, opened as memory maps, merged. Torch-free."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from backend.analysis.scans.scan_results import BLOCK, ActivationScan, ScanHeader, ScannedLayer, Table
from backend.atomic_write import replacing
from backend.errors import UserError

FORMAT = 1
MOST_IN_MEMORY = 20_000
"""Images beyond which a scan that is not stored keeps its tables in a temporary file."""

Block = Mapping[str, NDArray[Any]]


class ScanWriter:
    """The tables of a scan while they are filled.

    With a `folder` they are files there, each block written whole and only then counted, so that a process that is
    killed at any moment goes on at the block it was in. Files are written, not mapped: a map of a file that does not
    fit on the disk would end the process.

    Parameters
    ----------
    header : ScanHeader
    folder : Path, optional
        Where the scan is kept; an unfinished one with the same header goes on. By default the tables lie in memory, or
        in a temporary folder beyond `MOST_IN_MEMORY` images.

    Attributes
    ----------
    done : int
        Images written; a multiple of 256 unless the scan is complete.

    Raises
    ------
    OSError
        Where the folder cannot be written.
    """

    def __init__(self, header: ScanHeader, folder: Path | None = None) -> None:
        self.header = header
        self.done = 0
        self._keep: tempfile.TemporaryDirectory[str] | None = None
        self._files: dict[str, BinaryIO] = {}
        if folder is None and header.count > MOST_IN_MEMORY:
            self._keep = tempfile.TemporaryDirectory(prefix="filterscope-scan-")
            folder = Path(self._keep.name)
        self._folder = folder
        if folder is None:
            self._tables = {name: np.zeros(rows * header.count, kind) for name, (rows, kind) in header.shapes().items()}
        else:
            self._open_files(folder)

    def _open_files(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        state = _read_state(folder)
        same = state is not None and state[0] == self.header and _whole(folder, self.header)
        self.done = state[1] if same and state else 0
        if not same:
            (folder / "scan.json").unlink(missing_ok=True)
        for name, (rows, kind) in self.header.shapes().items():
            path = folder / name
            path.touch()
            self._files[name] = path.open("r+b", buffering=0)
            self._files[name].truncate(rows * self.header.count * np.dtype(kind).itemsize)
        if not same:
            self._count()

    def write(self, block: Block) -> None:
        """Add the next block: for each table (rows, images), 256 images or all that are left."""
        width = next(iter(block.values())).shape[1]
        assert width == min(BLOCK, self.header.count - self.done)
        for name, (rows, kind) in self.header.shapes().items():
            values = np.ascontiguousarray(block[name], dtype=kind)
            start = rows * self.done
            if self._files:
                file = self._files[name]
                file.seek(start * values.itemsize)
                _write_all(file, values)
            else:
                self._tables[name][start : start + values.size] = values.ravel()
        self.done += width
        if self._files:
            self._count()

    def scan(self) -> ActivationScan:
        """Give what is there so far."""
        if self._folder is not None:
            return _mapped(self._folder, self.header, self.done, self._keep)
        tables = {}
        for name, (rows, _) in self.header.shapes().items():
            view = self._tables[name].view()
            view.flags.writeable = False
            tables[name] = Table(view, rows, self.header.count)
        return ActivationScan(self.header, self.done, MappingProxyType(tables))

    def close(self) -> None:
        """Close the files; what was written stays."""
        for file in self._files.values():
            file.close()
        self._files = {}

    def _count(self) -> None:
        assert self._folder is not None
        content = {"format": FORMAT, "done": self.done, "header": header_to_json(self.header)}
        with replacing(self._folder / "scan.json") as file:
            file.write(json.dumps(content, ensure_ascii=False).encode())


def open_scan(folder: Path) -> ActivationScan | None:
    """Open a stored scan, complete or not, as read-only memory maps; None where there is none or it is damaged."""
    state = _read_state(folder)
    if state is None or not _whole(folder, state[0]):
        return None
    try:
        return _mapped(folder, *state)
    except (OSError, ValueError):
        return None


def merge_scans(parts: Sequence[ActivationScan], folder: Path | None = None) -> ActivationScan:
    """Combine scans of neighbouring parts of one data set into that of them all.

    Parameters
    ----------
    parts : sequence of ActivationScan
        In any order; complete, of the same weights, data and layers.
    folder : Path, optional
        Where the result is kept, as for `ScanWriter`.

    Raises
    ------
    UserError
        Where a part is not complete, is of something else, or an image is missing or twice there.
    """
    ordered = sorted(parts, key=lambda part: part.header.first)
    if not ordered:
        raise UserError("Nothing to merge", "There is no scan among the parts.", "Give at least one.")
    whole = replace(ordered[0].header, stop=ordered[-1].header.stop)
    expected = whole.first
    for part in ordered:
        if replace(part.header, first=whole.first, stop=whole.stop) != whole:
            raise _unfit(part, "is of another network, data set or choice of layers")
        if not part.complete:
            raise _unfit(part, f"has only {part.done:,} of its {part.header.count:,} images")
        if part.header.first != expected:
            raise _unfit(part, f"begins at image {part.header.first:,} where {expected:,} comes next")
        expected = part.header.stop
    writer = ScanWriter(whole, folder)
    try:
        while writer.done < whole.count:
            start = whole.first + writer.done
            writer.write(_columns(ordered, start, min(start + BLOCK, whole.stop)))
        return writer.scan()
    finally:
        writer.close()


def _columns(parts: Sequence[ActivationScan], start: int, stop: int) -> Block:
    """Cut images start … stop − 1 of the data set out of the parts that have them."""
    cut = []
    for part in parts:
        first, last = max(start, part.header.first), min(stop, part.header.stop)
        if first < last:
            cut.append((part.tables, first - part.header.first, last - part.header.first))
    return {
        name: np.concatenate([tables[name].columns(first, last) for tables, first, last in cut], axis=1)
        for name in parts[0].tables
    }


def _unfit(part: ActivationScan, why: str) -> UserError:
    head = part.header
    return UserError(
        "These scans do not fit together",
        f"The part of images {head.first:,} to {head.stop - 1:,} {why}.",
        "Merge complete scans of neighbouring parts, made with the same weights, data and layers.",
    )


def header_to_json(header: ScanHeader) -> dict[str, Any]:
    """Give the JSON object that `header_from_json` reads back."""
    plain = {name: getattr(header, name) for name in header.__dataclass_fields__}
    return {**plain, "layers": [asdict(layer) for layer in header.layers]}


def header_from_json(content: Mapping[str, Any]) -> ScanHeader:
    """Read what `header_to_json` gave; raises KeyError, TypeError or ValueError where it is something else."""
    return ScanHeader(
        **{
            **content,
            "layers": tuple(ScannedLayer(**layer) for layer in content["layers"]),
            "class_names": tuple(content["class_names"]),
            "aliases": tuple((str(name), str(scanned)) for name, scanned in content["aliases"]),
        }
    )


def _read_state(folder: Path) -> tuple[ScanHeader, int] | None:
    try:
        content = json.loads((folder / "scan.json").read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            return None
        header, done = header_from_json(content["header"]), int(content["done"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return (header, done) if 0 <= done <= header.count else None


def _whole(folder: Path, header: ScanHeader) -> bool:
    """Tell whether every table has its full length."""
    try:
        return all(
            (folder / name).stat().st_size == rows * header.count * np.dtype(kind).itemsize
            for name, (rows, kind) in header.shapes().items()
        )
    except OSError:
        return False


def _mapped(folder: Path, header: ScanHeader, done: int, keep: object = None) -> ActivationScan:
    tables = {
        name: Table(np.memmap(folder / name, dtype=kind, mode="r"), rows, header.count)
        for name, (rows, kind) in header.shapes().items()
    }
    return ActivationScan(header, done, MappingProxyType(tables), keep)


def _write_all(file: BinaryIO, values: NDArray[Any]) -> None:
    """Write every byte: a nearly full disk may take only some of them before it says that it is full."""
    view = memoryview(values.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
    while view:
        view = view[file.write(view) :]
