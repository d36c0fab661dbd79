"""The jobs behind the prediction tree panel: trees built, kept and found again; pictures traced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.analysis.events import Notice, Progress, finish
from backend.analysis.images.image_dataset import ImageDataset
from backend.analysis.prediction_tree import PredictionTree, build_prediction_tree, trace_path
from backend.engine import Engine
from backend.errors import UserError
from backend.jobs.tree import BuildTree, FindTree, TracedPath, TracePath
from backend.store import Store
from tests.networks import count_hooks
from tests.picture_files import png
from tests.scanned import FEW


class Opened:
    """An engine, and the network and images that it opens."""

    def __init__(self, network: Path, images: Path, results: Path) -> None:
        self.engine = Engine(Store(results))
        self.engine.wake("cpu")
        self.network, self.images = str(network), str(images)

    def dataset(self) -> ImageDataset:
        return finish(self.engine.dataset(self.images, self.engine.network(self.network)))

    def build(self, **named: Any) -> BuildTree:
        return BuildTree(self.network, self.images, **named)


@pytest.fixture
def opened(places: Path, tmp_path: Path) -> Opened:
    return Opened(places / "small.json", places / "few", tmp_path / "results")


def test_that_the_tree_of_a_class_is_built_of_its_images_and_found_again(opened: Opened) -> None:
    events, again = list[Any](), list[Any]()
    tree: PredictionTree = finish(opened.build(label=1).run(opened.engine), events.append)
    dataset = opened.dataset()
    assert tree.image_numbers.tolist() == np.flatnonzero(dataset.labels == 1).tolist()
    units = [event.unit for event in events if isinstance(event, Progress)]
    # One tile of pairs; of so few images no merge is told of.
    assert list(dict.fromkeys(units)) == ["images", "pairs"]
    expected = build_prediction_tree(tree.features)
    assert np.array_equal(tree.merges, expected.merges)
    found: PredictionTree = finish(opened.build(label=1).run(opened.engine), again.append)
    assert "pairs" not in [event.unit for event in again if isinstance(event, Progress)]
    assert np.array_equal(found.merges, tree.merges) and np.array_equal(found.features, tree.features)
    assert count_hooks(opened.engine.network(opened.network)) == 0


def test_that_a_tree_is_found_only_where_it_was_built_and_nothing_is_computed_for_that(opened: Opened) -> None:
    what = (opened.network, opened.images, "layer4", (), 1)
    assert finish(FindTree(*what).run(opened.engine)) is None
    tree: PredictionTree = finish(BuildTree(*what).run(opened.engine))
    events = list[Any]()
    found: PredictionTree = finish(FindTree(*what).run(opened.engine), events.append)
    assert np.array_equal(found.merges, tree.merges) and not [event for event in events if isinstance(event, Progress)]
    assert finish(FindTree(*what[:2], "layer3", (), 1).run(opened.engine)) is None
    assert finish(FindTree(*what[:3], (1, 2, 3)).run(opened.engine)) is None


def test_that_a_tree_for_which_there_is_no_memory_is_a_sentence_beforehand(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.analysis.memory.physical_memory", lambda: 100_000)
    opened.dataset()
    events = list[Any]()
    with pytest.raises(UserError, match="A tree of 60 images needs"):
        finish(opened.build().run(opened.engine), events.append)
    assert not [event for event in events if isinstance(event, Progress)]


def test_that_images_and_layer_can_be_chosen_and_the_default_is_the_last_layer(opened: Opened) -> None:
    few: PredictionTree = finish(opened.build(images=(9, 4, 30), layer="layer2").run(opened.engine))
    card = opened.engine.network(opened.network).card
    assert few.image_numbers.tolist() == [9, 4, 30]
    assert few.features.shape[1:] == card.layer("layer2").shape
    every: PredictionTree = finish(opened.build().run(opened.engine))
    assert every.images == FEW and every.features.shape[1:] == card.layer("layer4").shape


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({"label": 3}, "No such class"),
        ({"layer": "fc"}, "without space"),
        ({"layer": "layer9"}, "layer9"),
        ({"images": (FEW,)}, "No such image"),
    ],
)
def test_that_bad_input_is_a_sentence(opened: Opened, named: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError, match=says):
        finish(opened.build(**named).run(opened.engine))


def test_that_a_class_without_images_is_a_sentence(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = opened.dataset()
    monkeypatch.setattr(dataset, "labels", np.zeros(len(dataset), np.int64))
    with pytest.raises(UserError, match="no image of class green"):
        finish(opened.build(label=1).run(opened.engine))


def test_that_a_tree_that_cannot_be_kept_is_given_all_the_same(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("backend.jobs.tree.store_tree", full)
    events = list[Any]()
    tree: PredictionTree = finish(opened.build(label=0).run(opened.engine), events.append)
    assert tree.images == FEW // 3
    assert [event.text for event in events if isinstance(event, Notice)]


def test_that_a_build_that_is_ended_leaves_no_hook_and_no_file(opened: Opened, tmp_path: Path) -> None:
    steps = opened.build().run(opened.engine)
    while not (isinstance(event := next(steps), Progress) and event.unit == "images" and event.done):
        pass
    steps.close()
    assert count_hooks(opened.engine.network(opened.network)) == 0
    assert not list((tmp_path / "results").glob("*"))


def test_that_a_picture_or_its_file_is_traced_and_its_filters_weighed(opened: Opened) -> None:
    tree: PredictionTree = finish(opened.build(label=2).run(opened.engine))
    picture = opened.dataset()[8][0]
    network = opened.engine.network(opened.network)
    logits = network.logits(network.normalize(picture[None]))[0]
    for given in (picture, png(picture)):
        traced: TracedPath = finish(TracePath(opened.network, "", tree, given).run(opened.engine))
        assert traced.path.leaf == trace_path(tree, traced.feature).leaf
        assert tree.image_numbers[traced.path.leaf] == traced.path.image_number
        np.testing.assert_allclose(traced.probabilities, logits.softmax(0).numpy(), rtol=1e-4)
        shares = traced.contributions
        assert shares.class_index == int(logits.argmax()) and len(shares.values) == tree.filters
        assert shares.exact and shares.total + shares.bias == pytest.approx(float(logits.max()), abs=1e-4)
        np.testing.assert_array_equal(traced.picture, picture)
        shown = (traced.feature, traced.probabilities, traced.picture, shares.values)
        assert not any(array.flags.writeable for array in shown)


def test_that_another_class_can_be_asked_about(opened: Opened) -> None:
    tree: PredictionTree = finish(opened.build(label=2).run(opened.engine))
    picture = opened.dataset()[8][0]
    for index in range(3):
        job = TracePath(opened.network, "layer4", tree, picture, class_index=index)
        assert finish(job.run(opened.engine)).contributions.class_index == index


def test_that_a_trace_replaces_an_older_one_of_the_same_place_only(opened: Opened) -> None:
    tree = build_prediction_tree(np.ones((2, 4, 1, 1)))
    picture = np.zeros((4, 4, 3), np.uint8)
    here, there = (TracePath("n", "", tree, picture, place=place) for place in ("a", "b"))
    assert here.key != there.key and here.key == TracePath("m", "", tree, picture, place="a").key
    assert opened.build().background and not here.background


def test_that_a_picture_of_another_layer_is_refused(opened: Opened) -> None:
    tree: PredictionTree = finish(opened.build(label=2).run(opened.engine))
    with pytest.raises(UserError, match="does not fit the tree"):
        finish(TracePath(opened.network, "layer2", tree, opened.dataset()[0][0]).run(opened.engine))


def test_that_a_file_that_is_no_picture_is_refused(opened: Opened) -> None:
    with pytest.raises(UserError):
        finish(TracePath(opened.network, "", build_prediction_tree(np.ones((2, 4, 1, 1))), b"none").run(opened.engine))
