"""What sets the selected images apart from all the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.analysis.scans.mean_scores import mean_scores
from backend.analysis.scans.scan_results import ActivationScan
from backend.engine import Engine
from backend.jobs.job import Job, Steps


@dataclass(frozen=True, eq=False)
class FindMeanScores(Job):
    """Average some images' scores on every channel of a layer. Returns float64 (channels,)."""

    scan: ActivationScan
    layer: str
    images: NDArray[np.int64]

    @property
    def title(self) -> str:
        return f"Scores of {len(self.images):,} images on {self.layer}"

    @property
    def key(self) -> str:
        return "mean scores"

    def run(self, engine: Engine) -> Steps[NDArray[np.float64]]:
        return (yield from mean_scores(self.scan, self.layer, self.images))
