"""How glibc keeps freed memory. Other C libraries know nothing of this and are left alone."""

import ctypes
from contextlib import suppress
from functools import cache
from typing import Any

ARENAS = 2
_M_ARENA_MAX = -8  # of malloc.h


@cache
def _glibc() -> Any:
    return ctypes.CDLL("libc.so.6")


def limit_arenas() -> None:
    """Let all threads share ARENAS heaps. By default glibc makes eight for each core, and what one thread has freed
    there serves no other: 150 MB of an analysis. Call it before threads start, in processes that this package starts; a
    program that imports it decides itself.
    """
    with suppress(OSError, AttributeError):
        _glibc().mallopt(_M_ARENA_MAX, ARENAS)


def release_memory() -> None:
    """Return freed memory to the system: glibc keeps what opening a network took, 70 MB of an analysis' peak, and what
    the threads of many visits leave behind, 60 MB after a hundred of them.
    """
    with suppress(OSError, AttributeError):
        _glibc().malloc_trim(0)
