"""CIFAR-10 and CIFAR-100 in their official batch format, their pickles read without running any code; the download."""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import shutil
import tarfile
import tempfile
import urllib.request
import zlib
from collections.abc import Callable, Generator
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.analysis.events import Progress
from backend.analysis.images.image_cache import default_data_folder
from backend.analysis.images.image_dataset import ArrayDataset, digest_of
from backend.analysis.pictures import Picture
from backend.errors import UserError


class Layout(NamedTuple):
    """Where the official archive keeps what."""

    folder: str
    files: dict[str, tuple[str, ...]]
    labels: bytes
    meta: str
    names: bytes


LAYOUTS = {
    "cifar10": Layout(
        "cifar-10-batches-py",
        {"train": tuple(f"data_batch_{number}" for number in range(1, 6)), "test": ("test_batch",)},
        b"labels",
        "batches.meta",
        b"label_names",
    ),
    "cifar100": Layout(
        "cifar-100-python", {"train": ("train",), "test": ("test",)}, b"fine_labels", "meta", b"fine_label_names"
    ),
}


def layout_of(folder: Path) -> str | None:
    """Return "cifar10" or "cifar100" where the folder holds the official batches, None otherwise."""
    for name, layout in LAYOUTS.items():
        if (folder / layout.meta).is_file() and any((folder / files[0]).is_file() for files in layout.files.values()):
            return name
    return None


def open_batches(folder: Path, split: str, name: str, source: str, size: tuple[int, int] | None = None) -> ArrayDataset:
    """Read one split of the official batches.

    Parameters
    ----------
    folder : Path
        `cifar-10-batches-py` or `cifar-100-python`.
    split : {"train", "test"}
    name, source : str
        The data set's own.
    size : (int, int), optional
        Height and width wanted, where they are not 32 × 32.

    Raises
    ------
    UserError
        Where a file is missing, is damaged, or is a pickle that names anything but plain data and NumPy arrays.
    """
    layout = LAYOUTS[layout_of(folder) or "cifar10"]
    files = [folder / file for file in layout.files[split]]
    names = tuple(
        text.decode() for text in _entry(read_plain_pickle(folder / layout.meta), layout.names, folder / layout.meta)
    )
    images, labels = [], []
    for file in files:
        content = read_plain_pickle(file)
        batch_labels = np.asarray(_entry(content, layout.labels, file))
        images.append(_as_images(_entry(content, b"data", file), batch_labels, len(names), file))
        labels.append(batch_labels)
    stamps = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return ArrayDataset(name, source, names, np.concatenate(labels), np.concatenate(images), digest_of(stamps), size)


def _entry(content: object, key: bytes, file: Path) -> Any:
    if not isinstance(content, dict) or key not in content:
        raise _damaged(file, f"it has no “{key.decode()}”")
    return content[key]


def _as_images(data: object, labels: NDArray[Any], classes: int, file: Path) -> Picture:
    if not isinstance(data, _PickledArray) or labels.ndim != 1 or data.array.shape != (len(labels), 3072):
        raise _damaged(file, "its images are not 3,072 bytes each, one for each label")
    if len(labels) == 0 or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise _damaged(file, "its labels do not fit the class names")
    return np.ascontiguousarray(data.array.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


def _damaged(file: Path, why: str) -> UserError:
    return UserError("The CIFAR files are damaged", f"{file}: {why}.", "Delete the folder and download it again.")


class _PickledArray:
    """Stands in for a NumPy array until its bytes are checked: NumPy's own unpickling believes whatever it is told."""

    def __init__(self, *_: object) -> None:
        self.array: Picture = np.zeros(0, np.uint8)

    def __setstate__(self, state: tuple[int, tuple[int, ...], object, bool, bytes]) -> None:
        _, shape, kind, fortran, content = state
        if not isinstance(kind, _PickledType) or kind.code not in (b"u1", "u1"):
            raise pickle.UnpicklingError("its array is not of bytes")
        self.array = np.frombuffer(content, np.uint8).reshape(shape, order="F" if fortran else "C")


class _PickledType:
    """Stands in for a NumPy dtype."""

    def __init__(self, code: object, *_: object) -> None:
        self.code = code

    def __setstate__(self, state: object) -> None:
        pass  # byte order and the like: nothing a byte has


class _PlainUnpickler(pickle.Unpickler):
    """Admits what the official batches are made of, and nothing that could run code."""

    def find_class(self, module: str, name: str) -> Any:
        # Made anew at each call, for a pickle can also set attributes of what it asks for.
        admitted: dict[str, Callable[..., Any]] = {
            "numpy.core.multiarray._reconstruct": lambda *_: _PickledArray(),
            "numpy._core.multiarray._reconstruct": lambda *_: _PickledArray(),
            "numpy.ndarray": lambda *_: None,  # only ever named, as what to reconstruct
            "numpy.dtype": lambda code, *_: _PickledType(code),
            # How Python 3 writes bytes for Python 2; any other codec would be looked up by name.
            "_codecs.encode": lambda text, *_: text.encode("latin1"),
        }
        asked = f"{module}.{name}"
        if asked not in admitted:
            raise pickle.UnpicklingError(f"it asks for {asked}")
        return admitted[asked]


def read_plain_pickle(file: Path) -> object:
    """Read a pickle of plain data and arrays of bytes; text of Python 2 comes as bytes.

    Raises
    ------
    UserError
        Where the file is missing, is damaged, or names anything else; nothing of it has run then.
    """
    try:
        return _PlainUnpickler(io.BytesIO(file.read_bytes()), encoding="bytes").load()
    except OSError as error:
        raise UserError(
            "A CIFAR file cannot be read", f"{file}: {error.strerror}.", "Download the data set again."
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # a damaged pickle raises nearly anything
        why = str(error) or type(error).__name__
        raise UserError(
            "This file is not read",
            f"{file} is no plain CIFAR batch: {why}. Nothing in it was run.",
            "Download the data set again from its official source.",
        ) from error


def download_cifar(
    name: str, data_folder: Path | None = None, url: str | None = None, md5: str | None = None
) -> Generator[Progress, None, Path]:
    """Download and unpack the official archive into `data_folder`; nothing of it is there until all of it is.

    Parameters
    ----------
    name : {"cifar10", "cifar100"}
        Either may be followed by "/train" or "/test": both come in one archive.
    data_folder : Path, optional
        Made where it is missing; by default `default_data_folder()`.
    url, md5 : str, optional
        torchvision's by default.

    Yields
    ------
    Progress
        In MB.

    Returns
    -------
    Path
        The folder of batches, which `open_dataset(name)` then finds.

    Raises
    ------
    UserError
        Where the network or the server fails (the sentence says where to put the file by hand), or the checksum fails.
    OSError
        Where the disk is full or read-only.
    """
    name = name.partition("/")[0]
    if url is None or md5 is None:
        from torchvision import datasets  # slow to import

        official = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]
        url, md5 = str(official.url), str(official.tgz_md5)
    data_folder = data_folder or default_data_folder()
    target = data_folder / LAYOUTS[name].folder
    data_folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=data_folder))
    try:
        archive = scratch / "archive.tar.gz"
        with archive.open("wb") as file:
            found = yield from _fetch(url, file, data_folder)
        if found != md5:
            happened = f"The checksum of what came from {url} is {found}, not {md5}."
            raise UserError("The download is damaged", happened, "Try again; the connection may have been cut.")
        unpacked = _unpack(archive, scratch, LAYOUTS[name].folder)
        shutil.rmtree(target, ignore_errors=True)
        unpacked.replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _fetch(url: str, file: BinaryIO, data_folder: Path) -> Generator[Progress, None, str]:
    """Write what `url` gives to `file` and return its MD5."""
    checksum = hashlib.md5(usedforsecurity=False)
    done = 0
    for block, total in _blocks(url, data_folder):
        file.write(block)
        checksum.update(block)
        done += len(block)
        yield Progress(done // 1_000_000, total // 1_000_000, "MB")
    return checksum.hexdigest()


def _blocks(url: str, data_folder: Path) -> Generator[tuple[bytes, int], None, None]:
    # Apart from the writing, whose OSError means the disk and not the network.
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            total = int(answer.headers.get("Content-Length") or 0)
            while block := answer.read(1 << 20):
                yield block, total
    except (OSError, HTTPException, ValueError) as error:
        raise UserError(
            "The download failed",
            f"{url} gave no answer: {error}.",
            f"Check the network, or fetch that file by other means and unpack it in {data_folder}.",
        ) from error


def _unpack(archive: Path, scratch: Path, folder: str) -> Path:
    """Take the plain files of `folder` out of the archive, by name, so that no entry can reach another place."""
    unpacked = scratch / folder
    unpacked.mkdir()
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                if content is not None and member.name == f"{folder}/{Path(member.name).name}":
                    with (unpacked / Path(member.name).name).open("wb") as file:
                        shutil.copyfileobj(content, file)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(
            "The download is damaged", f"{archive.name} cannot be unpacked: {error}.", "Try again."
        ) from error
    if layout_of(unpacked) is None:
        raise UserError(
            "The download is not CIFAR", f"The archive holds no {folder}.", "Try again, or open an image folder."
        )
    return unpacked
