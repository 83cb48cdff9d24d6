"""Threads whose work can wait."""

import contextlib
import os
import sys
import threading

_NICE = 10
"""About a tenth of a processor beside a thread that wants all of it, which comes within some 30 ms.
With less (SCHED_IDLE) a thread that holds Python's lock may get no processor while llama.cpp
writes, and all others of its process wait for it: 0.8 s were seen."""


def lower_priority() -> None:
    """Have the calling thread run after others, where the system has a priority for each thread."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICE)
