"""Shares as text."""

from __future__ import annotations

import doctest
import math

import pytest

from backend.pages import numbers
from backend.pages.numbers import per_cent, percentage, plural, signed, with_minus


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.001, "<1 %"), (0.914, "91 %"), (0.999, ">99 %"), (1.0, "100 %"), (math.nan, "–")],
)
def test_that_only_a_true_nought_or_one_is_called_that(share: float, text: str) -> None:
    assert per_cent(share) == text


def test_that_a_percentage_is_rounded_to_the_decimals_that_are_wanted() -> None:
    assert [percentage(0.9996, decimals) for decimals in (0, 1, 2)] == ["100 %", "100.0 %", "99.96 %"]


def test_that_the_examples_are_true() -> None:
    assert doctest.testmod(numbers).failed == 0


def test_that_nouns_have_their_plurals_and_one_of_them_none() -> None:
    words = ("image", "branch", "leaf", "class", "epoch", "category", "merge")
    many = ["images", "branches", "leaves", "classes", "epochs", "categories", "merges"]
    assert [plural(word, 2) for word in words] == many and [plural(word, 1) for word in words] == list(words)


def test_that_there_is_one_minus_and_none_before_a_nought() -> None:
    assert [with_minus(text) for text in ("-1", "-0.0", "1e-05", "0")] == ["−1", "0.0", "1e−05", "0"]
    assert signed(-0.0) == "0" and signed(-1e-9) == "0"
