"""Tuning curves belong to scans of the probe set alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backend.analysis.scans.probe_scores import probe_set, probe_tuning
from backend.analysis.scans.scanned_layers import scan_header
from tests.networks import tiny_network


def test_that_only_scores_of_the_probe_set_have_tuning_curves() -> None:
    card = tiny_network().card
    probe = probe_set(card.input_size, card.mean, card.std)
    header = scan_header(card, probe.name, probe.digest, probe.class_names, len(probe), ("bn1",))
    # A unit that scores a grating by its frequency, and nothing else at all.
    scores = np.array(
        [probe.parameters(i).get("frequency", 0.0) if probe.labels[i] == 0 else 0.0 for i in range(len(probe))],
        dtype=np.float32,
    )
    curves = {curve.name: curve for curve in probe_tuning(header, scores, card)}
    assert set(curves) == {"orientation", "frequency", "hue", "size"}
    assert np.allclose(curves["frequency"].mean, curves["frequency"].values)
    assert not curves["hue"].mean.any()
    assert probe_tuning(replace(header, data="other images"), scores, card) == ()
    assert probe_tuning(header, scores, None) == ()
    other = replace(card, mean=(0.1, 0.1, 0.1))  # its random noise would be another
    assert probe_tuning(header, scores, other) == ()
