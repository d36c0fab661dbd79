"""The two regularisers against their formulas written out as loops (paper sec. 2.4)."""

from __future__ import annotations

import pytest
import torch

from backend.analysis.maximization.regularizers import alpha_norm, total_variation

IMAGES = torch.randn(2, 3, 5, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("alpha", [2.0, 6.0])
def test_that_the_alpha_norm_is_the_sum_of_powers(alpha):
    literal = [sum(abs(value) ** alpha for value in image.flatten().tolist()) for image in IMAGES]
    assert alpha_norm(IMAGES, alpha).tolist() == pytest.approx(literal, rel=1e-5)


@pytest.mark.parametrize("beta", [1.0, 2.0, 3.0])
def test_that_total_variation_is_the_papers_double_sum(beta):
    literal = []
    for image in IMAGES.tolist():
        total = 0.0
        for channel in image:
            for i in range(len(channel) - 1):
                for j in range(len(channel[0]) - 1):
                    across = channel[i][j + 1] - channel[i][j]
                    down = channel[i + 1][j] - channel[i][j]
                    total += (across**2 + down**2) ** (beta / 2)
        literal.append(total)
    assert total_variation(IMAGES, beta).tolist() == pytest.approx(literal, rel=1e-4)


def test_that_the_gradient_of_a_flat_image_is_finite_for_every_beta():
    flat = torch.zeros(1, 3, 4, 4, requires_grad=True)
    total_variation(flat, 1.0).sum().backward()
    assert torch.isfinite(flat.grad).all()
