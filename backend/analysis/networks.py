"""Open and save networks: a file of weights and the card that explains it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import safetensors.torch
import torch
from torch import Tensor, nn

from backend.analysis.cards import NetworkCard, card_to_json, read_card
from backend.analysis.events import Progress
from backend.analysis.network import Network, called_layers
from backend.analysis.weights.architecture_guess import Guess, guess_architecture
from backend.analysis.weights.architectures import TORCHVISION, WithoutWeights, build
from backend.analysis.weights.checkpoints import PICKLE_SUFFIXES, WEIGHT_SUFFIXES, put_weights, read_weights
from backend.analysis.weights.published_weights import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    download_published_weights,
    find_published_weights,
    published_network_card,
    published_weights_path,
)
from backend.analysis.weights.shipped import shipped_card_path, shipped_networks
from backend.atomic_write import replacing
from backend.errors import UserError

__all__ = ["Network", "load_network", "prepare_weights", "save_network"]

CIFAR_MEAN, CIFAR_STD = (0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)


def load_network(
    source: str | Path,
    device: str | torch.device = "cpu",
    *,
    architecture: str | None = None,
    classes: Sequence[str] | None = None,
    card: NetworkCard | None = None,
) -> Network:
    """Open a network.

    Parameters
    ----------
    source : str or Path
        A shipped name ("cifar10-resnet18"), a card (`.json`), weights (`.safetensors`, `.pt`, `.pth`, `.ckpt`) with or
        without a card of the same name beside them, or "torchvision/<name>" once its weights were downloaded.
    device : str or torch.device, default "cpu"
    architecture, classes : optional
        What is known of weights without a card; the rest is guessed, and `Network.remark` says what.
    card : NetworkCard, optional
        A card to use in place of the one beside the weights: a guess that the user has mended.

    Raises
    ------
    UserError
        Where the source is unknown, damaged, would run code, does not fit its card, or has no convolution.
    """
    name = str(source)
    if name in shipped_networks():
        path, found = _card_and_weights(shipped_card_path(name))
    elif name.startswith(TORCHVISION):
        path, found = published_weights_path(name), published_network_card(name)
    else:
        path, found = _card_and_weights(Path(source).expanduser())
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(
            "The weights cannot be read",
            f"{path}: {error.strerror}.",
            "Put the weights beside the card, under the same name.",
        ) from error
    state = read_weights(path, content)
    remark = ""
    card = card or (found if architecture is None and classes is None else None)
    if card is None:
        guess = guess_architecture(state, architecture)
        card, remark = _card_of_guess(guess, path.stem, classes), guess.sentence
    card = replace(card, weights_digest=hashlib.sha256(content).hexdigest(), source=name)
    return Network(_filled(card, state, path.name), card, device, remark)


def prepare_weights(source: str | Path) -> Generator[Progress, None, None]:
    """Download what `load_network(source)` will need: published weights of torchvision that are not here yet.

    Yields
    ------
    Progress
        In "MB"; nothing where there is nothing to download.

    Raises
    ------
    UserError
        As `download_published_weights`.
    """
    name = str(source)
    if name.startswith(TORCHVISION) and find_published_weights(name) is None:
        yield from download_published_weights(name)


def save_network(network: Network | nn.Module, card: NetworkCard, path: str | Path, half: bool = True) -> NetworkCard:
    """Write `<path>.safetensors` and `<path>.json`, each at once or not at all.

    Parameters
    ----------
    network : Network or nn.Module
    card : NetworkCard
        Layers and digest are filled in.
    path : str or Path
        With or without one of the two suffixes.
    half : bool, default True
        Weights as float16; a tensor with values beyond its range stays float32.

    Returns
    -------
    NetworkCard
        As written.
    """
    module = (network.module if isinstance(network, Network) else network).eval()
    path = Path(path)
    path = path.with_suffix("") if path.suffix in (".json", ".safetensors") else path
    state = {
        name: _narrowed(tensor) if half else tensor.detach().cpu().contiguous()
        for name, tensor in module.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    weights = safetensors.torch.save(state)
    device = next(module.parameters()).device
    layers = called_layers(module, card, device)
    digest = hashlib.sha256(weights).hexdigest()
    card = replace(card, layers=layers, weights_digest=digest, source=f"{path}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(Path(f"{path}.safetensors")) as file:
        file.write(weights)
    text = json.dumps(card_to_json(card), indent=1, ensure_ascii=False) + "\n"
    with replacing(Path(f"{path}.json")) as file:
        file.write(text.encode())
    return card


def _card_and_weights(path: Path) -> tuple[Path, NetworkCard | None]:
    if path.suffix == ".json":
        card = read_card(path)
        candidates = [path.with_suffix(suffix) for suffix in WEIGHT_SUFFIXES]
        return next((place for place in candidates if place.exists()), candidates[0]), card
    if path.suffix != ".safetensors" and path.suffix not in PICKLE_SUFFIXES:
        raise UserError(
            "No such network",
            f"“{path}” is neither a shipped network nor a card, weights or checkpoint file.",
            f"Shipped are {', '.join(shipped_networks())}; files end in .json, {', '.join(WEIGHT_SUFFIXES)}.",
        )
    beside = path.with_suffix(".json")
    return path, read_card(beside) if beside.exists() else None


def _card_of_guess(guess: Guess, name: str, classes: Sequence[str] | None) -> NetworkCard:
    published = guess.architecture.startswith(TORCHVISION)
    names = tuple(classes or ())
    if published and guess.classes == 1000 and not names:
        names = published_network_card(guess.architecture).classes
    mean, std = (IMAGENET_MEAN, IMAGENET_STD) if published else (CIFAR_MEAN, CIFAR_STD)
    channels = range(guess.arguments.get("in_channels", 3))
    return NetworkCard(
        name=name,
        architecture=guess.architecture,
        arguments=MappingProxyType(guess.arguments),
        classes=names or tuple(f"class {index}" for index in range(guess.classes)),
        input_size=guess.input_size,
        mean=tuple(mean[channel % 3] for channel in channels),
        std=tuple(std[channel % 3] for channel in channels),
    )


def _filled(card: NetworkCard, state: dict[str, Tensor], source: str) -> nn.Module:
    arguments = dict(card.arguments)
    if len(card.mean) != 3:
        arguments.setdefault("in_channels", len(card.mean))
    with WithoutWeights():
        module = build(card.architecture, len(card.classes), card.input_size, arguments)
    put_weights(module, state, source)
    return module


def _narrowed(tensor: Tensor) -> Tensor:
    tensor = tensor.detach().cpu().contiguous()
    if not tensor.is_floating_point():
        return tensor
    half = tensor.to(torch.float16)
    return half if torch.equal(half.isfinite(), tensor.isfinite()) else tensor
