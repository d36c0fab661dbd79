"""Which channels stand for their layer, and which a user has typed. Pure: no widget, no signal."""

from __future__ import annotations

import numpy as np

from backend.jobs import LayerStatistics

MOST = 12


def choose_channels(statistics: LayerStatistics, count: int) -> list[int]:
    """Choose `count` channels that show what a layer is like: its shape of distribution, and different classes.

    Those whose skewness is nearest to the layer's median come first; of one preferred class only the most selective is
    taken while there are others. Dead channels and repetitions are left out while there are better ones.
    """
    poor = statistics.dead | statistics.duplicate
    alive = np.flatnonzero(~poor) if (~poor).any() else np.arange(len(poor))
    distance = np.abs(statistics.skewness - np.median(statistics.skewness[alive]))
    near = alive[np.argsort(distance[alive], kind="stable")][: max(count, len(alive) // 2)]
    chosen: list[int] = []
    seen: set[int] = set()
    for channel in near[np.argsort(-statistics.selectivity[near], kind="stable")]:
        if int(statistics.preferred[channel]) not in seen and len(chosen) < count:
            chosen.append(int(channel))
            seen.add(int(statistics.preferred[channel]))
    rest = [int(channel) for channel in near if int(channel) not in chosen]
    return sorted(chosen + rest[: count - len(chosen)])


def read_channels(text: str, count: int) -> tuple[list[int], str]:
    """Read "3, 17 40": the channels that exist, at most twelve, and a sentence about what could not be used."""
    found: list[int] = []
    for word in text.replace(",", " ").split():
        if not word.isdigit() or int(word) >= count:
            return found, f"“{word}” is no channel here: there are 0 to {count - 1}."
        if int(word) not in found:
            found.append(int(word))
    if len(found) > MOST:
        return found[:MOST], f"The first {MOST} channels are shown."
    return found, "" if found else f"Type the numbers of channels, 0 to {count - 1}, with commas between them."
