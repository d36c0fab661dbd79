"""What an optimisation changes: the pixels of an image, or its spectrum in decorrelated colour (beyond the paper)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from backend.analysis.maximization.maximization_settings import MaximizationSettings

# Principal axes of the pixels of 10,000 training images of CIFAR-10, each as long as its standard deviation, scaled so
# that the longest row has length 1: grey, then red against blue, then green against magenta.
COLOUR_AXES = (
    (0.888, 0.304, 0.088),
    (0.917, 0.023, -0.163),
    (0.949, -0.307, 0.075),
)


class Canvas:
    """Parameters, and the image that they make.

    Parameters
    ----------
    images : Tensor
        (images, channels, height, width), normalised: the centre that the canvas starts from.
    settings : MaximizationSettings
        `parametrization`, `decorrelate_colour` and `margin` are used.
    value_range : (Tensor, Tensor)
        Lowest and highest normalised value, each (1, channels, 1, 1).

    Attributes
    ----------
    parameters : Tensor
        What the optimiser changes.
    size : (int, int)
        Height and width of the centre.
    """

    def __init__(self, images: Tensor, settings: MaximizationSettings, value_range: tuple[Tensor, Tensor]) -> None:
        self.size = (images.shape[-2], images.shape[-1])
        self._low, high = value_range
        self._span = high - self._low
        self._fourier = settings.parametrization == "fourier"
        whole = _with_margin(images, settings.margin)
        self._shape = (whole.shape[-2], whole.shape[-1])
        mixing = _colour_mixing(whole, settings.decorrelate_colour)
        self._mixing, self._unmixing = mixing, None if mixing is None else torch.linalg.inv(mixing)
        if self._fourier:
            self._weights = _spectrum_weights(self._shape, whole.device)
        self.parameters = self._parameters_of(whole)

    def image(self) -> Tensor:
        """Give the whole canvas, normalised; differentiable where the parameters require a gradient."""
        values = self.parameters
        if self._fourier:
            values = torch.fft.irfft2(torch.view_as_complex(values) * self._weights, s=self._shape, norm="ortho")
        values = _mix(values, self._mixing)
        return values.sigmoid() * self._span + self._low if self._fourier else values

    def centre(self) -> Tensor:
        """Give what is shown: the centre of the canvas, (images, channels, *size), without a gradient."""
        with torch.no_grad():
            return centre(self.image(), self.size).contiguous()

    def clip(self) -> None:
        """Move pixels back into the valid range. A spectrum cannot leave it."""
        if not self._fourier:
            with torch.no_grad():
                pixels = self.image().clamp(self._low, self._low + self._span)
                self.parameters = _mix(pixels, self._unmixing).contiguous(memory_format=torch.channels_last)

    def _parameters_of(self, whole: Tensor) -> Tensor:
        if not self._fourier:
            # In the memory order of the network, so that no step has to convert it.
            return _mix(whole, self._unmixing).clone(memory_format=torch.channels_last)
        unit = ((whole - self._low) / self._span).clamp(0.004, 0.996)
        spectrum = torch.fft.rfft2(_mix(unit.logit(), self._unmixing), norm="ortho") / self._weights
        return torch.view_as_real(spectrum).contiguous()


def centre(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Cut the centre of `size` (height, width) out of (..., height, width)."""
    top, left = (images.shape[-2] - size[0]) // 2, (images.shape[-1] - size[1]) // 2
    return images[..., top : top + size[0], left : left + size[1]]


def _with_margin(images: Tensor, margin: float) -> Tensor:
    """Continue the images beyond their borders by mirroring, half the margin to every side."""
    down, right = (min(round(margin * side / 2), side - 1) for side in images.shape[-2:])
    return F.pad(images, (right, right, down, down), mode="reflect") if down or right else images


def _colour_mixing(images: Tensor, decorrelate: bool) -> Tensor | None:
    return images.new_tensor(COLOUR_AXES) if decorrelate and images.shape[1] == 3 else None


def _mix(values: Tensor, matrix: Tensor | None) -> Tensor:
    return values if matrix is None else (matrix @ values.flatten(2)).view_as(values)


def _spectrum_weights(shape: tuple[int, int], device: torch.device) -> Tensor:
    """1/f weights: natural images have the same energy in every octave, so every octave learns equally fast."""
    rows = torch.fft.fftfreq(shape[0], device=device).unsqueeze(1)
    columns = torch.fft.rfftfreq(shape[1], device=device)
    frequency = (rows.square() + columns.square()).sqrt()
    weights: Tensor = 4 / (frequency.clamp_min(1 / max(shape)) * math.sqrt(shape[0] * shape[1]))
    return weights
