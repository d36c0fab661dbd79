"""Opening and saving networks, images in and out, and every kind of broken file."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from backend.analysis.cards import NetworkCard, read_card
from backend.analysis.networks import Network, load_network, prepare_weights, save_network
from backend.analysis.weights.architectures import build
from backend.analysis.weights.published_weights import download_weights, published_network_card
from backend.analysis.weights.shipped import shipped_card_path, shipped_networks
from backend.errors import UserError

CARD = NetworkCard(
    name="tiny",
    architecture="resnet18-cifar",
    arguments={"width": 4},
    classes=("cat", "dog"),
    input_size=(16, 16),
    mean=(0.5, 0.4, 0.3),
    std=(0.2, 0.3, 0.4),
)


def tiny(**changes: Any) -> Network:
    card = replace(CARD, **changes)
    torch.manual_seed(0)
    return Network(build(card.architecture, len(card.classes), card.input_size, card.arguments), card)


def convolution(channels: int = 3, size: tuple[int, int] = (8, 8)) -> Network:
    module = nn.Sequential(nn.Conv2d(channels, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    mean, std = (0.5, 0.4, 0.3, 0.2)[:channels], (0.2, 0.3, 0.4, 0.5)[:channels]
    return Network(module, replace(CARD, input_size=size, mean=mean, std=std))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_network(tiny(), CARD, tmp_path / "tiny")
    return tmp_path / "tiny.json"


def images(count: int = 2, height: int = 16, width: int = 16) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


# Shipped networks


@pytest.mark.parametrize("name", ["cifar10-resnet18", "cat-dog-resnet18", "plane-dog-resnet18"])
def test_that_a_shipped_network_opens_frozen_and_agrees_with_its_card(name: str) -> None:
    network = load_network(name)
    written = read_card(shipped_card_path(name))
    weights = shipped_card_path(name).with_suffix(".safetensors").read_bytes()
    assert network.card.layers == written.layers == network.layers
    assert network.digest == written.weights_digest == hashlib.sha256(weights).hexdigest()
    assert network.logits(network.normalize(images())).shape == (2, len(written.classes))
    assert not network.module.training
    assert not any(parameter.requires_grad for parameter in network.module.parameters())
    assert all(parameter.dtype == torch.float32 for parameter in network.module.parameters())
    assert network.module.get_submodule("layer4.1.conv2").weight.is_contiguous(  # type: ignore[operator, union-attr]
        memory_format=torch.channels_last
    )


def test_that_the_network_to_open_first_comes_first() -> None:
    assert shipped_networks() == (
        "cifar10-resnet18",
        "cat-dog-resnet18",
        "cifar10-resnet18-w64",
        "plane-dog-resnet18",
    )


def test_that_layers_come_in_call_order_and_end_with_the_logits() -> None:
    layers = {layer.name: layer for layer in load_network("cat-dog-resnet18").layers}
    names = list(layers)
    assert names[0] == "conv1" and names[-1] == "logits" and names.index("layer1.0") < names.index("layer2.1.conv1")
    assert layers["layer4"].shape == (256, 4, 4)
    assert layers["layer4.1.conv2"].parameters == 256 * 256 * 9
    assert layers["layer1.0.relu"].calls == 2
    assert layers["logits"].shape == (2,)


def test_that_real_test_images_are_recognised(cifar10_folder: Path) -> None:
    from backend.analysis.pictures import read_picture

    network = load_network("cifar10-resnet18")
    right = []
    for label, name in enumerate(network.classes):
        files = sorted((cifar10_folder / "test" / name).iterdir())[:10]
        batch = network.normalize(np.stack([read_picture(file) for file in files]))
        right.append((network.logits(batch).argmax(1) == label).float().mean())
    assert sum(right) / len(right) > 0.75


# Images in and out


def test_that_images_of_the_right_size_are_normalised_as_the_card_says() -> None:
    network, batch = tiny(), images()
    expected = np.empty((2, 3, 16, 16), dtype=np.float32)
    for channel in range(3):
        expected[:, channel] = (batch[..., channel] / 255 - CARD.mean[channel]) / CARD.std[channel]
    np.testing.assert_allclose(network.normalize(batch).numpy(), expected, atol=1e-6)
    np.testing.assert_array_equal(network.to_images(network.normalize(batch)), batch)


def test_that_a_single_read_only_image_is_taken_too() -> None:
    batch = images(1)
    batch.flags.writeable = False
    assert torch.equal(tiny().normalize(batch[0]), tiny().normalize(batch))


def test_that_a_wide_image_is_scaled_to_fill_and_cropped_to_its_centre() -> None:
    # Left third black, middle third white, right third black; the middle is a square twice the input's side.
    wide = np.zeros((1, 32, 96, 3), dtype=np.uint8)
    wide[:, :, 32:64] = 255
    network = tiny()
    assert (network.to_images(network.normalize(wide))[:, :, 1:-1] == 255).all()


def test_that_scaling_down_averages_instead_of_picking_pixels() -> None:
    stripes = np.zeros((1, 64, 64, 3), dtype=np.uint8)
    stripes[:, :, ::2] = 255
    network = tiny()
    middle = network.to_images(network.normalize(stripes))[:, 4:-4, 4:-4]
    assert ((middle > 117) & (middle < 138)).all()


@pytest.mark.parametrize("height, width", [(1, 1), (1, 40), (17, 15), (3, 500)])
def test_that_any_size_becomes_the_input_size(height: int, width: int) -> None:
    assert tiny().normalize(images(1, height, width)).shape == (1, 3, 16, 16)


def test_that_a_one_channel_network_gets_the_luminance_and_shows_grey() -> None:
    network, pixel = convolution(channels=1), np.full((1, 8, 8, 3), (255, 0, 51), dtype=np.uint8)
    expected = (0.299 + 0.114 * 0.2 - 0.5) / 0.2
    torch.testing.assert_close(network.normalize(pixel), torch.full((1, 1, 8, 8), expected))
    assert (network.to_images(network.normalize(pixel)) == round((0.299 + 0.114 * 0.2) * 255)).all()


def test_that_more_than_three_channels_repeat_and_the_first_three_are_shown() -> None:
    network, batch = convolution(channels=4), images(2, 8, 8)
    normal = network.normalize(batch)
    torch.testing.assert_close(normal[:, 3] * 0.5 + 0.2, normal[:, 0] * 0.2 + 0.5)
    np.testing.assert_array_equal(network.to_images(normal), batch)


def test_that_values_outside_the_range_are_clipped_and_nan_is_black() -> None:
    network = tiny()
    low, high = network.value_range
    assert low.shape == high.shape == (1, 3, 1, 1)
    extremes = torch.cat([low - 1, high + 1, low * torch.nan]).expand(3, 3, 16, 16)
    shown = network.to_images(extremes)
    assert (shown[0] == 0).all() and (shown[1] == 255).all() and (shown[2] == 0).all()


def test_that_images_that_are_not_uint8_are_refused() -> None:
    with pytest.raises(ValueError, match="uint8"):
        tiny().normalize(np.zeros((1, 16, 16, 3), dtype=np.float32))  # type: ignore[arg-type]


# Saving


def test_that_a_saved_network_opens_the_same(tmp_path: Path) -> None:
    network = tiny()
    card = save_network(network, CARD, tmp_path / "v1.2", half=False)
    again = load_network(tmp_path / "v1.2.json")
    batch = network.normalize(images())
    assert torch.equal(again.logits(batch), network.logits(batch))
    assert again.card.layers == card.layers and again.digest == card.weights_digest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["v1.2.json", "v1.2.safetensors"]


def test_that_float16_keeps_what_float16_cannot_hold(tmp_path: Path) -> None:
    network = tiny()
    network.module.get_buffer("bn1.running_var").fill_(1e6)
    save_network(network, CARD, tmp_path / "tiny")
    again = load_network(tmp_path / "tiny.safetensors")
    assert torch.equal(again.module.get_buffer("bn1.running_var"), torch.full((4,), 1e6))
    torch.testing.assert_close(
        again.module.get_parameter("conv1.weight"), network.module.get_parameter("conv1.weight"), atol=1e-3, rtol=1e-3
    )


def test_that_a_full_disk_leaves_the_old_network_and_no_debris(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in saved.parent.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        save_network(tiny(classes=("a", "b", "c")), replace(CARD, classes=("a", "b", "c")), saved)
    assert {path.name: path.read_bytes() for path in saved.parent.iterdir()} == before


# Checkpoints


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}, "epoch": 3},
        lambda state: {"model": {f"_orig_mod.{name}": tensor.double() for name, tensor in state.items()}},
        lambda state: {
            name.replace("downsample", "shortcut").replace("fc.", "linear."): tensor for name, tensor in state.items()
        },
        lambda state: {name: tensor for name, tensor in state.items() if "num_batches" not in name},
    ],
    ids=["plain", "data parallel", "compiled float64", "other names", "no batch counts"],
)
def test_that_a_bare_checkpoint_is_recognised(
    tmp_path: Path, wrap: Callable[[Mapping[str, Tensor]], dict[str, Any]]
) -> None:
    trained = tiny(input_size=(32, 32))
    torch.save(wrap(trained.module.state_dict()), tmp_path / "mine.pth")
    network = load_network(tmp_path / "mine.pth")
    batch = torch.randn(2, 3, 32, 32)
    assert torch.equal(network.logits(batch), trained.logits(batch))
    assert network.classes == ("class 0", "class 1") and network.name == "mine"
    assert "resnet18-cifar, width 4 with 2 classes" in network.remark


def test_that_what_the_user_names_goes_before_the_guess(tmp_path: Path) -> None:
    torch.save(tiny().module.state_dict(), tmp_path / "mine.pt")
    named = load_network(tmp_path / "mine.pt", architecture="resnet18-cifar", classes=["left", "right"])
    assert named.classes == ("left", "right")
    mended = load_network(tmp_path / "mine.pt", card=CARD)
    assert mended.input_size == (16, 16) and mended.name == "tiny" and mended.remark == ""


def test_that_a_torchvision_checkpoint_opens_with_a_named_architecture(tmp_path: Path) -> None:
    module = build("torchvision/squeezenet1_1", 3, (224, 224), {}).eval()
    torch.save(module.state_dict(), tmp_path / "mine.pt")
    network = load_network(tmp_path / "mine.pt", architecture="torchvision/squeezenet1_1")
    assert network.input_size == (224, 224) and len(network.classes) == 3
    batch = torch.zeros(1, 3, 224, 224)
    torch.testing.assert_close(network.logits(batch), module(batch))


# Bad input: always a sentence


def test_that_truncated_weights_are_a_sentence(saved: Path) -> None:
    weights = saved.with_suffix(".safetensors")
    for length in (0, 5, 500, len(weights.read_bytes()) - 7):
        weights.write_bytes(weights.read_bytes()[:length])
        with pytest.raises(UserError, match=r"tiny.safetensors is cut off"):
            load_network(saved)


def test_that_a_truncated_checkpoint_is_a_sentence(tmp_path: Path) -> None:
    content = io.BytesIO()
    torch.save(tiny().module.state_dict(), content)
    for length in (0, 100, 5000):
        (tmp_path / "mine.pt").write_bytes(content.getvalue()[:length])
        with pytest.raises(UserError, match=r"mine.pt"):
            load_network(tmp_path / "mine.pt")


def test_that_a_missing_key_of_the_card_is_named(saved: Path) -> None:
    content = json.loads(saved.read_text())
    del content["mean"]
    saved.write_text(json.dumps(content))
    with pytest.raises(UserError, match="“mean”"):
        load_network(saved)


def test_that_a_card_without_weights_says_where_they_belong(saved: Path) -> None:
    saved.with_suffix(".safetensors").unlink()
    with pytest.raises(UserError, match=r"tiny\.safetensors"):
        load_network(saved)


def test_that_weights_of_another_width_name_the_first_tensor_and_both_shapes(saved: Path) -> None:
    content = json.loads(saved.read_text())
    saved.write_text(json.dumps({**content, "arguments": {"width": 6}}))
    with pytest.raises(UserError) as caught:
        load_network(saved)
    assert "“conv1.weight” is (4, 3, 3, 3) in tiny.safetensors, but (6, 3, 3, 3) in the network" in str(caught.value)


def test_that_weights_of_another_architecture_name_the_first_missing_tensor(saved: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_network(saved.with_suffix(".safetensors"), architecture="vgg16-bn-cifar")
    assert "“features.0.weight”" in str(caught.value) and "no such tensor" in str(caught.value)


def test_that_a_surplus_tensor_is_named(saved: Path) -> None:
    weights = saved.with_suffix(".safetensors")
    state = {**safetensors.torch.load_file(weights), "extra.weight": torch.zeros(2, 3)}
    safetensors.torch.save_file(state, weights)
    with pytest.raises(UserError, match=r"“extra.weight” \(2, 3\)"):
        load_network(saved)


def test_that_a_pickle_that_would_run_code_is_refused_and_does_not_run(tmp_path: Path) -> None:
    witness = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(witness),)

    torch.save({"conv1.weight": torch.zeros(1), "trap": Trap()}, tmp_path / "zip.pt")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Trap(), protocol=2))
    for name in ("zip.pt", "plain.pth"):
        with pytest.raises(UserError, match="would run code"):
            load_network(tmp_path / name)
    assert not witness.exists()
    torch.load(tmp_path / "zip.pt", weights_only=False)
    assert witness.exists(), "the trap was none, so the test showed nothing"


def test_that_a_network_without_convolutions_is_refused(tmp_path: Path) -> None:
    torch.save(nn.Linear(3, 2).state_dict(), tmp_path / "linear.pt")
    with pytest.raises(UserError, match="no two-dimensional convolution"):
        load_network(tmp_path / "linear.pt")
    with pytest.raises(UserError, match="no two-dimensional convolution"):
        Network(nn.Sequential(nn.Flatten(), nn.Linear(768, 2)), CARD)


def test_that_an_input_size_the_network_cannot_take_is_a_sentence() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 5), nn.Flatten(), nn.Linear(2 * 12 * 12, 2))
    with pytest.raises(UserError, match="3×3×3"):
        Network(module, replace(CARD, input_size=(3, 3)))


@pytest.mark.parametrize("source", ["no-such-network", "picture.png", "nowhere/card.json", "nowhere/weights.pt"])
def test_that_an_unknown_source_is_a_sentence(source: str) -> None:
    with pytest.raises(UserError, match=source.rpartition("/")[2]):
        load_network(source)


def test_that_an_unknown_device_is_a_sentence() -> None:
    with pytest.raises(UserError, match="abacus"):
        load_network("cat-dog-resnet18", device="abacus")


# Published weights


def test_that_published_weights_bring_their_card() -> None:
    card = published_network_card("torchvision/resnet18")
    assert len(card.classes) == 1000 and card.input_size == (224, 224) and card.mean == (0.485, 0.456, 0.406)
    assert card.test_accuracy == pytest.approx(0.69758)


def test_that_downloaded_weights_open_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.models import ResNet18_Weights

    monkeypatch.setenv("FILTERSCOPE_HOME", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    with pytest.raises(UserError, match=r"resnet18-.*\.pth"):
        load_network("torchvision/resnet18")
    (tmp_path / "weights").mkdir()
    file = tmp_path / "weights" / ResNet18_Weights.DEFAULT.url.rpartition("/")[2]
    torch.save(build("torchvision/resnet18", 1000, (224, 224), {}).state_dict(), file)
    assert list(prepare_weights("torchvision/resnet18")) == []
    network = load_network("torchvision/resnet18")
    assert network.name == "resnet18" and network.card.layer("layer4").shape == (512, 7, 7)


def test_that_a_download_is_checked_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    content = bytes(3 << 20)
    digest = hashlib.sha256(content).hexdigest()[:8]
    good, bad = tmp_path / f"net-{digest}.pth", tmp_path / "net-00000000.pth"
    good.write_bytes(content)
    bad.write_bytes(content)
    folder = tmp_path / "weights"
    steps = download_weights(good.as_uri(), folder)
    assert next(steps).unit == "MB"
    steps.close()
    assert list(folder.iterdir()) == []
    with pytest.raises(UserError, match="arrived with the SHA-256"):
        list(download_weights(bad.as_uri(), folder))
    assert list(folder.iterdir()) == []
    assert [event.done for event in download_weights(good.as_uri(), folder)] == [1, 2, 3]
    assert [path.read_bytes() for path in folder.iterdir()] == [content]


def test_that_a_download_without_a_network_names_the_address_and_the_folder(tmp_path: Path) -> None:
    address = (tmp_path / "absent-01234567.pth").as_uri()
    with pytest.raises(UserError) as caught:
        list(download_weights(address, tmp_path / "weights"))
    assert address in str(caught.value) and str(tmp_path / "weights") in str(caught.value)
    assert list((tmp_path / "weights").iterdir()) == []
