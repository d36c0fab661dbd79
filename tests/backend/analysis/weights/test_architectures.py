"""Own architectures against torchvision's, and the guess of an architecture from tensors alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from backend.analysis.weights.architecture_guess import guess_architecture
from backend.analysis.weights.architectures import BasicBlock, WithoutWeights, build, torchvision_names
from backend.errors import UserError


def randomised(module: nn.Module) -> nn.Module:
    """Give batch norm statistics that are not the identity, so that a misplaced layer shows."""
    generator = torch.Generator().manual_seed(0)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            assert part.running_mean is not None and part.running_var is not None
            part.running_mean.copy_(torch.randn(part.num_features, generator=generator) * 0.1)
            part.running_var.copy_(torch.rand(part.num_features, generator=generator) + 0.5)
    return module.eval()


def state_of(architecture: str, classes: int, **arguments: object) -> dict[str, Tensor]:
    """The names and shapes that a checkpoint of the architecture holds, without its memory."""
    with WithoutWeights():
        return build(architecture, classes, (224, 224), arguments).state_dict()


@pytest.mark.parametrize("stride", [1, 2])
def test_that_the_block_computes_what_torchvisions_block_computes(stride: int) -> None:
    from torchvision.models.resnet import BasicBlock as Theirs

    outputs = 64 * stride
    shortcut = nn.Sequential(nn.Conv2d(64, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
    theirs = randomised(Theirs(64, outputs, stride, shortcut if stride == 2 else None))
    ours = BasicBlock(64, outputs, stride).eval()
    ours.load_state_dict(theirs.state_dict())
    images = torch.randn(2, 64, 9, 9)
    with torch.inference_mode():
        assert torch.equal(ours(images.clone()), theirs(images.clone()))


def test_that_the_whole_resnet_is_torchvisions_with_a_small_stem() -> None:
    from torchvision.models import resnet18

    theirs = resnet18(num_classes=7)
    theirs.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    theirs.maxpool = nn.Identity()
    randomised(theirs)
    ours = build("resnet18-cifar", 7, (32, 32), {}).eval()
    ours.load_state_dict(theirs.state_dict())
    images = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        assert torch.equal(ours(images), theirs(images))
    assert [name for name, _ in ours.named_children()] == [
        name for name, _ in theirs.named_children() if name != "maxpool"
    ]


def test_that_the_vggs_features_are_torchvisions() -> None:
    from torchvision.models import vgg16_bn

    with WithoutWeights():
        theirs = vgg16_bn().features
    ours = build("vgg16-bn-cifar", 10, (32, 32), {})
    features = ours.get_submodule("features")
    assert [type(part) for part in features] == [type(part) for part in theirs]  # type: ignore[arg-type]
    assert {name: tensor.shape for name, tensor in features.state_dict().items()} == {
        name: tensor.shape for name, tensor in theirs.state_dict().items()
    }
    ours.eval()
    assert ours(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_that_the_width_scales_every_stage() -> None:
    network = build("resnet18-cifar", 2, (32, 32), {"width": 8, "in_channels": 1})
    widths = [network.get_submodule(f"layer{stage}.1.conv2").out_channels for stage in (1, 2, 3, 4)]
    assert widths == [8, 16, 32, 64]
    assert network.eval()(torch.zeros(1, 1, 32, 32)).shape == (1, 2)


@pytest.mark.parametrize("name", ["mobilenet_v2", "squeezenet1_1", "vit_b_32", "densenet121", "googlenet"])
def test_that_a_network_of_torchvision_is_built_by_name_without_in_place_activations(name: str) -> None:
    with WithoutWeights():
        network = build(f"torchvision/{name}", 5, (64, 64), {})
    assert not any(getattr(part, "inplace", False) for part in network.modules())


def test_that_every_classifier_of_torchvision_can_be_named() -> None:
    assert {"alexnet", "resnet18", "vgg16_bn", "convnext_tiny", "inception_v3"} <= set(torchvision_names())
    assert "fcn_resnet50" not in torchvision_names()


def test_that_building_without_weights_takes_no_random_numbers_and_fills_no_parameters() -> None:
    before = torch.get_rng_state()
    with WithoutWeights():
        network = build("resnet18-cifar", 10, (32, 32), {})
    assert torch.equal(torch.get_rng_state(), before)
    assert all(parameter.is_meta for parameter in network.parameters())


@pytest.mark.parametrize(
    ("architecture", "arguments", "words"),
    [
        ("resnet19", {}, "resnet19"),
        ("torchvision/resnet19", {}, "torchvision/resnet19"),
        ("resnet18-cifar", {"wdith": 3}, "wdith"),
        ("torchvision/resnet18", {"wdith": 3}, "wdith"),
        ("resnet18-cifar", {"width": "wide"}, "wide"),
    ],
)
def test_that_an_unknown_name_or_argument_is_a_sentence(
    architecture: str, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        build(architecture, 10, (32, 32), arguments)


@pytest.mark.parametrize(
    ("architecture", "arguments", "classes"),
    [
        ("resnet18-cifar", {"width": 24}, 3),
        ("resnet18-cifar", {"width": 8, "in_channels": 1}, 2),
        ("vgg16-bn-cifar", {"width": 16}, 10),
        ("torchvision/resnet34", {}, 1000),
        ("torchvision/resnet18", {"in_channels": 1}, 4),
        ("torchvision/wide_resnet50_2", {}, 12),
        ("torchvision/vgg11_bn", {}, 6),
        ("torchvision/alexnet", {}, 9),
        ("torchvision/squeezenet1_0", {}, 9),
        ("torchvision/efficientnet_b0", {}, 2),
        ("torchvision/regnet_y_400mf", {}, 2),
        ("torchvision/googlenet", {}, 8),
    ],
)
def test_that_an_architecture_is_recognised_by_its_tensors(
    architecture: str, arguments: dict[str, object], classes: int
) -> None:
    guess = guess_architecture(state_of(architecture, classes, **arguments))
    assert (guess.architecture, guess.arguments, guess.classes) == (architecture, arguments, classes)
    assert architecture in guess.sentence and f"{classes} classes" in guess.sentence


def test_that_a_vision_transformers_tensors_tell_its_input_size() -> None:
    with WithoutWeights():
        state = build("torchvision/vit_b_32", 3, (64, 64), {}).state_dict()
    guess = guess_architecture(state)
    assert (guess.architecture, guess.classes, guess.input_size) == ("torchvision/vit_b_32", 3, (64, 64))


def test_that_tensors_of_no_known_network_are_a_sentence() -> None:
    state = {"stem.weight": torch.zeros(4, 3, 3, 3), "head.weight": torch.zeros(2, 4)}
    with pytest.raises(UserError, match=r"stem\.weight"):
        guess_architecture(state)
