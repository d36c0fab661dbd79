"""One program at a time: a lock that the system itself lets go when the program that holds it dies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until no other program reads and writes `path`, and keep others waiting meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The file stays: were it removed, a third program could lock another file of the same name.
    with path.with_name(f".{path.name}.lock").open("ab") as file:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            try:
                yield
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
