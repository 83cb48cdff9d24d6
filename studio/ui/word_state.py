"""One recorded token looked at closely: what it was at its place, and what else could stand there.

Re-tempered from the token's own sketch as T turns; asks no model. Knows no widget, nor where the
token is shown.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.manuscript import TokenSpan
from studio.sampling import LogitSketch, SamplingParams, SketchError, SketchStack, blame
from studio.ui.next_token import NextToken
from studio.ui.sampling_state import SamplingState
from studio.ui.token_records import TokenRecords
from studio.ui.token_text import TokenText
from studio.ui.word_words import NEAR_TIE, NO_DICE, blame_sentence

_HISTORY = 512
"""How many tokens before it penalties may look at, where these are recorded."""


class WordFacts(NamedTuple):
    """What is known of the token.

    Attributes:
        text: How it is shown.
        probability: What the sampler would draw it with now, filters included.
        is_cut: Whether a filter has cut it now.
        at_one: Its probability at T 1, before filters.
        rank: How many tokens are likelier; 0 for the favourite.
        surprise: In bits, at the T in force, before filters.
        entropy: Of its place, in bits, at the T in force, before filters.
        sentences: What else is to be said: a near-tie, and what T is to blame for.
    """

    text: TokenText
    probability: float
    is_cut: bool
    at_one: float
    rank: int
    surprise: float
    entropy: float
    sentences: tuple[str, ...]


class WordState(QObject):
    """Which token is looked at, if any, and the distribution it was taken from.

    Attributes:
        next_token: That distribution, under the parameters in force; its chosen token is this one.

    Args:
        sampling: Whose parameters count.
        records: Where the tokens stand; the token is let go when it no longer does.
        vocabulary: Knows the tokens' bytes.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Another token, none, or other numbers."""

    def __init__(
        self,
        sampling: SamplingState,
        records: TokenRecords,
        vocabulary: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._sampling = sampling
        self._records = records
        self._span: TokenSpan | None = None
        self._stack = SketchStack()
        self._history: list[int] = []
        self._blame: tuple[SamplingParams, float | None] | None = None
        self.next_token = NextToken(sampling.params, self)
        self.next_token.share_pieces(vocabulary)
        sampling.params_changed.connect(self._on_params_changed)
        records.spans.changed.connect(self._on_spans_changed)

    @property
    def span(self) -> TokenSpan | None:
        """The token and where it stands now; None where none is looked at."""
        return self._span

    @property
    def temperature(self) -> float:
        """The temperature in force."""
        return self._sampling.params.temperature

    def look_at(self, span: TokenSpan) -> bool:
        """Look at a token; returns whether its distribution could be read."""
        record = span.record
        stack = SketchStack()
        try:
            sketch = LogitSketch.from_bytes(record.sketch)
            stack.append(sketch, record.id)
        except (SketchError, ValueError):
            self.let_go()
            return False
        self._span, self._stack, self._blame = span, stack, None
        self._history = [
            before.record.id for before in self._records.spans.before(span.start, _HISTORY)
        ]
        self.next_token.set_params(self._sampling.params)
        self.next_token.show(sketch, self._history, record.id)
        self.changed.emit()
        return True

    def let_go(self) -> None:
        """Look at no token."""
        if self._span is not None:
            self._span = None
            self.next_token.clear("")
            self.changed.emit()

    def facts(self, row_count: int) -> WordFacts | None:
        """What there is to say of the token; None where none is looked at.

        Args:
            row_count: How many alternatives are shown beside; the token is one of them.
        """
        sketch = self.next_token.sketch
        if self._span is None or sketch is None:
            return None
        record, temperature = self._span.record, self._sampling.params.temperature
        rows = self.next_token.rows(row_count)
        row = next((row for row in rows if row.chosen), None)
        tail = self.next_token.tail(rows)
        assert tail is not None, "there is a sketch"
        uncut = sketch.probability(record.id, temperature)
        if row is not None:
            text, now, is_cut = row.text, row.probability, row.cut
        else:
            # Of the tail the sketch knows this token alone, and that only before filters.
            assert tail.chosen is not None, "the token is in a row or in the tail"
            kept = tail.kept + sum(row.probability > 0 for row in rows)
            text, is_cut = tail.chosen, uncut > 0.0 and int(self._stack.rank[0]) >= kept
            now = 0.0 if is_cut else uncut
        return WordFacts(
            text=text,
            probability=now,
            is_cut=is_cut,
            at_one=sketch.probability(record.id, 1.0),
            rank=int(self._stack.rank[0]),
            surprise=float(self._stack.surprise(temperature)[0]),
            entropy=float(self._stack.entropy(temperature)[0]) / math.log(2.0),
            sentences=self._sentences(rows[0].text),
        )

    def _sentences(self, favourite: TokenText) -> tuple[str, ...]:
        assert self._span is not None, "only asked of a token"
        record = self._span.record
        near_tie = (NEAR_TIE,) if record.near_tie else ()
        u: float | None = getattr(record, "u", None)
        if u is None:
            return (*near_tie, NO_DICE)
        turn = self._blamed(u)
        return (
            *near_tie,
            blame_sentence(turn, favourite.text, self._sampling.params.temperature),
        )

    def _blamed(self, u: float) -> float | None:
        """The blame; it depends on the filters, and not on the T in force."""
        sketch, span = self.next_token.sketch, self._span
        assert sketch is not None, "there is a token"
        assert span is not None, "there is a token"
        filters = msgspec.structs.replace(self._sampling.params, temperature=1.0)
        if self._blame is None or self._blame[0] != filters:
            self._blame = filters, blame(sketch, span.record.id, u, filters, self._history)
        return self._blame[1]

    def _on_params_changed(self, params: SamplingParams) -> None:
        if self._span is not None:
            self.next_token.set_params(params)
            self.changed.emit()

    def _on_spans_changed(self, _first: int, _removed: int, _added: int) -> None:
        """Follow the token where edits before it move it; let it go when it is no more."""
        if self._span is None:
            return
        spans, record = self._records.spans, self._span.record
        found = next((row for row, other in enumerate(spans.records) if other is record), None)
        if found is None:
            self.let_go()
        else:
            self._span = TokenSpan(int(spans.starts[found]), int(spans.ends[found]), record)
