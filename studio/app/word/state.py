"""A close look at one recorded token: how likely it was, and what the alternatives were.

Re-tempered from the token's own sketch as T turns; needs no model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.place import TokenPlace, place_of
from studio.app.tokens.rows import TokenRow
from studio.app.tokens.sampler_notes import NEAR_TIE, flip_notes
from studio.app.tokens.shape import Interval
from studio.app.tokens.text import TokenText
from studio.app.word.words import CHOSEN, NO_DRAW, flip_sentence, flip_sentence_between
from studio.app.writing.records import TokenRecords
from studio.manuscript import TokenSpan
from studio.sampling import LogitSketch, SamplingParams, SketchStack, flip_temperature
from studio.sampling.analysis.flip_temperature import favourite
from studio.sampling.errors import UndecidedError
from studio.sampling.measures import surprise
from studio.sampling.sketches.penalties_applied import with_early_changes

_HISTORY = 512
"""How many recorded tokens before it are looked for where its place is not known."""


class WordBands(NamedTuple):
    """The least and the most that numbers of `WordFacts` can be."""

    probability: Interval
    at_one: Interval
    surprise: Interval
    entropy: Interval
    is_rank_least: bool
    """Whether its rank may be a greater one: a server drew it beyond those that it names."""


class WordFacts(NamedTuple):
    """What is known of the token.

    Attributes:
        text: How it is shown.
        is_drawn: Whether it was drawn, rather than only read.
        probability: The probability with which the sampler would draw it now, filters included; NaN
            where that is not known.
        is_cut: Whether a filter cuts it now.
        at_one: The model's own: its probability at T 1, before penalties and filters.
        rank: How many tokens are likelier now, after all samplers; 0 for the favourite, None where
            it cannot be drawn.
        own_rank: How many are likelier in the model's own distribution.
        surprise: Its surprise in bits, at the T in force, before penalties and filters.
        entropy: The entropy of its place in bits, at the T in force, before penalties and filters.
        sentences: Further sentences: on a near-tie, on what T is to blame for, and on what is not
            known.
        bands: What the numbers can be where they are known between bounds alone.
    """

    text: TokenText
    is_drawn: bool
    probability: float
    is_cut: bool
    at_one: float
    rank: int | None
    own_rank: int
    surprise: float
    entropy: float
    sentences: tuple[str, ...]
    bands: WordBands | None = None


class WordState(QObject):
    """The token that is looked at, if any, and the distribution at its place.

    Attributes:
        next_token: That distribution, under the parameters in force; its chosen token is this one.

    Args:
        sampling: Whose parameters count.
        records: Where tokens are; the token is forgotten when it is no longer in the text.
        vocabulary: Knows the tokens' bytes.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """The token, or numbers of it, have changed."""

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
        self._place = TokenPlace()
        self._flip: tuple[object, tuple[float | None, int]] | None = None
        """The flip temperature and the favourite, with what they were computed from."""
        self.next_token = NextToken(sampling.params, self)
        self.next_token.share_pieces(vocabulary)
        self.next_token.texts_known.connect(self._on_texts_known)
        sampling.changed.connect(self._on_params_changed)
        records.spans.changed.connect(self._on_spans_changed)

    @property
    def span(self) -> TokenSpan | None:
        """The token and where it is now; None where none is looked at."""
        return self._span

    @property
    def temperature(self) -> float:
        """The temperature in force where the token stands, or where none is looked at."""
        return self._params.temperature

    @property
    def _params(self) -> SamplingParams:
        span = self._span
        return self._sampling.params_at(span.start, span.end) if span else self._sampling.whole

    def look_at(self, span: TokenSpan) -> bool:
        """Look at a token; returns whether its distribution could be read."""
        record = span.record
        stack = SketchStack()
        if self.next_token.sketches.put(record, stack) is None:
            self.let_go()
            return False
        self._span, self._stack, self._flip = span, stack, None
        self._place = place_of(record) or self._supposed_place(span)
        self.next_token.set_params(self._params)
        self.next_token.show_record(record, self._place)
        self.changed.emit()
        return True

    def let_go(self) -> None:
        """Stop looking at a token."""
        if self._span is not None:
            self._span = None
            self.next_token.clear("")
            self.changed.emit()

    def facts(self, row_count: int) -> WordFacts | None:
        """What there is to say of the token; None where none is looked at.

        Args:
            row_count: How many tokens are shown beside it, the token itself included.
        """
        sketch = self.next_token.sketch
        if self._span is None or sketch is None:
            return None
        record, temperature = self._span.record, self.temperature
        probability, is_cut = self._chance(sketch, self.next_token.rows(row_count))
        own_rank = int(self._stack.rank[0])
        return WordFacts(
            text=self.next_token.text(record.id),
            is_drawn=record.u is not None,
            probability=probability,
            is_cut=is_cut,
            at_one=sketch.probability(record.id, 1.0),
            rank=None if is_cut or math.isnan(probability) else self._rank(own_rank),
            own_rank=own_rank,
            surprise=float(self._stack.surprise(temperature)[0]),
            entropy=float(self._stack.entropy(temperature)[0]) / math.log(2.0),
            sentences=self._sentences(sketch),
            bands=self._bands(sketch) if sketch.is_truncated else None,
        )

    def _bands(self, sketch: LogitSketch) -> WordBands:
        from studio.sampling.sketches.truncated_sketch import TruncatedSketch  # few documents do

        assert isinstance(sketch, TruncatedSketch), "no other is truncated"
        assert self._span is not None, "only asked of a token"
        token, temperature = self._span.record.id, self.temperature
        rows = self.next_token.rows(sketch.ids.size)
        band = next((row.band for row in rows if row.chosen), None)
        before = sketch.probability_range(token, temperature)
        least, most = (surprise(p) for p in before)
        nats = sketch.entropy_range(temperature)
        return WordBands(
            # Beyond the best tokens a filter's gain is that of all others.
            probability=band.used if band else (0.0, 1.0),
            at_one=sketch.probability_range(token, 1.0),
            surprise=(most, least),
            entropy=(nats[0] / math.log(2.0), nats[1] / math.log(2.0)),
            is_rank_least=int(self._stack.rank[0]) >= sketch.known,
        )

    def _rank(self, own_rank: int) -> int:
        assert self._span is not None, "only asked of a token"
        details = self.next_token.details(self._span.record.id)
        if details is not None and details.rank is not None:
            return details.rank - 1
        # Before a token of the tail stand all those known that can be drawn.
        return own_rank - self.next_token.taken_out

    def _chance(self, sketch: LogitSketch, rows: Sequence[TokenRow]) -> tuple[float, bool]:
        """The token's probability now, filters included, and whether one has cut it."""
        assert self._span is not None, "only asked of a token"
        row = next((row for row in rows if row.chosen), None)
        tail = self.next_token.tail(rows)
        if tail is None:
            return math.nan, False
        if row is not None:
            return row.probability, row.cut
        # Of the tail the sketch knows this token alone, and that only before filters.
        uncut = sketch.probability(self._span.record.id, self.temperature)
        kept = tail.kept + sum(row.probability > 0 for row in rows)
        is_cut = uncut > 0.0 and int(self._stack.rank[0]) >= kept
        if is_cut:
            return 0.0, True
        # What filters leave shares what they took: this token gains as those beside it do.
        gain = next((row.probability / row.uncut for row in rows if row.probability > 0.0), 1.0)
        return uncut * gain, False

    def _sentences(self, sketch: LogitSketch) -> tuple[str, ...]:
        assert self._span is not None, "only asked of a token"
        record, token = self._span.record, self.next_token
        said = [NEAR_TIE] if token.is_near_tie else []
        if record.u is None:
            said.append(CHOSEN if record.is_chosen else NO_DRAW)
        elif token.reason is None:
            said.append(self._flip_words(sketch, record.u))
            # What is not known of the place is said once, below.
            said += flip_notes(self._params, texts_known=True, history_known=True)
        # Why there is nothing to show is said where the bars would be.
        said += [note.words for note in token.notes if note.words not in said]
        return tuple(said)

    def _flip_words(self, sketch: LogitSketch, u: float) -> str:
        if not sketch.is_truncated:
            turn, best = self._flip_and_favourite(sketch, u)
            return flip_sentence(turn, self.next_token.text(best).text, self.temperature)
        from studio.sampling.analysis.flip_range import flip_range  # few documents need it

        assert self._span is not None, "only asked of a token"
        history, state = self._place.history, self.next_token.state_at(self._place, self._params)
        used = with_early_changes(self._params)
        try:
            turns = flip_range(sketch, self._span.record.id, u, used, history, state)
            best = favourite(sketch, used, history, state)
        except UndecidedError as error:
            return str(error)
        return flip_sentence_between(turns, self.next_token.text(best).text, self.temperature)

    def _flip_and_favourite(self, sketch: LogitSketch, u: float) -> tuple[float | None, int]:
        """The flip temperature and the favourite, which depend on the filters and not on T."""
        assert self._span is not None, "there is a token"
        params = msgspec.structs.replace(self._params, temperature=1.0)
        history, state = self._place.history, self.next_token.state_at(self._place, params)
        if self._flip is None or self._flip[0] != (params, state):
            used = with_early_changes(params)
            turn = flip_temperature(sketch, self._span.record.id, u, used, history, state)
            self._flip = (params, state), (turn, favourite(sketch, used, history, state))
        return self._flip[1]

    def _supposed_place(self, span: TokenSpan) -> TokenPlace:
        """The place as it is in the text now, with the records right before the token."""
        before: list[int] = []
        start = span.start
        for other in reversed(self._records.spans.before(span.start, _HISTORY)):
            if other.end < start:
                break
            before.append(other.record.id)
            start = other.start
        return TokenPlace(before[::-1], is_whole=False)

    def _on_params_changed(self) -> None:
        if self._span is not None:
            self.next_token.set_params(self._params)
            self.changed.emit()

    def _on_texts_known(self) -> None:
        if self._span is not None:
            self.changed.emit()

    def _on_spans_changed(self, _first: int, _removed: int, _added: int) -> None:
        """Follow the token as edits move it; forget it when it is gone."""
        if self._span is None:
            return
        spans, record = self._records.spans, self._span.record
        found = next((row for row, other in enumerate(spans.records) if other is record), None)
        if found is None:
            self.let_go()
        else:
            self._span = TokenSpan(int(spans.starts[found]), int(spans.ends[found]), record)
            self.next_token.set_params(self._params)
