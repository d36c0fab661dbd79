"""What runs a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.engine import Engine
from backend.store import Store


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Give an engine that is awake, with a store of its own."""
    engine = Engine(Store(tmp_path / "results"))
    engine.wake("cpu")
    return engine
