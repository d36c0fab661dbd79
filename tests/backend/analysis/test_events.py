"""Running a computation to its end, alone and as a part of a longer one."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from backend.analysis.events import finish, retold
from tests.steps import finish_with_events


class Counting:
    """A computation of three events, and whether its end was reached or it was closed."""

    def __init__(self) -> None:
        self.ended = False

    def steps(self) -> Generator[int, None, str]:
        try:
            yield from (1, 2, 3)
            return "done"
        finally:
            self.ended = True


def test_that_the_result_is_given_and_each_event_is_told() -> None:
    told: list[int] = []
    assert finish(Counting().steps(), told.append) == "done" and told == [1, 2, 3]
    assert finish(Counting().steps()) == "done"


def test_that_a_listener_that_fails_closes_the_computation() -> None:
    def refuse(event: int) -> None:
        raise ValueError(event)

    counting = Counting()
    steps = counting.steps()
    with pytest.raises(ValueError, match="1"):
        finish(steps, refuse)
    assert counting.ended


def test_that_a_part_tells_of_its_events_in_another_way() -> None:
    assert finish_with_events(retold(Counting().steps(), "{} of 3".format)) == (["1 of 3", "2 of 3", "3 of 3"], "done")


def test_that_a_part_is_closed_with_the_whole() -> None:
    counting = Counting()
    inner = counting.steps()
    steps = retold(inner, str)
    assert next(steps) == "1"
    steps.close()
    assert counting.ended
