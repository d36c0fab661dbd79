"""What comes back at the next start: layout, network, unit, objective, start and settings."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray

from backend.errors import UserError
from backend.jobs import Objective, PictureStart, Unit, parse_address, portable_source, start_from_json, start_to_json
from gui.settings import Remembered
from gui.widgets.section import Section

if TYPE_CHECKING:
    from gui.session import Session
    from gui.window.main_window import MainWindow


def remember(window: MainWindow, before: Remembered) -> Remembered:
    """Give what should come back; what `window` does not know stays as it was `before`."""
    facts = window.session.facts
    return replace(
        before,
        theme=window.theme,
        network=portable_source(facts.card.source) if facts.card else "",
        unit=window.session.label(facts.unit) if facts.unit else "",
        run=_run(window.session),
        dataset=facts.dataset.source if facts.dataset else before.dataset,
        recent_networks=tuple(window.recent_networks),
        recent_datasets=tuple(window.recent_datasets),
        data_folder=window.data_folder,
        smooth=window.session.smooth,
        panels={panel.objectName(): panel.remember() for panel in window.panels},
        scan_at_once=window.session.scan_at_once,
        folded=tuple(section.title for section in window.findChildren(Section) if section.folded),
        device=window.device.device,
        geometry=bytes(window.saveGeometry().toBase64().data()).decode(),
        layout=bytes(window.saveState().toBase64().data()).decode(),
        canvas=facts.settings.to_json(),
    )


def restore(window: MainWindow, remembered: Remembered) -> None:
    """Bring back all that needs neither torch nor a network."""
    if remembered.geometry:
        window.restoreGeometry(QByteArray.fromBase64(remembered.geometry.encode()))
    if remembered.layout:
        window.restoreState(QByteArray.fromBase64(remembered.layout.encode()))
    if remembered.data_folder and "FILTERSCOPE_DATA" not in os.environ:
        window.set_data_folder(remembered.data_folder)
    window.session.set_smooth(remembered.smooth)
    window.session.scan_at_once = remembered.scan_at_once
    for panel in window.panels:
        found = remembered.panels.get(panel.objectName())
        panel.restore(found if isinstance(found, dict) else {})
    if remembered.folded:
        for section in window.findChildren(Section):
            section.set_folded(section.title in remembered.folded)
    facts = window.session.facts
    try:
        start = start_from_json(remembered.run["start"]) if "start" in remembered.run else facts.start
    except UserError:
        start = facts.start
    settings = remembered.canvas_settings() or facts.settings
    window.session.apply(replace(facts, settings=settings, start=start))


def restore_unit(window: MainWindow, remembered: Remembered) -> None:
    """Go to the unit and the objective of last time, as far as the network that is open has them."""
    session = window.session
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
        window.notices.show_error(error.report)
    except (TypeError, ValueError):
        window.go_to(remembered.unit)
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
