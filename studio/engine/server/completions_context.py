"""The logits after texts from a server of OpenAI's protocol that takes ids and names ids, as vLLM.

It says the most likely tokens of a place, as many as it was started to say (`--max-logprobs`, 20
unless another number is given). Where these are fewer than a draw needs, whatever u is, the server
draws: see `TruncatedLogits.settles`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from studio.engine.context import KnownLogits, Progress
from studio.engine.messages import MOST_SEQUENCES, EngineError
from studio.engine.server.asking import ServerError
from studio.engine.server.capabilities import ALL, Capabilities
from studio.engine.server.completions import Candidate, Choice, Step, read_completion
from studio.engine.server.lines import Lines, Question
from studio.engine.server.requests import check_model, sampling_of
from studio.engine.server.served_context import FIRST, Place, ServedContext
from studio.engine.server.spelled_vocabulary import SpelledVocabulary
from studio.sampling import SamplingParams, active_steps
from studio.sampling.logits.penalties import losses, recent
from studio.sampling.sketches.truncated_logits import TruncatedLogits

_ROUNDING = 1e-4
"""By how much a server's probabilities may be off beside 1."""
_READ = 50
"""Of the most likely tokens of each place of a text that is read: all come in one answer."""
_LEAST_BIAS = -100.0


class CompletionsContext(ServedContext):
    """What such a server says of texts: see `ServedContext`.

    Args:
        lines: To the server.
        can: What it can do.
        vocabulary: How its ids are spelled.
        size: How many tokens a text may have.
    """

    def __init__(
        self, lines: Lines, can: Capabilities, vocabulary: SpelledVocabulary, size: int
    ) -> None:
        found = can.logprobs.value
        most = found if isinstance(found, int) and found != ALL else vocabulary.size
        super().__init__(size, vocabulary.size, most, MOST_SEQUENCES)
        self._lines = lines
        self._can = can
        self._vocabulary = vocabulary

    def each(self, places: Sequence[Place]) -> list[TruncatedLogits]:
        """See `ServedContext`: whatever T is asked for, it weighs at T 1."""
        counts = [min(place.best, self.most) for place in places]
        bodies = [
            self._body(place.text, count) | {"max_tokens": 1, "temperature": 0.0}
            for place, count in zip(places, counts, strict=True)
        ]
        return [
            self._known(_first_step(answer, self._lines), count)
            for answer, count in zip(self._asked(bodies), counts, strict=True)
        ]

    def drawn_there(
        self,
        text: Sequence[int],
        params: SamplingParams,
        history: Sequence[int],
        seed: int,
    ) -> tuple[TruncatedLogits, int]:
        """See `ServedContext`."""
        count = min(FIRST, self.most)
        plain = structs.replace(
            params,
            seed=seed,
            frequency_penalty=0.0,
            presence_penalty=0.0,
            logit_bias=(),
            logit_bias_vocabulary="",
        )
        try:
            body = self._body(text, count) | sampling_of(plain, self._can)
        except ServerError as error:
            raise EngineError("server", str(error)) from None
        biases = _biases(params, history)
        if biases:
            body["logit_bias"] = biases
        (choice,) = self._asked([body | {"max_tokens": 1, "return_token_ids": True}])
        step = _first_step(choice, self._lines)
        token = step.token.id
        if token is None or token >= self.vocabulary_size:
            raise EngineError("server", self._lines.misread())
        return self._known(step, count), token

    def read(
        self,
        tokens: Sequence[int],
        first: int,
        visit: Callable[[int, KnownLogits], None],
        progress: Progress,
    ) -> int:
        """See `Context`: one question, which the server answers with all of the text's tokens."""
        tokens = list(tokens)
        progress(0, len(tokens) - first)
        count = min(_READ, self.most)
        body = self._body(tokens, count) | {
            "max_tokens": 1,
            "temperature": 0.0,
            "prompt_logprobs": count,
        }
        (choice,) = self._asked([body])
        for index in range(first, len(tokens) - 1):
            place = choice.prompt[index + 1] if index + 1 < len(choice.prompt) else None
            token = tokens[index + 1]
            if place is None or token not in place:
                raise EngineError("server", self._lines.misread())
            top = tuple(Candidate("", one, value) for one, value in place.items())
            visit(index, self._known(Step(Candidate("", token, place[token]), top), count))
        self._tokens = tokens
        visit(len(tokens) - 1, self._known(_first_step(choice, self._lines), count))
        return first

    def _row(self, text: list[int]) -> KnownLogits:
        (known,) = self.each([Place(text, self.most)])
        if known.tail is not None:
            return known
        row: NDArray[np.float32] = np.full(self.vocabulary_size, -np.inf, dtype=np.float32)
        row[known.ids] = known.logits
        return row

    def _body(self, text: Sequence[int], count: int) -> dict[str, object]:
        body: dict[str, object] = {"model": self._can.model} if self._can.model else {}
        return body | {
            "prompt": list(text),
            "logprobs": ALL if count >= self.vocabulary_size else count,
            "return_tokens_as_token_ids": True,
        }

    def _asked(self, bodies: Sequence[dict[str, object]]) -> list[Choice]:
        questions = [Question("/v1/completions", body) for body in bodies]
        answers = self._lines.ask_each(questions, object)
        try:
            found = [read_completion(answer, self._lines.address) for answer in answers]
            for completion in found:
                check_model(completion, self._can)
        except ServerError as error:
            raise EngineError("server", str(error)) from None
        if not all(completion.choices for completion in found):
            raise EngineError("server", self._lines.misread())
        return [completion.choices[0] for completion in found]

    def _known(self, step: Step, count: int) -> TruncatedLogits:
        """What a server says of a place.

        Args:
            step: It, and the token that stands there.
            count: How many of the most likely were asked for.
        """
        found = {
            one.id: one.logprob
            for one in step.top
            if one.id is not None and one.logprob is not None
        }
        own = step.token
        beside = None
        if own.id is not None and own.logprob is not None:
            beside = own.id, own.logprob
            # One more than asked for is the token that stands there.
            if len(found) > count:
                found.pop(own.id, None)
        if not found or max(found) >= self.vocabulary_size:
            raise EngineError("server", self._lines.misread())
        return TruncatedLogits(
            list(found),
            list(found.values()),
            self.vocabulary_size,
            rounding=_ROUNDING,
            beside=beside,
        )


def _first_step(choice: Choice, lines: Lines) -> Step:
    if not choice.steps or not choice.steps[0].top:
        raise EngineError("server", lines.misread())
    return choice.steps[0]


def _biases(params: SamplingParams, history: Sequence[int]) -> dict[str, float]:
    """Biases, and the penalties that a server would give what it wrote itself alone.

    Args:
        params: The parameters.
        history: The text so far.
    """
    biases = dict[int, float]()
    if "penalties" in active_steps(params):
        tokens = recent(history, params.repeat_last_n)
        biases |= losses(tokens, params.frequency_penalty, params.presence_penalty)
    for token, bias in params.biases:
        biases[token] = biases.get(token, 0.0) + bias
    return {str(token): max(bias, _LEAST_BIAS) for token, bias in biases.items()}
