"""Maps, attributions that add up, and pictures that glow where they should."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

from backend.analysis import attribution
from backend.analysis.attribution import activation_maps, attribute_to_unit, grad_cam, overlay
from backend.analysis.cards import NetworkCard
from backend.analysis.networks import Network
from backend.analysis.objectives import Channel, ClassLogit, ClassProbability, Layer, Neuron, Unit
from backend.analysis.receptive_field import receptive_field
from backend.errors import UserError
from tests.networks import count_hooks, tiny_network

UNITS = (
    Channel("conv2", 3),
    Channel("relu1", 2),
    Channel("fc", 1),
    Neuron("conv2", 3, 2, 4),
    Layer("relu2"),
    ClassLogit(1),
    ClassProbability(0),
)


@pytest.fixture(scope="module")
def network() -> Network:
    return tiny_network(size=(12, 14))


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.randn(5, 3, 12, 14, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two images fill a forward pass."""
    monkeypatch.setattr(attribution, "PIXELS_AT_ONCE", 2 * 12 * 14)


def scores(network: Network, unit: Unit, images: Tensor) -> Tensor:
    """Score images by calling the layers one after the other, without any hook."""
    module = network.module
    outputs = {"relu1": module.relu1(module.bn1(module.conv1(images)))}
    outputs["conv2"] = module.conv2(outputs["relu1"])
    outputs["relu2"] = module.relu2(outputs["conv2"])
    outputs["fc"] = outputs["logits"] = module.fc(outputs["relu2"].mean((2, 3)))
    return unit.pool(outputs[unit.layer_name])


@pytest.mark.parametrize("unit", UNITS, ids=str)
def test_that_signed_shares_add_up_to_what_the_image_makes_of_the_score(
    network: Network, images: Tensor, unit: Unit
) -> None:
    shares = attribute_to_unit(network, unit, images, signed=True)
    finer = attribute_to_unit(network, unit, images, steps=200, signed=True)
    difference = (scores(network, unit, images) - scores(network, unit, torch.zeros_like(images))).numpy()

    assert shares.shape == (5, 12, 14)
    largest = np.abs(difference).max()
    np.testing.assert_allclose(shares.sum((1, 2)), difference, rtol=0, atol=0.06 * largest)
    np.testing.assert_allclose(finer.sum((1, 2)), difference, rtol=0, atol=0.006 * largest)


def test_that_shares_are_the_gradients_averaged_on_the_way_from_the_mean_colour(
    network: Network, images: Tensor
) -> None:
    unit, points = ClassLogit(0), 400
    total = torch.zeros_like(images)
    for step in range(points):
        there = (images * (step + 0.5) / points).requires_grad_()
        total += torch.autograd.grad(scores(network, unit, there).sum(), there)[0]
    literal = (images * total / points).sum(1).numpy()

    shares = attribute_to_unit(network, unit, images, steps=200, signed=True)

    np.testing.assert_allclose(shares, literal, atol=0.02 * np.abs(literal).max())


def test_that_the_attribution_is_the_size_of_the_signed_shares(network: Network, images: Tensor) -> None:
    signed = attribute_to_unit(network, Channel("conv2", 3), images, signed=True)

    assert (signed < 0).any()
    np.testing.assert_array_equal(attribute_to_unit(network, Channel("conv2", 3), images), np.abs(signed))


def test_that_pixels_outside_the_receptive_field_have_no_share(network: Network, images: Tensor) -> None:
    shares = attribute_to_unit(network, Neuron("conv2", 3, 1, 5), images)
    top, left, bottom, right = receptive_field(network, "conv2", 1, 5)

    outside = np.ones((12, 14), bool)
    outside[top:bottom, left:right] = False
    assert not shares[:, outside].any()
    assert (shares[:, top:bottom, left:right].sum((1, 2)) > 0).all()


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("pixels", [1, 12 * 14, 2 * 12 * 14])
def test_that_small_batches_give_the_same_without_a_warning(
    network: Network, images: Tensor, monkeypatch: pytest.MonkeyPatch, pixels: int
) -> None:
    whole = attribute_to_unit(tiny_network(size=(12, 14)), ClassLogit(1), images[:1])
    monkeypatch.setattr(attribution, "PIXELS_AT_ONCE", pixels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shares = attribute_to_unit(network, ClassLogit(1), images)

    np.testing.assert_allclose(shares[:1], whole, rtol=1e-4, atol=1e-6)


@pytest.mark.usefixtures("small_batches")
def test_that_no_more_pixels_pass_at_once_than_allowed(
    network: Network, images: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward, seen = network.module.forward, []
    monkeypatch.setattr(network.module, "forward", lambda x: (seen.append(len(x)), forward(x))[1])
    activation_maps(network, Channel("conv2", 3), images)
    attribute_to_unit(network, ClassLogit(1), images)

    assert max(seen) == 2
    assert sum(seen) == 5 + 5 * 24


def test_that_the_network_is_left_as_it_was(network: Network, images: Tensor) -> None:
    before = images.clone()
    attribute_to_unit(network, ClassLogit(1), images)
    activation_maps(network, Channel("conv2", 3), images)

    assert count_hooks(network) == 0
    assert all(weight.grad is None and not weight.requires_grad for weight in network.module.parameters())
    assert torch.equal(images, before) and not images.requires_grad


def test_that_no_hook_is_left_after_an_exception(network: Network) -> None:
    wrong = torch.zeros(2, 7, 12, 14)
    for function in (attribute_to_unit, activation_maps):
        with pytest.raises(RuntimeError):
            function(network, Channel("conv2", 3), wrong)
        assert count_hooks(network) == 0


@pytest.mark.usefixtures("small_batches")
def test_that_a_map_is_the_channel_at_its_layers_resolution(network: Network, images: Tensor) -> None:
    module = network.module
    output = module.conv2(module.relu1(module.bn1(module.conv1(images)))).numpy()

    np.testing.assert_allclose(activation_maps(network, Channel("conv2", 3), images), output[:, 3], atol=1e-5)
    np.testing.assert_allclose(activation_maps(network, Neuron("conv2", 3, 1, 1), images), output[:, 3], atol=1e-5)
    np.testing.assert_allclose(activation_maps(network, Layer("conv2"), images), output.mean(1), atol=1e-5)


def test_that_maps_and_shares_are_float32_and_read_only(network: Network, images: Tensor) -> None:
    for array in (activation_maps(network, Layer("conv2"), images), attribute_to_unit(network, Layer("conv2"), images)):
        assert array.dtype == np.float32
        assert not array.flags.writeable


@pytest.mark.parametrize("unit", [ClassLogit(1), ClassProbability(1), Channel("fc", 0), Layer("fc")], ids=str)
def test_that_a_unit_without_space_has_no_map_and_a_sentence_says_so(
    network: Network, images: Tensor, unit: Unit
) -> None:
    with pytest.raises(UserError, match="has no space"):
        activation_maps(network, unit, images)


def test_that_a_unit_that_is_not_there_gets_a_sentence(network: Network, images: Tensor) -> None:
    for function in (activation_maps, attribute_to_unit):
        with pytest.raises(UserError, match="no channel 99"):
            function(network, Channel("conv2", 99), images)


def pictures(count: int = 1, height: int = 8, width: int = 12) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def test_that_a_map_of_zeros_gives_the_plain_grey_picture() -> None:
    plain = overlay(pictures(2), np.zeros((2, 3, 4), np.float32))

    luminance = pictures(2) @ np.array([0.299, 0.587, 0.114])
    assert plain.dtype == np.uint8 and not plain.flags.writeable
    assert (plain[..., 0] == plain[..., 1]).all() and (plain[..., 1] == plain[..., 2]).all()
    np.testing.assert_allclose(plain[..., 0], 28 + 0.55 * luminance, atol=0.51)


def test_that_only_the_strong_place_glows_and_the_rest_stays_grey() -> None:
    heat = np.zeros((1, 8, 12), np.float32)
    heat[0, 2, 9] = 0.3
    result, plain = overlay(pictures(), heat)[0], overlay(pictures(), 0 * heat)[0]

    assert result[2, 9].tolist() == [0xFC, 0xFF, 0xA4]
    assert np.argwhere((result != plain).any(-1)).tolist() == [[2, 9]]


def test_that_a_map_is_resized_bilinearly() -> None:
    small = np.random.default_rng(4).random((3, 4, 6)).astype(np.float32)
    large = interpolate(torch.from_numpy(small)[:, None], (8, 12), mode="bilinear")[:, 0].numpy()
    # Both are measured by the maximum of the small one: a corner that stays as it is.
    small[:, 0, 0] = large[:, 0, 0] = 1.0
    large = interpolate(torch.from_numpy(small)[:, None], (8, 12), mode="bilinear")[:, 0].numpy()

    difference = overlay(pictures(3), small).astype(int) - overlay(pictures(3), large)
    assert np.abs(difference).max() <= 1


def test_that_each_map_is_measured_by_its_own_maximum() -> None:
    heat = np.random.default_rng(5).random((2, 8, 12)).astype(np.float32)
    scaled = heat * np.array([1e-6, 1e6], np.float32)[:, None, None]

    difference = overlay(pictures(2), scaled).astype(int) - overlay(pictures(2), heat)
    assert np.abs(difference).max() <= 1


def test_that_a_stronger_place_is_brighter() -> None:
    ramp = np.linspace(0.1, 1, 12, dtype=np.float32)[None, None].repeat(8, 1)
    result = overlay(np.zeros((1, 8, 12, 3), np.uint8), ramp)[0, 0].astype(int)

    assert (np.diff(result.sum(-1)) > 0).all()


def test_that_what_is_negative_or_no_number_does_not_glow() -> None:
    odd = np.full((1, 8, 12), -1.0, np.float32)
    odd[0, 0, :3] = np.nan, np.inf, -np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = overlay(pictures(), odd)

    np.testing.assert_array_equal(result, overlay(pictures(), np.zeros_like(odd)))


def test_that_spread_lets_a_speckle_glow_round_about_and_an_even_map_stay_even() -> None:
    speckle = np.zeros((1, 32, 48), np.float32)
    speckle[0, 16, 20] = 1.0
    black = np.zeros((1, 32, 48, 3), np.uint8)
    result = overlay(black, speckle, attribution.ATTRIBUTION_SPREAD)[0].astype(int)

    assert result[16, 20].tolist() == [0xFC, 0xFF, 0xA4]
    assert result[16, 20].sum() > result[16, 21].sum() == result[15, 20].sum() > result[16, 22].sum() > 3 * 28
    even = overlay(black, np.ones((1, 32, 48), np.float32), attribution.ATTRIBUTION_SPREAD)
    assert (even == np.array([0xFC, 0xFF, 0xA4])).all()


def test_that_no_picture_gives_no_picture(network: Network) -> None:
    none = torch.zeros(0, 3, 12, 14)
    assert attribute_to_unit(network, ClassLogit(1), none).shape == (0, 12, 14)
    assert activation_maps(network, Channel("conv2", 1), none).shape == (0, 6, 7)
    assert overlay(pictures(0), np.zeros((0, 4, 4), np.float32)).shape == (0, 8, 12, 3)


def test_that_an_overlay_needs_no_torch() -> None:
    code = (
        "import sys, numpy as np\n"
        "from backend.analysis.attribution import overlay\n"
        "import backend.analysis.scans.tuning\n"
        "overlay(np.zeros((1, 4, 4, 3), np.uint8), np.ones((1, 2, 2), np.float32), 0.1)\n"
        "print({'torch', 'captum', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


def grad_cam_by_hand(network: Network, layer: str, class_index: int, images: Tensor) -> NDArray[np.float32]:
    """Weigh the channels by the mean of their gradients, the layers called one after the other."""
    module = network.module
    first = module.relu1(module.bn1(module.conv1(images)))
    second = module.conv2(first) if layer == "conv2" else first
    output = second.detach().requires_grad_()
    last = output if layer == "conv2" else module.conv2(output)
    logits = module.fc(module.relu2(last).mean((2, 3)))
    gradient = torch.autograd.grad(logits[:, class_index].sum(), output)[0]
    weighted: Tensor = (gradient.mean((2, 3), keepdim=True) * output).sum(1)
    return np.maximum(weighted.detach().numpy(), 0)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("layer", ["conv2", "relu1"])
def test_that_grad_cam_weighs_the_channels_by_their_mean_gradients(
    network: Network, images: Tensor, layer: str
) -> None:
    maps = [grad_cam(network, layer, index, images) for index in range(2)]

    for index, found in enumerate(maps):
        assert found.shape == (5, *network.card.layer(layer).shape[1:])
        assert found.dtype == np.float32 and not found.flags.writeable
        np.testing.assert_allclose(found, grad_cam_by_hand(network, layer, index, images), atol=1e-6)
    assert (maps[0] > 0).any() and (maps[1] > 0).any() and not np.allclose(maps[0], maps[1])


def test_that_grad_cam_takes_what_a_layer_gives_in_the_end_also_where_it_is_worked_on_in_place() -> None:
    class Adding(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.relu, self.fc = nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            last = self.relu(self.relu(self.conv(x)) - 0.1)
            last += 1.0
            return self.fc(last.square().mean((2, 3)))

    torch.manual_seed(4)
    adding = Network(Adding(), NetworkCard("adding", "adding", ("a", "b"), (8, 8), (0.5,) * 3, (0.2,) * 3))
    images, module = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(2)), adding.module
    last = (module.conv(images).relu() - 0.1).relu()
    # The gradient of the mean of the squares: 2 (last + 1), each times the weight.
    weights = (2 * (last + 1) * module.fc.weight[1].view(1, 4, 1, 1)).mean((2, 3), keepdim=True) / 36
    literal = (weights * last).sum(1).relu().numpy()

    np.testing.assert_allclose(grad_cam(adding, "relu", 1, images), literal, atol=1e-6)
    assert literal.max() > 1e-3


def test_that_grad_cam_leaves_the_network_as_it_was_also_after_an_exception(network: Network, images: Tensor) -> None:
    before = images.clone()
    grad_cam(network, "relu2", 1, images)
    with pytest.raises(RuntimeError):
        grad_cam(network, "relu2", 1, torch.zeros(2, 7, 12, 14))

    assert count_hooks(network) == 0
    assert all(weight.grad is None and not weight.requires_grad for weight in network.module.parameters())
    assert torch.equal(images, before) and not images.requires_grad


def test_that_grad_cam_passes_no_more_pixels_at_once_than_allowed(
    network: Network, images: Tensor, monkeypatch: pytest.MonkeyPatch, small_batches: None
) -> None:
    forward, seen = network.module.forward, []
    monkeypatch.setattr(network.module, "forward", lambda x: (seen.append(len(x)), forward(x))[1])
    grad_cam(network, "conv2", 0, images)

    assert seen == [2, 2, 1]
    assert grad_cam(network, "conv2", 0, images[:0]).shape == (0, 6, 7)


@pytest.mark.parametrize(
    ("layer", "class_index", "words"),
    [("fc", 0, "fc has no space"), ("logits", 0, "has no space"), ("conv9", 0, "no layer"), ("conv2", 2, "no class 2")],
)
def test_that_grad_cam_of_what_is_not_there_gets_a_sentence(
    network: Network, images: Tensor, layer: str, class_index: int, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        grad_cam(network, layer, class_index, images)
