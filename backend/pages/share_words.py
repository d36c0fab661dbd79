"""Shares of 0 to 1 as text."""

from __future__ import annotations

import math


def percentage(share: float, decimals: int = 0) -> str:
    """Return a share in per cent, rounded.

    >>> percentage(0.914), percentage(0.0574, 1)
    ('91 %', '5.7 %')
    """
    return f"{share:.{decimals}%}".replace("%", " %")


def per_cent(share: float) -> str:
    """Return a share in whole per cent; only a true 0 or 1 is called that.

    >>> per_cent(0.914), per_cent(0.002), per_cent(0.998), per_cent(float("nan"))
    ('91 %', '<1 %', '>99 %', '–')
    """
    if not math.isfinite(share):
        return "–"
    if 0 < share < 0.005:
        return "<1 %"
    return ">99 %" if 0.995 <= share < 1 else percentage(share)
