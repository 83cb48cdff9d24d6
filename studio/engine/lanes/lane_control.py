"""The handle by which a comparison that runs is turned or stopped from another thread.

Knows nothing of pipes or queues (`inbox` has those) or of how lanes run.
"""

from collections import deque

from studio.engine.lane_messages import LaneCommand
from studio.engine.llama.interrupt import Interrupt
from studio.engine.writing.control import Control


class LaneControl(Control):
    """The stop of a comparison, and what is asked of its lanes one by one."""

    def __init__(self, interrupt: Interrupt) -> None:
        super().__init__(interrupt)
        self.orders: deque[LaneCommand] = deque()
        """Appended to by one thread and emptied from the left by another, between two tokens."""
