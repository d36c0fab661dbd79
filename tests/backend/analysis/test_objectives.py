"""Units and weighted sums of them: values by hand, addresses there and back."""

from __future__ import annotations

import math

import pytest
import torch

from backend.analysis.capture import Captured
from backend.analysis.cards import LayerInfo, NetworkCard
from backend.analysis.objectives import (
    Channel,
    Channels,
    ClassLogit,
    ClassProbability,
    Diversity,
    Layer,
    Neuron,
    Objective,
    PreActivation,
    Unit,
    check_objective,
    check_unit,
    evaluate_terms,
    format_address,
    needed_calls,
    parse_address,
    weighted,
)
from backend.errors import UserError

CARD = NetworkCard(
    name="tiny",
    architecture="none",
    classes=("cat", "dog"),
    input_size=(4, 4),
    mean=(0.5,) * 3,
    std=(0.25,) * 3,
    layers=(
        LayerInfo("conv", "Conv2d", (3, 2, 4), 10),
        LayerInfo("block.relu", "ReLU", (3, 2, 4), 0, calls=2),
        LayerInfo("logits", "Output", (2,), 0),
    ),
)
FEATURES = torch.arange(48, dtype=torch.float32).view(2, 3, 2, 4)
LOGITS = torch.tensor([[1.0, 3.0], [0.0, 0.0]])
CAPTURED = Captured({"conv": FEATURES, "logits": LOGITS})


def value(objective, pre_activation="never", captured=CAPTURED):
    return evaluate_terms(objective, captured, pre_activation).sum(0).tolist()


def test_that_each_kind_of_unit_has_the_value_computed_by_hand():
    assert value(ClassLogit(1)) == [3.0, 0.0]
    assert value(ClassProbability(1))[1] == 0.5
    assert value(Layer("conv")) == [11.5, 35.5]
    assert value(Channel("conv", 1)) == [11.5, 35.5]
    assert value(Channel("conv", 2)) == [19.5, 43.5]


def test_that_a_neuron_is_row_then_column():
    assert value(Neuron("conv", 0, 1, 2)) == [FEATURES[0, 0, 1, 2].item(), FEATURES[1, 0, 1, 2].item()] == [6.0, 30.0]


def test_that_channels_score_image_i_by_channel_i():
    assert value(Channels("conv", (2, 0))) == [19.5, 27.5]


def test_that_a_weighted_sum_does_not_compound():
    objective = ClassLogit(0) * 1 + ClassLogit(1) * 3 - Channel("conv", 1) * 5
    assert [weight for weight, _ in objective.terms] == [1, 3, -5]
    assert value(objective) == [1 + 9 - 5 * 11.5, -5 * 35.5]


def test_that_a_factor_reaches_every_term_of_a_sum():
    objective = 2.0 * (ClassLogit(0) - ClassLogit(1))
    assert value(objective) == [2.0 * (1 - 3), 0.0]
    assert value(-objective) == [4.0, 0.0]


def test_that_the_weight_of_one_row_can_be_changed():
    objective = weighted(Objective(((1.0, ClassLogit(0)), (1.0, ClassLogit(1)))), 1, -0.5)
    assert value(objective) == [1 - 1.5, 0.0]


def test_that_a_closed_relu_is_read_before_it_only_when_dead():
    after = torch.tensor([[[[0.0, 0.0]]], [[[2.0, 0.0]]]])
    before = torch.tensor([[[[-4.0, -2.0]]], [[[2.0, -6.0]]]])
    captured = Captured({"conv": after}, {"conv": before})
    unit = Channel("conv", 0)
    assert value(unit, "never", captured) == [0.0, 1.0]
    assert value(unit, "when dead", captured) == [-3.0, 1.0]
    assert value(unit, "always", captured) == [-3.0, -2.0]


def gram_by_hand(features: torch.Tensor) -> list[float]:
    """Channels times channels, summed over places, in double precision."""
    channels, height, width = features.shape
    values = features.double().tolist()
    return [
        sum(values[a][y][x] * values[b][y][x] for y in range(height) for x in range(width))
        for a in range(channels)
        for b in range(channels)
    ]


def diversity_by_hand(looks: list[list[float]]) -> list[float]:
    def cosine(one: list[float], other: list[float]) -> float:
        return sum(a * b for a, b in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))

    others = [[looks[j] for j in range(len(looks)) if j != i] for i in range(len(looks))]
    return [-sum(cosine(look, other) for other in rest) / len(rest) for look, rest in zip(looks, others, strict=True)]


def diversity_of(features: torch.Tensor, pre_activation: PreActivation = "never") -> torch.Tensor:
    captured = Captured({"conv": features}, {"conv": features - 1.0})
    return evaluate_terms(Diversity("conv"), captured, pre_activation)[0]


def test_that_diversity_is_minus_the_mean_cosine_to_the_other_images() -> None:
    features = torch.randn(4, 3, 2, 5, generator=torch.Generator().manual_seed(1))
    expected = diversity_by_hand([gram_by_hand(image) for image in features])
    assert diversity_of(features).tolist() == pytest.approx(expected, abs=1e-5)
    assert len({round(value, 3) for value in expected}) == 4


def test_that_diversity_does_not_see_where_in_the_image_a_channel_fires() -> None:
    features = torch.rand(1, 3, 2, 5, generator=torch.Generator().manual_seed(2))
    both = torch.cat([features, features.flip(3)])
    assert diversity_of(both).tolist() == pytest.approx([-1, -1], abs=1e-5)


def test_that_diversity_compares_plain_vectors_where_there_is_no_space() -> None:
    vectors = torch.tensor([[3.0, 0.0], [0.0, 2.0], [-1.0, 0.0]])
    assert diversity_of(vectors).tolist() == pytest.approx([0.5, 0.0, 0.5])


def test_that_an_image_alone_has_no_diversity() -> None:
    assert diversity_of(FEATURES[1:]).tolist() == [0.0]


@pytest.mark.parametrize("shape", [(2, 3, 2, 2), (2, 3), (1, 3, 2, 2)])
def test_that_diversity_has_a_finite_gradient_where_nothing_fires(shape: tuple[int, ...]) -> None:
    features = torch.zeros(shape, requires_grad=True)
    value = diversity_of(features)
    (gradient,) = torch.autograd.grad(value.sum(), features)
    assert value.tolist() == [0.0] * shape[0]
    assert gradient.isfinite().all()


@pytest.mark.parametrize("pre_activation", ["never", "when dead", "always"])
def test_that_diversity_compares_what_leaves_the_relu(pre_activation: PreActivation) -> None:
    # Its value is below 0 nearly always; that says nothing of a ReLU.
    assert torch.equal(diversity_of(FEATURES, pre_activation), diversity_of(FEATURES))


def test_that_diversity_is_checked_and_has_no_address() -> None:
    check_objective(Channel("conv", 0) + 2.0 * Diversity("conv"), CARD)
    with pytest.raises(UserError, match="no layer"):
        check_objective(Channel("conv", 0) + Diversity("nowhere"), CARD)
    with pytest.raises(ValueError, match="no address"):
        format_address(Diversity("conv"), CARD)


def test_that_the_needed_layers_come_with_their_number_of_calls():
    assert needed_calls(Channel("block.relu", 0) + ClassLogit(0), CARD) == {"block.relu": 2, "logits": 1}


@pytest.mark.parametrize(
    "unit",
    [
        Channel("conv", 3),
        Channel("conv", -1),
        ClassLogit(2),
        Neuron("conv", 0, 2, 0),
        Neuron("conv", 0, 0, 4),
        Channel("nowhere", 0),
        Neuron("logits", 0, 0, 0),
        Channels("conv", (0, 9)),
    ],
)
def test_that_a_unit_that_does_not_exist_is_a_sentence(unit):
    with pytest.raises(UserError) as error:
        check_objective(unit, CARD)
    assert error.value.report.happened.endswith(".")
    assert error.value.report.advice


def test_that_an_empty_objective_is_a_sentence():
    with pytest.raises(UserError, match="no unit"):
        check_objective(Objective(()), CARD)


@pytest.mark.parametrize(
    ("unit", "address"),
    [
        (Channel("conv", 2), "tiny/conv/2"),
        (Neuron("conv", 2, 1, 3), "tiny/conv/2[1,3]"),
        (Layer("block.relu"), "tiny/block.relu"),
        (ClassLogit(1), "tiny/logit/dog"),
        (ClassProbability(0), "tiny/probability/cat"),
    ],
)
def test_that_an_address_leads_back_to_its_unit(unit, address):
    assert format_address(unit, CARD) == address
    assert parse_address(address, CARD) == unit
    assert parse_address(address.removeprefix("tiny/"), CARD) == unit


@pytest.mark.parametrize("address", ["tiny/nowhere/1", "conv/99", "logit/horse", "conv/1[9,9]", "conv/1[a]", "", "/"])
def test_that_an_address_of_nothing_is_a_sentence(address):
    with pytest.raises(UserError):
        parse_address(address, CARD)


@pytest.mark.parametrize(
    "unit", [ClassLogit(9), ClassProbability(-1), Channel("conv", 99), Neuron("conv", 0, 99, 0), Layer("elsewhere")]
)
def test_that_a_unit_of_another_network_has_no_address_and_a_sentence_says_so(unit: Unit) -> None:
    with pytest.raises(UserError, match="has no"):
        format_address(unit, CARD)
    with pytest.raises(UserError, match="has no"):
        check_unit(unit, CARD)
