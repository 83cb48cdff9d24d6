"""Commands that wait because the pipe to the engine is full: a bounded number of them.

The window asks whenever the writer pauses, and sends the whole text: with an engine that has
stopped reading all of that would pile up here.
"""

from collections import deque
from collections.abc import Hashable

from studio.engine.messages import AnyCommand, ChangeSequence, PreviewNextToken, Score


class Outbox:
    """A queue in which a newer command takes the place of one that it makes needless."""

    def __init__(self) -> None:
        self._waiting: deque[AnyCommand] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, command: AnyCommand) -> AnyCommand | None:
        """Add a command at the end; returns the one that gave way to it, if any."""
        purpose = _purpose(command)
        gave_way = None
        if purpose is not None:
            gave_way = next((one for one in self._waiting if _purpose(one) == purpose), None)
            # By identity: two long texts are not compared.
            self._waiting = deque(one for one in self._waiting if one is not gave_way)
        self._waiting.append(command)
        return gave_way

    def pop(self) -> AnyCommand:
        """Remove the first command."""
        return self._waiting.popleft()


def _purpose(command: AnyCommand) -> Hashable | None:
    """The key under which only the newest command counts; None where each one does."""
    match command:
        case PreviewNextToken() | Score():
            return type(command)
        case ChangeSequence():
            return ChangeSequence, command.request, command.sequence
    return None
