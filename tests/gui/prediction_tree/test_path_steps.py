"""The steps of a path as they are shown: which of them, what stands beside each, and where two paths part."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from backend.analysis.prediction_tree import PredictionTree, build_prediction_tree, trace_path
from backend.analysis.trees.ablation import Ablation
from backend.analysis.trees.contributions import Contributions
from backend.jobs import DatasetInfo, NetworkCard, PathStep, TracedPath
from gui.prediction_tree.classes import class_of_tree
from gui.prediction_tree.path_steps import (
    MOST_STEPS,
    explanation,
    largest_shares,
    parting_words,
    shown_steps,
)


def features(images: int = 60, filters: int = 40, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((images, filters, 2, 2), np.float32)


@pytest.fixture(scope="module")
def tree() -> PredictionTree:
    return build_prediction_tree(features())


def traced(tree: PredictionTree, feature: np.ndarray, values: np.ndarray | None = None) -> TracedPath:
    shares = np.linspace(-1, 2, feature.shape[0], dtype=np.float32) if values is None else values
    total = float(shares.sum())
    found = Contributions(1, np.arange(len(shares)), shares, total, 0.25, total + 0.25, True)
    odds = np.array([0.25, 0.75], np.float32)
    return TracedPath(trace_path(tree, feature), feature, odds, found, np.zeros((4, 4, 3), np.uint8))


def longest(tree: PredictionTree) -> TracedPath:
    return max((traced(tree, feature) for feature in tree.features), key=lambda found: len(found.path.steps))


def nothing(index: int) -> None:
    return None


def test_that_no_filter_is_critical_twice_on_a_path(tree: PredictionTree) -> None:
    for feature in (*tree.features, *features(20, seed=1)):
        filters = shown_steps(tree, trace_path(tree, feature), 0.0).filters
        assert len(set(filters)) == len(filters)


def test_that_every_step_of_a_short_path_is_shown(tree: PredictionTree) -> None:
    found = traced(tree, tree.features[3])
    shown = shown_steps(tree, found.path, share=0.5)
    taken = [step for step in found.path.steps if step.node >= 0]
    assert 0 < len(taken) <= MOST_STEPS
    assert shown.steps == tuple(taken) and shown.taken == len(taken)
    assert shown.numbers == tuple(range(1, len(taken) + 1))


def test_that_of_a_long_path_the_forks_and_the_last_are_shown_by_their_numbers() -> None:
    # A chain: each image is a little further from the first than the one before.
    angles = np.linspace(0.0, 1.2, 60)[:, None] + np.zeros((60, 40))
    chain = np.cos(angles) + np.sin(angles) * np.random.default_rng(0).random((60, 40))
    tree = build_prediction_tree(np.float32(chain[..., None, None]))
    found = longest(tree)
    shown = shown_steps(tree, found.path, share=0.2)
    taken = [step for step in found.path.steps if step.node >= 0]
    if len(taken) <= MOST_STEPS:
        pytest.skip(f"The path has only {len(taken)} steps.")
    assert shown.taken == len(taken) > len(shown.steps)
    assert shown.numbers[-1] == len(taken) and shown.steps[-1] is taken[-1]
    for step, number in zip(shown.steps, shown.numbers, strict=True):
        assert taken[number - 1] is step
    for number, step in enumerate(taken[:-1], 1):
        fork = min(tree.sizes[step.child], tree.sizes[step.other]) >= 12
        assert (number in shown.numbers) == fork


def test_that_a_step_shows_its_filter_and_the_side_it_goes_to(tree: PredictionTree) -> None:
    found = traced(tree, tree.features[7])
    shown = shown_steps(tree, found.path, 0.0)
    pictures = {index: np.full((2, 2, 3), index, np.uint8) for index in range(40)}
    sides = {node: np.full((1, 1, 3), node % 256, np.uint8) for node in range(len(tree.sizes))}
    card = NetworkCard("tiny", "resnet18-cifar", ("cat", "dog"), (4, 4), (0.5,) * 3, (0.25,) * 3, weights_digest="abc")
    data = DatasetInfo("there", "pets", 60, ("cats", "dogs"), (), labels=np.ones(60, np.int64))
    told = explanation(card, data, tree, "layer4", found, shown, (pictures.get, sides.get), None, None)
    assert (told.network, told.dataset, told.layer, told.weights_digest) == ("tiny", "pets", "layer4", "abc")
    assert (told.class_name, told.tree_class, told.tree_images) == ("dog", "dogs", 60)
    assert told.taken == len(shown.steps) and told.ablation is None
    for step, explained in zip(shown.steps, told.steps, strict=True):
        index = step.critical_filter
        assert explained.critical_filter == f"layer4/{index}" and explained.picture is pictures[index]
        assert explained.medoid is sides[step.child]
        assert explained.contribution == found.contributions.values[index]
        assert explained.images_below == tree.sizes[step.node]


def test_that_the_largest_shares_are_of_either_sign_and_say_what_is_on_the_path(tree: PredictionTree) -> None:
    values = np.zeros(40, np.float32)
    values[[3, 8, 20, 30, 31, 32]] = [5.0, -4.0, 3.0, np.nan, -0.5, 0.25]
    found = traced(tree, tree.features[0], values)
    shares = largest_shares(found, "layer4", nothing)
    assert [share.address for share in shares[:3]] == ["layer4/3", "layer4/8", "layer4/20"]
    assert [share.contribution for share in shares] == [5.0, -4.0, 3.0, -0.5, 0.25]
    on = set(found.path.critical_filters)
    assert [share.on_path for share in shares] == [int(share.address.split("/")[1]) in on for share in shares]


def test_that_it_is_said_where_two_paths_part(tree: PredictionTree) -> None:
    paths = [trace_path(tree, feature) for feature in tree.features]
    seen = set()
    for first in paths[:12]:
        for second in paths[:12]:
            words = parting_words(first, second, "layer4")
            together = sum(1 for one, other in zip(first.nodes, second.nodes, strict=False) if one == other)
            if first.root != second.root:
                assert words.startswith("apart from the start")
            elif first.leaf == second.leaf:
                assert words.startswith("both take the same way")
            else:
                filters = [step.critical_filter for step in first.steps if step.node == first.nodes[together - 1]]
                assert words.endswith(f", at layer4/{filters[0]}")
                steps = together - 1
                assert (f"apart after {steps} step" in words) == (steps > 0)
            seen.add(words.split()[0])
            assert words == parting_words(second, first, "layer4")
    assert {"both", "apart"} <= seen


def test_that_a_tree_of_several_classes_has_none(tree: PredictionTree) -> None:
    several = DatasetInfo("there", "pets", 60, ("cats", "dogs"), (), labels=np.arange(60) % 2)
    assert class_of_tree(tree, several) == ""


def test_that_random_choices_are_summed_up_as_far_as_there_are_any(tree: PredictionTree) -> None:
    from gui.prediction_tree.path_steps import ablation_curve

    random = np.array([[0.9, 0.8, np.nan], [0.9, 0.6, np.nan]], np.float32)
    marks = np.array([[1, 1, -1], [1, 1, -1]])
    own = np.array([0.9, 0.5, 0.2], np.float32)
    curve = ablation_curve(Ablation(np.arange(3), own, own, np.ones(3, np.int64), random, random, marks, 2, 0.0))
    assert curve.random_mean[:2] == pytest.approx([0.9, 0.7]) and np.isnan(curve.random_mean[2])
    assert (curve.random_low[1], curve.random_high[1]) == pytest.approx((0.6, 0.8))


def test_that_a_long_path_of_few_forks_shows_its_five_largest_but_no_single_images() -> None:
    sides = [1] * 30 + [3, 2, 40, 1, 7, 2, 5, 6]
    sizes = np.array([*sides, 10_000])
    steps = tuple(PathStep(100 + place, len(sides), place, 0.5, 0.4, 0.1, place, 0.0, 0.5) for place in range(38))
    path = SimpleNamespace(steps=steps)
    shown = shown_steps(SimpleNamespace(sizes=sizes, images=1000), path, share=0.02)  # type: ignore[arg-type]
    assert [sides[number - 1] for number in shown.numbers] == [3, 40, 7, 5, 6]
    assert shown.last_is_fork and shown.taken == 38
    singles = SimpleNamespace(sizes=np.array([1] * 38 + [10_000]), images=1000)
    assert shown_steps(singles, path, share=0.02).numbers == (38,)  # type: ignore[arg-type]
