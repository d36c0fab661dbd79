"""The document: what is looked at. One immutable state, one signal a fact, and undo for all of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, fields, replace
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from backend.jobs import (
    LIFELIKE,
    DatasetInfo,
    Layer,
    MaximizationSettings,
    NetworkCard,
    NoiseStart,
    Objective,
    Recipe,
    Start,
    Unit,
    format_address,
)

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
    """

    card: NetworkCard | None = None
    layer: str = ""
    unit: Unit | None = None
    objective: Objective | None = None
    start: Start = field(default_factory=lambda: NoiseStart(contrast=0.1))
    settings: MaximizationSettings = LIFELIKE
    dataset: DatasetInfo | None = None


class Session(QObject):
    """Holds `Facts`. Panels read `session.facts`, listen to the signal of a fact, and ask for changes."""

    card_changed = Signal(object)
    layer_changed = Signal(object)
    unit_changed = Signal(object)
    objective_changed = Signal(object)
    start_changed = Signal(object)
    settings_changed = Signal(object)
    dataset_changed = Signal(object)

    open_network_wanted = Signal(str)
    """A panel asks the window to open a network; the card follows when it is there."""

    smooth_changed = Signal(bool)
    """How every panel draws enlarged pictures: interpolated, or pixel by pixel."""

    recipe_opened = Signal(object)
    """A `Recipe` was read out of a picture; the canvas makes it again."""

    notice = Signal(str)
    error = Signal(object)
    """A sentence, or an `ErrorReport`, for the window to show."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.facts = Facts()
        self.smooth = True
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
        self.apply(replace(self.facts, card=card, layer="", unit=None, objective=None))

    def describe(self, card: NetworkCard) -> None:
        """Take a fuller card of the network that is already open."""
        self.facts = replace(self.facts, card=card)

    def set_dataset(self, dataset: DatasetInfo | None) -> None:
        self.apply(replace(self.facts, dataset=dataset))

    @Slot(bool)
    def set_smooth(self, smooth: bool) -> None:
        """Draw enlarged pictures interpolated or pixel by pixel, in every panel."""
        if smooth != self.smooth:
            self.smooth = smooth
            self.smooth_changed.emit(smooth)

    def select_unit(self, unit: Unit) -> None:
        """Make `unit` the one that every panel speaks of."""
        card = self.facts.card
        if card is None:
            return
        layer = unit.name if isinstance(unit, Layer) else unit.layer_name
        self.change(f"Select {self.label(unit)}", unit=unit, layer=layer, objective=Objective(((1.0, unit),)))

    def label(self, unit: Unit) -> str:
        """Give the address of `unit` without the network's name."""
        card = self.facts.card
        return "" if card is None else format_address(unit, card).removeprefix(card.name + "/")

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
