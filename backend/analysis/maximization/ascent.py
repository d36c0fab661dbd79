"""The three optimisers, written out: the first `torch.optim.Adam` would cost 1.5 s of imports for these few lines."""

from __future__ import annotations

import torch
from torch import Tensor

from backend.analysis.maximization.maximization_settings import Optimizer


class Ascent:
    """Gradient ascent that remembers what its optimiser needs; the optimiser may change between steps.

    Momentum is 0.9 (θ ← θ + lr · m, m ← 0.9 m + g); Adam has β = (0.9, 0.999), ε = 1e-8, with bias correction.
    """

    def __init__(self) -> None:
        self._optimizer: Optimizer | None = None
        self._first = torch.empty(0)
        self._second = torch.empty(0)
        self._steps = 0

    def forget(self) -> None:
        """Drop the moments: the parameters have changed their meaning."""
        self._optimizer = None

    def step(self, parameters: Tensor, gradient: Tensor, rate: Tensor, optimizer: Optimizer) -> None:
        """Change `parameters` in place along `gradient` (same shape); `rate` is one number an image, (images, 1, …)."""
        if optimizer != self._optimizer or self._first.shape != gradient.shape:
            self._optimizer, self._steps = optimizer, 0
            self._first = torch.zeros_like(gradient) if optimizer != "sgd" else gradient
            self._second = torch.zeros_like(gradient) if optimizer == "adam" else gradient
        self._steps += 1
        if optimizer == "sgd":
            parameters.addcmul_(gradient, rate)
        elif optimizer == "momentum":
            self._first.mul_(0.9).add_(gradient)
            parameters.addcmul_(self._first, rate)
        else:
            self._first.lerp_(gradient, 0.1)
            self._second.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
            root = self._second.sqrt().mul_((1 - 0.999**self._steps) ** -0.5).add_(1e-8)
            parameters.addcmul_(self._first / root, rate / (1 - 0.9**self._steps))
