"""Any folder of pictures as a data set: class sub-folders or flat, decoded once where the images are small."""

from __future__ import annotations

import math
import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import read_only
from backend.analysis.events import Notice, Progress
from backend.analysis.images.image_cache import CacheWriter, read_cache
from backend.analysis.images.image_dataset import ImageDataset, Indices, Pixels, digest_of
from backend.analysis.pictures import Picture, check_picture, fit_picture, read_picture
from backend.errors import UserError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif")
LARGEST_DEFAULT_SIDE = 224
LARGEST_CACHED_SIDE = 64
LARGEST_CACHE = 2_000_000_000
_REPORT_EVERY = 256

Size = tuple[int, int]


@dataclass(frozen=True)
class Listing:
    """The pictures of a folder as found, none opened yet.

    Attributes
    ----------
    root : Path
    class_names : tuple of str
        Sorted; the sub-folders' names, or the folder's own where it has none.
    files : tuple of str
        Relative to `root`, sorted by class, then by name.
    labels : tuple of int
        One a file.
    stamps : tuple of (int, int)
        Length in bytes and time of change in ns, one a file.
    left_out : tuple of str
        Pictures beside the class folders, which are in no class.
    """

    root: Path
    class_names: tuple[str, ...]
    files: tuple[str, ...]
    labels: tuple[int, ...]
    stamps: tuple[tuple[int, int], ...]
    left_out: tuple[str, ...]


class FolderDataset(ImageDataset):
    """The readable pictures of a folder; from the cache where `array` is given, otherwise decoded when asked for."""

    def __init__(
        self,
        listing: Listing,
        name: str,
        source: str,
        size: Size,
        digest: str,
        skipped: dict[int, str],
        array: Picture | None = None,
    ) -> None:
        self._rows: NDArray[np.int64] = np.array(
            [row for row in range(len(listing.files)) if row not in skipped], dtype=np.int64
        )
        labels = np.array(listing.labels, dtype=np.int64)[self._rows]
        unreadable = [*listing.left_out, *(f"{listing.files[row]}: {why}" for row, why in skipped.items())]
        super().__init__(name, source, listing.class_names, labels, size, digest, unreadable)
        self._root = listing.root
        self._files: list[str] = [listing.files[row] for row in self._rows.tolist()]
        self._array = array

    def images(self, indices: Indices) -> Picture:
        """Return several images at once, uint8 (n, height, width, 3), in the order asked for.

        Raises
        ------
        UserError
            Where a file, or the whole folder, is not there or not readable any more.
        """
        if self._array is None:
            return super().images(indices)
        return np.asarray(self._array[self._rows[np.asarray(indices, dtype=np.int64)]])

    def pixels(self) -> Pixels | None:
        """Return the cached images, where they are cached."""
        return None if self._array is None else Pixels(read_only(self._array), read_only(self._rows))

    def describe(self, index: int) -> str:
        """Return the file's name, relative to the folder."""
        return self._files[range(len(self))[index]]

    def path(self, index: int) -> Path:
        """Return the picture's file, to be opened in full size."""
        return self._root / self._files[range(len(self))[index]]

    def _image(self, index: int) -> Picture:
        if self._array is not None:
            return np.array(self._array[self._rows[index]])
        try:
            return _fitted(self.path(index), self.size)
        except UserError:
            _check_there(self._root)
            raise


def list_folder(root: Path) -> Listing:
    """List the pictures of a folder without opening any; hidden files and what is no picture are passed over.

    Raises
    ------
    UserError
        Where the folder is missing or holds no picture.
    """
    _check_there(root)
    loose: list[tuple[str, os.DirEntry[str]]] = []
    classes: dict[str, list[tuple[str, os.DirEntry[str]]]] = {}
    for entry in _entries(root):
        if not entry.is_dir():
            loose += [(entry.name, entry)] if _is_picture(entry.name) else []
        elif pictures := _pictures_below(entry, entry.name):
            classes[entry.name] = pictures
    left_out = [f"{name}: lies beside the class folders, in no class" for name, _ in loose] if classes else []
    if loose and not classes:
        classes = {root.name: loose}
    if not classes:
        raise UserError(
            "The folder holds no pictures",
            f"{root} holds no JPEG, PNG, WebP, BMP or GIF, neither itself nor in sub-folders.",
            "Choose a folder with pictures, or with one sub-folder for each class.",
        )
    return Listing(
        root=root,
        class_names=tuple(classes),
        files=tuple(name for pictures in classes.values() for name, _ in pictures),
        labels=tuple(label for label, pictures in enumerate(classes.values()) for _ in pictures),
        stamps=tuple(_stamp(entry) for pictures in classes.values() for _, entry in pictures),
        left_out=tuple(left_out),
    )


def open_folder(
    listing: Listing, name: str, source: str, size: Size | None, cache: Path
) -> Generator[Progress | Notice, None, FolderDataset]:
    """Make a data set of a listed folder, reading every picture once unless an earlier opening did.

    Small images (at most 64 pixels a side, 2 GB in all) are decoded into `cache`/digest/images.raw and memory-mapped
    from there; larger ones are checked for being whole, and decoded when asked for. Where the cache cannot be written a
    `Notice` says so, and small images are decoded when asked for, too.

    Parameters
    ----------
    listing : Listing
    name, source : str
        The data set's own.
    size : (int, int), optional
        Height and width wanted; by default those of the first readable picture, 224 at most.
    cache : Path
        A folder; made where it is missing.

    Raises
    ------
    UserError
        Where no picture is readable, or the folder vanishes meanwhile.
    """
    size = size or _first_size(listing)
    digest = digest_of("folder 1", listing.files, listing.stamps, size)
    stored = read_cache(cache / digest, len(listing.files), size)
    if stored is None:
        stored = yield from _read_all(listing, size, cache, digest)
    skipped, array = stored
    if len(skipped) == len(listing.files):
        raise _nothing_readable(listing)
    return FolderDataset(listing, name, source, size, digest, skipped, array)


def _read_all(
    listing: Listing, size: Size, cache: Path, digest: str
) -> Generator[Progress | Notice, None, tuple[dict[int, str], Picture | None]]:
    total = len(listing.files)
    small = _is_small(total, size)
    skipped: dict[int, str] = {}
    writer = CacheWriter(cache, digest)
    try:
        for row, file in enumerate(listing.files):
            if row % _REPORT_EVERY == 0:
                yield Progress(row, total, "images")
            image = np.zeros((*size, 3), np.uint8)  # a row of the cache is a file, whether readable or not
            try:
                if small:
                    image = _fitted(listing.root / file, size)
                else:
                    check_picture(listing.root / file)
            except UserError as error:
                _check_there(listing.root)
                skipped[row] = error.report.title[0].lower() + error.report.title[1:]
            if small:
                writer.write(image)
        yield Progress(total, total, "images")
        writer.finish(total if small else 0, size, skipped)
        if writer.trouble and small:
            yield Notice(f"{writer.trouble} So the images of {listing.root.name} are decoded each time they are shown.")
    finally:
        writer.close()
    return read_cache(cache / digest, len(listing.files), size) or (skipped, None)


def _fitted(path: Path, size: Size) -> Picture:
    return fit_picture(read_picture(path, cover=size), size)


def _first_size(listing: Listing) -> Size:
    for file in listing.files:
        try:
            height, width = read_picture(listing.root / file).shape[:2]
        except UserError:
            continue
        return min(height, LARGEST_DEFAULT_SIDE), min(width, LARGEST_DEFAULT_SIDE)
    _check_there(listing.root)
    raise _nothing_readable(listing)


def _nothing_readable(listing: Listing) -> UserError:
    return UserError(
        "No picture can be read",
        f"None of the {len(listing.files):,} pictures in {listing.root} can be read, {listing.files[0]} for one.",
        "Open one in another program to see what is wrong with them.",
    )


def _is_small(count: int, size: Size) -> bool:
    return max(size) <= LARGEST_CACHED_SIDE and count * math.prod(size) * 3 <= LARGEST_CACHE


def _check_there(root: Path) -> None:
    if not root.exists():
        raise UserError(
            "The folder is not there",
            f"{root} does not exist, or not any more.",
            "Check the path, or plug the disk in.",
        )
    if not root.is_dir():
        raise UserError("This is no folder", f"{root} is a file.", "Choose the folder that holds the pictures.")


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    """List a folder by name, without hidden files and what macOS leaves in archives."""
    with os.scandir(folder) as entries:
        return sorted((e for e in entries if not e.name.startswith((".", "__MACOSX"))), key=lambda entry: entry.name)


def _pictures_below(folder: os.DirEntry[str], prefix: str) -> list[tuple[str, os.DirEntry[str]]]:
    found = []
    for entry in _entries(folder.path):
        name = f"{prefix}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):  # a link could lead round in a circle
            found += _pictures_below(entry, name)
        elif _is_picture(entry.name):
            found.append((name, entry))
    return found


def _is_picture(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _stamp(entry: os.DirEntry[str]) -> tuple[int, int]:
    try:
        stat = entry.stat()
    except OSError:  # a link to nowhere; it will be named as unreadable
        return 0, 0
    return stat.st_size, stat.st_mtime_ns
