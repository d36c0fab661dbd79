"""Remove filters one after the other and see what becomes of a class: do they matter? Torch-free at import.

The honest test of a path's critical filters (paper sec. 3.2) is against as many random others of the same layer.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from backend.analysis.arrays import frozen
from backend.analysis.cards import LOGITS, NetworkCard
from backend.analysis.events import Progress
from backend.analysis.objectives import Channel, ClassLogit, check_objective
from backend.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from backend.analysis.networks import Network

Number = TypeVar("Number", np.float32, np.int64)
VALUES_AT_ONCE = 1 << 22
"""Values of the layer in one batch of variants: 16 MB, and what lies behind the layer is rarely much larger."""
NOT_COMPARED = -1
"""What stands for a prediction where there were not as many other filters to remove."""


@dataclass(frozen=True, eq=False)
class Ablation:
    """What becomes of a class when the first 0, 1, … k of some filters are removed. Arrays are read-only.

    Attributes
    ----------
    counts : int64 (k + 1,)
        Filters removed: 0 to k.
    probability : float32 (k + 1,)
        Of the class, in 0..1.
    logit : float32 (k + 1,)
    predictions : int64 (k + 1,)
        The class with the largest logit.
    random_probability, random_logit : float32 (repeats, k + 1)
        The same for random other filters of the layer, each repeat in an order of its own; NaN from where on the
        layer has fewer others than that.
    random_predictions : int64 (repeats, k + 1)
        −1 there.
    flips_at : int or None
        The smallest count at which the prediction is no longer that of the whole network.
    random_flips : float
        Share of the random choices whose prediction has changed at that count or before, in 0..1; where `flips_at` is
        None, at any count. NaN where the layer has not so many others.
    """

    counts: NDArray[np.int64]
    probability: NDArray[np.float32]
    logit: NDArray[np.float32]
    predictions: NDArray[np.int64]
    random_probability: NDArray[np.float32]
    random_logit: NDArray[np.float32]
    random_predictions: NDArray[np.int64]
    flips_at: int | None
    random_flips: float

    @property
    def compared(self) -> int:
        """The largest count for which the layer has as many other filters."""
        return int((self.random_predictions[0] != NOT_COMPARED).sum()) - 1


def ablate_filters(
    network: Network,
    image: NDArray[np.uint8],
    layer: str,
    filters: Sequence[int],
    class_index: int,
    repeats: int = 20,
    seed: int = 0,
) -> Generator[Progress, None, Ablation]:
    """Set the outputs of filters to 0, one more at a time, and do the same with random others.

    Parameters
    ----------
    network : Network
    image : uint8 (height, width, 3)
        Of any size.
    layer : str
    filters : sequence of int
        In the order of their removal; of equal ones the first counts.
    class_index : int
        The class to watch.
    repeats : int, default 20
        Random choices, at least 1.
    seed : int, default 0
        Of the random choices.

    Yields
    ------
    Progress
        In forwards.

    Returns
    -------
    Ablation

    Raises
    ------
    UserError
        Where the layer, one of the filters or the class does not exist, there is no filter, or no other filter.
    """
    chosen = list(dict.fromkeys(int(index) for index in filters))
    _check(network.card, layer, chosen, class_index)
    channels = network.card.layer(layer).channels
    orders = _random_orders(chosen, channels, repeats, seed)
    removed = np.concatenate([_removals([chosen], channels), _removals(orders, channels)])
    removed = np.concatenate([np.zeros((1, channels), bool), removed])
    logits = yield from _logits_without(network, image, layer, removed)
    return _ablation(logits, class_index, len(chosen), repeats)


def _check(card: NetworkCard, layer: str, filters: Sequence[int], class_index: int) -> None:
    check_objective(ClassLogit(class_index), card)
    if layer == LOGITS:
        raise UserError("No filters to remove", "The logits are what is read in the end.", "Choose a layer before.")
    for index in filters:
        check_objective(Channel(layer, index), card)
    if not filters:
        raise UserError("No filters to remove", "No filter was chosen.", "Choose an image whose path has filters.")
    if len(filters) == card.layer(layer).channels:
        raise UserError(
            "Nothing to compare with",
            f"All {len(filters)} filters of {layer} are to be removed, and no other is left to compare them with.",
            "Remove fewer filters.",
        )


def _random_orders(filters: Sequence[int], channels: int, repeats: int, seed: int) -> NDArray[np.int64]:
    """Draw as many others as there are filters, or all there are: (repeats, others)."""
    others = np.setdiff1d(np.arange(channels), filters)
    generator = np.random.default_rng(seed)
    return np.stack([generator.permutation(others)[: len(filters)] for _ in range(repeats)])


def _removals(orders: Sequence[Sequence[int]] | NDArray[np.int64], channels: int) -> NDArray[np.bool_]:
    """Mark what is removed when the first 1, 2, … of each order are: (orders · length, channels)."""
    orders = np.asarray(orders, np.int64)
    marks = np.zeros((*orders.shape, channels), bool)
    for count in range(orders.shape[1]):
        np.put_along_axis(marks[:, count], orders[:, : count + 1], True, axis=1)
    return marks.reshape(-1, channels)


def _logits_without(
    network: Network, image: NDArray[np.uint8], layer: str, removed: NDArray[np.bool_]
) -> Generator[Progress, None, NDArray[np.float32]]:
    """Give the logits of every variant of the layer's output, a row each: (variants, classes)."""
    import torch

    from backend.analysis.activation_scan import batch_size
    from backend.analysis.capture import editing

    inputs = network.normalize(image)
    info = network.card.layer(layer)
    masks = torch.from_numpy(removed).to(network.device)
    current = masks[:1]

    def remove(_: str, output: Tensor) -> Tensor:
        return torch.where(current.view(*current.shape, *[1] * (output.dim() - 2)), 0.0, output)

    with editing(network.module, {layer: info.calls}, remove) as forward:
        current = masks[:1].expand(2, -1)
        shared = _can_widen(network, forward, inputs)
        batch = max(1, VALUES_AT_ONCE // int(np.prod(info.shape))) if shared else batch_size(network)
        found = []
        for start in range(0, len(masks), batch):
            current = masks[start : start + batch]
            with torch.inference_mode():
                logits = forward(inputs if shared else inputs.repeat(len(current), 1, 1, 1))
            found.append(logits.float().cpu().numpy())
            yield Progress(start + len(current), len(masks), "forwards")
    return np.concatenate(found)


def _can_widen(network: Network, forward: Callable[[Tensor], Tensor], inputs: Tensor) -> bool:
    """Tell whether one image may become several variants in the middle of the network.

    Then all that comes before the layer is computed once a batch. A network that joins the layer's output to an
    earlier one of a single image (DenseNet does) refuses; each variant then goes all the way, and its errors are heard.
    """
    import torch

    with torch.inference_mode():
        plain = network.logits(inputs)
        try:
            wide = forward(inputs)
        except RuntimeError:
            return False
    return len(wide) == 2 and torch.allclose(wide, plain.expand(2, -1), rtol=1e-3, atol=1e-4, equal_nan=True)


def _ablation(logits: NDArray[np.float32], class_index: int, count: int, repeats: int) -> Ablation:
    probabilities = _softmax(logits)[:, class_index]
    own = logits[:, class_index]
    predictions = logits.argmax(1)
    first = slice(0, count + 1)
    random_predictions = _beside(predictions, count, repeats, NOT_COMPARED)
    flipped = np.flatnonzero(predictions[first] != predictions[0])
    flips_at = int(flipped[0]) if len(flipped) else None
    return Ablation(
        counts=frozen(np.arange(count + 1)),
        probability=frozen(probabilities[first].copy()),
        logit=frozen(own[first].copy()),
        predictions=frozen(predictions[first].copy()),
        random_probability=_beside(probabilities, count, repeats, np.nan),
        random_logit=_beside(own, count, repeats, np.nan),
        random_predictions=random_predictions,
        flips_at=flips_at,
        random_flips=_random_flips(random_predictions, count if flips_at is None else flips_at),
    )


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    shares: NDArray[np.float32] = powers / powers.sum(1, keepdims=True)
    return shares


def _beside(values: NDArray[Number], count: int, repeats: int, missing: float) -> NDArray[Number]:
    """Lay the variants of the random choices beside the curve: (repeats, count + 1), `missing` where there are none."""
    variants = values[count + 1 :].reshape(repeats, -1)
    table = np.full((repeats, count + 1), missing, values.dtype)
    table[:, 0] = values[0]
    table[:, 1 : variants.shape[1] + 1] = variants
    return frozen(table)


def _random_flips(predictions: NDArray[np.int64], until: int) -> float:
    seen = predictions[:, : until + 1]
    if (seen == NOT_COMPARED).any():
        return float("nan")
    return float((seen != seen[:, :1]).any(1).mean())
