"""Tokens that are drawn but not told yet.

What follows from a draw (its sketch, its message) is needed by the listener, not by the next draw.
Between two decodes it costs twice what it need, because a decode sweeps the processor's caches: so
it is put off until a screen's frame is over, and then done for all its tokens in a row. Knows
neither how tokens are drawn nor who listens.
"""

import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.engine.messages import Emit, Token
from studio.engine.pieces import PieceLedger
from studio.engine.vocabulary import Vocabulary
from studio.sampling import Choice, LogitSketch, Ranking, is_near_tie

FRAME_SECONDS = 1 / 30
"""A screen's frame, for those who show the tokens; one waits no longer than this and a decode."""

_MOST = 8
"""Tokens that wait at most; each keeps a copy of its logits."""


class Drawn(NamedTuple):
    """A token, and what its message is made of."""

    number: int
    ranking: Ranking
    choice: Choice
    u: float


class UntoldTokens:
    """The tokens of one generation that wait to be told.

    Args:
        request: of the generation.
        vocabulary: the model's.
        pieces: what the listener knows to spell.
        emit: takes the messages, those of a frame at once.
        frame_seconds: how long a frame is; 0 tells each token at once.
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
        self._waiting: list[Drawn] = []
        self._rows: list[NDArray[np.float32]] = []
        self._told = 0.0
        self.ended = 0.0
        """When the last token was drawn, or told if that was later; seconds as `perf_counter`'s."""

    def add(self, number: int, ranking: Ranking, choice: Choice, u: float) -> None:
        """Tell a token now, if the last telling was a frame ago, or else later.

        Args:
            number: its index in the generation.
            ranking: of the logits it was drawn from; not used by the caller any more.
            choice: the draw.
            u: the number drawn.
        """
        place = len(self._waiting)
        self._waiting.append(Drawn(number, ranking, choice, u))
        self.ended = time.perf_counter()
        if place + 1 == _MOST or self.ended - self._told >= self._frame_seconds:
            self.tell()
            return
        if place == len(self._rows):
            self._rows.append(np.empty(ranking.size, dtype=np.float32))
        # The next decode will write over llama.cpp's.
        ranking.move_to(self._rows[place])

    def tell(self) -> None:
        """Tell all that wait."""
        if self._waiting:
            self._told = time.perf_counter()
            self._emit(
                *[
                    token_of(self._request, drawn, self._vocabulary, self._pieces)
                    for drawn in self._waiting
                ]
            )
            self._waiting.clear()
            self.ended = time.perf_counter()


def token_of(request: int, drawn: Drawn, vocabulary: Vocabulary, pieces: PieceLedger) -> Token:
    """The message of a token drawn."""
    number, ranking, choice, u = drawn
    sketch = LogitSketch.of(ranking, written=choice.token)
    return Token(
        request=request,
        index=number,
        id=choice.token,
        text=vocabulary.text(choice.token),
        probability=choice.probability,
        rank=choice.rank,
        entropy=choice.entropy,
        top=choice.top,
        sketch=sketch.to_bytes(),
        pieces=pieces.untold(sketch.ids),
        u=u,
        near_tie=is_near_tie(ranking),
    )
