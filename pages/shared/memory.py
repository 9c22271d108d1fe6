"""How the C library keeps freed memory; only glibc, so most Linux systems, is spoken to here."""

import ctypes
from contextlib import suppress

# Each of many threads would else fill arenas of its own, up to eight for each core, with what page
# runs leave behind: with fifty visitors on 2 cores, 1.8 GB instead of 1.3 (docs/load.md).
MAX_ARENAS = 2
_M_ARENA_MAX = -8  # of glibc's malloc.h


def share_arenas() -> None:
    """Let all threads share a few arenas, those that exist and those to come."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, MAX_ARENAS)


def give_memory_back() -> None:
    """Hand what was freed back to the system, which the C library keeps for itself otherwise."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
