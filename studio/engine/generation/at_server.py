"""Sequences at a server: each text as a whole, at the same time; it knows what it has read.

It sends the most likely tokens, and a draw counts where these decide it. Where they do not, more
are asked for, up to the whole vocabulary: so the tokens are those that the vocabulary gives. A
server that says no more than some draws where these do not settle all that could be drawn: whether
it does so never depends on u, so that each token comes as often as it should.

How many are asked for to begin with follows from what the last draws needed, since each token that
is sent costs time: measured on the starter model, of 49,152 tokens 200 take 9 ms, 1,000 take 12
and all take 220.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from studio.engine.context import Context
from studio.engine.generation.sequence import SequenceState
from studio.engine.generation.streamed import drawn_there
from studio.engine.messages import MOST_SEQUENCES
from studio.engine.server.served_context import FIRST, MORE, Place, ServedContext
from studio.sampling import Choice, LogitSketch, SamplerState, SamplingParams
from studio.sampling.sketches.truncated_logits import TruncatedLogits, deciding_temperature

_LOOKED_AT = 16
"""Draws."""
_QUESTION = 2_000
"""What a question costs beside the tokens that are sent, in tokens."""
_SEEDS = 2**31


class AtServer:
    """See `studio.engine.generation.evaluation.Evaluation`.

    Args:
        context: Asks the server.
    """

    def __init__(self, context: ServedContext) -> None:
        self._context = context
        self.at_once = min(MOST_SEQUENCES, context.at_once)
        self._needed: dict[int, deque[int]] = {}
        """How many tokens a sequence's last draws needed."""

    def begin(self) -> None:
        """See `Evaluation`: nothing is held."""

    def logits(self, sequences: Sequence[SequenceState]) -> list[ServedLogits] | None:
        """See `Evaluation`."""
        texts = [one.text_from(0) for one in sequences]
        if any(len(text) > self._context.size for text in texts):
            return None
        places = [
            Place(text, self._count(one), self._temperature(one.params))
            for one, text in zip(sequences, texts, strict=True)
        ]
        found = self._context.each(places)
        return [
            ServedLogits(self._context, place, known, self._needed[one.number])
            for one, place, known in zip(sequences, places, found, strict=True)
        ]

    def hold(self, one: SequenceState) -> None:
        """See `Evaluation`: each text is asked for as a whole."""

    def drop(self, number: int) -> None:
        """See `Evaluation`: nothing is held."""

    def end(self) -> None:
        """See `Evaluation`: nothing goes on."""

    def _temperature(self, params: SamplingParams) -> float:
        """The T at which the most likely tokens are weighed."""
        return deciding_temperature(params) if self._context.tempers else 1.0

    def _count(self, one: SequenceState) -> int:
        """How many tokens are asked for: with what the last draws would have cost least."""
        needed = self._needed.setdefault(one.number, deque(maxlen=_LOOKED_AT))
        most = self._context.most
        counts = [min(FIRST, most)]
        while counts[-1] < most:
            counts.append(min(MORE * counts[-1], most))
        return min(counts, key=lambda count: sum(_cost(count, need, most) for need in needed))


def _cost(count: int, need: int, most: int) -> int:
    """What a draw costs, in tokens that are sent.

    Args:
        count: How many are asked for at first.
        need: How many decide it.
        most: How many can be asked for.
    """
    cost = _QUESTION + count
    while count < min(need, most):
        count = min(MORE * count, most)
        cost += _QUESTION + count
    return cost


class ServedLogits:
    """What a server says of one place, and more of it where that does not decide a draw.

    Attributes:
        is_drawn_here: Whether `choose` draws, and no server.

    Args:
        context: Asks it.
        place: What was asked for.
        known: The most likely tokens.
        needed: Is given how many were needed.
    """

    def __init__(
        self,
        context: ServedContext,
        place: Place,
        known: TruncatedLogits,
        needed: deque[int],
    ) -> None:
        self.is_drawn_here = True
        self._context = context
        self._place = place
        self._known = known
        self._needed = needed

    def choose(
        self,
        params: SamplingParams,
        history: Sequence[int],
        u: float,
        top: int,
        state: SamplerState,
    ) -> Choice:
        """See `studio.sampling.choose`.

        Raises:
            EvaluationStopped: The interrupt was set.
            EngineError: The server does not answer, or has another model.
            LogitsError: What it says are no probabilities.
        """
        first = self._known.ids.size
        while (choice := self._decided(params, history, u, top, state)) is None:
            count = self._known.ids.size
            if count >= self._context.most:
                return self._drawn_there(params, history, u, top)
            (self._known,) = self._context.each([self._place._replace(best=MORE * count)])
            if self._known.ids.size <= count:
                return self._drawn_there(params, history, u, top)
        count = self._known.ids.size
        if self._place.temperature == params.temperature:
            self._needed.append(choice.rank + 1)  # what all others weigh was known
        else:  # fewer are tried again, little by little
            self._needed.append(count if count > first else count // 2)
        return choice

    def _decided(
        self,
        params: SamplingParams,
        history: Sequence[int],
        u: float,
        top: int,
        state: SamplerState,
    ) -> Choice | None:
        if self._context.knows_all or self._known.settles(params, history, state):
            return self._known.choose(params, history, u, top, state)
        return None

    def _drawn_there(
        self, params: SamplingParams, history: Sequence[int], u: float, top: int
    ) -> Choice:
        self.is_drawn_here = False
        seed = int(u * _SEEDS)  # the same each time
        self._known, token = self._context.drawn_there(self._place.text, params, history, seed)
        return drawn_there(self._known, token, top)

    def sketch(self, token: int) -> LogitSketch:
        """What stays of it.

        Args:
            token: The one that was drawn.
        """
        return self._context.sketch(self._known, token)


def behind_prompt(context: Context, text: Sequence[int], known: TruncatedLogits) -> ServedLogits:
    """What a sequence's first token is drawn from, where not all is known of it.

    Args:
        context: Has read the prompt.
        text: The prompt as it is read.
        known: What is known of what follows it.
    """
    assert isinstance(context, ServedContext), "any other knows all"
    return ServedLogits(context, Place(text, context.most), known, deque())
