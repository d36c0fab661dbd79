"""The document: what is looked at. One immutable state, one signal a fact, and undo for all of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from backend.errors import UserError
from backend.jobs import (
    LIFELIKE,
    ActivationScan,
    DatasetInfo,
    DescribedLayer,
    Layer,
    MaximizationSettings,
    NetworkCard,
    NoiseStart,
    Objective,
    Recipe,
    Start,
    Unit,
    UnitLabel,
    UnitLabels,
    format_address,
)
from gui.events import Events
from gui.image_selection import ImageSelection
from gui.preferences import Preferences
from gui.text import counted

MERGE_SECONDS = 1.0
"""Edits of the same fact that follow each other this closely are one step of undo."""


@dataclass(frozen=True)
class Facts:
    """Everything that panels share.

    Attributes
    ----------
    card : NetworkCard or None
        The network that is open.
    layer : str
        The layer whose channels are shown.
    unit : Unit or None
        The unit that every panel speaks of.
    objective : Objective or None
        What the canvas maximises; the unit alone until rows are added to it.
    start : Start
    settings : MaximizationSettings
    dataset : DatasetInfo or None
    images : ImageSelection or None
        The images of the data set that were selected; with another data set, or none, they are gone.
    scans : tuple of ActivationScan
        What is known of this network over this data set, finished or not; the default layers first.
    statistics : mapping of str to DescribedLayer
        Of the layers of the scans; those of a scan that goes on are of fewer images than it has by now.
    labels : UnitLabels
        What the units of the network were said to look for.
    """

    card: NetworkCard | None = None
    layer: str = ""
    unit: Unit | None = None
    objective: Objective | None = None
    start: Start = field(default_factory=lambda: NoiseStart(contrast=0.1))
    settings: MaximizationSettings = LIFELIKE
    dataset: DatasetInfo | None = None
    images: ImageSelection | None = None
    scans: tuple[ActivationScan, ...] = ()
    statistics: Mapping[str, DescribedLayer] = field(default_factory=lambda: MappingProxyType({}))
    labels: UnitLabels = field(default_factory=UnitLabels)


class Session(QObject):
    """Holds `Facts`. Panels read `session.facts`, listen to the signal of a fact, and ask for changes.

    What passes and is no fact goes through `session.events`; how the user likes it stands in `session.preferences`.
    """

    card_changed = Signal(object)
    layer_changed = Signal(object)
    unit_changed = Signal(object)
    objective_changed = Signal(object)
    start_changed = Signal(object)
    settings_changed = Signal(object)
    dataset_changed = Signal(object)
    images_changed = Signal(object)
    scans_changed = Signal(object)
    statistics_changed = Signal(object)
    labels_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.facts = Facts()
        self.opened: list[str] = []
        """Sources of the networks that were open in this session, the newest first."""
        self.events = Events(self)
        self.preferences = Preferences(self)
        self.undo_stack = QUndoStack(self)

    def change(self, text: str, **changes: Any) -> None:
        """Change facts as one step of undo; `text` is what the Edit menu calls it."""
        new = replace(self.facts, **changes)
        before = {
            name: getattr(self.facts, name) for name in changes if getattr(new, name) != getattr(self.facts, name)
        }
        if before:
            self.undo_stack.push(_Change(self, text, before, {name: changes[name] for name in before}))

    def open(self, card: NetworkCard) -> None:
        """Look at another network. Its units are not those of the old one, so there is no way back by undo."""
        self.undo_stack.clear()
        self.opened = [card.source, *(source for source in self.opened if source != card.source)]
        # The same card is told to nobody, so nobody would read its labels again.
        labels = self.facts.labels if card == self.facts.card else UnitLabels()
        self.apply(replace(self.facts, card=card, layer="", unit=None, objective=None, labels=labels))

    def describe(self, card: NetworkCard) -> None:
        """Take a fuller card of the network that is already open."""
        self.facts = replace(self.facts, card=card)

    def scan_of(self, layer: str) -> ActivationScan | None:
        """Give the scan that has scores of `layer`, finished or not."""
        return next((scan for scan in self.facts.scans if layer and scan.has(layer)), None)

    def statistics_of(self, layer: str) -> DescribedLayer | None:
        """Give the statistics of `layer`, under whichever name it was scanned."""
        scan = self.scan_of(layer)
        return None if scan is None else self.facts.statistics.get(scan.layer(layer).name)

    def take_scan(self, scan: ActivationScan) -> None:
        """Put a scan, finished or not, in the place of an earlier state of the same."""
        scans = self.facts.scans
        names = [layer.name for layer in scan.header.layers]
        same = [[layer.name for layer in known.header.layers] == names for known in scans]
        new = tuple(scan if here else known for known, here in zip(scans, same, strict=True))
        self.apply(replace(self.facts, scans=new if any(same) else (*scans, scan)))

    def set_dataset(self, dataset: DatasetInfo | None) -> None:
        self.apply(replace(self.facts, dataset=dataset))

    def select_unit(self, unit: Unit) -> None:
        """Make `unit` the one that every panel speaks of."""
        card = self.facts.card
        if card is None:
            return
        label = self.label(unit)
        if not label:
            self.events.notice.emit(f"{card.name} has no such unit: it belongs to another network.")
            return
        layer = unit.name if isinstance(unit, Layer) else unit.layer_name
        self.change(f"Select {label}", unit=unit, layer=layer, objective=Objective(((1.0, unit),)))

    def select_images(self, images: ImageSelection | None) -> None:
        """Make these images the ones that every panel tells apart; None, or no image at all, lets go of them."""
        if images is None or not len(images):
            self.change("Clear the selected images", images=None)
        elif self.facts.dataset is not None and self.facts.dataset.source == images.dataset:
            self.change(f"Select {counted(len(images), 'image')}", images=images)

    def images_in(self, scan: ActivationScan, done: int | None = None) -> NDArray[np.int64] | None:
        """Give those selected images that have a score, by the scan's numbers; None where none are selected.

        `done` counts only the first images of the scan, for what was worked out when it had no more.
        """
        images, header = self.facts.images, scan.header
        if images is None:
            return None
        return images.within(header.first, header.first + (scan.done if done is None else done)) - header.first

    def label_unit(self, unit: Unit, kind: str | None = None, note: str | None = None) -> None:
        """Say what a unit looks for; None leaves the kind or the note as it is, an empty one takes it away."""
        address = self.label(unit)
        if not address:
            return
        old = self.facts.labels.get(address)
        new = UnitLabel(old.kind if kind is None else kind, old.note if note is None else note.strip())
        if new.kind == old.kind:
            text = f"Note on {address}"
        else:
            text = f"Label {address} as {new.kind}" if new.kind else f"Unlabel {address}"
        self.change(text, labels=self.facts.labels.with_label(address, new))

    def label(self, unit: Unit) -> str:
        """Give the address of `unit` without the network's name; "" where the network has no such unit."""
        card = self.facts.card
        if card is None:
            return ""
        try:
            return format_address(unit, card).removeprefix(card.name + "/")
        except UserError:
            return ""  # A unit of a network that was open before.

    def recipe(self) -> Recipe | None:
        """Give what the canvas would run now."""
        facts = self.facts
        if facts.card is None or facts.objective is None or not facts.objective.terms:
            return None
        weight, unit = facts.objective.terms[0]
        label = self.label(unit) if weight == 1 else f"{weight:g} × {self.label(unit)}"
        more = len(facts.objective.terms) - 1
        label = f"{label} + {more} more" if more else label
        return Recipe(facts.card.source, facts.objective, label, facts.start, facts.settings)

    def take_recipe(self, recipe: Recipe) -> None:
        """Make the session what a saved picture was made of. Its network must be open."""
        unit = recipe.objective.terms[0][1]
        self.change(
            "Open settings of a picture",
            unit=unit,
            layer=unit.layer_name,
            objective=recipe.objective,
            start=recipe.start,
            settings=recipe.settings,
        )

    def apply(self, new: Facts) -> None:
        """Take `new` and tell of each fact that has changed."""
        # Whatever brings another data set, be it an undo, the images of the old one are none of it.
        if new.images is not None and (new.dataset is None or new.dataset.source != new.images.dataset):
            new = replace(new, images=None)
        old, self.facts = self.facts, new
        for name in (fact.name for fact in fields(Facts)):
            value = getattr(new, name)
            # What a listener has changed again meanwhile has been told already, and later than this.
            if getattr(old, name) != value and getattr(self.facts, name) == value:
                getattr(self, f"{name}_changed").emit(value)


class _Change(QUndoCommand):
    """Facts before and after. The others stay as they are: a data set opened since is not closed by an undo."""

    def __init__(self, session: Session, text: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        super().__init__(text)
        self._session, self._before, self._after = session, before, after
        self._time = time.monotonic()

    def redo(self) -> None:
        self._session.apply(replace(self._session.facts, **self._after))

    def undo(self) -> None:
        self._session.apply(replace(self._session.facts, **self._before))

    def id(self) -> int:
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Change) or other.text() != self.text():
            return False
        if other._time - self._time > MERGE_SECONDS or self._after.keys() != other._after.keys():
            return False
        self._after, self._time = other._after, other._time
        return True
