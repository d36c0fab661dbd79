"""Fine-tuning on new images, in a column: what on, how, how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from backend.jobs import FineTuning, FineTuningSettings, Progress
from gui.prediction_tree.fine_tuning_table import FineTuningTable
from gui.text import per_cent, time_left_text
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.parameter_controls import CalmCombo
from gui.widgets.side_by_side import side_by_side
from gui.widgets.toggle import leave_space

WHY = "Teach the network new images in three ways, and see what each forgets. The network itself stays as it is."


@dataclass(frozen=True)
class NewImages:
    """Images that can be chosen to fine-tune on.

    Attributes
    ----------
    text : str
        What they are called: "110 of horse, seen wrongly".
    source : str
        Of their data set; empty for what cannot be chosen now.
    numbers : tuple of int
        In that; all where it is empty.
    needs_class : bool
        Whether it is to be said of what class they are.
    class_name : str
        The one to begin with.
    tip : str
    """

    text: str
    source: str = ""
    numbers: tuple[int, ...] = ()
    needs_class: bool = False
    class_name: str = ""
    tip: str = ""


class FineTuningView(QWidget):
    """The controls and the result. What they mean is the business of whoever listens.

    Signals
    -------
    shown()
        It comes into sight: choices may be worth working out now.
    folder_wanted(), folder_dropped(str)
    edited()
        Another choice of images or class.
    run_wanted(), cancel_wanted()
    told(object)
        The widget that tells what is new: how far it is, or what came of it.
    """

    shown = Signal()
    folder_wanted = Signal()
    folder_dropped = Signal(str)
    edited = Signal()
    run_wanted = Signal()
    cancel_wanted = Signal()
    told = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images, self.class_name = CalmCombo(), CalmCombo()
        self.folder = QPushButton("Folder…")
        self.epochs = _CalmSpin(minimum=1, maximum=1000, value=20)
        self.rate = _RateSpin()
        self.old_test = ElidedLabel()
        self.run, self.cancel = QPushButton("Fine-tune"), QPushButton("Cancel")
        self.state, self.of, self.conclusion, self.remarks = QLabel(), QLabel(), QLabel(), QLabel()
        self.bar = QProgressBar(textVisible=False)
        self.table = FineTuningTable()
        self.result: FineTuning | None = None
        self._classless = ""
        self._class_label = QLabel("Class")
        self.setAcceptDrops(True)
        self._lay_out()
        self._connect()
        self.show_state("")
        self.show_result(None, "")

    # --- what is chosen ----------------------------------------------------------------------------------------

    def set_choices(self, choices: Sequence[NewImages], chosen: str = "") -> None:
        """Offer these images. The one called `chosen` becomes current, else the one that was, else the first."""
        before = self.chosen()
        with QSignalBlocker(self.images):
            self.images.clear()
            for place, choice in enumerate(choices):
                self.images.addItem(choice.text, choice)
                self.images.setItemData(place, choice.tip or choice.text, Qt.ItemDataRole.ToolTipRole)
                model = self.images.model()
                if not choice.source and isinstance(model, QStandardItemModel):
                    model.item(place).setEnabled(False)
            able = [place for place, choice in enumerate(choices) if choice.source]
            wanted = [chosen, before.text if before is not None else ""]
            known = [place for text in wanted for place in able if choices[place].text == text]
            self.images.setCurrentIndex((known or able or [-1])[0])
        self._chosen_changed()

    def set_classes(self, names: Sequence[str]) -> None:
        """Offer the classes of the network, for images that are in none."""
        if [self.class_name.itemText(place) for place in range(self.class_name.count())] == list(names):
            return
        with QSignalBlocker(self.class_name):
            self.class_name.clear()
            self.class_name.addItems(list(names))
        self._classless = ""
        self._chosen_changed()

    def chosen(self) -> NewImages | None:
        found = self.images.currentData()
        return found if isinstance(found, NewImages) and found.source else None

    def label(self) -> int | None:
        """Return the class that was said, as its place among those offered; None where none needs to be or none is."""
        chosen = self.chosen()
        needed = chosen is not None and chosen.needs_class and self.class_name.currentIndex() >= 0
        return self.class_name.currentIndex() if needed else None

    def settings(self) -> FineTuningSettings:
        return FineTuningSettings(epochs=self.epochs.value(), learning_rate=self.rate.value())

    # --- how it stands -----------------------------------------------------------------------------------------

    def show_state(self, why_not: str) -> None:
        """Offer to begin; `why_not` says what is missing for that."""
        self._set_running(False)
        self.run.setEnabled(not why_not)
        self.state.setText(why_not)
        self.state.setVisible(bool(why_not))

    def show_progress(self, progress: Progress | None, seconds: float | None) -> None:
        """Say how far it is, and how long it will take; it can be stopped now."""
        self._set_running(True)
        self.cancel.setEnabled(True)
        self.state.show()
        share = 0.0 if progress is None else progress.done / max(progress.total, 1)
        self.bar.setValue(round(1000 * share))
        left = "" if seconds is None else f" · {time_left_text(seconds)}"
        self.state.setText("waits until the device is free" if progress is None else f"{per_cent(share)}{left}")
        if progress is None:
            self.told.emit(self.state)

    def show_ending(self) -> None:
        """Answer a press on Cancel: the job ends at its next event."""
        self.cancel.setEnabled(False)
        self.state.setText("Ending…")

    def show_result(self, result: FineTuning | None, of: str) -> None:
        """Show what came of it; `of` says of what images and settings. None takes it away."""
        self.result = result
        self.table.set_result(result)
        self.of.setText(of if result is not None else "")
        self.conclusion.setText(result.conclusion if result is not None else "")
        remarks = [] if result is None else [*result.cautions, result.filters_remark, result.remark]
        self.remarks.setText("".join(f'<p style="margin: 0 0 4px 0">{escape(remark)}</p>' for remark in remarks))
        for widget in (self.of, self.table, self.conclusion, self.remarks):
            widget.setVisible(result is not None)
        if result is not None:
            self.told.emit(self.conclusion)

    def _set_running(self, running: bool) -> None:
        focused = self.run.hasFocus() or self.cancel.hasFocus()
        self.run.setVisible(not running)
        self.cancel.setVisible(running)
        self.bar.setVisible(running)
        for widget in (self.images, self.class_name, self.folder, self.epochs, self.rate):
            widget.setEnabled(not running)
        if focused:
            # Qt gives the focus of a button that goes to whatever comes next, such as one that follows the canvas.
            (self.cancel if running else self.run).setFocus(Qt.FocusReason.TabFocusReason)

    @Slot()
    def _chosen_changed(self) -> None:
        chosen = self.chosen()
        needed = chosen is not None and chosen.needs_class
        for widget in (self.class_name, self._class_label):
            widget.setVisible(needed)
        if chosen is not None and needed and chosen.source != self._classless:
            self._classless = chosen.source  # What was said of a folder holds as long as it is the last of its kind.
            with QSignalBlocker(self.class_name):
                self.class_name.setCurrentIndex(self.class_name.findText(chosen.class_name))
        self.images.setToolTip("" if chosen is None else chosen.tip)
        self.edited.emit()

    # --- the widget itself -------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        # Pictures are left to the panel around this, which follows them through the tree.
        if self.folder.isEnabled() and any(Path(url.toLocalFile()).is_dir() for url in _local(event)):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        folders = [url.toLocalFile() for url in _local(event) if Path(url.toLocalFile()).is_dir()]
        if folders:
            event.acceptProposedAction()
            self.folder_dropped.emit(folders[0])

    def _lay_out(self) -> None:
        self.images.setPlaceholderText("Choose a folder")
        self.class_name.setPlaceholderText("Choose their class")
        self.images.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.images.setMinimumContentsLength(8)
        self.images.setAccessibleName("New images")
        self.class_name.setAccessibleName("Class of the new images")
        self.epochs.setAccessibleName("Epochs")
        self.rate.setAccessibleName("Learning rate")
        self.folder.setProperty("small", True)
        self.folder.setToolTip("A folder of pictures, one sub-folder a class; or drop it here")
        self.run.setProperty("primary", True)
        self.bar.setRange(0, 1000)
        for button in (self.run, self.cancel):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for button in (self.folder, self.run, self.cancel):
            leave_space(button)
        why, new, words = QLabel(WHY), QLabel("New images"), [QLabel("Epochs"), QLabel("Learning rate")]
        old = QLabel("Old test set")
        for label in (why, self.state, self.of, self.conclusion, self.remarks):
            label.setWordWrap(True)
        for label in (why, new, *words, old, self._class_label, self.old_test, self.state, self.of, self.remarks):
            label.setProperty("role", "caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(why)
        column.addLayout(side_by_side(new, None, self.folder))
        column.addWidget(self.images)
        column.addLayout(self._form((self._class_label, *words, old)))
        buttons = side_by_side(self.run, self.cancel, self.bar, None)
        buttons.setStretchFactor(self.bar, 1)
        column.addLayout(buttons)
        for shown in (self.state, self.of, self.table, self.conclusion, self.remarks):
            column.addWidget(shown)

    def _form(self, labels: Sequence[QLabel]) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        fields = (self.class_name, self.epochs, self.rate, self.old_test)
        for row, (label, field) in enumerate(zip(labels, fields, strict=True)):
            grid.addWidget(label, row, 0)
            narrow = field in (self.epochs, self.rate)
            grid.addWidget(field, row, 1, Qt.AlignmentFlag.AlignLeft if narrow else Qt.AlignmentFlag(0))
        return grid

    def _connect(self) -> None:
        pairs: list[tuple[Any, Any]] = [
            (self.images.currentIndexChanged, self._chosen_changed),
            (self.class_name.currentIndexChanged, self.edited),
            (self.folder.clicked, self.folder_wanted),
            (self.run.clicked, self.run_wanted),
            (self.cancel.clicked, self.cancel_wanted),
        ]
        for signal, slot in pairs:
            signal.connect(slot)


class _CalmSpin(QSpinBox):
    """A spin box that the wheel changes only while it has the focus: the card around it scrolls."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class _RateSpin(QDoubleSpinBox):
    """A learning rate, without noughts behind it; a step is a tenth of what it is."""

    def __init__(self) -> None:
        super().__init__(decimals=6, minimum=1e-6, maximum=10.0, value=0.001)
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)

    def textFromValue(self, value: float) -> str:
        return f"{value:.6f}".rstrip("0").rstrip(".")

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _local(event: QDropEvent) -> list[Any]:
    return [url for url in event.mimeData().urls() if url.isLocalFile()]
