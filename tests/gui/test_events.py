"""What passes between rooms and window: told once, with the canvas's last picture for whoever comes later."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from backend.jobs import Notice
from gui.events import Events
from gui.preferences import Preferences


def test_that_what_a_job_says_by_the_way_is_a_notice_and_its_other_events_are_not(qtbot: QtBot) -> None:
    events, said = Events(), list[str]()
    events.notice.connect(said.append)
    events.take_notice(Notice("Two keys were passed over."))
    events.take_notice("no notice")
    assert said == ["Two keys were passed over."]


def test_that_a_room_made_later_finds_the_picture_that_the_canvas_shows(qtbot: QtBot) -> None:
    events, picture = Events(), np.zeros((4, 4, 3), dtype=np.uint8)
    with qtbot.waitSignal(events.canvas_picture_changed, timeout=1000) as told:
        events.show_canvas_picture(picture)
    assert told.args[0] is events.canvas_picture is picture


def test_that_a_preference_is_told_when_it_changes_and_only_then(qtbot: QtBot) -> None:
    preferences, told = Preferences(), list[bool]()
    preferences.smooth_changed.connect(told.append)
    for smooth in (True, False, False, True):
        preferences.set_smooth(smooth)
    assert told == [False, True]
