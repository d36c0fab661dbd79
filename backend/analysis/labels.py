"""What a person says a unit looks for: one of six kinds (paper sec. 2.3) and a note, kept for each network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from backend.analysis.cards import NetworkCard
from backend.analysis.csv_text import csv_text
from backend.analysis.objectives import Channel, ClassLogit, parse_address
from backend.atomic_write import replacing
from backend.errors import UserError
from backend.file_lock import locked
from backend.places import data_folder

KINDS = ("colour", "texture", "material", "part", "object", "scene")
"""The semantic types, from what low layers look for to what high layers look for; their keys are 1 to 6."""
COLUMNS = ("network", "address", "layer", "channel", "kind", "note")
LONGEST_NAME = 120


@dataclass(frozen=True)
class UnitLabel:
    """What one unit was said to look for.

    Attributes
    ----------
    kind : str
        One of `KINDS`, or empty.
    note : str
        Anything else there is to say.
    """

    kind: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ("", *KINDS):
            raise ValueError(f"{self.kind!r} is no kind of label")


NO_LABEL = UnitLabel()


@dataclass(frozen=True)
class UnitLabels:
    """The labels of one network: an immutable mapping, of which each change makes another.

    Attributes
    ----------
    entries : mapping of str to UnitLabel
        By the address of the unit without the network's name: "layer4/37", "logit/dog". Empty labels are not kept.
    """

    entries: Mapping[str, UnitLabel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = {address: label for address, label in self.entries.items() if label != NO_LABEL}
        object.__setattr__(self, "entries", MappingProxyType(kept))

    def get(self, address: str) -> UnitLabel:
        """Give the label of a unit; an empty one where it has none."""
        return self.entries.get(address, NO_LABEL)

    def with_label(self, address: str, label: UnitLabel) -> UnitLabels:
        """Give the labels with that of one unit changed; an empty label takes it away."""
        return UnitLabels({**self.entries, address: label})

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def labels_path(card: NetworkCard, folder: Path | None = None) -> Path:
    """Where the labels of a network lie. They belong to its weights; to its name until those were read once."""
    name = card.weights_digest[:16] or quote(card.name, safe="")[:LONGEST_NAME]
    return (folder or data_folder("labels")) / f"{name}.json"


def read_labels(card: NetworkCard, folder: Path | None = None) -> tuple[UnitLabels, str]:
    """Read the labels of a network.

    Parameters
    ----------
    card : NetworkCard
    folder : Path, optional
        Where labels are kept; the user's folder for them unless given.

    Returns
    -------
    labels : UnitLabels
    sentence : str
        What was damaged and where the file as it was is kept now; empty where all is well.

    Raises
    ------
    OSError
        Where there is a file that the system does not let us read, or keep aside. It must not be written over then.
    """
    labels, sentence = _read(card, labels_path(card, folder))
    early = labels_path(replace(card, weights_digest=""), folder)
    if card.weights_digest and early.exists():
        # Given while the weights were still being read, so they are the newer ones.
        given, more = _read(card, early)
        labels = UnitLabels({**labels.entries, **given.entries})
        sentence = " ".join(part for part in (sentence, more) if part)
        write_labels(card, labels, folder)
        early.unlink()
    return labels, sentence


def write_labels(card: NetworkCard, labels: UnitLabels, folder: Path | None = None) -> None:
    """Store the labels of a network, whole or not at all; raises `OSError` where the system does not allow it."""
    _write(labels_path(card, folder), card, labels)


def merge_labels(
    card: NetworkCard, before: UnitLabels, after: UnitLabels, folder: Path | None = None
) -> dict[str, UnitLabel]:
    """Store what changed from `before` to `after`, unit by unit, beside what another program has stored meanwhile.

    Parameters
    ----------
    card : NetworkCard
    before, after : UnitLabels
        What this program knew to be stored, and what it wants stored.
    folder : Path, optional
        Where labels are kept; the user's folder for them unless given.

    Returns
    -------
    dict of str to UnitLabel
        The labels of another program that had to give way, by address: of two for one unit the later stays.

    Raises
    ------
    OSError
        Where the system does not allow it.
    """
    path = labels_path(card, folder)
    changed = [unit for unit in {*before, *after} if before.get(unit) != after.get(unit)]
    with locked(path):
        stored, damage = _read(card, path) if path.exists() else (before, "")
        if damage:
            # What could not be read there is still known here.
            stored = UnitLabels({**before.entries, **stored.entries})
        _write(path, card, UnitLabels({**stored.entries, **{unit: after.get(unit) for unit in changed}}))
    replaced = {unit: stored.get(unit) for unit in changed}
    return {unit: label for unit, label in replaced.items() if label not in (before.get(unit), after.get(unit))}


def export_labels(card: NetworkCard, labels: UnitLabels, path: Path) -> None:
    """Write the labels for other programs, in the order of the network's layers.

    Parameters
    ----------
    card : NetworkCard
    labels : UnitLabels
    path : Path
        Its ending says the format: `.csv` has a row a unit (`COLUMNS`; a cell that a spreadsheet would take for a
        formula begins with an apostrophe), `.json` is the format in which Filterscope keeps labels itself.

    Raises
    ------
    UserError
        Where the file ends in neither.
    OSError
        Where it cannot be written.
    """
    addresses = sorted(labels, key=lambda address: _place(card, address))
    suffix = path.suffix.lower()
    if suffix == ".csv":
        text = csv_text(COLUMNS, (_row(card, address, labels.get(address)) for address in addresses))
        with replacing(path) as file:
            file.write(text.encode("utf-8", "replace"))
    elif suffix == ".json":
        _write(path, card, UnitLabels({address: labels.get(address) for address in addresses}))
    else:
        raise UserError(
            "Labels are exported as CSV or JSON",
            f"{path.name} ends in neither .csv nor .json.",
            "Give the file one of these two endings.",
        )


# --- files -----------------------------------------------------------------------------------------------------


def _write(path: Path, card: NetworkCard, labels: UnitLabels) -> None:
    entries = {address: {"kind": label.kind, "note": label.note} for address, label in labels.entries.items()}
    content = {"network": card.name, "weights_digest": card.weights_digest, "labels": entries}
    text = json.dumps(content, ensure_ascii=False, indent=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        # Half of a surrogate pair is no UTF-8; with a backslash it is the escape that JSON has for it.
        file.write(text.encode("utf-8", "backslashreplace"))


def _read(card: NetworkCard, path: Path) -> tuple[UnitLabels, str]:
    """Read one file; where it is damaged keep it aside and mend it, so that it is told once and nothing is lost."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return UnitLabels(), ""
    labels, damage = _parse(content, card.name)
    if damage:
        aside = _keep_aside(path, content)
        _write(path, card, labels)
        damage = f"{damage} The file as it was is kept as {aside}."
    return labels, damage


def _keep_aside(path: Path, content: bytes) -> Path:
    """Copy a damaged file to where nothing overwrites it, and no copy that was kept before is overwritten."""
    names = (path.with_name(f"{path.name}{'' if number == 1 else f'.{number}'}.bad") for number in count(1))
    aside = next(name for name in names if not name.exists() or name.read_bytes() == content)
    if not aside.exists():
        shutil.copyfile(path, aside)
    return aside


def _parse(content: bytes, network: str) -> tuple[UnitLabels, str]:
    """Take every entry that can be used; say how many cannot."""
    try:
        entries = dict(json.loads(content)["labels"].items())
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return UnitLabels(), f"The labels of {network} were unreadable, so there are none now."
    found = {address: _label(entry) for address, entry in entries.items()}
    labels = UnitLabels({address: label for address, label in found.items() if label is not None})
    bad = [address for address, label in found.items() if label is None]
    if not bad:
        return labels, ""
    first = bad[0] if len(bad[0]) <= 40 else f"{bad[0][:39]}…"
    if len(bad) == 1:
        return labels, f"One label of {network} was unreadable and is left out: that of {first}."
    return labels, f"{len(bad):,} labels of {network} were unreadable and are left out, such as that of {first}."


def _label(entry: Any) -> UnitLabel | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("note", ""), str):
        return None
    try:
        return UnitLabel(entry.get("kind", ""), entry.get("note", ""))
    except ValueError:
        return None


# --- rows ------------------------------------------------------------------------------------------------------


def _row(card: NetworkCard, address: str, label: UnitLabel) -> list[str]:
    """Give the cells of `COLUMNS`."""
    layer, channel = _layer_and_channel(card, address)
    number = "" if channel is None else str(channel)
    return [card.name, f"{card.name}/{address}", layer, number, label.kind, label.note]


def _place(card: NetworkCard, address: str) -> tuple[int, int, str]:
    """Say where a unit comes: by layer and channel, and last where the network, as it is now, has no such unit."""
    layer, channel = _layer_and_channel(card, address)
    names = [known.name for known in card.layers]
    return names.index(layer) if layer else len(names), -1 if channel is None else channel, address


def _layer_and_channel(card: NetworkCard, address: str) -> tuple[str, int | None]:
    """Take an address apart; the layer is empty where the network has no such unit, the channel for a whole layer."""
    try:
        unit = parse_address(address, card)
    except (UserError, ValueError):
        return "", None
    return unit.layer_name, unit.index if isinstance(unit, (Channel, ClassLogit)) else None
