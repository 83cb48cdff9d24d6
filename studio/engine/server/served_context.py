"""The logits after texts, from whatever server reads them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple

from studio.engine.context import KnownLogits, Progress
from studio.sampling import LogitSketch, SamplingParams
from studio.sampling.sketches.truncated_logits import TruncatedLogits

FIRST, MORE = 1_000, 4
"""How many of the most likely tokens are asked for, and how many times as many where these do not
do."""
_KEPT = 8
"""Places of which is kept what may follow."""
_LONG = 128
"""Tokens: more are shown as they are read."""


class Place(NamedTuple):
    """A place of which the most likely tokens are asked for.

    Attributes:
        text: The tokens before it.
        best: How many.
        temperature: The T at which they are weighed, where the server does that.
    """

    text: Sequence[int]
    best: int
    temperature: float = 1.0


class ServedContext(ABC):
    """What a server says of texts, for what is asked of `studio.engine.context.Context`.

    Its logits are logarithms of probabilities. What is read of a text stays at the server, which
    is given the whole text each time.

    Attributes:
        vocabulary_size: How many tokens there are.
        most: Of how many of a place's most likely tokens it says them.
        at_once: How many texts it reads at the same time.

    Args:
        size: How many tokens a text may have.
        vocabulary_size: How many tokens there are.
        most: Of how many of the most likely it says what they have.
        at_once: How many texts it reads at the same time.
    """

    shared_cells = None
    knows_zero = takes_repeat_penalty = False
    tempers = False
    """Whether it weighs a place at the T that is asked for, and not at 1."""

    def __init__(self, size: int, vocabulary_size: int, most: int, at_once: int) -> None:
        self.size = size
        self.vocabulary_size = vocabulary_size
        self.most = min(most, vocabulary_size)
        self.at_once = at_once
        self._tokens: list[int] = []
        self._rows: dict[tuple[int, ...], KnownLogits] = {}
        """By what stands before, the last asked for last."""

    @property
    def knows_all(self) -> bool:
        """See `Context`."""
        return self.most >= self.vocabulary_size

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
            text = tokens[: len(tokens) - back]
            row = self._row(text)
            while len(self._rows) >= _KEPT:
                del self._rows[next(iter(self._rows))]
            self._rows[tuple(text)] = row
        self._tokens = tokens
        return reused

    look_inside = evaluate

    def logits(self, back: int = 0) -> KnownLogits:
        """See `Context`."""
        return self._rows[self._key(self._tokens, back)]

    def peek(self, tokens: Sequence[int], wanted: int) -> list[KnownLogits]:
        """See `Context`: not here, since each costs a whole vocabulary over the network."""
        return []

    @abstractmethod
    def read(
        self,
        tokens: Sequence[int],
        first: int,
        visit: Callable[[int, KnownLogits], None],
        progress: Progress,
    ) -> int:
        """See `Context`."""

    @abstractmethod
    def each(self, places: Sequence[Place]) -> list[TruncatedLogits]:
        """The most likely tokens of some places, whose texts the server reads at the same time.

        Args:
            places: The places.

        Raises:
            EvaluationStopped: The interrupt was set.
            EngineError: The server does not answer, or has another model.
            LogitsError: What it says are no probabilities.
        """

    @abstractmethod
    def drawn_there(
        self,
        text: Sequence[int],
        params: SamplingParams,
        history: Sequence[int],
        seed: int,
    ) -> tuple[TruncatedLogits, int]:
        """What the server says of a place, and the token that it draws there.

        Asked for where it does not say enough for a draw here.

        Args:
            text: What stands before.
            params: How it draws, as far as it can.
            history: The whole text, for penalties.
            seed: What it draws with.

        Raises:
            EvaluationStopped: The interrupt was set.
            EngineError: The server does not answer, has another model, or cannot be asked so.
            LogitsError: What it says are no probabilities.
        """

    def sketch(self, known: TruncatedLogits, token: int) -> LogitSketch:
        """What stays of a place.

        Args:
            known: What the server says of it.
            token: What stands there.
        """
        return known.sketch(token)

    def drop_sequences(self) -> None:  # noqa: B027  # nothing is held here
        """See `Context`: the server drops what has no room."""

    def keep_prompt(self) -> None:  # noqa: B027  # nothing is held here
        """See `Context`: what a server has read, it keeps itself."""

    def close(self) -> None:  # noqa: B027  # nothing is held here
        """See `Context`: there is nothing of it here."""

    @staticmethod
    def _key(tokens: list[int], back: int) -> tuple[int, ...]:
        return tuple(tokens[: len(tokens) - back])

    @abstractmethod
    def _row(self, text: list[int]) -> KnownLogits:
        """As much as the server says of what follows a text."""
