"""Images a second of the activation scan beside the bare forward pass of the same batches, without Qt.

`python -m tests.benchmarks.scan [--device cuda] [--images 4096]`

The two take turns every 256 images, so that what else the machine does falls on both. The scan reads, normalises, pools
eleven layers and writes its tables; the bare pass runs the network on the same batches, normalised beforehand.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch

from backend.analysis.activation_scan import batch_size, scan_activations
from backend.analysis.datasets import open_dataset
from backend.analysis.images.image_dataset import ArrayDataset, ImageDataset
from backend.analysis.network import Network
from backend.analysis.networks import load_network
from backend.analysis.scans.scan_results import BLOCK, ScanStep
from tests.benchmarks.core import imagenet_network

CIFAR = Path.home() / ".cache" / "filterscope-data" / "cifar10" / "train"


def images_of(network: Network, count: int) -> ImageDataset:
    """Give `count` images of the network's size: CIFAR-10 where it is on this machine, else noise."""
    size = network.input_size
    if size == (32, 32) and CIFAR.is_dir():
        whole = open_dataset(CIFAR, size=size)
        return ArrayDataset("few", "few", whole.class_names, whole.labels[:count], whole.images(range(count)), "few")
    noise = np.random.default_rng(0).integers(0, 256, (count, *size, 3), dtype=np.uint8)
    return ArrayDataset("noise", "noise", ("noise",), [0] * count, noise, "noise")


def waited(network: Network) -> float:
    if network.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def bare_seconds(network: Network, batches: list[torch.Tensor]) -> float:
    begin = waited(network)
    with torch.inference_mode():
        for batch in batches:
            network.module(batch)
    return waited(network) - begin


def compare(name: str, network: Network, count: int) -> None:
    """Print both rates and the median of their ratio over blocks of 256 images."""
    dataset, batch = images_of(network, count), batch_size(network)
    first = network.normalize(dataset.images(range(BLOCK)))
    batches = [first[start : start + batch].clone() for start in range(0, BLOCK, batch)]
    batches = [part.contiguous(memory_format=torch.channels_last) for part in batches]
    bare_seconds(network, batches)
    pairs: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        begin = waited(network)
        for event in scan_activations(network, dataset, folder=Path(folder) / "scan"):
            if isinstance(event, ScanStep):
                ours = waited(network) - begin
                if event.scan.done:
                    pairs.append((bare_seconds(network, batches), ours))
                begin = waited(network)
    pairs = pairs[1:]  # the first block warms up
    theirs, ours = (BLOCK / statistics.median(pair[which] for pair in pairs) for which in (0, 1))
    ratio = statistics.median(bare / scan for bare, scan in pairs)
    print(f"{name}, batch {batch}: bare {theirs:.0f}, scan {ours:.0f} images/s: {ratio:.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--images", type=int, default=4096)
    options = parser.parse_args()
    compare("32 px, width 32", load_network("cifar10-resnet18", options.device), options.images)
    few = options.images // 8 if options.device == "cpu" else options.images
    compare("224 px ResNet-18", imagenet_network(options.device), few)


if __name__ == "__main__":
    main()
