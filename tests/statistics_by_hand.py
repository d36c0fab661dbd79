"""Statistics of layers written by hand, for tests of what shows them."""

from __future__ import annotations

from typing import Any

import numpy as np

from backend.jobs import DescribedLayer, LayerStatistics


def described(layer: str, skewness: list[float], *, done: int = 100, classes: int = 3, **given: Any) -> DescribedLayer:
    """Describe a layer of living, bell-shaped channels; what is given replaces a column."""
    count = len(skewness)
    columns: dict[str, Any] = {
        "mean": np.arange(count) / 10 + 0.1,
        "deviation": np.ones(count),
        "skewness": skewness,
        "kurtosis": np.zeros(count),
        "zeros": np.zeros(count),
        "class_means": np.ones((count, classes)),
        "preferred": np.arange(count) % classes,
        "selectivity": np.arange(count) / 2,
        "twin": np.full(count, -1),
        "twin_cosine": np.zeros(count),
    }
    whole = ("preferred", "twin")
    made = {
        name: np.asarray(value, np.int32 if name in whole else np.float32)
        for name, value in {**columns, **given}.items()
    }
    return DescribedLayer(layer, done, LayerStatistics(**made))
