"""Channels that stand for their layer, and channels that were typed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backend.jobs import LayerStatistics
from gui.unit_page.channel_choice import choose_channels, read_channels


def statistics(**given: list[float]) -> LayerStatistics:
    count = len(next(iter(given.values())))
    names = ("mean", "deviation", "skewness", "kurtosis", "zeros", "selectivity", "twin_cosine")
    arrays: dict[str, Any] = {name: np.array(given.get(name, [0.5] * count), dtype=np.float32) for name in names}
    preferred = np.array(given.get("preferred", [0] * count), dtype=np.int32)
    twin = np.zeros(count, np.int32)
    return LayerStatistics(class_means=np.zeros((count, 3), np.float32), preferred=preferred, twin=twin, **arrays)


def test_that_chosen_channels_are_typical_and_prefer_different_classes() -> None:
    layer = statistics(
        skewness=[1.0, 1.1, 0.9, 1.0, 9.0, 1.2, 0.8, -5.0],
        selectivity=[1.0, 2.0, 3.0, 0.5, 9.0, 1.5, 2.5, 9.0],
        preferred=[0, 1, 1, 2, 0, 1, 0, 2],
    )
    # Channels 4 and 7 are far from the layer's median, however selective they are.
    assert choose_channels(layer, 2) == [0, 2]


def test_that_dead_and_repeated_channels_are_chosen_only_where_there_are_no_others() -> None:
    layer = statistics(deviation=[0.0, 1.0, 1.0, 1.0], twin_cosine=[0.0, 1.0, 0.2, 0.2], skewness=[1.0] * 4)
    assert choose_channels(layer, 2) == [2, 3]
    assert choose_channels(statistics(deviation=[0.0, 0.0, 0.0]), 2) == [0, 1]
    assert choose_channels(statistics(deviation=[1.0]), 3) == [0]


@pytest.mark.parametrize(
    ("text", "channels", "words"),
    [
        ("3, 17 40", [3, 17, 40], ""),
        ("5,5,5", [5], ""),
        ("3, 64", [3], "“64” is no channel here: there are 0 to 63."),
        ("x", [], "“x” is no channel"),
        ("-1", [], "“-1” is no channel"),
        ("", [], "Type the numbers"),
        (", ".join(map(str, range(20))), list(range(12)), "The first 12"),
    ],
)
def test_that_typed_channels_are_read_or_explained(text: str, channels: list[int], words: str) -> None:
    found, sentence = read_channels(text, 64)
    assert found == channels
    assert words in sentence if words else not sentence
