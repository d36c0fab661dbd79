"""What the panels show of one unit's scores, against slow literal computations on scans made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.analysis.scans.scan_files import ScanWriter
from backend.analysis.scans.scan_results import ActivationScan, ScanHeader, ScannedLayer
from backend.jobs import Channel, ClassLogit, ClassProbability, Layer, Neuron, PictureScores, Unit
from gui.text import share_text
from gui.units.unit_scores import UnitScores, standing, unit_scores

IMAGES = 7
LAYERS = (ScannedLayer("conv", 3, 2, 4), ScannedLayer("logits", 2, 1, 1))
HEADER = ScanHeader("n", "d", "w", "x", 0, IMAGES, IMAGES, LAYERS, ("a", "b", "empty"), 2, (("block", "conv"),))


def scan_of(mean: NDArray[np.float32]) -> ActivationScan:
    """Make a scan whose mean scores (channels, images) are given, and whose maxima are twice as large."""
    writer = ScanWriter(HEADER)
    place = np.arange(5 * IMAGES).reshape(5, IMAGES) % 8
    probability = np.stack([np.linspace(0, 1, IMAGES), np.linspace(1, 0, IMAGES)])
    label = np.array([[0, 1, 0, 1, 0, 1, 1]])
    writer.write({"mean": mean, "maximum": 2 * mean, "place": place, "probability": probability, "label": label})
    return writer.scan()


MEAN = np.random.default_rng(0).normal(size=(5, IMAGES)).astype(np.float32)
SCAN = scan_of(MEAN)


def scores_of(values: list[float]) -> UnitScores:
    mean = MEAN.copy()
    mean[0] = values
    return unit_scores(scan_of(mean), Channel("conv", 0))


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (Channel("conv", 1), MEAN[1]),
        (Channel("block", 2), MEAN[2]),
        (Neuron("conv", 1, 0, 3), MEAN[1]),
        (Layer("conv"), MEAN[:3].mean(0)),
        (ClassLogit(1), MEAN[4]),
        (ClassProbability(0), np.linspace(0, 1, IMAGES)),
    ],
)
def test_that_every_kind_of_unit_reads_its_own_rows(unit: Unit, expected: NDArray[np.float32]) -> None:
    np.testing.assert_allclose(unit_scores(SCAN, unit).scores, expected, rtol=1e-6)


def test_that_the_maximum_is_another_table() -> None:
    np.testing.assert_array_equal(unit_scores(SCAN, Channel("conv", 1), "maximum").scores, 2 * MEAN[1])


def test_that_of_equal_scores_the_earlier_image_comes_first_at_both_ends_and_nan_last() -> None:
    scores = scores_of([0.0, 2.0, 0.0, 2.0, 1.0, np.nan, 0.0])
    assert scores.top(3).tolist() == [1, 3, 4] and scores.top(9).tolist() == [1, 3, 4, 0, 2, 6, 5]
    assert scores.bottom(4).tolist() == [0, 2, 6, 4] and scores.bottom(9).tolist() == [0, 2, 6, 4, 1, 3, 5]
    assert scores.least_equals == 3 and scores.statistics.images == 6


def test_that_a_range_holds_its_ends_and_is_ordered_from_the_highest() -> None:
    scores = scores_of([0.5, 2.0, 1.0, 2.5, 1.0, np.nan, 0.4])
    assert scores.within(0.5, 2.0).tolist() == [1, 2, 4, 0]
    assert scores.within(3.0, 4.0).tolist() == []


def test_that_class_means_are_those_of_a_loop_and_nan_without_images() -> None:
    scores = unit_scores(SCAN, Channel("conv", 1))
    labels = SCAN.labels
    for label in (0, 1):
        mean = np.mean([MEAN[1, image] for image in range(IMAGES) if labels[image] == label])
        assert scores.class_means[label] == pytest.approx(mean)
    assert np.isnan(scores.class_means[2])


def test_that_a_place_is_row_and_column_and_none_without_space() -> None:
    channel = unit_scores(SCAN, Channel("conv", 1))
    assert [channel.place(image) for image in range(3)] == [(1, 3), (0, 0), (0, 1)]
    assert unit_scores(SCAN, Neuron("conv", 1, 0, 0)).place(0) == (1, 3)
    for unit in (Layer("conv"), ClassLogit(0)):
        assert unit_scores(SCAN, unit).place(0) is None
    assert channel.has_space and not unit_scores(SCAN, ClassLogit(0)).has_space


@pytest.mark.parametrize(
    ("unit", "pooling", "told"),
    [
        (Channel("conv", 1), "mean", True),
        (Channel("conv", 1), "maximum", False),
        (Layer("conv"), "mean", True),
        (Neuron("conv", 1, 0, 0), "mean", False),
        (ClassLogit(0), "maximum", True),
        (ClassProbability(0), "maximum", True),
    ],
)
def test_that_the_best_real_image_is_one_of_what_the_canvas_maximises(unit: Unit, pooling: str, told: bool) -> None:
    scores = unit_scores(SCAN, unit, pooling)  # type: ignore[arg-type]
    assert scores.best_real == (pytest.approx(float(scores.scores.max())) if told else None)


def test_that_a_single_picture_is_scored_by_its_own_layer_and_pooling() -> None:
    numbers = np.arange(3, dtype=np.float32)
    seen, shares = np.zeros((2, 2, 3), np.uint8), np.array([0.2, 0.8], np.float32)
    picture = PictureScores("conv", numbers, 10 * numbers, shares, seen)
    assert unit_scores(SCAN, Channel("conv", 2)).score_of(picture) == 2
    assert unit_scores(SCAN, Channel("conv", 2), "maximum").score_of(picture) == 20
    assert unit_scores(SCAN, Neuron("conv", 1, 0, 0)).score_of(picture) == 1
    assert unit_scores(SCAN, Layer("conv"), "maximum").score_of(picture) == 10
    assert np.isnan(unit_scores(SCAN, ClassLogit(0)).score_of(picture))
    logits = PictureScores("logits", numbers, numbers, picture.probabilities, picture.picture)
    assert unit_scores(SCAN, ClassLogit(1)).score_of(logits) == 1.0
    assert unit_scores(SCAN, ClassProbability(1)).score_of(logits) == pytest.approx(0.8)


def test_that_a_standing_says_above_all_only_beyond_the_best() -> None:
    scores = scores_of([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, np.nan])
    assert standing(6.1, scores) == "above all 6 images" and standing(0.9, scores) == "below all 6 images"
    assert standing(6.0, scores) == "above 91.7 % of the images"
    assert standing(3.5, scores) == "above 50.0 % of the images"
    assert standing(float("nan"), scores) == "" and standing(1.0, scores_of([np.nan] * IMAGES)) == ""


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0.0 %"),
        (0.0004, "0.04 %"),
        (0.0574, "5.7 %"),
        (0.9994, "99.9 %"),
        (0.99996, "100.00 %"),
        (1.0, "100.0 %"),
    ],
)
def test_that_a_small_share_is_not_said_to_be_none(share: float, text: str) -> None:
    assert share_text(share) == text


def test_that_scores_that_are_no_numbers_have_no_best_and_no_equals() -> None:
    scores = scores_of([np.nan] * IMAGES)
    assert scores.best_real is None and scores.least_equals == 0 and len(scores.top(9)) == IMAGES
