"""The records of the manuscript's tokens: where each is, and how they are made.

Those of a take come as it is written. Text that the model did not write has none until it is
scored: the model reads it once, and gives its distribution at each token.
"""

from collections.abc import Callable, Hashable
from typing import NamedTuple

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.engine_line.client import EngineClient
from studio.app.frame_clock import FrameClock
from studio.app.model.state import ModelState
from studio.app.timers import single_shot
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.sketch_budget import SketchBudget
from studio.app.writing.draft import Draft
from studio.app.writing.scoring_plan import ScoringPlan, TextRange
from studio.app.writing.writing import Writing
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
from studio.manuscript import (
    FollowedText,
    Manuscript,
    ManuscriptContent,
    Take,
    TokenSpan,
    TokenSpans,
)
from studio.token_record import TokenRecord, TokenSequence, placed
from studio.translation import mark, tr

_CHARACTERS_A_TOKEN = 8
"""More than most texts have: so much of the text is sent with a part of it for each token of the
context."""
_SOON_MS = 500
"""What is due waits so long: the bars at the caret come first, and another word may be chosen."""
_BEHIND = 64
"""Code points after a part that are sent with it, so that its last token is that of the text."""

FORGOTTEN = mark(
    "The text has more recorded tokens than are kept in memory: those recorded first have no "
    "record any more. “Score the text” gives them a new one."
)
NOTHING_TO_SCORE = mark("Every token of the text that can be scored has its record already.")


class _Left(NamedTuple):
    """What is to be read of a text that is put aside.

    Attributes:
        source: Whose tokens were shown.
        is_scored: Whether it was being scored, and is not to its end.
        again: What was to be read again; None for nothing.
    """

    source: Hashable
    is_scored: bool
    again: TextRange | None


class TokenRecords(QObject):
    """The recorded tokens of the draft's manuscript, and the scoring of its text.

    Attributes:
        spans: Where each token is; follows the text at once. See `TokenSpans.changed`.
        is_unfinished: Whether the last scoring is under way, or was given up before its end.

    Args:
        client: The line to the engine.
        model: The open model.
        draft: The document.
        writing: What is written into it.
        next_token: The distribution at the caret.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Spans were added or removed, or have moved; at most once a frame."""
    scoring_changed = Signal()
    """Whether the text is being scored, or can be, has changed; the writing may have begun or
    ended."""
    scoring_progressed = Signal()
    """More of the text is scored: see `progress`."""
    reported = Signal(str)
    """What the writer should know of a scoring that has ended."""
    failed = Signal(str)
    """A scoring failed: why, for the writer."""

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
        self.is_unfinished = False
        self._client = client
        self._model = model
        self._draft = draft
        self._writing = writing
        self._next_token = next_token
        self._request = 0
        self._plan: ScoringPlan | None = None
        """What is to be scored; None while nothing is."""
        self._asked: FollowedText | None = None
        """The part of the text that is being read."""
        self._is_stopped = False
        """Whether no further part will be asked for."""
        self._is_begun = False
        """Whether the engine has said anything of that part."""
        self._first = 0
        """Where the first character of that part without a record is."""
        self._reading = TokenSequence(None)
        self._placed = 0
        """How many tokens have been given a record by this scoring."""
        self._begun_anew = 0
        """How many parts began without all of the text before them."""
        self._sight = 0
        """How many tokens the model that was open last can see."""
        self._due: ScoringPlan | None = None
        """What is to be read again as soon as the engine has nothing else to do."""
        self._goes_on = False
        """Whether the text was being scored when it was put aside: the rest is due, too."""
        self._is_whole = True
        """Whether all of the text was to be scored last, and not a part of it."""
        self._left: _Left | None = None
        """What was left of the text that comes to the front."""
        self._soon = single_shot(self, self._read_what_is_due, _SOON_MS)
        self.seen: Callable[[], tuple[int, int]] = lambda: (0, 0)
        """Gives the part of the text that is on the screen."""
        self._clock = FrameClock(self._on_frame, self)
        self._budget = SketchBudget()
        self.spans.changed.connect(self._on_spans_changed)
        client.follow(self._learn, Scored)
        client.died.connect(lambda _outcome: self._end())
        model.changed.connect(self._on_model_changed)
        writing.changed.connect(self.scoring_changed)
        writing.changed.connect(self._wake)
        writing.put_aside.connect(self._on_put_aside)
        draft.manuscript.putting_aside.connect(self._on_putting_aside)
        draft.manuscript.taking_up.connect(self._on_taking_up)
        draft.manuscript.loaded.connect(self._on_text_loaded)

    def last(self, count: int) -> list[TokenRecord]:
        """The last `count` recorded tokens before the caret, or of what is being written."""
        return [span.record for span in self.last_spans(count)]

    def last_spans(self, count: int) -> list[TokenSpan]:
        """The same with the place of each."""
        growing = self._draft.manuscript.growing_take_set
        position = growing.place.end if growing else self._draft.caret
        return self.spans.before(position, count)

    def _on_spans_changed(self, first: int, _removed: int, added: int) -> None:
        for record in self.spans.records[first : first + added]:
            self._budget.follow(record)
        self._clock.request()

    def _on_put_aside(self, takes: list[Take]) -> None:
        for take in takes:
            for record in take.records:
                self._budget.follow(record)
        self._clock.request()

    def _on_frame(self) -> None:
        # Not as they come: what follows the spans follows one change after the other.
        if self._budget.make_room() and self.spans.forget(_says_nothing):
            self.reported.emit(tr(FORGOTTEN))
        self.changed.emit()

    # Scoring

    @property
    def is_scoring(self) -> bool:
        """Whether the text is being scored."""
        return self._plan is not None

    @property
    def progress(self) -> tuple[int, int] | None:
        """How many words have been scored, and of how many; None while nothing is being scored."""
        return (self._plan.done, self._plan.words) if self._plan else None

    @property
    def why_not(self) -> str | None:
        """Why the text cannot be scored now, and what to do; None where it can be."""
        if not self._model.is_ready:
            return tr("Open a model first: it is the one that scores.")
        if not self._writing.is_idle:
            return tr("The model is writing; scoring has to wait until it has ended.")
        if self._writing.held:
            return self._writing.held
        if self.is_scoring:
            return tr("The text is being scored. Esc stops it.")
        if not len(self._draft.manuscript):
            return tr("There is no text yet. Type, paste or open some.")
        return None

    @property
    def can_score(self) -> bool:
        """Whether `score` would do something now."""
        return self.why_not is None

    def score(self, within: TextRange | None = None) -> None:
        """Give every token of the text that has no record one of its own.

        What is on the screen comes first, then the rest from the top. Each time as much is read as
        the context holds; where that is not all, half of it is the text before.

        Args:
            within: The part of the text whose tokens are meant; None for all of it.
        """
        if not self.can_score:
            return
        self._goes_on, self._is_whole = False, within is None
        plan = ScoringPlan(self._draft.manuscript, self.spans, self.seen(), within=within)
        if plan.next is None:
            plan.close()
            self.reported.emit(tr(NOTHING_TO_SCORE))
            return
        self._begin(plan)

    def read_again(self, start: int) -> None:
        """Have the recorded tokens behind a place read again: other text stands before them now.

        They are read as soon as nothing else is to be done, and keep the records that they have
        until then; undo of the step done last brings these back. Where their model is not open,
        that is when it is opened again, if no other comes before; and those keep them that are so
        far behind that the text before them is out of its sight.

        Args:
            start: The first code point that counts.
        """
        behind = self.spans.after(start, self._sight)
        if not behind:
            return
        end = behind[-1].end
        self._draft.manuscript.keep_marks(start, end)
        due = self._due.next if self._due else None
        self._put_off((min(start, due[0]), max(end, due[1])) if due else (start, end))

    def _put_off(self, part: TextRange | None) -> None:
        """Have a part of the text, and that alone, be read again soon; None for nothing."""
        if self._due is not None:
            self._due.close()
            self._due = None
        if part is not None:
            self._due = ScoringPlan(self._draft.manuscript, self.spans, again=part)
            self._soon.start()

    def _wake(self) -> None:
        if (self._due is not None or self._goes_on) and self.can_score:
            self._soon.start()

    def _read_what_is_due(self) -> None:
        due = self._due
        if due is None:
            if self._goes_on:
                self.score()
            return
        if due.next is None:
            self._put_off(None)
        elif self.can_score:
            self._due = None
            self._begin(due)

    def _begin(self, plan: ScoringPlan) -> None:
        self._plan = plan
        self._placed = self._begun_anew = 0
        self._is_stopped = False
        self.is_unfinished = True
        self._ask()
        self.scoring_changed.emit()

    def cancel(self) -> None:
        """End the scoring that is under way; records that were made stay."""
        if self.is_scoring:
            self._client.send(Stop(request=self._request))
            # The engine may have ended this part already, and takes no notice then.
            self._is_stopped = True
            if not self._is_begun:
                # The engine reads another prompt still, and answers when it has.
                self._on_broken_off()

    def _ask(self) -> None:
        """Ask for the next part, with enough of the text before it to fill the context."""
        assert self._plan is not None
        assert self._plan.next is not None
        first, last = self._plan.next
        report, manuscript = self._model.report, self._draft.manuscript
        around = _CHARACTERS_A_TOKEN * (report.context_size if report else 0)
        last = min(last, first + around)
        begin = _after_a_word(manuscript, first - around)
        end = min(len(manuscript), last + _BEHIND)
        self._asked = FollowedText(manuscript, begin, end)
        self._first = first - begin
        self._reading = TokenSequence(None, is_whole=begin == 0)
        self._request = self._client.next_request(self._on_event, replaces=self._request)
        self._is_begun = False
        prompt = msgspec.structs.replace(
            self._draft.prompt(0), manuscript=manuscript.part(begin, end)
        )
        self._client.send(
            Score(
                request=self._request,
                prompt=prompt,
                first=first - begin,
                last=None if last == len(manuscript) else last - begin,
            )
        )

    def _on_part_ended(self, event: ScoringEnded) -> None:
        """Go on with the next part, or report what was done."""
        plan, asked = self._plan, self._asked
        if plan is None or asked is None:
            return
        if event.unseen_characters or not self._reading.is_whole:
            self._begun_anew += 1
        if event.reached <= self._first:
            plan.skip()
        elif (reached := asked.behind(event.reached)) is not None:
            plan.reached(reached)
        asked.close()
        self._asked = None
        self.scoring_progressed.emit()
        if plan.next is not None:
            if self._is_stopped:
                self._on_broken_off()
            else:
                self._ask()
            return
        self.is_unfinished = False
        self._end()
        if plan.is_again:
            return  # nobody asked for it
        if not self._placed:
            self.reported.emit(tr(NOTHING_TO_SCORE))
        elif self._begun_anew:
            self.reported.emit(_anew_words(plan.words, self._begun_anew))

    def _on_broken_off(self) -> None:
        plan, is_stopped = self._plan, self._is_stopped
        rest = plan.next if plan is not None and plan.is_again and not is_stopped else None
        self._end()
        if rest is not None:
            self._put_off(rest)  # something else came first
        elif plan is not None and plan.done and not plan.is_again:
            self.reported.emit(
                tr(
                    "Scored {done:,} of {words:,} words. “Score the text” goes on with the rest.",
                    done=plan.done,
                    words=plan.words,
                )
            )

    def _on_model_changed(self) -> None:
        report = self._model.report
        if self._model.is_ready and report is not None:
            self._sight = report.context_size
            if self.spans.source != self._model.vocabulary:
                self._put_off(None)
                # What another model said of a text is kept for when it is opened again.
                self.spans.set_source(self._model.vocabulary)
            self._wake()
        self.scoring_changed.emit()

    def _on_putting_aside(self, content: ManuscriptContent) -> None:
        """Keep what is still to be read of it: that goes on when it is in front again."""
        plans = [plan for plan in (self._plan, self._due) if plan is not None]
        again = next((plan.next for plan in plans if plan.is_again), None)
        is_scored = self._is_whole and not all(plan.is_again for plan in plans)
        is_scored |= self._goes_on
        content.known[self] = _Left(self.spans.source, is_scored, again)

    def _on_taking_up(self, content: ManuscriptContent) -> None:
        left = content.known.pop(self, None)
        self._left = left if isinstance(left, _Left) else None

    def _on_text_loaded(self) -> None:
        """Another text is in front: end the scoring of the one before it, without a word."""
        left, self._left = self._left, None
        self._goes_on = False
        self._put_off(None)
        if self.is_scoring:
            self._client.send(Stop(request=self._request))
            self._end()
        if left is not None:
            self._goes_on = left.is_scored
            self._put_off(left.again if left.source == self.spans.source else None)
            self._wake()

    def _learn(self, event: Scored) -> None:
        # Reported once: also what comes after the scoring was given up says how tokens are spelled.
        if event.pieces:
            self._next_token.add_pieces(event.pieces)

    def _on_event(self, event: AnyEvent) -> None:
        asked = self._asked
        if asked is None:
            return
        self._is_begun = True
        match event:
            case Scored():
                read = [
                    placed(record, self._reading, index)
                    for index, record in enumerate(event.tokens, event.first)
                ]
                plan = self._plan
                over = plan.next if plan is not None and plan.is_again else None
                self._placed += self.spans.fill(event.start, read, asked, over or (0, 0))
                characters = len(b"".join([token.text for token in event.tokens]).decode())
                position = asked.behind(event.start + characters)
                if self._plan is not None and position is not None:
                    self._plan.reads(position)
                    self.scoring_progressed.emit()
            case Evaluated():
                self._reading.ids = event.token_ids()
            case ScoringEnded():
                self._on_part_ended(event)
            case Failed():
                self._end()
                self.failed.emit(event.message)
            case Superseded():
                self._on_broken_off()

    def _end(self) -> None:
        if self._asked is not None:
            self._asked.close()
            self._asked = None
        if self._plan is not None:
            self._plan.close()
            self._plan = None
            self._clock.flush()
            self.scoring_changed.emit()
            self._wake()


def _says_nothing(record: TokenRecord) -> bool:
    return not record.sketch


def _after_a_word(manuscript: Manuscript, position: int) -> int:
    """The first place from `position` on where no tokenizer would join what is on both sides."""
    if position <= 0:
        return 0
    near = manuscript.part(position, position + _BEHIND)
    return position + next((place for place, sign in enumerate(near) if sign.isspace()), 0)


def _anew_words(words: int, times: int) -> str:
    scored = tr("%n words scored.", "", words, one="%n word scored.")
    anew = tr(
        "The text is longer than the model's context: at %n places reading began again, with half "
        "a context of the text before. A larger context size (Model › Model options) holds more.",
        "",
        times,
        one="The text is longer than the model's context: at one place reading began again, with "
        "half a context of the text before. A larger context size (Model › Model options) holds "
        "more.",
    )
    return f"{scored} {anew}"
