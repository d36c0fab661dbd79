"""Whether a scan is one of the probe set, and the tuning curves of a unit if it is. Torch-free."""

from __future__ import annotations

from functools import lru_cache

from backend.analysis.cards import NetworkCard
from backend.analysis.images.stimuli import ProbeSet
from backend.analysis.scans.scan_results import Floats, ScanHeader
from backend.analysis.scans.tuning import TuningCurve, tuning_curves


def probe_tuning(header: ScanHeader, scores: Floats, card: NetworkCard | None) -> tuple[TuningCurve, ...]:
    """Give the tuning curves of scores (images,) over the probe set; none where they are of other images."""
    if card is None or header.first != 0:
        return ()
    probe = probe_set(card.input_size, card.mean, card.std)
    return tuning_curves(scores, probe) if probe.digest == header.data else ()


@lru_cache(maxsize=4)
def probe_set(size: tuple[int, int], mean: tuple[float, ...], std: tuple[float, ...]) -> ProbeSet:
    """Give the probe set of a network's input; its stimuli are drawn only when they are asked for."""
    return ProbeSet(size, mean, std)
