"""Numbers in words, the same on the screen and in what is exported: one minus sign, right plurals, no lost digits."""

from __future__ import annotations

import math

PLURALS = {"leaf": "leaves", "class": "classes", "branch": "branches"}


def with_minus(text: str) -> str:
    """Put a real minus in the place of a hyphen, and none before a nought.

    >>> with_minus("-0.20"), with_minus("-0.00"), with_minus("4.0e-04")
    ('−0.20', '0.00', '4.0e−04')
    """
    return text.removeprefix("-") if not text.strip("-0.,") else text.replace("-", "−")


def number(value: float) -> str:
    """Write a number to two decimals or two digits, with a real minus and no exponent; “–” where there is none.

    >>> number(0.514), number(0.0012), number(-1234.5), number(0.0), number(float("nan"))
    ('0.51', '0.0012', '−1,234', '0', '–')
    """
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    decimals = 0 if size >= 100 or size < 1e-6 else 2 if size >= 0.1 else 1 - math.floor(math.log10(size))
    return with_minus(f"{value:,.{decimals}f}")


def signed(value: float) -> str:
    """Write a number that is added to others, with its sign.

    >>> signed(0.512), signed(0.0012), signed(-2.0), signed(0.0)
    ('+0.51', '+0.0012', '−2.00', '0')
    """
    text = number(value)
    return text if text in ("0", "–") or text.startswith("−") else f"+{text}"


def plural(word: str, count: int) -> str:
    """Return a noun as it stands behind a count.

    >>> plural("image", 1), plural("branch", 2), plural("leaf", 0), plural("category", 3)
    ('image', 'branches', 'leaves', 'categories')
    """
    if count == 1:
        return word
    if word in PLURALS:
        return PLURALS[word]
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "sh", "tch")) else f"{word}s"


def counted(count: int, word: str) -> str:
    """Return a number and its noun.

    >>> counted(1, "fork"), counted(1200, "branch"), counted(2, "epoch")
    ('1 fork', '1,200 branches', '2 epochs')
    """
    return f"{count:,} {plural(word, count)}"


def percentage(share: float, decimals: int = 0) -> str:
    """Return a share in per cent, rounded.

    >>> percentage(0.914), percentage(0.0574, 1)
    ('91 %', '5.7 %')
    """
    return with_minus(f"{share:.{decimals}%}".replace("%", " %"))


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
