"""How much memory this machine has, and a sentence where a result would not fit in it."""

from __future__ import annotations

import os
import sys

from backend.errors import UserError

SHARE = 0.8
"""Of the machine's memory that one result may take: the system and the program live in the rest."""


def physical_memory() -> int | None:
    """Return the bytes of memory of this machine; None where it does not say."""
    if sys.platform == "win32":
        return _memory_of_windows()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def check_fits(needed: int, what: str, advice: str) -> None:
    """Raise `UserError` where `what` needs more bytes than this machine can give it."""
    there = physical_memory()
    if there is not None and needed > SHARE * there:
        happened = f"{what} needs {needed / 1e9:,.1f} GB of memory; this machine has {there / 1e9:,.1f} GB."
        raise UserError("Too large for this machine", happened, advice)


def _memory_of_windows() -> int | None:
    """Ask the system for MEMORYSTATUSEX, whose first field is its own length and third the physical memory."""
    import ctypes

    status = (ctypes.c_uint64 * 8)()
    status[0] = ctypes.sizeof(status)
    asked = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined]
    return int(status[1]) if asked else None
