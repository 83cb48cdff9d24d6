"""The temperature of the text in front, from its recorded tokens; those without one are read first.

A token's distribution is summed up once, however often the text is fitted.
"""

from __future__ import annotations

import weakref
from collections.abc import Generator

from PySide6.QtCore import QObject

from studio.app.model.state import ModelState
from studio.app.tokens.next_token import NextToken
from studio.app.tuning.fit_scope import NOTHING, SUBJECTS, FitScope, Ranges, scope_ranges
from studio.app.tuning.fitted_text import MOST_TOKENS, FittedText, Steps, places_in_pieces
from studio.app.writing.draft import Draft
from studio.app.writing.records import TokenRecords
from studio.app.writing.scoring_plan import TextRange, gaps_between
from studio.experiments.text_fit import CountedTokens
from studio.interchange.blocks import chapters
from studio.sampling.analysis.fitted_temperature import TemperatureLikelihood
from studio.token_record import TokenRecord
from studio.translation import mark, tr

NO_CHOICE = mark("No token of it is one that another could stand for.")
_FEW = 0.02
"""The share of the text that may lack records without a word on it: a few tokens at seams do."""


class OwnTextFit(FittedText):
    """The fit of the text in front, or of a part of it.

    Attributes:
        scope: Which part.
        is_stale: Whether the text is another one than was fitted.

    Args:
        draft: The document in front.
        model: The open model.
        records: Its recorded tokens, and what reads the others.
        next_token: Has the store of unpacked sketches.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        draft: Draft,
        model: ModelState,
        records: TokenRecords,
        next_token: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._draft = draft
        self._records = records
        self._next_token = next_token
        self.scope = FitScope.WHOLE
        self.is_stale = False
        self._is_reader = False
        """Whether the scoring that is under way was asked for here."""
        self._is_collecting = False
        self._tried: tuple[int, object, TextRange] | None = None
        """The number of the text, the model, and what of it was read last; more is not to be had
        of that."""
        self._forget_rows()
        self._source = records.spans.source
        records.spans.changed.connect(self._on_spans_changed)
        draft.manuscript.changed.connect(self._on_text_changed)
        draft.manuscript.loaded.connect(self._on_loaded)
        records.scoring_changed.connect(self._on_scoring)
        records.scoring_progressed.connect(self._on_progressed)
        model.changed.connect(self._on_model_changed)

    def begin(self, scope: FitScope) -> None:
        """Fit a part of the text: read what of it has no record, then sum all up.

        Args:
            scope: Which part.
        """
        self._give_up_reading()
        self.scope = scope
        self._source = self._records.spans.source
        self._start(self._work())

    @property
    def subject(self) -> str:
        """What it is called in a sentence."""
        return tr(SUBJECTS[self.scope])

    @property
    def progress(self) -> str:
        """How far it is, for the writer, while it is busy."""
        if self._is_growing:
            return tr("It waits until the model has written…")
        read = self._records.progress
        if read is None or self._is_collecting:
            return tr("The tokens are summed up…")
        done, words = read
        return tr("The model reads the text: {done:,} of {words:,} words", done=done, words=words)

    def stop(self) -> None:
        """End what is under way; what was read stays, and so does the fit before."""
        self._give_up_reading()
        self._is_collecting = False
        super().stop()

    def clear(self) -> None:
        """Forget the text, and all that was made of it."""
        self._forget_rows()
        self.is_stale = False
        self._tried = None  # the numbers of another text begin anew
        super().clear()

    def _forget_rows(self) -> None:
        self._likelihood = TemperatureLikelihood()
        self._rows: dict[int, tuple[weakref.ref[TokenRecord], int | None]] = {}
        """By the identity of a record, which another may have once it is gone; None for one that
        says nothing."""

    def _give_up_reading(self) -> None:
        if self._is_reader:
            self._is_reader = False
            self._records.cancel()

    def _give_up(self, why: str) -> None:
        """Forget what was made, and say why; where nothing was, nothing."""
        was_there = self.is_busy or self.fit is not None
        self.clear()
        if was_there:
            self._end(None, why)

    def _on_loaded(self) -> None:
        self._give_up(tr("Another text is in front: “Fit again” fits it."))

    def _on_text_changed(self, *_: object) -> None:
        if self._is_collecting:
            self._start(self._collect_at_rest())
        elif self.fit is not None and not (self.is_busy or self.is_stale):
            self.is_stale = True
            self.changed.emit()

    def _on_spans_changed(self, *_: int) -> None:
        if self._is_collecting:
            self._start(self._collect_at_rest())

    def _on_scoring(self) -> None:
        if not self._records.is_scoring:
            self._resume()

    def _on_progressed(self) -> None:
        if self.is_busy:
            self.changed.emit()

    def _on_model_changed(self) -> None:
        if self._records.spans.source != self._source:
            self._source = self._records.spans.source
            self._give_up(tr("Another model is open now: “Fit again” asks it."))

    # In steps

    def _work(self) -> Steps:
        records = self._records
        # Another's scoring, or one that is being given up.
        while records.is_scoring or self._is_growing:
            yield True
        ranges = yield from scope_ranges(self.scope, self._draft)
        part = self._unread_part(ranges)
        if part is not None and records.can_score:
            revision = self._draft.manuscript.revision
            records.score(part)
            self._is_reader = records.is_scoring
            while records.is_scoring:
                yield True
            self._is_reader = False
            if not records.is_unfinished:
                self._tried = revision, self._source, part
        yield from self._collect_at_rest()

    def _unread_part(self, ranges: Ranges) -> TextRange | None:
        """From the first to the last character that a reading could give a record."""
        gaps = self._gaps(ranges)
        if not gaps:
            return None
        part = gaps[0][0], gaps[-1][1]
        if self._tried is not None:
            revision, source, tried = self._tried
            is_same = (revision, source) == (self._draft.manuscript.revision, self._source)
            if is_same and tried[0] <= part[0] and part[1] <= tried[1]:
                return None
        return part

    def _gaps(self, ranges: Ranges) -> list[TextRange]:
        """What has no record, but for the text's first token: nothing foretells that."""
        spans = self._records.spans
        gaps = [gap for part in ranges for gap in gaps_between(spans, part)]
        if gaps and gaps[0][0] == 0 and len(spans):
            begins = self._draft.manuscript.part(*gaps[0])
            if len(begins.split()) < 2:
                del gaps[0]
        return gaps

    @property
    def _is_growing(self) -> bool:
        return self._draft.manuscript.growing is not None

    def _collect_at_rest(self) -> Steps:
        self._is_collecting = False
        while self._is_growing:
            yield True
        self._is_collecting = True
        self.is_stale = False
        if len(self._likelihood) > MOST_TOKENS:
            self._forget_rows()
        ranges = yield from scope_ranges(self.scope, self._draft)
        counted = yield from self._counted(ranges)
        fit = yield from counted.fitted(chapters(self._draft.manuscript.text))
        self._is_collecting = False
        self._end(fit, self._left_out(ranges, len(counted)) if ranges else tr(NOTHING[self.scope]))

    def _counted(self, ranges: Ranges) -> Generator[bool, None, CountedTokens]:
        counted = CountedTokens(self._likelihood)
        if not ranges:
            return counted
        manuscript, spans = self._draft.manuscript, self._records.spans
        first = manuscript.line_start(ranges[0][0])
        text = manuscript.part(first, manuscript.line_end(ranges[-1][1]))
        places = yield from places_in_pieces(text)
        for start, end in ranges:
            low, high = spans.starts.searchsorted((start, end)).tolist()
            for number in range(low, high):
                yield False
                begins, ends = int(spans.starts[number]), int(spans.ends[number])
                row = self._row(spans.records[number])
                if row is not None and ends <= end:
                    place = max(places[begins - first : ends - first], default=0)
                    counted.append(row, begins, place)
                if len(counted) == MOST_TOKENS:
                    return counted
        return counted

    def _row(self, record: TokenRecord) -> int | None:
        """The row of a token; None where its sketch is gone, or knows nothing of it."""
        known = self._rows.get(id(record))
        if known is None or known[0]() is not record:
            known = weakref.ref(record), self._new_row(record)
            self._rows[id(record)] = known
        return known[1]

    def _new_row(self, record: TokenRecord) -> int | None:
        sketch = self._next_token.sketches.of(record)
        if sketch is None:
            return None
        try:
            self._likelihood.append(sketch, record.id)
        except ValueError:
            return None
        return len(self._likelihood) - 1

    def _left_out(self, ranges: Ranges, tokens: int) -> str:
        """What the writer should know of what the fit leaves out."""
        unread = sum(end - start for start, end in self._gaps(ranges))
        share = unread / sum(end - start for start, end in ranges)
        if tokens == MOST_TOKENS:
            return tr("The first {count:,} tokens of it count.", count=MOST_TOKENS)
        if tokens and share <= _FEW:
            return ""
        why = self._records.why_not or tr("“Fit again” reads the rest.")
        if self._unread_part(ranges) is None:
            why = tr("It could not be read, or is more than is kept in memory.") if tokens else ""
        if not tokens:
            return why or tr(NO_CHOICE)
        missing = tr("{share} % of it has not been read.", share=max(1, round(100 * share)))
        return f"{missing} {why}"
