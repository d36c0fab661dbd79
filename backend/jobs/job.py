"""What a job is: a frozen request that the compute thread runs as a generator."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from backend.engine import Engine

Result = TypeVar("Result")
Steps = Generator[object, Any, Result]


@dataclass(frozen=True)
class Job:
    """Something the compute thread can do.

    Attributes
    ----------
    title : str
        What the jobs strip calls it.
    key : str
        A newer job with the same key replaces an older one; empty for jobs that stand for themselves.
    background : bool
        Background jobs run when no interactive job wants to.
    lasting : bool
        A job that goes on for long: what is quickly done runs between its steps.
    awaited : bool
        A background job that somebody asked for and waits for: it goes before those that nobody did.
    """

    background: ClassVar[bool] = False
    lasting: ClassVar[bool] = False
    awaited: ClassVar[bool] = False

    @property
    def title(self) -> str:
        return type(self).__name__

    @property
    def key(self) -> str:
        return ""

    def run(self, engine: Engine) -> Steps[object]:
        raise NotImplementedError
