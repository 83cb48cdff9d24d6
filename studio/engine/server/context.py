"""The logits after texts, from a llama-server, which reads them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.engine.context import KnownLogits, Progress
from studio.engine.messages import EngineError
from studio.engine.server.answers import Completion, Likely
from studio.engine.server.lines import Question
from studio.engine.server.model import ServerModel
from studio.engine.server.served_context import FIRST, MORE, Place, ServedContext
from studio.engine.server.stream import ServerStream
from studio.engine.server.vocabulary import one_tempered, one_token
from studio.sampling import LogitSketch, SamplingParams
from studio.sampling.sketches.truncated_logits import TruncatedLogits
from studio.translation import tr

_LEAST_LOGIT = -104.0
_ROUNDING = 1e-5
"""By how much a sum of probabilities may be off where a token is drawn: nearer than that to the
border between two, arithmetic decides, as between any two ways to sum."""
_ROUNDING_TEMPERED = 1e-6
"""The same where the server weighs at T, and sums in double precision."""
_SHOWN, _WHOLE_AT_END = 16, 6
"""Tokens of a text that is read between news of it; and at its end, where all tokens are asked for,
since they may be taken back (`writing.healing`)."""


class ServerContext(ServedContext):
    """What a llama-server says of texts: see `ServedContext`.

    It says the whole vocabulary behind a prompt, and the most likely tokens behind each that is
    written (`each`). What is read of a text stays in its slots, of which it chooses the one that
    has most of it.

    Args:
        model: The model there.
    """

    tempers = True

    def __init__(self, model: ServerModel) -> None:
        size = model.vocabulary.size
        super().__init__(model.context_size, size, size, model.slots)
        self.is_far = self.takes_repeat_penalty = model.is_far  # it draws, from its own logits
        self._model = model
        self._excess = 0.0
        """What the server's probabilities added up to beside 1 the last time that all were known:
        it sums in single precision."""
        self._tempered_excess: float | None = None
        """The same of those at another T, which newer versions sum in double precision."""

    def read(
        self,
        tokens: Sequence[int],
        first: int,
        visit: Callable[[int, KnownLogits], None],
        progress: Progress,
    ) -> int:
        """See `Context`: a question for each token."""
        tokens = list(tokens)
        for index in range(first, len(tokens)):
            if (index - first) % _SHOWN == 0:
                progress(index - first, len(tokens) - first)
            text = tokens[: index + 1]
            if index + _WHOLE_AT_END >= len(tokens):
                self.evaluate(text)
                visit(index, self.logits())
            else:
                visit(index, self._wider(self.knowing(tokens[index + 1], text)))
        return first

    def knowing(self, token: int | None, text: list[int]) -> TruncatedLogits:
        """The most likely tokens after a text, so many that a token is among them.

        Args:
            token: It; None where any will do.
            text: What stands before.
        """
        count = FIRST
        while True:
            (known,) = self.each([Place(text, count)])
            if token is None or token in known.ids or known.tail is None or known.ids.size < count:
                return known
            count *= MORE

    def each(self, places: Sequence[Place]) -> list[TruncatedLogits]:
        """See `ServedContext`.

        At another T than 1 it draws itself. Where that is part of a character, it says nothing, or
        fails, and they are those at T 1.
        """
        asked = dict(enumerate(places))
        answers: dict[int, Completion] = {}
        try:
            answers |= zip(asked, self._answers(places), strict=True)
        except EngineError:
            if all(place.temperature == 1.0 for place in places):
                raise
        missing = {
            number: place._replace(temperature=1.0)
            for number, place in asked.items()
            if number not in answers
            or (place.temperature != 1.0 and not answers[number].place.top_probs)
        }
        if missing:
            asked |= missing
            answers |= zip(missing, self._answers(list(missing.values())), strict=True)
        return [self._truncated(asked[number], answers[number]) for number in asked]

    def _truncated(self, place: Place, answer: Completion) -> TruncatedLogits:
        if place.temperature == 1.0:
            ids, logs = self._likely(answer)
            logs -= math.log1p(self._excess)
            return TruncatedLogits(ids, logs, self.vocabulary_size, rounding=_ROUNDING)
        shaped = answer.place.top_probs
        ids = self._checked([token.id for token in shaped])
        shares = [token.prob for token in shaped]
        if len(shares) == self.vocabulary_size:
            self._tempered_excess = math.fsum(shares) - 1.0
        if self._tempered_excess is None:  # perhaps a version that sums these as roughly
            rounding = abs(self._excess) + _ROUNDING
        else:
            rounding = abs(self._tempered_excess) + _ROUNDING_TEMPERED
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(shares)
        return TruncatedLogits(
            ids, logs, self.vocabulary_size, temperature=place.temperature, rounding=rounding
        )

    def sketch(self, known: TruncatedLogits, token: int) -> LogitSketch:
        """See `ServedContext`: with bounds of what the server's own sum may be off by."""
        return self._wider(known).sketch(token)

    def drawn_there(
        self,
        text: Sequence[int],
        params: SamplingParams,
        history: Sequence[int],
        seed: int,
    ) -> tuple[TruncatedLogits, int]:
        """See `ServedContext`: it says all that there is, and never has to."""
        words = tr("These settings need more than a server says. Change them to go on.")
        raise EngineError("server", words)

    def _wider(self, known: TruncatedLogits) -> TruncatedLogits:
        if known.tail is None or known.tail.beta != 1.0:
            return known
        rounding = abs(self._excess) + _ROUNDING
        return TruncatedLogits(
            known.ids, known.logits, known.size, rounding=rounding, beside=known.beside
        )

    def stream(
        self,
        text: Sequence[int],
        params: SamplingParams,
        seed: int,
        most: int,
        *,
        ignore_eos: bool,
    ) -> ServerStream:
        """Have the server write a text on.

        Args:
            text: Token ids.
            params: How tokens are drawn.
            seed: What they are drawn with.
            most: How many at most.
            ignore_eos: Whether no end is drawn.

        Raises:
            EngineError: It has another model.
        """
        lines = self._model.lines
        self._model.ask_again()
        return ServerStream(
            lines.address,
            lines.key,
            lines.interrupt,
            text,
            params,
            seed,
            most,
            ignore_eos=ignore_eos,
        )

    def known(self, likely: Sequence[Likely], drawn: Likely) -> TruncatedLogits:
        """What is known of a place.

        Args:
            likely: Its likeliest tokens.
            drawn: The one that the server drew.

        Raises:
            LogitsError: They are no probabilities.
        """
        ids = [token.id for token in likely]
        logs = np.clip([token.logprob for token in likely], _LEAST_LOGIT, 0.0)
        excess = math.log1p(self._excess)
        return TruncatedLogits(
            ids,
            logs - excess,
            self.vocabulary_size,
            rounding=_ROUNDING,
            beside=(drawn.id, max(min(drawn.logprob, 0.0), _LEAST_LOGIT) - excess),
        )

    def _answers(self, places: Sequence[Place]) -> list[Completion]:
        drawn = self._model.vocabulary.drawn
        questions = [
            one_token(text, best, drawn)
            if temperature == 1.0
            else one_tempered(text, best, temperature)
            for text, best, temperature in places
        ]
        answers = self._model.lines.ask_each(
            [Question("/completion", question) for question in questions], Completion
        )
        self._model.check_unchanged()
        return answers

    def _likely(self, answer: Completion) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Tokens, and the logarithms of their probabilities."""
        likely = answer.place.top_logprobs
        ids = self._checked([token.id for token in likely])
        # Of what is less than a float has room for, it says nothing else.
        return ids, np.clip([token.logprob for token in likely], _LEAST_LOGIT, 0.0)

    def _checked(self, tokens: list[int]) -> NDArray[np.int64]:
        ids = np.array(tokens, dtype=np.int64)
        if not ids.size or ids.max() >= self.vocabulary_size:
            raise EngineError("server", self._model.lines.misread())
        return ids

    def _row(self, text: list[int]) -> NDArray[np.float32]:
        (answer,) = self._answers([Place(text, self.vocabulary_size)])
        ids, logs = self._likely(answer)
        if np.unique(ids).size != self.vocabulary_size:
            raise EngineError("server", self._model.lines.misread())
        row = np.empty(self.vocabulary_size, dtype=np.float32)
        row[ids] = logs
        self._excess = math.fsum(np.exp(logs).tolist()) - 1.0
        return row
