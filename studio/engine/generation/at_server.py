"""Sequences at a server: each text as a whole, at the same time; it knows what it has read."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.engine.generation.sequence import SequenceState
from studio.engine.messages import MOST_SEQUENCES
from studio.engine.server.context import ServerContext


class AtServer:
    """See `studio.engine.generation.evaluation.Evaluation`.

    Args:
        context: Asks the server.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self.at_once = min(MOST_SEQUENCES, context.slots)

    def begin(self) -> None:
        """See `Evaluation`: nothing is held."""

    def logits(self, sequences: Sequence[SequenceState]) -> list[NDArray[np.float32]] | None:
        """See `Evaluation`."""
        texts = [one.text_from(0) for one in sequences]
        if any(len(text) > self._context.size for text in texts):
            return None
        return self._context.each(texts, self._context.vocabulary_size)

    def hold(self, one: SequenceState) -> None:
        """See `Evaluation`: each text is asked for as a whole."""

    def drop(self, number: int) -> None:
        """See `Evaluation`: nothing is held."""
