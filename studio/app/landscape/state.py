"""The landscape: the last tokens before the caret, each with its whole distribution at the T now.

Position against rank, brightness by probability. It takes its tokens from the session's records,
and computes nothing while it is hidden.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from studio.app.frame_clock import FrameClock
from studio.app.landscape.rows import LandscapeRows
from studio.app.landscape.scale import REST
from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.shape import Interval
from studio.app.tokens.text import TokenText, token_text
from studio.app.writing.draft import Draft
from studio.app.writing.records import TokenRecords
from studio.manuscript import TokenSpan
from studio.sampling import LogitSketch
from studio.translation import mark, tr

COUNTS = (100, 300, 1000)
"""The numbers of tokens to choose from."""

NOTHING_YET = mark(
    "Let the model write (Ctrl+Enter), or score the text (Ctrl+Shift+E): the landscape shows the "
    "last tokens before the caret."
)


class Cell(NamedTuple):
    """One place in the landscape.

    Attributes:
        ago: How many tokens before the newest; 0 for that itself.
        written: The token that stands there.
        written_rank: Its rank, 0 for the favourite.
        written_p: Its probability at T, before filters.
        row: The row pointed at, a rank or `REST`; None for none.
        other: The token of that rank; None for `REST`, for none, and where it is the one written.
        other_p: The probability of that rank, or of all others together.
        bands: What `written_p` and `other_p` can be, where these are known between bounds alone.
    """

    ago: int
    written: TokenText
    written_rank: int
    written_p: float
    row: int | None
    other: TokenText | None
    other_p: float
    bands: tuple[Interval, Interval] | None = None


class LandscapeState(QObject):
    """The rows in view, and which of them is pointed at.

    Args:
        records: The tokens.
        draft: Where the caret is.
        sampling: Whose temperature counts.
        vocabulary: Knows how tokens are shown.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """The rows, the temperature or the number of tokens has changed; at most once a frame."""

    pointed = Signal()
    """Something else is pointed at."""

    chosen = Signal(object)
    """The `TokenSpan` to show in the text."""

    def __init__(
        self,
        records: TokenRecords,
        draft: Draft,
        sampling: SamplingState,
        vocabulary: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._records = records
        self._sampling = sampling
        self._vocabulary = vocabulary
        self._active = False
        self._count = COUNTS[0]
        self._rows = LandscapeRows(vocabulary.sketches, sampling.owns)
        self._column: int | None = None
        self._row: int | None = None
        self._is_stale = True
        """Whether the last tokens may be different ones now, or have moved."""
        self._clock = FrameClock(self._take, self)
        for moved in (records.changed, draft.prompt_changed):
            moved.connect(self._on_moved)
        sampling.changed.connect(self._request)

    # -- what is shown -----------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many tokens there is room for."""
        return self._count

    def set_count(self, count: int) -> None:
        """Show another number of tokens.

        Raises:
            ValueError: Not one of `COUNTS`.
        """
        if count not in COUNTS:
            allowed = ", ".join(map(str, COUNTS))
            raise ValueError(f"count: found {count}; allowed is one of {allowed}")
        if count != self._count:
            self._count = count
            self.point_at(None)
            self._is_stale = True
            self.update_now()

    def set_active(self, active: bool) -> None:
        """Set whether it is shown; while hidden it drops all rows."""
        self._active = active
        if active:
            self._is_stale = True
            self.update_now()
        else:
            self._rows.clear()
            self._column = self._row = None

    def update_now(self) -> None:
        """Update now, without waiting for the next frame."""
        if self._active:
            self._clock.flush()

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits to be shown."""
        return self._clock.is_settled

    @property
    def temperature(self) -> float:
        """The temperature in force wherever tokens stand that have none of their own."""
        return self._sampling.whole.temperature

    @property
    def levels(self) -> NDArray[np.uint8]:
        """`(n, ROWS)`: see `LandscapeRows`; n is at most `count`."""
        return self._rows.levels

    @property
    def ranks(self) -> NDArray[np.intp]:
        """`(n,)`: the ranks of the tokens that stand there."""
        return self._rows.ranks

    @property
    def spans(self) -> list[TokenSpan]:
        """The tokens, oldest first."""
        return self._rows.spans

    @property
    def reason(self) -> str | None:
        """Why nothing is shown, and what to do about it; None where something is."""
        return None if self._rows.spans else tr(NOTHING_YET)

    # -- what is pointed at ------------------------------------------------------------------

    @property
    def column(self) -> int | None:
        """Which of the tokens is pointed at, from 0 for the oldest."""
        return self._column

    @property
    def row(self) -> int | None:
        """Which of the ranks is pointed at, or `REST`."""
        return self._row

    def point_at(self, column: int | None, row: int | None = None) -> None:
        """Point at a token, and perhaps at one of the ranks at its place.

        Args:
            column: The token's column; None for none.
            row: The rank's row; None for the token alone.
        """
        if column is not None and not 0 <= column < len(self.spans):
            column = row = None
        if (column, row) != (self._column, self._row):
            self._column, self._row = column, row
            self.pointed.emit()

    def choose(self) -> None:
        """Ask for the token that is pointed at to be shown in the text, if there is one."""
        if self._column is not None:
            self.chosen.emit(self.spans[self._column])

    def cell(self) -> Cell | None:
        """What is known of the place that is pointed at; None for none."""
        if self._column is None or self._column >= len(self.spans):
            return None
        record = self.spans[self._column].record
        rank = int(self.ranks[self._column])
        if rank < 0:
            return None
        sketch = self._vocabulary.sketches.of(record)
        if sketch is None:
            return None
        temperature = float(self._rows.temperatures[self._column])
        other, other_p = self._other(sketch, record.id, temperature)
        return Cell(
            ago=len(self.spans) - 1 - self._column,
            written=token_text(record.text, record.id) if record.text else self._text(record.id),
            written_rank=rank,
            written_p=sketch.probability(record.id, temperature),
            row=self._row,
            other=other,
            other_p=other_p,
            bands=self._bands(sketch, record.id, temperature) if sketch.is_truncated else None,
        )

    def _bands(
        self, sketch: LogitSketch, written: int, temperature: float
    ) -> tuple[Interval, Interval]:
        from studio.sampling.sketches.truncated_sketch import TruncatedSketch  # few texts have any

        assert isinstance(sketch, TruncatedSketch), "no other is truncated"
        found = sketch.probability_range(written, temperature)
        if self._row is None or self._row >= min(REST, sketch.ids.size):
            return found, sketch.tail_range(temperature)
        return found, sketch.probability_range(int(sketch.ids[self._row]), temperature)

    def _other(
        self, sketch: LogitSketch, written: int, temperature: float
    ) -> tuple[TokenText | None, float]:
        _, probabilities, rest = sketch.distribution(temperature)
        if self._row is None or self._row > REST:
            return None, 0.0
        if self._row == REST or self._row >= len(probabilities):
            return None, rest
        token = int(sketch.ids[self._row])
        p = float(probabilities[self._row])
        return (None if token == written else self._text(token)), p

    def _text(self, token: int) -> TokenText:
        return self._vocabulary.spelled(token)

    # -- following ---------------------------------------------------------------------------

    def _on_moved(self) -> None:
        self._is_stale = True
        self._request()

    def _request(self) -> None:
        if self._active:
            self._clock.request()

    def _take(self) -> None:
        if not self._active:
            return
        self._rows.temper(self.temperature)
        if self._is_stale:
            self._follow_tokens()
            # Those that stayed may stand elsewhere now, where it is another one.
            self._rows.temper(self.temperature)
        self.changed.emit()
        if self._column is not None:
            self.pointed.emit()
        if self._is_stale:
            self._clock.request()

    def _follow_tokens(self) -> None:
        pointed_at = None if self._column is None else self.spans[self._column].record
        self._is_stale = not self._rows.follow(self._records.last_spans(self._count))
        if pointed_at is not None:
            # The pointer stays with its token, which moves to the left as others come.
            self._column = next(
                (at for at, span in enumerate(self.spans) if span.record is pointed_at), None
            )
            if self._column is None:
                self.pointed.emit()
