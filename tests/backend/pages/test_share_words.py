"""Shares as text."""

from __future__ import annotations

import math

import pytest

from backend.pages.share_words import per_cent, percentage


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.001, "<1 %"), (0.914, "91 %"), (0.999, ">99 %"), (1.0, "100 %"), (math.nan, "–")],
)
def test_that_only_a_true_nought_or_one_is_called_that(share: float, text: str) -> None:
    assert per_cent(share) == text


def test_that_a_percentage_is_rounded_to_the_decimals_that_are_wanted() -> None:
    assert [percentage(0.9996, decimals) for decimals in (0, 1, 2)] == ["100 %", "100.0 %", "99.96 %"]
