from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.widgets.elided_label import ElidedLabel


def tooltip(label: ElidedLabel) -> str:
    QApplication.sendEvent(label, QHelpEvent(QEvent.Type.ToolTip, QPoint(2, 2), label.mapToGlobal(QPoint(2, 2))))
    return label.toolTip()


def test_that_only_text_that_does_not_fit_is_in_the_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel("A title that is rather long")
    qtbot.addWidget(label)
    label.tip = "What it means."
    label.resize(label.sizeHint())
    label.show()
    assert not label.is_elided() and tooltip(label) == "What it means."
    label.resize(60, label.height())
    assert label.is_elided() and tooltip(label) == "A title that is rather long\nWhat it means."


def test_that_text_that_does_not_fit_leaves_the_right_edge_free(qtbot: QtBot) -> None:
    label = ElidedLabel("M" * 50)
    qtbot.addWidget(label)
    label.resize(64, 20)
    label.show()
    shot = label.grab().toImage()
    ground = shot.pixelColor(0, 0)
    assert all(shot.pixelColor(63, y) == ground for y in range(shot.height()))
    assert any(shot.pixelColor(x, y) != ground for x in range(60) for y in range(shot.height()))
