"""Labels of units: kept with the weights, written whole, never lost, and read by other programs."""

from __future__ import annotations

import csv
import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.analysis import labels as labels_module
from backend.analysis.cards import LOGITS, LayerInfo, NetworkCard
from backend.analysis.labels import (
    COLUMNS,
    KINDS,
    UnitLabel,
    UnitLabels,
    export_labels,
    labels_path,
    read_labels,
    write_labels,
)
from backend.errors import UserError

LAYERS = (LayerInfo("conv1", "Conv2d", (8, 4, 4), 1), LayerInfo("layer4", "Sequential", (64, 2, 2), 1))
CARD = NetworkCard(
    name="small",
    architecture="any",
    classes=("cat", "dog"),
    input_size=(8, 8),
    mean=(0.5,),
    std=(0.2,),
    weights_digest="0123456789abcdef" * 4,
    layers=(*LAYERS, LayerInfo(LOGITS, "Net", (2,), 1)),
)
HARD = 'größer 🐕, «l\'œil»,\n"zweite" Zeile;\r\n\tEnde, \\ and \ud800'
LABELS = UnitLabels(
    {
        "layer4/37": UnitLabel("part", "an eye"),
        "layer4/5[0,1]": UnitLabel("object", HARD),
        "logit/dog": UnitLabel("", "only a note"),
        "conv1/3": UnitLabel("colour"),
        "layer4": UnitLabel("scene", "the whole layer"),
    }
)


def store(folder: Path, content: object) -> Path:
    """Write any content where the labels of CARD belong."""
    path = labels_path(CARD, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


# The mapping


def test_that_the_kinds_stand_in_the_order_of_their_keys() -> None:
    assert KINDS == ("colour", "texture", "material", "part", "object", "scene")


def test_that_a_change_makes_another_mapping_and_leaves_the_first() -> None:
    first = UnitLabels().with_label("layer4/37", UnitLabel("part"))
    second = first.with_label("layer4/37", UnitLabel("object", "a dog")).with_label("conv1/0", UnitLabel(note="?"))
    assert first.get("layer4/37") == UnitLabel("part") and len(first) == 1
    assert second.get("layer4/37") == UnitLabel("object", "a dog")
    assert list(second) == ["layer4/37", "conv1/0"] and len(second) == 2
    with pytest.raises(TypeError):
        first.entries["layer4/37"] = UnitLabel()  # type: ignore[index]


def test_that_a_unit_without_a_label_has_an_empty_one() -> None:
    assert LABELS.get("layer4/38") == UnitLabel("", "")


def test_that_an_empty_label_takes_the_entry_away() -> None:
    labels = UnitLabels({"a/1": UnitLabel("part"), "a/2": UnitLabel()}).with_label("a/1", UnitLabel())
    assert labels == UnitLabels() and len(labels) == 0 and list(labels) == []


def test_that_equality_is_of_the_content_whatever_the_order() -> None:
    parts = [("a/1", UnitLabel("part")), ("a/2", UnitLabel("scene"))]
    assert UnitLabels(dict(parts)) == UnitLabels(dict(reversed(parts)))
    assert UnitLabels(dict(parts)) != UnitLabels(dict(parts[:1]))


def test_that_the_mapping_does_not_follow_the_dictionary_it_was_made_of() -> None:
    given = {"a/1": UnitLabel("part")}
    labels = UnitLabels(given)
    given.clear()
    assert len(labels) == 1


def test_that_there_is_no_seventh_kind() -> None:
    with pytest.raises(ValueError, match="'flavour' is no kind"):
        UnitLabel("flavour")


# Keeping


def test_that_what_was_written_is_read_again_to_the_letter(tmp_path: Path) -> None:
    write_labels(CARD, LABELS, tmp_path)
    assert read_labels(CARD, tmp_path) == (LABELS, "")
    assert [path.name for path in tmp_path.iterdir()] == ["0123456789abcdef.json"]
    content = json.loads((tmp_path / "0123456789abcdef.json").read_text(encoding="utf-8"))
    assert (content["network"], content["weights_digest"]) == ("small", CARD.weights_digest)
    assert content["labels"]["layer4/37"] == {"kind": "part", "note": "an eye"}


def test_that_a_network_nobody_labelled_has_no_labels_and_no_file(tmp_path: Path) -> None:
    assert read_labels(CARD, tmp_path / "none") == (UnitLabels(), "")
    assert not (tmp_path / "none").exists()


def test_that_labels_lie_in_the_users_folder(home_of_its_own: Path) -> None:
    write_labels(CARD, LABELS)
    assert (home_of_its_own / "labels" / "0123456789abcdef.json").exists()
    assert read_labels(CARD) == (LABELS, "")


def test_that_other_weights_have_other_labels_even_by_the_same_name(tmp_path: Path) -> None:
    write_labels(CARD, LABELS, tmp_path)
    assert read_labels(replace(CARD, weights_digest="f" * 64), tmp_path) == (UnitLabels(), "")


@pytest.mark.parametrize("name", ["torchvision/resnet18", "../../etc/passwd", "a:b*c?", "ü" * 300, ".."])
def test_that_any_name_makes_a_file_in_the_folder_where_there_is_no_digest(name: str, tmp_path: Path) -> None:
    card = replace(CARD, name=name, weights_digest="")
    write_labels(card, LABELS, tmp_path)
    assert read_labels(card, tmp_path) == (LABELS, "")
    assert len(list(tmp_path.glob("*.json"))) == 1


def test_that_labels_given_before_the_weights_were_read_go_to_the_weights(tmp_path: Path) -> None:
    early = replace(CARD, weights_digest="")
    write_labels(CARD, UnitLabels({"a/1": UnitLabel("part"), "a/2": UnitLabel("part")}), tmp_path)
    write_labels(early, UnitLabels({"a/2": UnitLabel("scene"), "a/3": UnitLabel("object")}), tmp_path)
    both = UnitLabels({"a/1": UnitLabel("part"), "a/2": UnitLabel("scene"), "a/3": UnitLabel("object")})
    assert read_labels(CARD, tmp_path) == (both, "")
    assert read_labels(CARD, tmp_path) == (both, "")
    # Another training of the same name does not get them too.
    assert read_labels(replace(CARD, weights_digest="f" * 64), tmp_path) == (UnitLabels(), "")


def test_that_a_full_disk_leaves_the_labels_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_labels(CARD, LABELS, tmp_path)

    def full(self: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            write_labels(CARD, UnitLabels(), tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    assert read_labels(CARD, tmp_path) == (LABELS, "")


# Damage


@pytest.mark.parametrize(
    "content", ["", "{half of", "[1, 2]", '"text"', "null", "{}", '{"labels": 3}', '{"labels": []}', "[" * 100_000]
)
def test_that_an_unreadable_file_is_kept_aside_and_told_once(content: str, tmp_path: Path) -> None:
    path = store(tmp_path, content)
    labels, sentence = read_labels(CARD, tmp_path)
    aside = tmp_path / f"{path.name}.bad"
    assert labels == UnitLabels()
    assert (
        sentence
        == f"The labels of small were unreadable, so there are none now. The file as it was is kept as {aside}."
    )
    assert aside.read_text(encoding="utf-8") == content
    assert read_labels(CARD, tmp_path) == (UnitLabels(), "")


def test_that_bytes_that_are_no_text_count_as_damage(tmp_path: Path) -> None:
    path = store(tmp_path, "")
    path.write_bytes(b"\xff\xfe\x00\xd8")
    assert read_labels(CARD, tmp_path)[1]
    assert path.with_name(path.name + ".bad").read_bytes() == b"\xff\xfe\x00\xd8"


@pytest.mark.parametrize(
    "bad", [{"kind": "flavour"}, {"kind": 3}, {"kind": ["part"]}, {"kind": None}, {"note": 7}, "part", None, [], 3.5]
)
def test_that_a_bad_entry_costs_that_entry(bad: Any, tmp_path: Path) -> None:
    path = store(tmp_path, {"labels": {"layer4/1": bad, "layer4/2": {"kind": "part"}, "layer4/3": {"note": "?"}}})
    damaged = path.read_bytes()
    labels, sentence = read_labels(CARD, tmp_path)
    assert labels == UnitLabels({"layer4/2": UnitLabel("part"), "layer4/3": UnitLabel(note="?")})
    assert sentence.startswith("One label of small was unreadable and is left out: that of layer4/1. ")
    assert path.with_name(path.name + ".bad").read_bytes() == damaged
    assert read_labels(CARD, tmp_path) == (labels, "")


def test_that_many_bad_entries_are_counted_and_one_is_named(tmp_path: Path) -> None:
    store(tmp_path, {"labels": {"layer" * 20: 1, "b/1": 2, "c/1": {"kind": "part"}}})
    labels, sentence = read_labels(CARD, tmp_path)
    assert len(labels) == 1
    name = ("layer" * 20)[:39]
    assert sentence.startswith(f"2 labels of small were unreadable and are left out, such as that of {name}…. ")


def test_that_a_second_damage_does_not_cover_the_first(tmp_path: Path) -> None:
    for content in ("first", "second", "second", "third"):
        store(tmp_path, content)
        read_labels(CARD, tmp_path)
    kept = {path.read_text(encoding="utf-8") for path in tmp_path.glob("*.bad")}
    assert kept == {"first", "second", "third"} and len(list(tmp_path.glob("*.bad"))) == 3


def test_that_a_damaged_file_that_cannot_be_kept_aside_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = store(tmp_path, "damaged")

    def full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(labels_module.shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        read_labels(CARD, tmp_path)
    assert path.read_text(encoding="utf-8") == "damaged"


# Export


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_that_the_table_has_a_row_a_unit_in_the_order_of_the_layers(tmp_path: Path) -> None:
    export_labels(CARD, LABELS, tmp_path / "labels.csv")
    rows = rows_of(tmp_path / "labels.csv")
    assert tuple(rows[0]) == COLUMNS
    assert [tuple(row.values())[:5] for row in rows] == [
        ("small", "small/conv1/3", "conv1", "3", "colour"),
        ("small", "small/layer4", "layer4", "", "scene"),
        ("small", "small/layer4/5[0,1]", "layer4", "5", "object"),
        ("small", "small/layer4/37", "layer4", "37", "part"),
        ("small", "small/logit/dog", LOGITS, "1", ""),
    ]
    # Half of a surrogate pair is the one thing that no text file can hold.
    assert [row["note"] for row in rows] == [
        "",
        "the whole layer",
        HARD.replace("\ud800", "?"),
        "an eye",
        "only a note",
    ]


@pytest.mark.parametrize("note", ["=1+1", "+4", "-2", '@SUM(A1,"b")', "\t=1", "=HYPERLINK(\n)"])
def test_that_a_spreadsheet_computes_no_note(note: str, tmp_path: Path) -> None:
    export_labels(CARD, UnitLabels({"conv1/0": UnitLabel("part", note)}), tmp_path / "a.CSV")
    assert [row["note"] for row in rows_of(tmp_path / "a.CSV")] == [f"'{note}"]


def test_that_a_network_named_like_a_formula_is_none(tmp_path: Path) -> None:
    card = replace(CARD, name="=cmd")
    export_labels(card, UnitLabels({"conv1/0": UnitLabel("part")}), tmp_path / "a.csv")
    (row,) = rows_of(tmp_path / "a.csv")
    assert (row["network"], row["address"], row["layer"]) == ("'=cmd", "'=cmd/conv1/0", "conv1")


@pytest.mark.parametrize("address", ["gone/4", "layer4/999", "layer4/²", "logit/wolf", ""])
def test_that_a_label_of_a_unit_that_is_gone_is_exported_all_the_same(address: str, tmp_path: Path) -> None:
    labels = UnitLabels({address: UnitLabel("part"), "layer4/1": UnitLabel("object")})
    export_labels(CARD, labels, tmp_path / "a.csv")
    rows = rows_of(tmp_path / "a.csv")
    assert [row["address"] for row in rows] == ["small/layer4/1", f"small/{address}"]
    assert (rows[1]["layer"], rows[1]["channel"], rows[1]["kind"]) == ("", "", "part")


def test_that_an_exported_json_is_what_filterscope_reads(tmp_path: Path) -> None:
    export_labels(CARD, LABELS, tmp_path / "labels.json")
    (tmp_path / "labels.json").rename(labels_path(CARD, tmp_path))
    assert read_labels(CARD, tmp_path) == (LABELS, "")
    content = json.loads(labels_path(CARD, tmp_path).read_text(encoding="utf-8"))
    assert list(content["labels"]) == ["conv1/3", "layer4", "layer4/5[0,1]", "layer4/37", "logit/dog"]


@pytest.mark.parametrize("name", ["labels.xlsx", "labels"])
def test_that_another_ending_is_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"{name} ends in neither .csv nor .json"):
        export_labels(CARD, LABELS, tmp_path / name)
    assert not list(tmp_path.iterdir())
