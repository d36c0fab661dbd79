"""All views of a hierarchy on one page: one selection, one cut, and what is lit in one is lit in all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from backend.jobs import Categories, HierarchyComparison, compare_hierarchies
from gui.categories.category_card import CategoryCard
from gui.categories.category_view import CategoryView
from gui.categories.dendrogram import Dendrogram
from gui.categories.distance_matrix import DistanceMatrix
from gui.categories.facts import facts_of
from gui.categories.marks import Clusters, Marks, coloured_as, cut, cut_into
from gui.categories.spanning_graph import SpanningGraph
from gui.categories.tangle_lines import TangleLines
from gui.text import counted, distance_text
from gui.widgets.parameter_controls import POSITIONS, CalmSlider


class CategoryPage(QWidget):
    """Dendrogram above, graph, matrix and words below; beside the dendrogram that of a second network.

    Signals
    -------
    leaf_chosen(int)
        A class was clicked, in whichever view.
    filter_chosen(int)
        A filter that carries the similarity of a pair.
    marked()
        Something else is selected.
    """

    leaf_chosen = Signal(int)
    filter_chosen = Signal(int)
    marked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tree, self.second = Dendrogram(), Dendrogram(mirrored=True)
        self.tangle = TangleLines(self.tree, self.second)
        self.graph, self.matrix, self.card = SpanningGraph(), DistanceMatrix(), CategoryCard()
        self.slider, self.cut_text = CalmSlider(), QLabel()
        self.comparison: HierarchyComparison | None = None
        self.marks = Marks()
        self._lay_out()
        self._connect()
        self.show_first(None)
        self.show_second(None)

    @property
    def views(self) -> tuple[CategoryView, ...]:
        """The views of the first network."""
        return self.tree, self.graph, self.matrix

    @property
    def categories(self) -> Categories | None:
        return self.tree.categories

    @property
    def clusters(self) -> Clusters | None:
        return self.tree.clusters

    def show_first(self, categories: Categories | None) -> None:
        """Show a hierarchy. What was selected stays, where its classes are still there."""
        kept = self._kept_marks(categories)
        for view in self.views:
            view.set_categories(categories)
        for widget in (self._below, self.slider):
            widget.setVisible(categories is not None)
        self._compare()
        self._show_cut()
        self.set_marks(kept)

    def show_second(self, categories: Categories | None) -> None:
        """Show the hierarchy of a second network beside it, or none."""
        self.second.set_categories(categories)
        for widget in (self.second, self.tangle):
            widget.setVisible(categories is not None)
        self._compare()
        self._cut_second()

    def set_marks(self, marks: Marks) -> None:
        """Select something in all views, without telling anybody."""
        self.marks = marks
        for view in self.views:
            view.set_marks(marks)
        places = self._places()
        self.second.set_marks(Marks(leaf=places.get(marks.leaf, -1)))
        self.tangle.update()
        facts = None if self.categories is None else facts_of(self.categories, marks)
        self.card.show_facts(facts, self.tree.pictures)
        self.marked.emit()

    def set_stale(self, first: bool, second: bool) -> None:
        """Fade the hierarchies that are no longer those that are asked for."""
        for view in self.views:
            view.set_stale(first)
        self.second.set_stale(second)

    def show_leaves(self, leaves: tuple[int, ...]) -> None:
        """Light classes up that were searched for, and bring the first of them into sight."""
        self._light(leaves, None)
        if leaves:
            self.tree.show_leaf(leaves[0])
            self.graph.show_leaf(leaves[0])

    def _kept_marks(self, categories: Categories | None) -> Marks:
        """Give the selection as it is in another hierarchy: of a merge only a hierarchy of the same layer has it."""
        old = self.categories
        if categories is None or old is None:
            return Marks()
        names = {name: number for number, name in enumerate(categories.hierarchy.names)}
        there = [names.get(old.hierarchy.names[leaf], -1) for leaf in self.marks.members(old.hierarchy)]
        if -1 in there or self.marks.node >= 0:
            return Marks()
        if self.marks.pair is not None:
            return Marks(pair=(min(there), max(there)))
        return Marks(leaf=there[0]) if there else Marks()

    # --- the cut -----------------------------------------------------------------------------------------------

    @Slot(int)
    def _slide(self, position: int) -> None:
        """Cut where the slider is: as in the dendrogram, the height 0 lies at the right."""
        self._cut((1 - position / POSITIONS) * self.tree.tallest())

    def _cut(self, height: float) -> None:
        if self.tree.hierarchy is None:
            return
        clusters = cut(self.tree.hierarchy, height)
        for view in self.views:
            view.set_clusters(clusters)
        self._show_cut()

    def _show_cut(self) -> None:
        """Say what the cut makes, and make the same number of clusters of the second hierarchy."""
        clusters, hierarchy = self.clusters, self.tree.hierarchy
        self.card.clusters.set_clusters(hierarchy, clusters)
        self.slider.blockSignals(True)
        if clusters is None:
            self.cut_text.setText("")
        else:
            count = len(clusters.groups)
            words = counted(count, "cluster")
            self.cut_text.setText(f"Cut at {distance_text(clusters.height)} · {words}")
            self.card.cut.set_note(f"{count:,}")
            self.slider.setValue(POSITIONS - round(clusters.height / self.tree.tallest() * POSITIONS))
        self.slider.blockSignals(False)
        self._cut_second()
        self.tangle.update()

    def _cut_second(self) -> None:
        clusters, hierarchy = self.clusters, self.second.hierarchy
        if clusters is not None and hierarchy is not None:
            height = cut_into(hierarchy, min(len(clusters.groups), len(hierarchy.names)))
            self._show_second_cut(max(height, 0.0))

    @Slot(float)
    def _show_second_cut(self, height: float) -> None:
        if self.second.hierarchy is None or self.clusters is None:
            return
        places = {there: here for here, there in self._places().items()}
        self.second.set_clusters(coloured_as(cut(self.second.hierarchy, height), self.clusters, places))

    # --- one selection -----------------------------------------------------------------------------------------

    def _compare(self) -> None:
        first, second = self.tree.hierarchy, self.second.hierarchy
        both = first is not None and second is not None
        self.comparison = compare_hierarchies(first, second) if both and first and second else None
        self.tangle.set_comparison(self.comparison)

    def _places(self) -> dict[int, int]:
        """Map the classes of the first hierarchy to those of the second."""
        if self.comparison is None:
            return {}
        return dict(zip(self.comparison.first.tolist(), self.comparison.second.tolist(), strict=True))

    def _light(self, leaves: Iterable[int], source: QWidget | None) -> None:
        leaves, places = tuple(leaves), self._places()
        for view in self.views:
            if view is not source:
                view.set_lit(leaves)
        if source is not self.second:
            self.second.set_lit(places[leaf] for leaf in leaves if leaf in places)
        self.tangle.update()

    @Slot(object)
    def _light_from_second(self, leaves: tuple[int, ...]) -> None:
        places = {there: here for here, there in self._places().items()}
        self._light((places[leaf] for leaf in leaves if leaf in places), self.second)

    @Slot(int)
    def _choose_leaf(self, leaf: int) -> None:
        self.set_marks(Marks(leaf=leaf))
        self.leaf_chosen.emit(leaf)

    @Slot(int)
    def _choose_in_second(self, leaf: int) -> None:
        for here, there in self._places().items():
            if there == leaf:
                self._choose_leaf(here)

    @Slot(int)
    def _choose_node_in_second(self, node: int) -> None:
        """Select a merge of the second hierarchy; the first has none such, so nothing is selected in it."""
        categories = self.second.categories
        if categories is None or node < len(categories.hierarchy.names):
            self._choose_in_second(node)
            return
        self.set_marks(Marks())
        self.second.set_marks(Marks(node=node))
        facts = facts_of(categories, Marks(node=node))
        assert facts is not None
        facts = replace(facts, title=f"{facts.title} of {categories.card.name}")
        self.card.show_facts(facts, self.second.pictures)

    @Slot(int, int)
    def _choose_pair(self, first: int, second: int) -> None:
        self.set_marks(Marks(pair=(first, second)))

    @Slot(int)
    def _choose_node(self, node: int) -> None:
        hierarchy = self.tree.hierarchy
        if hierarchy is not None and node < len(hierarchy.names):
            self._choose_leaf(node)
        else:
            self.set_marks(Marks(node=node))

    @Slot()
    def _choose_nothing(self) -> None:
        self.set_marks(Marks())

    # --- construction ------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        for view in self.views:
            view.leaf_chosen.connect(self._choose_leaf)
            view.pair_chosen.connect(self._choose_pair)
            view.node_chosen.connect(self._choose_node)
            view.nothing_chosen.connect(self._choose_nothing)
            view.lit.connect(lambda leaves, view=view: self._light(leaves, view))
        self.second.leaf_chosen.connect(self._choose_in_second)
        self.second.node_chosen.connect(self._choose_node_in_second)
        self.second.nothing_chosen.connect(self._choose_nothing)
        self.second.lit.connect(self._light_from_second)
        self.second.cut_moved.connect(self._show_second_cut)
        self.tree.cut_moved.connect(self._cut)
        self.slider.valueChanged.connect(self._slide)
        self.card.filter_chosen.connect(self.filter_chosen)
        self.card.clusters.node_chosen.connect(self._choose_node)
        self.card.clusters.lit.connect(lambda leaves: self._light(leaves, None))

    def _lay_out(self) -> None:
        trees = QWidget()
        row = QHBoxLayout(trees)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.tree, 1)
        row.addWidget(self.tangle)
        row.addWidget(self.second, 1)
        line = QHBoxLayout()
        line.setSpacing(12)
        self.cut_text.setProperty("role", "caption")
        self.cut_text.setMinimumWidth(150)
        self.slider.setAccessibleName("Height of the cut")
        self.slider.setToolTip("Classes that merge to the right of the cut are one cluster, in one colour")
        line.addWidget(self.slider, 1)
        line.addWidget(self.cut_text)
        above = QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 8)
        column.addWidget(trees, 1)
        column.addLayout(line)
        below = self._below = QSplitter(Qt.Orientation.Horizontal)
        for widget, stretch in ((self.graph, 3), (self.matrix, 3), (self.card, 2)):
            below.addWidget(widget)
            below.setStretchFactor(below.indexOf(widget), stretch)
        below.setSizes([290, 280, 190])
        halves = QSplitter(Qt.Orientation.Vertical)
        for half, stretch in ((above, 5), (below, 4)):
            halves.addWidget(half)
            halves.setStretchFactor(halves.indexOf(half), stretch)
        for splitter in (below, halves):
            splitter.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(halves)
