"""Which images are seen wrongly, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from backend.analysis.scans.scan_results import BLOCK, ActivationScan, ScanHeader, ScannedLayer, Table
from gui.prediction_tree.seen_wrongly import seen_wrongly

NAMES = ("dog", "stone", "cat")
CLASSES = ("cat", "dog")


def scan(count: int, done: int, first: int = 0) -> tuple[ActivationScan, np.ndarray, np.ndarray]:
    """Give a scan of random answers, with the answers and the labels."""
    generator = np.random.default_rng(count)
    odds = generator.random((len(CLASSES), count), dtype=np.float32)
    labels = generator.integers(0, len(NAMES), (1, count), dtype=np.int32)
    header = ScanHeader(
        "small", "few", "w", "d", first, first + count, first + count, (ScannedLayer("logits", 2, 1, 1),), NAMES, 2
    )
    tables = {
        name: Table(
            np.concatenate([part.ravel() for part in np.split(rows, range(BLOCK, count, BLOCK), 1)]), len(rows), count
        )
        for name, rows in (("probability", odds), ("label", labels))
    }
    return ActivationScan(header, done, tables), odds, labels[0]


@pytest.mark.parametrize(("count", "done", "first"), [(40, 40, 0), (600, 600, 0), (600, 300, 0), (600, 600, 50)])
def test_that_they_are_those_whose_prediction_is_another_class(count: int, done: int, first: int) -> None:
    made, odds, labels = scan(count, done, first)
    wanted = [
        first + number
        for number in range(done)
        if NAMES[labels[number]] in CLASSES and CLASSES[int(odds[:, number].argmax())] != NAMES[labels[number]]
    ]
    found = seen_wrongly(made, CLASSES)
    assert found.tolist() == wanted and wanted and found.dtype == np.int64


def test_that_of_other_classes_none_is_told() -> None:
    assert not len(seen_wrongly(scan(40, 40)[0], ("tree", "house")))
    assert not len(seen_wrongly(scan(40, 0)[0], CLASSES))
