"""What does not fit in memory is said beforehand."""

from __future__ import annotations

import pytest

from backend.analysis import memory
from backend.analysis.memory import check_fits, physical_memory
from backend.errors import UserError


def test_that_this_machine_has_memory() -> None:
    there = physical_memory()
    assert there is not None and 2**29 < there < 2**46


def test_that_what_is_too_large_is_a_sentence_and_the_rest_goes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "physical_memory", lambda: 10_000_000_000)
    check_fits(7_900_000_000, "A tree", "Less.")
    with pytest.raises(UserError, match=r"A tree needs 8\.1 GB of memory; this machine has 10\.0 GB"):
        check_fits(8_100_000_000, "A tree", "Less.")
    monkeypatch.setattr(memory, "physical_memory", lambda: None)
    check_fits(10**18, "A tree", "Less.")
