"""Errors a user can act on: a title, what happened, and what to do next."""

from __future__ import annotations

import errno
from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorReport:
    """An error as text, fit to cross the thread border and to be shown.

    Attributes
    ----------
    title : str
        A few words: "The weights do not fit".
    happened : str
        One sentence that says what was wrong and where.
    advice : str
        One sentence that says what to do next; may be empty.
    """

    title: str
    happened: str
    advice: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.title + ".", self.happened, self.advice) if part)


class UserError(Exception):
    """Raised by the backend for what a user can mend. It carries an `ErrorReport`."""

    def __init__(self, title: str, happened: str, advice: str = "") -> None:
        self.report = ErrorReport(title, happened, advice)
        super().__init__(str(self.report))


def describe(error: BaseException) -> ErrorReport:
    """Put any exception into words; a `UserError` keeps its own."""
    if isinstance(error, UserError):
        return error.report
    if isinstance(error, OSError):
        return _describe_os_error(error)
    if is_out_of_memory(error):
        return ErrorReport(
            "Not enough memory",
            "The computation asked for more memory than the device has left.",
            "Use fewer images at once or a smaller network, or switch to another device.",
        )
    return ErrorReport(
        "Something went wrong inside Filterscope",
        f"{type(error).__name__}: {error}",
        "Your work is kept. The log has the details for a bug report.",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether the device or the machine had no memory left; by name, for torch may not be imported."""
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"


def _describe_os_error(error: OSError) -> ErrorReport:
    place = f" ({error.filename})" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return ErrorReport(
            "The disk is full",
            f"There was no room left to write{place}.",
            "Free some space and try again; nothing was half-written.",
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return ErrorReport(
            "No permission",
            f"The system does not let Filterscope use this place{place}.",
            "Choose another folder or change its permissions.",
        )
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return ErrorReport(
            "Not found",
            f"The file or folder is not there any more{place}.",
            "Check the path, or open it again from where it is now.",
        )
    return ErrorReport(
        "The file could not be used", f"{error.strerror or error}{place}.", "Check the disk and try again."
    )
