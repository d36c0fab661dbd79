"""The prediction tree beside the Gram product of its features, and a path through it, without Qt.

`python -m tests.benchmarks.tree [--device cuda] [--images 500 1000 2500 5000]`

Features are 512 filters of 4 × 4. Made-up ones of three kinds: many modes with long tails, as behind a ReLU; noise;
equal images. Where CIFAR-10 is on this machine, its horses in the shipped network, of 256 filters, as well. The product
is taken in float64, as the tree needs it, and in float32 for comparison; with NumPy, which computes half of it and
mirrors. The two take turns, and medians are printed. Memory is what the process held at most beyond the features, in
Gram matrices: to be read off a size that is measured alone.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch
from numpy.typing import NDArray

from backend.analysis.datasets import open_dataset
from backend.analysis.events import finish
from backend.analysis.features import collect_features
from backend.analysis.networks import load_network
from backend.analysis.prediction_tree import PredictionTree, building_prediction_tree, trace_path

CIFAR = Path.home() / ".cache" / "filterscope-data" / "cifar10" / "train"
SHAPE = (512, 4, 4)
ROUNDS = 3
Features = NDArray[np.float32]


def modes(images: int) -> Features:
    generator = np.random.default_rng(0)
    patterns = generator.exponential(size=(30, *SHAPE)).astype(np.float32)
    weights = generator.normal(0.3, 1.0, (images, 30)).astype(np.float32)
    features = np.tensordot(weights, patterns, 1)
    features += 2 * generator.standard_normal(features.shape, np.float32) - 3
    return np.maximum(features, 0, out=features)


def noise(images: int) -> Features:
    return np.random.default_rng(0).random((images, *SHAPE), np.float32)


def equal(images: int) -> Features:
    return np.ones((images, *SHAPE), np.float32)


def horses(images: int) -> Features:
    dataset, network = open_dataset(CIFAR, size=(32, 32)), load_network("cifar10-resnet18")
    rows = np.flatnonzero(dataset.labels == dataset.class_names.index("horse"))[:images]
    return finish(collect_features(network, dataset, "layer4", rows))


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def product_seconds(flat: NDArray[np.floating], device: str) -> float:
    if device == "cpu":
        return seconds(lambda: flat @ flat.T)
    there = torch.from_numpy(flat).to(device)
    there @ there.T
    torch.cuda.synchronize()
    return seconds(lambda: (there @ there.T).cpu())


def peak_bytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)


def build(features: Features, device: str) -> tuple[PredictionTree, float, float]:
    """Give the tree, the seconds it took and the longest wait between two of its events."""
    begin = time.perf_counter()
    times = [begin]
    tree = finish(building_prediction_tree(features, device=device), lambda _: times.append(time.perf_counter()))
    return tree, time.perf_counter() - begin, float(np.diff(times).max())


def measure(name: str, features: Features, device: str) -> None:
    images, held = len(features), peak_bytes()
    tree, *_ = build(features, device)
    grams = (peak_bytes() - held) / (8 * images**2)
    flat = np.array(features).reshape(images, -1)
    rounds = []
    for _ in range(ROUNDS):
        narrow, wide = product_seconds(flat, device), product_seconds(flat.astype(np.float64), device)
        _, took, wait = build(features, device)
        rounds.append((took, wide, narrow, took / wide, took / narrow, wait, path_seconds(tree)))
    took, wide, narrow, ratio, ratio_narrow, wait, path = np.median(rounds, axis=0)
    print(
        f"{name:7} {images:5} × {features[0].size:5}: tree {took:6.2f} s, product {wide:5.2f} s: {ratio:4.1f} times"
        f" (float32 {narrow:5.2f} s: {ratio_narrow:4.1f}); waits ≤ {wait * 1000:4.0f} ms, {grams:4.1f} Gram matrices;"
        f" {len(tree.merges)} merges, {len(tree.roots)} roots; path {path * 1000:.0f} ms",
        flush=True,
    )


def path_seconds(tree: PredictionTree) -> float:
    return seconds(lambda: trace_path(tree, tree.features[len(tree.features) // 2]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--images", type=int, nargs="+", default=[500, 1000, 2500, 5000])
    options = parser.parse_args()
    for images in options.images:
        for make in (modes, noise, equal, *([horses] if CIFAR.is_dir() else [])):
            measure(make.__name__, make(images), options.device)


if __name__ == "__main__":
    main()
