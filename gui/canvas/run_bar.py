"""Run, Pause, Step, Stop, Restart and the presets."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QPushButton, QVBoxLayout, QWidget

from backend.jobs import PRESETS, MaximizationSettings, NoiseStart, Preset, Start
from gui.canvas.run import RunState
from gui.widgets.parameter_controls import CalmCombo
from gui.widgets.side_by_side import side_by_side
from gui.widgets.toggle import leave_space

CUSTOM = "Custom"
GAP = 8


class RunBar(QWidget):
    """The buttons of a run. They follow its state; the names say what a press does next."""

    toggled = Signal()
    stepped = Signal()
    stopped = Signal()
    restarted = Signal()
    preset_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._toggle = self._button("▶  Run", "Start the optimisation (Space)", self.toggled)
        self._toggle.setProperty("primary", True)
        self._toggle.setMinimumWidth(92)
        self._step = self._button("Step", "Take one step and wait (.)", self.stepped)
        self._stop = self._button("Stop", "End here and keep the picture", self.stopped)
        self._restart = self._button("Restart", "Begin again from the start image", self.restarted)
        self._presets = CalmCombo()
        self._presets.setAccessibleName("Preset")
        self._presets.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._presets.setMinimumContentsLength(12)
        for preset in PRESETS:
            self._presets.addItem(preset.name, preset)
            self._presets.setItemData(self._presets.count() - 1, preset.meaning, Qt.ItemDataRole.ToolTipRole)
        self._presets.activated.connect(self._on_preset)
        self._buttons = side_by_side(self._toggle, self._step, self._stop, self._restart, None)
        self._below = side_by_side(None)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._buttons)
        column.addLayout(self._below)
        self._buttons.addWidget(self._presets)

    def show_state(self, state: RunState, runnable: bool) -> None:
        """Enable and name the buttons for `state`; `runnable` says whether there is an objective."""
        going = state in (RunState.RUNNING, RunState.WAITING)
        active = going or state is RunState.PAUSED
        self._toggle.setText("❚❚  Pause" if going else "▶  Resume" if state is RunState.PAUSED else "▶  Run")
        self._toggle.setEnabled(runnable)
        self._step.setEnabled(active)
        self._stop.setEnabled(active)
        self._restart.setEnabled(runnable and state is not RunState.IDLE)

    def show_preset(self, settings: MaximizationSettings, start: Start) -> Preset | None:
        """Name the preset that `settings` and `start` are, or “Custom”; give it."""
        same = [preset for preset in PRESETS if preset.settings == settings]
        preset = next((preset for preset in same if _starts_so(preset, start)), same[0] if same else None)
        custom = self._presets.findText(CUSTOM)
        if preset is None and custom < 0:
            self._presets.addItem(CUSTOM)
        elif preset is not None and custom >= 0:
            self._presets.removeItem(custom)
        self._presets.setCurrentText(CUSTOM if preset is None else preset.name)
        self._presets.setToolTip("Settings that are no preset." if preset is None else preset.meaning)
        return preset

    def minimumSizeHint(self) -> QSize:
        """Return the size of the buttons: where it is narrow, the presets go below them."""
        hint = super().minimumSizeHint()
        return QSize(self._buttons_width(), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = event.size().width() >= self._buttons_width() + GAP + self._presets.sizeHint().width()
        line, other = (self._buttons, self._below) if wide else (self._below, self._buttons)
        if line.indexOf(self._presets) < 0:
            other.removeWidget(self._presets)
            line.addWidget(self._presets)
            self._below.setContentsMargins(0, 0 if wide else GAP, 0, 0)

    def _buttons_width(self) -> int:
        buttons = (self._toggle, self._step, self._stop, self._restart)
        return sum(button.sizeHint().width() + GAP for button in buttons)

    def _button(self, text: str, tip: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        leave_space(button)
        button.clicked.connect(signal)
        return button

    @Slot(int)
    def _on_preset(self, index: int) -> None:
        preset = self._presets.itemData(index)
        if isinstance(preset, Preset):
            self.preset_chosen.emit(preset)


def _starts_so(preset: Preset, start: Start) -> bool:
    return preset.contrast == (start.contrast if isinstance(start, NoiseStart) else None)
