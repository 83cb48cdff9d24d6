"""Timers that run once: what is asked for again before it is due waits from there on.

`studio.app.frame_clock` is the other kind: what is asked for again is one call with it.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def single_shot(parent: QObject, action: Callable[[], object], after_ms: int = 0) -> QTimer:
    """Return a stopped timer that calls `action` once, each time it was started.

    Args:
        parent: The Qt parent, with which the timer goes.
        action: What is called.
        after_ms: Milliseconds from `start`; 0 is the next turn of the event loop.
    """
    # Not by its keywords: PySide finds those with C's `toupper`, which under a Turkish locale makes
    # no I of an i.
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(after_ms)
    timer.timeout.connect(action)
    return timer
