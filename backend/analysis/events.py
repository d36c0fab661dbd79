"""What the generators of the analysis core yield besides their own results."""

from __future__ import annotations

from dataclasses import dataclass


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
