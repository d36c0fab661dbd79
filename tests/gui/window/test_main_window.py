"""The window: what is seen first, what is opened and dropped, what comes back, and how it ends."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import shiboken6
import torch
from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from backend.errors import UserError
from backend.jobs import LIFELIKE, Channel, ClassLogit, ComputeWall, NoiseStart, PictureStart, shipped_card_path
from gui import app as gui_app
from gui.browser import panel as model_browser
from gui.canvas.run import RunState
from gui.settings import Remembered, load, save, settings_path
from gui.theme import DARK, LIGHT, tokens
from gui.window import menus as gui_menus
from gui.window.key_list import KeyList
from gui.window.main_window import MainWindow
from tests.program import CTRL, ENDLESS, QUICK, Program, files, save_picture

Opens = Callable[..., Program]
ROOT = Path(__file__).resolve().parents[3]

FIRST_PAINT = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from backend.worker import Worker
from gui.window.main_window import MainWindow
from gui.settings import Remembered

app = QApplication([])
window = MainWindow(Worker(), Remembered())
window.worker.stopped.connect(app.quit)

def painted():
    heavy = [name for name in ("torch", "torchvision", "scipy", "sklearn", "umap", "pyqtgraph") if name in sys.modules]
    print("painted", heavy, [len(panel.wall._tiles) for panel in window.panels if hasattr(panel, "wall")])
    window.worker.stop()

window.first_painted.connect(painted)
window.show_shipped(Remembered())
window.show()
QTimer.singleShot(20_000, lambda: app.exit(1))
code = app.exec()
window.worker.wait(5000)
sys.exit(code)
"""


def action(program: Program, text: str) -> QAction:
    return next(found for found in program.window.menus.actions if found.text() == text)


def entry(menu: QMenu, text: str) -> QAction:
    """Find an entry of a menu that is filled when it is shown."""
    menu.aboutToShow.emit()
    return next(found for found in menu.actions() if found.text() == text)


def search(program: Program, text: str) -> None:
    program.key(Qt.Key.Key_K, CTRL)
    box = program.window.top_bar.search
    program.wait(box.hasFocus)
    program.qtbot.keyClicks(box, text)
    program.qtbot.keyClick(box, Qt.Key.Key_Return)


# The first second


def test_that_the_window_is_painted_with_its_wall_before_torch_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "painted [] [256]\n"), done.stderr


def test_that_the_window_says_what_to_do_and_names_what_is_open(program: Program) -> None:
    assert "Click a channel" in program.pictures.main._placeholder
    assert program.window.top_bar.network.text() == "cifar10-resnet18"
    assert program.window.top_bar.dataset.text().startswith("Probe set · ")
    assert program.window.device.text().startswith("●  ")
    assert program.window.device.menu().actions()[-1].text() == "CPU"


# Search, keys, theme


def test_that_search_goes_to_a_unit_and_its_run_starts(program: Program) -> None:
    program.use(QUICK)
    search(program, "layer4 37")
    assert program.session.facts.unit == Channel("layer4", 37)
    assert program.browser.wall.current() == 37
    assert program.window.address.text().startswith("cifar10-resnet18/layer4/37")
    program.wait_done()
    search(program, "dog")
    assert program.session.facts.unit == ClassLogit(5)


def test_that_search_triggers_an_action(program: Program) -> None:
    search(program, "light theme")
    assert tokens() == LIGHT and program.window.menus.theme == "light"
    search(program, "dark theme")
    assert tokens() == DARK


def test_that_a_question_mark_lists_the_keys_and_escape_closes_the_list(program: Program) -> None:
    program.canvas.setFocus()
    program.qtbot.keyClick(program.window, "?")
    found = program.window.findChild(KeyList)
    assert found is not None and found.isVisible()
    program.qtbot.keyClick(found, Qt.Key.Key_Escape)
    program.wait(lambda: not [keys for keys in program.window.findChildren(KeyList) if keys.isVisible()])


def test_that_undo_and_redo_walk_through_selections(program: Program) -> None:
    program.use(QUICK)
    program.click_tile(3)
    program.click_tile(4)
    program.click(program.window.top_bar.undo)
    assert program.session.facts.unit == Channel("layer4", 3) and program.browser.wall.current() == 3
    program.window.menus.redo.trigger()
    assert program.session.facts.unit == Channel("layer4", 4)
    program.wait_done()
    assert program.run.recipe.label == "layer4/4"


def test_that_the_device_can_be_chosen_and_the_next_run_uses_it(program: Program) -> None:
    cpu = next(found for found in program.window.device.menu().actions() if found.text() == "CPU")
    cpu.trigger()
    program.wait(lambda: not program.worker.handles)
    assert program.window.device.device == "cpu"
    assert program.window.device.text().startswith("●  CPU · ")
    program.look_at("layer4/5")
    program.wait_done()


# What comes back


def test_that_layout_selection_settings_and_recents_come_back(open_program: Opens, tmp_path: Path) -> None:
    first = open_program().wake()
    save_picture(tmp_path / "a.png")
    first.window.opening.open_dataset(str(tmp_path))
    first.wait(lambda: first.session.facts.dataset.source == str(tmp_path))
    first.look_at("layer4/37", replace(QUICK, seed=5, jitter=0.2))
    first.window.menus.choose_theme("light")
    first.wait_done()
    assert save(first.window.remember(Remembered())) is None
    first.close()
    remembered, complaints = load()
    assert complaints == []
    second = open_program(remembered)
    assert second.session.facts.settings == replace(QUICK, seed=5, jitter=0.2)
    second.wake()
    second.wait(lambda: second.session.facts.unit == Channel("layer4", 37))
    second.wait(lambda: second.session.facts.dataset is not None)
    assert second.session.facts.dataset.source == str(tmp_path)
    assert second.window.opening.recent_datasets == [str(tmp_path)]
    assert second.window.opening.recent_networks == [str(shipped_card_path("cifar10-resnet18"))]
    assert second.window.menus.theme == "light"
    second.wait_done()


def test_that_a_hidden_dock_stays_hidden(open_program: Opens) -> None:
    first = open_program()
    first.window.docks[0].toggleViewAction().trigger()
    first.wait(lambda: not first.window.docks[0].isVisible())
    remembered = first.window.remember(Remembered())
    second = open_program(remembered)
    assert not second.window.docks[0].isVisible()
    second.window.docks[0].toggleViewAction().trigger()
    assert second.window.docks[0].isVisible()


def test_that_a_network_that_is_gone_gives_way_to_the_shipped_one(open_program: Opens, tmp_path: Path) -> None:
    remembered = Remembered(network=str(tmp_path / "gone.json"), unit="layer4/3", canvas=QUICK.to_json())
    program = open_program(remembered).wake()
    assert program.session.facts.card.name == "cifar10-resnet18"
    program.wait(lambda: any("gone.json" in text for text in program.said()))
    # Its unit was one of the other network.
    assert program.session.facts.unit is None


def test_that_a_checkpoint_without_a_card_comes_back(open_program: Opens, no_wall: None, tmp_path: Path) -> None:
    weights = safetensors.torch.load_file(shipped_card_path("cat-dog-resnet18").with_suffix(".safetensors"))
    torch.save(weights, tmp_path / "mine.pth")
    mine = str(tmp_path / "mine.pth")
    remembered = Remembered(network=mine, unit="layer4/3", canvas=QUICK.to_json(), scan_at_once=False)
    program = open_program(remembered).wake()
    program.wait(lambda: program.session.facts.unit == Channel("layer4", 3))
    assert program.session.facts.card.name == "mine"


def test_that_objective_rows_and_start_come_back(open_program: Opens) -> None:
    run = {
        "objective": [[1.0, "layer4/5"], [-0.5, "logit/dog"]],
        "start": {"kind": "noise", "seed": 7, "contrast": 1.0, "count": 2},
    }
    program = open_program(Remembered(unit="layer4/5", run=run, canvas=QUICK.to_json())).wake()
    program.wait(lambda: program.session.facts.objective is not None)
    assert [weight for weight, _ in program.session.facts.objective.terms] == [1.0, -0.5]
    assert program.session.facts.start == NoiseStart(7, 1.0, 2)
    assert program.window.remember(Remembered()).run == run


def test_that_a_garbled_run_costs_nothing_but_itself(open_program: Opens) -> None:
    run = {"objective": [["much", 3]], "start": {"kind": "dream"}}
    program = open_program(Remembered(unit="layer4/5", run=run, canvas=QUICK.to_json())).wake()
    program.wait(lambda: program.session.facts.unit == Channel("layer4", 5))


def test_that_a_unit_the_network_lacks_is_said_and_nothing_is_selected(open_program: Opens) -> None:
    program = open_program(Remembered(unit="layer9/3")).wake()
    assert program.session.facts.unit is None
    assert any("layer9" in text for text in program.said())


# The application around it


class Application:
    """`gui.app` with a body in place of the event loop."""

    def __init__(self, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
        self._qtbot, self._patch = qtbot, monkeypatch
        monkeypatch.setattr(QApplication, "exit", lambda code=0: None)
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    def run(self, body: Callable[[MainWindow], None], *arguments: str) -> None:
        def instead(*_: Any) -> int:
            shown = [found for found in QApplication.topLevelWidgets() if found.isVisible()]
            window = next(found for found in shown if isinstance(found, MainWindow))
            stopped: list[int] = []
            window.worker.stopped.connect(lambda: stopped.append(1))
            try:
                body(window)
            finally:
                window.close()
                self._qtbot.waitUntil(lambda: bool(stopped), timeout=5000)
                window.worker.wait(1000)
                self._qtbot.waitUntil(lambda: not shiboken6.isValid(window))
            return 0

        self._patch.setattr(QApplication, "exec", instead)
        app = QApplication.instance()
        gui_app._run_window(app, gui_app._parse(arguments), demonstrate=False)


@pytest.fixture
def application(qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Application:
    return Application(qtbot, monkeypatch)


@pytest.mark.parametrize("rubbish", ["{", "\x00\x01", '{"theme": 7, "geometry": "!!", "canvas": {"steps": "x"}}'])
def test_that_rubbish_in_the_settings_opens_the_window_with_a_sentence(
    application: Application, qtbot: QtBot, rubbish: str
) -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text(rubbish)

    def body(window: MainWindow) -> None:
        qtbot.waitUntil(window.isVisible)
        assert window.notices.texts() and all("sett" in text for text in window.notices.texts())
        assert window.session.facts.card is not None

    application.run(body)
    assert json.loads(settings_path().read_text())["theme"] == "system"


def test_that_a_path_on_the_command_line_is_opened(application: Application, qtbot: QtBot, tmp_path: Path) -> None:
    save_picture(tmp_path / "a.png")

    def body(window: MainWindow) -> None:
        qtbot.waitUntil(lambda: bool(window.session.facts.dataset), timeout=20_000)
        qtbot.waitUntil(lambda: window.session.facts.dataset.source == str(tmp_path), timeout=20_000)

    application.run(body, str(tmp_path))
    assert load()[0].dataset == str(tmp_path)


class Clumsy(QObject):
    """A slot that raises what nobody catches."""

    @Slot()
    def fall(self) -> None:
        raise ZeroDivisionError("in the middle of a slot")

    @Slot()
    def complain(self) -> None:
        raise UserError("No such thing", "It is not there.", "Look elsewhere.")


def test_that_an_exception_inside_a_slot_becomes_a_sentence(application: Application, qtbot: QtBot) -> None:
    clumsy = Clumsy()

    def body(window: MainWindow) -> None:
        for slot in (clumsy.fall, clumsy.complain):
            QTimer.singleShot(0, slot)
        qtbot.waitUntil(lambda: len(window.notices.texts()) == 2)
        assert window.notices.texts()[0] == "No such thing\nIt is not there.\nLook elsewhere."
        assert "ZeroDivisionError: in the middle of a slot" in window.notices.texts()[1]

    application.run(body)


# Networks and data sets


def test_that_a_dropped_network_file_opens(program: Program) -> None:
    program.drop(program.window, files(shipped_card_path("plane-dog-resnet18")))
    program.wait(lambda: program.session.facts.card.name == "plane-dog-resnet18")
    program.wait(lambda: not program.worker.handles)
    assert program.session.facts.dataset is not None
    program.look_at("logit/dog")
    program.wait_done()


def test_that_a_dropped_folder_becomes_the_data_set_and_what_cannot_be_read_is_said(
    program: Program, tmp_path: Path
) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        save_picture(tmp_path / name / "1.png")
    (tmp_path / "cats" / "broken.png").write_bytes(b"no picture")
    program.drop(program.window, files(tmp_path))
    program.wait(lambda: program.session.facts.dataset.source == str(tmp_path))
    assert program.session.facts.dataset.class_names == ("cats", "dogs")
    assert program.window.top_bar.dataset.text() == f"{tmp_path.name} · 2 images"
    assert any("One file was skipped" in text and "broken.png" in text for text in program.said())
    assert entry(program.window.top_bar.dataset_menu, tmp_path.name).isEnabled()


def test_that_a_dropped_picture_becomes_the_start(program: Program, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "cat.png")
    program.look_at("layer4/5")
    program.drop(program.window, files(path))
    program.wait(lambda: program.session.facts.start == PictureStart(path.read_bytes(), "cat.png"))
    program.wait_done()


def test_that_a_dropped_file_of_another_kind_gives_a_sentence(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "letter.docx"
    path.write_text("dear")
    program.drop(program.window, files(path))
    assert "letter.docx is nothing Filterscope opens" in program.said()[0]


def test_that_the_data_set_menu_opens_the_probe_set_again(program: Program, tmp_path: Path) -> None:
    save_picture(tmp_path / "a.png")
    program.window.opening.open_dataset(str(tmp_path))
    program.wait(lambda: program.session.facts.dataset.source == str(tmp_path))
    entry(program.window.top_bar.dataset_menu, "Probe set").trigger()
    program.wait(lambda: program.session.facts.dataset.source == "probe")
    assert program.window.opening.recent_datasets == [str(tmp_path)]


def test_that_an_empty_folder_gives_a_sentence_and_the_data_set_stays(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gui_menus.QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    action(program, "Open images of a folder…").trigger()
    program.wait_said(tmp_path.name)
    assert program.session.facts.dataset.source == "probe"


def test_that_a_folder_that_vanished_gives_a_sentence(program: Program, tmp_path: Path) -> None:
    program.window.opening.open_dataset(str(tmp_path / "gone"))
    program.wait_said("gone")
    assert program.session.facts.dataset.source == "probe"


def test_that_cifar_10_that_is_not_there_gives_a_sentence(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILTERSCOPE_DATA", str(tmp_path))
    entry(program.window.top_bar.dataset_menu, "CIFAR-10").trigger()
    program.wait_said("CIFAR-10 is not on this machine")
    assert program.session.facts.dataset.source == "probe"


def test_that_a_recent_network_opens_from_the_menu(program: Program) -> None:
    entry(program.window.top_bar.network_menu, "cat-dog-resnet18").trigger()
    program.wait(lambda: program.session.facts.card.name == "cat-dog-resnet18")
    entry(program.window.top_bar.network_menu, "cifar10-resnet18").trigger()
    program.wait(lambda: program.session.facts.card.name == "cifar10-resnet18")
    recent = program.window.opening.recent_networks
    assert [Path(source).stem for source in recent] == [
        "cifar10-resnet18",
        "cat-dog-resnet18",
    ]


def bad_checkpoint(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.pt"
    if kind == "rubbish":
        path.write_bytes(b"\x80\x02rubbish")
    elif kind == "another":
        torch.save({"weight": torch.zeros(3, 3)}, path)
    else:
        path = path.with_suffix(".safetensors")
        whole = safetensors.torch.save({"conv.weight": torch.zeros(8, 3, 3, 3)})
        path.write_bytes(whole[: len(whole) // 2])
    return path


@pytest.mark.parametrize("kind", ["rubbish", "another", "truncated"])
def test_that_a_bad_checkpoint_gives_a_sentence_and_the_network_stays(
    program: Program, tmp_path: Path, kind: str
) -> None:
    program.look_at("layer4/5")
    before = program.session.facts
    program.drop(program.window, files(bad_checkpoint(tmp_path, kind)))
    program.wait(lambda: program.said())
    assert "Traceback" not in program.said()[0] and "inside Filterscope" not in program.said()[0]
    program.wait_done()
    assert program.session.facts == before
    assert program.window.opening.recent_networks == [before.card.source]


def test_that_another_network_in_the_middle_of_a_run_ends_the_run(program: Program) -> None:
    program.look_at("layer4/5", ENDLESS)
    program.wait_for_step(2)
    program.click_row("cat-dog-resnet18")
    program.wait(lambda: program.session.facts.card.name == "cat-dog-resnet18")
    assert program.run.state is RunState.IDLE and program.pictures.shown() is None
    assert program.session.recipe() is None


# The end


def test_that_closing_while_the_engine_wakes_ends_cleanly(open_program: Opens) -> None:
    program = open_program()
    program.window.wake(program.remembered)
    program.close()


@pytest.mark.parametrize("paused", [False, True])
def test_that_closing_in_the_middle_of_a_run_ends_cleanly(program: Program, paused: bool) -> None:
    program.look_at("layer4/5", ENDLESS)
    program.wait_for_step(2)
    if paused:
        program.key(Qt.Key.Key_Space)
    program.close()


def test_that_closing_in_the_middle_of_a_wall_ends_cleanly(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_browser, "ComputeWall", partial(ComputeWall, settings=replace(LIFELIKE, steps=5000)))
    program.click_row("cifar10-resnet18", "layer1")
    program.wait(lambda: program.browser.wall._tiles)
    program.close()


@pytest.mark.usefixtures("open_program")
def test_that_nothing_is_left_of_a_window_that_was_closed(qtbot: QtBot, qapp: QApplication) -> None:
    """No widget, and nothing in Python that holds on to what the window knew."""
    gc.collect()
    before = len(qapp.allWidgets())
    known: list[weakref.ref[object]] = []
    for _ in range(2):
        program = Program(qtbot).wake()
        program.look_at("layer4/5")
        program.wait_done()
        for index in range(program.window.tabs.count()):
            program.window.tabs.setCurrentIndex(index)
        known += map(weakref.ref, (program.window, program.session, program.worker, *program.window.panels))
        program.close()
        del program

    def are_gone() -> bool:
        gc.collect()
        return len(qapp.allWidgets()) == before and not any(each() is not None for each in known)

    qtbot.waitUntil(are_gone, timeout=5000)


def test_that_a_close_in_the_middle_of_many_things_ends_cleanly(program: Program, tmp_path: Path) -> None:
    save_picture(tmp_path / "a.png")
    program.look_at("conv1/5", ENDLESS)
    program.window.opening.open_dataset(str(tmp_path))
    program.window.opening.open_network(str(shipped_card_path("cat-dog-resnet18")))
    program.close()


def test_that_a_network_that_is_open_already_says_so_when_it_is_opened_again(program: Program) -> None:
    source = program.session.facts.card.source
    assert not any("is open already" in text for text in program.said())
    program.window.opening.open_network(source)
    program.wait_said("cifar10-resnet18 is open already, and its file has not changed")


def test_that_the_program_can_be_taken_out_of_the_systems_menu_again(program: Program) -> None:
    program.action("Remove from the system's menu").trigger()
    program.wait_said("It was not in the system's menu")
    program.action("Add to the system's menu").trigger()
    program.wait_said("is in the system's menu now")
    program.action("Remove from the system's menu").trigger()
    program.wait_said("is no longer in the system's menu")


@pytest.mark.parametrize("word", ["tune", "train", "mistakes"])
def test_that_fine_tuning_is_found_under_the_words_that_people_use(program: Program, word: str) -> None:
    search(program, word)
    program.wait_said("build a tree first")
