"""What a query finds: units, layers, classes and actions, ranked. Pure: no widget, no signal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from backend.errors import UserError
from backend.jobs import (
    LOGITS,
    Channel,
    ClassLogit,
    ClassProbability,
    Layer,
    LayerInfo,
    NetworkCard,
    Neuron,
    Unit,
    format_address,
)
from gui.actions import WORDS
from gui.widgets.closeness import closeness

MOST = 12
MOST_LAYERS = 4
"""How many layers a name like "l4" may stand for when a channel follows it."""

LESS = 0.8
"""What a word that an action is also known by counts, beside its own name."""

Kind = Literal["hint", "unit", "layer", "class", "action"]


class Action(Protocol):
    """The part of a `QAction` that is searched."""

    def text(self) -> str: ...

    def isEnabled(self) -> bool: ...

    def property(self, name: str) -> object: ...


@dataclass(frozen=True)
class Match:
    """Something a query may have meant.

    Attributes
    ----------
    kind : {"hint", "unit", "layer", "class", "action"}
        A hint is a sentence; it cannot be chosen.
    title, detail : str
    unit : Unit or None
        What to look at.
    action : Action or None
        What to trigger.
    score : float
        Larger is better.
    """

    kind: Kind
    title: str
    detail: str = ""
    unit: Unit | None = None
    action: Action | None = None
    score: float = 0.0


def find(query: str, card: NetworkCard, actions: Sequence[Action] = (), layer: str = "") -> list[Match]:
    """Find what `query` may mean, best first, at most `MOST`; matches of one kind stand together.

    Parameters
    ----------
    query : str
        "layer4 37", "layer4/37[1,2]", "37", "cifar10-resnet18/layer4/37", "dog", "logit dog", "l4 12", "export".
    card : NetworkCard
    actions : sequence of Action
    layer : str
        The current layer, which a bare number is a channel of.
    """
    text = query.strip()
    text = text[len(card.name) + 1 :] if text.lower().startswith(card.name.lower() + "/") else text
    text = text.strip().strip("/")
    if not text:
        return []
    found = [*_units(text, card, layer), *_layers(text, card), *_classes(text, card), *_actions(text, actions)]
    if not found:
        return [Match("hint", f"Nothing is called “{text}”: no unit, layer, class or action")]
    found = sorted(found, key=lambda match: -match.score)[:MOST]
    kinds = list(dict.fromkeys(match.kind for match in found))
    return sorted(found, key=lambda match: kinds.index(match.kind))


def describe_layer(layer: LayerInfo) -> str:
    """Say what a layer is in a few words: "BasicBlock · 256 · 4×4"."""
    return " · ".join(
        [layer.kind, str(layer.channels), *(["×".join(map(str, layer.shape[1:]))] if layer.has_space else [])]
    )


_CHANNEL = re.compile(r"(?:(?P<layer>.*?\S)\s*[\s/]\s*)?(?P<index>\d+)\s*(?:\[(?P<y>\d+)\s*,\s*(?P<x>\d+)\s*\]?)?")


def _units(text: str, card: NetworkCard, current: str) -> Iterator[Match]:
    asked = _CHANNEL.fullmatch(text)
    if asked is None:
        return
    if asked["layer"] is None:
        layers = [(1.0, layer) for layer in card.layers if layer.name == current]
    else:
        close = [(closeness(asked["layer"], layer.name), layer) for layer in card.layers]
        layers = sorted([pair for pair in close if pair[0] > 0], key=lambda pair: -pair[0])[:MOST_LAYERS]
        yield from _other_network(asked["layer"], card)
    for rank, (score, layer) in enumerate(layers):
        unit = _unit(layer, int(asked["index"]), asked["y"], asked["x"])
        try:
            unit.check(layer)
        except UserError:
            if rank == 0:  # what else the letters might stand for was not meant
                yield Match("hint", _limits(unit, layer), score=1.0 + score)
        else:
            yield Match("unit", _short_address(unit, card), _unit_detail(unit, layer), unit, score=1.0 + score)


def _unit(layer: LayerInfo, index: int, y: str | None, x: str | None) -> Unit:
    if y is not None and x is not None:
        return Neuron(layer.name, index, int(y), int(x))
    return ClassLogit(index) if layer.name == LOGITS else Channel(layer.name, index)


def _limits(unit: Unit, layer: LayerInfo) -> str:
    """Say which units the layer has, of the sort that was asked for."""
    index = unit.index if isinstance(unit, (Channel, ClassLogit)) else 0
    if not 0 <= index < layer.channels:
        return f"{layer.name} has {'classes' if layer.name == LOGITS else 'channels'} 0 to {layer.channels - 1}"
    if not layer.has_space:
        return f"{layer.name} has no space, so no neurons"
    return f"{layer.name} has rows 0 to {layer.shape[1] - 1} and columns 0 to {layer.shape[2] - 1}"


def _unit_detail(unit: Unit, layer: LayerInfo) -> str:
    what = {Neuron: "neuron", ClassLogit: "logit"}.get(type(unit), "channel")
    return f"{what} · {describe_layer(layer)}"


def _other_network(head: str, card: NetworkCard) -> Iterator[Match]:
    """Explain a whole address of a network that is not the open one."""
    network, _, rest = head.partition("/")
    if rest and any(rest == layer.name for layer in card.layers):
        yield Match("hint", f"“{network}” is not open; {card.name} is", score=2.0)


def _layers(text: str, card: NetworkCard) -> Iterator[Match]:
    for layer in card.layers:
        score = closeness(text, layer.name)
        if score > 0:
            yield Match("layer", layer.name, describe_layer(layer), Layer(layer.name), score=score)


def _classes(text: str, card: NetworkCard) -> Iterator[Match]:
    """Find classes by name or, after "logit" or "probability", by number; the logit makes the better pictures."""
    word, _, rest = re.sub(r"^(\w+)/", r"\1 ", text).partition(" ")
    kinds: dict[str, type[ClassLogit]] = {"logit": ClassLogit, "probability": ClassProbability}
    wanted = [kind for name, kind in kinds.items() if rest and len(word) > 3 and name.startswith(word.lower())]
    name = rest.strip() if wanted else text
    if wanted and name.isdigit():
        if int(name) >= len(card.classes):
            yield Match("hint", f"{card.name} has classes 0 to {len(card.classes) - 1}", score=2.0)
            return
        name = card.classes[int(name)]
    scores = [(closeness(name, known), index) for index, known in enumerate(card.classes)]
    if wanted and not any(score > 0 for score, _ in scores):
        yield Match("hint", f"{card.name} knows no class “{name}”", score=2.0)
    for score, index in scores:
        for unit in [kind(index) for kind in wanted or kinds.values()] if score > 0 else []:
            isprobability = isinstance(unit, ClassProbability)
            rank = score + 0.05 + bool(wanted) - 0.02 * isprobability
            detail = "probability" if isprobability else "logit"
            yield Match("class", card.classes[index], detail, unit, score=rank)


def _actions(text: str, actions: Sequence[Action]) -> Iterator[Match]:
    for action in actions:
        title = action.text().replace("&", "").rstrip("…")
        score = closeness(text, title)
        words = str(action.property(WORDS) or "").split()
        score = max([score, *(LESS * closeness(text, word) for word in words)])
        if score > 0:
            detail = "" if action.isEnabled() else "not possible now"
            yield Match("action", title, detail, action=action, score=score if action.isEnabled() else score / 2)


def _short_address(unit: Unit, card: NetworkCard) -> str:
    return format_address(unit, card).removeprefix(card.name + "/")
