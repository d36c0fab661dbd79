"""Images of random noise as a data set of one class, drawn on the fly and the same in every process."""

from __future__ import annotations

from backend.analysis.cards import NetworkCard
from backend.analysis.images.image_dataset import ImageDataset, digest_of
from backend.analysis.images.stimuli import random_noise
from backend.analysis.pictures import Picture

NOISE = "random noise"
"""Name of the class."""
SEED = 0


class NoiseSet(ImageDataset):
    """Noise as a network is shown it: per channel from a Gaussian with the mean and deviation of the network's card."""

    def __init__(self, card: NetworkCard, count: int) -> None:
        # A grey network has one mean; one with more channels shows its first three.
        self._mean, self._std = (
            tuple(values[:3]) if len(values) >= 3 else (values[0],) * 3 for values in (card.mean, card.std)
        )
        digest = digest_of("noise", count, card.input_size, self._mean, self._std, SEED)
        super().__init__(NOISE, NOISE, (NOISE,), [0] * count, card.input_size, digest)

    def _image(self, index: int) -> Picture:
        # A generator of its own for every image: any one can be drawn without those before it.
        return random_noise(1, self.size, self._mean, self._std, (SEED, index)).reshape(*self.size, 3)
