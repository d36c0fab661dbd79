"""Running a computation to its end where a test looks at its events."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from backend.analysis.events import finish

Result = TypeVar("Result")


def finish_with_events(steps: Generator[Any, Any, Result]) -> tuple[list[Any], Result]:
    """Give all events of a computation and what it returns."""
    events: list[Any] = []
    return events, finish(steps, events.append)
