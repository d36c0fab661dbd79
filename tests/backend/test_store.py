"""Results on disk: found again by what they were computed from, whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.store import Store, default_store_folder, file_name

KEY = {"weights": "abc", "layer": "layer4", "settings": {"steps": 3, "rates": (0.1, 0.2)}}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results", tmp_path / "shipped")


def test_that_what_was_saved_is_found_by_an_equal_key(store: Store) -> None:
    arrays = {"tiles": np.arange(12, dtype=np.uint8).reshape(2, 2, 3), "done": np.array([True, False])}
    path = store.save("wall", KEY, arrays)
    found = store.load("wall", {"settings": {"rates": [0.1, 0.2], "steps": 3}, "layer": "layer4", "weights": "abc"})
    assert path.parent == store.root and found is not None and found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize(
    "other", [{**KEY, "weights": "abd"}, {**KEY, "layer": "layer3"}, {**KEY, "settings": {"steps": 4}}, {}]
)
def test_that_another_key_finds_nothing(store: Store, other: dict[str, Any]) -> None:
    store.save("wall", KEY, {"a": np.zeros(1)})
    assert store.load("wall", other) is None
    assert store.load("scan", KEY) is None


def test_that_what_is_shipped_is_found_and_what_is_the_users_goes_first(store: Store, tmp_path: Path) -> None:
    Store(tmp_path / "shipped").save("wall", KEY, {"a": np.array([1])})
    assert store.load("wall", KEY) == {"a": np.array([1])}
    store.save("wall", KEY, {"a": np.array([2])})
    assert store.load("wall", KEY) == {"a": np.array([2])}


@pytest.mark.parametrize("damage", [b"", b"rubbish", None])
def test_that_a_damaged_file_counts_as_none(store: Store, damage: bytes | None) -> None:
    path = store.save("wall", KEY, {"a": np.arange(1000)})
    path.write_bytes(path.read_bytes()[:-200] if damage is None else damage)
    assert store.load("wall", KEY) is None


def test_that_a_file_with_objects_in_it_is_not_unpickled(store: Store, tmp_path: Path) -> None:
    store.root.mkdir()
    np.savez(store.root / file_name("wall", KEY), a=np.array([{"any": "object"}], dtype=object))
    assert store.load("wall", KEY) is None


def test_that_a_full_disk_leaves_the_old_result_and_no_part(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save("wall", KEY, {"a": np.array([1])})

    def full(file: Any, **arrays: Any) -> None:
        file.write(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space left"):
        store.save("wall", KEY, {"a": np.array([2])})
    assert [path.name for path in store.root.iterdir()] == [file_name("wall", KEY)]
    assert store.load("wall", KEY) == {"a": np.array([1])}


def test_that_results_lie_below_the_home_that_is_set(home_of_its_own: Path) -> None:
    assert default_store_folder() == home_of_its_own / "results"
    assert Store().root == home_of_its_own / "results"
