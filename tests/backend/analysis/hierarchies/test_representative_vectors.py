"""Representative vectors against a loop over single images; noise, empty classes, memory, NaN, and what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from backend.analysis.capture import capturing
from backend.analysis.cards import LayerInfo, NetworkCard
from backend.analysis.category_hierarchy import build_category_hierarchy
from backend.analysis.events import Notice, Progress, finish
from backend.analysis.hierarchies import representative_vectors as module
from backend.analysis.hierarchies.class_vectors import (
    ClassVectors,
    carrying_filters,
    other_layers,
    outer_name,
    store_vectors,
    stored_vectors,
    usual_layers,
    with_noise,
)
from backend.analysis.hierarchies.representative_vectors import (
    gather_vectors,
    layers_together,
    representative_vectors,
    typical_images,
)
from backend.analysis.images.image_dataset import ArrayDataset, ImageDataset
from backend.analysis.images.noise_set import NoiseSet
from backend.analysis.network import Network
from backend.analysis.networks import load_network
from backend.errors import UserError
from backend.store import Store
from tests.networks import count_hooks, tiny_network


def pictures(labels: list[int], classes: int = 3) -> ArrayDataset:
    array = np.random.default_rng(0).integers(0, 256, (len(labels), 12, 12, 3), dtype=np.uint8)
    names = tuple("abcdefgh"[:classes])
    return ArrayDataset("blocks", "blocks", names, np.array(labels), array, "blocks")


def features_of(network: Network, dataset: ImageDataset, layer: str) -> NDArray[np.float64]:
    """One image at a time."""
    calls = {layer: network.card.layer(layer).calls}
    with capturing(network.module, calls) as forward, torch.inference_mode():
        maps = [forward(network.normalize(dataset[index][0])).outputs[layer][0] for index in range(len(dataset))]
    return torch.stack(maps).double().numpy()


@pytest.mark.parametrize("layer", ["relu1", "conv2", "logits"])
def test_that_a_vector_is_the_mean_of_its_class(layer: str) -> None:
    network, dataset = tiny_network(), pictures([2, 0, 1, 1, 2, 0, 2] * 20)
    events: list[Any] = []
    found = finish(representative_vectors(network, dataset, layer), events.append)
    features = features_of(network, dataset, layer)
    assert found.names == ("a", "b", "c") and found.counts.tolist() == [40, 40, 60]
    assert found.vectors.shape[1:] == features.shape[1:] and found.vectors.dtype == np.float32
    for label in range(3):
        assert np.allclose(found.vectors[label], features[dataset.labels == label].mean(0), atol=1e-5)
    assert events[0] == Progress(0, 140, "images") and events[-1] == Progress(140, 140, "images")
    assert count_hooks(network) == 0


def test_that_noise_is_a_class_of_its_own() -> None:
    network, dataset = tiny_network(), pictures([0, 1, 2])
    found = finish(representative_vectors(network, dataset, "relu2", noise_images=5))
    noise = NoiseSet(network.card, 5)
    assert found.names == ("a", "b", "c", "random noise") and found.labels.tolist() == [0, 1, 2, -1]
    assert found.counts.tolist() == [1, 1, 1, 5]
    assert np.allclose(found.vectors[3], features_of(network, noise, "relu2").mean(0), atol=1e-5)


def test_that_noise_has_the_mean_and_deviation_of_the_card_and_is_always_the_same() -> None:
    card = tiny_network(size=(64, 64)).card
    images = NoiseSet(card, 3).images([0, 1, 2])
    middle = images[(images > 0).all(-1) & (images < 255).all(-1)]
    assert np.allclose(np.median(images.reshape(-1, 3), 0) / 255, card.mean, atol=0.01)
    assert len(middle) and (images[0] != images[1]).any()
    assert np.array_equal(NoiseSet(card, 9).images([2]), images[2:])
    grey = NoiseSet(tiny_network(channels=1).card, 1)[0][0]
    assert grey.shape == (12, 12, 3)
    assert NoiseSet(card, 3).digest != NoiseSet(card, 4).digest


def test_that_several_layers_pass_once_and_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    network, dataset = tiny_network(), pictures([0, 1, 2] * 30)
    forwards: list[int] = []
    network.module.register_forward_pre_hook(lambda _, inputs: forwards.append(len(inputs[0])))
    found = finish(gather_vectors(network, dataset, ["relu1", "relu2", "logits"]))
    assert sum(forwards) == 90
    for layer in found:
        alone = finish(representative_vectors(network, dataset, layer))
        assert np.array_equal(found[layer].vectors, alone.vectors)


def test_that_a_class_without_images_is_left_out_and_said_to_be() -> None:
    network, events = tiny_network(), []
    found = finish(representative_vectors(network, pictures([0, 0, 2, 4], classes=5), "relu2"), events.append)
    assert found.names == ("a", "c", "e") and found.labels.tolist() == [0, 2, 4]
    notice = next(event.text for event in events if isinstance(event, Notice))
    assert notice.startswith("“b”, “d” have no image")
    with pytest.raises(UserError, match="holds no image to average"):
        finish(representative_vectors(network, pictures([]), "relu2"))
    with pytest.raises(UserError, match="no layer called “relu9”"):
        finish(representative_vectors(network, pictures([0, 1]), "relu9"))


def test_that_what_is_no_number_is_told_of_the_class_it_is_in() -> None:
    network = tiny_network()
    dataset = pictures([0, 1, 2, 1])

    def spoil(_: object, __: object, output: torch.Tensor) -> torch.Tensor:
        output[1] = float("nan")
        return output

    network.module.relu2.register_forward_hook(spoil)
    found = finish(representative_vectors(network, dataset, "relu2"))
    with pytest.raises(UserError, match="“b”"):
        build_category_hierarchy(found.vectors, found.names)


def test_that_the_batch_is_halved_where_memory_runs_out_and_no_image_counts_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, dataset = tiny_network(), pictures([0, 1, 2] * 200)
    layers = ["relu1", "relu2"]
    expected = finish(gather_vectors(network, dataset, layers))
    observe, sizes = module._Sums.observe, []

    def narrow(sums: Any, name: str, output: torch.Tensor) -> None:
        sizes.append(len(output))
        # In the middle of the second batch: its first layer has been looked at already.
        if len(output) > 100 and len(sizes) > 3:
            raise MemoryError
        observe(sums, name, output)

    monkeypatch.setattr(module._Sums, "observe", narrow)
    events: list[Any] = []
    found = finish(gather_vectors(network, dataset, layers), events.append)
    assert sizes[0] == 256 and sizes[-1] <= 64
    assert [event.text for event in events if isinstance(event, Notice)][-1].endswith("with 64 images at once.")
    for layer in layers:
        assert np.allclose(found[layer].vectors, expected[layer].vectors, atol=1e-6)
    assert count_hooks(network) == 0


def test_that_closing_in_the_middle_leaves_no_hook() -> None:
    network = tiny_network()
    steps = representative_vectors(network, pictures([0, 1] * 400), "relu1")
    assert [next(steps) for _ in range(3)][-1].done > 0
    assert count_hooks(network) > 0
    steps.close()
    assert count_hooks(network) == 0


def test_that_the_typical_image_is_the_nearest_to_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    network, dataset = tiny_network(), pictures([0, 1] * 40, classes=2)
    found = finish(representative_vectors(network, dataset, "relu2"))
    features = features_of(network, dataset, "relu2").reshape(80, -1)
    for most in (40, 7):
        monkeypatch.setattr(module, "CANDIDATES", (1, most, 1000))
        chosen = finish(typical_images(network, dataset, found))
        for label in (0, 1):
            goal = found.vectors[label].ravel()
            looked_at = np.flatnonzero(dataset.labels == label)[:most]
            cosines = [features[i] @ goal / np.linalg.norm(features[i]) / np.linalg.norm(goal) for i in looked_at]
            assert chosen[label] == looked_at[np.argmax(cosines)]


def test_that_the_terms_of_the_filters_add_up_to_the_cosine() -> None:
    vectors = np.random.default_rng(1).standard_normal((3, 6, 2, 2)).astype(np.float32)
    vectors[2] = 0
    terms = carrying_filters(vectors, 0, 1)
    a, b = vectors[0].astype(np.float64), vectors[1].astype(np.float64)
    length = np.linalg.norm(a) * np.linalg.norm(b)
    assert np.allclose(terms, [(a[f] * b[f]).sum() / length for f in range(6)])
    distances = build_category_hierarchy(vectors, ["a", "b", "c"]).distances
    assert terms.sum() == pytest.approx(1 - 2 * distances[0, 1])
    assert carrying_filters(vectors, 0, 2).tolist() == [0] * 6
    flat = carrying_filters(vectors.reshape(3, -1), 0, 1)
    assert len(flat) == 24 and flat.sum() == pytest.approx(terms.sum())


def test_that_vectors_are_found_again_under_every_name_of_their_layer_and_not_otherwise(tmp_path: Path) -> None:
    card, store = load_network("cifar10-resnet18").card, Store(tmp_path)
    names, vectors = ("a", "Ω"), np.ones((2, 3), np.float32)
    found = ClassVectors("layer4", names, np.arange(2), np.array([5, 6]), vectors)
    store_vectors(store, card, "data", found)
    for layer in ("layer4", "layer4.1"):
        again = stored_vectors(store, card, "data", layer)
        assert again is not None and again.names == names and again.layer == layer
        assert again.counts.tolist() == [5, 6] and np.array_equal(again.vectors, vectors)
        assert not again.vectors.flags.writeable
    assert stored_vectors(store, card, "other", "layer4") is None
    assert stored_vectors(store, card, "data", "layer4.0") is None
    noise = ClassVectors("layer4", ("random noise",), np.zeros(1, np.int64), np.array([9]), 2 * vectors[:1])
    joined = with_noise(found, noise)
    assert joined.labels.tolist() == [0, 1, -1] and joined.counts.tolist() == [5, 6, 9]
    assert joined.vectors[2].tolist() == [2, 2, 2]


def card_with(*layers: LayerInfo) -> NetworkCard:
    return NetworkCard(
        "n", "a", ("x",), (8, 8), (0.5,), (0.5,), layers=(*layers, LayerInfo("logits", "Output", (1,), 0))
    )


def test_that_the_usual_layers_go_by_their_outermost_names_and_the_others_are_the_rest() -> None:
    card = load_network("cifar10-resnet18").card
    usual, others = usual_layers(card), other_layers(card)
    assert usual[:3] == ("bn1", "layer1", "layer1.0") and "layer4" in usual and usual[-1] == "logits"
    assert "layer4.1" not in usual and "layer4.1" not in others
    assert "conv1" in others and "layer2.0.conv1" in others and not set(usual) & set(others)
    assert outer_name(card, "layer4.1") == "layer4" == outer_name(card, "layer4")
    assert outer_name(card, "layer4.0") == "layer4.0"
    vgg = card_with(
        LayerInfo("features", "Sequential", (8, 2, 2), 1),
        LayerInfo("features.0", "Conv2d", (8, 4, 4), 1),
        LayerInfo("features.1", "MaxPool2d", (8, 2, 2), 0),
        LayerInfo("avgpool", "AdaptiveAvgPool2d", (8, 1, 1), 0),
    )
    assert usual_layers(vgg) == ("features", "features.0", "logits")
    flat = card_with(LayerInfo("fc", "Linear", (4,), 9))
    assert usual_layers(flat) == ("logits",) and other_layers(flat) == ("fc",)
    assert usual_layers(NetworkCard("n", "a", ("x",), (8, 8), (0.5,), (0.5,))) == ()


def test_that_only_layers_whose_sums_fit_pass_together(monkeypatch: pytest.MonkeyPatch) -> None:
    card = load_network("cifar10-resnet18").card
    together = layers_together(card, "layer4", 10)
    assert together[0] == "layer4" and "layer4.1" not in together and "bn1" in together
    # The logits and the last convolution, but no further block.
    monkeypatch.setattr(module, "MOST_BYTES", 8 * 10 * (2 * 4096 + 10))
    assert layers_together(card, "layer4", 10) == ("layer4", "logits", "layer4.1.conv2")
    assert layers_together(card, "layer4", 1000) == ("layer4",)
