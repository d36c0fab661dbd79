"""What is maximised: units and weighted sums of units (paper sec. 2, Φ). Torch-free at import, for the window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from backend.analysis.cards import LOGITS, LayerInfo, NetworkCard
from backend.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from backend.analysis.capture import Captured

PreActivation = Literal["never", "when dead", "always"]
"""Whether a unit is read before its ReLU; "when dead": only while the ReLU lets nothing through."""


class _Sum:
    """`+`, `-` and scalar `*` for everything that has `terms`; weights never compound."""

    @property
    def terms(self) -> tuple[tuple[float, Unit], ...]:
        raise NotImplementedError

    def __add__(self, other: _Sum) -> Objective:
        return Objective(self.terms + other.terms)

    def __sub__(self, other: _Sum) -> Objective:
        return self + other * -1.0

    def __mul__(self, factor: float) -> Objective:
        return Objective(tuple((weight * factor, unit) for weight, unit in self.terms))

    __rmul__ = __mul__

    def __neg__(self) -> Objective:
        return self * -1.0


@dataclass(frozen=True)
class Objective(_Sum):
    """Φ: a weighted sum of units, weights of either sign.

    Parameters
    ----------
    weighted_units : tuple of (float, Unit)
    """

    weighted_units: tuple[tuple[float, Unit], ...]

    @property
    def terms(self) -> tuple[tuple[float, Unit], ...]:
        return self.weighted_units


@dataclass(frozen=True)
class Unit(_Sum):
    """Anything that can be looked at. Each unit is also an objective of its own with weight 1."""

    may_be_dead: ClassVar[bool] = True
    """Whether a value of 0 or less can mean that a ReLU lets nothing through, so that `PreActivation` applies."""

    @property
    def terms(self) -> tuple[tuple[float, Unit], ...]:
        return ((1.0, self),)

    @property
    def layer_name(self) -> str:
        raise NotImplementedError

    def pool(self, output: Tensor) -> Tensor:
        """Give the unit's value for each image: `output` of its layer -> (images,)."""
        raise NotImplementedError

    def check(self, layer: LayerInfo) -> None:
        """Raise `UserError` where the unit does not exist in `layer`."""


@dataclass(frozen=True)
class ClassLogit(Unit):
    """The pre-softmax output of class `index`."""

    index: int

    @property
    def layer_name(self) -> str:
        return LOGITS

    def pool(self, output: Tensor) -> Tensor:
        return output[:, self.index]

    def check(self, layer: LayerInfo) -> None:
        _check_index(self.index, layer.channels, "class", layer.name)


@dataclass(frozen=True)
class ClassProbability(ClassLogit):
    """The softmax output of class `index`, in 0..1."""

    def pool(self, output: Tensor) -> Tensor:
        return output.softmax(1)[:, self.index]


@dataclass(frozen=True)
class Layer(Unit):
    """The mean over all values of a layer."""

    name: str

    @property
    def layer_name(self) -> str:
        return self.name

    def pool(self, output: Tensor) -> Tensor:
        return output.flatten(1).mean(1)


@dataclass(frozen=True)
class Channel(Unit):
    """One channel (= filter) of a layer: its mean over space, the paper's "average output value"."""

    layer: str
    index: int

    @property
    def layer_name(self) -> str:
        return self.layer

    def pool(self, output: Tensor) -> Tensor:
        return output[:, self.index].flatten(1).mean(1) if output.dim() > 2 else output[:, self.index]

    def check(self, layer: LayerInfo) -> None:
        _check_index(self.index, layer.channels, "channel", layer.name)


@dataclass(frozen=True)
class Neuron(Channel):
    """One place of a channel: row `y`, column `x` of its map, counted from the top left."""

    y: int
    x: int

    def pool(self, output: Tensor) -> Tensor:
        return output[:, self.index, self.y, self.x]

    def check(self, layer: LayerInfo) -> None:
        super().check(layer)
        if not layer.has_space:
            raise UserError(
                "No such unit",
                f"{layer.name} has no space, so no neuron [{self.y},{self.x}].",
                "Choose the whole channel.",
            )
        _check_index(self.y, layer.shape[1], "row", layer.name)
        _check_index(self.x, layer.shape[2], "column", layer.name)


@dataclass(frozen=True)
class Channels(Unit):
    """One channel an image: image i is scored by channel `indices[i]`. Makes a wall of channels one batched job."""

    layer: str
    indices: tuple[int, ...]

    @property
    def layer_name(self) -> str:
        return self.layer

    def pool(self, output: Tensor) -> Tensor:
        # One-hot rows and a product: its backward is one kernel, where indexing would scatter.
        chosen = output.new_zeros(len(self.indices), output.shape[1])
        chosen[range(len(self.indices)), list(self.indices)] = 1.0
        pooled = output.flatten(2).mean(2) if output.dim() > 2 else output
        return (pooled * chosen).sum(1)

    def check(self, layer: LayerInfo) -> None:
        for index in self.indices:
            _check_index(index, layer.channels, "channel", layer.name)


@dataclass(frozen=True)
class Diversity(Unit):
    """How unlike the other images of its batch an image looks to a layer: add it to a unit and the batch spreads out.

    Image i's value is minus the mean cosine between its Gram matrix of the layer's channels (which channels fire
    together, wherever they do) and those of the others; 0 for an image alone. Unlike every other unit, it ties the
    images of a batch together. After Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017.
    """

    layer: str
    may_be_dead: ClassVar[bool] = False

    @property
    def layer_name(self) -> str:
        return self.layer

    def pool(self, output: Tensor) -> Tensor:
        looks = output
        if output.dim() > 2:
            maps = output.flatten(2)
            looks = (maps @ maps.mT / maps.shape[2]).flatten(1)
        # The offset, not a clamp: the gradient of a length at 0 would be NaN.
        looks = looks / (looks.square().sum(1, keepdim=True) + 1e-12).sqrt()
        cosines = looks @ looks.mT
        return (cosines.diagonal() - cosines.sum(1)) / max(1, len(output) - 1)


def _check_index(index: int, count: int, what: str, layer: str) -> None:
    if not 0 <= index < count:
        raise UserError("No such unit", f"{layer} has no {what} {index}.", f"Choose a {what} from 0 to {count - 1}.")


def check_objective(objective: Objective | Unit, card: NetworkCard) -> None:
    """Raise `UserError` where a unit of `objective` does not exist in the network of `card`, or there is none."""
    if not objective.terms:
        raise UserError("Nothing to maximise", "The objective has no unit.", "Add a unit to it.")
    for _, unit in objective.terms:
        check_unit(unit, card)


def check_unit(unit: Unit, card: NetworkCard) -> None:
    """Raise `UserError` where the network of `card` has no such unit."""
    unit.check(card.layer(unit.layer_name))


def needed_calls(objective: Objective | Unit, card: NetworkCard) -> dict[str, int]:
    """Give the layers that `objective` reads and how often one forward calls each, as `capturing` wants them."""
    return {unit.layer_name: card.layer(unit.layer_name).calls for _, unit in objective.terms}


def evaluate_terms(objective: Objective | Unit, captured: Captured, pre_activation: PreActivation = "never") -> Tensor:
    """Evaluate every weighted unit of Φ on a batch.

    Parameters
    ----------
    objective : Objective or Unit
    captured : Captured
        From `capturing(..., before_relu=True)` unless `pre_activation` is "never".
    pre_activation : {"never", "when dead", "always"}, default="never"

    Returns
    -------
    Tensor
        (terms, images), float32; its sum over terms is Φ.
    """
    import torch  # late, so that the window can import this module

    return torch.stack([weight * _read(unit, captured, pre_activation) for weight, unit in objective.terms])


def _read(unit: Unit, captured: Captured, pre_activation: PreActivation) -> Tensor:
    after = unit.pool(captured.outputs[unit.layer_name])
    before_relu = captured.before_relu.get(unit.layer_name)
    if before_relu is None or pre_activation == "never" or not unit.may_be_dead:
        return after
    before = unit.pool(before_relu)
    # A ReLU's mean is 0 exactly where it lets nothing through, and so has no gradient either.
    return before if pre_activation == "always" else before.where(after <= 0, after)


def format_address(unit: Unit, card: NetworkCard) -> str:
    """Give the permanent address of a unit: `cifar10-resnet18/layer4/37[1,2]`, `…/logit/dog`.

    Raises
    ------
    UserError
        Where the network of this card has no such unit: it is another's.
    """
    if isinstance(unit, ClassLogit):
        _check_index(unit.index, len(card.classes), "class", LOGITS)
    elif card.layers:  # A card that was written by hand names none.
        unit.check(card.layer(unit.layer_name))
    match unit:
        case ClassProbability(index):
            tail = f"probability/{card.classes[index]}"
        case ClassLogit(index):
            tail = f"logit/{card.classes[index]}"
        case Neuron(layer, index, y, x):
            tail = f"{layer}/{index}[{y},{x}]"
        case Channel(layer, index):
            tail = f"{layer}/{index}"
        case Layer(name):
            tail = name
        case _:
            raise ValueError(f"{unit} has no address")
    return f"{card.name}/{tail}"


def parse_address(text: str, card: NetworkCard) -> Unit:
    """Find the unit that an address names, the network's own name in front being optional; a bare class is its logit.

    Raises
    ------
    UserError
        Where the address names no unit of this network; the sentence says which part.
    """
    address = text.strip().removeprefix(card.name + "/")
    if address in card.classes:
        return ClassLogit(card.classes.index(address))
    head, _, tail = address.rpartition("/")
    unit = _class_unit(head, tail, card) or _layer_unit(head, tail, address)
    unit.check(card.layer(unit.layer_name))
    return unit


def _class_unit(head: str, tail: str, card: NetworkCard) -> Unit | None:
    kinds: dict[str, type[ClassLogit]] = {"logit": ClassLogit, "probability": ClassProbability}
    if head not in kinds:
        return None
    if tail not in card.classes:
        raise UserError("No such class", f"{card.name} knows no class “{tail}”.", "Choose one of its classes.")
    return kinds[head](card.classes.index(tail))


def _layer_unit(head: str, tail: str, address: str) -> Unit:
    number, bracket, place = tail.partition("[")
    if not head or not number.isdigit():
        return Layer(address)
    channel = Channel(head, int(number))
    if not bracket:
        return channel
    parts = place.removesuffix("]").split(",")
    if len(parts) != 2 or not all(part.strip().isdigit() for part in parts):
        raise UserError("No such unit", f"“[{place}” is no place in a map.", "Write it as layer/channel[row,column].")
    return Neuron(head, channel.index, int(parts[0]), int(parts[1]))


def weighted(objective: Objective, row: int, weight: float) -> Objective:
    """Return `objective` with the weight of term `row` changed."""
    terms = list(objective.weighted_units)
    terms[row] = (weight, terms[row][1])
    return replace(objective, weighted_units=tuple(terms))
