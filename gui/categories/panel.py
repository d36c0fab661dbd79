"""Categories: which classes a network holds close, as a dendrogram, a spanning tree and a matrix (paper sec. 3.1)."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from backend.jobs import (
    LOGITS,
    NOISE_IMAGES,
    Categories,
    Channel,
    ClassLogit,
    ClassProbability,
    NetworkCard,
)
from backend.worker import Worker
from gui.categories.carrying_pictures import CarryingPictures
from gui.categories.category_offer import CategoryOffer
from gui.categories.category_page import CategoryPage
from gui.categories.facts import comparison_text, heading_text
from gui.categories.files import CategoryFiles
from gui.categories.layer_choice import LayerChoice
from gui.categories.marks import Marks
from gui.categories.networks import CategoryNetworks
from gui.categories.run import CategoriesRun, Wish
from gui.panel import Panel
from gui.session import Session
from gui.text import pace_text, source_name
from gui.units.scan_run import SMALL
from gui.widgets.closeness import closeness
from gui.widgets.elided_label import ElidedLabel

WAITING = ("absent", "running", "failed")
FIT = "Cophenetic correlation: how well the heights at which classes merge tell their distances"
CLOSE = 0.5
"""How well a class must be named to be found by a search."""


class CategoryHierarchyPanel(Panel):
    """Shows the classes of the session's data set as the layer that is chosen holds them."""

    def __init__(self, session: Session, worker: Worker, parent: QWidget | None = None) -> None:
        super().__init__(session, worker, parent)
        self.page = CategoryPage()
        self.layers, self.noise = LayerChoice(), QCheckBox("Random noise")
        self.networks = CategoryNetworks(session, self)
        self.search = QLineEdit(clearButtonEnabled=True)
        self.heading, self.second_heading, self.alike = ElidedLabel(), ElidedLabel(), QLabel()
        self.first = CategoriesRun(session, worker, "categories", self)
        self.second = CategoriesRun(session, worker, "compared categories", self)
        self.offers = (CategoryOffer(), CategoryOffer())
        self.files = CategoryFiles(session, worker, self.page, self)
        self.carrying = CarryingPictures(session, worker, self.page, self)
        # What comes together is asked for once, and nothing while the panel is out of sight.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self.setFocusProxy(self.page.tree)
        self._lay_out()
        self._connect()
        self.layers.show_card(session.facts.card)

    def remember(self) -> dict[str, Any]:
        return {"noise": self.noise.isChecked(), "networks": self.networks.remember()}

    def restore(self, remembered: dict[str, Any]) -> None:
        self.noise.setChecked(remembered.get("noise") is True)
        networks = remembered.get("networks")
        self.networks.restore(networks if isinstance(networks, list) else [])

    # --- what the user does ------------------------------------------------------------------------------------

    @Slot()
    def start_search(self) -> None:
        """Bring the panel to the front and the cursor into its search field."""
        self.come_forward()
        self.search.setFocus()
        self.search.selectAll()

    @Slot(int)
    def _choose_class(self, leaf: int) -> None:
        """Make a class the unit that every panel speaks of, where the network knows it."""
        card, categories = self.session.facts.card, self.page.categories
        name = "" if categories is None else categories.hierarchy.names[leaf]
        if card is not None and name in card.classes:
            self.session.select_unit(ClassLogit(card.classes.index(name)))

    @Slot(int)
    def _choose_filter(self, index: int) -> None:
        categories = self.page.categories
        if categories is not None:
            layer = categories.found.layer
            self.session.select_unit(ClassLogit(index) if layer == LOGITS else Channel(layer, index))

    def found(self) -> list[int]:
        """Return the classes that the search names, the best first."""
        categories, text = self.page.categories, self.search.text().strip()
        if categories is None or not text:
            return []
        scores = [(closeness(text, name), leaf) for leaf, name in enumerate(categories.hierarchy.names)]
        return [leaf for score, leaf in sorted(scores, key=lambda pair: -pair[0]) if score > CLOSE]

    @Slot()
    def _search(self) -> None:
        self.page.show_leaves(tuple(self.found()))
        self._show_words()

    @Slot()
    def _choose_found(self) -> None:
        """Choose the best of what was found; each further Enter the next."""
        found = self.found()
        if not found:
            return
        here = self.page.marks.leaf
        leaf = found[(found.index(here) + 1) % len(found)] if here in found else found[0]
        self.page.show_leaves((leaf,))
        self.page.set_marks(Marks(leaf=leaf))
        self._choose_class(leaf)

    # --- what is asked for -------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    @Slot()
    def _ask_soon(self) -> None:
        if self.isVisible():
            self._soon.start()

    @Slot()
    def _ask(self) -> None:
        """Ask for the hierarchies of what is open and chosen."""
        facts = self.session.facts
        self._soon.stop()
        known = facts.card is not None and facts.dataset is not None and bool(facts.card.layers)
        first = self._wish(facts.card.source) if known and facts.card else None
        second = self._wish(self.networks.source) if first is not None and self.networks.source else None
        self.first.ask(first, at_once=self._is_small())
        self.second.ask(second, at_once=self._is_small())
        self._show_state()

    def _wish(self, network: str) -> Wish | None:
        card, dataset = self.session.facts.card, self.session.facts.dataset
        noise = NOISE_IMAGES if self.noise.isChecked() else 0
        if dataset is None or card is None:
            return None
        here, layer = network == card.source, self.layers.layer
        version = (card.weights_digest if here else "", dataset.digest)
        usual = self.layers.is_usual
        return Wish(network, dataset.source, layer, noise, version, usual=usual, chosen_elsewhere=not here)

    def _is_small(self) -> bool:
        """Say whether the images pass so soon that nobody need be asked."""
        card, dataset = self.session.facts.card, self.session.facts.dataset
        if card is None or dataset is None or not self.session.preferences.scan_at_once:
            return False
        return dataset.count * card.input_size[0] * card.input_size[1] <= SMALL

    @Slot(object)
    def _card_changed(self, card: NetworkCard | None) -> None:
        self.layers.show_card(card)
        self._ask_soon()

    # --- what is shown -----------------------------------------------------------------------------------------

    @Slot(object)
    def _show_first(self, categories: Categories | None) -> None:
        if categories is not None or not _can_stay(self.first):
            self.page.show_first(categories)
            self._show_unit()
        self._show_words()

    @Slot(object)
    def _show_second(self, categories: Categories | None) -> None:
        if categories is not None or not _can_stay(self.second):
            self.page.show_second(categories)
        self._show_words()

    def _show_words(self) -> None:
        categories, second, comparison = self.page.categories, self.page.second.categories, self.page.comparison
        words = [] if categories is None else [heading_text(categories)]
        if categories is not None and self.search.text().strip():
            found = len(self.found())
            words.insert(0, f"{found:,} of {len(categories.hierarchy.names):,} found" if found else "No class found")
        self.heading.setText(" · ".join(words))
        self.second_heading.setText("" if second is None else heading_text(second))
        self.second_heading.setVisible(second is not None)
        self.alike.setText("" if comparison is None else comparison_text(comparison))
        self.alike.setVisible(comparison is not None)

    @Slot()
    def _show_unit(self) -> None:
        """Select the class whose logit or probability is the session's unit."""
        unit, card, categories = self.session.facts.unit, self.session.facts.card, self.page.categories
        if card is None or categories is None:
            return
        names = categories.hierarchy.names
        marked = self.page.marks.leaf
        if isinstance(unit, ClassLogit | ClassProbability):
            name = card.classes[unit.index]
            if name in names and marked != names.index(name):
                self.page.set_marks(Marks(leaf=names.index(name)))
        elif marked >= 0 and names[marked] in card.classes:
            self.page.set_marks(Marks())

    @Slot()
    def _show_state(self) -> None:
        for run, offer in zip((self.first, self.second), self.offers, strict=True):
            name = "" if run.wish is None else source_name(run.wish.network)
            handle, report = run.handle, run.report
            progress = None if handle is None else handle.progress
            pace = "" if handle is None else pace_text(progress, handle.seconds_left())
            fault = "" if report is None else f"{report.happened} {report.advice}"
            offer.show_state(run.state, run.missing, name, progress, pace, fault)
        self.page.set_stale(self.first.state in WAITING, self.second.state in WAITING)
        self.page.tree.placeholder = self._what_is_missing()
        self.page.tree.update()

    def _what_is_missing(self) -> str:
        """Say why there is no hierarchy."""
        facts = self.session.facts
        if facts.dataset is None or facts.card is None:
            return "Open a network and a data set: its classes are ordered here by how close the network holds them."
        states = {
            "absent": "The images of each class are averaged in a layer. What is alike there joins into a tree.",
            "running": "The tree of the classes comes when every image has passed.",
        }
        return states.get(self.first.state, "")

    # --- construction ------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        session, page = self.session, self.page
        pairs: list[tuple[Any, Any]] = [
            (session.card_changed, self._card_changed),
            (session.dataset_changed, self._ask_soon),
            (session.unit_changed, self._show_unit),
            (self._soon.timeout, self._ask),
            (self.layers.chosen, self._ask_soon),
            (self.noise.toggled, self._ask_soon),
            (self.networks.chosen, self._ask_soon),
            (self.search.textChanged, self._search),
            (self.search.returnPressed, self._choose_found),
            (self.first.came, self._show_first),
            (self.second.came, self._show_second),
            (page.leaf_chosen, self._choose_class),
            (page.filter_chosen, self._choose_filter),
        ]
        for run, offer in zip((self.first, self.second), self.offers, strict=True):
            pairs += [(run.state_changed, self._show_state), (offer.start_wanted, run.start)]
            pairs += [(offer.cancel_wanted, run.cancel)]
        for signal, slot in pairs:
            signal.connect(slot)

    def _lay_out(self) -> None:
        for label in (self.heading, self.second_heading, self.alike):
            label.setProperty("role", "caption")
        self.heading.tip = self.second_heading.tip = FIT
        self.second_heading.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.alike.setWordWrap(True)
        self.noise.setToolTip(f"{NOISE_IMAGES:,} images of Gaussian noise as a class of their own")
        self.search.setPlaceholderText("Find a class")
        self.search.setAccessibleName("Find a class")
        self.search.setToolTip("Enter chooses the class, Enter again the next that was found")
        self.search.setMinimumWidth(64)
        self.search.setMaximumWidth(180)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 12, 8)
        column.setSpacing(8)
        column.addLayout(self._controls())
        for offer in self.offers:
            column.addWidget(offer)
        headings = QHBoxLayout()
        headings.setSpacing(16)
        headings.addWidget(self.heading, 1)
        headings.addWidget(self.second_heading, 1)
        column.addLayout(headings)
        column.addWidget(self.alike)
        column.addWidget(self.page, 1)

    def _controls(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        self.layers.setMaximumWidth(240)
        self.networks.combo.setMaximumWidth(220)
        line.addWidget(self.layers, 3)
        line.addWidget(self.noise)
        line.addWidget(self.networks.combo, 3)
        line.addStretch(1)
        line.addWidget(self.search, 2)
        return line


def _can_stay(run: CategoriesRun) -> bool:
    """Say whether what is shown may stay until something else comes: of the same network and images, it is faded."""
    return run.wish is not None and run.wish.same_images(run.shown)


PANEL = CategoryHierarchyPanel
