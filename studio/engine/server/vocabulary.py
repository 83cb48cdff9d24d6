"""The vocabulary of a model at a server: asked for once, and then known here."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Sequence

from studio.engine.messages import EngineError
from studio.engine.server.answers import (
    Completion,
    Content,
    Properties,
    SpelledCompletion,
    Tokens,
)
from studio.engine.server.lines import Lines, Question
from studio.engine.vocabulary import Vocabulary

ALL = 2**20
"""More tokens than any vocabulary has."""
_BIAS = 1_000.0
_LATE_SEED = 1
"""With it the server's first variate is .997, and falls on one of the last tokens by id: those are
whole words, where parts of characters stand among the first."""


class ServerVocabulary(Vocabulary):
    """The vocabulary; valid as long as the server has the model.

    What a token spells comes with its probability: all tokens are asked for once. Whether a
    control token ends a text is seen by what is left when the server is to ignore those that do.

    Args:
        lines: To the server.
        properties: What it says of itself.
        name: The model's.

    Raises:
        EvaluationStopped: The interrupt was set.
        EngineError: The server does not answer, or not as a llama-server does.
    """

    def __init__(self, lines: Lines, properties: Properties, name: str) -> None:
        self._lines = lines
        start = self._asked("a", add_special=True)
        bare = self._asked("a")
        if not bare or len(start) < len(bare):
            raise EngineError("server", lines.misread())
        self.drawn = bare[0]
        """A token that is whole characters: see `one_token`."""
        self._spelled = self._all_spelled(bare)
        self.size = len(self._spelled)
        self.adds_bos = len(start) > len(bare) and start[1 : len(bare) + 1] == bare
        bos = start[:1] if self.adds_bos else self._marker(properties.bos_token)
        eos = self._marker(properties.eos_token)
        self.bos = bos[0] if bos else None
        self.eos = eos[0] if eos else None
        self.fill = None  # the server names none
        self._names: dict[int, bytes] = {}
        digest = hashlib.blake2b(b"\0".join(self._spelled), digest_size=6).hexdigest()
        super().__init__(f"{digest} {name[:100]}")
        self._control = self._ending(bare)

    def tokenize_bytes(self, raw: bytes) -> list[int]:
        """See `Vocabulary`; of a character that is incomplete no token is found."""
        return self._asked(raw.decode("utf-8", errors="replace")) if raw else []

    def text(self, token: int) -> bytes:
        """See `Vocabulary`."""
        return self._spelled[token]

    def name(self, token: int) -> bytes:
        """See `Vocabulary`."""
        return self._spelled[token] or self._name(token)

    def ends_generation(self, token: int) -> bool:
        """See `Vocabulary`."""
        return self._control.get(token, False)

    @functools.cache  # noqa: B019  # a few control tokens of a template, as long as the model
    def strips_space(self, token: int) -> tuple[bool, bool]:
        """See `Vocabulary`."""
        name = self.name(token).decode("utf-8", errors="replace")
        alone = [token]
        return (
            self._asked(f" {name}", parse_special=True) == alone,
            self._asked(f"{name} ", parse_special=True) == alone,
        )

    def _all_texts(self) -> Iterable[bytes]:
        return self._spelled

    @property
    def control(self) -> dict[int, bool]:
        """See `Vocabulary`."""
        return self._control

    def _asked(
        self, text: str, *, add_special: bool = False, parse_special: bool = False
    ) -> list[int]:
        body = {"content": text, "add_special": add_special, "parse_special": parse_special}
        return self._lines.ask(Question("/tokenize", body), Tokens).tokens

    def _marker(self, name: str) -> list[int]:
        """The token of that name, if it is one."""
        found = self._asked(name, parse_special=True) if name else []
        return found if len(found) == 1 else []

    def _name(self, token: int) -> bytes:
        if token not in self._names:
            asked = Question("/detokenize", {"tokens": [token]})
            self._names[token] = self._lines.ask(asked, Content).content.encode("utf-8", "replace")
        return self._names[token]

    def _all_spelled(self, prompt: Sequence[int]) -> list[bytes]:
        body = one_token(prompt, ALL, self.drawn)
        found = self._lines.ask(Question("/completion", body), SpelledCompletion)
        tokens = found.completion_probabilities[0].top_logprobs
        spelled = {token.id: bytes(token.bytes) for token in tokens}
        if not spelled or len(spelled) != len(tokens) or max(spelled) != len(spelled) - 1:
            raise EngineError("server", self._lines.misread())
        return [spelled[token] for token in range(len(spelled))]

    def _ending(self, prompt: Sequence[int]) -> dict[int, bool]:
        """Of each token that spells nothing, whether it ends a text."""
        silent = [token for token, text in enumerate(self._spelled) if not text]
        if not silent:
            return {}
        body = one_tempered(prompt, self.size, 1.0) | {
            "ignore_eos": True,
            "logit_bias": [[token, _BIAS] for token in (*silent, self.drawn)],
        }
        found = self._lines.ask(Question("/completion", body), Completion)
        left = {it.id for it in found.place.top_probs if it.prob > 0.0}
        return {token: token not in left for token in silent}


def one_token(prompt: Sequence[int], best: int, drawn: int) -> dict[str, object]:
    """What is asked for one more token, and the most likely ones in its place.

    Args:
        prompt: The tokens before it.
        best: How many of the most likely.
        drawn: The one that the server is to draw, which is not looked at: were it part of a
            character, or one that ends a text, some versions would fail.
    """
    return {
        "prompt": list(prompt),
        "n_predict": 1,
        "n_probs": best,
        "cache_prompt": True,
        "temperature": 0.0,
        "logit_bias": [[drawn, _BIAS]],
        "stream": False,
        "response_fields": ["completion_probabilities", "timings", "model"],
    }


def one_tempered(prompt: Sequence[int], best: int, temperature: float) -> dict[str, object]:
    """The same with probabilities at T, which a server says of what it draws from itself.

    No bias may stand in the way then. So it may draw part of a character: some versions say nothing
    of that, others fail.

    Args:
        prompt: The tokens before it.
        best: How many of the most likely.
        temperature: T.
    """
    return {
        "prompt": list(prompt),
        "n_predict": 1,
        "n_probs": best,
        "cache_prompt": True,
        "post_sampling_probs": True,
        "samplers": ["temperature"],
        "temperature": temperature,
        "dynatemp_range": 0.0,
        "mirostat": 0,
        "ignore_eos": False,
        "logit_bias": [],
        "seed": _LATE_SEED,
        "stream": False,
        "response_fields": ["completion_probabilities", "timings", "model"],
    }
