"""The JSON card beside a network's weights. Torch-free, so that the window can show a card before torch wakes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from backend.errors import UserError

LOGITS = "logits"
"""Name of the last entry of every layer list: the network's own output."""


@dataclass(frozen=True)
class LayerInfo:
    """One named module of a network, as one forward of a blank image showed it.

    Attributes
    ----------
    name : str
        Dotted module name, `layer4.1.conv2`; the network's output is `logits`.
    kind : str
        Class of the module: "Conv2d", "BasicBlock", ...
    shape : tuple of int
        Output shape without the batch: (channels, height, width) or (features,).
    parameters : int
        Number of weights in the module, its children included.
    calls : int
        How often one forward calls the module; the last call is the one that is looked at.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    calls: int = 1

    @property
    def channels(self) -> int:
        return self.shape[0] if self.shape else 0

    @property
    def has_space(self) -> bool:
        return len(self.shape) == 3


@dataclass(frozen=True)
class NetworkCard:
    """What is known of a network without its weights.

    Attributes
    ----------
    name : str
        First part of every unit address.
    architecture : str
        A name of `backend.analysis.weights.architectures`: "resnet18-cifar", "torchvision/resnet18", ...
    arguments : mapping
        Keyword arguments of the architecture, such as `width`.
    classes : tuple of str
    input_size : (int, int)
        Height and width in pixels.
    mean, std : tuple of float
        One a channel, for inputs scaled to 0..1; their length is the number of input channels.
    data, recipe, reproduce : str
        What it was trained on, how, and the command that makes it again.
    seed : int or None
    test_accuracy : float or None
        Share in 0..1.
    weights_digest : str
        SHA-256 of the weights, in hex; empty until the weights were read once.
    layers : tuple of LayerInfo
    source : str
        What `load_network` was or will be given to open it.
    """

    name: str
    architecture: str
    classes: tuple[str, ...]
    input_size: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    arguments: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    data: str = ""
    recipe: str = ""
    reproduce: str = ""
    seed: int | None = None
    test_accuracy: float | None = None
    weights_digest: str = ""
    layers: tuple[LayerInfo, ...] = ()
    source: str = ""

    def layer(self, name: str) -> LayerInfo:
        """Return the layer called `name`; `UserError` where there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise UserError(
            "No such layer",
            f"{self.name} has no layer called “{name}”.",
            "Choose one of the layers in the model browser.",
        )


REQUIRED_KEYS = ("architecture", "classes", "input_size", "mean", "std")


def read_card(path: Path) -> NetworkCard:
    """Read and check a JSON card.

    Raises
    ------
    UserError
        Where the file is missing, is no JSON, or lacks a key; the sentence names it.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError("The card cannot be read", f"{path}: {error.strerror}.", "Check the path.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(
            "The card is no JSON",
            f"{path.name}: {error}.",
            "Restore the card, or open the weights with a named architecture.",
        ) from error
    return card_from_json(content, path)


def card_from_json(content: object, path: Path) -> NetworkCard:
    """Make a card of parsed JSON; `path` gives the default name and stands in messages."""
    if not isinstance(content, dict):
        raise UserError("The card is not complete", f"{path.name} holds no JSON object.", "Restore the card.")
    missing = [key for key in REQUIRED_KEYS if key not in content]
    if missing:
        raise UserError(
            "The card is not complete",
            f"{path.name} has no “{missing[0]}”.",
            f"Add “{missing[0]}” to the card; the README lists every key.",
        )
    try:
        return _card(content, path)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise UserError(
            "The card cannot be understood",
            f"{path.name}: {type(error).__name__}: {error}.",
            "Compare it with a shipped card.",
        ) from error


def _card(content: Mapping[str, Any], path: Path) -> NetworkCard:
    arguments = dict(content.get("arguments", {}))
    # A plain training script writes `width` at the top; ours nests it.
    if "width" in content:
        arguments.setdefault("width", content["width"])
    height, width = content["input_size"]
    return NetworkCard(
        name=str(content.get("name", path.stem)),
        architecture=str(content["architecture"]),
        arguments=MappingProxyType(arguments),
        classes=tuple(str(name) for name in content["classes"]),
        input_size=(int(height), int(width)),
        mean=tuple(float(value) for value in content["mean"]),
        std=tuple(float(value) for value in content["std"]),
        data=str(content.get("data", "")),
        recipe=str(content.get("recipe", "")),
        reproduce=str(content.get("reproduce", "")),
        seed=content.get("seed"),
        test_accuracy=content.get("test_accuracy"),
        weights_digest=str(content.get("weights_digest", "")),
        layers=tuple(_layer(entry) for entry in content.get("layers", ())),
        source=str(path),
    )


def _layer(entry: Mapping[str, Any]) -> LayerInfo:
    shape = tuple(int(side) for side in entry["shape"])
    return LayerInfo(
        str(entry["name"]), str(entry["kind"]), shape, int(entry["parameters"]), int(entry.get("calls", 1))
    )


def card_to_json(card: NetworkCard) -> dict[str, Any]:
    """Give the JSON object that `card_from_json` reads back."""
    # asdict() cannot copy a mapping proxy, so `arguments` is put in by hand.
    names = [name for name in card.__dataclass_fields__ if name not in ("arguments", "source", "layers")]
    content = {name: getattr(card, name) for name in names}
    return {**content, "arguments": dict(card.arguments), "layers": [asdict(layer) for layer in card.layers]}
