"""Layers summed up by depth, and the sentence about them."""

from __future__ import annotations

import numpy as np
import pytest

from backend.jobs import SHAPE_RULE
from gui.layer_table.depth_summary import SHAPES, claim, rank_correlation, summaries, summary
from gui.units.layer_order import call_order
from tests.statistics_by_hand import described


def test_that_every_shape_that_there_is_has_a_colour_and_a_place() -> None:
    assert set(SHAPES) == {line.split(":")[0] for line in SHAPE_RULE.splitlines()}


def test_that_a_layer_is_summed_up_over_its_living_channels() -> None:
    skewness = [float(value) for value in range(11)]
    found = summary(described("a", [*skewness, 0.0], deviation=[1.0] * 11 + [0.0], zeros=[0.0] * 9 + [0.6] * 3))
    assert (found.skewness, found.low, found.high) == (5.0, 1.0, 9.0)
    assert found.zeros == pytest.approx(0.15)
    shares = dict(zip(SHAPES, found.shapes, strict=True))
    # 0 is bell-shaped, 1 to 8 are long-tailed, 9 and 10 silent, the last is dead
    assert [round(12 * shares[shape]) for shape in ("bell-shaped", "long-tailed", "mostly silent", "dead")] == [
        1,
        8,
        2,
        1,
    ]
    assert sum(found.shapes) == pytest.approx(1)


def test_that_a_dead_layer_has_no_skewness() -> None:
    assert np.isnan(summary(described("a", [0.0, 0.0], deviation=[0.0, 0.0])).skewness)


def test_that_layers_come_in_the_given_order_and_a_module_after_its_parts() -> None:
    found = summaries([described("b", [0.0]), described("a", [0.0])], ["a", "x", "b"])
    assert [layer.layer for layer in found] == ["a", "b"]
    names = ["conv1", "layer1", "layer1.0", "layer1.0.conv1", "layer1.1", "layer10", "logits"]
    assert call_order(names) == ["conv1", "layer1.0.conv1", "layer1.0", "layer1.1", "layer1", "layer10", "logits"]


@pytest.mark.parametrize(
    ("values", "correlation"),
    [
        ([1, 2, 3, 40], 1.0),
        ([4, 3, 2, 1], -1.0),
        ([1, 3, 2, 4], 0.8),  # 1 − 6 · 2 / (4 · 15)
        ([2, 1, 4, 3], 0.6),
        ([1, 1, 2, 2], 2 / np.sqrt(5)),  # ranks 0.5 0.5 2.5 2.5: 4 / √(5 · 4)
    ],
)
def test_that_ranks_are_correlated_as_by_hand(values: list[float], correlation: float) -> None:
    assert rank_correlation(values) == pytest.approx(correlation)


def test_that_without_a_difference_there_is_no_correlation() -> None:
    assert np.isnan(rank_correlation([1, 1, 1])) and np.isnan(rank_correlation([1])) and np.isnan(rank_correlation([]))


def sentence(*medians: float, names: str = "abcdefgh") -> str:
    layers = [
        described(name, [median] * 4, zeros=[abs(median) / 100] * 4)
        for name, median in zip(names, medians, strict=False)
    ]
    return claim([summary(layer) for layer in layers])


def test_that_the_claim_is_told_in_numbers() -> None:
    assert sentence(-0.11, 0.2, 0.1, 1.5) == (
        "From a to d the median skewness goes from −0.11 to 1.50 (rank correlation with depth 0.80), zeros from "
        "0.1 % to 1.5 %, bell-shaped channels from 100 % to 0 %, long-tailed ones from 0 % to 100 %. "
        "So the tails grow with depth, as the paper says (sec. 2.3)."
    )


def test_that_what_contradicts_the_paper_is_told_too() -> None:
    assert sentence(1.5, 1.2, 0.3, 0.1).endswith(
        "So the tails shrink with depth, which contradicts the paper (sec. 2.3)."
    )
    assert "no clear trend" in sentence(0.1, 0.4, 0.3, 0.05)
    # Skewness that grows without a channel that becomes long-tailed is no tail.
    assert "no clear trend" in sentence(0.1, 0.2, 0.3, 0.4)


def test_that_few_layers_give_numbers_and_no_verdict() -> None:
    assert sentence() == ""
    assert sentence(0.5) == "The median skewness of a is 0.50; a second layer is yet to come."
    assert "correlation" not in sentence(0.1, 2.0, 3.0) and "paper" not in sentence(0.1, 2.0, 3.0)
    assert "correlation" not in sentence(0.3, 0.3, 0.3, 0.3)


def test_that_the_logits_are_no_filters() -> None:
    layers = [summary(described(name, [value] * 2)) for name, value in (("a", 0.1), ("b", 0.6), ("logits", 9.0))]
    assert claim(layers).startswith("From a to b the median skewness goes from 0.10 to 0.60")
