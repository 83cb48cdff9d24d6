"""The logits after texts, from a server, which reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.engine.context import Progress
from studio.engine.messages import EngineError
from studio.engine.server.answers import Completion
from studio.engine.server.lines import Question
from studio.engine.server.model import ServerModel
from studio.engine.server.vocabulary import one_token
from studio.translation import tr

_LEAST_LOGIT = -104.0
"""Of a token whose probability is less than a float has room for, the server says nothing else."""
_KEPT = 8
"""Rows of whole vocabularies."""
_LONG = 128
"""Tokens: more are shown as they are read."""

Logits = NDArray[np.float32]


class ServerContext:
    """Logits from a server, for what is asked of `studio.engine.context.Context`.

    They are logarithms of probabilities, of the whole vocabulary. What is read of a text stays in
    the server's slots, of which it chooses the one that has most of it.

    Args:
        model: The model there.
    """

    shared_cells = None
    knows_zero = False

    def __init__(self, model: ServerModel) -> None:
        self.size = model.context_size
        self.slots = model.slots
        self.vocabulary_size = model.vocabulary.size
        self._model = model
        self._tokens: list[int] = []
        self._rows: dict[tuple[int, ...], Logits] = {}
        """By what stands before, the last asked for last."""

    def evaluate(
        self, tokens: Sequence[int], progress: Progress | None = None, wanted: int = 1
    ) -> int:
        """See `Context`: where no logits are wanted, nothing is asked."""
        tokens = list(tokens)
        pairs = zip(tokens, self._tokens, strict=False)
        different = (place for place, (new, old) in enumerate(pairs) if new != old)
        reused = next(different, min(len(tokens), len(self._tokens)))
        missing = [
            back for back in reversed(range(wanted)) if self._key(tokens, back) not in self._rows
        ]
        if missing and progress and len(tokens) - reused > _LONG:
            progress(0, len(tokens) - reused)
        for back in missing:
            self._read(tokens[: len(tokens) - back])
        self._tokens = tokens
        return reused

    look_inside = evaluate

    def logits(self, back: int = 0) -> Logits:
        """See `Context`."""
        return self._rows[self._key(self._tokens, back)]

    def peek(self, tokens: Sequence[int], wanted: int) -> list[Logits]:
        """See `Context`: not here, since each costs a whole vocabulary over the network."""
        return []

    def read(
        self,
        tokens: Sequence[int],
        first: int,
        visit: Callable[[int, NDArray[np.float32]], None],
        progress: Progress,
    ) -> int:
        """See `Context`: not here.

        Raises:
            EngineError: always.
        """
        raise EngineError(
            "server",
            tr(
                "A server does not say how likely a text is that stands there already. Open a "
                "model on this machine for that."
            ),
        )

    def each(self, texts: Sequence[Sequence[int]], best: int) -> list[Logits]:
        """The logits after some texts, which the server reads at the same time.

        Args:
            texts: Token ids.
            best: How many of the most likely tokens are asked for.

        Raises:
            EvaluationStopped: The interrupt was set.
            EngineError: The server does not answer, or has another model.
        """
        drawn = self._model.vocabulary.drawn
        questions = [Question("/completion", one_token(text, best, drawn)) for text in texts]
        answers = self._model.lines.ask_each(questions, Completion)
        self._model.check_unchanged()
        return [self._row(answer) for answer in answers]

    def drop_sequences(self) -> None:
        """See `Context`: the server drops what has no room."""

    def keep_prompt(self) -> None:
        """See `Context`: what a server has read, it keeps itself."""

    def close(self) -> None:
        """See `Context`: there is nothing of it here."""

    @staticmethod
    def _key(tokens: list[int], back: int) -> tuple[int, ...]:
        return tuple(tokens[: len(tokens) - back])

    def _read(self, tokens: list[int]) -> None:
        (row,) = self.each([tokens], self.vocabulary_size)
        while len(self._rows) >= _KEPT:
            del self._rows[next(iter(self._rows))]
        self._rows[tuple(tokens)] = row

    def _row(self, answer: Completion) -> Logits:
        likely = answer.completion_probabilities[0].top_logprobs
        row = np.full(self.vocabulary_size, np.nan, dtype=np.float32)
        ids = np.array([token.id for token in likely], dtype=np.int64)
        if not ids.size or ids.max() >= row.size:
            raise EngineError("server", self._model.lines.no_llama_server())
        row[ids] = [max(_LEAST_LOGIT, min(token.logprob, 0.0)) for token in likely]
        return row
