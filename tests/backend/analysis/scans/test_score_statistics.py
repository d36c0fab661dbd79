"""Moments against SciPy, class means and twins against loops, and the words for a shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats

from backend.analysis.activation_scan import ActivationScan, scan_activations
from backend.analysis.scans.score_statistics import (
    LayerStatistics,
    class_means,
    describe_layer,
    describe_scores,
    percentile_of,
    similar_channels,
)
from tests.backend.analysis.test_activation_scan import finish, pictures
from tests.networks import tiny_network


@pytest.fixture(scope="module")
def scan() -> ActivationScan:
    return finish(scan_activations(tiny_network(), pictures(400), ["bn1", "relu2", "logits"]))


def described(scan: ActivationScan, layer: str) -> LayerStatistics:
    result: Any = finish(describe_layer(scan, layer))  # type: ignore[arg-type]
    return result


@pytest.mark.parametrize("kind", ["normal", "long tail", "mostly zero", "tiny", "offset"])
def test_that_moments_are_scipys(kind: str) -> None:
    generator = np.random.default_rng(0)
    scores = {
        "normal": generator.normal(2, 3, 5000),
        "long tail": generator.exponential(1, 5000) ** 2,
        "mostly zero": np.maximum(generator.normal(-1, 1, 5000), 0),
        "tiny": generator.normal(0, 1e-6, 5000),
        "offset": generator.normal(1000, 0.1, 5000),
    }[kind].astype(np.float32)
    found, exact = describe_scores(scores), scores.astype(np.float64)
    assert found.images == 5000
    assert found.mean == pytest.approx(exact.mean(), rel=1e-9)
    assert found.deviation == pytest.approx(exact.std(), rel=1e-6)
    assert found.skewness == pytest.approx(scipy.stats.skew(exact), rel=1e-6)
    assert found.kurtosis == pytest.approx(scipy.stats.kurtosis(exact), rel=1e-6)
    assert found.zeros == np.mean(scores == 0)
    assert (found.least, found.largest) == (scores.min(), scores.max())


def test_that_shapes_are_called_what_the_rule_says() -> None:
    generator = np.random.default_rng(1)
    normal = generator.normal(0, 1, 20_000).astype(np.float32)
    assert describe_scores(normal).shape == "bell-shaped"
    assert describe_scores(np.exp(normal)).shape == "long-tailed"
    assert describe_scores(np.exp(0.25 * normal)).shape == "skewed"
    assert describe_scores(-np.exp(normal)).shape == "long-tailed"
    assert describe_scores(np.maximum(normal - 0.5, 0)).shape == "mostly silent"
    assert describe_scores(np.sign(normal)).shape == "flat"
    for constant in (0.0, 0.1, -3.7):
        assert describe_scores(np.full(1001, constant, np.float32)).shape == "dead"
    # Exactly half of them silent is mostly silent; one less is not.
    half = np.concatenate([np.zeros(500), generator.normal(5, 0.1, 500)]).astype(np.float32)
    assert describe_scores(half).shape == "mostly silent"
    assert describe_scores(half[1:]).shape == "flat"


def test_that_what_is_no_number_is_left_out() -> None:
    scores = np.array([1, np.nan, 2, np.inf, 3, -np.inf], dtype=np.float32)
    found = describe_scores(scores)
    assert (found.images, found.mean, found.largest) == (3, 2.0, 3.0)
    assert describe_scores(np.full(4, np.nan, np.float32)).images == 0
    assert describe_scores(np.zeros(0, np.float32)).images == 0


def test_that_a_layer_is_described_as_its_channels_one_by_one(scan: ActivationScan) -> None:
    for layer in ("bn1", "relu2", "logits"):
        found, scores = described(scan, layer), scan.scores(layer)
        for channel in range(scores.shape[1]):
            alone = describe_scores(scores[:, channel])
            for name in ("mean", "deviation", "skewness", "kurtosis", "zeros"):
                assert getattr(found, name)[channel] == pytest.approx(getattr(alone, name), rel=1e-4, abs=1e-6)
            assert found.shapes()[channel] == alone.shape
            means = [scores[scan.labels == label, channel].mean() for label in range(3)]
            assert np.allclose(found.class_means[channel], means, atol=1e-5)
            best = int(np.argmax(means))
            rest = scores[scan.labels != best, channel].mean()
            if not found.dead[channel]:
                assert found.preferred[channel] == best
                assert found.selectivity[channel] == pytest.approx((means[best] - rest) / alone.deviation, abs=1e-3)


def test_that_twins_are_the_most_similar_channels(scan: ActivationScan) -> None:
    found, scores = described(scan, "bn1"), scan.scores("bn1").astype(np.float64)

    def cosine(a: int, b: int) -> float:
        return float(scores[:, a] @ scores[:, b] / np.linalg.norm(scores[:, a]) / np.linalg.norm(scores[:, b]))

    for channel in range(scores.shape[1]):
        others = sorted(
            (other for other in range(scores.shape[1]) if other != channel), key=lambda o: -cosine(channel, o)
        )
        assert found.twin[channel] == others[0]
        assert found.twin_cosine[channel] == pytest.approx(cosine(channel, others[0]), abs=1e-5)
        similar = similar_channels(scan, "bn1", channel, 3)
        assert [index for index, _ in similar] == others[:3]
        assert similar[1][1] == pytest.approx(cosine(channel, others[1]), abs=1e-5)


def test_that_dead_and_duplicate_channels_are_flagged() -> None:
    network = tiny_network()
    with_conv = network.module.conv2
    with_conv.weight.data[3] = 0
    with_conv.bias.data[3] = -1  # dead behind its ReLU
    with_conv.weight.data[5] = with_conv.weight.data[4]
    with_conv.bias.data[5] = with_conv.bias.data[4] = 2.0
    scan = finish(scan_activations(network, pictures(300), ["relu2"]))
    found = described(scan, "relu2")
    assert found.dead.tolist() == [index == 3 or not scan.scores("relu2")[:, index].any() for index in range(8)]
    assert found.duplicate[4] and found.duplicate[5] and not found.duplicate[3]
    assert found.twin[4] == 5 and found.twin[5] == 4


def test_that_a_class_without_images_has_no_mean() -> None:
    scores = np.array([[1.0, 2.0, 3.0]], dtype=np.float32)
    means = class_means(scores, np.array([0, 2, 2]), 4)
    assert means[0, 0] == 1 and np.isnan(means[0, 1]) and means[0, 2] == 2.5 and np.isnan(means[0, 3])
    empty = class_means(np.zeros((2, 0), np.float32), np.zeros(0, np.int64), 3)
    assert empty.shape == (2, 3) and np.isnan(empty).all()


def test_that_one_image_and_one_class_are_described() -> None:
    for count, classes in ((1, 1), (7, 1)):
        scan = finish(scan_activations(tiny_network(), pictures(count, classes=classes), ["bn1"]))
        found = described(scan, "bn1")
        assert (found.preferred == 0).all() and (found.selectivity == 0).all()
        assert np.isfinite(found.skewness).all()


def test_that_a_percentile_counts_ties_half() -> None:
    ordered = np.array([0, 0, 1, 2], dtype=np.float32)
    assert percentile_of(-1, ordered) == 0 and percentile_of(0, ordered) == 0.25
    assert percentile_of(1.5, ordered) == 0.75 and percentile_of(9, ordered) == 1
    assert np.isnan(percentile_of(1, ordered[:0]))
