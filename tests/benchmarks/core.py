"""Steps a second of the core beside the bare loop, without Qt: runs on any device, a GPU machine included.

`python -m tests.benchmarks.core [--device cuda] [--seconds 2]`
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch

from backend.analysis.activation_maximization import maximize
from backend.analysis.cards import NetworkCard
from backend.analysis.maximization.maximization_settings import LIFELIKE, MaximizationSettings
from backend.analysis.network import Network
from backend.analysis.networks import load_network
from backend.analysis.objectives import Channel, Channels
from backend.analysis.weights.architectures import build
from backend.engine import FEW_PIXELS
from tests.benchmarks.bare_loop import best_bare

PLAIN = MaximizationSettings(steps=10**6, learning_rate=0.05, frame_rate=30.0)
ROUNDS = 3


def imagenet_network(device: str = "cpu") -> Network:
    """Make torchvision's ResNet-18 at 224 px with random weights: the work is the same, and needs no download."""
    torch.manual_seed(0)
    classes = tuple(str(index) for index in range(1000))
    card = NetworkCard("resnet18", "torchvision/resnet18", classes, (224, 224), (0.5,) * 3, (0.25,) * 3)
    return Network(build("torchvision/resnet18", 1000, (224, 224), {}), card, device)


def steps_per_second(
    network: Network, layer: str, batch: int, settings: MaximizationSettings, seconds: float, cores: int
) -> float:
    """Measure `maximize` with the threads that the engine would choose."""
    start = torch.randn(batch, network.in_channels, *network.input_size, device=network.device) * 0.1
    before = torch.get_num_threads()
    torch.set_num_threads(1 if start[:, 0].numel() < FEW_PIXELS else cores)
    run = maximize(network, Channel(layer, 3), start, replace(settings, steps=10**6, frame_rate=30.0))
    first = next(run)
    begin, step = time.perf_counter(), first
    while time.perf_counter() - begin < seconds:
        step = next(run)
    took = time.perf_counter() - begin
    run.close()
    torch.set_num_threads(before)
    return (step.step - first.step) / took


def compare(first: Callable[[], float], second: Callable[[], float]) -> tuple[float, float, float]:
    """Alternate the two; give the median of each and of the ratio second / first."""
    pairs = [(first(), second()) for _ in range(ROUNDS)]
    ratios = [ours / theirs for theirs, ours in pairs]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), statistics.median(ratios)


def wall_rates(network: Network, count: int, steps: int, cores: int) -> tuple[float, float]:
    """Give images/s of channels optimised one by one, and in one batch."""
    settings = replace(LIFELIKE, steps=steps, frame_rate=2.0)
    start = torch.randn(1, 3, *network.input_size, device=network.device) * 0.1
    torch.set_num_threads(1)
    begin = time.perf_counter()
    for index in range(count):
        list(maximize(network, Channel("layer4", index), start, settings))
    alone = count / (time.perf_counter() - begin)
    torch.set_num_threads(cores)
    begin = time.perf_counter()
    list(maximize(network, Channels("layer4", tuple(range(count))), start.expand(count, -1, -1, -1), settings))
    return alone, count / (time.perf_counter() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    cores = torch.get_num_threads()
    small, large = load_network("cifar10-resnet18", options.device), imagenet_network(options.device)
    batches = (1, 16) if options.device == "cpu" else (1, 64)
    cases = [(small, layer, batch) for layer, batch in itertools.product(("layer2", "layer4"), batches)]
    cases += [(large, "layer4", batch) for batch in ((1,) if options.device == "cpu" else batches)]
    for name, settings in (("plain", PLAIN), ("Lifelike", LIFELIKE)):
        for network, layer, batch in cases:
            theirs, ours, ratio = compare(
                lambda: best_bare(network, layer, 3, batch, options.seconds, cores),  # noqa: B023
                lambda: steps_per_second(network, layer, batch, settings, options.seconds, cores),  # noqa: B023
            )
            side = network.input_size[0]
            rates = f"bare {theirs:6.1f}, core {ours:6.1f} steps/s"
            print(f"{name:9} {side:3} px {layer} batch {batch:2}: {rates}: {ratio:.2f}", flush=True)
    alone, together = wall_rates(small, 16, 64, cores)
    print(f"wall of channels: one by one {alone:.2f}, batched {together:.2f} images/s: {together / alone:.2f}")


if __name__ == "__main__":
    main()
