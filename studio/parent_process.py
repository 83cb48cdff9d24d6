"""The process that started this one: without it this one has no purpose."""

import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have the system end this process when the one that started it is gone, however it went.

    Linux does so even where this process is stopped, or stuck in a library. Elsewhere a process
    of ours ends when its input does, as it does here too where the parent went before this call.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
