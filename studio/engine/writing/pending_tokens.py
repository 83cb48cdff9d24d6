"""Tokens that are drawn but not told yet.

A token's message is needed by the listener, not by the next draw. Between two decodes it costs
twice what it need, because a decode sweeps the processor's caches: so it is put off until a frame
is over, and then made for all the frame's tokens in a row. What it needs of the logits, which the
next decode writes over, was found with their ranking.
"""

import math
import time
from typing import NamedTuple

from studio.engine.llama.vocabulary import Vocabulary
from studio.engine.messages import Emit, LaneToken, Token
from studio.engine.writing.healing import Healed
from studio.engine.writing.token_piece_cache import TokenPieceCache
from studio.sampling import Choice, LogitSketch, LogitStatistics, Written
from studio.token_record import TokenRecord

FRAME_SECONDS = 1 / 20
"""How long tokens are collected for those who show them; one waits no longer than this and a
decode. The first token of a frame finds the caches cold and costs four times what the others do. A
window that keeps to its share of the processor draws about as many frames a second."""


_NOTHING: dict[int, int] = {}


class _Drawn(NamedTuple):
    """A token, and what its message is made of."""

    lane: int | None
    number: int
    statistics: LogitStatistics
    written: Written | None
    choice: Choice
    u: float
    healed: Healed | None


class PendingTokens:
    """The tokens of one generation, or of a comparison's lanes, that wait to be told.

    Whether a frame is over is asked once a step, when all that write together have drawn.

    Args:
        request: of the generation or comparison.
        vocabulary: the model's.
        pieces: what the listener knows to spell.
        emit: takes the messages, those of a frame at once: a `Token`, or where it is a lane's a
            `LaneToken`.
        frame_seconds: how long a frame is; 0 tells each step's tokens at once.
    """

    def __init__(
        self,
        request: int,
        vocabulary: Vocabulary,
        pieces: TokenPieceCache,
        emit: Emit,
        frame_seconds: float,
    ) -> None:
        self._request = request
        self._vocabulary = vocabulary
        self._pieces = pieces
        self._emit = emit
        self._frame_seconds = frame_seconds
        self._waiting: list[_Drawn] = []
        self._told = -math.inf
        self.ended = 0.0
        """When the last token was drawn, or told if that was later; seconds as `perf_counter`'s."""

    def add(
        self,
        index: int,
        statistics: LogitStatistics,
        choice: Choice,
        u: float,
        lane: int | None = None,
        healed: Healed | None = None,
    ) -> None:
        """Take a token, before the logits that it was drawn from change.

        Args:
            index: its number in the generation or lane.
            statistics: of the logits; perhaps that of several lanes' tokens.
            choice: the draw.
            u: the number drawn.
            lane: whose it is, in a comparison.
            healed: what the statistics are of, for the first token behind a prompt.
        """
        self._waiting.append(
            _Drawn(lane, index, statistics, statistics.drawn(choice), choice, u, healed)
        )

    def step_is_over(self) -> None:
        """All have drawn, and a decode follows: tell, if a frame is over."""
        self.ended = time.perf_counter()
        if self.ended - self._told >= self._frame_seconds:
            self.tell()

    def tell(self) -> None:
        """Tell all that wait."""
        if self._waiting:
            self._told = time.perf_counter()
            self._emit(*map(self._message, self._waiting))
            self._waiting.clear()
            self.ended = time.perf_counter()

    def token(
        self,
        index: int,
        statistics: LogitStatistics,
        choice: Choice,
        u: float,
        healed: Healed | None = None,
    ) -> Token:
        """The message of a token, whoever tells it; arguments as for `add`."""
        return self._token(
            _Drawn(None, index, statistics, statistics.drawn(choice), choice, u, healed)
        )

    def _message(self, drawn: _Drawn) -> Token | LaneToken:
        token = self._token(drawn)
        if drawn.lane is None:
            return token
        return LaneToken(request=self._request, lane=drawn.lane, token=token)

    def _token(self, drawn: _Drawn) -> Token:
        _, number, statistics, written, choice, u, healed = drawn
        sketch = LogitSketch.of_statistics(statistics, written)
        text, typed = self._vocabulary.text(choice.token), _NOTHING
        if healed is not None:
            text = healed.added(choice.token, text)
            typed = healed.typed([*sketch.ids.tolist(), choice.token])
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
        )
        pieces = self._pieces.new_bytes(sketch.ids)
        return Token(request=self._request, index=number, record=record, pieces=pieces)
