"""Tokens that are drawn and whose messages are still to be made.

A token's message is needed by the listener, not by the next draw. Between two decodes it costs
twice what it need, because a decode sweeps the processor's caches: so it is put off until a frame
is over, and then made for all the frame's tokens in a row. What it needs of the logits, which the
next decode writes over, was found with their ranking.
"""

import math
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from studio.engine.messages import Token
from studio.engine.writing.healing import Healed
from studio.engine.writing.reader import Reader
from studio.sampling import Choice, LogitSketch, LogitStatistics, Written
from studio.token_record import TokenRecord, undrawn

if TYPE_CHECKING:
    from studio.engine.generation.at_server import ServedLogits
    from studio.engine.generation.streamed import StreamedLogits

FRAME_SECONDS = 1 / 20
"""How long tokens are collected for those who show them; one waits no longer than this and a
decode. The first token of a frame finds the caches cold and costs four times what the others do. A
window that keeps to its share of the processor draws about as many frames a second."""


_NOTHING: dict[int, int] = {}


class Drawn(NamedTuple):
    """A token, and what its message is made of.

    Attributes:
        sequence: Whose it is.
        number: Its place in the sequence, from 0.
        statistics: Of the logits; perhaps that of several sequences' tokens. None where no
            distribution is asked for.
        written: What they say of the token, found before the logits change.
        choice: The draw.
        u: The number drawn; None where a server drew the token.
        healed: What the statistics are of, for the first token behind a prompt.
        nats_t1: See `TokenRecord.nats_t1`.
    """

    sequence: int
    number: int
    statistics: "LogitStatistics | ServedLogits | StreamedLogits | None"
    written: Written | None
    choice: Choice
    u: float | None
    healed: Healed | None
    nats_t1: float | None = None


class EmitTokens(Protocol):
    """Emits the tokens of a frame at once."""

    def __call__(self, *tokens: Token) -> None:
        """Emit them."""


class PendingTokens:
    """The tokens of a generation's sequences that wait to be emitted.

    Whether a frame is over is asked once a step, when all that write together have drawn.

    Args:
        request: of the generation.
        reader: has read their prompt, and knows how its model spells.
        emit: takes the messages.
        frame_seconds: how long a frame is; 0 emits each step's tokens at once.
    """

    def __init__(
        self,
        request: int,
        reader: Reader,
        emit: EmitTokens,
        frame_seconds: float,
    ) -> None:
        self._request = request
        self._reader = reader
        self._emit = emit
        self._frame_seconds = frame_seconds
        self._waiting: list[Drawn] = []
        self._emitted = -math.inf
        self.ended = 0.0
        """When the last token was drawn, or emitted if that was later; seconds as
        `perf_counter`'s."""

    def add(self, drawn: Drawn) -> None:
        """Have a token wait."""
        self._waiting.append(drawn)

    def step_is_over(self) -> None:
        """All have drawn, and a decode follows: emit, if a frame is over."""
        self.ended = time.perf_counter()
        if self.ended - self._emitted >= self._frame_seconds:
            self.emit()

    def emit(self) -> None:
        """Emit all that wait."""
        if self._waiting:
            self._emitted = time.perf_counter()
            self._emit(*map(self.token, self._waiting))
            self._waiting.clear()
            self.ended = time.perf_counter()

    def token(self, drawn: Drawn) -> Token:
        """The message of a token, whoever emits it."""
        sequence, number, statistics, written, choice, u, healed, nats_t1 = drawn
        if statistics is None:
            text = self._reader.vocabulary.text(choice.token)
            record = TokenRecord(
                id=choice.token,
                text=text if healed is None else healed.added(choice.token, text),
                near_tie=choice.near_tie,
                u=u,
                probability=choice.probability,
                rank=choice.rank,
                kept=choice.kept,
                entropy=choice.entropy,
                mu=choice.state.mu,
                adaptive_mean=choice.state.adaptive_mean,
                nats_t1=nats_t1,
            )
            return Token(request=self._request, sequence=sequence, index=number, record=record)
        if isinstance(statistics, LogitStatistics):
            sketch = LogitSketch.of_statistics(statistics, written)
        else:
            sketch = statistics.sketch(choice.token)
        text, typed = self._reader.vocabulary.text(choice.token), _NOTHING
        if healed is not None:
            text = healed.added(choice.token, text)
            typed = healed.typed([*sketch.ids.tolist(), choice.token])
        pieces = self._reader.pieces.new_bytes(sketch.ids)
        if u is None:
            record = undrawn(choice.token, text, sketch.to_bytes(), near_tie=choice.near_tie)
            return Token(
                request=self._request, sequence=sequence, index=number, record=record, pieces=pieces
            )
        record = TokenRecord(
            id=choice.token,
            text=text,
            sketch=sketch.to_bytes(),
            near_tie=choice.near_tie,
            typed=typed,
            u=u,
            probability=choice.probability,
            rank=choice.rank,
            kept=choice.kept,
            entropy=choice.entropy,
            top=choice.top,
            mu=choice.state.mu,
            adaptive_mean=choice.state.adaptive_mean,
        )
        return Token(
            request=self._request, sequence=sequence, index=number, record=record, pieces=pieces
        )
