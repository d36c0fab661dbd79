"""A small network and folders of small pictures for tests that scan, and a gate that holds a scan where it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import Qt

from backend.analysis import activation_scan
from backend.analysis.cards import NetworkCard
from backend.analysis.networks import save_network
from backend.analysis.scans.scan_results import BLOCK
from backend.analysis.weights.architectures import build
from gui.histogram.panel import ActivationHistogram
from gui.settings import Remembered
from tests.program import CTRL, LEFT, QUICK, SHIFT, Program

CLASSES = ("blue", "green", "red")
FEW, MANY = 60, 600
"""Images of the two folders: one block of a scan, and three."""


def save_small_network(path: Path, seed: int = 0, classes: tuple[str, ...] = CLASSES) -> Path:
    """Save a ResNet-18 of four channels for pictures of 16 px, the same for the same seed."""
    card = NetworkCard("small", "resnet18-cifar", classes, (16, 16), (0.5,) * 3, (0.25,) * 3, {"width": 4})
    torch.manual_seed(seed)
    save_network(build(card.architecture, len(classes), card.input_size, card.arguments), card, path)
    return path


def save_images(
    folder: Path, count: int, *, side: int = 16, classes: tuple[str, ...] = CLASSES, grey: bool = False
) -> Path:
    """Write `count` pictures of coloured noise, a folder a class."""
    generator = np.random.default_rng(count)
    for number in range(count):
        name = classes[number % len(classes)]
        pixels = generator.integers(0, 200, (side, side, 3), dtype=np.uint8)
        pixels[..., 2 - number % len(classes) % 3] += 55
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(pixels)
        (image.convert("L") if grey else image).save(place / f"{number:04}.png")
    return folder


def wanting(network: Path, images: Path, unit: str = "layer4/3", **named: Any) -> Remembered:
    """Give settings that open these; a unit of the last layer is selected."""
    settings: dict[str, Any] = {"scan_at_once": False, "canvas": QUICK.to_json(), **named}
    return Remembered(network=str(network), dataset=str(images), unit=unit, **settings)


def open_images(program: Program, folder: Path) -> None:
    """Open a folder and wait until it is there."""
    program.window.opening.open_dataset(str(folder))
    program.wait(lambda: program.session.facts.dataset.source == str(folder))


def scan_with_key(program: Program) -> None:
    """Scan what is open with the key, and wait for the scan and its statistics."""
    program.key(Qt.Key.Key_S, CTRL | SHIFT)
    program.wait(lambda: program.session.facts.scans and program.session.facts.scans[0].complete)
    layers = len(program.session.facts.scans[0].header.layers)
    program.wait(lambda: len(program.session.facts.statistics) == layers)


def histogram_of(program: Program) -> ActivationHistogram:
    return program.panel(ActivationHistogram)


class Hands:
    """Drives the histogram panel of a program as a user does."""

    def __init__(self, program: Program) -> None:
        self.program, self.panel = program, histogram_of(program)
        self.view = self.panel.view
        self.offer, self.histogram = self.view.offer, self.view.histogram

    def click(self, widget: Any) -> None:
        self.view.ensureWidgetVisible(widget)
        self.program.click(widget)

    def scan(self) -> Hands:
        """Press the button and wait until every image has scores."""
        self.click(self.offer.start)
        self.wait_complete()
        return self

    def begin(self, gate: Gate) -> Hands:
        """Begin a scan that is held after its first block: what waits for the gate keeps the compute thread."""
        self.click(self.offer.start)
        gate.let(1)
        self.program.wait(lambda: self.panel.scores is not None and self.done() == BLOCK)
        return self

    def done(self) -> int:
        """Give the images that have scores by now; the panel may show fewer for a moment."""
        scan = self.program.session.scan_of("layer4")
        return 0 if scan is None else scan.done

    def state(self) -> str:
        return self.panel.scan_run.state("layer4")

    def wait_complete(self) -> None:
        self.program.wait(lambda: self.panel.scores is not None and self.panel.scores.scan.complete)
        self.wait_idle()

    def wait_idle(self) -> None:
        self.program.wait(lambda: not self.program.worker.handles)

    def scores(self) -> NDArray[np.float32]:
        assert self.panel.scores is not None
        return self.panel.scores.scores

    def brush(self, low: float, high: float) -> None:
        """Draw a range with the mouse, from one share of the plot's width to another."""
        plot, program = self.histogram.plot_rect(), self.program
        places = [
            plot.topLeft() + (plot.topRight() - plot.topLeft()) * share for share in (low, (low + high) / 2, high)
        ]
        program.qtbot.mousePress(self.histogram, LEFT, pos=places[0])
        for place in places[1:]:
            program.qtbot.mouseMove(self.histogram, place)
        program.qtbot.mouseRelease(self.histogram, LEFT, pos=places[-1])

    def pictures_there(self, name: str = "top") -> bool:
        grid = self.panel.images[name].grid
        images = grid.visible_images()
        return bool(images) and all(grid.picture(image) is not None for image in images)

    def order(self, name: str = "top") -> list[int]:
        return self.panel.images[name].grid._order.tolist()

    def captions(self, name: str = "top") -> list[str]:
        grid = self.panel.images[name].grid
        return [grid.caption(row) for row in range(grid.count())]


class Gate:
    """Lets a scan load so many batches and no more, until it is opened."""

    def __init__(self) -> None:
        self._passes = threading.Semaphore(0)

    def let(self, batches: int) -> None:
        self._passes.release(batches)

    def open(self) -> None:
        self.let(10_000)

    def pass_through(self, load: Callable[..., Any]) -> Callable[..., Any]:
        def wait_and_load(*arguments: Any) -> Any:
            assert self._passes.acquire(timeout=20)
            return load(*arguments)

        return wait_and_load


@contextmanager
def gated(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Hold every scan at its batches; what waits still is let go at the end."""
    gate = Gate()
    monkeypatch.setattr(activation_scan, "_load", gate.pass_through(activation_scan._load))
    try:
        yield gate
    finally:
        gate.open()
