"""Where the classes part in a tree of several, through the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from backend.analysis.trees.tree_classes import class_counts, class_information
from backend.jobs import LIFELIKE
from gui.prediction_tree.panel import PredictionTreePanel
from tests.gui.prediction_tree.test_panel import build
from tests.gui.prediction_tree.test_panel import panel as panel
from tests.program import Program


@pytest.fixture(autouse=True)
def quick_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.jobs.walls.LIFELIKE", replace(LIFELIKE, steps=3))


def test_that_the_merges_that_part_the_classes_are_listed_and_lead_there(
    program: Program, panel: PredictionTreePanel, tmp_path: Path
) -> None:
    build(program, panel, "green")
    section, listed = panel.page.card.sections["Classes part at"], panel.page.card.partings
    assert section.isHidden()
    build(program, panel, "all")
    tree, dataset = panel.tree, program.session.facts.dataset
    assert tree is not None and dataset is not None and not section.isHidden()
    labels = dataset.labels[tree.image_numbers]
    counts = class_counts(tree, labels)
    bits = class_information(tree, counts)
    best = int(bits.argmax())
    assert listed.shown()[0] == best and section.header.note == f"of {np.log2(3):.2f} bits"
    program.wait(lambda: listed.has_picture(best))
    panel.page.card.ensureWidgetVisible(listed)
    program.qtbot.mouseClick(listed, Qt.MouseButton.LeftButton, pos=listed.row_rect(0).center().toPoint())
    assert panel.page.tree.current() == panel.node.node == tree.images + best
    assert program.session.facts.images is not None
    assert len(program.session.facts.images) == tree.sizes[tree.images + best]
