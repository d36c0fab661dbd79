from __future__ import annotations

import base64
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from backend.jobs import LIFELIKE
from gui import settings
from gui.settings import Remembered, load, save, settings_path

FULL = Remembered(
    theme="dark",
    network="cifar10-resnet18",
    unit="cifar10-resnet18/layer4/37",
    recent_networks=("a.json", "b.pth"),
    dataset="cifar10",
    recent_datasets=("cifar10",),
    data_folder="somewhere",
    device="cpu",
    geometry=base64.b64encode(b"window").decode(),
    layout=base64.b64encode(b"docks").decode(),
    canvas=LIFELIKE.to_json(),
    folded=("Gradient",),
    smooth=False,
)


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "settings.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_that_what_was_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "settings.json"
    assert save(FULL, path) is None
    assert load(path) == (FULL, [])
    assert FULL.canvas_settings() == LIFELIKE
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


def test_that_no_file_is_no_fault(tmp_path: Path) -> None:
    assert load(tmp_path / "settings.json") == (Remembered(), [])


@pytest.mark.parametrize("rubbish", ["", "\x00\x01", "{", "null", "[1, 2]", "[" * 100_000, "9" * 10_000])
def test_that_a_file_of_rubbish_gives_the_defaults_a_sentence_and_is_kept(tmp_path: Path, rubbish: str) -> None:
    path = written(tmp_path, rubbish)
    remembered, sentences = load(path)
    assert remembered == Remembered()
    assert len(sentences) == 1 and "settings.json.bad" in sentences[0]
    assert (tmp_path / "settings.json.bad").read_text(encoding="utf-8") == rubbish


def test_that_bytes_that_are_no_text_give_the_defaults_and_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(b"\xff\xfe\x00\xd8")
    remembered, sentences = load(path)
    assert remembered == Remembered() and len(sentences) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("theme", "pink"),
        ("theme", 3),
        ("network", None),
        ("recent_networks", "a.json"),
        ("recent_networks", ["a.json", 4]),
        ("smooth", 1),
        ("geometry", "no base64!"),
        ("layout", ["x"]),
        ("canvas", [1]),
        ("canvas", {"steps": "many"}),
        ("canvas", {"optimizer": "magic"}),
        ("canvas", {"steps": 0}),
        ("folded", {"Gradient": True}),
    ],
)
def test_that_a_bad_key_costs_that_key_only(tmp_path: Path, key: str, value: Any) -> None:
    path = written(tmp_path, {**asdict(FULL), key: value})
    remembered, sentences = load(path)
    assert asdict(remembered) == {**asdict(FULL), key: getattr(Remembered(), key)}
    assert len(sentences) == 1 and f"“{key}”" in sentences[0] and "\n" not in sentences[0]
    assert (tmp_path / "settings.json.bad").exists()


def test_that_an_unknown_key_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    remembered, sentences = load(written(tmp_path, {"colour_of_the_moon": 1, "theme": "light"}))
    assert remembered == Remembered(theme="light")
    assert len(sentences) == 1 and "colour_of_the_moon" in sentences[0]


def test_that_a_place_that_cannot_be_written_gives_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("I am no folder")
    sentence = save(FULL, tmp_path / "file" / "settings.json")
    assert sentence is not None and sentence.startswith("The settings could not be saved.")


def test_that_a_failed_save_keeps_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    save(FULL, path)
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(settings.json, "dump", full)
    sentence = save(Remembered(), path)
    assert sentence is not None and "no room" in sentence
    assert path.read_bytes() == before and [file.name for file in tmp_path.iterdir()] == ["settings.json"]


def test_that_a_folder_in_the_place_of_the_file_gives_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "settings.json").mkdir()
    remembered, sentences = load(tmp_path / "settings.json")
    assert remembered == Remembered() and len(sentences) == 1
    assert save(FULL, tmp_path / "settings.json") is not None


def test_that_the_file_lies_in_the_home_that_was_given(home_of_its_own: Path) -> None:
    assert settings_path() == home_of_its_own / "settings.json"
