"""The handle by which a command that runs is turned or stopped from another thread."""

from studio.engine.llama.interrupt import Interrupt
from studio.sampling import SamplingParams


class Control:
    """Live parameters and the stop of one command."""

    def __init__(self, interrupt: Interrupt, params: SamplingParams | None = None) -> None:
        self._interrupt = interrupt
        self.stopped = False
        self.params = params or SamplingParams()
        """In effect at the next token. A whole new value is set: one reference, no lock."""

    def stop(self) -> None:
        """End the command, also inside `llama_decode`."""
        self.stopped = True
        self._interrupt.set()
