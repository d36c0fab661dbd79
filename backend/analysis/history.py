"""What an optimisation remembers: the curve of every step, and a thinned film of evenly spaced frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen

if TYPE_CHECKING:
    from torch import Tensor


class History:
    """Frames of a run, at most `most` of them.

    When it is full, every other frame is dropped and the spacing doubles, so memory is bounded and the steps stay even.

    Parameters
    ----------
    first : ndarray of uint8
        (images, height, width, 3), the start, kept as step 0.
    most : int, default=128
        Fewer are kept where they would take more than `most_bytes`.
    most_bytes : int, default=64 MB

    Attributes
    ----------
    steps : list of int
    frames : list of ndarray
    """

    def __init__(self, first: NDArray[np.uint8], most: int = 128, most_bytes: int = 64 << 20) -> None:
        self.steps = [0]
        self.frames = [frozen(first)]
        self._spacing = 1
        self._most = max(4, min(most, most_bytes // max(1, first.nbytes)))

    def add(self, step: int, images: NDArray[np.uint8]) -> None:
        """Keep `images` where `step` is a spacing away from the last kept frame."""
        if step - self.steps[-1] < self._spacing:
            return
        self.steps.append(step)
        self.frames.append(images)
        if len(self.steps) > self._most:
            del self.steps[1::2], self.frames[1::2]
            self._spacing *= 2


class Curves:
    """Φ and the gradient norm of every step. They stay on the device until they are looked at: no step waits for it."""

    def __init__(self, images: int) -> None:
        self._pending: list[tuple[Tensor, Tensor]] = []
        self._rows = np.empty((256, 2, images), np.float32)
        self._count = 0

    def append(self, scores: Tensor, norms: Tensor) -> None:
        self._pending.append((scores, norms))

    def collect(self) -> int | None:
        """Fetch the pending rows; give the first step (from 0) among them that is not finite."""
        if not self._pending:
            return None
        import torch  # late: the rest of this module serves what the window imports

        fresh = torch.stack([torch.stack(pair) for pair in self._pending]).cpu().numpy()
        self._pending.clear()
        first, self._count = self._count, self._count + len(fresh)
        if self._count > len(self._rows):
            # A new array: views of the old one have already been handed out.
            self._rows = np.concatenate((self._rows[:first], np.empty((self._count * 2, *fresh.shape[1:]), np.float32)))
        self._rows[first : self._count] = fresh
        broken = np.flatnonzero(~np.isfinite(fresh).all((1, 2)))
        return first + int(broken[0]) if len(broken) else None

    def arrays(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give (steps, images) scores and gradient norms as read-only views that later steps do not change."""
        rows = self._rows[: self._count]
        rows.flags.writeable = False
        return rows[:, 0], rows[:, 1]
