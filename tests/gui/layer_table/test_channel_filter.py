"""The filter of the layer table, and the rows that it filters."""

from __future__ import annotations

import numpy as np
import pytest

from backend.jobs import UnitLabel
from gui.layer_table.channel_filter import filter_channels, nothing_left
from gui.layer_table.channel_rows import COLUMNS, EXPORTED, SELECTED, ChannelRows, channel_rows, sorted_channels
from gui.text import number_text
from tests.statistics_by_hand import described

CLASSES = ("cat", "dog", "ship")
ROWS = channel_rows(
    [str(index) for index in range(6)],
    [f"layer4/{index}" for index in range(6)],
    described(
        "layer4",
        [0.1, 2.5, -1.4, 0.0, 0.2, 0.7],
        deviation=[1, 1, 1, 0, 1, 1],
        zeros=[0, 0.1, 0.5, 1, 0.25, 0],
        twin=[-1, 4, -1, 0, 1, -1],
        twin_cosine=[0.1, 0.998, 0.2, 1.0, 0.998, 0.3],
    ),
    CLASSES,
).with_labels([UnitLabel("object", "The bow of a ship"), UnitLabel("texture"), *[UnitLabel()] * 4])
# shapes: bell-shaped, long-tailed, mostly silent, dead, bell-shaped, skewed
# prefers: cat, dog, ship, none (dead), dog, ship


def left(text: str, rows: ChannelRows = ROWS) -> list[int]:
    """Return the channels that a filter without a fault leaves."""
    mask, complaint = filter_channels(text, rows)
    assert complaint == ""
    return [int(index) for index in np.flatnonzero(mask)]


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        ("", [0, 1, 2, 3, 4, 5]),
        ("   ", [0, 1, 2, 3, 4, 5]),
        ("dog", [1, 4]),
        ("DOG", [1, 4]),
        ("ship", [0, 2, 5]),  # a note says ship too
        ("ship bow", [0]),
        ("ship dog", []),
        ("silent", [2]),
        ("tailed", [1]),
        ("texture", [1]),
        ("dead", [3]),
        ("duplicate", [1, 4]),  # a dead channel repeats nothing
        ("labelled", [0, 1]),
        ("unlabelled", [2, 3, 4, 5]),
        ("unlabelled dog", [4]),
        ("4", [4]),  # not layer4
        ("layer4/2", [2]),
        ("nothing-like-it", []),
    ],
)
def test_that_all_words_must_match(text: str, channels: list[int]) -> None:
    assert left(text) == channels


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        ("skewness>0.5", [1, 5]),
        ("skewness > 0.5", [1, 5]),
        ("skew>0.5", [1, 5]),
        ("skewness<-1", [2]),
        ("skewness<−1", [2]),
        ("zeros>=0.5", [2, 3]),
        ("zeros>=50%", [2, 3]),
        ("zeros≥50%", [2, 3]),
        ("zeros=0.25", [4]),
        ("zeros!=0", [1, 2, 3, 4]),
        ("channel<2", [0, 1]),
        ("selectivity>1 zeros<0.3", [4, 5]),
        ("dog skewness>1", [1]),
    ],
)
def test_that_comparisons_hold(text: str, channels: list[int]) -> None:
    assert left(text) == channels


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("skewness>", "A number is missing after “skewness>”. Write for example skewness>2."),
        ("skewness>two", "“two” is no number after “skewness>”. Write for example skewness>2."),
        ("colour>2", "There is no number called “colour”."),
        ("s>2", "“s” may be skewness or selectivity."),
        ("zeros>=>", "“>” is no number"),
        ("zeros>1%%", "“1%%” is no number"),
    ],
)
def test_that_what_cannot_be_understood_is_told_and_the_rest_holds(text: str, words: str) -> None:
    mask, complaint = filter_channels(f"dog {text}", ROWS)
    assert complaint.startswith(words)
    assert list(np.flatnonzero(mask)) == [1, 4]


def test_that_a_comparison_of_nothing_is_told() -> None:
    mask, complaint = filter_channels(">2 dog", ROWS)
    assert complaint == (
        "A name is missing before “>2”. Compare channel, mean, deviation, skewness, kurtosis, zeros or selectivity."
    )
    assert list(np.flatnonzero(mask)) == [1, 4]


def test_that_no_comparison_holds_where_nothing_is_known() -> None:
    rows = channel_rows(["0", "1"], ["a/0", "a/1"], None, ())
    assert left("skewness>-100", rows) == left("skewness!=1", rows) == left("dead", rows) == []
    assert left("channel>=0", rows) == [0, 1]


def test_that_a_number_of_any_length_does_no_harm() -> None:
    assert left("9" * 5000) == []
    assert filter_channels("skewness>" + "9" * 5000, ROWS)[1] == ""


# The rows


def test_that_remarks_name_the_dead_and_the_duplicates() -> None:
    assert ROWS.words["remarks"] == ("", "like 4 (0.998)", "", "dead", "like 1 (0.998)", "")
    assert ROWS.words["prefers"] == ("cat", "dog", "ship", "", "dog", "ship")
    assert ROWS.words["shape"] == ("bell-shaped", "long-tailed", "mostly silent", "dead", "bell-shaped", "skewed")


def test_that_a_channel_without_a_known_class_prefers_none() -> None:
    nothing = np.full((2, 3), np.nan)
    rows = channel_rows(["0", "1"], ["a/0", "a/1"], described("a", [0, 0], class_means=nothing), CLASSES)
    assert rows.words["prefers"] == ("", "")


@pytest.mark.parametrize(
    ("column", "descending", "order"),
    [
        ("channel", True, [5, 4, 3, 2, 1, 0]),
        ("skewness", False, [2, 3, 0, 4, 5, 1]),
        ("skewness", True, [1, 5, 4, 0, 3, 2]),
        ("zeros", False, [0, 5, 1, 4, 2, 3]),  # equals by number
        ("zeros", True, [3, 2, 4, 1, 0, 5]),
        ("prefers", False, [0, 1, 4, 2, 5, 3]),  # none comes last
        ("prefers", True, [2, 5, 1, 4, 0, 3]),
        ("looks for", False, [1, 0, 2, 3, 4, 5]),  # textures are lower than objects
        ("remarks", True, [3, 1, 4, 0, 2, 5]),
    ],
)
def test_that_rows_are_sorted(column: str, descending: bool, order: list[int]) -> None:
    assert sorted_channels(ROWS, column, descending).tolist() == order


def test_that_what_is_no_number_comes_last_either_way() -> None:
    rows = channel_rows(["0", "1", "2"], ["a/0", "a/1", "a/2"], described("a", [np.nan, 1, 2]), CLASSES)
    assert sorted_channels(rows, "skewness", False).tolist() == [1, 2, 0]
    assert sorted_channels(rows, "skewness", True).tolist() == [2, 1, 0]


def test_that_selected_images_bring_two_columns_that_can_be_compared() -> None:
    # Means of all: 0.1, 0.2 …; every deviation is 1, but for the dead channel 3.
    rows = ROWS.with_selected("9 images", np.array([1.5, 0.2, -2.0, 0.4, 0.5, 0.6]))
    np.testing.assert_allclose(rows.numbers["differs"], [1.4, 0, -2.3, np.nan, 0, 0], atol=1e-6)
    assert left("differs>1", rows) == [0] and left("diff<-1", rows) == [2] and left("selected>=0.5", rows) == [0, 4, 5]
    assert sorted_channels(rows, "differs", True).tolist()[0] == 0
    assert rows.standing_out("channels") == "More than one deviation above all images on 1 of 6 channels, below on 1"
    assert dict(zip(rows.exported_columns, rows.exported(1, "net"), strict=True))["selection"] == "9 images"
    waiting = ROWS.with_selected("9 images", None)
    assert left("differs>-99", waiting) == [] and waiting.standing_out("channels") == ""
    assert ROWS.exported_columns == EXPORTED and "differs" not in ROWS.numbers


@pytest.mark.parametrize("text", ["differs>1", "selected<2"])
def test_that_without_selected_images_the_filter_says_what_is_missing(text: str) -> None:
    mask, complaint = filter_channels(text, ROWS)
    assert mask.all() and "none are selected" in complaint


def test_that_the_exported_cells_are_those_of_the_channel() -> None:
    cells = dict(zip(EXPORTED, ROWS.exported(1, "net"), strict=True))
    assert set(COLUMNS) - set(SELECTED) < set(cells)
    assert cells["address"] == "net/layer4/1" and cells["channel"] == 1 and cells["images"] == 100
    assert cells["skewness"] == 2.5 and cells["prefers"] == "dog" and cells["looks for"] == "texture"
    assert ROWS.exported(0, "net")[-1] == "The bow of a ship"


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("zeros", 0.067, "6.7 %"),
        ("zeros", 0.0, "0 %"),
        ("zeros", 1.0, "100 %"),
        ("zeros", 0.9999, "99.9 %"),
        ("skewness", -0.114, "−0.11"),
        ("kurtosis", 1234.5, "1,234"),
        ("mean", 0.38, "0.380"),
        ("mean", 0.0004, "4.0e−04"),
        ("mean", 0.0, "0.000"),
        ("deviation", 12.3, "12.30"),
        ("skewness", float("nan"), "–"),
    ],
)
def test_that_numbers_are_short(column: str, value: float, text: str) -> None:
    assert number_text(column, value) == text


BARE = channel_rows(["0", "1"], ["layer4/0", "layer4/1"], None, ()).with_labels([UnitLabel(), UnitLabel()])


@pytest.mark.parametrize(
    ("text", "rows", "words"),
    [
        ("dead", ROWS, "None of these channels is dead: each gives some images another score than others."),
        ("Dead ", BARE, "Which channels are dead is known once the layer is scanned."),
        ("duplicate", ROWS, "No two of these channels score all images alike."),
        ("labelled", BARE, "None of these channels has a label yet: keys 1 to 6 give one."),
        ("ship dog", ROWS, "None of these channels matches “ship dog”."),
    ],
)
def test_that_where_nothing_is_left_it_says_why(text: str, rows: ChannelRows, words: str) -> None:
    assert nothing_left(text, rows, "channels") == words
