"""Walls: batched, stored as they come, and each tile the picture its channel would give alone."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from backend.analysis import activation_maximization
from backend.analysis.activation_maximization import maximize
from backend.analysis.events import Notice, finish
from backend.analysis.maximization.maximization_settings import LIFELIKE
from backend.analysis.maximization.starts import start_images
from backend.analysis.maximization.walls import START, WallTiles, compute_wall, stored_wall
from backend.analysis.networks import Network
from backend.analysis.objectives import Channel, Channels
from backend.store import Store
from tests.networks import count_hooks, tiny_network
from tests.steps import finish_with_events

FEW = replace(LIFELIKE, steps=4)


@pytest.fixture
def network() -> Network:
    return tiny_network()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results", tmp_path / "shipped")


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a batch be three channels."""
    monkeypatch.setattr("backend.analysis.maximization.walls.BATCH_PIXELS", 3 * 12 * 12)


def batches(events: list[Any]) -> list[tuple[int, ...]]:
    """Return the channels of each finished batch; the first event only shows what was stored."""
    return [event.indices for event in events[1:] if isinstance(event, WallTiles) and event.finished]


def notices(events: list[Any]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


def test_that_each_tile_is_the_picture_its_channel_gives_alone(network: Network, store: Store) -> None:
    wall = finish(compute_wall(network, "conv2", store, FEW))
    assert wall.tiles.shape == (8, 12, 12, 3) and wall.tiles.dtype == np.uint8 and wall.done.all()
    for index in (0, 3, 7):
        alone = list(maximize(network, Channel("conv2", index), start_images(START, network), FEW))[-1].images[0]
        assert np.abs(wall.tiles[index].astype(int) - alone.astype(int)).max() <= 1
    assert np.abs(wall.tiles[0].astype(int) - wall.tiles[3].astype(int)).max() > 8


def test_that_channels_come_in_batches_and_each_is_stored_at_once(
    network: Network, store: Store, small_batches: None
) -> None:
    steps = compute_wall(network, "conv2", store, FEW)
    events = []
    for event in steps:
        events.append(event)
        if event.finished and event.indices == (3, 4, 5):
            break
    steps.close()
    assert batches(events) == [(0, 1, 2), (3, 4, 5)]
    assert (events[-1].progress.done, events[-1].progress.total, events[-1].progress.unit) == (6, 8, "channels")
    kept = stored_wall(network.card, "conv2", store, FEW)
    assert kept is not None and kept.done.tolist() == [True] * 6 + [False] * 2
    assert count_hooks(network) == 0


def test_that_an_unfinished_wall_goes_on_where_it_stopped(network: Network, store: Store, small_batches: None) -> None:
    steps = compute_wall(network, "conv2", store, FEW)
    while not (event := next(steps)).finished or not event.indices:
        pass
    steps.close()
    events, wall = finish_with_events(compute_wall(network, "conv2", store, FEW))
    assert events[0].indices == (0, 1, 2)
    assert batches(events) == [(3, 4, 5), (6, 7)]
    whole = finish(compute_wall(network, "conv2", Store(store.root / "other", store.root), FEW))
    np.testing.assert_array_equal(wall.tiles, whole.tiles)


def test_that_a_finished_wall_costs_nothing(network: Network, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first = finish(compute_wall(network, "conv2", store, FEW))
    monkeypatch.setattr(activation_maximization, "maximize", None)
    events, again = finish_with_events(compute_wall(network, "conv2", store, FEW))
    assert len(events) == 1
    np.testing.assert_array_equal(first.tiles, again.tiles)


def test_that_other_weights_layers_or_settings_have_a_wall_of_their_own(network: Network, store: Store) -> None:
    finish(compute_wall(network, "conv2", store, FEW))
    card = network.card
    assert stored_wall(card, "conv2", store, replace(FEW, frame_rate=9.0)) is not None
    assert stored_wall(card, "conv2", store, replace(FEW, steps=5)) is None
    assert stored_wall(card, "conv1", store, FEW) is None
    assert stored_wall(replace(card, weights_digest="other"), "conv2", store, FEW) is None
    # The same weights at another size, or normalised otherwise, see another picture.
    assert stored_wall(replace(card, input_size=(64, 64)), "conv2", store, FEW) is None
    assert stored_wall(replace(card, mean=(0.1, 0.2, 0.3)), "conv2", store, FEW) is None
    assert stored_wall(replace(card, std=(0.1, 0.2, 0.3)), "conv2", store, FEW) is None


def test_that_a_stored_wall_of_another_length_is_not_used(network: Network, store: Store) -> None:
    finish(compute_wall(network, "conv2", store, FEW))
    (path,) = store.root.iterdir()
    np.savez(path, tiles=np.zeros((5, 12, 12, 3), np.uint8), done=np.ones(5, bool), silent=np.zeros(5, bool))
    assert stored_wall(network.card, "conv2", store, FEW) is None


def test_that_missing_memory_halves_the_batch_and_says_so(
    network: Network, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limited(network: Network, objective: Channels, start: Any, settings: Any) -> Any:
        if len(objective.indices) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return (yield from maximize(network, objective, start, settings))

    monkeypatch.setattr(activation_maximization, "maximize", limited)
    monkeypatch.setattr("backend.analysis.maximization.walls.BATCH_PIXELS", 8 * 12 * 12)
    events, wall = finish_with_events(compute_wall(network, "conv2", store, FEW))
    assert [text.split("with ")[1] for text in notices(events)] == ["4 channels at once.", "2 channels at once."]
    assert batches(events) == [(0, 1), (2, 3), (4, 5), (6, 7)]
    assert wall.done.all()


def test_that_missing_memory_for_a_single_channel_is_an_error(
    network: Network, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")
        yield

    monkeypatch.setattr(activation_maximization, "maximize", never)
    with pytest.raises(torch.OutOfMemoryError):
        finish(compute_wall(network, "conv2", store, FEW))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_that_a_disk_that_takes_nothing_is_said_once_and_the_wall_goes_on(
    network: Network, store: Store, monkeypatch: pytest.MonkeyPatch, small_batches: None, number: int
) -> None:
    def full(*_: Any) -> None:
        raise OSError(number, "the disk says no")

    monkeypatch.setattr(store, "save", full)
    events, wall = finish_with_events(compute_wall(network, "conv2", store, FEW))
    assert notices(events) == ["The wall cannot be kept for the next time: the disk says no."]
    assert wall.done.all() and len(batches(events)) == 3


def test_that_silent_channels_are_marked(store: Store) -> None:
    network = tiny_network()
    with torch.no_grad():
        network.module.conv2.bias[3] = -1000.0
    wall = finish(compute_wall(network, "relu2", store, replace(FEW, pre_activation="never")))
    assert wall.silent[3] and not wall.silent.all()


def test_that_tiles_cross_the_border_read_only(network: Network, store: Store) -> None:
    events, _ = finish_with_events(compute_wall(network, "conv2", store, FEW))
    assert all(not event.tiles.flags.writeable for event in events)


def test_that_some_channels_alone_can_be_asked_for(network: Network, store: Store) -> None:
    wall = finish(compute_wall(network, "conv1", store, FEW, channels=(4, 1)))
    assert np.flatnonzero(wall.done).tolist() == [1, 4]
    stored = stored_wall(network.card, "conv1", store, FEW)
    assert stored is not None and np.array_equal(stored.tiles, wall.tiles)
    events, whole = finish_with_events(compute_wall(network, "conv1", store, FEW))
    assert whole.done.all() and batches(events) == [(0, 2, 3, 5)]
    assert np.array_equal(whole.tiles[[1, 4]], wall.tiles[[1, 4]])
