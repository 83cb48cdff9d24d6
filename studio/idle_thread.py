"""Threads whose work can wait."""

import contextlib
import os


def run_when_idle() -> None:
    """Have the calling thread run only while nothing else wants its processor (SCHED_IDLE).

    Where the system knows no such thing, or refuses it, the thread goes on as it was.
    """
    if hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # 0: this thread alone
