"""Two programs that label units of one network at the same time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from backend.analysis.labels import UnitLabel, UnitLabels, merge_labels, read_labels, write_labels
from backend.jobs import read_card, shipped_card_path

CARD = read_card(shipped_card_path("cifar10-resnet18"))
GIVES = """
import sys
from pathlib import Path
from backend.jobs import read_card, shipped_card_path
from backend.analysis.labels import UnitLabel, UnitLabels, merge_labels
card, known = read_card(shipped_card_path("cifar10-resnet18")), UnitLabels()
print("ready", flush=True)
sys.stdin.readline()
for channel in range(int(sys.argv[2]), 60, 2):
    for unit in (f"layer4/{channel}", "layer4/100"):
        given = known.with_label(unit, UnitLabel("part", f"{sys.argv[2]} says {channel}"))
        merge_labels(card, known, given, Path(sys.argv[1]))
        known = given
"""


def test_that_two_programs_at_once_lose_no_unit(tmp_path: Path) -> None:
    command = [sys.executable, "-c", GIVES, str(tmp_path)]
    programs = [
        subprocess.Popen([*command, first], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for first in "01"
    ]
    for program in programs:
        assert program.stdout is not None and program.stdout.readline() == "ready\n"
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
    for program in programs:
        program.communicate(timeout=60)
        assert program.returncode == 0
    labels, damage = read_labels(CARD, tmp_path)
    assert not damage
    assert {unit: labels.get(unit).note for unit in labels if unit != "layer4/100"} == {
        f"layer4/{channel}": f"{channel % 2} says {channel}" for channel in range(60)
    }
    assert labels.get("layer4/100").note in ("0 says 58", "1 says 59")


def test_that_the_later_of_two_labels_of_a_unit_stays_and_the_other_is_given_back(tmp_path: Path) -> None:
    theirs, ours = UnitLabel("part", "an eye"), UnitLabel("object", "a wheel")
    write_labels(CARD, UnitLabels({"layer4/1": theirs}), tmp_path)
    assert merge_labels(CARD, UnitLabels(), UnitLabels({"layer4/1": ours}), tmp_path) == {"layer4/1": theirs}
    assert read_labels(CARD, tmp_path)[0].get("layer4/1") == ours


def test_that_a_label_taken_away_leaves_those_of_another_program(tmp_path: Path) -> None:
    ours, theirs = UnitLabel("part"), UnitLabel("scene")
    write_labels(CARD, UnitLabels({"layer4/1": ours, "layer4/2": theirs}), tmp_path)
    assert merge_labels(CARD, UnitLabels({"layer4/1": ours}), UnitLabels(), tmp_path) == {}
    assert dict(read_labels(CARD, tmp_path)[0].entries) == {"layer4/2": theirs}
