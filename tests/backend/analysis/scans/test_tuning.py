"""Tuning curves against a literal loop over the stimuli."""

from __future__ import annotations

import math
import time
import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.analysis.images.stimuli import ProbeSet
from backend.analysis.scans.tuning import TuningCurve, tuning_curves

NAMES = ("orientation", "frequency", "hue", "size")


@pytest.fixture(scope="module")
def probe() -> ProbeSet:
    return ProbeSet()


@pytest.fixture(scope="module")
def scores(probe: ProbeSet) -> NDArray[np.float32]:
    return np.random.default_rng(3).normal(-5, 2, len(probe)).astype(np.float32)


def literal(probe: ProbeSet, scores: NDArray[np.float32], name: str) -> dict[float, list[float]]:
    """Collect the scores of each value, one stimulus after the other."""
    found: dict[float, list[float]] = {}
    for index in range(len(probe)):
        parameters, family = probe.parameters(index), probe.class_names[probe.labels[index]]
        wanted = {
            "orientation": family == "grating",
            "frequency": family == "grating",
            "hue": family == "colour field" and float(parameters["saturation"]) >= 0.75,
            "size": family == "disk" and parameters["shape"] == "disk",
        }
        if wanted[name]:
            of_value = found.setdefault(float(parameters[name]), [])
            if index < len(scores):
                of_value.append(float(scores[index]))
    return found


def check(curve: TuningCurve, found: dict[float, list[float]]) -> None:
    assert curve.values.tolist() == sorted(found)
    for place, value in enumerate(curve.values.tolist()):
        mine = (curve.mean[place], curve.largest[place], curve.deviation[place])
        of_value = found[value]
        if not of_value:
            assert np.isnan(mine).all()
            continue
        mean = math.fsum(of_value) / len(of_value)
        deviation = math.sqrt(math.fsum((score - mean) ** 2 for score in of_value) / len(of_value))
        assert mine == pytest.approx((mean, max(of_value), deviation), rel=1e-5, abs=1e-6)


def test_that_the_curves_are_those_of_a_literal_loop(probe: ProbeSet, scores: NDArray[np.float32]) -> None:
    curves = tuning_curves(scores, probe)

    assert tuple(curve.name for curve in curves) == NAMES
    assert [len(curve.values) for curve in curves] == [12, 7, 24, 4]
    for curve in curves:
        check(curve, literal(probe, scores, curve.name))


@pytest.mark.parametrize("scanned", [0, 1, 700, 2000, 3300])
def test_that_a_partial_scan_counts_what_it_has_and_says_nothing_of_the_rest(
    probe: ProbeSet, scores: NDArray[np.float32], scanned: int
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        curves = tuning_curves(scores[:scanned], probe)

    for curve in curves:
        check(curve, literal(probe, scores[:scanned], curve.name))


def test_that_a_unit_that_prefers_45_degrees_and_six_cycles_peaks_there(probe: ProbeSet) -> None:
    scores = np.zeros(len(probe), np.float32)
    for index in range(len(probe)):
        parameters = probe.parameters(index)
        if probe.class_names[probe.labels[index]] == "grating":
            off = math.radians(float(parameters["orientation"]) - 45)
            scores[index] = math.cos(off) ** 2 - abs(math.log2(float(parameters["frequency"]) / 6))
    orientation, frequency, hue, _ = tuning_curves(scores, probe)

    assert orientation.values[np.argmax(orientation.mean)] == orientation.values[np.argmax(orientation.largest)] == 45
    assert frequency.values[np.argmax(frequency.mean)] == 6
    assert not hue.mean.any()


def test_that_a_nan_among_the_scores_is_not_hidden(probe: ProbeSet) -> None:
    scores = np.zeros(len(probe), np.float32)
    scores[0] = np.nan
    orientation = tuning_curves(scores, probe)[0]

    assert np.isnan(orientation.mean).tolist() == np.isnan(orientation.largest).tolist() == [True] + [False] * 11


def test_that_a_set_of_another_size_gives_curves_of_its_own(scores: NDArray[np.float32], probe: ProbeSet) -> None:
    large = ProbeSet((64, 64))

    for one, other in zip(tuning_curves(scores, probe), tuning_curves(scores, large), strict=True):
        np.testing.assert_array_equal(one.mean, other.mean)


def test_that_the_arrays_are_float32_and_read_only(probe: ProbeSet, scores: NDArray[np.float32]) -> None:
    for curve in tuning_curves(scores, probe):
        for array in (curve.mean, curve.largest, curve.deviation):
            assert array.dtype == np.float32
            assert not array.flags.writeable
        assert not curve.values.flags.writeable


@pytest.mark.parametrize("shape", [(6000,), (4000, 2), ()])
def test_that_scores_that_do_not_fit_the_set_are_refused(probe: ProbeSet, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="scores must be"):
        tuning_curves(np.zeros(shape, np.float32), probe)


def test_that_a_second_call_takes_two_milliseconds_at_most(probe: ProbeSet, scores: NDArray[np.float32]) -> None:
    tuning_curves(scores, probe)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        tuning_curves(scores, probe)
        times.append(time.perf_counter() - start)

    assert min(times) < 0.002
