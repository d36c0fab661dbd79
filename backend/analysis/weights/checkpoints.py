"""Weights in files: read without running code, checked tensor by tensor, put into a network."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from backend.analysis.weights.architectures import AUXILIARY_HEADS
from backend.errors import UserError

PICKLE_SUFFIXES = (".pt", ".pth", ".ckpt", ".tar")
WEIGHT_SUFFIXES = (".safetensors", *PICKLE_SUFFIXES)

# Where training scripts put the state dict within what they save, and what wrappers put before each name.
_WRAPPERS = ("state_dict", "model_state_dict", "model", "network", "net", "weights")
_PREFIXES = ("module.", "_orig_mod.", "model.", "network.", "net.")


def read_weights(path: Path, content: bytes) -> dict[str, Tensor]:
    """Read a state dict.

    Parameters
    ----------
    path : Path
        Its suffix says the format: `.safetensors`, or PyTorch's (`.pt`, `.pth`, `.ckpt`, `.pth.tar`).
    content : bytes
        The file as it was read; parsed from memory, so that nothing depends on the file afterwards.

    Returns
    -------
    dict of str to Tensor
        Floating-point tensors as float32 on the CPU; wrappers such as `state_dict` and prefixes such as `module.`
        are taken away.

    Raises
    ------
    UserError
        Where the file is cut off or damaged, holds anything but plain weights, or would run code when opened.
    """
    parsed = _parse_safetensors(path, content) if path.suffix == ".safetensors" else _parse_pickle(path, content)
    state = _plain_names(_unwrap(parsed))
    if not state:
        raise UserError(
            "No weights in the file",
            f"{path.name} holds no state dict (a mapping of names to tensors).",
            "Save it with torch.save(model.state_dict(), path).",
        )
    # The copy frees float32 tensors of the buffer they were parsed from.
    return {name: _widened(tensor) for name, tensor in state.items()}


def put_weights(module: nn.Module, state: Mapping[str, Tensor], source: str) -> None:
    """Give `module` (built within `WithoutWeights`) the tensors of `state`; `source` stands in messages.

    Batch norm's `num_batches_tracked` may be missing, and heads that only training uses are left out.

    Raises
    ------
    UserError
        Names the first tensor that is missing, misshapen or too many, and both shapes.
    """
    wanted = module.state_dict()
    for name, tensor in wanted.items():
        if name.endswith("num_batches_tracked") and name not in state:
            continue
        if name not in state:
            raise _misfit(f"The network has “{name}” {_shape(tensor)}, but {source} has no such tensor.")
        if state[name].shape != tensor.shape:
            raise _misfit(f"“{name}” is {_shape(state[name])} in {source}, but {_shape(tensor)} in the network.")
    surplus = [name for name in state if name not in wanted and not name.startswith(AUXILIARY_HEADS)]
    if surplus:
        raise _misfit(f"{source} has “{surplus[0]}” {_shape(state[surplus[0]])}, but the network has no such tensor.")
    module.load_state_dict({name: state[name] for name in wanted if name in state}, strict=False, assign=True)


def _parse_safetensors(path: Path, content: bytes) -> object:
    try:
        return safetensors.torch.load(content)
    except Exception as error:
        # Damaged bytes can raise anything: SafetensorError, KeyError, UnicodeDecodeError, RuntimeError.
        raise _damaged(path, error) from error


def _parse_pickle(path: Path, content: bytes) -> object:
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(
            "The file was not opened",
            f"{path.name} holds more than weights (opening it would run code that it brings along), or is damaged.",
            "Save the weights alone: torch.save(model.state_dict(), path), or as safetensors.",
        ) from error
    except Exception as error:
        raise _damaged(path, error) from error


def _unwrap(parsed: object) -> Mapping[str, Any]:
    while isinstance(parsed, Mapping):
        inner = next((parsed[key] for key in _WRAPPERS if isinstance(parsed.get(key), Mapping)), None)
        if inner is None:
            return {name: value for name, value in parsed.items() if isinstance(value, Tensor)}
        parsed = inner
    return {}


def _plain_names(state: Mapping[str, Any]) -> dict[str, Tensor]:
    names = {name: str(name) for name in state}
    prefix = next((p for p in _PREFIXES if names and all(name.startswith(p) for name in names.values())), None)
    while prefix is not None:
        names = {name: plain.removeprefix(prefix) for name, plain in names.items()}
        prefix = next((p for p in _PREFIXES if all(name.startswith(p) for name in names.values())), None)
    if "linear.weight" in names.values() and "layer4.0.shortcut.0.weight" in names.values():
        # The widespread CIFAR ResNets that call torchvision's `downsample` and `fc` otherwise.
        names = {
            name: plain.replace(".shortcut.", ".downsample.").replace("linear.", "fc.") for name, plain in names.items()
        }
    return {names[name]: tensor for name, tensor in state.items()}


def _widened(tensor: Tensor) -> Tensor:
    tensor = tensor.detach()
    return tensor.to(torch.float32, copy=True) if tensor.is_floating_point() else tensor.clone()


def _shape(tensor: Tensor) -> str:
    return "(" + ", ".join(str(side) for side in tensor.shape) + ")"


def _misfit(happened: str) -> UserError:
    return UserError(
        "The weights do not fit the network",
        happened,
        "Name the architecture and classes these weights were trained with.",
    )


def _damaged(path: Path, error: Exception) -> UserError:
    detail = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return UserError(
        "The weights are damaged",
        f"{path.name} is cut off or is no weights file: {detail}.",
        "Copy or download it again.",
    )
