"""What comes back at the next start: layout, network, unit, objective, start and settings."""

from __future__ import annotations

import os
from dataclasses import replace

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow, QWidget

from backend.errors import UserError
from backend.jobs import Objective, PictureStart, Unit, parse_address, portable_source, start_from_json, start_to_json
from gui.session import Session
from gui.settings import Remembered
from gui.widgets.section import Section
from gui.window.opening import Opening


def remember(session: Session, opening: Opening, before: Remembered) -> Remembered:
    """Give what should come back of what is looked at; the rest stays as it was `before`."""
    facts = session.facts
    return replace(
        before,
        network=portable_source(facts.card.source) if facts.card else "",
        unit=session.label(facts.unit) if facts.unit else "",
        run=_run(session),
        dataset=facts.dataset.source if facts.dataset else before.dataset,
        recent_networks=tuple(opening.recent_networks),
        recent_datasets=tuple(opening.recent_datasets),
        data_folder=opening.data_folder,
        smooth=session.preferences.smooth,
        scan_at_once=session.preferences.scan_at_once,
        canvas=facts.settings.to_json(),
    )


def folded_sections(window: QWidget, before: Remembered) -> tuple[str, ...]:
    """Name the sections that are folded; those of panels that were not made are as they were `before`."""
    sections = window.findChildren(Section)
    there = {section.title for section in sections}
    return (*(section.title for section in sections if section.folded), *(set(before.folded) - there))


def restore(window: QMainWindow, opening: Opening, remembered: Remembered) -> None:
    """Bring back all that needs neither torch nor a network; what is of a panel comes back when it is made."""
    if remembered.geometry:
        window.restoreGeometry(QByteArray.fromBase64(remembered.geometry.encode()))
    if remembered.layout:
        window.restoreState(QByteArray.fromBase64(remembered.layout.encode()))
    if remembered.data_folder and "FILTERSCOPE_DATA" not in os.environ:
        opening.set_data_folder(remembered.data_folder)
    session = opening.session
    session.preferences.set_smooth(remembered.smooth)
    session.preferences.scan_at_once = remembered.scan_at_once
    facts = session.facts
    try:
        start = start_from_json(remembered.run["start"]) if "start" in remembered.run else facts.start
    except UserError:
        start = facts.start
    settings = remembered.canvas_settings() or facts.settings
    session.apply(replace(facts, settings=settings, start=start))


def restore_unit(opening: Opening, remembered: Remembered) -> None:
    """Go to the unit and the objective of last time, as far as the network that is open has them."""
    session = opening.session
    card = session.facts.card
    if card is None or not remembered.unit:
        return
    try:
        unit = parse_address(remembered.unit, card)
        rows = remembered.run.get("objective") or [(1.0, remembered.unit)]
        terms: list[tuple[float, Unit]] = [
            (float(weight), parse_address(str(address), card)) for weight, address in rows
        ]
    except UserError as error:
        session.events.error.emit(error.report)
    except (TypeError, ValueError):
        opening.go_to(remembered.unit)
    else:
        session.change("Go on from last time", unit=unit, layer=unit.layer_name, objective=Objective(tuple(terms)))
        session.undo_stack.clear()


def _run(session: Session) -> dict[str, object]:
    facts = session.facts
    terms = facts.objective.terms if facts.objective else ()
    run: dict[str, object] = {"objective": [[weight, session.label(unit)] for weight, unit in terms]}
    # A picture of the user's may be large; it is not copied into the settings.
    if not isinstance(facts.start, PictureStart):
        run["start"] = start_to_json(facts.start)
    return run
