"""The collector of cycles, where many objects are made that are in none.

It looks through all that there is whenever a quarter more has come: a document of 50,000 tokens
brought it to do so twelve times, a tenth of a second each, in which no thread runs.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused(*, keeps: bool = False) -> Iterator[None]:
    """Let nothing be looked through meanwhile, in any thread.

    Args:
        keeps: Whether what there is at the end is never to be looked through: it goes when nobody
            refers to it any more, as all does.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        if keeps:
            gc.freeze()
    finally:
        if was_enabled:
            gc.enable()
