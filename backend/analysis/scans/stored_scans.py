"""Scans and layer statistics in the result store. Torch-free, so that the window finds them before torch wakes."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

from backend.analysis.events import Progress
from backend.analysis.scans.scan_files import header_to_json, open_scan
from backend.analysis.scans.scan_results import ActivationScan, ScanHeader
from backend.analysis.scans.score_statistics import LayerStatistics, describe_layer
from backend.store import Store


def scan_folder(store: Store, header: ScanHeader) -> Path:
    """Name the folder of a scan: other weights, data or layers give another one."""
    return store.folder("scan", _key(header))


def stored_scan(store: Store, header: ScanHeader) -> ActivationScan | None:
    """Open the stored scan of this header, complete or not; None where there is none."""
    scan = open_scan(scan_folder(store, header))
    return scan if scan is not None and _key(scan.header) == _key(header) else None


def stored_statistics(store: Store, scan: ActivationScan, layer: str) -> LayerStatistics | None:
    """Give the statistics of a layer of a complete scan, if they were computed before."""
    arrays = store.load("layer-statistics", _layer_key(scan, layer)) if scan.complete else None
    try:
        return None if arrays is None else LayerStatistics(**arrays)
    except TypeError:
        return None


def layer_statistics(store: Store, scan: ActivationScan, layer: str) -> Generator[Progress, None, LayerStatistics]:
    """Describe a layer, or find what was computed before; only a complete scan's are stored. Raises `OSError`."""
    found = stored_statistics(store, scan, layer)
    if found is None:
        found = yield from describe_layer(scan, layer)
        if scan.complete:
            store.save("layer-statistics", _layer_key(scan, layer), found.arrays())
    return found


def _layer_key(scan: ActivationScan, layer: str) -> dict[str, Any]:
    return {**_key(scan.header), "layer": scan.layer(layer).name}


def _key(header: ScanHeader) -> dict[str, Any]:
    # Names may change without changing a score; what a GPU rounded stands in the header.
    return header_to_json(replace(header, network="", dataset="", precision=""))
