"""Larger pages for the memory of this process, where Linux gives them.

A decode reads all weights and much of the cache once, and then the token loop finds whatever it
needs out of every cache: most of what it costs is looking up pages of 4 KiB. With pages of 2 MiB
there are few to look up.
"""

import ctypes
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

_SETTINGS = Path("/sys/kernel/mm/transparent_hugepage")
_MAPS = Path("/proc/self/maps")

_PAGE = 2 << 20
"""Bytes. Some systems have others, of 32 or 512 MiB: too much to round up to."""
_AT_ONCE = 1 << 30
"""Bytes whose pages are exchanged here, which copies them: a third of a second at most. What lies
beyond is left to the kernel, which does it bit by bit."""

# From Linux's mman-common.h, the same on all processors that llama.cpp runs on.
_MADV_HUGEPAGE = 14
_MADV_COLLAPSE = 25


class Range(NamedTuple):
    """Addresses from `start` to before `end`."""

    start: int
    end: int


def ask_for_huge_pages(goes_on: Callable[[], bool] = lambda: True) -> int:
    """Have this process's memory held in pages of 2 MiB, as far as it is its own and in use.

    Costs a millisecond where all is so already, and a third of a second where other programs keep
    the processors busy. Whatever the kernel refuses stays as it is.

    Args:
        goes_on: Asked before each page; the others are left where it is false.

    Returns:
        How many bytes were asked for; 0 where the system has no such pages, or is set to give none.
    """
    if not _are_given():
        return 0
    try:
        maps = _MAPS.read_text()
    except OSError:
        return 0  # a process that may not be looked into may not look itself
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    asked = 0
    for start, end in ranges_of_whole_pages(maps):
        advise(start, end - start, _MADV_HUGEPAGE)
        asked += end - start
        if asked <= _AT_ONCE:
            # One by one, for the kernel gives up on the rest of a range where a page is refused.
            for page in range(start, end, _PAGE):
                if not goes_on():
                    return asked
                advise(page, _PAGE, _MADV_COLLAPSE)
    return asked


def _are_given() -> bool:
    if sys.platform != "linux":
        return False
    try:
        allowed = (_SETTINGS / "enabled").read_text()
        size = int((_SETTINGS / "hpage_pmd_size").read_text())
    except (OSError, ValueError):
        return False
    return "[never]" not in allowed and size == _PAGE


def ranges_of_whole_pages(maps: str) -> Iterator[Range]:
    """Give the ranges of a process's own memory, cut to whole pages of 2 MiB; smallest first.

    Args:
        maps: What Linux says in /proc/self/maps: a line a mapping, with its addresses, what may be
            done with it, and what it comes from (a file, or the heap, or nothing).
    """
    found = []
    for line in maps.splitlines():
        addresses, access, *_, inode, name = f"{line} ".split(" ", 5)
        if access != "rw-p" or inode != "0" or name.strip() not in ("", "[heap]"):
            continue
        first, _, last = addresses.partition("-")
        start, end = -(-int(first, 16) // _PAGE) * _PAGE, int(last, 16) // _PAGE * _PAGE
        if start < end:
            found.append(Range(start, end))
    yield from sorted(found, key=lambda range: range.end - range.start)
