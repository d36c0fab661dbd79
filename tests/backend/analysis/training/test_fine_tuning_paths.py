"""Fine-tuning along the paths through a tree: which filters, which images, and what is left out of the old test."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.analysis.events import Progress, finish
from backend.analysis.features import collect_features
from backend.analysis.images.image_dataset import ArrayDataset
from backend.analysis.network import Network
from backend.analysis.prediction_tree import PredictionTree, build_prediction_tree, trace_path
from backend.analysis.training import fine_tuning_paths
from backend.analysis.training.fine_tuning import FineTuning, FineTuningSettings, fine_tune, old_images
from backend.analysis.training.fine_tuning_paths import (
    filters_on_paths,
    fine_tune_on_paths,
    labelled_images,
    shared_images,
)
from backend.errors import UserError
from tests.backend.analysis.training.test_fine_tuning import CLASSES, make_network, pictures
from tests.networks import count_hooks
from tests.steps import finish_with_events

SETTINGS = FineTuningSettings(epochs=2, learning_rate=0.01, batch=4)
NAMES = ("red", "green", "blue")


def images(count: int, seed: int, names: tuple[str, ...] = NAMES, digest: str = "") -> ArrayDataset:
    """Give images of the network's size, under names in another order than its own."""
    pixels, labels = pictures(count, seed)
    own = np.array([names.index(CLASSES[label]) if CLASSES[label] in names else 0 for label in labels])
    return ArrayDataset(f"set {seed}", f"set {seed}", names, own, pixels[:, :12, :12].copy(), digest or str(seed))


def tree_of(network: Network, dataset: ArrayDataset, layer: str = "relu2") -> PredictionTree:
    return build_prediction_tree(finish(collect_features(network, dataset, layer)))


@pytest.mark.parametrize("at_once", [3, 256])
def test_that_the_filters_are_those_of_every_path(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(fine_tuning_paths, "AT_ONCE", at_once)
    network = make_network()
    tree, new = tree_of(network, images(30, 1)), images(20, 2)
    chosen = np.array([7, 3, 12, 19])
    features = finish(collect_features(network, new, "relu2", chosen))
    wanted = {index for feature in features for index in trace_path(tree, feature).critical_filters}
    events, found = finish_with_events(filters_on_paths(network, new, tree, "relu2", chosen))
    assert found == tuple(sorted(wanted)) and found
    assert [event.done for event in events] == sorted(event.done for event in events)
    assert (events[-1].done, events[-1].total) == (8, 8)


def test_that_it_is_the_fine_tuning_of_the_core_with_these_filters_and_one_count() -> None:
    network = make_network()
    tree, new, old = tree_of(network, images(30, 1)), images(24, 2), images(21, 3)
    events, found = finish_with_events(fine_tune_on_paths(network, new, tree, "relu2", old, settings=SETTINGS))
    filters = finish(filters_on_paths(network, new, tree, "relu2", np.arange(24)))
    labels = np.array([network.classes.index(new.class_names[label]) for label in new.labels])
    wanted = finish(fine_tune(network, new.images(range(24)), labels, old, filters, "relu2", SETTINGS))
    assert found == wanted and isinstance(found, FineTuning)
    assert (found.layer, found.filters, found.of_filters) == ("relu2", len(filters), 8)
    assert found.new_classes == CLASSES and not found.unseen_classes and not found.left_out
    assert all(isinstance(event, Progress) and event.unit == "images" for event in events)
    assert {event.total for event in events} == {events[-1].done}
    assert [event.done for event in events] == sorted(event.done for event in events)
    assert events[-1].done == 2 * 24 + 4 * (12 + 21) + 3 * 2 * 12


def test_that_images_of_both_are_left_out_of_the_old_test() -> None:
    network = make_network()
    old = images(21, 3)
    tree, chosen = tree_of(network, old), [0, 1, 2, 3, 20]
    found: FineTuning = finish(fine_tune_on_paths(network, old, tree, "relu2", old, chosen, settings=SETTINGS))
    assert (found.old, found.left_out) == (16, 5)
    assert any(text.startswith("5 of the old test set's images are among the new ones") for text in found.cautions)
    kept, targets = old_images(old, network.classes, chosen)
    assert kept.tolist() == [number for number in range(21) if number not in chosen] and len(targets) == 16
    with torch.inference_mode():
        logits = network.logits(network.normalize(old.images(kept)))
    assert found.rows[0].old_before == pytest.approx(float((logits.argmax(1).numpy() == targets).mean()))


def test_that_shared_images_are_known_by_number_or_by_their_pixels() -> None:
    old = images(21, 3)
    assert shared_images(old, np.array([4, 2]), old).tolist() == [2, 4]
    assert shared_images(images(9, 5), np.arange(9), old).tolist() == []
    copied = ArrayDataset("copy", "copy", ("red",), [0, 0, 0], old.images([20, 6, 6]), "copy")
    assert shared_images(copied, np.array([0, 1, 2]), old).tolist() == [6, 20]
    assert shared_images(copied, np.array([0]), old).tolist() == [20]
    scaled = ArrayDataset("big", "big", ("red",), [0], old.images([0]), "big", size=(24, 24))
    assert shared_images(scaled, np.array([0]), old).tolist() == []


def test_that_a_class_without_old_images_is_named_and_none_at_all_is_refused() -> None:
    network, old = make_network(), images(21, 3)
    tree, reds = tree_of(network, old), np.flatnonzero(old.labels == 0)
    found = finish(fine_tune_on_paths(network, old, tree, "relu2", old, reds, settings=SETTINGS))
    assert found.unseen_classes == ("red",) and "No old image is left of red." in found.cautions
    assert any("All new images are of red" in text for text in found.cautions)
    with pytest.raises(UserError, match="nothing is left to tell what is forgotten"):
        finish(fine_tune_on_paths(network, old, tree, "relu2", old, settings=SETTINGS))


def test_that_classes_go_by_name_and_a_class_that_is_said_goes_before() -> None:
    network = make_network()
    some = images(6, 1, names=("stone", "red", "green", "blue"))
    numbers, labels = labelled_images(network, some)
    assert numbers.tolist() == list(range(6)) and labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert labelled_images(network, some, [5, 1])[1].tolist() == [2, 1]
    assert labelled_images(network, some, [5, 1], label=0)[1].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("stone",), "No image of set 1 is of a class of tiny; it has blue, green, red"),
        (("stone", "red"), "tiny has no class “stone”"),
    ],
)
def test_that_images_of_no_class_get_a_sentence(names: tuple[str, ...], words: str) -> None:
    network = make_network()
    tree = tree_of(network, images(9, 2))
    strange = images(6, 1, names=names)
    with pytest.raises(UserError, match=words):
        finish(fine_tune_on_paths(network, strange, tree, "relu2", images(9, 3), settings=SETTINGS))
    # With a class said for all of them there is nothing wrong.
    found = finish(fine_tune_on_paths(network, strange, tree, "relu2", images(9, 3), label=1, settings=SETTINGS))
    assert found.new_classes == ("green",)


def test_that_what_cannot_be_tuned_is_said_before_anything_passes_the_network() -> None:
    network = make_network()
    tree = tree_of(network, images(9, 2))
    for layer, chosen, words in (("relu2", [99], "has images 0 to 8"), ("nowhere", (), "nowhere")):
        steps = fine_tune_on_paths(network, images(9, 1), tree, layer, images(9, 3), chosen, settings=SETTINGS)
        with pytest.raises(UserError, match=words):
            next(steps)
    steps = fine_tune_on_paths(network, images(9, 1), tree, "relu1", images(9, 3), settings=SETTINGS)
    with pytest.raises(UserError, match="does not fit the tree"):
        finish(steps)


@pytest.mark.parametrize("after", [1, 4, 12])
def test_that_it_can_be_ended_anywhere_and_leaves_no_hook(after: int) -> None:
    network = make_network()
    before = {name: tensor.clone() for name, tensor in network.module.state_dict().items()}
    tree = tree_of(network, images(9, 2))
    steps = fine_tune_on_paths(network, images(9, 1), tree, "relu2", images(9, 3), settings=SETTINGS)
    for _ in range(after):
        next(steps)
    steps.close()
    assert count_hooks(network) == 0
    assert all(torch.equal(network.module.state_dict()[name], tensor) for name, tensor in before.items())
