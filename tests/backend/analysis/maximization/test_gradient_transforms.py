"""Random transforms: what they do when written out, and that they know no direction."""

from __future__ import annotations

import math

import pytest
import torch

from backend.analysis.maximization.gradient_transforms import blur, transform_gradient, transform_input
from backend.analysis.maximization.maximization_settings import MaximizationSettings


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def ramp(height: int, width: int) -> torch.Tensor:
    return torch.arange(height * width, dtype=torch.float32).view(1, 1, height, width)


def test_that_without_movement_the_centre_of_the_canvas_is_the_input():
    canvas = ramp(12, 10)
    assert torch.equal(transform_input(canvas, (8, 6), MaximizationSettings(), rng()), canvas[:, :, 2:10, 2:8])


def test_that_jitter_shifts_to_every_side_equally_often():
    settings = MaximizationSettings(jitter=0.25)
    canvas = ramp(16, 16)
    generator = rng()
    corners = [int(transform_input(canvas, (8, 8), settings, generator)[0, 0, 0, 0]) for _ in range(400)]
    downs, rights = [corner // 16 - 4 for corner in corners], [corner % 16 - 4 for corner in corners]
    for shifts in (downs, rights):
        assert set(shifts) == {-2, -1, 0, 1, 2}
        assert abs(sum(shifts) / len(shifts)) < 0.25


def test_that_a_shift_beyond_the_canvas_wraps_and_brings_no_black_border():
    canvas = torch.ones(1, 3, 8, 8)
    settings = MaximizationSettings(jitter=0.5)
    generator = rng()
    for _ in range(20):
        assert transform_input(canvas, (8, 8), settings, generator).min() == 1


@pytest.mark.parametrize(("scale", "rotate"), [(0.2, 0.0), (0.0, 20.0), (0.2, 20.0)])
def test_that_scaling_and_rotating_a_flat_canvas_leaves_it_flat(scale, rotate):
    canvas = torch.full((2, 3, 10, 10), 0.7)
    settings = MaximizationSettings(scale=scale, rotate=rotate, jitter=0.1)
    assert transform_input(canvas, (8, 8), settings, rng()) == pytest.approx(0.7)


def test_that_a_rotation_by_nothing_in_the_sampler_equals_the_cut():
    canvas = torch.randn(1, 3, 12, 12, generator=rng())
    settings = MaximizationSettings(rotate=1e-9)
    sampled = transform_input(canvas, (8, 8), settings, rng())
    assert torch.allclose(sampled, canvas[:, :, 2:10, 2:10], atol=1e-5)


def test_that_a_rotation_turns_by_the_angle_it_says():
    line = torch.zeros(1, 1, 33, 33)
    line[..., 16, :] = 1.0
    angles = []
    generator = rng()
    for _ in range(200):
        turned = transform_input(line, (33, 33), MaximizationSettings(rotate=30.0), generator)[0, 0]
        left, right = turned[:, 4].argmax().item(), turned[:, 28].argmax().item()
        angles.append(math.degrees(math.atan2(right - left, 24)))
    assert 20 < max(angles) < 33
    assert -33 < min(angles) < -20


def test_that_the_blur_is_a_convolution_with_a_gaussian():
    image = torch.zeros(1, 1, 15, 15)
    image[..., 7, 7] = 1.0
    blurred = blur(image, 1.5)[0, 0]
    literal = torch.tensor(
        [[math.exp(-((y - 7) ** 2 + (x - 7) ** 2) / (2 * 1.5**2)) for x in range(15)] for y in range(15)]
    )
    cut = (torch.arange(15) - 7).abs() <= 5
    literal = literal * cut[:, None] * cut[None, :]
    assert torch.allclose(blurred, literal / literal.sum(), atol=1e-6)


def test_that_a_blur_larger_than_the_image_is_no_error():
    assert blur(torch.ones(1, 3, 1, 1), 4.0).shape == (1, 3, 1, 1)
    assert torch.allclose(blur(torch.ones(1, 3, 2, 2), 4.0), torch.ones(1, 3, 2, 2))


def test_that_a_gradient_is_left_alone_when_nothing_is_asked():
    gradient = torch.randn(1, 3, 8, 8)
    assert transform_gradient(gradient, MaximizationSettings(), rng()) is gradient


def test_that_the_same_seed_gives_the_same_transform():
    settings = MaximizationSettings(gradient_blur=0.1, gradient_translate=0.1, gradient_rotate=10.0)
    gradient = torch.randn(2, 3, 8, 8, generator=rng())
    first, again = (transform_gradient(gradient, settings, rng(3)) for _ in range(2))
    other = transform_gradient(gradient, settings, rng(4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first, gradient)
