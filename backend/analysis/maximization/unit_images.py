"""Pictures of one unit: what excites it most and least, and four different ways to excite it. Torch-free at import."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.cards import LOGITS
from backend.analysis.events import Notice, Progress, retold
from backend.analysis.maximization.maximization_settings import LIFELIKE, MaximizationSettings
from backend.analysis.maximization.starts import NoiseStart
from backend.analysis.maximization.walls import START
from backend.analysis.objectives import ClassLogit, ClassProbability, Diversity, Objective, Unit, check_objective

if TYPE_CHECKING:
    from torch import Tensor

    from backend.analysis.activation_maximization import MaximizationStep
    from backend.analysis.cards import NetworkCard
    from backend.analysis.networks import Network
    from backend.store import Store

DIVERSE_SEEDS = (1, 2, 3, 4)
"""Of the noise that the diverse pictures start from; the other two start from the wall's, which has seed 0."""

# Judged by the pictures of eleven units of the shipped network. Without a cap, every λ either leaves the four alike or
# makes one of them give up the unit for difference's sake. So each has to reach a share of what the positive picture
# reaches and may spend the rest on being different. An image that gives up the unit altogether loses ENOUGH and wins at
# most 2 λ (its own cosines and its share of the others'): below ENOUGH / 2 that does not pay in the end.
ENOUGH = 0.7
"""Share of the positive picture's score from which on only difference pays."""
DIVERSITY = 0.25
"""λ of the diversity, as a share of the positive picture's score."""
LEAST_SCALE = 0.1
"""What the shares are of where the positive picture's score is closer to 0: a silent or dead unit."""

FRAME_RATE = 4.0
Picture = Literal["positive", "negative", "diverse"]


@dataclass(frozen=True, eq=False)
class UnitImages:
    """Optimised pictures of one unit; every array is read-only.

    Attributes
    ----------
    positive, negative : ndarray of uint8
        (height, width, 3): what excites the unit most and least.
    diverse : ndarray of uint8
        (4, height, width, 3): pictures that excite it and differ from each other in the eyes of its layer.
    done : bool
        False while they grow; what has not begun is shown as the noise that it will start from.
    positive_score, negative_score : float
        What the unit gives the finished picture, as it stands (after its ReLU, so often 0 for the negative one); NaN
        before.
    diverse_scores : tuple of float
        The same for the four.
    """

    positive: NDArray[np.uint8]
    negative: NDArray[np.uint8]
    diverse: NDArray[np.uint8]
    done: bool
    positive_score: float = math.nan
    negative_score: float = math.nan
    diverse_scores: tuple[float, ...] = (math.nan,) * len(DIVERSE_SEEDS)


@dataclass(frozen=True, eq=False)
class UnitImagesStep:
    """The pictures as far as they are."""

    images: UnitImages
    progress: Progress

    latest_wins: ClassVar[bool] = True


@dataclass(frozen=True)
class _Enough(Unit):
    """A unit that nothing is gained from beyond the value `most`."""

    unit: Unit
    most: float

    @property
    def layer_name(self) -> str:
        return self.unit.layer_name

    def pool(self, output: Tensor) -> Tensor:
        return self.unit.pool(output).clamp(max=self.most)


def stored_unit_images(
    card: NetworkCard, unit: Unit, store: Store, settings: MaximizationSettings = LIFELIKE
) -> UnitImages | None:
    """Give the pictures that are stored for these weights, unit and settings; None where there are none."""
    arrays = store.load("unit-images", _key(card, unit, settings))
    picture, four = (*card.input_size, 3), len(DIVERSE_SEEDS)
    shapes = {"positive": picture, "negative": picture, "diverse": (four, *picture), "scores": (2 + four,)}
    if arrays is None or any(name not in arrays or arrays[name].shape != shape for name, shape in shapes.items()):
        return None
    positive, negative, diverse = (frozen(arrays[name]) for name in get_args(Picture))
    scores = arrays["scores"].tolist()
    return UnitImages(positive, negative, diverse, True, scores[0], scores[1], tuple(scores[2:]))


def optimise_unit_images(
    network: Network, unit: Unit, store: Store, settings: MaximizationSettings = LIFELIKE
) -> Generator[UnitImagesStep | Notice, Any, UnitImages]:
    """Optimise six pictures of a unit and store them; what is stored already is given at once.

    The negative picture minimises the unit, read before its ReLU, for behind one there is no gradient below 0. The
    diverse ones add `Diversity` in the unit's layer, or in the last layer with space where the unit is an output of the
    network. A class probability is optimised as its logit, for near 0 and 1 it has no gradient.

    Parameters
    ----------
    network : Network
    unit : Unit
        A class logit, class probability, layer, channel or neuron.
    store : Store
    settings : MaximizationSettings, default=LIFELIKE
        Of several learning rates, the first is used.

    Yields
    ------
    UnitImagesStep
        A few a second.
    Notice
        Where the result cannot be stored.

    Returns
    -------
    UnitImages

    Raises
    ------
    UserError
        Where the unit does not exist, or the optimisation diverges.
    """
    stored = stored_unit_images(network.card, unit, store, settings)
    if stored is not None:
        return stored
    check_objective(unit, network.card)
    images = yield from _optimise(network, unit, replace(_plain(settings), frame_rate=FRAME_RATE))
    try:
        store.save("unit-images", _key(network.card, unit, settings), _arrays(images))
    except OSError as error:
        yield Notice(f"The pictures cannot be kept for the next time: {error.strerror}.")
    return images


def _optimise(
    network: Network, unit: Unit, settings: MaximizationSettings
) -> Generator[UnitImagesStep, Any, UnitImages]:
    import torch

    from backend.analysis.maximization.starts import start_images

    climbed = ClassLogit(unit.index) if isinstance(unit, ClassProbability) else unit
    start = start_images(START, network)
    starts = torch.cat([start_images(NoiseStart(seed, START.contrast), network) for seed in DIVERSE_SEEDS])
    noise, noises = frozen(network.to_images(start)[0]), frozen(network.to_images(starts))
    images = UnitImages(noise, noise, noises, done=False)

    images, pixels = yield from _grow(network, climbed, start, settings, images, "positive")
    reached = _scores(network, climbed, pixels)[0]
    images = replace(images, positive_score=_scores(network, unit, pixels)[0])

    before_relu = replace(settings, pre_activation="always")
    images, pixels = yield from _grow(network, -climbed, start, before_relu, images, "negative")
    images = replace(images, negative_score=_scores(network, unit, pixels)[0])

    objective = _diverse(climbed, reached, network.card)
    images, pixels = yield from _grow(network, objective, starts, settings, images, "diverse")
    return replace(images, diverse_scores=tuple(_scores(network, unit, pixels)), done=True)


def _grow(
    network: Network,
    objective: Objective | Unit,
    start: Tensor,
    settings: MaximizationSettings,
    images: UnitImages,
    which: Picture,
) -> Generator[UnitImagesStep, Any, tuple[UnitImages, Tensor]]:
    """Optimise one of the pictures; give all of them with it, and its pixels as the network takes them."""
    from backend.analysis.activation_maximization import maximize

    before = get_args(Picture).index(which) * settings.steps

    def grown(step: MaximizationStep) -> UnitImagesStep:
        nonlocal images
        images = _with(images, which, step.images if which == "diverse" else step.images[0])
        return UnitImagesStep(images, Progress(before + step.step, 3 * settings.steps, "steps"))

    end = yield from retold(maximize(network, objective, start, settings), grown)
    return images, end.images


def _with(images: UnitImages, which: Picture, picture: NDArray[np.uint8]) -> UnitImages:
    match which:
        case "positive":
            return replace(images, positive=picture)
        case "negative":
            return replace(images, negative=picture)
        case "diverse":
            return replace(images, diverse=picture)


def _diverse(unit: Unit, reached: float, card: NetworkCard) -> Objective:
    scale = max(abs(reached), LEAST_SCALE)
    layer = _last_layer_with_space(card) if unit.layer_name == LOGITS else unit.layer_name
    return _Enough(unit, reached - (1 - ENOUGH) * scale) + DIVERSITY * scale * Diversity(layer)


def _last_layer_with_space(card: NetworkCard) -> str:
    """Name the last of the outermost layers whose map has more than one place: `layer4`, not `layer4.1.bn2`."""
    spacious = [layer.name for layer in card.layers if layer.has_space and layer.shape[1] * layer.shape[2] > 1]
    return min(reversed(spacious), key=lambda name: name.count("."), default=LOGITS)


def _scores(network: Network, unit: Unit, images: Tensor) -> list[float]:
    import torch

    from backend.analysis.capture import capturing
    from backend.analysis.objectives import evaluate_terms, needed_calls

    with torch.no_grad(), capturing(network.module, needed_calls(unit, network.card)) as forward:
        scores: list[float] = evaluate_terms(unit, forward(images))[0].tolist()
    return scores


def _arrays(images: UnitImages) -> dict[str, NDArray[Any]]:
    scores = np.array([images.positive_score, images.negative_score, *images.diverse_scores])
    return {"positive": images.positive, "negative": images.negative, "diverse": images.diverse, "scores": scores}


def _plain(settings: MaximizationSettings) -> MaximizationSettings:
    """Leave out what does not change the pictures, and all learning rates but the first."""
    return replace(settings, frame_rate=0.0, learning_rate=settings.learning_rates[0])


def _key(card: NetworkCard, unit: Unit, settings: MaximizationSettings) -> dict[str, Any]:
    return {
        "weights": card.weights_digest,
        "unit": {"kind": type(unit).__name__, **asdict(unit)},
        "settings": _plain(settings).to_json(),
        "diversity": [ENOUGH, DIVERSITY],
    }
