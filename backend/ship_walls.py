"""Make the walls that come with the program, for when a shipped network changes: `python -m backend.ship_walls`."""

from __future__ import annotations

import argparse
from pathlib import Path

import resources
from backend.analysis.maximization.maximization_settings import LIFELIKE
from backend.analysis.maximization.walls import WallTiles, compute_wall
from backend.analysis.networks import load_network
from backend.store import Store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("walls", nargs="*", default=["cifar10-resnet18/layer4", "cifar10-resnet18/logits"])
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    store = Store(Path(resources.__file__).parent / "results")
    for wall in options.walls:
        name, _, layer = wall.rpartition("/")
        for event in compute_wall(load_network(name, options.device), layer, store, LIFELIKE):
            if isinstance(event, WallTiles) and event.finished:
                print(f"{wall}: {event.progress.done} of {event.progress.total} channels", flush=True)


if __name__ == "__main__":
    main()
