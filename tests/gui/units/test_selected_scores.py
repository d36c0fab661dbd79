"""How selected images score among all: which they are, and the words for it."""

from __future__ import annotations

import numpy as np
import pytest

from backend.jobs import ActivationScan, Channel, ScanHeader
from backend.jobs import DatasetInfo as Info
from gui.image_selection import ImageSelection
from gui.session import Session
from gui.units.selected_scores import SelectedScores, selected_scores
from gui.units.unit_scores import UnitScores

NAN = float("nan")


def unit_scores_of(values: list[float], *, total: int | None = None) -> UnitScores:
    count = len(values)
    header = ScanHeader("net", "data", "w", "d", 0, total or count, total or count, (), ("a",), 1)
    scan = ActivationScan(header, count, {})
    return UnitScores(scan, Channel("layer4", 0), "mean", np.array(values, np.float32))


def selected(values: list[float], numbers: tuple[int, ...], total: int | None = None) -> SelectedScores:
    return SelectedScores(unit_scores_of(values), np.array(numbers, np.int64), total or len(numbers), "some images")


def test_that_either_end_and_a_range_hold_only_selected_images() -> None:
    some = selected([5, 4, 3, 3, 2, NAN, 1], (1, 2, 3, 5, 6))
    assert some.top(3).tolist() == [1, 2, 3]
    assert some.bottom(2).tolist() == [6, 2]
    assert some.top(9).tolist() == [1, 2, 3, 6, 5]
    assert some.within(1.5, 4).tolist() == [1, 2, 3]
    assert np.flatnonzero(some.mask).tolist() == [1, 2, 3, 5, 6]
    assert some.least_equals == 1 and selected([3, 1, 1, 0], (1, 2)).least_equals == 2


@pytest.mark.parametrize(
    ("values", "numbers", "total", "words"),
    [
        ([0, 0, 2, 2], (2, 3), 2, "mean 2.00, 1.0 deviation above all"),
        ([0, 0, 2, 2], (0,), 1, "mean 0, 1.0 deviation below all"),
        ([0] * 9 + [10], (9,), 1, "mean 10.00, 3.0 deviations above all"),
        ([0, 0, 2, 2], (0, 3), 2, "mean 1.00, as all"),
        ([2, 2, 2], (1,), 1, "mean 2.00, as all"),
        ([0, 0, 2, 2], (2,), 9, "1 scanned: mean 2.00, 1.0 deviation above all"),
        ([0, 0, 2, 2, NAN], (3, 4), 2, "mean 2.00, 1.0 deviation above all"),
        ([0, 1], (), 5, "none of them has a score yet"),
    ],
)
def test_that_words_say_how_the_selected_images_differ(
    values: list[float], numbers: tuple[int, ...], total: int, words: str
) -> None:
    assert selected(values, numbers, total).words == words


def test_that_it_is_said_of_how_many() -> None:
    assert selected([1] * 5000, tuple(range(1420))).counted == "1,420 selected"
    assert selected([1, 2], (0, 1), 142).counted == "2 of 142 selected"


def test_that_only_what_is_scanned_of_the_selected_images_is_spoken_of(qtbot: object) -> None:
    session = Session()
    session.set_dataset(Info("probe", "Probe set", 10, ("a",), ()))
    scores = unit_scores_of([3, 2, 1], total=10)
    assert selected_scores(session, scores) is None
    session.select_images(ImageSelection("probe", (0, 2, 3, 9), "4 images"))
    some = selected_scores(session, scores)
    assert some is not None and some.numbers.tolist() == [0, 2] and some.total == 4
    assert selected_scores(session, None) is None
