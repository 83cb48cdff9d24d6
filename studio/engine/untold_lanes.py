"""Tokens that lanes have drawn and that are not told yet: `untold`, for all lanes of a step.

Whether a frame is over is asked once a step, when all lanes have drawn: then all their sketches are
made in a row, and the logits need no copy, for no decode has written over them yet. Knows neither
how tokens are drawn nor who listens.
"""

import time

import numpy as np
from numpy.typing import NDArray

from studio.engine.messages import Emit, LaneToken
from studio.engine.pieces import PieceLedger
from studio.engine.untold import Drawn, token_of
from studio.engine.vocabulary import Vocabulary
from studio.sampling import Choice, Ranking

_MOST = 8
"""Tokens that wait at most from one step to the next; each keeps a copy of its logits."""


class UntoldLanes:
    """The tokens of one comparison that wait to be told.

    Args:
        request: of the comparison.
        vocabulary: the model's.
        pieces: what the listener knows to spell.
        emit: takes the messages, those of a frame at once.
        frame_seconds: how long a frame is; 0 tells each step's tokens at once.
    """

    def __init__(
        self,
        request: int,
        vocabulary: Vocabulary,
        pieces: PieceLedger,
        emit: Emit,
        frame_seconds: float,
    ) -> None:
        self._request = request
        self._vocabulary = vocabulary
        self._pieces = pieces
        self._emit = emit
        self._frame_seconds = frame_seconds
        self._waiting: list[tuple[int, Drawn]] = []
        self._kept = 0
        """How many of them refer to logits of their own, no more to llama.cpp's."""
        self._rows: list[NDArray[np.float32]] = []
        self._told = 0.0
        self.ended = 0.0
        """When the last token was drawn, or told if that was later; seconds as `perf_counter`'s."""

    def add(self, lane: int, index: int, ranking: Ranking, choice: Choice, u: float) -> None:
        """Take a token; `ranking` may be that of several lanes' tokens."""
        self._waiting.append((lane, Drawn(index, ranking, choice, u)))

    def step_is_over(self) -> None:
        """All lanes have drawn, and a decode follows: tell, or keep what it will write over."""
        self.ended = time.perf_counter()
        count = len(self._waiting)
        if count > _MOST or self.ended - self._told >= self._frame_seconds:
            self.tell()
            return
        for place in range(self._kept, count):
            _, drawn = self._waiting[place]
            if place == len(self._rows):
                self._rows.append(np.empty(drawn.ranking.size, dtype=np.float32))
            drawn.ranking.move_to(self._rows[place])
        self._kept = count

    def tell(self) -> None:
        """Tell all that wait."""
        if self._waiting:
            self._told = time.perf_counter()
            self._emit(*[self._message(lane, drawn) for lane, drawn in self._waiting])
            self._waiting.clear()
            self._kept = 0
            self.ended = time.perf_counter()

    def _message(self, lane: int, drawn: Drawn) -> LaneToken:
        token = token_of(self._request, drawn, self._vocabulary, self._pieces)
        return LaneToken(request=self._request, lane=lane, token=token)
