"""The life of a scan, through the window: begun, held, ended, resumed, found again, refused, out of disk."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from backend.analysis.scans import scan_files
from backend.analysis.scans.scan_results import ActivationScan
from backend.jobs import Notice, ScanActivations, header_of_scan
from backend.jobs.scan import DescribeLayers
from gui.units.scan_run import ScanRun
from tests.program import CTRL, LEFT, SHIFT, Program
from tests.scanned import FEW, MANY, Gate, Hands, gated, save_images, save_small_network, wanting

Opens = Callable[..., Program]


pytestmark = pytest.mark.usefixtures("no_wall")


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    with gated(monkeypatch) as gate:
        yield gate


@pytest.fixture
def open_hands(open_program: Opens, places: Path) -> Callable[..., Hands]:
    """Give a function that opens the program with 600 images, or others."""

    def open_one(images: str = "many", network: Path | None = None, **named: Any) -> Hands:
        remembered = wanting(network or places / "small.json", places / images, **named)
        return Hands(open_program(remembered).wake())

    return open_one


def assert_same(scan: ActivationScan, other: ActivationScan) -> None:
    for layer in scan.header.layers:
        np.testing.assert_array_equal(scan.scores(layer.name), other.scores(layer.name))


# From the button to the end


def test_that_a_scan_tells_how_far_it_is_and_its_part_can_be_used(open_hands: Callable[..., Hands], gate: Gate) -> None:
    hands = open_hands()
    assert hands.state() == "absent" and hands.offer.start.text() == "Scan 600 images"
    hands.begin(gate)
    assert hands.view.count.text() == "256 OF 600" and len(hands.scores()) == 256
    assert hands.state() == "running" and not hands.offer.start.isVisible() and hands.offer.pause.isVisible()
    assert hands.offer.words.text().startswith("256 of 600 images")
    assert hands.offer.bar.value() == round(1000 * 256 / 600)
    hands.brush(0.2, 0.8)
    low, high = hands.histogram.brush()
    inside = (hands.scores() >= low) & (hands.scores() <= high)
    assert hands.view.within.count() == inside.sum() and hands.view.top.count() == 9
    gate.open()
    hands.wait_complete()
    assert hands.view.count.text() == "600 OF 600" and not hands.offer.isVisible()
    assert hands.histogram.brush() == (low, high)
    assert len(hands.program.session.facts.statistics) == len(hands.panel.scores.scan.header.layers)


def test_that_a_rate_and_the_time_left_are_said(open_hands: Callable[..., Hands], gate: Gate) -> None:
    hands = open_hands().begin(gate)
    hands.program.qtbot.wait(600)
    gate.let(1)
    hands.program.wait(lambda: "images/s" in hands.offer.words.text())
    count, rate, left = hands.offer.words.text().split(" · ")
    assert count.endswith(" of 600 images") and float(rate.removesuffix(" images/s")) > 0 and left.endswith(" left")
    rows = hands.program.window.jobs.rows
    hands.program.wait(lambda: any("images/s" in row.left.text() for row in rows.values()))


def test_that_a_scan_is_held_resumed_cancelled_and_goes_on_where_it_was(
    open_hands: Callable[..., Hands], gate: Gate
) -> None:
    hands = open_hands().begin(gate)
    hands.click(hands.offer.pause)
    gate.let(1)
    assert hands.state() == "paused" and hands.offer.start.text() == "Resume"
    hands.program.wait(lambda: hands.done() == 512)
    gate.open()
    hands.program.qtbot.wait(80)
    assert hands.done() == 512 and "paused" in hands.offer.words.text()
    hands.click(hands.offer.cancel)
    hands.program.wait(lambda: hands.state() == "partial")
    assert hands.offer.start.text() == "Go on scanning"
    hands.program.wait(lambda: len(hands.scores()) == 512)
    steps: list[int] = []
    hands.program.session.scans_changed.connect(lambda scans: steps.append(scans[0].done))
    hands.scan()
    assert steps[0] >= 512 and steps[-1] == 600


def test_that_the_keys_do_the_same_and_stay_on_the_button_that_is_there(
    open_hands: Callable[..., Hands], gate: Gate
) -> None:
    hands = open_hands()
    hands.offer.start.setFocus(Qt.FocusReason.TabFocusReason)
    hands.program.qtbot.keyClick(hands.offer.start, Qt.Key.Key_Return)
    assert hands.program.window.focusWidget() is hands.offer.pause
    gate.let(1)
    hands.program.wait(lambda: hands.done() == 256)
    hands.program.qtbot.keyClick(hands.offer.pause, Qt.Key.Key_Return)
    assert hands.state() == "paused" and hands.program.window.focusWidget() is hands.offer.start
    gate.open()
    hands.program.key("s", CTRL | SHIFT)
    hands.wait_complete()


def test_that_cancelling_in_the_strip_leaves_a_part_that_goes_on(open_hands: Callable[..., Hands], gate: Gate) -> None:
    hands = open_hands().begin(gate)
    strip = hands.program.window.jobs
    hands.program.wait(lambda: any(isinstance(handle.job, ScanActivations) for handle in strip.rows))
    row = next(row for handle, row in strip.rows.items() if isinstance(handle.job, ScanActivations))
    hands.program.qtbot.mouseClick(row.cancel, LEFT)
    gate.open()
    hands.program.wait(lambda: hands.state() == "partial")
    assert hands.offer.start.isVisible() and hands.view.top.count() == 9
    hands.scan()


def test_that_a_small_data_set_is_scanned_without_asking(open_hands: Callable[..., Hands]) -> None:
    hands = open_hands("few", scan_at_once=True)
    hands.wait_complete()
    assert len(hands.scores()) == FEW


def test_that_without_a_data_set_a_sentence_is_said(open_program: Opens) -> None:
    program = open_program()
    program.key("s", CTRL | SHIFT)
    assert any("nothing to scan yet" in text for text in program.said())


# Stored, and found again


def test_that_a_scan_that_was_cut_off_goes_on_at_the_next_start_and_is_the_same(
    open_hands: Callable[..., Hands], home_of_its_own: Path, gate: Gate
) -> None:
    first = open_hands().begin(gate)
    gate.open()
    first.program.close()
    hands = open_hands()
    assert hands.state() == "partial" and len(hands.scores()) >= 256
    assert hands.offer.words.text().endswith("what is shown is of these.")
    hands.scan()
    resumed = hands.panel.scores.scan
    hands.program.close()
    shutil.rmtree(home_of_its_own / "results")
    whole = open_hands().scan().panel.scores.scan
    assert resumed.header == whole.header
    assert_same(resumed, whole)


def test_that_a_stored_scan_and_its_statistics_are_found_without_a_job(open_hands: Callable[..., Hands]) -> None:
    first = open_hands().scan()
    header, scores = first.panel.scores.scan.header, first.scores()
    first.program.close()
    hands = open_hands()
    np.testing.assert_array_equal(hands.scores(), scores)
    assert hands.state() == "complete" and len(hands.program.session.facts.statistics) == len(header.layers)
    jobs = [handle.job for handle in hands.program.worker.handles]
    assert not any(isinstance(job, ScanActivations | DescribeLayers) for job in jobs)


def test_that_a_stored_scan_is_found_without_torch(open_hands: Callable[..., Hands]) -> None:
    hands = open_hands("few").scan()
    header = hands.panel.scores.scan.header
    text = (
        "import sys\n"
        "from PySide6.QtCore import QCoreApplication\n"
        "from pathlib import Path\n"
        "from backend.jobs import DatasetInfo, read_card\n"
        "from backend.worker import Worker\n"
        "from gui.units.scan_run import ScanRun\n"
        "from gui.session import Session\n"
        "app = QCoreApplication([])\n"
        "session, worker = Session(), Worker()\n"
        "run = ScanRun(session, worker)\n"
        "session.open(read_card(Path(sys.argv[1])))\n"
        f"session.set_dataset(DatasetInfo('', 'few', {FEW}, {header.class_names!r}, (), {header.data!r}))\n"
        "print(session.facts.scans[0].done, len(session.facts.statistics), 'torch' in sys.modules)\n"
        "worker.stop()\n"
        "worker.wait(5000)\n"
    )
    source = hands.program.session.facts.card.source
    found = subprocess.run([sys.executable, "-c", text, source], capture_output=True, text=True, timeout=30)
    assert found.stdout.split() == [str(FEW), str(len(header.layers)), "False"], found.stderr


def test_that_weights_changed_on_disk_are_another_scan(open_hands: Callable[..., Hands], tmp_path: Path) -> None:
    network = save_small_network(tmp_path / "mine.json", seed=1)
    first = open_hands("few", network).scan()
    old = first.scores()
    first.program.close()
    save_small_network(tmp_path / "mine.json", seed=2)
    hands = open_hands("few", network)
    assert hands.state() == "absent" and hands.panel.scores is None
    hands.scan()
    assert not np.allclose(hands.scores(), old)
    hands.program.close()
    save_small_network(tmp_path / "mine.json", seed=1)
    np.testing.assert_array_equal(open_hands("few", network).scores(), old)


def test_that_weights_changed_while_they_are_open_are_refused(open_hands: Callable[..., Hands], tmp_path: Path) -> None:
    network = save_small_network(tmp_path / "mine.json", seed=1)
    hands = open_hands("few", network)
    save_small_network(tmp_path / "mine.json", seed=2)
    hands.click(hands.offer.start)
    hands.program.wait_said("The network has changed on disk")
    assert hands.state() == "absent" and hands.panel.scores is None


def test_that_the_choices_of_the_panel_come_back(open_hands: Callable[..., Hands]) -> None:
    first = open_hands("few").scan()
    first.click(first.view.log)
    first.click(first.view.by_class)
    first.view.pooling.setCurrentIndex(1)
    first.view.overlay.setCurrentIndex(2)
    remembered = first.program.window.remember(first.program.remembered)
    first.program.close()
    view = open_hands("few", panels=remembered.panels).view
    assert (view.by_class.isChecked(), view.log.isChecked(), view.normal.isChecked()) == (False, True, False)
    assert (view.pooling.currentData(), view.overlay.currentData()) == ("maximum", "attribution")
    assert view.histogram._log and not view.histogram._stacked


# What may change meanwhile, and what may fail


def test_that_another_data_set_in_the_middle_ends_the_scan_and_its_part_is_found_again(
    open_hands: Callable[..., Hands], gate: Gate, places: Path
) -> None:
    hands = open_hands().begin(gate)
    many = hands.program.session.facts.dataset.source
    hands.brush(0.2, 0.6)
    gate.open()
    hands.program.window.opening.open_dataset(str(places / "few"))
    hands.program.wait(lambda: hands.program.session.facts.dataset.count == FEW)
    assert hands.state() == "absent" and hands.panel.scores is None and hands.histogram.brush() is None
    hands.scan()
    assert len(hands.scores()) == FEW
    hands.program.window.opening.open_dataset(many)
    hands.program.wait(lambda: hands.program.session.facts.dataset.count == MANY)
    assert len(hands.scores()) >= 256 and hands.state() in ("partial", "complete")


def test_that_another_network_forgets_the_scores_and_asks_for_those_of_single_pictures(
    open_hands: Callable[..., Hands], tmp_path: Path
) -> None:
    hands = open_hands("few").scan()
    program, pictures = hands.program, hands.panel.pictures
    pictures.dropped.set_picture((tmp_path_picture(tmp_path)).read_bytes())
    program.wait(lambda: "dropped" in hands.histogram._markers)
    before, scored = hands.histogram._markers["dropped"].value, pictures.dropped.scores
    program.window.opening.open_network(str(save_small_network(tmp_path / "other.json", seed=5)))
    program.wait(lambda: program.session.facts.card.source.endswith("other.json"))
    assert hands.panel.scores is None and pictures.dropped.scores is not scored
    program.look_at("layer4/3")
    hands.scan()
    program.wait(lambda: "dropped" in hands.histogram._markers)
    assert hands.histogram._markers["dropped"].value != pytest.approx(before, rel=1e-3)


def tmp_path_picture(folder: Path) -> Path:
    return next((save_images(folder / "one", 1)).rglob("*.png"))


def test_that_a_layer_that_was_not_scanned_is_scanned_alone_and_beside_the_others(
    open_hands: Callable[..., Hands], gate: Gate
) -> None:
    hands = open_hands().begin(gate)
    hands.program.look_at("layer1.0.conv1/2")
    assert hands.panel.scores is None and hands.offer.start.text() == "Scan 600 images"
    hands.click(hands.offer.start)
    gate.open()
    hands.wait_complete()
    scans = hands.program.session.facts.scans
    assert [scan.complete for scan in scans] == [True, True]
    assert [layer.name for layer in scans[1].header.layers] == ["layer1.0.conv1"]
    hands.program.close()
    again = open_hands(unit="layer1.0.conv1/2")
    assert len(again.scores()) == MANY


def test_that_a_full_disk_gives_a_sentence_and_the_part_goes_on(
    open_hands: Callable[..., Hands], gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = open_hands().begin(gate)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(scan_files, "_write_all", full)
        gate.open()
        hands.program.wait(lambda: hands.state() == "partial")
    assert any("disk is full" in text or "No space left" in text for text in hands.program.said())
    assert len(hands.scores()) == 256 and hands.offer.start.text() == "Go on scanning"
    hands.scan()
    assert len(hands.scores()) == MANY


def test_that_what_a_large_scan_takes_is_said(open_hands: Callable[..., Hands]) -> None:
    hands = open_hands("few")
    run = hands.panel.scan_run
    hands.click(hands.offer.start)
    handle = run.handle("layer4")
    assert handle is not None
    run._on_event(handle, Notice("The scan will take 126 MB."))
    assert "The scan will take 126 MB." in hands.program.said()
    hands.wait_complete()


def test_that_only_the_default_layers_of_what_is_open_have_a_header(open_hands: Callable[..., Hands]) -> None:
    hands = open_hands("few")
    facts, run = hands.program.session.facts, hands.panel.scan_run
    assert isinstance(run, ScanRun)
    assert run.header("layer4") == run.header() == header_of_scan(facts.card, facts.dataset)
    assert [layer.name for layer in run.header("conv1").layers] == ["conv1"]
    hands.program.session.apply(replace(facts, dataset=None))
    assert run.header() is None and run.state("layer4") == "none"
