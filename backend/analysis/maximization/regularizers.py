"""How unlike a real picture an image is: the two regularisers of paper sec. 2.4."""

from __future__ import annotations

from torch import Tensor

from backend.analysis.maximization.maximization_settings import MaximizationSettings


def alpha_norm(images: Tensor, alpha: float = 6.0) -> Tensor:
    """α-norm R_α(x) = Σ |x|^α of mean-subtracted images (paper sec. 2.4).

    Parameters
    ----------
    images : Tensor
        (images, channels, height, width), float32, normalised, so that the data set's mean is already subtracted.
    alpha : float, default=6
        A large α keeps values in an interval rather than letting them diverge.

    Returns
    -------
    Tensor
        (images,), float32.
    """
    return images.abs().pow(alpha).sum((1, 2, 3))


def total_variation(images: Tensor, beta: float = 2.0) -> Tensor:
    """Total variation R_V^β(x) = Σ_ij ((x_i,j+1 − x_i,j)² + (x_i+1,j − x_i,j)²)^(β/2) of each channel (paper sec. 2.4).

    Parameters
    ----------
    images : Tensor
        (images, channels, height, width), float32.
    beta : float, default=2

    Returns
    -------
    Tensor
        (images,), float32. The last row and column have no neighbour to the one side and are left out of the sum.
    """
    corner = images[:, :, :-1, :-1]
    across = images[:, :, :-1, 1:] - corner
    down = images[:, :, 1:, :-1] - corner
    squared = across.square() + down.square()
    if beta != 2.0:
        # The root of 0 has an infinite gradient; the offset is far below one grey level.
        squared = (squared + 1e-8).pow(beta / 2)
    return squared.sum((1, 2, 3))


def penalties_of(image: Tensor, settings: MaximizationSettings) -> dict[str, Tensor]:
    """λR of each regulariser that is on (paper eq. 2).

    Parameters
    ----------
    image : Tensor
        (images, channels, height, width), float32, normalised.
    settings : MaximizationSettings

    Returns
    -------
    dict of str to Tensor
        "alpha-norm" and "total variation", (images,) each. R is averaged over the values of an image, so that a λ means
        the same at any size.
    """
    values = image[0].numel()
    penalties = {}
    if settings.alpha_norm_weight:
        penalties["alpha-norm"] = alpha_norm(image, settings.alpha) * (settings.alpha_norm_weight / values)
    if settings.total_variation_weight:
        weight = settings.total_variation_weight / values
        penalties["total variation"] = total_variation(image, settings.beta) * weight
    return penalties
