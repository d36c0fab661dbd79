"""The numbers of the scan as bars in the model browser: on the tiles of a wall, and on the rows of the layers."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QPushButton

from backend.jobs import DescribedLayer
from gui.browser.network_tree import NetworkTree
from gui.session import Session
from gui.text import number_text
from gui.widgets.thumbnail_wall import ThumbnailWall
from gui.widgets.tile_bars import TileBars, shares_of

OFF = "off"
CHOICES = (OFF, "skewness", "zeros", "selectivity", "mean")


class BrowserBars(QObject):
    """Shows the chosen number whenever the statistics, the layer or the choice change.

    Attributes
    ----------
    button : QPushButton
        Says what is shown; its menu has the choices.
    """

    def __init__(self, session: Session, tree: NetworkTree, wall: ThumbnailWall, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._tree, self._wall = session, tree, wall
        self.choice = OFF
        self.button = QPushButton()
        for name in ("small", "hasMenu"):
            self.button.setProperty(name, True)
        self.button.setToolTip("Numbers of the scan as bars: on the tiles, and on the layers their median")
        menu = QMenu(self.button)
        group = QActionGroup(menu)
        self.actions = {name: self._action(name, menu, group) for name in CHOICES}
        self.button.setMenu(menu)
        for signal in (session.card_changed, session.layer_changed, session.statistics_changed):
            signal.connect(self._show)
        self.choose(OFF)

    def _action(self, name: str, menu: QMenu, group: QActionGroup) -> QAction:
        action = menu.addAction(name, lambda: self.choose(name))
        action.setCheckable(True)
        group.addAction(action)
        return action

    def choose(self, name: str) -> None:
        """Show another number, or none."""
        self.choice = name
        self.actions[name].setChecked(True)
        self.button.setText("Bars" if name == OFF else name.capitalize())
        self.button.setAccessibleName(f"Bars: {name}")
        self._show()

    @Slot()
    def _show(self) -> None:
        self._wall.set_bars(self._tiles())
        self._tree.set_bars(self._layers())

    def _tiles(self) -> TileBars | None:
        described = self._session.statistics_of(self._session.facts.layer)
        if self.choice == OFF or described is None:
            return None
        values = np.asarray(getattr(described.statistics, self.choice), np.float64)
        texts = [f"{self.choice} {number_text(self.choice, float(value))}" for value in values]
        return TileBars(shares_of(values), texts, described.statistics.dead)

    def _layers(self) -> dict[str, tuple[float, str]]:
        """Give share and words of each layer that is known, under all of its names."""
        card = self._session.facts.card
        if self.choice == OFF or card is None:
            return {}
        known = {layer.name: self._session.statistics_of(layer.name) for layer in card.layers}
        values = {name: typical(described, self.choice) for name, described in known.items() if described is not None}
        shares = shares_of(np.array(list(values.values()), np.float64))
        what = "mean share of zeros" if self.choice == "zeros" else f"median {self.choice}"
        return {
            name: (float(share), f"{what} {number_text(self.choice, value)}")
            for (name, value), share in zip(values.items(), shares, strict=True)
        }


def typical(described: DescribedLayer, choice: str) -> float:
    """Give one number for a layer: the mean share of zeros, or the median of its living channels."""
    statistics = described.statistics
    values = np.asarray(getattr(statistics, choice), np.float64)
    if choice == "zeros":
        return float(values.mean()) if len(values) else float("nan")
    living = values[~statistics.dead]
    return float(np.median(living)) if len(living) else float("nan")
