from __future__ import annotations

import itertools
import string

import pytest

from backend.jobs import (
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
from gui.widgets.closeness import closeness
from gui.window.search import MOST, find

CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BLOCKS = [(f"layer{n}", 32 * 2 ** (n - 1), 64 // 2**n) for n in (1, 2, 3, 4)]
CARD = NetworkCard(
    name="cifar10-resnet18",
    architecture="resnet18-cifar",
    classes=CIFAR,
    input_size=(32, 32),
    mean=(0.5,) * 3,
    std=(0.2,) * 3,
    layers=(
        LayerInfo("conv1", "Conv2d", (32, 32, 32), 864),
        *itertools.chain.from_iterable(
            (
                LayerInfo(name, "Sequential", (channels, side, side), 1),
                LayerInfo(f"{name}.0.conv1", "Conv2d", (channels, side, side), 1),
                LayerInfo(f"{name}.1", "BasicBlock", (channels, side, side), 1),
            )
            for name, channels, side in BLOCKS
        ),
        LayerInfo("fc", "Linear", (10,), 2570),
        LayerInfo("logits", "ResNet", (10,), 1),
    ),
)


class FakeAction:
    def __init__(self, text: str, enabled: bool = True, words: str = "") -> None:
        self._text, self._enabled, self._words = text, enabled, words

    def property(self, name: str) -> object:
        return self._words

    def text(self) -> str:
        return self._text

    def isEnabled(self) -> bool:
        return self._enabled


EXPORT, UNDO, RUN = FakeAction("&Export picture as PNG…"), FakeAction("Undo", enabled=False), FakeAction("Run or pause")
ACTIONS = (EXPORT, UNDO, RUN)


@pytest.mark.parametrize(
    ("query", "unit"),
    [
        ("layer4 37", Channel("layer4", 37)),
        ("layer4/37", Channel("layer4", 37)),
        ("  LAYER4  37 ", Channel("layer4", 37)),
        ("layer4/37[1,2]", Neuron("layer4", 37, 1, 2)),
        ("layer4 37 [1, 2]", Neuron("layer4", 37, 1, 2)),
        ("37", Channel("layer3", 37)),
        ("37[0,7]", Neuron("layer3", 37, 0, 7)),
        ("cifar10-resnet18/layer4/37", Channel("layer4", 37)),
        ("cifar10-resnet18/logit/dog", ClassLogit(5)),
        ("cifar10-resnet18/probability/dog", ClassProbability(5)),
        ("cifar10-resnet18/layer4", Layer("layer4")),
        ("dog", ClassLogit(5)),
        ("logit dog", ClassLogit(5)),
        ("prob dog", ClassProbability(5)),
        ("logit 5", ClassLogit(5)),
        ("logits 5", ClassLogit(5)),
        ("conv1", Layer("conv1")),
        ("conv1 3", Channel("conv1", 3)),
        ("l4 12", Channel("layer4", 12)),
        ("layer4.0.conv1/12", Channel("layer4.0.conv1", 12)),
        ("4.1 12", Channel("layer4.1", 12)),
    ],
)
def test_that_a_query_finds_the_unit_it_means_first(query: str, unit: Unit) -> None:
    assert find(query, CARD, ACTIONS, "layer3")[0].unit == unit


def test_that_every_address_finds_its_own_unit() -> None:
    units: list[Unit] = [kind(index) for kind in (ClassLogit, ClassProbability) for index in range(10)]
    for layer in CARD.layers[:-1]:
        units += [Layer(layer.name), Channel(layer.name, layer.channels - 1)]
        units += [Neuron(layer.name, 0, layer.shape[1] - 1, 0)] if layer.has_space else []
    for unit in units:
        assert find(format_address(unit, CARD), CARD, ACTIONS)[0].unit == unit


def test_that_a_class_gives_its_logit_then_its_probability() -> None:
    first, second = find("dog", CARD)[:2]
    assert (first.title, first.detail, first.unit) == ("dog", "logit", ClassLogit(5))
    assert (second.title, second.detail, second.unit) == ("dog", "probability", ClassProbability(5))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("layer4 256", "layer4 has channels 0 to 255"),
        ("layer4/300[0,0]", "layer4 has channels 0 to 255"),
        ("layer4/3[4,0]", "layer4 has rows 0 to 3 and columns 0 to 3"),
        ("fc/3[0,0]", "fc has no space, so no neurons"),
        ("logits 10", "logits has classes 0 to 9"),
        ("logit 10", "cifar10-resnet18 has classes 0 to 9"),
        ("logit unicorn", "cifar10-resnet18 knows no class “unicorn”"),
        ("vgg16/layer4/37", "“vgg16” is not open; cifar10-resnet18 is"),
        ("9999", "layer4 has channels 0 to 255"),
    ],
)
def test_that_a_unit_that_does_not_exist_gives_a_hint(query: str, sentence: str) -> None:
    first = find(query, CARD, ACTIONS, "layer4")[0]
    assert (first.kind, first.title, first.unit) == ("hint", sentence, None)


def test_that_actions_are_found_by_words_and_by_letters_in_order() -> None:
    for query in ("export", "picture", "epng", "Export picture as PNG"):
        assert find(query, CARD, ACTIONS)[0].action is EXPORT
    assert find("export", CARD, ACTIONS)[0].title == "Export picture as PNG"


def test_that_an_action_that_is_not_possible_says_so() -> None:
    found = find("undo", CARD, ACTIONS)[0]
    assert found.action is UNDO and found.detail == "not possible now"


def test_that_nothing_is_found_for_nothing() -> None:
    assert find("", CARD, ACTIONS) == find("  / ", CARD, ACTIONS) == []
    assert [match.kind for match in find("qqqzzz", CARD, ACTIONS)] == ["hint"]


def test_that_matches_are_few_ranked_and_together_by_kind() -> None:
    for query in string.ascii_lowercase + "layer":
        found = find(query, CARD, ACTIONS, "layer4")
        assert len(found) <= MOST
        runs = [list(run) for _, run in itertools.groupby(found, key=lambda match: match.kind)]
        assert len(runs) == len({match.kind for match in found})
        for run in runs:
            assert [match.score for match in run] == sorted((match.score for match in run), reverse=True)
        best = [run[0].score for run in runs]
        assert best == sorted(best, reverse=True)


def test_that_a_network_without_layers_still_finds_classes_and_actions() -> None:
    bare = NetworkCard("bare", "vgg", CIFAR, (32, 32), (0.5,), (0.2,))
    assert find("ship", bare)[0].unit == ClassLogit(8)
    assert [match.kind for match in find("12", bare, ACTIONS, "layer4")] == ["hint"]


@pytest.mark.parametrize(
    ("better", "worse"),
    [("layer4", "layer4.0"), ("layer4.0", "my layer4"), ("my layer4", "xlayer4"), ("xlayer4", "fc")],
)
def test_that_the_closer_name_scores_higher(better: str, worse: str) -> None:
    assert closeness("layer4", better) > closeness("layer4", worse) >= 0


def test_that_actions_are_found_by_other_words_for_them_and_their_own_name_counts_more() -> None:
    tune, train = FakeAction("Fine-tune along the paths…", words="train teach"), FakeAction("Train")
    assert [match.action for match in find("teach", CARD, (tune, train)) if match.kind == "action"] == [tune]
    assert [match.action for match in find("train", CARD, (tune, train)) if match.kind == "action"] == [train, tune]


def test_that_a_search_that_finds_nothing_says_so() -> None:
    (match,) = find("zzzzqq", CARD, ACTIONS)
    assert match.kind == "hint" and "“zzzzqq”" in match.title
