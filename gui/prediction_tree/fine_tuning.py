"""Fine-tuning behind the prediction tree's card: what can be tuned on, the job, and its result."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from backend.errors import ErrorReport
from backend.jobs import ActivationScan, DatasetInfo, FineTune, FineTuning, NetworkCard, OpenNewImages, PredictionTree
from backend.worker import JobHandle, Worker
from gui.image_selection import ImageSelection
from gui.prediction_tree.classes import labels_of_tree, only_label
from gui.prediction_tree.fine_tuning_view import FineTuningView, NewImages
from gui.prediction_tree.seen_wrongly import seen_wrongly
from gui.session import Session
from gui.text import counted

SCAN_FIRST = "Scan the data set first (Ctrl+Shift+S): the scan tells which of its images are seen wrongly."

SELECTED = " selected"
"""How the words for the images that are selected in all panels end."""
NOTHING_CHOSEN = "Choose a folder of new images, or scan the data set to find those that are seen wrongly."


class Basis(NamedTuple):
    """What the offer follows from."""

    card: NetworkCard | None = None
    dataset: DatasetInfo | None = None
    scan: ActivationScan | None = None
    tree: PredictionTree | None = None
    folder: DatasetInfo | None = None
    selected: ImageSelection | None = None


class TreeFineTuning(QObject):
    """Fine-tunes along the paths through one tree. A result goes with its tree, its network and its data set."""

    def __init__(self, session: Session, worker: Worker, view: FineTuningView, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._worker, self.view, self._window = session, worker, view, parent
        self._tree: PredictionTree | None = None
        self._layer = ""
        self._folder: DatasetInfo | None = None
        self._opening: JobHandle | None = None
        self._handle: JobHandle | None = None
        self._ending = False
        self._offered = Basis()
        self._connect()
        self._offer()

    def set_tree(self, tree: PredictionTree | None, layer: str) -> None:
        """Follow another tree from now on."""
        if tree is self._tree and tree is not None:
            return
        self._tree, self._layer = tree, layer
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.cancel()
        self.view.show_result(None, "")
        self._offer()

    # --- what can be tuned on ----------------------------------------------------------------------------------

    @Slot()
    def _offer(self) -> None:
        """Offer images that are seen wrongly or selected, and a folder. What nobody sees need not be worked out yet."""
        facts, before = self._session.facts, self._offered
        basis = Basis(facts.card, facts.dataset, self._scan(), self._tree, self._folder, facts.images)
        same = all(one is other for one, other in zip(basis, before, strict=True))
        if not self.view.isVisible() or same:
            self._show_state()
            return
        self._offered = basis
        card, dataset, scan, selected = basis.card, basis.dataset, basis.scan, basis.selected
        self.view.set_classes(card.classes if card is not None else ())
        self.view.old_test.setText("none" if dataset is None else f"{dataset.name} · {dataset.count:,} images")
        choices: list[NewImages] = []
        if dataset is not None and card is not None:
            wrong = None if scan is None else seen_wrongly(scan, card.classes)
            choices += _wrong_choices(dataset, wrong, only_label(labels_of_tree(self._tree, dataset)))
            if selected is not None:
                choices.append(_selected_choice(dataset, selected))
        if self._folder is not None and card is not None:
            choices.append(_folder_choice(self._folder, card.classes))
        chosen = self.view.chosen()
        if basis.folder is not before.folder and choices:
            self.view.set_choices(choices, choices[-1].text)
        elif chosen is not None and chosen.text.endswith(SELECTED):
            self.view.set_choices(choices, next((each.text for each in choices if each.text.endswith(SELECTED)), ""))
        elif basis.tree is not before.tree and choices and chosen is not None and chosen.numbers:
            self.view.set_choices(choices, choices[0].text)
        else:
            self.view.set_choices(choices)

    def _scan(self) -> ActivationScan | None:
        """Give a finished scan of what is open: it has the probabilities of every image."""
        card, dataset = self._session.facts.card, self._session.facts.dataset
        if card is None or dataset is None:
            return None
        of = (card.weights_digest, dataset.digest)
        scans = (scan for scan in self._session.facts.scans if (scan.header.weights, scan.header.data) == of)
        return next((scan for scan in scans if scan.complete), None)

    @Slot()
    def _ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self._window, "Choose a folder of new images")
        if path:
            self._open_folder(path)

    @Slot(str)
    def _open_folder(self, path: str) -> None:
        card = self._session.facts.card
        if card is None:
            self._session.events.notice.emit("Open a network first: the new images are for it.")
            return
        handle = self._opening = self._worker.submit(OpenNewImages(path, card.source))
        handle.finished.connect(partial(self._folder_came, handle))
        handle.failed.connect(partial(self._folder_failed, handle))
        self._show_state()

    def _folder_came(self, handle: JobHandle, info: DatasetInfo) -> None:
        if handle is self._opening:
            self._opening, self._folder = None, info
            self._offer()

    def _folder_failed(self, handle: JobHandle, report: ErrorReport) -> None:
        if handle is self._opening:
            self._opening = None
            self._show_state()
        self._session.events.error.emit(report)

    # --- the job -----------------------------------------------------------------------------------------------

    @Slot()
    def _start(self) -> None:
        facts, chosen = self._session.facts, self.view.chosen()
        if facts.card is None or facts.dataset is None or chosen is None or self._handle is not None:
            return
        settings, label = self.view.settings(), self.view.label()
        job = FineTune(
            facts.card.source,
            chosen.source,
            self._tree,
            self._layer,
            facts.dataset.source,
            chosen.numbers,
            label,
            settings,
        )
        of = f"{chosen.text} · {counted(settings.epochs, 'epoch')} at {settings.learning_rate:g}"
        handle = self._handle = self._worker.submit(job)
        self._ending = False
        handle.changed.connect(partial(self._on_changed, handle))
        handle.yielded.connect(self._session.events.take_notice)
        handle.finished.connect(partial(self._on_finished, handle, of))
        handle.failed.connect(partial(self._on_failed, handle))
        handle.cancelled.connect(partial(self._on_ended, handle))
        self.view.show_result(None, "")
        self._show_state()

    @Slot()
    def _cancel(self) -> None:
        if self._handle is not None:
            self._ending = True
            self._handle.cancel()
            self._show_state()

    def _on_changed(self, handle: JobHandle) -> None:
        if handle is self._handle and handle.running:
            self._show_state()

    def _on_finished(self, handle: JobHandle, of: str, result: FineTuning) -> None:
        if self._on_ended(handle):
            self.view.show_result(result, of)

    def _on_failed(self, handle: JobHandle, report: ErrorReport) -> None:
        if self._on_ended(handle):
            self._session.events.error.emit(report)

    def _on_ended(self, handle: JobHandle) -> bool:
        if handle is not self._handle:
            return False
        self._handle = None
        self._show_state()
        return True

    @Slot()
    def _show_state(self) -> None:
        if self._handle is not None and self._ending:
            self.view.show_ending()
        elif self._handle is not None:
            self.view.show_progress(self._handle.progress, self._handle.seconds_left())
        else:
            self.view.show_state(self._why_not())

    def _why_not(self) -> str:
        """Say what is missing before a fine-tuning can begin; nothing where it can."""
        facts, chosen = self._session.facts, self.view.chosen()
        if self._opening is not None:
            return "Opening the folder…"
        if facts.card is None or facts.dataset is None:
            return "Open a network and a data set first."
        lacking = [name for name in facts.card.classes if name not in facts.dataset.class_names]
        if lacking:
            return f"{facts.dataset.name} has no class “{lacking[0]}”: nothing would tell what is forgotten."
        if self._tree is None:
            return "Build a tree first."
        if chosen is None:
            return NOTHING_CHOSEN if self._scan() is None else "Choose a folder of new images first."
        if chosen.needs_class and self.view.label() is None:
            return "Say their class first."
        return ""

    def _connect(self) -> None:
        session, view = self._session, self.view
        pairs: list[tuple[Any, Any]] = [
            (session.card_changed, self._offer),
            (session.dataset_changed, self._offer),
            (session.scans_changed, self._offer),
            (session.images_changed, self._offer),
            (view.shown, self._offer),
            (view.edited, self._show_state),
            (view.folder_wanted, self._ask_folder),
            (view.folder_dropped, self._open_folder),
            (view.run_wanted, self._start),
            (view.cancel_wanted, self._cancel),
        ]
        for signal, slot in pairs:
            signal.connect(slot)


def _wrong_choices(dataset: DatasetInfo, wrong: NDArray[np.int64] | None, label: int | None) -> list[NewImages]:
    """Offer what is seen wrongly, of the tree's class and of all."""
    if wrong is None:
        return [NewImages("Seen wrongly: scan first", tip=SCAN_FIRST)]
    everything = _wrong_choice(dataset, wrong)
    if label is None:
        return [everything]
    return [_wrong_choice(dataset, wrong[dataset.labels[wrong] == label], dataset.class_names[label]), everything]


def _selected_choice(dataset: DatasetInfo, selected: ImageSelection) -> NewImages:
    tip = f"{selected.name}; the old test set goes without them"
    return NewImages(f"{len(selected):,}{SELECTED}", dataset.source, tuple(selected.numbers.tolist()), tip=tip)


def _wrong_choice(dataset: DatasetInfo, numbers: NDArray[np.int64], of: str = "") -> NewImages:
    if not len(numbers):
        return NewImages(f"None of {of or 'all classes'} is seen wrongly")
    text = f"{len(numbers):,} {f'of {of},' if of else 'images'} seen wrongly"
    tip = f"The images of {dataset.name} whose prediction differs from their label; the old test set goes without them"
    return NewImages(text, dataset.source, tuple(numbers.tolist()), tip=tip)


def _folder_choice(info: DatasetInfo, classes: tuple[str, ...]) -> NewImages:
    """Ask for the class of a flat folder; where the folder is called as a class, begin with that."""
    flat = len(info.class_names) == 1
    own = info.class_names[0] if flat and info.class_names[0] in classes else ""
    name = Path(info.source).name
    return NewImages(f"{name} · {info.count:,} images", info.source, (), flat, own, info.source)
