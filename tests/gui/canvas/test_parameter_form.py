from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from backend.jobs import LIFELIKE, PRESETS, MaximizationSettings
from gui.canvas.parameter_form import ParameterForm
from gui.canvas.parameter_row import ParameterRow
from gui.canvas.parameter_table import PARAMETERS, POSITIONS, Parameter

BY_FIELD = {parameter.field: parameter for parameter in PARAMETERS}
SLIDERS = [parameter for parameter in PARAMETERS if parameter.kind in ("number", "rates")]


class Edits(list[tuple[str, Any]]):
    """What a form has told: (field, its new value)."""

    def take(self, field: str, settings: MaximizationSettings) -> None:
        self.append((field, getattr(settings, field)))


@pytest.fixture
def form(qtbot: QtBot) -> ParameterForm:
    form = ParameterForm()
    qtbot.addWidget(form)
    for section in form.sections.values():
        section.set_folded(False)
    form.resize(380, 760)
    with qtbot.waitActive(form):
        form.show()
    return form


@pytest.fixture
def edits(form: ParameterForm) -> Edits:
    edits = Edits()
    form.edited.connect(edits.take)
    return edits


def typed(qtbot: QtBot, row: ParameterRow, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    assert row.figure is not None
    qtbot.mouseClick(row.figure, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(row.figure, text)
    qtbot.keyClick(row.figure, key)


# The table


def test_that_every_setting_but_the_frame_rate_has_a_row() -> None:
    assert set(BY_FIELD) == {field.name for field in fields(MaximizationSettings)} - {"frame_rate"}


@pytest.mark.parametrize("parameter", SLIDERS, ids=lambda parameter: parameter.field)
def test_that_a_slider_goes_there_and_back(parameter: Parameter) -> None:
    values = [parameter.value_at(position) for position in range(POSITIONS + 1)]
    assert values == sorted(values)
    assert values[0] == (0 if parameter.off else parameter.low) and values[-1] == parameter.high
    assert all(parameter.least <= value <= parameter.most for value in values)
    for value in dict.fromkeys(values):
        again = parameter.value_at(parameter.position(value))
        assert again == pytest.approx(value, rel=0.02, abs=parameter.high / 400)
        assert (again == 0) == (value == 0)


@pytest.mark.parametrize("parameter", SLIDERS, ids=lambda parameter: parameter.field)
def test_that_what_is_shown_can_be_typed_back(parameter: Parameter) -> None:
    for position in range(0, POSITIONS + 1, 7):
        value = parameter.value_at(position)
        assert parameter.parse(parameter.text(value)) == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("jitter", 0.125, "12.5 %"),
        ("jitter", 0.0, "off"),
        ("rotate", 5.0, "5°"),
        ("steps", 256, "256"),
        ("total_variation_weight", 0.002, "0.002"),
        ("alpha", 6.0, "6"),
    ],
)
def test_that_a_value_is_shown_in_its_unit(field: str, value: float, text: str) -> None:
    assert BY_FIELD[field].text(value) == text


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("jitter", "12.5", 0.125),
        ("jitter", " 12.5% ", 0.125),
        ("jitter", "OFF", 0.0),
        ("rotate", "5°", 5.0),
        ("steps", "12.7", 13),
        ("alpha_norm_weight", "1e-5", 1e-5),
    ],
)
def test_that_typed_text_is_read_in_its_unit(field: str, text: str, value: float) -> None:
    assert BY_FIELD[field].parse(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("jitter", "abc"),
        ("jitter", "101"),
        ("steps", "0"),
        ("steps", "off"),
        ("rotate", "nan"),
        ("beta", "inf"),
        ("alpha", ""),
    ],
)
def test_that_what_cannot_be_is_refused_with_a_sentence(field: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"“.*” (is no number|does not work here: it has to be at least .*)\.$"):
        BY_FIELD[field].parse(text)


# The form


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_that_settings_come_out_as_they_went_in_and_nobody_is_told(
    form: ParameterForm, edits: Edits, preset: Any
) -> None:
    settings = replace(preset.settings, frame_rate=17.0, learning_rate=0.123456789)
    form.set_settings(settings)
    assert form.settings() == settings and edits == []


def test_that_dragging_a_slider_tells_the_new_value(qtbot: QtBot, form: ParameterForm, edits: Edits) -> None:
    row = form.rows["jitter"]
    assert row.slider is not None and row.figure is not None
    handle = row.slider.handle().center()
    qtbot.mousePress(row.slider, Qt.MouseButton.LeftButton, pos=handle)
    qtbot.mouseMove(row.slider, QPoint(row.slider.width() - 1, handle.y()))
    qtbot.mouseRelease(row.slider, Qt.MouseButton.LeftButton, pos=QPoint(row.slider.width() - 1, handle.y()))
    assert edits[-1] == ("jitter", 0.5)
    assert form.settings() == replace(LIFELIKE, jitter=0.5) and row.figure.text() == "50 %"


def test_that_a_press_beside_the_handle_jumps_there(qtbot: QtBot, form: ParameterForm, edits: Edits) -> None:
    slider = form.rows["alpha"].slider
    assert slider is not None
    place = QPoint(slider.width() * 3 // 4, slider.height() // 2)
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=place)
    assert abs(slider.handle().center().x() - place.x()) <= 1
    assert edits[0][0] == "alpha" and edits[0][1] == pytest.approx(1 + 11 * 0.75, abs=0.5)


def test_that_arrow_keys_move_a_slider_and_backspace_goes_back(qtbot: QtBot, form: ParameterForm, edits: Edits) -> None:
    slider = form.rows["learning_rate"].slider
    assert slider is not None
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert edits[0][0] == "learning_rate" and 0.05 < edits[0][1] < 0.06
    qtbot.keyClick(slider, Qt.Key.Key_Backspace)
    assert edits[1:] == [("learning_rate", 0.05)]


def test_that_a_figure_can_be_typed_over(qtbot: QtBot, form: ParameterForm, edits: Edits) -> None:
    typed(qtbot, form.rows["jitter"], "20")
    typed(qtbot, form.rows["steps"], "64", Qt.Key.Key_Tab)
    assert edits == [("jitter", 0.2), ("steps", 64)]
    figure = form.rows["jitter"].figure
    assert figure is not None and figure.text() == "20 %"


def test_that_several_learning_rates_are_taken(qtbot: QtBot, form: ParameterForm, edits: Edits) -> None:
    row = form.rows["learning_rate"]
    typed(qtbot, row, "0.01, 0.1,1")
    assert edits == [("learning_rate", (0.01, 0.1, 1.0))]
    assert row.figure is not None and row.figure.text() == "0.01, 0.1, 1"
    assert row.figure.fontMetrics().horizontalAdvance(row.figure.text()) < row.figure.width()


def test_that_esc_and_rubbish_leave_the_value(qtbot: QtBot, form: ParameterForm, edits: Edits) -> None:
    figure = form.rows["jitter"].figure
    assert figure is not None
    typed(qtbot, form.rows["jitter"], "30", Qt.Key.Key_Escape)
    assert figure.text() == "12.5 %"
    typed(qtbot, form.rows["jitter"], "much")
    assert figure.text() == "12.5 %" and edits == []


def test_that_up_and_down_step_a_figure(qtbot: QtBot, form: ParameterForm, edits: Edits) -> None:
    for field in ("rotate", "seed"):
        figure = form.rows[field].figure
        assert figure is not None
        qtbot.keyClick(figure, Qt.Key.Key_Up)
    assert edits[0][0] == "rotate" and edits[0][1] > LIFELIKE.rotate
    assert edits[1] == ("seed", LIFELIKE.seed + 1)


def test_that_choices_switches_and_the_die_tell(qtbot: QtBot, form: ParameterForm, edits: Edits) -> None:
    combo, switch, dice = form.rows["optimizer"].combo, form.rows["clip"].switch, form.rows["seed"].dice
    assert combo is not None and switch is not None and dice is not None
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Up)
    switch.setFocus()
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    qtbot.mouseClick(dice, Qt.MouseButton.LeftButton)
    assert edits[:2] == [("optimizer", "momentum"), ("clip", True)]
    assert edits[2][0] == "seed" and edits[2][1] == form.settings().seed


@pytest.mark.parametrize("double", [True, False])
def test_that_the_label_of_a_changed_row_is_in_accent_and_takes_it_back(
    qtbot: QtBot, form: ParameterForm, edits: Edits, double: bool
) -> None:
    label = form.rows["jitter"].label
    plain = label.foregroundRole()
    form.set_settings(replace(LIFELIKE, jitter=0.3))
    assert label.foregroundRole() == label.foregroundRole().Link != plain
    if double:
        qtbot.mouseDClick(label, Qt.MouseButton.LeftButton)
    else:
        qtbot.mouseClick(label, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier)
    assert edits == [("jitter", LIFELIKE.jitter)] and label.foregroundRole() == plain
    qtbot.mouseDClick(label, Qt.MouseButton.LeftButton)
    assert len(edits) == 1


def test_that_the_reference_decides_what_counts_as_changed(form: ParameterForm) -> None:
    settings = MaximizationSettings(learning_rate=1e-4, steps=100)
    form.set_settings(settings)
    assert form.rows["steps"].changed
    assert form.sections["Optimiser"].header.note == "3 changed"
    form.set_reference(settings)
    assert not any(row.changed for row in form.rows.values())
    assert form.sections["Optimiser"].header.note == ""


@pytest.mark.parametrize("field", ["learning_rate", "optimizer"])
def test_that_the_wheel_is_left_to_the_panel_unless_the_control_has_the_focus(
    qtbot: QtBot, form: ParameterForm, edits: Edits, field: str
) -> None:
    row = form.rows[field]
    control = row.slider or row.combo
    assert control is not None
    form.rows["seed"].setFocus()
    assert not wheel_taken(control) and edits == []
    control.setFocus()
    assert wheel_taken(control) and [field for field, _ in edits] == [field]


def wheel_taken(widget: QWidget) -> bool:
    """Turn the wheel up over `widget`; say whether it kept the event, which else goes on to what it lies on."""
    place = QPointF(widget.rect().center())
    event = QWheelEvent(
        place, QPointF(widget.mapToGlobal(place.toPoint())), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def test_that_every_control_has_a_name_and_every_row_a_sentence(form: ParameterForm) -> None:
    for row in form.rows.values():
        controls = [row.slider, row.figure, row.combo, row.switch, row.dice]
        assert all(control.accessibleName() for control in controls if control is not None)
        assert row.label.tip.endswith(".")
    assert math.isinf(Parameter("x", "x", "x", "x").most)
