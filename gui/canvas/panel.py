"""Optimization canvas: an image grows until it excites a unit, while you watch and turn the knobs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from backend.jobs import (
    ClassLogit,
    DatasetStart,
    MaximizationSettings,
    NoiseStart,
    Objective,
    PictureStart,
    Preset,
    Start,
    Unit,
    parse_address,
)
from backend.worker import Worker
from gui.canvas.canvas_controls import CanvasControls
from gui.canvas.canvas_pictures import CanvasPictures
from gui.canvas.files import CanvasFiles
from gui.canvas.run import CanvasRun, RunState
from gui.panel import Panel
from gui.session import Session
from gui.widgets.start_picker import StartPicker

if TYPE_CHECKING:
    from backend.jobs import MaximizationStep

STEPS_TO_JUDGE = 3
"""A unit without a gradient for this many steps is called silent: random transforms may wake it."""


class OptimizationCanvas(Panel):
    """Runs the session's objective as soon as it changes, and shows every frame of it."""

    def __init__(self, session: Session, worker: Worker, parent: QWidget | None = None) -> None:
        super().__init__(session, worker, parent)
        self.run = CanvasRun(worker, self)
        self.pictures = CanvasPictures()
        self.controls = CanvasControls(self._parse, session.label)
        self.files = CanvasFiles(session, worker, self.run, self.pictures, self)
        self._lay_out()
        self._connect()
        self._show_state()

    # --- what the user does ------------------------------------------------------------------------------------

    @Slot()
    def run_or_pause(self) -> None:
        if self.run.active:
            self.run.toggle_pause()
        else:
            self.restart()

    @Slot()
    def restart(self) -> None:
        """Begin the session's objective from its start."""
        recipe = self.session.recipe()
        if recipe is not None:
            self.run.start(recipe)

    @Slot()
    def paste(self) -> None:
        self.pictures.main.paste_picture()

    # --- what the session says ---------------------------------------------------------------------------------

    @Slot(object)
    def _clear(self, _card: object) -> None:
        """Forget the pictures of another network."""
        self.run.clear()
        self.pictures.clear()
        self.controls.clear()
        self.session.events.show_canvas_picture(None)

    @Slot(object)
    def _objective_changed(self, objective: Objective | None) -> None:
        self.controls.objective.set_objective(objective)
        if objective is not None:
            self.restart()
        self._show_state()

    @Slot(object)
    def _start_changed(self, start: Start) -> None:
        self.controls.start.set_start(start)
        self._show_settings(self.session.facts.settings)
        # Where the objective changed with it, the run has begun from it already.
        if self.run.recipe is None or self.run.recipe.start != start:
            self.restart()

    @Slot(object)
    def _settings_changed(self, settings: MaximizationSettings) -> None:
        self._show_settings(settings)
        recipe = self.run.recipe
        if recipe is None or not self.run.active:
            if self.run.last is not None:
                self.controls.show_rate("SETTINGS CHANGED · PRESS RUN")
            return
        batch_differs = len(settings.learning_rates) != len(recipe.settings.learning_rates)
        if batch_differs or settings.seed != recipe.settings.seed:
            self.restart()
        else:
            self.run.steer(settings)

    def _show_settings(self, settings: MaximizationSettings) -> None:
        self.controls.form.set_settings(settings)
        preset = self.controls.bar.show_preset(settings, self.session.facts.start)
        if preset is not None:
            self.controls.form.set_reference(preset.settings)

    # --- what the controls say ---------------------------------------------------------------------------------

    @Slot(str, object)
    def _edited(self, field: str, settings: MaximizationSettings) -> None:
        self.session.change(f"Change {field.replace('_', ' ')}", settings=settings)

    @Slot(object)
    def _preset_chosen(self, preset: Preset) -> None:
        start = self.session.facts.start
        if preset.contrast is not None:
            noise = start if isinstance(start, NoiseStart) else NoiseStart()
            start = replace(noise, contrast=preset.contrast)
        self.session.change(f"Preset {preset.name}", settings=preset.settings, start=start)
        if preset.contrast is None and isinstance(start, NoiseStart):
            # This one changes an image a little, so it needs one.
            self._choose_images()
        elif not self.run.active:
            self.restart()

    @Slot(bytes, str)
    def _picture_dropped(self, content: bytes, name: str) -> None:
        self.session.change(f"Start from {name}", start=PictureStart(content, name))

    @Slot(str)
    def _unit_dropped(self, address: str) -> None:
        self.controls.objective.add_unit(address)

    @Slot(object)
    def _objective_edited(self, objective: Objective) -> None:
        self.session.change("Change the objective", objective=objective)

    @Slot()
    def _choose_images(self) -> None:
        dataset = self.session.facts.dataset
        card = self.session.facts.card
        if dataset is None or card is None:
            self.session.events.notice.emit("No data set is open yet. Open one at the top of the window.")
            return
        picker = StartPicker(dataset, card.source, self.worker, self, self.session.facts.images)
        picker.chosen.connect(self._images_chosen)
        picker.failed.connect(self.session.events.error)
        picker.open()

    @Slot(object)
    def _images_chosen(self, indices: tuple[int, ...]) -> None:
        dataset = self.session.facts.dataset
        if dataset is not None and indices:
            self.session.change("Start from data set images", start=DatasetStart(dataset.source, tuple(indices)))

    @Slot()
    def _use_pre_activation(self) -> None:
        settings = replace(self.session.facts.settings, pre_activation="when dead")
        self.session.change("Use the pre-activation", settings=settings)
        self.restart()

    @Slot(int)
    def _class_chosen(self, index: int) -> None:
        self.session.select_unit(ClassLogit(index))

    # --- what the run says -------------------------------------------------------------------------------------

    @Slot()
    def _run_started(self) -> None:
        if self.run.start_images is not None:
            rates = self.run.recipe.settings.learning_rates if self.run.recipe else ()
            self.pictures.begin(self.run.start_images, rates)
        self.controls.show_silent(False)
        self._show_state()

    @Slot(object)
    def _stepped(self, step: MaximizationStep) -> None:
        self.pictures.show_step(step)
        self.session.events.show_canvas_picture(step.images[self.pictures.index])
        self._show_numbers(step)

    def _show_numbers(self, step: MaximizationStep) -> None:
        card = self.session.facts.card
        index = self.pictures.index
        self.controls.show_step(step, index, () if card is None else card.classes)
        silent = bool(step.silent[index]) and step.step >= STEPS_TO_JUDGE
        self.controls.show_silent(silent and self.session.facts.settings.pre_activation == "never")

    @Slot()
    def _show_state(self) -> None:
        recipe = self.session.recipe()
        self.controls.bar.show_state(self.run.state, recipe is not None)
        self.pictures.settle()
        self.controls.show_unit("" if recipe is None else recipe.label)
        if self.run.state in (RunState.WAITING, RunState.FAILED):
            self.controls.show_rate("STARTING…" if self.run.state is RunState.WAITING else "")

    @Slot(int)
    def _step_chosen(self, step: int) -> None:
        newest = self.run.last is None or step == self.run.last.step
        self.controls.curve.set_cursor(None if newest else step)

    @Slot(int)
    def _image_chosen(self, _index: int) -> None:
        if self.run.last is not None:
            self._show_numbers(self.run.last)

    @Slot(object)
    def _show_best_real(self, best: tuple[Unit, float] | None) -> None:
        """Draw the score that the best real image has, where the curve is one of the same unit."""
        objective = self.session.facts.objective
        same = best is not None and objective is not None and objective.terms == ((1.0, best[0]),)
        self.controls.curve.set_reference("best real image", best[1] if same and best is not None else None)

    def _parse(self, address: str) -> Unit:
        card = self.session.facts.card
        assert card is not None
        return parse_address(address, card)

    # --- layout ------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.pictures)
        splitter.addWidget(self.controls)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([520, 460])
        splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 16, 4, 8)
        layout.addWidget(splitter)

    def _connect(self) -> None:
        pairs: list[tuple[Any, Any]] = [
            (self.session.card_changed, self._clear),
            (self.session.objective_changed, self._objective_changed),
            (self.session.start_changed, self._start_changed),
            (self.session.settings_changed, self._settings_changed),
            (self.session.preferences.smooth_changed, self.pictures.set_smooth),
            (self.session.events.best_real_changed, self._show_best_real),
            (self.pictures.smooth_changed, self.session.preferences.set_smooth),
            (self.controls.pre_activation_wanted, self._use_pre_activation),
            (self.run.started, self._run_started),
            (self.run.stepped, self._stepped),
            (self.run.state_changed, self._show_state),
            (self.run.noticed, self.session.events.notice),
            (self.run.failed, self.session.events.error),
            (self.controls.bar.toggled, self.run_or_pause),
            (self.controls.bar.stepped, self.run.step),
            (self.controls.bar.stopped, self.run.stop),
            (self.controls.bar.restarted, self.restart),
            (self.controls.bar.preset_chosen, self._preset_chosen),
            (self.controls.form.edited, self._edited),
            (self.controls.objective.edited, self._objective_edited),
            (self.controls.start.edited, self._start_edited),
            (self.controls.start.rejected, self.session.events.notice),
            (self.controls.start.images_wanted, self._choose_images),
            (self.controls.classes.class_chosen, self._class_chosen),
            (self.controls.curve.cursor_moved, self.pictures.look_at),
            (self.pictures.step_chosen, self._step_chosen),
            (self.pictures.image_chosen, self._image_chosen),
            (self.pictures.main.picture_dropped, self._picture_dropped),
            (self.pictures.main.unit_dropped, self._unit_dropped),
            (self.pictures.main.rejected, self.session.events.notice),
        ]
        for signal, slot in pairs:
            signal.connect(slot)
        self._show_settings(self.session.facts.settings)

    @Slot(object)
    def _start_edited(self, start: Start) -> None:
        self.session.change("Change the start", start=start)


PANEL = OptimizationCanvas
