"""Opening images: CIFAR by name, any folder by its path, the probe set."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from backend.analysis.events import Notice, Progress, finish
from backend.analysis.images.cifar import LAYOUTS, download_cifar, layout_of, open_batches
from backend.analysis.images.image_cache import default_data_folder, default_image_cache
from backend.analysis.images.image_dataset import ImageDataset
from backend.analysis.images.image_folders import list_folder, open_folder
from backend.analysis.images.stimuli import CIFAR_MEAN, CIFAR_STD, ProbeSet
from backend.errors import UserError

__all__ = ["ImageDataset", "default_data_folder", "default_image_cache", "download_cifar", "open_dataset", "opening"]

PROBE = "probe"
NAMES = (PROBE, *(name + split for name in LAYOUTS for split in ("", "/train", "/test")))
_SPLITS = ("train", "test")
_TRAIN_FOLDER_BESIDE = ("test", "val", "valid", "validation")


def open_dataset(
    path_or_name: str | Path,
    *,
    size: tuple[int, int] | None = None,
    cache: Path | None = None,
    data_folder: Path | None = None,
    mean: Sequence[float] = CIFAR_MEAN,
    std: Sequence[float] = CIFAR_STD,
) -> ImageDataset:
    """Open images and wait until they are decoded: `opening`, which documents the parameters, run to its end."""
    return finish(opening(path_or_name, size=size, cache=cache, data_folder=data_folder, mean=mean, std=std))


def opening(
    path_or_name: str | Path,
    *,
    size: tuple[int, int] | None = None,
    cache: Path | None = None,
    data_folder: Path | None = None,
    mean: Sequence[float] = CIFAR_MEAN,
    std: Sequence[float] = CIFAR_STD,
) -> Generator[Progress | Notice, None, ImageDataset]:
    """Open images, telling how far it is.

    Parameters
    ----------
    path_or_name : str or Path
        "probe"; "cifar10", "cifar10/test", "cifar100", "cifar100/test" in the data folder, as official batches or as an
        image folder; otherwise the path of a folder: class sub-folders, flat, one that holds `train` and `test` (then
        `train` is opened), or the official CIFAR batches.
    size : (int, int), optional
        Height and width wanted. Pictures are scaled to fill it and cut, never stretched. By default 32 × 32 for the
        probe set and CIFAR; for a folder that of its first readable picture, 224 at most.
    cache : Path, optional
        Folder for decoded images, by default `default_image_cache()`.
    data_folder : Path, optional
        Where named data sets lie, by default `default_data_folder()`.
    mean, std : sequence of float
        The network's, in 0..1 and one a channel; only the probe set looks at them.

    Yields
    ------
    Progress or Notice
        Progress in images.

    Returns
    -------
    ImageDataset

    Raises
    ------
    UserError
        Where there is no such place, nothing in it can be read, or CIFAR is not downloaded yet.
    """
    size = (int(size[0]), int(size[1])) if size else None
    cache = cache or default_image_cache()
    if path_or_name == PROBE:
        return ProbeSet(size or (32, 32), mean, std)
    if isinstance(path_or_name, str) and path_or_name in NAMES:
        return (yield from _open_named(path_or_name, data_folder or default_data_folder(), size, cache))
    path = Path(path_or_name).expanduser().absolute()
    return (yield from _open_path(path, _name_of(path), str(path), size, cache))


def _open_named(
    name: str, folder: Path, size: tuple[int, int] | None, cache: Path
) -> Generator[Progress | Notice, None, ImageDataset]:
    kind, _, split = name.partition("/")
    for place in (folder / LAYOUTS[kind].folder, folder / kind / LAYOUTS[kind].folder):
        if layout_of(place):
            return open_batches(place, split or "train", name, name, size)
    images = folder / kind / (split or "train")
    if images.is_dir():
        return (yield from _open_path(images, name, name, size, cache))
    raise UserError(
        f"{kind.upper().replace('CIFAR', 'CIFAR-')} is not on this machine",
        f"{folder} holds neither {LAYOUTS[kind].folder} nor {kind}/{split or 'train'}.",
        "Download it from the Data menu, or set the data folder to where it is.",
    )


def _open_path(
    path: Path, name: str, source: str, size: tuple[int, int] | None, cache: Path
) -> Generator[Progress | Notice, None, ImageDataset]:
    if layout_of(path):
        return open_batches(path, "train", name, source, size)
    if path.name in _SPLITS and layout_of(path.parent):
        return open_batches(path.parent, path.name, name, source, size)
    if (path / "train").is_dir() and any((path / other).is_dir() for other in _TRAIN_FOLDER_BESIDE):
        path = path / "train"
    return (yield from open_folder(list_folder(path), name, source, size, cache))


def _name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}" if path.name in _SPLITS else path.name
