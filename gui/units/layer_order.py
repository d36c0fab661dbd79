"""The order of layers: as their outputs come."""

from __future__ import annotations

from collections.abc import Sequence


def call_order(names: Sequence[str]) -> list[str]:
    """Put modules, listed each before its parts, in the order in which their outputs come: each after its parts.

    >>> call_order(["conv1", "layer1", "layer1.0", "layer1.0.conv2", "fc"])
    ['conv1', 'layer1.0.conv2', 'layer1.0', 'layer1', 'fc']
    """
    last = {name: place for place, name in enumerate(names)}
    for place, name in enumerate(names):
        parts = name.split(".")
        for length in range(1, len(parts)):
            container = ".".join(parts[:length])
            if container in last:
                last[container] = place
    return sorted(names, key=lambda name: (last[name], -name.count(".")))
