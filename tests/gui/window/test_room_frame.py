"""Rooms that nobody has opened yet: in the menu and by their keys, made when they are wanted, or in idle moments."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from gui.rooms import discover_rooms
from gui.settings import Remembered
from tests.program import CTRL, LEFT, SHIFT, Program

Opens = Callable[..., Program]
LATE = [room for room in discover_rooms().values() if room.area == "centre" and room.order > 0]


def made(program: Program) -> set[str]:
    return {panel.objectName() for panel in program.window.panels}


def test_that_only_what_is_seen_is_made_at_the_start(open_program: Opens) -> None:
    program = open_program()
    assert not made(program) & {room.panel for room in LATE}
    titles = [program.window.tabs.tabText(index) for index in range(program.window.tabs.count())]
    assert titles[1:] == [room.title for room in LATE]


def test_that_a_tab_makes_its_panel(open_program: Opens) -> None:
    program = open_program()
    bar = program.window.tabs.tabBar()
    program.qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(1).center())
    assert LATE[0].panel in made(program) and not made(program) & {room.panel for room in LATE[1:]}
    assert program.window.panel(LATE[0].panel).isVisible()


def test_that_a_key_makes_the_panel_it_belongs_to(open_program: Opens) -> None:
    program = open_program()
    assert "PredictionTreePanel" not in made(program)
    program.key(Qt.Key.Key_B, CTRL | SHIFT)
    program.wait(lambda: "PredictionTreePanel" in made(program))


def test_that_every_command_is_in_the_menu_before_its_panel_is_there(open_program: Opens) -> None:
    program = open_program()
    texts = {action.text() for action in program.window.menus.actions}
    assert {command.text for room in discover_rooms().values() for command in room.commands} <= texts


def test_that_what_was_remembered_of_a_panel_that_nobody_opened_is_kept(open_program: Opens) -> None:
    kept = {"sorted_by": "skewness", "descending": True, "filter": "ship"}
    remembered = Remembered(scan_at_once=False, panels={"LayerTable": kept}, folded=("By depth",))
    program = open_program(remembered)
    again = program.window.remember(remembered)
    assert again.panels["LayerTable"] == kept and "By depth" in again.folded
    program.window.panel("LayerTable")
    again = program.window.remember(remembered)
    assert again.panels["LayerTable"] == kept and "By depth" in again.folded


class Shown(QObject):
    """Notes every window that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[QWidget] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.windows.append(watched)
        return False


def test_that_rooms_are_made_in_idle_moments_without_a_window_that_flashes_up(
    program: Program, qapp: QApplication
) -> None:
    shown = Shown()
    qapp.installEventFilter(shown)
    program.window.preparation.begin()
    program.wait(lambda: {room.panel for room in LATE} <= made(program))
    QTest.qWait(50)
    qapp.removeEventFilter(shown)
    assert shown.windows == [] and program.window.isActiveWindow()


def test_that_the_window_with_every_room_fits_the_screen_of_a_laptop(program: Program) -> None:
    for frame in program.window.frames:
        frame.panel()
    program.window.resize(1024, 700)
    program.wait(lambda: program.window.width() == 1024)
    least = program.window.minimumSizeHint()
    assert least.width() <= 1024 and least.height() <= 700
