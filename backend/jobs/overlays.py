"""What in an image excites a unit: activation maps, attributions, receptive fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from backend.analysis.objectives import Layer, Unit, check_unit
from backend.engine import Engine
from backend.jobs.job import Job, Steps

Overlay = Literal["activation", "attribution"]
AT_ONCE = 2
"""Images overlaid between two events: what is interactive need not wait for all of them."""


@dataclass(frozen=True, eq=False)
class OverlaidImages:
    """Images with what excites the unit glowing in them: uint8 (images, height, width, 3)."""

    indices: tuple[int, ...]
    images: NDArray[np.uint8]


@dataclass(frozen=True)
class OverlayImages(Job):
    """Lay a unit's activation map, or its attribution, over images. Yields `OverlaidImages` as they are made."""

    network: str
    dataset: str
    unit: Unit
    indices: tuple[int, ...]
    overlay: Overlay
    place: str = "panel"

    @property
    def title(self) -> str:
        return "Overlaying images"

    @property
    def key(self) -> str:
        return f"overlays for {self.place}"

    def run(self, engine: Engine) -> Steps[None]:
        from backend.analysis.arrays import frozen
        from backend.analysis.attribution import ATTRIBUTION_SPREAD, activation_maps, attribute_to_unit, overlay

        network = engine.network(self.network)
        check_unit(self.unit, network.card)
        dataset = yield from engine.dataset(self.dataset, network)
        for start in range(0, len(self.indices), AT_ONCE):
            indices = self.indices[start : start + AT_ONCE]
            pictures = np.ascontiguousarray(dataset.images(list(indices)))
            engine.share_work(pictures[..., 0].size * (1 if self.overlay == "activation" else 8))
            images = network.normalize(pictures)
            if self.overlay == "activation":
                glowing = overlay(pictures, activation_maps(network, self.unit, images))
            else:
                glowing = overlay(pictures, attribute_to_unit(network, self.unit, images), ATTRIBUTION_SPREAD)
            yield OverlaidImages(indices, frozen(glowing))


@dataclass(frozen=True)
class FindReceptiveField(Job):
    """Find the input pixels that one place of a layer looks at. Returns (top, left, bottom, right)."""

    network: str
    layer: str
    y: int
    x: int

    @property
    def title(self) -> str:
        return "Finding a receptive field"

    @property
    def key(self) -> str:
        return "receptive field"

    def run(self, engine: Engine) -> Steps[tuple[int, int, int, int]]:
        from backend.analysis.receptive_field import receptive_field

        yield from ()
        network = engine.network(self.network)
        check_unit(Layer(self.layer), network.card)
        engine.share_work(network.input_size[0] * network.input_size[1])
        return receptive_field(network, self.layer, self.y, self.x)
