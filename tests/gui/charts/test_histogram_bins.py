"""The arithmetic behind the histogram: axis, bars, ticks and how a range follows the hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.charts.histogram_axis import (
    ROOMS,
    Axis,
    axis_score_text,
    count_ticks,
    fit_axis,
    heights,
    room_for,
    short_count,
)
from gui.charts.histogram_bins import OTHER, bar_of_each, count_bars, description, gather, told
from gui.charts.histogram_brush import Drag, grip_at, stepped
from gui.charts.ticks import score_ticks


def some_scores(count: int = 5000, seed: int = 0) -> np.ndarray:
    return np.maximum(np.random.default_rng(seed).normal(0.3, 1, count), 0).astype(np.float32)


def axis_of_ten() -> Axis:
    """Return ten bars of 10 px over scores 0 to 10, with two slots before them and three after."""
    return Axis(left=40, pitch=10, slots=15, first=2, edges=np.linspace(0, 10, 11))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=2, max_size=40), st.integers(1, 90))
def test_that_each_score_is_in_the_bar_whose_edges_are_around_it(values: list[float], bars: int) -> None:
    scores = np.array(values, np.float32)
    low, high = gather(scores).span
    edges = np.linspace(low, high, bars + 1)
    for score, bar in zip(scores.astype(np.float64), bar_of_each(scores, edges), strict=True):
        assert edges[bar] <= score
        assert score < edges[bar + 1] or (bar == bars - 1 and score <= high)


@pytest.mark.parametrize(("high", "bars"), [(14, 50), (21, 75), (22, 60), (28, 68)])
def test_that_rounding_puts_no_score_on_the_wrong_side_of_its_edge(high: int, bars: int) -> None:
    edges = np.linspace(0, high, bars + 1)
    expected = [min(np.count_nonzero(edges <= score) - 1, bars - 1) for score in range(high + 1)]
    assert bar_of_each(np.arange(high + 1, dtype=np.float32), edges).tolist() == expected


def test_that_the_bars_are_those_of_numpy() -> None:
    sample = gather(some_scores())
    bars = count_bars(sample, fit_axis(40, 280, sample.span))
    expected, _ = np.histogram(sample.scores.astype(np.float64), bars.axis.edges)
    assert bars.totals.tolist() == expected.tolist()
    assert bars.top == expected.max()


def test_that_each_class_has_its_own_bars_and_they_add_up() -> None:
    labels = np.random.default_rng(1).integers(0, 4, 5000)
    sample = gather(some_scores(), labels, list("abcd"))
    bars = count_bars(sample, fit_axis(40, 280, sample.span))
    assert sample.classes == (0, 1, 2, 3)
    for label in range(4):
        expected, _ = np.histogram(sample.scores[labels == label].astype(np.float64), bars.axis.edges)
        assert bars.counts[label].tolist() == expected.tolist()
    assert bars.totals.sum() == 5000


def test_that_of_many_classes_the_largest_are_told_apart_and_the_others_are_one() -> None:
    labels = np.repeat(np.arange(20), np.arange(1, 21))
    sample = gather(some_scores(len(labels)), labels, [str(label) for label in range(20)])
    assert sample.classes == (*range(9, 20), OTHER)
    bars = count_bars(sample, fit_axis(40, 280, sample.span))
    assert bars.counts[-1].sum() == sum(range(1, 10)) and bars.counts[0].sum() == 10


def test_that_of_classes_of_one_size_those_that_excite_the_unit_most_are_told_apart() -> None:
    labels = np.arange(1500) % 15
    sample = gather((labels % 7 + 1).astype(np.float32), labels, [str(label) for label in range(15)])
    assert set(sample.classes) - {OTHER} >= {label for label in range(15) if label % 7 >= 2} - {9}


def test_that_labels_without_a_name_count_as_others() -> None:
    sample = gather(np.arange(5, dtype=np.float32), np.array([0, 1, 7, -1, 1]), ["a", "b"])
    assert sample.classes == (0, 1, OTHER)
    assert sample.groups is not None and sample.groups.tolist() == [0, 1, 2, 2, 1]


def test_that_what_is_no_number_is_left_out_with_its_label() -> None:
    scores = np.array([1, np.nan, 2, np.inf, -np.inf], np.float32)
    sample = gather(scores, np.array([0, 1, 2, 1, 1]), list("abc"))
    assert sample.scores.tolist() == [1, 2] and sample.labels is not None and sample.labels.tolist() == [0, 2]
    assert (sample.left_out, sample.low, sample.high, sample.mean) == (3, 1, 2, 1.5)
    assert description(sample) == "2 images from 1 to 2; 3 without a finite score left out"
    assert description(gather(np.full(1, 3, np.float32))) == "1 image at 3"


def test_that_a_bar_is_told_with_its_five_largest_classes() -> None:
    labels = np.repeat(np.arange(7), [3, 9, 1, 4, 8, 5, 2])
    sample = gather(np.concatenate([np.zeros(len(labels) - 1), [1]]).astype(np.float32), labels, list("abcdefg"))
    bars = count_bars(sample, Axis(0, 10, 10, 0, np.linspace(0, 1, 11)))
    assert told(sample, bars, 0).splitlines() == ["0.00 to 0.10", "31 images", "b  9", "e  8", "f  5", "d  4", "a  3"]
    assert told(sample, bars, 9).splitlines() == ["0.90 to 1.00", "1 image", "g  1"]


@pytest.mark.parametrize("width", [120, 200, 280, 320, 335, 600, 1400])
def test_that_the_bars_are_of_whole_pixels_and_enough(width: int) -> None:
    axis = fit_axis(40, width, (0.0, 3.0))
    assert axis.pitch >= 3 and axis.right <= 40 + width < axis.right + axis.pitch
    assert axis.bars == axis.slots and axis.ends == (0.0, 3.0)
    assert axis.bars >= 55 or width < 200
    assert axis.bars <= 80


@pytest.mark.parametrize("rooms", [(0.0, 0.25), (0.0, 1.0), (0.5, 0.0), (1.0, 2.0), (16.0, 16.0)])
def test_that_room_is_kept_before_and_after_the_data(rooms: tuple[float, float]) -> None:
    axis = fit_axis(40, 280, (-1.0, 3.0), rooms)
    low, high = axis.ends
    assert low <= -1 - 4 * rooms[0] and high >= 3 + 4 * rooms[1]
    assert axis.edge(axis.first) == -1 and axis.edge(axis.first + axis.bars) == 3
    assert axis.x_of(-1) == 40 + axis.first * axis.pitch
    edges = [axis.edge(slot) for slot in range(axis.slots + 1)]
    assert edges == sorted(edges)
    assert edges[axis.first : axis.first + axis.bars + 1] == axis.edges.tolist()


def test_that_a_marker_that_creeps_or_trembles_makes_few_jumps() -> None:
    room, jumps = 0.0, 0
    tremble = np.random.default_rng(0).normal(0, 0.03, 400)
    for needed in np.linspace(-1, 5, 400) + tremble:
        new = room_for(float(needed), room)
        assert new >= needed
        jumps, room = jumps + (new != room), new
    assert jumps == len([step for step in ROOMS if step <= 6]) - 1
    assert room_for(-1.0, room) == 0.0
    assert room_for(1e9, 0.0) == ROOMS[-1]


def test_that_heights_are_exact_and_a_single_image_is_seen() -> None:
    counts = np.array([0, 1, 500, 1000])
    assert heights(counts, 1000, 100, log=False).tolist() == [0, 1, 50, 100]
    logarithmic = heights(counts, 1000, 100, log=True)
    assert logarithmic.tolist() == [0, *(round(100 * math.log(2 * count) / math.log(2000)) for count in (1, 500, 1000))]
    assert heights(np.array([0, 1]), 1, 100, log=True).tolist() == [0, 100]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 3.2, [0, 1, 2, 3]),
        (-0.4, 0.9, [0, 0.5]),
        (-3.6, 3.5, [-2, 0, 2]),
        (1000, 1004, [1000, 1001, 1002, 1003, 1004]),
    ],
)
def test_that_ticks_stand_at_round_scores(low: float, high: float, ticks: list[float]) -> None:
    assert score_ticks(low, high, 5) == pytest.approx(ticks)


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(1, 8))
def test_that_ticks_are_never_too_many_nor_outside(low: float, spread: float, most: int) -> None:
    ticks = score_ticks(low, low + spread, most)
    assert len(ticks) <= most
    assert all(low - 1e-6 * spread <= tick <= low + spread * (1 + 1e-6) for tick in ticks)


def test_that_the_largest_count_is_written_and_no_figure_touches_another() -> None:
    assert count_ticks(34_812, 100, log=True) == [34_812, 1000, 100, 10]
    assert count_ticks(34_812, 100, log=False)[0] == 34_812
    assert count_ticks(1, 100, log=True) == [1] and count_ticks(0, 100, log=False) == []
    for log in (False, True):
        ticks = count_ticks(41_292, 110, log)
        assert (np.diff(heights(np.array(ticks), 41_292, 110, log)) <= -15).all()


def test_that_figures_are_written_short() -> None:
    assert [short_count(count) for count in (0, 950, 34_812, 10_000, 1_281_167)] == [
        "0",
        "950",
        "34.8k",
        "10k",
        "1.28M",
    ]
    assert [axis_score_text(*pair) for pair in ((0.5, 0.25), (-2, 1), (-0.0, 0.5), (1500, 500))] == [
        "0.5",
        "−2",
        "0.0",
        "1,500",
    ]
    assert axis_score_text(0.00012, 0.00001) == "1.2e-04"


def test_that_a_drawn_range_takes_in_every_bar_it_touches() -> None:
    axis = axis_of_ten()
    assert Drag(65, "", None).brush_at(88, axis) == (0, 3)
    assert Drag(88, "", None).brush_at(65, axis) == (0, 3)
    assert Drag(65, "", None).brush_at(-500, axis) == (-2, 1)
    assert Drag(65, "", None).brush_at(900, axis) == (0, 13)


def test_that_a_range_is_moved_and_resized_in_whole_bars() -> None:
    axis = axis_of_ten()
    assert Drag(100, "inside", (3, 5)).brush_at(124, axis) == (5, 7)
    assert Drag(100, "inside", (3, 5)).brush_at(900, axis) == (11, 13)
    assert Drag(90, "low", (3, 5)).brush_at(72, axis) == (1, 5)
    assert Drag(110, "high", (3, 5)).brush_at(72, axis) == (1, 3)
    assert Drag(110, "high", (3, 5)).brush_at(91, axis) == (3, 5)


def test_that_a_range_moved_away_and_back_loses_no_image_to_rounding() -> None:
    axis = fit_axis(40, 280, (-0.7, 2.3))
    start = brush = (axis.edge(3), axis.edge(7))
    for step in [1] * 40 + [-1] * 40:
        brush = stepped(axis, brush, step, resize=False)
    assert brush == start
    for slots in range(20):
        moved = Drag(100, "inside", start).brush_at(100 + slots * axis.pitch, axis)
        assert moved == (axis.edge(3 + slots), axis.edge(7 + slots))


def test_that_a_range_from_beyond_the_axis_comes_back_into_it() -> None:
    axis = axis_of_ten()
    assert stepped(axis, (50, 52), 1, resize=False) == (11, 13)
    assert stepped(axis, (50, 52), -1, resize=True) == (11, 12)
    assert stepped(axis, (-50, 52), 1, resize=False) == (-2, 13)
    assert stepped(axis, (3, 4), -1, resize=True) == (3, 4)


def test_that_edges_are_gripped_from_both_sides_and_a_narrow_range_can_be_moved() -> None:
    axis = axis_of_ten()
    grips = [grip_at(x, axis, (3, 5)) for x in (85, 86, 94, 95, 100, 106, 114, 115)]
    assert grips == ["", "low", "low", "inside", "inside", "high", "high", ""]
    assert [grip_at(x, axis, (3, 3.6)) for x in (88, 91, 93, 95, 98)] == ["low", "low", "inside", "high", "high"]
    assert grip_at(95, axis, None) == ""


def test_that_selected_images_are_counted_bar_by_bar_and_told() -> None:
    scores = np.array([0, 1, 1, np.nan, 3, 3, 3, 10], np.float32)
    chosen = np.array([False, True, False, True, True, True, False, False])
    sample = gather(scores, None, (), chosen)
    assert sample.selected is not None and sample.selected.tolist() == [False, True, False, True, True, False, False]
    bars = count_bars(sample, fit_axis(40, 280, sample.span))
    counts, _ = np.histogram(np.array([1.0, 3.0, 3.0]), bars.axis.edges)
    np.testing.assert_array_equal(bars.selected, counts)
    slot = bars.axis.first + int(counts.argmax())
    assert "3 images, 2 selected" in told(sample, bars, slot)
    assert description(sample) == "7 images from 0 to 10; 3 selected; 1 without a finite score left out"
    assert count_bars(gather(scores), fit_axis(40, 280, sample.span)).selected is None
