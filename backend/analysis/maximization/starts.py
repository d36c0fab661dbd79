"""Where an optimisation starts (paper sec. 2): noise, images of a data set, or a picture. Torch-free at import."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from backend.analysis.images.image_dataset import ImageDataset
    from backend.analysis.networks import Network


@dataclass(frozen=True)
class NoiseStart:
    """Random noise with the data set's mean and standard deviation.

    Parameters
    ----------
    seed : int, default=0
    contrast : float, default=1
        Factor on the deviation: 1 is the paper's noise, 0.1 is faint and nearly grey.
    count : int, default=1
    """

    seed: int = 0
    contrast: float = 1.0
    count: int = 1


@dataclass(frozen=True)
class DatasetStart:
    """Images of a data set, by index; `dataset` is what `open_dataset` takes."""

    dataset: str
    indices: tuple[int, ...]


@dataclass(frozen=True)
class PictureStart:
    """A picture of the user's: the bytes of its file, and what to call it."""

    content: bytes
    name: str

    @classmethod
    def from_file(cls, path: Path) -> PictureStart:
        return cls(path.read_bytes(), path.name)


Start = NoiseStart | DatasetStart | PictureStart


def start_images(start: Start, network: Network, dataset: ImageDataset | None = None) -> Tensor:
    """Make the images that an optimisation starts from.

    Parameters
    ----------
    start : Start
    network : Network
    dataset : ImageDataset, optional
        The open data set of a `DatasetStart`.

    Returns
    -------
    Tensor
        (images, channels, height, width), float32, normalised.

    Raises
    ------
    UserError
        Where a picture is no picture, or an index is not in the data set.
    """
    import numpy as np
    import torch

    from backend.analysis.pictures import read_picture

    if isinstance(start, NoiseStart):
        # Normalised, the data set's own noise has mean 0 and deviation 1.
        rng = torch.Generator().manual_seed(start.seed)
        shape = (start.count, network.in_channels, *network.input_size)
        return (torch.randn(shape, generator=rng) * start.contrast).to(network.device)
    if isinstance(start, PictureStart):
        return network.normalize(read_picture(start.content))
    if dataset is None:
        raise ValueError("a DatasetStart needs its open data set")
    wrong = [index for index in start.indices if not 0 <= index < len(dataset)]
    if wrong:
        raise UserError(
            "No such image",
            f"{dataset.name} has no image {wrong[0]}.",
            f"Choose one from 0 to {len(dataset) - 1}.",
        )
    return network.normalize(np.asarray(dataset.images(list(start.indices))))


def start_to_json(start: Start) -> dict[str, Any]:
    """Give a JSON object from which `start_from_json` makes the same start again."""
    match start:
        case NoiseStart(seed, contrast, count):
            return {"kind": "noise", "seed": seed, "contrast": contrast, "count": count}
        case DatasetStart(dataset, indices):
            return {"kind": "dataset", "dataset": dataset, "indices": list(indices)}
        case PictureStart(content, name):
            return {"kind": "picture", "name": name, "content": base64.b64encode(content).decode()}


def start_from_json(content: dict[str, Any]) -> Start:
    """Read what `start_to_json` gave; raises `UserError` where it cannot be understood."""
    try:
        match content["kind"]:
            case "noise":
                return NoiseStart(int(content["seed"]), float(content["contrast"]), int(content["count"]))
            case "dataset":
                return DatasetStart(str(content["dataset"]), tuple(int(index) for index in content["indices"]))
            case "picture":
                return PictureStart(base64.b64decode(content["content"]), str(content["name"]))
    except (KeyError, TypeError, ValueError):
        pass
    raise UserError(
        "The start cannot be read", "The settings name no start that Filterscope knows.", "Choose a start by hand."
    )
