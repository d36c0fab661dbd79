"""Widgets in a line."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.widgets.elided_label import ElidedLabel


def side_by_side(*widgets: QWidget | None, spacing: int = 8) -> QHBoxLayout:
    """Lay widgets out side by side; None stands for free space, and a text that can be elided takes what there is."""
    line = QHBoxLayout()
    line.setSpacing(spacing)
    for widget in widgets:
        if widget is None:
            line.addStretch()
        else:
            line.addWidget(widget, int(isinstance(widget, ElidedLabel)))
    return line
