"""Networks by name: the 32-px ResNet-18 and VGG-16 of the paper, and every classifier of torchvision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from backend.errors import UserError

TORCHVISION = "torchvision/"
"""Prefix of an architecture that torchvision builds."""

AUXILIARY_HEADS = ("aux1.", "aux2.", "AuxLogits.")
"""Tensors of the training-only heads of GoogLeNet and Inception v3, which are never built here."""

_FILLERS = ("normal_", "uniform_", "fill_", "zero_", "clamp_", "mul_", "add_", "erfinv_")
_VGG16 = (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M")


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut, named as in torchvision, at any width."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        # In place, the activation would overwrite the batch norm's output that a hook has just been given.
        self.relu = nn.ReLU(inplace=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        identity = x if self.downsample is None else self.downsample(x)
        result: Tensor = self.relu(out + identity)
        return result


class ResNet18(nn.Module):
    """ResNet-18 for small images: a 3×3 stride-1 stem and no max-pool (the paper's network on 32-px images).

    Parameters
    ----------
    classes : int
    width : int, default 64
        Filters of the first stage; the four stages have 1, 2, 4 and 8 times as many.
    in_channels : int, default 3
    """

    def __init__(self, classes: int, width: int = 64, in_channels: int = 3) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=False)
        self.layer1 = _stage(width, width, 1)
        self.layer2 = _stage(width, 2 * width, 2)
        self.layer3 = _stage(2 * width, 4 * width, 2)
        self.layer4 = _stage(4 * width, 8 * width, 2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(8 * width, classes)
        _initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        logits: Tensor = self.fc(torch.flatten(self.avgpool(x), 1))
        return logits


class VGG16(nn.Module):
    """VGG-16 with batch norm for small images: torchvision's `features`, a global average and one linear layer.

    Parameters
    ----------
    classes : int
    width : int, default 64
        Filters of the first stage; the five stages have 1, 2, 4, 8 and 8 times as many.
    in_channels : int, default 3
    """

    def __init__(self, classes: int, width: int = 64, in_channels: int = 3) -> None:
        super().__init__()
        self.features = _vgg_features(width, in_channels)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.classifier = nn.Linear(8 * width, classes)
        _initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))
        return logits


def _stage(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(BasicBlock(inputs, outputs, stride), BasicBlock(outputs, outputs, 1))


def _vgg_features(width: int, in_channels: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    inputs = in_channels
    for entry in _VGG16:
        if isinstance(entry, str):
            layers.append(nn.MaxPool2d(2, 2))
            continue
        outputs = entry * width // 64
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=False)]
        inputs = outputs
    return nn.Sequential(*layers)


def _initialise(module: nn.Module) -> None:
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
            if part.bias is not None:
                nn.init.zeros_(part.bias)


OWN_ARCHITECTURES: Mapping[str, type[ResNet18] | type[VGG16]] = {"resnet18-cifar": ResNet18, "vgg16-bn-cifar": VGG16}


def torchvision_names() -> tuple[str, ...]:
    """Name torchvision's classifiers ("alexnet", ..., "wide_resnet50_2"); imports torchvision, which takes seconds."""
    from torchvision import models

    return tuple(models.list_models(module=models))


def build(architecture: str, classes: int, input_size: tuple[int, int], arguments: Mapping[str, Any]) -> nn.Module:
    """Build a network with fresh weights.

    Parameters
    ----------
    architecture : str
        "resnet18-cifar", "vgg16-bn-cifar" or "torchvision/<name>".
    classes : int
        Number of logits.
    input_size : (int, int)
        Height and width in pixels; only vision transformers depend on it.
    arguments : mapping
        `in_channels`; `width` for the architectures of this module; anything torchvision's builder takes.

    Raises
    ------
    UserError
        Where the name is unknown or the architecture does not take an argument.
    """
    own = OWN_ARCHITECTURES.get(architecture)
    try:
        if own is not None:
            return own(classes, **arguments)
        if architecture.startswith(TORCHVISION):
            return _build_torchvision(architecture.removeprefix(TORCHVISION), classes, input_size, dict(arguments))
    except (TypeError, ValueError, ZeroDivisionError, AssertionError) as error:
        given = ", ".join(f"{name}={value!r}" for name, value in arguments.items()) or "none"
        raise UserError(
            "The network cannot be built",
            f"{architecture} does not take these arguments ({given}): {error}.",
            "Correct “arguments” in the card.",
        ) from error
    raise _unknown(architecture, [*OWN_ARCHITECTURES, TORCHVISION + "<name>"])


class WithoutWeights(TorchFunctionMode):
    """Within this context `build` costs neither memory nor random numbers: parameters are on the meta device.

    `torch.device("meta")` would do the same to every tensor, but torchvision's RegNets read some while they are built.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.empty:
            kwargs["device"] = "meta"
        target = args[0] if args else kwargs.get("tensor")
        if isinstance(target, Tensor) and target.is_meta and getattr(func, "__name__", "") in _FILLERS:
            # On the meta device these do nothing, but the first one imports torch._dynamo for it (1.4 s).
            return target
        return func(*args, **kwargs)


def _build_torchvision(name: str, classes: int, input_size: tuple[int, int], arguments: dict[str, Any]) -> nn.Module:
    from torchvision import models

    if name not in torchvision_names():
        raise _unknown(TORCHVISION + name, [TORCHVISION + known for known in torchvision_names()])
    in_channels = arguments.pop("in_channels", 3)
    if name in ("googlenet", "inception_v3"):
        arguments = {"init_weights": False, "aux_logits": False, **arguments}
    if name.startswith("vit_"):
        arguments = {"image_size": input_size[0], **arguments}
    if name == "maxvit_t":
        arguments = {"input_size": input_size, **arguments}
    module: nn.Module = models.get_model(name, weights=None, num_classes=classes, **arguments)
    for part in module.modules():
        # For the same reason as in `BasicBlock`.
        if getattr(part, "inplace", None) is True:
            part.inplace = False  # type: ignore[assignment]
    if in_channels != 3:
        _replace_stem(module, in_channels)
    return module


def _replace_stem(module: nn.Module, in_channels: int) -> None:
    name, stem = next((name, part) for name, part in module.named_modules() if isinstance(part, nn.Conv2d))
    replacement = nn.Conv2d(
        in_channels,
        stem.out_channels,
        stem.kernel_size,  # type: ignore[arg-type]
        stem.stride,  # type: ignore[arg-type]
        stem.padding,  # type: ignore[arg-type]
        bias=stem.bias is not None,
    )
    owner, _, attribute = name.rpartition(".")
    setattr(module.get_submodule(owner), attribute, replacement)


def _unknown(architecture: str, known: list[str]) -> UserError:
    return UserError(
        "The architecture is not known",
        f"There is no architecture called “{architecture}”.",
        f"Known are: {', '.join(known)}.",
    )
