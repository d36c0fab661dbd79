"""A job on its way: what the compute thread keeps of it, which one goes next, and how it ends. No Qt, no thread."""

from __future__ import annotations

import logging
from collections.abc import Generator
from enum import Enum, auto
from typing import Any

from backend.engine import Engine
from backend.errors import describe
from backend.jobs import Job

logger = logging.getLogger(__name__)


class Outcome(Enum):
    """How a job ended; exactly one arrives for each job."""

    FINISHED = auto()
    FAILED = auto()
    CANCELLED = auto()


class End:
    """The last letter of a task: its result, an `ErrorReport`, or nothing."""

    def __init__(self, outcome: Outcome, content: object = None) -> None:
        self.outcome = outcome
        self.content = content


class Task:
    """A job as the compute thread sees it.

    Attributes
    ----------
    paused, cancelled : bool
    steps : int
        Events to take although it is paused.
    settings : object or None
        To be sent into the generator next; a paused task takes them too.
    """

    def __init__(self, job: Job, number: int) -> None:
        self.job = job
        self.number = number
        self.paused = False
        self.cancelled = False
        self.steps = 0
        self.settings: object | None = None
        self._threads: int | None = None
        self._generator: Generator[object, Any, object] | None = None

    @property
    def ready(self) -> bool:
        return self.cancelled or not self.paused or self.steps > 0 or self.settings is not None

    @property
    def order(self) -> tuple[bool, bool, bool, bool, int]:
        """Sort key: the cancelled first, for that is quick; then what is quickly done; background last; the older.

        Of what lasts in the background that goes first which somebody waits for.
        """
        job = self.job
        return (not self.cancelled, job.background, job.lasting, job.background and not job.awaited, self.number)

    def advance(self, engine: Engine, settings: object | None) -> object:
        """Give the next event, or the `End` if there is none."""
        if self.cancelled:
            self.close()
            return End(Outcome.CANCELLED)
        # Another job may have chosen other CPU threads meanwhile.
        engine.use_threads(self._threads or engine.threads)
        try:
            if self._generator is None:
                self._generator = self.job.run(engine)
                event = next(self._generator)
            else:
                event = self._generator.send(settings)
            self._threads = engine.threads
            return event
        except StopIteration as stop:
            return End(Outcome.FINISHED, stop.value)
        except Exception as error:
            # Put into words here: no live exception crosses the thread border.
            logger.debug("%s failed", self.job.title, exc_info=error)
            return End(Outcome.FAILED, describe(error))

    def close(self) -> None:
        """Close the generator, so that its `finally` blocks undo what it has done."""
        if self._generator is None:
            return
        try:
            self._generator.close()
        except Exception:
            logger.exception("%s did not close cleanly", self.job.title)
