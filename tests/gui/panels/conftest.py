"""The histogram panel at the end of a scan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.program import Program

if TYPE_CHECKING:
    from tests.scanned import Hands  # torch, which other tests want unimported

Opens = Callable[..., Program]


@pytest.fixture
def hands(open_program: Opens, places: Path) -> Hands:
    """Give the panel with 60 images that are scanned, and no range drawn."""
    return scanned(open_program, places / "small.json", places / "few")


@pytest.fixture
def many(open_program: Opens, places: Path) -> Hands:
    """Give the panel with 600 images that are scanned."""
    return scanned(open_program, places / "small.json", places / "many")


def scanned(open_program: Opens, network: Path, images: Path) -> Hands:
    from tests.scanned import Hands, wanting

    return Hands(open_program(wanting(network, images)).wake()).scan()
