"""Algorithm 2 against its literal transcription in fractions, by hand, by its properties; paths; files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from backend.analysis.cards import NetworkCard
from backend.analysis.events import Progress, finish
from backend.analysis.prediction_tree import (
    PredictionTree,
    build_prediction_tree,
    building_prediction_tree,
    trace_path,
)
from backend.analysis.trees import tree_merging
from backend.analysis.trees.tree_files import load_tree, save_tree, store_tree, stored_tree
from backend.analysis.trees.tree_merging import critical_filter
from backend.errors import UserError
from backend.store import Store
from tests.literal_tree import distance, exact, literal_path, literal_tree, signed_square
from tests.networks import tiny_network

Array = NDArray[Any]


def random_features(kind: str, shape: tuple[int, ...], seed: int = 0) -> Array:
    """Small whole numbers make ties of every kind; the others have none."""
    generator = np.random.default_rng((seed, *shape))
    if kind == "signed":
        return generator.integers(-2, 3, shape).astype(np.float32)
    if kind == "whole":
        return generator.integers(0, 3, shape).astype(np.float32)
    if kind == "sparse":
        return generator.integers(0, 3, shape).astype(np.float32) * (generator.random(shape) < 0.3)
    if kind == "twins":
        features = generator.integers(0, 4, shape).astype(np.float32)
        features[shape[0] // 2 :] = features[: shape[0] - shape[0] // 2]
        return features
    normal = generator.normal(size=shape)
    return normal if kind == "normal" else np.maximum(normal, 0).astype(np.float32)


def assert_is_literal(features: Array) -> PredictionTree:
    """Compare everything about a tree with what fractions say."""
    tree = build_prediction_tree(features)
    merges, mean, reachable, children = literal_tree(exact(features))
    assert tree.merges.tolist() == [[u, v] for u, v, _, _ in merges]
    assert tree.critical_filters.tolist() == [critical for *_, critical in merges]
    # A square root of what is nearly 1 shows float's rounding of the referee.
    np.testing.assert_allclose(tree.distances, [far for _, _, far, _ in merges], atol=1e-12)
    assert list(tree.roots) == sorted(children)
    for node, expected in reachable.items():
        assert set(tree.reachable_filters(node).tolist()) == expected
    for node, feature in mean.items():
        np.testing.assert_allclose(tree.mean_feature(node), feature.astype(float), rtol=1e-6, atol=1e-30)
        assert math.isclose(tree.norms[node], float((feature * feature).sum()) ** 0.5, rel_tol=1e-12, abs_tol=1e-12)
    return tree


SHAPES = [
    (1, 5, 2, 2),
    (2, 1, 2, 1),
    (2, 4, 1, 1),
    (3, 12, 2, 1),
    (5, 1, 2, 2),
    (9, 2, 1, 2),
    (9, 4, 2, 1),
    (8, 8, 1, 1),
    (12, 5, 2, 2),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(str(side) for side in shape))
@pytest.mark.parametrize("kind", ["signed", "whole", "sparse", "twins", "normal", "positive"])
def test_that_a_tree_is_that_of_the_literal_transcription(kind: str, shape: tuple[int, ...]) -> None:
    for seed in range(2):
        assert_is_literal(random_features(kind, shape, seed))


@pytest.mark.parametrize(
    "features",
    [
        np.zeros((4, 3, 2, 2)),
        np.ones((5, 4, 1, 1)),
        -np.ones((5, 3, 1, 2)),
        np.array([1.0, -1.0, 1.0, -1.0]).reshape(4, 1, 1, 1) * np.ones((4, 3, 1, 1)),
        np.eye(6).reshape(6, 6, 1, 1),
        np.concatenate([np.zeros((2, 3, 1, 1)), np.ones((2, 3, 1, 1))]),
        np.array([[1.0, 1e-9], [1.0, -1e-9], [1e-9, 1.0]]).reshape(3, 2, 1, 1),
    ],
    ids=["zeros", "ones", "negative", "opposite", "orthogonal", "half of them zeros", "tiny beside large"],
)
def test_that_edges_are_those_of_the_literal_transcription(features: Array) -> None:
    assert_is_literal(features)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_that_any_small_features_give_the_literal_tree(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 7), st.integers(1, 5), st.just(1), st.integers(1, 2)))
    assert_is_literal(data.draw(arrays(np.float64, shape, elements=st.integers(-3, 3).map(float))))


def test_that_a_tree_worked_out_by_hand_comes_out() -> None:
    # 0 and 1 are parallel; without filter 0 they are as close as without filter 1, so the smaller is critical.
    # Then only filter 1 is left to the pair, and it is what it shares with image 2.
    features = np.array([[1.0, 1.0], [2.0, 2.0], [0.0, 1.0]]).reshape(3, 2, 1, 1)
    tree = build_prediction_tree(features)
    assert tree.merges.tolist() == [[0, 1], [2, 3]]
    assert tree.critical_filters.tolist() == [0, 1]
    np.testing.assert_allclose(tree.distances, [0.0, (1 - 1 / math.sqrt(2)) / 2], atol=1e-12)
    assert [tree.reachable_filters(node).tolist() for node in (0, 3, 4)] == [[0, 1], [1], []]
    assert tree.mean_feature(3).ravel().tolist() == [1.5, 1.5]
    assert tree.mean_feature(4).ravel().tolist() == [0.75, 1.25]
    assert tree.parents.tolist() == [3, 3, 4, 4, -1]
    assert tree.sizes.tolist() == [1, 1, 1, 2, 3] and tree.roots == (4,)
    assert (tree.images, tree.filters, tree.children(4), tree.children(1)) == (3, 2, (2, 3), None)


def test_that_nodes_without_a_common_filter_stay_apart() -> None:
    for seed in range(300):
        tree = build_prediction_tree(random_features("normal", (7, 3, 1, 2), seed))
        left = [set(tree.reachable_filters(root).tolist()) for root in tree.roots]
        if any(len(one) > 1 for one in left):
            break
    assert len(left) > 1 and max(len(one) for one in left) > 1
    assert not any(one & other for place, one in enumerate(left) for other in left[:place])
    assert_is_literal(random_features("normal", (7, 3, 1, 2), seed))


def test_that_each_node_is_masked_by_its_own_filters() -> None:
    # The second node has lost filter 2. It still lengthens the first: by the common filters alone, 0 would be critical.
    dots, reachable = np.array([0.5, 2.7, 90.0]), (np.array([True, True, True]), np.array([True, True, False]))
    first, second = np.array([0.25, 9.0, 100.0]), np.array([1.0, 1.0, 100.0])
    without_0, without_1 = 2.7 / math.sqrt(109.0 * 1.0), 0.5 / math.sqrt(100.25 * 1.0)
    assert without_1 < without_0 and 2.7 / math.sqrt(9.0) < 0.5 / math.sqrt(0.25)
    assert critical_filter(dots, first, second, *reachable) == 1


def test_that_a_filter_that_outweighs_all_others_leaves_their_exact_cosine() -> None:
    # What is left without filter 2 is parallel, as all is. By subtraction it would be lost beside 1e20.
    u, v = np.array([1.0, 2.0, 1e10]), np.array([2.0, 4.0, 2e10])
    whole = np.ones(3, bool)
    assert critical_filter(u * v, u * u, v * v, whole, whole) == 0


def test_that_rounding_is_measured_by_what_two_nodes_share() -> None:
    # Each is nearly all in a filter that the other has lost: the cosines are 1e-16, and still far from equal.
    u, v = np.array([1e-8, 2e-8, 1.0, 0.0]), np.array([1e-8, 2e-8, 0.0, 1.0])
    reachable = np.array([True, True, True, False]), np.array([True, True, False, True])
    assert critical_filter(u * v, u * u, v * v, *reachable) == 1
    u[0] = v[0] = 2e-8
    assert critical_filter(u * v, u * u, v * v, *reachable) == 0


def test_that_many_images_merge_as_when_every_cosine_is_computed_anew() -> None:
    generator = np.random.default_rng(3)
    centres = generator.normal(size=(6, 160))
    features = np.maximum(centres[generator.integers(0, 6, 150)] + generator.normal(size=(150, 160)), 0)
    tree = build_prediction_tree(features.reshape(150, 160, 1, 1))
    mean, children = dict(enumerate(features)), list(range(150))
    for number, pair in enumerate(tree.merges.tolist()):
        directions = np.array([mean[child] / np.linalg.norm(mean[child]) for child in children])
        cosines = np.triu(directions @ directions.T, 1)
        row, column = np.unravel_index(cosines.argmax(), cosines.shape)
        assert pair == [children[row], children[column]]
        mean[150 + number] = (mean[pair[0]] + mean[pair[1]]) / 2
        children = [child for child in children if child not in pair] + [150 + number]
    assert len(tree.merges) >= 140


def test_that_more_images_than_filters_merge_as_in_the_literal_transcription() -> None:
    features = random_features("positive", (36, 9, 2, 1))
    tree = build_prediction_tree(features)
    merges, _, _, children = literal_tree(features.astype(np.float64))
    assert tree.merges.tolist() == [[u, v] for u, v, _, _ in merges]
    assert tree.critical_filters.tolist() == [critical for *_, critical in merges]
    assert list(tree.roots) == sorted(children) and len(children) > 1


def test_that_real_features_give_the_literal_tree(cifar10_folder: Path) -> None:
    from backend.analysis.datasets import open_dataset
    from backend.analysis.features import collect_features
    from backend.analysis.networks import load_network

    dataset, network = open_dataset(cifar10_folder / "test", size=(32, 32)), load_network("cifar10-resnet18")
    horses = np.flatnonzero(dataset.labels == dataset.class_names.index("horse"))[:16]
    features = finish(collect_features(network, dataset, "layer4", horses))
    tree = build_prediction_tree(features, horses)
    merges, _, _, _ = literal_tree(features.astype(np.float64))
    assert len(merges) == 15 and tree.image_numbers.tolist() == horses.tolist()
    assert tree.merges.tolist() == [[u, v] for u, v, _, _ in merges]
    assert tree.critical_filters.tolist() == [critical for *_, critical in merges]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 10**6))
def test_that_every_tree_keeps_the_laws(images: int, filters: int, seed: int) -> None:
    tree = build_prediction_tree(random_features("sparse", (images, filters, 2, 1), seed))
    leaves = np.concatenate([tree.members(root) for root in tree.roots])
    assert sorted(leaves.tolist()) == list(range(images))
    for number, (first, second) in enumerate(tree.merges.tolist()):
        node = images + number
        both = set(tree.reachable_filters(first).tolist()) & set(tree.reachable_filters(second).tolist())
        assert int(tree.critical_filters[number]) in both
        assert set(tree.reachable_filters(node).tolist()) == both - {int(tree.critical_filters[number])}
        below = sorted([*tree.members(first).tolist(), *tree.members(second).tolist()])
        assert tree.members(node).tolist() == below and tree.sizes[node] == len(below)
        assert first < second < node and tree.parents[first] == tree.parents[second] == node
    assert ((tree.distances >= 0) & (tree.distances <= 1)).all()
    left = [set(tree.reachable_filters(root).tolist()) for root in tree.roots]
    can_merge = any(one & other for place, one in enumerate(left) for other in left[:place])
    assert not can_merge or all(len(one) <= 1 for one in left)


def test_that_a_medoid_is_nearest_to_all_below_it() -> None:
    features = random_features("positive", (14, 10, 2, 1))
    features[3] = 0
    tree = build_prediction_tree(features)
    for node in range(14 + len(tree.merges)):
        below = tree.members(node).tolist()
        far = [sum(distance(float(signed_square(features[i], features[j]))) for j in below) for i in below]
        assert far[below.index(tree.medoid(node))] <= min(far) + 1e-6


def test_that_of_equal_images_the_first_is_the_medoid() -> None:
    tree = build_prediction_tree(np.ones((9, 20, 1, 1), np.float32))
    assert tree.medoid(tree.roots[0]) == 0 and tree.medoid(4) == 4


def test_that_scores_are_means_over_space_and_that_nothing_can_be_changed() -> None:
    features = random_features("positive", (7, 4, 3, 2))
    tree = build_prediction_tree(features)
    np.testing.assert_allclose(tree.scores, features.mean((2, 3)), rtol=1e-6)
    assert tree.scores.dtype == np.float32 and tree.mean_feature(8).dtype == np.float32
    shared = [getattr(tree, name) for name in tree.__dataclass_fields__]
    shared += [tree.scores, tree.parents, tree.sizes, tree.mean_feature(8)]
    assert not any(array.flags.writeable for array in shared)
    before = features.copy()
    build_prediction_tree(features)
    np.testing.assert_array_equal(features, before)


def test_that_a_node_that_is_not_there_is_refused() -> None:
    tree = build_prediction_tree(np.ones((3, 4, 1, 1)))
    for ask in (tree.members, tree.medoid, tree.mean_feature, tree.reachable_filters, tree.children):
        for node in (-1, 5):
            with pytest.raises(IndexError):
                ask(node)


def test_that_tensors_give_the_same_tree() -> None:
    features = random_features("positive", (12, 6, 2, 2))
    tree, other = build_prediction_tree(features), build_prediction_tree(torch.from_numpy(features))
    assert np.array_equal(tree.merges, other.merges) and np.array_equal(tree.distances, other.distances)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="There is no GPU on this machine.")
def test_that_a_gpu_gives_the_same_tree() -> None:
    features = random_features("positive", (700, 64, 2, 2))
    tree, other = build_prediction_tree(features), build_prediction_tree(torch.from_numpy(features).cuda())
    assert np.array_equal(tree.merges, other.merges)
    assert np.array_equal(tree.critical_filters, other.critical_filters)


def test_that_progress_counts_pairs_then_merges_and_tiles_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_merging, "TILE", 40)
    features = random_features("positive", (100, 120, 1, 1))
    events = list(building_prediction_tree(features))
    pairs = np.cumsum([0, 40 * 39 // 2, 40 * 40, 40 * 39 // 2, 20 * 40, 20 * 40]).tolist()
    assert events[:6] == [Progress(done, 100 * 99 // 2, "pairs") for done in pairs]
    assert pairs[-1] + 20 * 19 // 2 == 100 * 99 // 2
    assert events[6:] == [Progress(done, 99, "merges") for done in (32, 64, 96)]
    whole = build_prediction_tree(features)
    monkeypatch.undo()
    assert np.array_equal(whole.merges, build_prediction_tree(features).merges)
    np.testing.assert_allclose(whole.distances, build_prediction_tree(features).distances, atol=1e-12)


@pytest.mark.parametrize(
    ("features", "says"),
    [
        (np.ones((4, 6)), "without space"),
        (np.ones((0, 6, 2, 2)), "at least one image"),
        (np.ones((3, 0, 2, 2)), "No images"),
        (np.where(np.arange(24).reshape(6, 4, 1, 1) == 13, np.nan, 1.0), "image 3 holds NaN"),
        (np.where(np.arange(24).reshape(6, 4, 1, 1) == 20, np.inf, 1.0), "image 5 holds NaN"),
        (np.full((2, 3, 1, 1), 1e200), "1e\\+200"),
    ],
)
def test_that_unfit_features_are_a_sentence(features: Array, says: str) -> None:
    with pytest.raises(UserError, match=says):
        build_prediction_tree(features)


def test_that_image_numbers_must_be_as_many_as_images() -> None:
    with pytest.raises(ValueError, match="3 features"):
        build_prediction_tree(np.ones((3, 2, 1, 1)), [1, 2])


# Paths


@pytest.mark.parametrize("kind", ["signed", "whole", "positive"])
@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (2, 3, 2, 1), (9, 8, 1, 2), (14, 4, 2, 1)], ids=str)
def test_that_a_path_is_that_of_the_literal_transcription(kind: str, shape: tuple[int, ...]) -> None:
    features = random_features(kind, shape)
    tree = build_prediction_tree(features, np.arange(shape[0]) * 10)
    merges, mean, _, children = literal_tree(exact(features))
    for image in random_features(kind, (6, *shape[1:]), 9):
        path = trace_path(tree, image)
        expected = literal_path(sorted(children), merges, mean, exact(image))
        assert list(path.nodes) == expected
        assert (path.root, path.leaf, path.image_number) == (expected[0], expected[-1], expected[-1] * 10)
        for step in path.steps:
            two = [1 - 2 * distance(signed_square(mean[node], exact(image))) for node in (step.child, step.other)]
            np.testing.assert_allclose(
                [step.cosine, step.other_cosine, step.margin], [*two, two[0] - two[1]], atol=1e-9
            )
            assert step.margin >= 0


def test_that_a_step_says_what_its_filter_gives_the_image() -> None:
    features = random_features("positive", (20, 24, 2, 2))
    tree = build_prediction_tree(features)
    image = random_features("positive", (1, 24, 2, 2), 5)[0]
    path = trace_path(tree, image)
    assert path.steps and path.critical_filters == tuple(tree.critical_filters[step.node - 20] for step in path.steps)
    for step in path.steps:
        assert {step.child, step.other} == set(tree.merges[step.node - 20].tolist())
        score, others = image[step.critical_filter].mean(), features[:, step.critical_filter].mean((1, 2))
        assert step.score == pytest.approx(score, rel=1e-6)
        below = sum(1.0 if other < score else 0.5 if other == score else 0.0 for other in others)
        assert step.percentile == pytest.approx(below / 20)


def test_that_an_image_of_the_tree_ranks_among_its_equals() -> None:
    features = random_features("positive", (20, 24, 2, 2))
    tree = build_prediction_tree(features)
    for step in trace_path(tree, features[4]).steps:
        ranked = sorted(tree.scores[:, step.critical_filter].tolist())
        ties = [place for place, score in enumerate(ranked) if score == tree.scores[4, step.critical_filter]]
        assert step.percentile == pytest.approx((ties[0] + ties[-1] + 1) / 40)


def test_that_a_tree_with_several_roots_is_entered_at_the_closest() -> None:
    features = np.eye(3).reshape(3, 3, 1, 1).repeat(4, 0) + 0.01 * random_features("positive", (12, 3, 1, 1))
    tree = build_prediction_tree(features)
    assert len(tree.roots) > 1
    path = trace_path(tree, features[5])
    first = path.steps[0]
    cosines = {root: float(np.sqrt(signed_square(tree.mean_feature(root), features[5]))) for root in tree.roots}
    assert (first.node, first.critical_filter, first.child) == (-1, -1, max(cosines, key=lambda root: cosines[root]))
    assert math.isnan(first.score) and math.isnan(first.percentile)
    assert first.child == path.root == path.nodes[0] and first.other in tree.roots and first.other != first.child
    assert path.nodes[-1] == path.leaf < 12 and -1 not in path.critical_filters


def test_that_an_image_of_the_tree_ends_closer_than_at_random() -> None:
    generator = np.random.default_rng(0)
    features = np.repeat(generator.random((5, 40, 1, 1)), 12, axis=0) + 0.05 * generator.random((60, 40, 1, 1))
    tree = build_prediction_tree(features)
    ended = np.mean([trace_path(tree, feature).cosine for feature in features])
    random = np.mean([float(signed_square(features[i], features[j])) ** 0.5 for i in range(60) for j in range(60)])
    assert ended > random


def test_that_an_image_of_zeros_has_a_path_too() -> None:
    tree = build_prediction_tree(random_features("positive", (6, 8, 1, 1)))
    path = trace_path(tree, np.zeros((8, 1, 1)))
    assert path.leaf < 6 and {step.cosine for step in path.steps} == {0.0}


def test_that_rounding_does_not_choose_between_parallel_children() -> None:
    shape = np.random.default_rng(2).normal(size=(1, 9, 3, 1))
    tree = build_prediction_tree(shape * np.linspace(0.1, 7.3, 6).reshape(6, 1, 1, 1))
    steps = trace_path(tree, shape[0] / 3).steps
    assert steps and all(step.child < step.other and step.margin < 1e-13 for step in steps)


def test_that_a_tensor_has_the_path_of_its_array() -> None:
    tree = build_prediction_tree(random_features("positive", (6, 8, 1, 1)))
    image = random_features("positive", (8, 1, 1), 4)
    assert trace_path(tree, torch.from_numpy(image)) == trace_path(tree, image)


@pytest.mark.parametrize(
    ("image", "says"), [(np.ones((8, 2, 1)), "8 × 2 × 1"), (np.full((8, 1, 1), np.nan), "not numbers")]
)
def test_that_an_image_that_does_not_fit_is_a_sentence(image: Array, says: str) -> None:
    tree = build_prediction_tree(random_features("positive", (6, 8, 1, 1)))
    with pytest.raises(UserError, match=says):
        trace_path(tree, image)


# Files


def same_tree(first: PredictionTree | None, second: PredictionTree) -> bool:
    return first is not None and all(
        np.array_equal(getattr(first, name), getattr(second, name)) for name in second.__dataclass_fields__
    )


@pytest.fixture
def tree() -> PredictionTree:
    return build_prediction_tree(random_features("positive", (8, 6, 2, 2)), np.arange(8) * 3)


@pytest.fixture
def card() -> NetworkCard:
    return tiny_network().card


def test_that_a_saved_tree_is_read_back(tree: PredictionTree, tmp_path: Path) -> None:
    save_tree(tree, tmp_path / "horse.npz")
    again = load_tree(tmp_path / "horse.npz")
    assert same_tree(again, tree) and again.roots == tree.roots
    assert not any(getattr(again, name).flags.writeable for name in tree.__dataclass_fields__)
    assert [path.name for path in tmp_path.iterdir()] == ["horse.npz"]


def test_that_a_single_image_is_saved_and_read_back(tmp_path: Path) -> None:
    alone = build_prediction_tree(np.ones((1, 2, 1, 1)))
    save_tree(alone, tmp_path / "one.npz")
    assert load_tree(tmp_path / "one.npz").roots == (0,)


@pytest.mark.parametrize("damage", ["cut", "text", "other arrays", "cycle", "filter", "length"])
def test_that_a_damaged_file_is_a_sentence(tree: PredictionTree, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "tree.npz"
    save_tree(tree, path)
    arrays = {name: getattr(tree, name).copy() for name in tree.__dataclass_fields__}
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:400])
    elif damage == "text":
        path.write_text("no tree")
    else:
        if damage == "other arrays":
            arrays = {"tiles": np.zeros(3)}
        elif damage == "cycle":
            arrays["merges"][0, 0] = 8
        elif damage == "filter":
            arrays["critical_filters"][0] = 6
        else:
            arrays["norms"] = arrays["norms"][1:]
        np.savez(path, **arrays)
    with pytest.raises(UserError, match="No prediction tree"):
        load_tree(path)


def test_that_a_stored_tree_is_found_by_what_it_was_made_of(
    tree: PredictionTree, card: NetworkCard, tmp_path: Path
) -> None:
    store = Store(tmp_path / "results")
    assert stored_tree(store, card, "data", "relu2", tree.image_numbers) is None
    store_tree(store, card, "data", "relu2", tree)
    assert same_tree(stored_tree(store, card, "data", "relu2", tree.image_numbers.tolist()), tree)
    assert stored_tree(store, card, "other data", "relu2", tree.image_numbers) is None
    assert stored_tree(store, card, "data", "conv2", tree.image_numbers) is None
    assert stored_tree(store, card, "data", "relu2", tree.image_numbers[:-1]) is None
    (file,) = (tmp_path / "results").iterdir()
    file.write_bytes(file.read_bytes()[:300])
    assert stored_tree(store, card, "data", "relu2", tree.image_numbers) is None
