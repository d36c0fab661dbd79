"""The mean scores of some images, against the slow way: every score of the layer, and a plain mean."""

from __future__ import annotations

import numpy as np
import pytest

from backend.analysis.events import finish
from backend.analysis.scans.mean_scores import mean_scores
from backend.analysis.scans.scan_results import BLOCK, ActivationScan, ScanHeader, ScannedLayer, Table

IMAGES = 2 * BLOCK + 88


@pytest.fixture
def scan() -> ActivationScan:
    """Give a scan of two layers over two whole blocks of images and a part of a third."""
    layers = (ScannedLayer("layer1", 3, 8, 8), ScannedLayer("layer4", 5, 4, 4))
    header = ScanHeader("net", "data", "w", "d", 0, IMAGES, IMAGES, layers, ("a",), 1, (("layer4.1", "layer4"),))
    content = np.random.default_rng(0).normal(size=8 * IMAGES).astype(np.float32)
    return ActivationScan(header, IMAGES, {"mean": Table(content, 8, IMAGES)})


@pytest.mark.parametrize("images", [[0], [5, BLOCK - 1, BLOCK], [IMAGES - 1], range(0, IMAGES, 7), range(IMAGES)])
@pytest.mark.parametrize("layer", ["layer1", "layer4", "layer4.1"])
def test_that_scores_and_means_are_those_of_the_whole_table(
    scan: ActivationScan, layer: str, images: list[int]
) -> None:
    numbers = np.array(images, np.int64)
    np.testing.assert_array_equal(scan.image_scores(layer, numbers), scan.scores(layer)[numbers].T)
    slow = np.array([np.mean([float(score) for score in column]) for column in scan.scores(layer)[numbers].T])
    found = finish(mean_scores(scan, layer, numbers))
    assert found.dtype == np.float64 and not found.flags.writeable
    np.testing.assert_allclose(found, slow, rtol=1e-6, atol=1e-7)


def test_that_many_images_are_read_part_by_part(scan: ActivationScan, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = finish(mean_scores(scan, "layer4", np.arange(IMAGES)))
    monkeypatch.setattr("backend.analysis.scans.mean_scores._AT_ONCE", 100)
    assert [step.done for step in mean_scores(scan, "layer4", np.arange(IMAGES))] == [0, 100, 200, 300, 400, 500]
    np.testing.assert_allclose(finish(mean_scores(scan, "layer4", np.arange(IMAGES))), whole, rtol=1e-6)


def test_that_no_images_have_no_mean(scan: ActivationScan) -> None:
    assert np.isnan(finish(mean_scores(scan, "layer4", np.zeros(0, np.int64)))).all()
    assert scan.image_scores("layer4", np.zeros(0, np.int64)).shape == (5, 0)
