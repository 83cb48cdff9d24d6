"""The collector of cycles: when it must not run.

It looks through all that there is whenever a quarter more has come: a document of 50,000 tokens
brought it to do so twelve times, a tenth of a second each, in which no thread runs. And it runs in
whichever thread makes the next object: where that is not Qt's own, an object of Qt's that is in a
cycle goes in a thread that is not its, and may take the process with it.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.RLock()  # a collection that begins within it may end another pause
_pauses = 0
_was_enabled = False


class CollectorPause:
    """Nothing is looked through, in any thread, from here to its end.

    The collector goes on in the main thread alone: where another one ends the last pause, it does
    at the next end of one in the main thread, be that the second of the same.
    """

    def __init__(self) -> None:
        global _pauses, _was_enabled
        self._is_over = False
        with _lock:
            _was_enabled |= gc.isenabled()
            gc.disable()
            _pauses += 1

    def end(self) -> None:
        """End it, in any thread."""
        global _pauses, _was_enabled
        with _lock:
            _pauses -= not self._is_over
            self._is_over = True
            is_main = threading.current_thread() is threading.main_thread()
            if is_main and not _pauses and _was_enabled:
                _was_enabled = False
                gc.enable()


@contextmanager
def collector_paused(*, keeps: bool = False) -> Iterator[None]:
    """Let nothing be looked through meanwhile, in any thread.

    Args:
        keeps: Whether what there is at the end is never to be looked through: it goes when nobody
            refers to it any more, as all does.
    """
    pause = CollectorPause()
    try:
        yield
        if keeps:
            gc.freeze()
    finally:
        pause.end()
