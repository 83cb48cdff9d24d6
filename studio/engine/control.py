"""The handle by which a command that runs is turned or stopped from another thread."""

from collections import deque

from studio.engine.interrupt import Interrupt
from studio.engine.messages import SequenceCommand


class Control:
    """The stop of one command, and what is asked of its sequences one by one.

    Attributes:
        stopped: Whether it is to end.
        commands: Appended to by one thread and emptied from the left by another, between two
            tokens.
    """

    def __init__(self, interrupt: Interrupt) -> None:
        self._interrupt = interrupt
        self.stopped = False
        self.commands: deque[SequenceCommand] = deque()

    def stop(self) -> None:
        """End the command, also inside `llama_decode`."""
        self.stopped = True
        self._interrupt.set()
