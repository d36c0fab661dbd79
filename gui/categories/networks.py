"""The networks that a hierarchy can be compared with: shipped ones, and those that were opened."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QComboBox, QFileDialog

from backend.jobs import NetworkCard, local_source, portable_source, shipped_card_path, shipped_networks
from gui.session import Session
from gui.text import source_name
from gui.widgets.parameter_controls import CalmCombo

MOST = 8
LETTERS = 7
"""Letters of a network's name for which there is always room."""
OTHER = "open another"
FILES = "Networks (*.json *.safetensors *.pt *.pth)"


class CategoryNetworks(QObject):
    """Fills a combo box with networks, none of them first.

    Signals
    -------
    chosen(str)
        The source of a network; empty for none.
    """

    chosen = Signal(str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.combo: QComboBox = CalmCombo()
        self.combo.setAccessibleName("Network to compare with")
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(LETTERS)
        self.source = ""
        self.recent: list[str] = session.opened[:MOST]
        self._session = session
        session.card_changed.connect(self._note)
        self.combo.activated.connect(self._choose)
        self._fill()

    def set_source(self, source: str) -> None:
        """Compare with a network, or with none."""
        if source and source not in self._sources():
            self.recent = [source, *self.recent][:MOST]
        self.source = source
        self._fill()
        self.chosen.emit(source)

    def remember(self) -> list[str]:
        return [portable_source(source) for source in self.recent]

    def restore(self, sources: list[object]) -> None:
        kept = [local_source(source) for source in sources if isinstance(source, str)]
        self.recent = list(dict.fromkeys((*self.recent, *kept)))[:MOST]
        self._fill()

    def _sources(self) -> list[str]:
        card = self._session.facts.card
        opened = "" if card is None else card.source
        shipped = [str(shipped_card_path(name)) for name in shipped_networks()]
        recent = [source for source in self.recent if source not in shipped]
        return [source for source in (*shipped, *recent) if source != opened]

    def _fill(self) -> None:
        self.combo.clear()
        self.combo.addItem("Compare with…" if not self.source else "Compare with none", "")
        for source in self._sources():
            self.combo.addItem(source_name(source), source)
        self.combo.addItem("Open another network…", OTHER)
        self.combo.setCurrentIndex(max(0, self.combo.findData(self.source)))
        # The name of a network may be longer than the box.
        name = f"\n{source_name(self.source)}" if self.source else ""
        self.combo.setToolTip(f"Show the hierarchy of a second network beside this one{name}")

    @Slot(object)
    def _note(self, card: NetworkCard | None) -> None:
        """Keep a network that was opened for later; one is not compared with itself."""
        if card is not None:
            self.recent = [card.source, *(source for source in self.recent if source != card.source)][:MOST]
            if card.source == self.source:
                self.set_source("")
        self._fill()

    @Slot(int)
    def _choose(self, row: int) -> None:
        source = self.combo.itemData(row)
        if source == OTHER:
            source, _ = QFileDialog.getOpenFileName(self.combo.window(), "Compare with a network", "", FILES)
            source = source or self.source
        if source != self.source:
            self.set_source(source)
        else:
            self._fill()
