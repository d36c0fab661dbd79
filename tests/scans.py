"""A small data set on disk, and a program that has scanned it: what tests of the panels on scores begin with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt

from tests.program import CTRL, SHIFT, Program

CLASSES = ("blue", "green", "red")
PER_CLASS = 20


def save_pictures(
    folder: Path, classes: Sequence[str] = CLASSES, per_class: int = PER_CLASS, side: int = 32, seed: int = 0
) -> Path:
    """Write a folder of classes; each class has its own colour, under blocks of noise that differ in every picture."""
    generator = np.random.default_rng(seed)
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for picture in range(per_class):
            blocks = generator.integers(0, 120, (8, 8, 3))
            blocks[..., 2 - number % 3] += 130
            image = Image.fromarray(blocks.astype(np.uint8)).resize((side, side), Image.Resampling.NEAREST)
            image.save(folder / name / f"{picture:03}.png")
    return folder


def open_pictures(program: Program, folder: Path) -> None:
    """Open a folder and wait until it is there."""
    program.window.open_dataset(str(folder))
    program.wait(lambda: program.session.facts.dataset.source == str(folder))


def scan(program: Program) -> None:
    """Scan what is open with the key, and wait for the scan and its statistics."""
    program.key(Qt.Key.Key_S, CTRL | SHIFT)
    program.wait(lambda: program.session.facts.scans and program.session.facts.scans[0].complete)
    layers = len(program.session.facts.scans[0].header.layers)
    program.wait(lambda: len(program.session.facts.statistics) == layers)
