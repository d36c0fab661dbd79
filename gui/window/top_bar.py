"""The bar at the top: network, data set, search, undo, export, menu."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QWidget

from backend.jobs import DatasetInfo, NetworkCard
from gui.session import Session
from gui.text import source_name
from gui.theme import text_font
from gui.window.search import Match, find
from gui.window.search_box import SearchBox


class TopBar(QFrame):
    """Names what is open, and opens other things. Menus are filled by the window."""

    def __init__(self, session: Session, actions: list[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("TopBar")
        self._session = session
        self._actions = actions
        self.network_menu = QMenu(self)
        self.dataset_menu = QMenu(self)
        self.export_menu = QMenu(self)
        self.main_menu = QMenu(self)
        self.network = self._menu_button("No network", self.network_menu, "Open another network")
        self.dataset = self._menu_button("No data set", self.dataset_menu, "Open another data set")
        self.search = SearchBox(self._find)
        self.undo = QPushButton("Undo")
        self.export = self._menu_button("Export…", self.export_menu, "Save what is on the canvas")
        self.menu = QToolButton()
        self.menu.setText("☰")
        self.menu.setToolTip("Menu")
        self.menu.setAutoRaise(True)
        self.menu.setMenu(self.main_menu)
        self.menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._lay_out()
        session.card_changed.connect(self._show_card)
        session.dataset_changed.connect(self._show_dataset)
        self.undo.setEnabled(False)
        self.undo.clicked.connect(session.undo_stack.undo)
        session.undo_stack.canUndoChanged.connect(self.undo.setEnabled)
        session.undo_stack.undoTextChanged.connect(self._show_undo)
        self.search.unit_chosen.connect(session.select_unit)
        self.search.action_chosen.connect(self._trigger)

    @Slot(object)
    def _show_card(self, card: NetworkCard) -> None:
        self.network.setText(card.name)

    @Slot(object)
    def _show_dataset(self, dataset: DatasetInfo | None) -> None:
        self.dataset.setText(
            "No data set" if dataset is None else f"{source_name(dataset.source)} · {dataset.count:,} images"
        )

    @Slot(str)
    def _show_undo(self, text: str) -> None:
        self.undo.setToolTip(f"Undo “{text}”" if text else "Nothing to undo")

    @Slot(object)
    def _trigger(self, action: QAction) -> None:
        action.trigger()

    def _find(self, query: str) -> list[Match]:
        facts = self._session.facts
        return [] if facts.card is None else find(query, facts.card, self._actions, facts.layer)

    def _menu_button(self, text: str, menu: QMenu, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setMenu(menu)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _lay_out(self) -> None:
        brand = QLabel("Filterscope")
        bold = text_font()
        bold.setWeight(QFont.Weight.DemiBold)
        brand.setFont(bold)
        self.search.setMinimumWidth(240)
        self.search.setMaximumWidth(520)
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 8, 16, 8)
        line.setSpacing(12)
        line.addWidget(brand)
        line.addWidget(self.network)
        line.addWidget(self.dataset)
        line.addStretch(1)
        line.addWidget(self.search, 4)
        line.addStretch(1)
        line.addWidget(self.undo)
        line.addWidget(self.export)
        line.addWidget(self.menu)
