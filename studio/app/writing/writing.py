"""Writing: one generation into the manuscript, from Continue to its last token.

Gives the engine's tokens to the manuscript and to the histogram once a frame, and keeps the takes.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.engine_line.client import EngineClient
from studio.app.generation.generation import Generation
from studio.app.generation.sequence import GeneratedSequence, SequencePhase
from studio.app.model.fingerprint import ModelFingerprint
from studio.app.model.state import ModelState
from studio.app.parameters.sampling_state import SamplingState
from studio.app.timers import single_shot
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.place import UNKNOWN_PLACE, place_of
from studio.app.writing.candidates import take_of
from studio.app.writing.draft import Draft
from studio.app.writing.ranking import Ranking
from studio.engine.messages import (
    Evaluated,
    Failed,
    Generate,
    Prompt,
    RunFinished,
    SequenceStart,
    Superseded,
    id_bytes,
)
from studio.experiments.following_text import AFTER, Ending, best_first, endings_of, seen_part
from studio.experiments.middle import starts_of
from studio.manuscript import Passage, Take, TakeSet, TakeWriter
from studio.manuscript.place import Place
from studio.model_record import ModelRecord
from studio.sampling import MAX_SEED, SamplingParams
from studio.token_record import TokenRecord, TokenSequence, placed
from studio.translation import mark, tr

NOTHING_TO_ADD = mark(
    "The model has nothing to add here: it ended the text at once. Write on, move the caret, or "
    "press Continue again; a higher temperature makes this end less certain."
)
STOPPED_AT_ONCE = mark(
    "The first thing that the model wrote is one of the preset's stop strings, which end a text. "
    "Continue from another place, or choose a preset without it."
)
NO_TEXT = mark(
    "What the model wrote is not text yet: part of a character, or white space where there is "
    "some. Press Continue again, or allow a greater length under Sampling."
)
"""What the writer is shown where Continue would otherwise seem to do nothing."""


_ENDS_OF_TEXT = ("end_of_text", "stop_string")
"""Reasons with which the text is whole, be nothing added to it."""


class Writing(QObject):
    """Continue, Stop, Retake, and the steps between takes.

    Attributes:
        candidates: How many takes are written at once where text follows. The first grows in the
            text; at the end the one that the text behind it follows best comes there.
        ranking: Reads what follows behind each of them.

    Args:
        client: The line to the engine.
        model: The open model.
        fingerprint: Its fingerprint.
        draft: The document.
        sampling: The parameters in force.
        next_token: The distribution at the caret.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """The phase, or what can be done, has changed."""
    takes_changed = Signal()
    """Retake and the steps may now be about another take, or the take has changed."""
    progressed = Signal()
    """A frame of text was shown; the rate may have changed."""
    failed = Signal(str, str)
    """A message for the writer and its `FailureKind`, on which the remedy depends."""
    put_aside = Signal(list)
    """Takes were written that do not stand in the text."""
    ended = Signal()
    """A generation is over, for whatever reason; its text is complete."""

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        fingerprint: ModelFingerprint,
        draft: Draft,
        sampling: SamplingState,
        next_token: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._fingerprint = fingerprint
        self._draft = draft
        self._sampling = sampling
        self._next_token = next_token
        self._sequence = GeneratedSequence(sampling, parent=self)
        self._others: list[GeneratedSequence] = []
        """Those that are written beside it."""
        self._generation = Generation(client, self)
        self.candidates = 1
        self.ranking = Ranking(client, self)
        self._endings: list[Ending] = []
        """How what was written may come into the text, where several wrote."""
        self._prompt: Prompt | None = None
        """What is continued, as the model sees it."""
        self._is_stopped = False
        """Whether the writer ended it."""
        self._take: Take | None = None
        self._writer: TakeWriter | None = None
        """None where nothing is written."""
        self._kept = self._shown = 0
        """How many tokens of a take before it this one begins with, and how many it has."""
        self._latest: TokenRecord | None = None
        """The token that is in the text, while its distribution is not shown yet."""
        self._bars = single_shot(self, self._show_distribution)
        self._is_dropped = False
        """Whether it is to leave no trace."""
        self._before = TokenSequence([])
        self._after_end: list[Callable[[], object]] = []
        self._holds: dict[object, str] = {}
        """Why nothing can be begun now, by who says so."""
        self.rate: float | None = None
        """Tokens a second, of the generation under way or the last one."""
        self._sequence.changed.connect(self.changed)
        self._generation.evaluated.connect(self._on_evaluated)
        self._generation.progressed.connect(self._show_frame)
        self._generation.ended.connect(self._on_ended)
        self._generation.failed.connect(self.failed)
        self.ranking.progressed.connect(self.progressed)
        self.ranking.ended.connect(self._on_ranked)
        sampling.params_changed.connect(self._on_params_changed)
        draft.prompt_changed.connect(self._on_caret)
        draft.selection_changed.connect(self._on_caret)
        draft.manuscript.state_changed.connect(self.takes_changed.emit)
        fingerprint.named.connect(draft.manuscript.name_model)

    @property
    def phase(self) -> SequencePhase:
        """Where the generation is, or the last one."""
        if self.is_idle or self._sequence.runs:
            return self._sequence.phase
        return SequencePhase.STOPPING if self._is_stopped else SequencePhase.RUNNING

    @property
    def count(self) -> int:
        """How many candidates are being written or ranked; 0 where nothing is."""
        return 0 if self.is_idle else 1 + len(self._others)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being written."""
        return self._writer is None

    @property
    def can_start(self) -> bool:
        """Whether Continue would do something now."""
        return self.is_idle and self._model.is_ready and self.held is None

    def set_candidates(self, count: int) -> None:
        """Set how many takes are written where text follows; those under way stay."""
        if count != self.candidates:
            self.candidates = count
            self.changed.emit()

    @property
    def held(self) -> str | None:
        """Why nothing can be begun now though a model is open; None where it can. See `hold`."""
        return next(iter(self._holds.values()), None)

    def hold(self, reason: str | None, by: object = None) -> None:
        """Let nothing begin, for a reason that the writer is shown.

        Args:
            reason: It; None to allow it again.
            by: Who says so; what others say holds still.
        """
        former = self.held
        if reason is None:
            self._holds.pop(by, None)
        else:
            self._holds[by] = reason
        if self.held != former:
            self.changed.emit()

    def take_set(self) -> TakeSet | None:
        """The takes of the growing one, or else those selected or at the caret."""
        caret = self._draft.caret
        manuscript = self._draft.manuscript
        return manuscript.growing_take_set or manuscript.take_set_at(
            caret - self._draft.selected, caret
        )

    @property
    def can_retake(self) -> bool:
        """Whether there is a take that can be retaken."""
        return self.can_start and self.take_set() is not None

    def candidates_before(self, end: int) -> int:
        """How many takes are written at once where one ends before a place of the text."""
        draft = self._draft
        return self.candidates if draft.is_followed(end) and not draft.fills_in(end) else 1

    def continue_writing(self) -> None:
        """Continue the manuscript from the caret."""
        if self.can_start:
            self._grow(self._draft.manuscript.begin_take(self._draft.caret))

    def retake(self) -> None:
        """Write another take in place of the one in the text, which is kept."""
        take_set = self.take_set()
        if self.can_start and take_set:
            self._grow(self._draft.manuscript.retake(take_set))

    def write_on(
        self,
        take_set: TakeSet,
        kept: Sequence[TokenRecord],
        params: SamplingParams,
        mu: float | None = None,
        adaptive_mean: float | None = None,
    ) -> None:
        """Write another take in place of the one in the text, which begins as that does.

        One to which nothing comes leaves no trace: what stood there comes back.

        Args:
            take_set: The takes of the place.
            kept: The first tokens of the take in the text, with which it begins.
            params: What it is drawn with; their seed is the draws'.
            mu: What Mirostat allows behind these tokens; None where it begins there.
            adaptive_mean: What adaptive-p has learnt by then; None as for `mu`.
        """
        if self.can_start:
            manuscript, present = self._draft.manuscript, take_set.current
            start, given = take_set.place.start, present.given if present else 0
            begun = manuscript.passage(start, start + given)
            take = manuscript.retake(take_set, begun=begun)
            sequence = SequenceStart(
                params=params,
                written=id_bytes(record.id for record in kept),
                stop=self._draft.stop,
                mu=mu,
                adaptive_mean=adaptive_mean,
            )
            end = self._place.end
            prompt = self._draft.prompt(end, end if present and present.fills_in else None)
            self._write(take, prompt, [sequence], kept)

    def drop(self) -> None:
        """End the generation, and have its take leave no trace: what it replaced comes back."""
        if not self.is_idle:
            self._is_dropped = True
            self.stop()

    def mark_of(self, prompt: Prompt) -> bytes:
        """What `Take.written_from` is of a take that the open model writes from a prompt."""
        given = msgspec.to_builtins(prompt)
        if prompt.parts is None:
            del given["parts"]  # takes of before there were any have this mark
        if not prompt.after:
            del given["after"]  # as above
        seen = msgspec.msgpack.encode((given, repr(self._model.vocabulary)))
        return hashlib.blake2b(seen, digest_size=16).digest()

    def lead_on(self, start: int, end: int, begun: Passage) -> None:
        """Write on from other words than those of a part of the text, as a take beside it.

        What was written on from that part is kept: see `Manuscript.branch`.

        Args:
            start: Where the part begins.
            end: Where it ends.
            begun: The other words.
        """
        if self.can_start:
            self._grow(self._draft.manuscript.branch(start, end, begun))

    @property
    def model_record(self) -> ModelRecord | None:
        """What is kept of the open model in what it writes."""
        return self._fingerprint.record

    @property
    def can_stop(self) -> bool:
        """Whether there is a generation that was not asked to end yet."""
        return not (self.is_idle or self._is_stopped)

    def stop(self) -> None:
        """End the generation; what was written stays, by all that write, in that order."""
        if self.can_stop:
            self._is_stopped = True
            if self.ranking.is_running:
                self.ranking.stop()
                return
            self._generation.stop_all()
            for sequence in (self._sequence, *self._others):
                if sequence.can_stop:
                    sequence.set_phase(SequencePhase.STOPPING)

    def call_when_ended(self, action: Callable[[], object]) -> None:
        """Call `action` once when the present generation has ended and its text is complete."""
        self._after_end.append(action)

    def can_step(self, direction: int, takes: TakeSet | None = None) -> bool:
        """Whether there is a take before (-1) or after (+1) the one in the text.

        Args:
            direction: -1 or +1.
            takes: Which takes; None for those at the caret.
        """
        take_set = takes or self.take_set()
        return (
            self.is_idle
            and self.held is None
            and take_set is not None
            and self._draft.manuscript.can_step_take(take_set, direction)
        )

    def step(self, direction: int, takes: TakeSet | None = None) -> int | None:
        """Show the take before or after; returns where the caret should go, None to leave it.

        Args:
            direction: -1 or +1.
            takes: Which takes; None for those at the caret.
        """
        take_set = takes or self.take_set()
        if take_set is None or not self.can_step(direction, take_set):
            return None
        return self._draft.manuscript.step_take(take_set, direction)

    @property
    def can_show_takes(self) -> bool:
        """Whether a take can be put into the text now."""
        return self.is_idle and self.held is None

    def show_take(self, way: Sequence[tuple[TakeSet, int]]) -> int | None:
        """Show a take, with those around it; returns where the caret should go, None for nowhere.

        Args:
            way: Which take of which set, from the outermost set inwards.
        """
        caret = None
        if self.can_show_takes:
            for take_set, index in way:
                if take_set.index != index:
                    caret = self._draft.manuscript.choose_take(take_set, index)
                else:
                    caret = take_set.place.end
        return caret

    def _grow(self, take: Take) -> None:
        """Write a take that was begun, with the parameters of its place.

        Where text follows it, several candidates are written at once, or one by a model that is
        given that text.
        """
        end = self._place.end
        params, count = with_seed(self._sampling.params), self.candidates_before(end)
        self._write(take, self._draft.prompt(end, end), starts_of(params, count, self._draft.stop))

    def _write(
        self,
        take: Take,
        prompt: Prompt,
        starts: Sequence[SequenceStart],
        kept: Sequence[TokenRecord] | None = None,
    ) -> None:
        """Write a take that was begun, and others beside it; nothing else is being written.

        At the end the one that the text behind the place follows best comes into the text, and all
        are takes of the place in that order.

        Args:
            take: It has begun to grow, and is shown as it does.
            prompt: What it continues.
            starts: It, and the others. Each has a seed.
            kept: The tokens that it begins with, where it is nothing if no more come; it is written
                alone then.
        """
        params = starts[0].params
        take.seed = params.seed
        take.temperatures = [params.temperature]
        take.turns = [(0, params)]
        own = self._sampling.here
        take.preset = own.preset if own and own.preset else self._draft.preset_name
        take.model = self.model_record
        take.written_from = self.mark_of(prompt)
        take.fills_in = bool(prompt.after)
        self._take, self._writer = take, TakeWriter(self._draft.manuscript, take)
        for record in kept or ():
            self._writer.add(record.text, record)
        self._writer.flush()
        if kept is not None:
            self._draft.manuscript.wait_for_more()
        self._before = TokenSequence([], seed=params.seed)
        self._prompt = prompt
        self._sequence.seed, self._sequence.turns = params.seed, take.turns
        self._sequence.tokens = list(kept or ())
        self._others = [GeneratedSequence(self._sampling) for _ in starts[1:]]
        for other, start in zip(self._others, starts[1:], strict=True):
            other.seed, other.turns = start.params.seed, [(0, start.params)]
            other.changed.connect(self.changed)
        self._kept = self._shown = len(self._sequence.tokens)
        self._is_dropped = self._is_stopped = False
        self._endings = []
        self.rate = None
        self._generation.begin(
            Generate(
                request=self._generation.next_request(),
                prompt=prompt,
                sequences=tuple(starts),
                max_tokens=max(1, self._sampling.max_tokens - self._kept),
                when_full="end" if self._others else "cut",
            ),
            [self._sequence, *self._others],
        )

    def _on_caret(self) -> None:
        # A take that grows is meant wherever the caret stands, which moves with it.
        if self._draft.manuscript.growing_take_set is None:
            self.takes_changed.emit()

    def _on_params_changed(self, params: SamplingParams) -> None:
        # When it has ended they may be those of the caret again.
        if self._take is not None and self._take.growing:
            if self._take.temperatures[-1] != params.temperature:
                self._take.temperatures.append(params.temperature)
            for sequence in (self._sequence, *self._others):
                self._generation.turn(sequence, params)

    def _on_evaluated(self, event: Evaluated) -> None:
        if self._before.start is None:
            prompt = event.token_ids()
            kept = [record.id for record in self._sequence.tokens]
            if self._prompt is not None:
                self._prompt = seen_part(self._prompt, event)
            self._before = TokenSequence(prompt + kept, seed=self._before.seed, start=len(prompt))
        elif self._take and self._take.cut is None:
            # Once more between two tokens, when the context was cut.
            self._take.cut = self._shown

    def _show_frame(self) -> None:
        latest = self._put_tokens()
        if pieces := self._generation.take_pieces():
            self._next_token.add_pieces(pieces)
        if latest:
            self._latest = latest
            # A turn of the window's later: text and bars together make a key wait twice as long.
            self._bars.start()
            self.rate = self._sequence.rate
        self.progressed.emit()

    def _show_distribution(self) -> None:
        """Show what the token that came last was drawn from."""
        self._bars.stop()
        latest, self._latest = self._latest, None
        if latest:
            self._next_token.show_record(latest, place_of(latest) or UNKNOWN_PLACE)

    def _put_tokens(self) -> TokenRecord | None:
        """Put what has come into the text; returns the last of it."""
        if self._take is None or self._writer is None:
            return None
        written, ids = self._sequence.written, self._before.ids
        assert ids is not None, "it begins with the prompt's"
        self._take.turns = self._sequence.turns
        latest = None
        for index in range(self._shown, len(written)):
            # In its place too, so that nobody keeps another record than the manuscript's.
            latest = written[index] = placed(written[index], self._before, len(ids))
            ids.append(latest.id)
            self._writer.add(latest.text, latest)
        self._shown = len(written)
        self._writer.flush()
        return latest

    def _on_ended(self, event: RunFinished | Failed | Superseded | None) -> None:
        self._show_distribution()
        take, reason, end = self._take, self._sequence.reason, self._sequence.end
        assert take is not None, "it was begun"
        assert self._writer is not None
        is_empty = not self._shown
        if end and not end.text and self._before.ids is not None:
            take.end = placed(end, self._before, len(self._before.ids))
        if isinstance(event, RunFinished):
            take.ending = reason
            # The engine's own figure, where it gave one.
            self.rate = event.tokens_per_second or self.rate
        if self._others and not self._is_dropped:
            self._writer.end()
            written = [(one.text, one.reason) for one in (self._sequence, *self._others)]
            self._endings = endings_of(written, self._after(2))
            if isinstance(event, RunFinished) and self._begin_ranking():
                self.changed.emit()
                return
        is_alone = not self._others
        adds_nothing = is_alone and self._shown == self._kept and reason not in _ENDS_OF_TEXT
        if self._is_dropped or (adds_nothing and self._draft.manuscript.waiting):
            self._draft.manuscript.drop_take()
        else:
            self._writer.end()
            self._end_take()
        is_reported = isinstance(event, RunFinished) and not (self._is_dropped or self._endings)
        self._close()
        if not is_reported:
            return
        if reason == "end_of_text" and is_empty:
            self.failed.emit(tr(NOTHING_TO_ADD), "prompt")
        elif reason == "stop_string" and is_empty:
            self.failed.emit(tr(STOPPED_AT_ONCE), "prompt")
        elif reason != "stopped" and not take.text:
            self.failed.emit(tr(NO_TEXT), "prompt")

    def _begin_ranking(self) -> bool:
        """Have what follows read behind each candidate, where that can say something."""
        after = self._after(AFTER)
        are_several = len({ending.number for ending in self._endings}) > 1
        if self._is_stopped or not (are_several and after.strip()):
            return False
        assert self._prompt is not None, "it was begun"
        self.ranking.begin(self._prompt, [ending.text for ending in self._endings], after)
        return True

    def _on_ranked(self) -> None:
        if self._is_dropped:
            self._draft.manuscript.drop_take()
        else:
            self._end_take(self.ranking.found)
        self._close()

    def _end_take(self, found: Sequence[float | None] = ()) -> None:
        """Have the take end, beside all that wrote something, the best first.

        Args:
            found: See `Ranking.found`.
        """
        shown = self._take
        assert shown is not None, "it was begun"
        prompt = (self._before.ids or [])[: self._before.start]
        sequences = (self._sequence, *self._others)
        start = self._place.start
        begun = self._draft.manuscript.passage(start, start + shown.given)
        takes: list[Take] = []
        for ending, follows, is_shortened in best_first(self._endings, found):
            sequence = sequences[ending.number]
            take = shown
            if is_shortened or sequence is not self._sequence:
                length = ending.length if is_shortened else None
                take = take_of(sequence, prompt, self._after(2), self._model.vocabulary, length)
                take.passage, take.given = begun + take.passage, shown.given
                take.preset, take.written_from = shown.preset, shown.written_from
                take.model = shown.model
            take.follows = follows
            takes.append(take)
        self._draft.manuscript.end_take(takes)
        if takes[1:]:
            self.put_aside.emit(takes[1:])

    def _after(self, length: int) -> str:
        """What follows the growing take, so many code points of it."""
        end = self._place.end
        return self._draft.manuscript.part(end, end + length)

    @property
    def _place(self) -> Place:
        """That of the growing take."""
        growing = self._draft.manuscript.growing_take_set
        assert growing is not None, "the take grows"
        return growing.place

    def _close(self) -> None:
        """The generation is over, and its text complete."""
        self._take = self._writer = self._prompt = None
        for sequence in (self._sequence, *self._others):
            sequence.clear()
        self._others, self._endings = [], []
        self.changed.emit()
        self.ended.emit()
        waiting, self._after_end = self._after_end, []
        for action in waiting:
            action()


def with_seed(params: SamplingParams) -> SamplingParams:
    """The parameters with a seed, chosen anew where they leave it open.

    The engine would choose one too, but report it only at the end; the bars need it before, to show
    what the draws make of XTC while it writes.
    """
    if params.seed >= 0:
        return params
    return msgspec.structs.replace(params, seed=secrets.randbelow(MAX_SEED + 1))
