"""Keeps the labels of units: read with the network, written with each change, exported; and the keys that give them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from backend.errors import ErrorReport, UserError, describe
from backend.jobs import KINDS, NetworkCard, UnitLabel, UnitLabels, export_labels, merge_labels, read_labels
from gui.actions import make_action
from gui.session import Session
from gui.units.label_keys import LabelKeys

FORMATS = {"Table (*.csv)": ".csv", "JSON (*.json)": ".json"}
NOT_KEPT = ErrorReport(
    "The label is not kept",
    "The labels stored for this network could not be read, so they are not written over.",
    "Mend what was wrong, then open the network again.",
)


class LabelKeeper(QObject):
    """Stands between the labels of the session and the file of the network's labels.

    Parameters
    ----------
    session : Session
    parent : QWidget, optional
        The window, over which the dialog opens.
    """

    title = "Labels"
    """Under this the keys stand in the list of keys."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._window = session, parent
        self._stored = UnitLabels()
        self._readable = True
        self._kinds = {
            kind: make_action(self, f"Label as {kind}", str(number), partial(self.toggle, kind))
            for number, kind in enumerate(KINDS, 1)
        }
        for action in self._kinds.values():
            action.setCheckable(True)
            # A key that is held down would label and unlabel.
            action.setAutoRepeat(False)
        self._export = make_action(self, "Export labels as CSV or JSON…", "", self.export)
        session.card_changed.connect(self._read)
        session.labels_changed.connect(self._write)
        session.unit_changed.connect(self._show_kind)

    def menu_actions(self) -> list[QAction]:
        """Give the actions of the menu: a key for each kind, and the export."""
        return [*self._kinds.values(), self._export]

    def toggle(self, kind: str) -> None:
        """Label the unit that is looked at, or take this label away where it has it."""
        unit = self._session.facts.unit
        if unit is None:
            self._session.events.notice.emit("Choose a unit first; then the keys 1 to 6 say what it looks for.")
        else:
            known = self._session.facts.labels.get(self._session.label(unit)).kind
            self._session.label_unit(unit, kind="" if known == kind else kind)
        self._show_kind()

    def export(self) -> None:
        """Ask where to, and write the labels of the network."""
        facts = self._session.facts
        if facts.card is None or not facts.labels:
            self._session.events.notice.emit(
                "There is no label to export yet. Choose a unit and press a key from 1 to 6."
            )
            return
        name = f"{facts.card.name}-labels.csv".replace("/", "-")
        typed, chosen = QFileDialog.getSaveFileName(self._window, "Export labels", name, ";;".join(FORMATS))
        if not typed:
            return
        path = Path(typed)
        if not path.suffix:
            path = path.with_name(path.name + FORMATS.get(chosen, ".csv"))
            if path.exists():
                # The dialog has asked about the name as it was typed, not about this one.
                self._session.events.notice.emit(f"{path.name} is there already. Export again under another name.")
                return
        try:
            export_labels(facts.card, facts.labels, path)
        except (UserError, OSError) as error:
            self._session.events.error.emit(describe(error))
        else:
            self._session.events.notice.emit(f"Saved {path}.")

    @Slot(object)
    def _read(self, card: NetworkCard) -> None:
        self._stored, self._readable = UnitLabels(), True
        try:
            self._stored, damage = read_labels(card)
        except OSError as error:
            self._readable = False
            self._session.events.error.emit(describe(error))
            return
        if damage:
            self._session.events.error.emit(ErrorReport("Labels are missing", damage))
        # They were there before, so they are nothing to undo.
        self._session.apply(replace(self._session.facts, labels=self._stored))

    @Slot(object)
    def _write(self, labels: UnitLabels) -> None:
        self._show_kind()
        card = self._session.facts.card
        if card is None or labels == self._stored:
            return
        if not self._readable:
            self._session.events.error.emit(NOT_KEPT)
            return
        try:
            replaced = merge_labels(card, self._stored, labels)
        except OSError as error:
            self._session.events.error.emit(describe(error))
            return
        # Only what this program showed: what another one gave is not in its steps of undo, so they leave it alone.
        self._stored = labels
        for address, label in replaced.items():
            said = ", ".join(part for part in (label.kind, f"“{label.note}”" if label.note else "") if part)
            self._session.events.notice.emit(
                f"Another Filterscope had labelled {address} meanwhile: {said or 'no label'}. Yours is in its place."
            )

    @Slot()
    def _show_kind(self) -> None:
        """Check the kind of the unit that is looked at."""
        facts = self._session.facts
        known = facts.labels.get(self._session.label(facts.unit)).kind if facts.unit else ""
        for kind, action in self._kinds.items():
            action.setChecked(kind == known)


def bind_label_keys(keys: LabelKeys, session: Session) -> None:
    """Let keys in a panel show and give the label of the session's unit."""

    def show() -> None:
        unit = session.facts.unit
        keys.setEnabled(unit is not None)
        keys.set_label(UnitLabel() if unit is None else session.facts.labels.get(session.label(unit)))

    def give(**parts: str) -> None:
        if session.facts.unit is not None:
            session.label_unit(session.facts.unit, **parts)

    session.unit_changed.connect(show)
    session.labels_changed.connect(show)
    keys.kind_chosen.connect(lambda kind: give(kind=kind))
    keys.note_edited.connect(lambda note: give(note=note))
    show()
