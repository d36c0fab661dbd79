"""What the generators of the analysis core yield besides their own results, and how they are run to their end."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Event = TypeVar("Event")
Told = TypeVar("Told")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Progress:
    """How far a long computation is.

    Attributes
    ----------
    done, total : int
        Counted in `unit`; `total` is 0 where it is not known.
    unit : str
        Plural noun: "images", "steps", "channels", "MB".
    """

    done: int
    total: int
    unit: str


@dataclass(frozen=True)
class Notice:
    """One sentence the user should read while the computation goes on."""

    text: str


def finish(steps: Generator[Event, Any, Result], on_event: Callable[[Event], object] | None = None) -> Result:
    """Run a computation to its end.

    Parameters
    ----------
    steps : Generator
        As every computation of the analysis core gives it.
    on_event : callable, optional
        Told each event as it comes: progress, notices, partial results.

    Returns
    -------
    Result
        What the computation returns.

    Raises
    ------
    Exception
        What the computation or `on_event` raises; the computation is closed then.
    """
    run = _Run(steps)
    with closing(steps):
        for event in run:
            if on_event is not None:
                on_event(event)
    return run.result


def retold(steps: Generator[Event, Any, Result], tell: Callable[[Event], Told]) -> Generator[Told, None, Result]:
    """Run a computation as a part of a longer one, which tells of its events in its own way.

    Parameters
    ----------
    steps : Generator
    tell : callable
        Gives for an event the one to yield in its place.

    Yields
    ------
    Told

    Returns
    -------
    Result
        What the computation returns.
    """
    run = _Run(steps)
    with closing(steps):
        for event in run:
            yield tell(event)
    return run.result


class _Run(Generic[Event, Result]):
    """What a `for` goes through: the events of a computation, which leave its result behind."""

    result: Result

    def __init__(self, steps: Generator[Event, Any, Result]) -> None:
        self._steps = steps

    def __iter__(self) -> Iterator[Event]:
        self.result = yield from self._steps
