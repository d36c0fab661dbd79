"""Which network a bare state dict belongs to, from the names and shapes of its tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor, nn

from backend.analysis.weights.architectures import (
    AUXILIARY_HEADS,
    OWN_ARCHITECTURES,
    TORCHVISION,
    WithoutWeights,
    build,
    torchvision_names,
)
from backend.errors import UserError

# A tensor that only some families of torchvision have, and how the names in those families begin.
# Building all eighty networks would take five seconds.
_FAMILIES = (
    ("layer1.0.conv1.weight", ("resnet", "resnext", "wide_resnet")),
    ("features.conv0.weight", ("densenet",)),
    ("features.0.0.weight", ("convnext", "efficientnet", "mobilenet", "swin")),
    ("features.0.weight", ("alexnet", "squeezenet", "vgg")),
    ("conv1.conv.weight", ("googlenet",)),
    ("conv1.0.weight", ("shufflenet",)),
    ("Conv2d_1a_3x3.conv.weight", ("inception",)),
    ("stem.0.0.weight", ("maxvit",)),
    ("stem.0.weight", ("regnet",)),
    ("layers.0.weight", ("mnasnet",)),
    ("conv_proj.weight", ("vit",)),
)
_PROBE_CLASSES = 1000


class Guess(NamedTuple):
    """An architecture that fits a state dict.

    Attributes
    ----------
    architecture : str
    arguments : dict
    classes : int
    input_size : (int, int)
        Height and width in pixels; the tensors rarely tell, so this is the size usual for the architecture.
    sentence : str
        What was guessed, and from what, for the user to confirm.
    """

    architecture: str
    arguments: dict[str, Any]
    classes: int
    input_size: tuple[int, int]
    sentence: str


def guess_architecture(state: Mapping[str, Tensor], architecture: str | None = None) -> Guess:
    """Find the architecture, its arguments and the number of classes of a state dict.

    Parameters
    ----------
    state : mapping of str to Tensor
        As `checkpoints.read_weights` gives it.
    architecture : str, optional
        A name that is already known; only the rest is found. It need not fit: `put_weights` says where it does not.

    Raises
    ------
    UserError
        Where there is no convolution, or nothing known fits.
    """
    if not any(tensor.ndim == 4 for tensor in state.values()):
        raise no_convolution("The file")
    if architecture is None:
        guess = _guess_own(state) or _guess_torchvision(state)
        if guess is None:
            raise UserError(
                "The architecture was not recognised",
                f"No known network has the {len(state)} tensors of this file (the first is “{next(iter(state))}”).",
                "Name the architecture, or write a card beside the weights.",
            )
        return guess
    if architecture in OWN_ARCHITECTURES:
        return _own(architecture, state)
    if architecture.startswith(TORCHVISION):
        return _fit_torchvision(architecture, state) or _described(architecture, {}, _PROBE_CLASSES)
    return _described(architecture, {}, 1)


def no_convolution(what: str) -> UserError:
    return UserError(
        "No convolutions",
        f"{what} holds no two-dimensional convolution, so there are no filters to look at.",
        "Open a convolutional network.",
    )


def _guess_own(state: Mapping[str, Tensor]) -> Guess | None:
    return next((guess for name in OWN_ARCHITECTURES if _fits(guess := _own(name, state), state)), None)


def _own(architecture: str, state: Mapping[str, Tensor]) -> Guess:
    stem_name, head_name = ("conv1", "fc") if architecture == "resnet18-cifar" else ("features.0", "classifier")
    stem, head = state.get(f"{stem_name}.weight"), state.get(f"{head_name}.weight")
    arguments: dict[str, Any] = {}
    if stem is not None and stem.ndim == 4:
        arguments["width"] = stem.shape[0]
        if stem.shape[1] != 3:
            arguments["in_channels"] = stem.shape[1]
    return _described(architecture, arguments, head.shape[0] if head is not None and head.ndim else 1)


def _guess_torchvision(state: Mapping[str, Tensor]) -> Guess | None:
    families = next((families for key, families in _FAMILIES if key in state), ())
    candidates = (TORCHVISION + name for name in torchvision_names() if name.startswith(families)) if families else ()
    for candidate in candidates:
        guess = _fit_torchvision(candidate, state)
        if guess is not None:
            return guess
    return None


def _fit_torchvision(architecture: str, state: Mapping[str, Tensor]) -> Guess | None:
    size = _input_size(architecture, state)
    try:
        probe = _probe(architecture, _PROBE_CLASSES, size, {})
    except UserError:
        if architecture.removeprefix(TORCHVISION) in torchvision_names():
            return None
        raise
    wanted = _shapes(probe.state_dict())
    given = _shapes(state)
    if wanted.keys() != given.keys():
        return None
    different = [name for name in wanted if wanted[name] != given[name]]
    heads = [
        name for name in different if wanted[name][:1] == (_PROBE_CLASSES,) and wanted[name][1:] == given[name][1:]
    ]
    rest = [name for name in different if name not in heads]
    arguments: dict[str, Any] = {}
    if rest and len(given[rest[0]]) == 4 and wanted[rest[0]][1] == 3:
        arguments["in_channels"] = given[rest[0]][1]
    guess = _described(architecture, arguments, given[heads[0]][0] if heads else _PROBE_CLASSES, size)
    return guess if _fits(guess, state) else None


def _input_size(architecture: str, state: Mapping[str, Tensor]) -> tuple[int, int]:
    position, patch = state.get("encoder.pos_embedding"), state.get("conv_proj.weight")
    if position is not None and patch is not None and position.ndim == 3 and patch.ndim == 4:
        # A class token, then one token a patch; the only architecture whose tensors tell the size.
        side = round((position.shape[1] - 1) ** 0.5) * patch.shape[-1]
        return side, side
    return _usual_size(architecture)


def _usual_size(architecture: str) -> tuple[int, int]:
    if architecture in OWN_ARCHITECTURES:
        return 32, 32
    return (299, 299) if architecture.endswith("inception_v3") else (224, 224)


def _fits(guess: Guess, state: Mapping[str, Tensor]) -> bool:
    try:
        probe = _probe(guess.architecture, guess.classes, guess.input_size, guess.arguments)
    except UserError:
        return False
    return _shapes(probe.state_dict()) == _shapes(state)


def _probe(architecture: str, classes: int, size: tuple[int, int], arguments: Mapping[str, Any]) -> nn.Module:
    with WithoutWeights():
        return build(architecture, classes, size, arguments)


def _shapes(state: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {
        name: tuple(tensor.shape)
        for name, tensor in state.items()
        if not name.endswith("num_batches_tracked") and not name.startswith(AUXILIARY_HEADS)
    }


def _described(
    architecture: str, arguments: dict[str, Any], classes: int, size: tuple[int, int] | None = None
) -> Guess:
    size = size or _usual_size(architecture)
    details = "".join(f", {name} {value}" for name, value in arguments.items())
    sentence = (
        f"From the names and shapes of its tensors this is {architecture}{details} with {classes} classes; "
        f"the input size of {size[0]}×{size[1]} px and the colour statistics are the usual ones for it."
    )
    return Guess(architecture, arguments, classes, size, sentence)
