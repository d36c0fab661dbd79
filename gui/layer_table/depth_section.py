"""The chart by depth in a block that folds, and the sentence that answers the paper's claim below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from backend.jobs import DescribedLayer
from gui.layer_table.depth_chart import DepthChart
from gui.layer_table.depth_summary import LayerDepth, claim, summary
from gui.widgets.section import Section


class DepthSection(Section):
    """Out of sight while no layer is known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("By depth", parent=parent)
        self.chart = DepthChart()
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setProperty("role", "caption")
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._known: dict[str, tuple[DescribedLayer, LayerDepth]] = {}
        self.body.addWidget(self.chart)
        self.body.addWidget(self.sentence)
        self.hide()

    def show_layers(self, described: Iterable[DescribedLayer], order: Sequence[str], total: int) -> None:
        """Show what is known of layers in the network's `order`, over a data set of `total` images."""
        found = {each.layer: each for each in described}
        names = [name for name in order if name in found]
        # Each layer is told of alone while a scan goes on, so the others need not be summed up again.
        self._known = {
            name: self._known[name] if self._is_known(found[name]) else (found[name], summary(found[name]))
            for name in names
        }
        layers = [depth for _, depth in self._known.values()]
        self.chart.set_layers(layers)
        self.sentence.setText(claim(layers))
        self.set_note(_images(layers, total))
        self.setVisible(bool(layers))

    def _is_known(self, described: DescribedLayer) -> bool:
        return described.layer in self._known and self._known[described.layer][0] is described


def _images(layers: Sequence[LayerDepth], total: int) -> str:
    """Say of how many images the figures are: those of all layers may not have been computed at the same time."""
    if not layers:
        return ""
    least = min(layer.images for layer in layers)
    return f"{least:,} images" if least >= total else f"{least:,} of {total:,} images"
