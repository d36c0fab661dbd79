"""A trained network as everything else sees it: frozen weights, its card, and images in and out."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

from backend.analysis.capture import describe_layers
from backend.analysis.cards import LayerInfo, NetworkCard
from backend.analysis.weights.architecture_guess import no_convolution
from backend.errors import UserError

_LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601


class Network:
    """A classifier in eval mode, its weights frozen, in channels-last memory.

    Parameters
    ----------
    module : nn.Module
        Taken over and changed: eval mode, no gradients for the weights, moved to `device`.
    card : NetworkCard
        Its `layers` are filled in by one forward of a blank image.
    device : str or torch.device, default "cpu"
    remark : str, default ""
        What was guessed about the network, as a sentence for the user to confirm.

    Attributes
    ----------
    module, card, device, remark
    layers : tuple of LayerInfo
        In call order; the last one is `logits`.
    name, classes, input_size, in_channels, digest
        As the card says; the digest is that of the weights file.
    value_range : (Tensor, Tensor)
        Float32 (1, channels, 1, 1) each: black and white, normalised.

    Raises
    ------
    UserError
        Where there is no convolution, the device is not there, or the blank image does not pass.
    """

    def __init__(
        self, module: nn.Module, card: NetworkCard, device: str | torch.device = "cpu", remark: str = ""
    ) -> None:
        if not any(isinstance(part, nn.Conv2d) for part in module.modules()):
            raise no_convolution(card.name)
        self.module = module.eval().requires_grad_(False)
        self.remark = remark
        self.to(device)
        self.card = replace(card, layers=called_layers(self.module, card, self.device))

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        return self.card.layers

    @property
    def classes(self) -> tuple[str, ...]:
        return self.card.classes

    @property
    def input_size(self) -> tuple[int, int]:
        return self.card.input_size

    @property
    def in_channels(self) -> int:
        return len(self.card.mean)

    @property
    def digest(self) -> str:
        return self.card.weights_digest

    @property
    def value_range(self) -> tuple[Tensor, Tensor]:
        mean, std = self._statistics()
        return -mean / std, (1 - mean) / std

    def to(self, device: str | torch.device) -> Self:
        """Move the network to another device, in place."""
        try:
            self.device = torch.device(device)
            self.module.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        except (RuntimeError, AssertionError) as error:
            if isinstance(error, torch.OutOfMemoryError):
                raise
            raise UserError(
                "The device cannot be used", f"“{device}”: {str(error).splitlines()[0]}.", "Choose the CPU."
            ) from error
        return self

    def normalize(self, images: NDArray[np.uint8] | Tensor) -> Tensor:
        """Make the network's input of images.

        Parameters
        ----------
        images : uint8 (n, height, width, 3) or (height, width, 3)
            Of any size: scaled, antialiased, until they fill the input, and cropped to its centre.

        Returns
        -------
        Tensor
            Float32 (n, channels, height, width) on the network's device. One channel is the luminance; of more than
            three, channel i repeats channel i mod 3.
        """
        pixels = images if isinstance(images, Tensor) else torch.from_numpy(np.array(images, order="C"))
        pixels = pixels[None] if pixels.ndim == 3 else pixels
        if pixels.dtype != torch.uint8 or pixels.ndim != 4 or pixels.shape[-1] != 3:
            raise ValueError(f"images must be uint8 (n, height, width, 3), not {pixels.dtype} {tuple(pixels.shape)}")
        scaled = _fill(pixels.to(self.device).permute(0, 3, 1, 2).float() / 255, self.input_size)
        if self.in_channels == 1:
            scaled = (scaled * scaled.new_tensor(_LUMINANCE).view(1, 3, 1, 1)).sum(1, keepdim=True)
        elif self.in_channels != 3:
            scaled = scaled[:, [channel % 3 for channel in range(self.in_channels)]]
        mean, std = self._statistics()
        return ((scaled - mean) / std).contiguous(memory_format=torch.channels_last)

    def to_images(self, tensor: Tensor) -> NDArray[np.uint8]:
        """Turn normalised images back: uint8 (n, height, width, 3), rounded and clipped.

        Of one or two channels the first ones are repeated, of more than three the first three are shown.
        """
        mean, std = self._statistics()
        unit = torch.nan_to_num(tensor.detach().to(self.device) * std + mean)
        pixels = (unit * 255).round().clamp(0, 255).to(torch.uint8)
        shown = pixels[:, [channel % self.in_channels for channel in range(3)]]
        return shown.permute(0, 2, 3, 1).contiguous().cpu().numpy()

    def logits(self, tensor: Tensor) -> Tensor:
        """Run the whole network: float32 (n, channels, height, width), normalised, gives (n, classes)."""
        result: Tensor = self.module(tensor)
        return result

    def _statistics(self) -> tuple[Tensor, Tensor]:
        shape = (1, self.in_channels, 1, 1)
        mean = torch.tensor(self.card.mean, device=self.device).view(shape)
        return mean, torch.tensor(self.card.std, device=self.device).view(shape)


def called_layers(module: nn.Module, card: NetworkCard, device: torch.device) -> tuple[LayerInfo, ...]:
    """List the layers that one forward of a blank image calls; `UserError` where the image does not pass."""
    blank = torch.zeros(1, len(card.mean), *card.input_size, device=device)
    try:
        return describe_layers(module, blank.contiguous(memory_format=torch.channels_last))
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, AssertionError, ValueError) as error:
        height, width = card.input_size
        raise UserError(
            "The network refused a blank image",
            f"{card.architecture} does not take {len(card.mean)}×{height}×{width}: {str(error).splitlines()[0]}.",
            "Correct the card's input size, or its mean and std (one each a channel).",
        ) from error


def _fill(images: Tensor, size: tuple[int, int]) -> Tensor:
    height, width = images.shape[-2:]
    if (height, width) == size:
        return images
    scale = max(size[0] / height, size[1] / width)
    scaled = max(size[0], round(height * scale)), max(size[1], round(width * scale))
    images = interpolate(images, scaled, mode="bilinear", antialias=True, align_corners=False)
    top, left = (scaled[0] - size[0]) // 2, (scaled[1] - size[1]) // 2
    return images[..., top : top + size[0], left : left + size[1]]
