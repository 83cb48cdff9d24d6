"""What is kept of the manuscript's tokens: which stands where, and how they get there.

The tokens of a take come as it is written. Text that the model did not write has none until it is
scored: the model reads it once, and says of each token what it would have said instead. Knows
nothing of widgets, nor what a record is used for.
"""

from PySide6.QtCore import QObject, Signal

from studio.engine.messages import (
    AnyEvent,
    Evaluated,
    Failed,
    Score,
    Scored,
    ScoringEnded,
    Stop,
    Superseded,
)
from studio.manuscript import FollowedText, RecordedToken, TokenSpan, TokenSpans
from studio.ui.engine_line.client import EngineClient
from studio.ui.frame_clock import FrameClock
from studio.ui.model.state import ModelState
from studio.ui.tokens.next_token import NextToken
from studio.ui.tokens.read_token import Reading, ReadToken
from studio.ui.writing.draft import Draft
from studio.ui.writing.writing import Writing

NOTHING_TO_SCORE = "Every token of the text that can be scored has its record already."


class TokenRecords(QObject):
    """The recorded tokens of the draft's manuscript, and the scoring of its text.

    Attributes:
        spans: Which token stands where. Follows the text at once; see `TokenSpans.changed`.
    """

    changed = Signal()
    """The spans are others, or have moved: once a frame at most."""
    scoring_changed = Signal()
    """Whether the text is being scored, or could be."""
    told = Signal(str)
    """What the writer should know of a scoring that has ended."""
    failed = Signal(str)
    """Why one could not be done."""

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        draft: Draft,
        writing: Writing,
        next_token: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.spans = TokenSpans(draft.manuscript)
        self._client = client
        self._model = model
        self._draft = draft
        self._writing = writing
        self._next_token = next_token
        self._request = 0
        self._asked: FollowedText | None = None
        """The text that is being scored; None while none is."""
        self._reading = Reading()
        self._placed = 0
        """How many tokens got a record by it."""
        self._clock = FrameClock(self.changed.emit, self)
        self.spans.changed.connect(lambda *_: self._clock.request())
        client.listen(self._on_event, Scored, Evaluated, ScoringEnded, Failed, Superseded)
        client.died.connect(lambda _outcome: self._end())
        model.changed.connect(self._on_model_changed)
        writing.changed.connect(self.scoring_changed)

    def last(self, count: int) -> list[RecordedToken]:
        """The last `count` recorded tokens, the newest last: before the caret, or as written."""
        return [span.record for span in self.last_spans(count)]

    def last_spans(self, count: int) -> list[TokenSpan]:
        """The same with where each stands."""
        growing = self._draft.manuscript.growing_take_set
        position = growing.place.end if growing else self._draft.caret
        return self.spans.before(position, count)

    # Scoring

    @property
    def is_scoring(self) -> bool:
        """Whether the text is being scored."""
        return self._asked is not None

    @property
    def why_not(self) -> str | None:
        """Why the text cannot be scored now, and what to do; None where it can be."""
        if not self._model.is_ready:
            return "Open a model first: it is the one that scores."
        if not self._writing.is_idle:
            return "The model is writing; scoring has to wait until it has ended."
        if self._writing.held:
            return self._writing.held
        if self.is_scoring:
            return "The text is being scored. Esc stops it."
        if not len(self._draft.manuscript):
            return "There is no text yet. Type, paste or open some."
        return None

    @property
    def can_score(self) -> bool:
        """Whether `score` would do something now."""
        return self.why_not is None

    def score(self) -> None:
        """Give every token of the text that has no record one of its own."""
        if not self.can_score:
            return
        first = self._first_unknown()
        if first is None:
            self.told.emit(NOTHING_TO_SCORE)
            return
        manuscript = self._draft.manuscript
        self._asked = FollowedText(manuscript)
        self._reading = Reading()
        self._placed = 0
        self._request = self._client.next_request()
        prompt = self._draft.prompt(len(manuscript))
        self._client.send(Score(request=self._request, prompt=prompt, first=first))
        self.scoring_changed.emit()

    def cancel(self) -> None:
        """End a scoring under way; what has its record by now keeps it."""
        if self.is_scoring:
            self._client.send(Stop(request=self._request))

    def _first_unknown(self) -> int | None:
        """Where the first character without a record is."""
        reached = 0
        for span in self.spans.all:
            if span.start > reached:
                break
            reached = span.end
        return reached if reached < len(self._draft.manuscript) else None

    def _on_model_changed(self) -> None:
        if self._model.is_ready:
            # What another model said of a text is kept for when it is opened again.
            self.spans.set_source(self._model.vocabulary)
        self.scoring_changed.emit()

    def _on_event(self, event: AnyEvent) -> None:
        # Told once: also what comes after the scoring was given up says how tokens are spelled.
        if isinstance(event, Scored) and event.pieces:
            self._next_token.add_pieces(event.pieces)
        if event.request != self._request or self._asked is None:
            return
        match event:
            case Scored():
                read = [
                    ReadToken(token, self._reading, index)
                    for index, token in enumerate(event.tokens, event.first)
                ]
                self._placed += self.spans.fill(event.start, read, self._asked)
            case Evaluated():
                self._reading.prompt = event.token_ids()
            case ScoringEnded():
                self._end()
                if event.unseen_characters:
                    self.told.emit(
                        f"The first {event.unseen_characters:,} characters were not scored: they "
                        "do not fit the model's context. A larger context size (Model › Model "
                        "options) would hold more."
                    )
                elif not self._placed:
                    self.told.emit(NOTHING_TO_SCORE)
            case Failed():
                self._end()
                self.failed.emit(event.message)
            case Superseded():
                self._end()

    def _end(self) -> None:
        if self._asked is not None:
            self._asked.close()
            self._asked = None
            self._clock.flush()
            self.scoring_changed.emit()
