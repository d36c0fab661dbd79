"""Load the next batches while the present one is being computed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Request = TypeVar("Request")
Loaded = TypeVar("Loaded")

AHEAD = 2
"""Batches loaded ahead: one in the making and one ready."""


def prefetched(
    load: Callable[[Request], Loaded], requests: Iterable[Request]
) -> Generator[tuple[Request, Loaded], None, None]:
    """Yield (request, load(request)) in order, loading ahead in a thread of its own that ends with the generator.

    The one place of the analysis core with a thread: decoding a picture frees the interpreter lock, and would otherwise
    leave the device idle. What `load` raises is raised where its turn comes.
    """
    remaining = iter(requests)
    with ThreadPoolExecutor(1, thread_name_prefix="prefetch") as pool:
        waiting: deque[tuple[Request, Future[Loaded]]] = deque()
        try:
            waiting.extend((request, pool.submit(load, request)) for request in islice(remaining, AHEAD))
            while waiting:
                request, future = waiting.popleft()
                loaded = future.result()
                waiting.extend((later, pool.submit(load, later)) for later in islice(remaining, 1))
                yield request, loaded
        finally:
            for _, future in waiting:
                future.cancel()
