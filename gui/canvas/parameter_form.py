"""The settings of an activation maximisation, in foldable groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from backend.errors import UserError
from backend.jobs import LIFELIKE, MaximizationSettings
from gui.canvas.parameter_row import ParameterRow
from gui.canvas.parameter_table import FOLDED_GROUPS, GROUPS, PARAMETERS
from gui.widgets.section import Section

# The figures look like text until they are touched. Colours come from the palette, which the theme makes.
STYLE = """
QLineEdit[quiet="true"] { background: transparent; border: 1px solid transparent; padding: 2px 6px; }
QLineEdit[quiet="true"]:hover { background: palette(button); }
QLineEdit[quiet="true"]:focus { background: palette(button); border-color: palette(link); }
QToolButton { padding: 0; }
QComboBox { padding: 2px 4px 2px 8px; min-width: 84px; }
"""


class ParameterForm(QWidget):
    """Shows and changes `MaximizationSettings`.

    Signals
    -------
    edited(str, object)
        The user has changed a field; the settings as they are now.
    """

    edited = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = self._reference = LIFELIKE
        self.rows = {parameter.field: ParameterRow(parameter) for parameter in PARAMETERS}
        self.sections = {group: Section(group, folded=group in FOLDED_GROUPS) for group in GROUPS}
        self.setStyleSheet(STYLE)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for section in self.sections.values():
            section.body.setSpacing(0)
            column.addWidget(section)
        column.addStretch()
        for field, row in self.rows.items():
            self.sections[row.parameter.group].body.addWidget(row)
            row.edited.connect(partial(self._take, field))
        self.set_reference(LIFELIKE)
        self.set_settings(LIFELIKE)

    def settings(self) -> MaximizationSettings:
        return self._settings

    def set_settings(self, settings: MaximizationSettings) -> None:
        """Show `settings` without telling anybody."""
        self._settings = settings
        for field, row in self.rows.items():
            row.show_value(getattr(settings, field))
        self._note()

    def set_reference(self, settings: MaximizationSettings) -> None:
        """Say what a row goes back to when it is reset, and from what it differs when its label is in accent."""
        self._reference = settings
        for field, row in self.rows.items():
            row.set_reference(getattr(settings, field))
        self._note()

    def _take(self, field: str, value: Any) -> None:
        try:
            self._settings = replace(self._settings, **{field: value})
        except UserError:
            self.rows[field].show_value(getattr(self._settings, field))
            return
        self._note()
        self.edited.emit(field, self._settings)

    def _note(self) -> None:
        """Say at the head of each group how many of its rows are changed, for it may be folded."""
        for group, section in self.sections.items():
            changed = _count(row.changed for row in self.rows.values() if row.parameter.group == group)
            section.set_note(f"{changed} changed" if changed else "")


def _count(truths: Iterable[bool]) -> int:
    return sum(1 for truth in truths if truth)
