"""Sequences that a server far away draws itself: their tokens come as it draws them.

What is recorded of a token is what is known of a text that was only read: no variate of ours drew
it, and nobody knows which one of the server's did.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from studio.engine.generation.sequence import SequenceState
from studio.engine.messages import MOST_SEQUENCES
from studio.engine.server.context import ServerContext
from studio.engine.server.stream import DrawnThere, ServerStream
from studio.engine.vocabulary import Vocabulary
from studio.sampling import NO_STATE, Choice, LogitSketch, SamplerState, SamplingParams
from studio.sampling.sketches.truncated_logits import TruncatedLogits

_SEEDS = 2**32


class _Going(NamedTuple):
    """A text that the server writes on."""

    stream: ServerStream
    text: list[int]


class Streamed:
    """See `studio.engine.generation.evaluation.Evaluation`.

    Args:
        context: Asks the server.
        vocabulary: The model's.
        ignore_eos: Whether no end is drawn.
    """

    def __init__(self, context: ServerContext, vocabulary: Vocabulary, *, ignore_eos: bool) -> None:
        self._context = context
        self._vocabulary = vocabulary
        self._ignore_eos = ignore_eos
        self.at_once = min(MOST_SEQUENCES, context.at_once)
        self._going: dict[int, _Going] = {}

    def begin(self) -> None:
        """See `Evaluation`: nothing is held."""

    def logits(self, sequences: Sequence[SequenceState]) -> list[StreamedLogits] | None:
        """See `Evaluation`: what the server has drawn in the next places."""
        texts = [one.text_from(0) for one in sequences]
        if any(len(text) > self._context.size for text in texts):
            return None
        # All begin before one is waited for.
        going = [self._going_on(one, text) for one, text in zip(sequences, texts, strict=True)]
        found = []
        for one, text, it in zip(sequences, texts, going, strict=True):
            drawn = it.stream.next()
            if drawn.token is not None:
                self._going[one.number] = it._replace(text=[*text, drawn.token.id])
            found.append(StreamedLogits(self._context, self._vocabulary, text, drawn))
        return found

    def hold(self, one: SequenceState) -> None:
        """See `Evaluation`: nothing is held."""

    def drop(self, number: int) -> None:
        """See `Evaluation`."""
        going = self._going.pop(number, None)
        if going:
            going.stream.close()

    def end(self) -> None:
        """See `Evaluation`."""
        for number in list(self._going):
            self.drop(number)

    def _going_on(self, one: SequenceState, text: list[int]) -> _Going:
        """The text that the server writes on, begun anew where it or its parameters changed."""
        going = self._going.get(one.number)
        if going is None or going.text != text or going.stream.params != one.params:
            self.drop(one.number)
            stream = self._context.stream(
                text,
                one.params,
                (one.seed + one.written) % _SEEDS,
                one.limit - one.written,
                ignore_eos=self._ignore_eos,
            )
            going = self._going[one.number] = _Going(stream, text)
        return going


class StreamedLogits:
    """What a server has drawn in one place.

    Attributes:
        is_drawn_here: Whether `choose` draws.

    Args:
        context: Asks it.
        vocabulary: The model's.
        text: What stands before the place, in tokens.
        drawn: What it sent.
    """

    is_drawn_here = False

    def __init__(
        self,
        context: ServerContext,
        vocabulary: Vocabulary,
        text: list[int],
        drawn: DrawnThere,
    ) -> None:
        self._context = context
        if drawn.token is not None:
            self._token = drawn.token.id
            self._known = context.known(drawn.likely, drawn.token)
            return
        # It ended with a token that it does not send: the likeliest of those that end a text.
        self._known = context.knowing(vocabulary.eos, text)
        ends = filter(vocabulary.ends_generation, self._known.ids.tolist())
        self._token = next(ends, int(self._known.ids[0]))

    def choose(
        self,
        _params: SamplingParams,
        _history: Sequence[int],
        _u: float,
        top: int,
        _state: SamplerState,
    ) -> Choice:
        """See `studio.sampling.choose`: the token that the server drew."""
        return drawn_there(self._known, self._token, top)

    def sketch(self, token: int) -> LogitSketch:
        """What stays of it.

        Args:
            token: The one that was drawn.
        """
        return self._context.sketch(self._known, token)


def drawn_there(known: TruncatedLogits, token: int, top: int) -> Choice:
    """A token that a server drew, as if at T 1 without samplers: what these left it does not say.

    Args:
        known: What it says of the place.
        token: The token, of which that says something.
        top: How many of the likeliest are reported.
    """
    weights: list[float] = np.exp(known.logits).tolist()
    if known.beside is not None and known.beside[0] == token:
        rank, drawn = len(weights), float(np.exp(known.beside[1]))
    else:
        rank = int(np.flatnonzero(known.ids == token)[0])
        drawn = weights[rank]
    entropy = known.sketch().entropy(1.0)
    best = min(top, len(weights))
    return Choice(
        token,
        rank,
        0,
        None,
        None,
        NO_STATE,
        drawn,
        1.0,
        -entropy,
        known.ids,
        weights,
        best,
        known.logits[:2],
    )
