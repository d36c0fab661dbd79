"""Receptive fields against those computed by hand, and against changing every pixel in turn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor, nn

from backend.analysis import receptive_field as module_under_test
from backend.analysis.cards import NetworkCard
from backend.analysis.networks import Network, load_network
from backend.analysis.receptive_field import Box, receptive_field
from backend.errors import UserError
from tests.networks import count_hooks, tiny_network


def network_of(*parts: nn.Module, size: tuple[int, int] = (12, 12), channels: int = 3) -> Network:
    """Make a network of parts in a row, named "0", "1", ..."""
    third = (0.5,) * channels
    return Network(nn.Sequential(*parts), NetworkCard("row", "row", ("a", "b"), size, mean=third, std=third))


def convolution(channels: int, filters: int, side: int = 3, **options: int) -> nn.Conv2d:
    torch.manual_seed(channels + 10 * filters)
    return nn.Conv2d(channels, filters, side, **options)


def pixels_that_change(network: Network, layer: Callable[[Tensor], Tensor], y: int, x: int) -> Box:
    """Change every pixel in turn by much, up and down, and see whether the output at (y, x) follows."""
    height, width = network.input_size
    image = torch.randn(1, network.in_channels, height, width, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        before = layer(image)[0, :, y, x]
        seen = []
        for row, column in product(range(height), range(width)):
            for change in (30.0, -30.0):
                changed = image.clone()
                changed[0, :, row, column] += change
                if not torch.equal(layer(changed)[0, :, y, x], before):
                    seen.append((row, column))
    rows, columns = zip(*seen, strict=True)
    return min(rows), min(columns), max(rows) + 1, max(columns) + 1


@pytest.fixture(scope="module")
def residual() -> Network:
    return load_network("cifar10-resnet18")


def test_that_two_three_by_three_convolutions_see_five_by_five() -> None:
    network = network_of(convolution(3, 4, padding=1), nn.ReLU(), convolution(4, 4, padding=1))

    assert receptive_field(network, "0", 6, 3) == (5, 2, 8, 5)
    assert receptive_field(network, "2", 6, 3) == (4, 1, 9, 6)


def test_that_rows_and_columns_are_not_swapped_in_an_image_that_is_not_square() -> None:
    network = network_of(convolution(3, 4, padding=1), size=(10, 20))

    assert receptive_field(network, "0", 2, 17) == (1, 16, 4, 19)


def test_that_a_stride_moves_the_field_by_as_many_pixels() -> None:
    network = tiny_network()

    assert receptive_field(network, "conv2", 1, 4) == (0, 6, 5, 11)
    assert receptive_field(network, "conv2", 2, 4) == (2, 6, 7, 11)


def test_that_the_field_is_clipped_at_the_border() -> None:
    network = tiny_network()

    assert receptive_field(network, "conv2", 0, 0) == (0, 0, 3, 3)
    assert receptive_field(network, "conv2", 5, 5) == (8, 8, 12, 12)


@pytest.mark.parametrize(("y", "x"), [(0, 0), (2, 1), (3, 3)])
def test_that_the_field_holds_the_pixels_that_change_the_output(y: int, x: int) -> None:
    body = nn.Sequential(
        convolution(3, 4, 5, padding=4, dilation=2), nn.ReLU(), nn.MaxPool2d(3), convolution(4, 2, padding=1)
    )
    network = network_of(body)

    assert receptive_field(network, "0", y, x) == pixels_that_change(network, body, y, x)


def test_that_a_maximum_over_one_channel_does_not_hide_the_pixels_that_are_not_the_largest() -> None:
    network = network_of(convolution(1, 1, 1), nn.MaxPool2d(2), channels=1)

    assert receptive_field(network, "1", 2, 1) == (4, 2, 6, 4)


def test_that_a_dead_unit_has_a_field_nevertheless() -> None:
    first = convolution(3, 4, padding=1)
    nn.init.constant_(first.bias, -100.0)
    network = network_of(first, nn.ReLU())

    assert receptive_field(network, "1", 6, 3) == (5, 2, 8, 5)


def test_that_opposite_channels_do_not_cancel() -> None:
    first = convolution(3, 2, padding=1)
    first.weight.data[1] = -first.weight.data[0]

    assert receptive_field(network_of(first), "0", 6, 3) == (5, 2, 8, 5)


def test_that_an_output_that_never_changes_has_an_empty_field() -> None:
    first = convolution(3, 4, padding=1)
    nn.init.zeros_(first.weight)

    assert receptive_field(network_of(first), "0", 6, 3) == (0, 0, 0, 0)


def test_that_the_fields_of_a_residual_network_are_as_computed_by_hand(residual: Network) -> None:
    assert receptive_field(residual, "conv1", 9, 20) == (8, 19, 11, 22)
    assert receptive_field(residual, "layer1.0", 9, 20) == (6, 17, 13, 24)
    assert receptive_field(residual, "layer1.0", 0, 31) == (0, 28, 4, 32)
    # Four more convolutions, the first of stride 2: ±5 pixels of layer1, then ±(1 + 2 + 2 + 2).
    assert receptive_field(residual, "layer2", 8, 8) == (4, 4, 29, 29)
    assert receptive_field(residual, "layer4", 0, 3) == (0, 0, 32, 32)


def test_that_a_layer_without_space_sees_the_whole_image() -> None:
    network = tiny_network(size=(12, 14))

    assert receptive_field(network, "fc", 7, 7) == (0, 0, 12, 14)
    assert receptive_field(network, "logits", 0, 0) == (0, 0, 12, 14)


def test_that_the_same_field_is_measured_again_without_touching_the_random_numbers_of_others() -> None:
    network = tiny_network()
    before = torch.get_rng_state()

    assert receptive_field(network, "conv2", 3, 3) == receptive_field(network, "conv2", 3, 3)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.backends.cudnn.enabled


@pytest.mark.parametrize(
    ("layer", "y", "x", "sentence"),
    [("conv9", 0, 0, "conv9"), ("conv2", 6, 0, "no row 6"), ("conv2", 0, -1, "no column -1")],
)
def test_that_a_layer_or_place_that_is_not_there_gets_a_sentence(layer: str, y: int, x: int, sentence: str) -> None:
    network = tiny_network()

    with pytest.raises(UserError, match=sentence):
        receptive_field(network, layer, y, x)
    assert count_hooks(network) == 0


def test_that_no_hook_is_left_nor_after_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    network = tiny_network()
    receptive_field(network, "conv2", 0, 0)
    assert count_hooks(network) == 0

    def fail(*_: object) -> Tensor:
        assert count_hooks(network) > 0
        raise ZeroDivisionError

    monkeypatch.setattr(module_under_test, "_reached", fail)
    with pytest.raises(ZeroDivisionError):
        receptive_field(network, "conv2", 0, 0)
    assert count_hooks(network) == 0
