"""The weights that torchvision's authors publish: their card, where they lie, and how to get them."""

from __future__ import annotations

import hashlib
import re
import urllib.request
from collections.abc import Generator
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import MappingProxyType
from typing import Any

from backend.analysis.cards import NetworkCard
from backend.analysis.events import Progress
from backend.analysis.weights.architectures import TORCHVISION, torchvision_names
from backend.errors import UserError
from backend.places import data_folder

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

_CHUNK = 1 << 20


def published_network_card(name: str) -> NetworkCard:
    """Make the card of torchvision's published weights.

    Parameters
    ----------
    name : str
        "torchvision/resnet18" or "resnet18".

    Raises
    ------
    UserError
        Where torchvision has no classifier of that name.
    """
    short = name.removeprefix(TORCHVISION)
    weights = _published(short)
    transform = weights.transforms()
    side = int(transform.crop_size[0])
    top1 = weights.meta.get("_metrics", {}).get("ImageNet-1K", {}).get("acc@1")
    # The published GoogLeNet and Inception were trained on other statistics and convert their input themselves.
    arguments = {"transform_input": True} if short in ("googlenet", "inception_v3") else {}
    return NetworkCard(
        name=short,
        architecture=TORCHVISION + short,
        arguments=MappingProxyType(arguments),
        classes=tuple(weights.meta["categories"]),
        input_size=(side, side),
        mean=tuple(transform.mean),
        std=tuple(transform.std),
        data="ImageNet-1K",
        recipe=str(weights.meta.get("recipe", "")),
        reproduce=f"torchvision weights {weights}",
        test_accuracy=None if top1 is None else float(top1) / 100,
        source=TORCHVISION + short,
    )


def published_weights_folder() -> Path:
    """Give the folder of downloaded weights: in $FILTERSCOPE_HOME, or among the user's program data."""
    return data_folder("weights")


def find_published_weights(name: str) -> Path | None:
    """Find downloaded weights, also those that torchvision itself has downloaded before; None where there are none."""
    import torch

    file_name = _published(name.removeprefix(TORCHVISION)).url.rpartition("/")[2]
    folders = (published_weights_folder(), Path(torch.hub.get_dir()) / "checkpoints")
    return next((folder / file_name for folder in folders if (folder / file_name).exists()), None)


def published_weights_path(name: str) -> Path:
    """Find downloaded weights.

    Raises
    ------
    UserError
        Where they are not here; the sentence says what to fetch from where, and where to put it.
    """
    found = find_published_weights(name)
    if found is None:
        url = _published(name.removeprefix(TORCHVISION)).url
        raise UserError(
            "The weights were not downloaded yet",
            f"The published weights of {name} are not in {published_weights_folder()}.",
            f"Open it from the menu while connected to the internet, or put {url} into that folder by hand.",
        )
    return found


def download_published_weights(name: str, folder: Path | None = None) -> Generator[Progress, None, Path]:
    """Download torchvision's published weights, checked by the hash in their name as torch.hub does.

    Parameters
    ----------
    name : str
        "torchvision/resnet18" or "resnet18".
    folder : Path, optional
        Default: `published_weights_folder()`.

    Yields
    ------
    Progress
        In "MB".

    Returns
    -------
    Path
        The weights; nothing is left behind where the download was closed or failed.

    Raises
    ------
    UserError
        Without a network, or where the file arrived damaged; the sentence names address and folder.
    """
    url = str(_published(name.removeprefix(TORCHVISION)).url)
    return (yield from download_weights(url, folder or published_weights_folder()))


def download_weights(url: str, folder: Path) -> Generator[Progress, None, Path]:
    """Download one file whose name ends in "-<start of its SHA-256>.pth"; see `download_published_weights`."""
    target = folder / url.rpartition("/")[2]
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with NamedTemporaryFile(dir=folder, prefix=".download-", delete=False) as file:
        temporary = Path(file.name)
        try:
            for chunk, progress in _chunks(url, folder):
                digest.update(chunk)
                file.write(chunk)
                yield progress
            file.close()
            _check_hash(url, digest.hexdigest())
            temporary.chmod(0o644)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    return target


def _chunks(url: str, folder: Path) -> Generator[tuple[bytes, Progress], None, None]:
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            size, done = int(response.headers.get("Content-Length") or 0), 0
            while chunk := response.read(_CHUNK):
                done += len(chunk)
                yield chunk, Progress(done // 10**6, size // 10**6, "MB")
    except OSError as error:
        # URLError, a timeout and a broken connection are all OSErrors.
        raise UserError(
            "The weights could not be downloaded",
            f"{url}: {getattr(error, 'reason', None) or error}.",
            f"Connect to the internet and try again, or put the file into {folder} by hand.",
        ) from error


def _check_hash(url: str, digest: str) -> None:
    wanted = re.search(r"-([a-f0-9]*)\.", url.rpartition("/")[2])
    if wanted is not None and not digest.startswith(wanted.group(1)):
        raise UserError(
            "The download is damaged",
            f"{url} arrived with the SHA-256 {digest[:8]}…, not {wanted.group(1)}….",
            "Download it again.",
        )


def _published(name: str) -> Any:
    if name not in torchvision_names():
        raise UserError(
            "No such network", f"torchvision has no classifier called “{name}”.", "Choose one of its list of models."
        )
    from torchvision import models

    return models.get_model_weights(name).DEFAULT
