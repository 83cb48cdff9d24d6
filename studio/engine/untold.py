"""Tokens that are drawn but not told yet.

What follows from a draw (its sketch, its message) is needed by the listener, not by the next draw.
Between two decodes it costs twice what it need, because a decode sweeps the processor's caches: so
it is put off until a frame is over, and then done for all its tokens in a row. Knows neither how
tokens are drawn nor who listens.
"""

import math
import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.engine.messages import Emit, LaneToken, Token
from studio.engine.pieces import PieceLedger
from studio.engine.vocabulary import Vocabulary
from studio.sampling import Choice, LogitSketch, Ranking, aligned_rows, is_near_tie

FRAME_SECONDS = 1 / 20
"""How long tokens are collected for those who show them; one waits no longer than this and a
decode. The first token of a frame finds the caches cold and costs four times what the others do. A
window that keeps to its share of the processor draws about as many frames a second."""

_MOST = 12
"""Tokens that wait at most from one step to the next; each keeps a copy of its logits."""


class _Drawn(NamedTuple):
    """A token, and what its message is made of."""

    lane: int | None
    number: int
    ranking: Ranking
    choice: Choice
    u: float


class UntoldTokens:
    """The tokens of one generation, or of a comparison's lanes, that wait to be told.

    Whether a frame is over is asked once a step, when all that write together have drawn. What is
    told then needs no copy of its logits, for no decode has written over them yet.

    Args:
        request: of the generation or comparison.
        vocabulary: the model's.
        pieces: what the listener knows to spell.
        emit: takes the messages, those of a frame at once: a `Token`, or where it is a lane's a
            `LaneToken`.
        frame_seconds: how long a frame is; 0 tells each step's tokens at once.
        at_once: tokens of one step at most.
    """

    def __init__(
        self,
        request: int,
        vocabulary: Vocabulary,
        pieces: PieceLedger,
        emit: Emit,
        frame_seconds: float,
        at_once: int = 1,
    ) -> None:
        self._request = request
        self._vocabulary = vocabulary
        self._pieces = pieces
        self._emit = emit
        self._frame_seconds = frame_seconds
        # What one step draws may wait for the next.
        self._enough = max(_MOST, at_once + 1)
        self._waiting: list[_Drawn] = []
        self._kept = 0
        """How many of them refer to logits of their own, no more to llama.cpp's."""
        self._rows: list[NDArray[np.float32]] = []
        self._told = -math.inf
        self.ended = 0.0
        """When the last token was drawn, or told if that was later; seconds as `perf_counter`'s."""

    def add(
        self, index: int, ranking: Ranking, choice: Choice, u: float, lane: int | None = None
    ) -> None:
        """Take a token.

        Args:
            index: its number in the generation or lane.
            ranking: of the logits it was drawn from; perhaps that of several lanes' tokens.
            choice: the draw.
            u: the number drawn.
            lane: whose it is, in a comparison.
        """
        self._waiting.append(_Drawn(lane, index, ranking, choice, u))

    def step_is_over(self) -> None:
        """All have drawn, and a decode follows: tell, or keep what it will write over."""
        self.ended = time.perf_counter()
        count = len(self._waiting)
        if count >= self._enough or self.ended - self._told >= self._frame_seconds:
            self.tell()
            return
        for place in range(self._kept, count):
            ranking = self._waiting[place].ranking
            if place == len(self._rows):
                self._rows.append(aligned_rows(1, ranking.size)[0])
            ranking.move_to(self._rows[place])
        self._kept = count

    def tell(self) -> None:
        """Tell all that wait."""
        if self._waiting:
            self._told = time.perf_counter()
            self._emit(*self._messages(self._waiting))
            self._waiting.clear()
            self._kept = 0
            self.ended = time.perf_counter()

    def _messages(self, all_drawn: list[_Drawn]) -> list[Token | LaneToken]:
        sketches = LogitSketch.of_each([(drawn.ranking, drawn.choice.token) for drawn in all_drawn])
        messages: list[Token | LaneToken] = []
        for (lane, number, ranking, choice, u), sketch in zip(all_drawn, sketches, strict=True):
            token = self._token(number, ranking, choice, u, sketch)
            messages.append(
                token if lane is None else LaneToken(request=self._request, lane=lane, token=token)
            )
        return messages

    def token(self, index: int, ranking: Ranking, choice: Choice, u: float) -> Token:
        """The message of a token, whoever tells it; arguments as for `add`."""
        sketch = LogitSketch.of(ranking, written=choice.token)
        return self._token(index, ranking, choice, u, sketch)

    def _token(
        self, index: int, ranking: Ranking, choice: Choice, u: float, sketch: LogitSketch
    ) -> Token:
        return Token(
            request=self._request,
            index=index,
            id=choice.token,
            text=self._vocabulary.text(choice.token),
            probability=choice.probability,
            rank=choice.rank,
            entropy=choice.entropy,
            top=choice.top,
            sketch=sketch.to_bytes(),
            pieces=self._pieces.untold(sketch.ids),
            u=u,
            near_tie=is_near_tie(ranking),
        )
