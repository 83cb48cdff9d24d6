"""Timers that run once: asked for again before it is due, a call waits from then on.

`studio.app.frame_clock` is the other kind: it makes one call of all that are asked for in a frame.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def single_shot(parent: QObject, action: Callable[[], object], after_ms: int = 0) -> QTimer:
    """Return a stopped timer that calls `action` once, each time it was started.

    Args:
        parent: The Qt parent; the timer is deleted with it.
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
