"""Random transforms of the input and of its gradient (paper sec. 2.4, fig. 7)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from backend.analysis.maximization.maximization_settings import MaximizationSettings


def transform_input(
    canvas: Tensor, size: tuple[int, int], settings: MaximizationSettings, rng: torch.Generator
) -> Tensor:
    """Cut the network's input out of the canvas: shifted, scaled and rotated at random, the same for the whole batch.

    Parameters
    ----------
    canvas : Tensor
        (images, channels, canvas height, canvas width), at least as large as `size`.
    size : (int, int)
        Height and width that the network takes.
    settings : MaximizationSettings
        `jitter`, `scale` and `rotate` are used.
    rng : torch.Generator
        On the CPU, so that the numbers do not depend on the device.

    Returns
    -------
    Tensor
        (images, channels, *size), differentiable. A shift beyond the canvas wraps around: no black border moves in.
    """
    down = _whole(settings.jitter * size[0], rng)
    right = _whole(settings.jitter * size[1], rng)
    if settings.scale == 0 and settings.rotate == 0:
        return _cut(canvas, size, down, right)
    factor = 1 + _uniform(settings.scale, rng)
    angle = _uniform(settings.rotate, rng)
    return _sample(canvas, size, shift=(down, right), factor=factor, degrees=angle)


def transform_gradient(gradient: Tensor, settings: MaximizationSettings, rng: torch.Generator) -> Tensor:
    """Blur, translate and rotate a gradient slightly and at random, as the paper does for fig. 7.

    Parameters
    ----------
    gradient : Tensor
        (images, channels, height, width).
    settings : MaximizationSettings
        `gradient_blur`, `gradient_translate` and `gradient_rotate` are the largest amounts.
    rng : torch.Generator

    Returns
    -------
    Tensor
        Same shape; `gradient` itself where all three are 0.
    """
    height, width = gradient.shape[-2:]
    if settings.gradient_blur > 0:
        sigma = abs(_uniform(settings.gradient_blur, rng)) * width
        gradient = blur(gradient, sigma)
    if settings.gradient_translate > 0 or settings.gradient_rotate > 0:
        shift = (
            _uniform(settings.gradient_translate, rng) * height,
            _uniform(settings.gradient_translate, rng) * width,
        )
        angle = _uniform(settings.gradient_rotate, rng)
        gradient = _sample(gradient, (height, width), shift=shift, factor=1.0, degrees=angle, padding="zeros")
    return gradient


def blur(images: Tensor, sigma: float) -> Tensor:
    """Blur (images, channels, height, width) with a Gaussian of deviation `sigma` in pixels, borders mirrored."""
    radius = min(math.ceil(3 * sigma), *(side - 1 for side in images.shape[-2:]))
    if sigma < 0.05 or radius < 1:
        return images
    places = torch.arange(-radius, radius + 1, dtype=images.dtype, device=images.device)
    kernel = torch.exp(-0.5 * (places / sigma).square())
    kernel = kernel / kernel.sum()
    channels = images.shape[1]
    padded = F.pad(images, (radius,) * 4, mode="reflect")
    rows = F.conv2d(padded, kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)
    return F.conv2d(rows, kernel.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)


def _cut(canvas: Tensor, size: tuple[int, int], down: int, right: int) -> Tensor:
    top, left = ((side - wanted) // 2 for side, wanted in zip(canvas.shape[-2:], size, strict=True))
    rows, columns = canvas.shape[-2] - size[0] - top, canvas.shape[-1] - size[1] - left
    if not (-top <= down <= rows and -left <= right <= columns):
        canvas, down, right = canvas.roll((-down, -right), (2, 3)), 0, 0
    return canvas[:, :, top + down : top + down + size[0], left + right : left + right + size[1]]


def _sample(
    images: Tensor,
    size: tuple[int, int],
    *,
    shift: tuple[float, float],
    factor: float,
    degrees: float,
    padding: str = "reflection",
) -> Tensor:
    """Sample `size` pixels around the centre: rotated, enlarged by `factor`, moved by `shift` (down, right)."""
    height, width = images.shape[-2:]
    cos, sin = math.cos(math.radians(degrees)) / factor, math.sin(math.radians(degrees)) / factor
    # Affine grids run from −1 to 1 over each side, so every entry is rescaled by the ratio of the sides it joins.
    theta = images.new_tensor(
        [
            [cos * size[1] / width, -sin * size[0] / width, 2 * shift[1] / width],
            [sin * size[1] / height, cos * size[0] / height, 2 * shift[0] / height],
        ]
    )
    grid = F.affine_grid(theta.unsqueeze(0), [1, 1, *size], align_corners=False)
    # One grid serves all: to the sampler, the images of the batch are channels of one image, which is faster.
    planes = images.reshape(1, -1, height, width)
    sampled = F.grid_sample(planes, grid, mode="bilinear", padding_mode=padding, align_corners=False)
    return sampled.view(*images.shape[:2], *size)


def _uniform(largest: float, rng: torch.Generator) -> float:
    return (2 * torch.rand((), generator=rng).item() - 1) * largest if largest else 0.0


def _whole(largest: float, rng: torch.Generator) -> int:
    bound = round(largest)
    return int(torch.randint(-bound, bound + 1, (), generator=rng).item()) if bound else 0
