"""Random noise, and the probe set: stimuli as a neurophysiologist would show them to a neuron, drawn on the fly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.analysis.images.image_dataset import ImageDataset, digest_of
from backend.analysis.images.probe_families import FAMILIES, draw_one_over_f
from backend.analysis.pictures import Picture

CIFAR_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR_STD = (0.2470, 0.2435, 0.2616)
_UNITS = {"orientation": "°", "phase": "°", "hue": "°", "frequency": " cycles"}


def gaussian_noise(
    count: int, size: tuple[int, int], mean: Sequence[float], std: Sequence[float], seed: int | Sequence[int]
) -> NDArray[np.float32]:
    """Draw images of independent pixels, per channel from a Gaussian with the data set's mean and deviation.

    This is the paper's random noise (secs. 2.1 and 2.5), before it is clipped to what a screen can show.

    Parameters
    ----------
    count : int
    size : (int, int)
        Height and width in pixels.
    mean, std : sequence of float
        One a channel, for values scaled to 0..1.
    seed : int or sequence of int

    Returns
    -------
    float32 (count, height, width, channels)
        In units where 0..1 is black..white; not clipped.
    """
    noise = np.random.default_rng(seed).standard_normal((count, *size, len(mean)), dtype=np.float32)
    return noise * np.asarray(std, dtype=np.float32) + np.asarray(mean, dtype=np.float32)


def random_noise(
    count: int, size: tuple[int, int], mean: Sequence[float], std: Sequence[float], seed: int | Sequence[int]
) -> Picture:
    """Return `gaussian_noise` as images, uint8 (count, height, width, channels), clipped and rounded."""
    return _to_uint8(gaussian_noise(count, size, mean, std, seed))


class ProbeSet(ImageDataset):
    """About 5,000 stimuli in nine families, the same in every process; a family is a class.

    Parameters
    ----------
    size : (int, int), default (32, 32)
        Height and width in pixels: the network's input size.
    mean, std : sequence of float
        The network's, one a channel, for the family of random noise; CIFAR-10's by default.
    seed : int, default 0
        Of the two noise families.
    """

    def __init__(
        self,
        size: tuple[int, int] = (32, 32),
        mean: Sequence[float] = CIFAR_MEAN,
        std: Sequence[float] = CIFAR_STD,
        seed: int = 0,
    ) -> None:
        stimuli = [(label, p) for label, family in enumerate(FAMILIES.values()) for p in family.stimuli()]
        digest = digest_of("probe set 1", tuple(size), tuple(mean), tuple(std), seed)
        super().__init__("probe", "probe", tuple(FAMILIES), [label for label, _ in stimuli], size, digest)
        self._parameters = [parameters for _, parameters in stimuli]
        self._mean, self._std, self._seed = _three(mean), _three(std), seed

    def parameters(self, index: int) -> Mapping[str, float | str]:
        """Return what stimulus `index` is drawn from (`probe_families` says in which units)."""
        return MappingProxyType(self._parameters[range(len(self))[index]])

    def describe(self, index: int) -> str:
        """Return the family and the parameters: "grating: colour luminance, frequency 4 cycles, ..."."""
        parts = [
            f"{key} {value}" if isinstance(value, str) else f"{key} {value:.3g}{_UNITS.get(key, '')}"
            for key, value in self.parameters(index).items()
        ]
        return f"{self.class_names[self.labels[index]]}: {', '.join(parts)}"

    def _image(self, index: int) -> Picture:
        parameters, label = self._parameters[index], int(self.labels[index])
        family = self.class_names[label]
        if "number" not in parameters:
            return _to_uint8(FAMILIES[family].draw(parameters, self.size))
        # A generator of its own for every image: any one can be drawn without those before it.
        seed = (self._seed, label, index)
        if family == "random noise":
            return random_noise(1, self.size, self._mean, self._std, seed).reshape(*self.size, 3)
        return _to_uint8(draw_one_over_f(parameters, self.size, np.random.default_rng(seed)))


def _three(values: Sequence[float]) -> tuple[float, ...]:
    # A grey network has one mean; one with more channels shows its first three.
    return tuple(values[:3]) if len(values) >= 3 else (values[0],) * 3


def _to_uint8(image: NDArray[np.floating[Any]]) -> Picture:
    rounded: Picture = np.rint(np.clip(image, 0.0, 1.0) * 255).astype(np.uint8)
    return rounded
