"""Rewrites a part of the text: versions are written beside it, and one is chosen in its place.

The text stays as it is until one is used: then all of them become takes of the place, the former
words too, in one undo step.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.engine_line.client import EngineClient
from studio.app.generation.generation import Generation
from studio.app.generation.sequence import GeneratedSequence
from studio.app.model.state import ModelState
from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.next_token import NextToken
from studio.app.writing.candidates import take_of
from studio.app.writing.draft import Draft
from studio.app.writing.rewrite_request import (
    MOST_VERSIONS,
    RewriteKind,
    part_of,
    request_for,
)
from studio.app.writing.writing import Writing, with_seed
from studio.engine.messages import (
    Evaluated,
    Failed,
    Finished,
    Generate,
    RunFinished,
    Superseded,
)
from studio.experiments.following_text import CUT, sentence_end
from studio.manuscript import FollowedText, Take
from studio.model_record import ModelRecord
from studio.sampling import MAX_SEED, SamplingParams
from studio.translation import mark, tr

NOTHING_SELECTED = mark("Select the words that are to be rewritten.")
NO_MODEL = mark("Open a model first (Ctrl+Shift+O): it is the one that writes.")
NO_TEMPLATE = mark(
    "This model has no chat template, so it cannot be asked for anything: it can write the part "
    "again, from what stands before it."
)
RUNS = mark("Versions of the selection are being written. Wait until they are there, or press Esc.")
WRITING = mark("The model is writing. Press Esc to stop it, then rewrite.")
TOO_LONG = mark(
    "The selection is too long to be rewritten in this model's context of %n tokens. Select less, "
    "or choose a larger context size (Model › Model options)."
)
NOTHING_CAME = mark(
    "The model wrote nothing in place of the selection. Try again, at another temperature, or "
    "another way."
)
GONE = mark("The engine has ended. What it has written can be used.")

_NEXT = " X"
"""The beginning of another sentence."""


class RewriteVersion(GeneratedSequence):
    """One version of the part.

    Attributes:
        length: How many code points of its text count; None for all.

    Args:
        params: What it is drawn with; they have a seed.
        former: The words that it would replace.
    """

    def __init__(self, params: SamplingParams, former: str) -> None:
        super().__init__(SamplingState(params))
        self.seed, self.turns = params.seed, [(0, params)]
        self.length: int | None = None
        self._is_sentences = sentence_end(former + _NEXT) == len(former)

    @property
    def shown(self) -> str:
        """What it says, without white space at its ends."""
        return self.text[: self.length].strip()

    def finish(self, reason: str, event: Finished | None = None) -> None:
        """It has ended: leave out what is not to be part of it.

        That is white space at its beginning, which stands in the text already; and a sentence that
        its length has cut, where whole ones stand before it and the former words ended one.

        Args:
            reason: See `GeneratedSequence.reason`.
            event: What the engine said; None where there is no engine any more.
        """
        super().finish(reason, event)
        for index, record in enumerate(self.tokens):
            bare = record.text.lstrip()
            if bare != record.text:
                self.tokens[index] = msgspec.structs.replace(record, text=bare)
            if bare:
                break
        if self._is_sentences and reason in CUT:
            text = self.text.rstrip()
            last = sentence_end(text + _NEXT)
            self.length = last if 0 < last < len(text) else None


class Rewriting(QObject):
    """What is being rewritten, and the versions of it.

    Attributes:
        is_open: Whether the versions of a part are looked at, or are about to be asked for.
        kind: How it is rewritten.
        instruction: What the writer asked for last.
        versions: From cold to hot; empty before the writer has said what is to be done.
        chosen: Which of them is pointed at.
        message: What went wrong, for the writer; empty where nothing did.

    Args:
        client: The line to the engine.
        model: The open model.
        draft: The document.
        sampling: The parameters in force.
        writing: Nothing else is begun while versions are written.
        next_token: Learns how tokens are spelled.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """Something of what is said above is another, or a version has ended."""
    progressed = Signal()
    """The versions have grown; once a frame."""
    refused = Signal(str)
    """Nothing was begun: why, for the writer."""
    used = Signal(int)
    """A version has come into the text; where it ends, in code points."""
    ended = Signal()
    """Nothing is rewritten any more, and the engine is free; it has read other texts meanwhile."""

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        draft: Draft,
        sampling: SamplingState,
        writing: Writing,
        next_token: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._draft = draft
        self._sampling = sampling
        self._writing = writing
        self._next_token = next_token
        self._generation = Generation(client, self)
        self.is_open = False
        self.kind = RewriteKind.AGAIN
        self.instruction = ""
        self.versions: Sequence[RewriteVersion] = ()
        self.chosen = 0
        self.message = ""
        self._former: FollowedText | None = None
        """The part that is rewritten."""
        self._length = 0
        """Of that, in code points."""
        self._prompt_ids: list[int] = []
        self._source: Hashable = None
        """Whose tokens they are."""
        self._written_from = b""
        self._preset = ""
        self._model_record: ModelRecord | None = None
        """What the takes keep of how they were written."""
        self._round = 0
        """How often versions of this part were written before."""
        self._is_awaited = False
        """Whether the version that is chosen is used as soon as it has ended."""
        self._generation.evaluated.connect(self._on_evaluated)
        self._generation.progressed.connect(self._on_progressed)
        self._generation.changed.connect(self._on_generation_changed)
        self._generation.ended.connect(self._on_ended)
        self._generation.failed.connect(self._on_failed)
        writing.changed.connect(self._on_writing_changed)
        draft.manuscript.state_changed.connect(self._on_text_changed)
        draft.manuscript.loaded.connect(self.close)

    @property
    def is_running(self) -> bool:
        """Whether versions are being written."""
        return self._generation.is_running

    def why_not(self, kind: RewriteKind) -> str:
        """Why what is selected cannot be rewritten so now, for the writer; empty where it can."""
        report = self._model.report
        if report is None or not self._model.is_ready:
            return tr(NO_MODEL)
        if not self._writing.is_idle:
            return tr(WRITING)
        if self._writing.held is not None and not self.is_running:
            return self._writing.held
        start, end = part_of(self._draft)
        if start == end:
            return tr(NOTHING_SELECTED)
        if kind.needs_template and not report.has_chat_template:
            return tr(NO_TEMPLATE)
        return ""

    def begin(self, kind: RewriteKind) -> None:
        """Rewrite what is selected, or say why that cannot be.

        Args:
            kind: How. For one of the writer's own `ask` has to follow.
        """
        why_not = self.why_not(kind)
        if why_not:
            self.refused.emit(why_not)
            return
        self.close()
        start, end = part_of(self._draft)
        self.is_open, self.kind, self._length, self._round = True, kind, end - start, 0
        self._former = FollowedText(self._draft.manuscript, start, end)
        if kind is RewriteKind.OWN:
            self.changed.emit()
        else:
            self.write()

    def ask(self, instruction: str) -> None:
        """Have the part rewritten as the writer says.

        Args:
            instruction: What is to be done.
        """
        if self.is_open and instruction.strip():
            self.instruction = instruction.strip()
            self.write()

    @property
    def can_write(self) -> bool:
        """Whether `write` would do something now."""
        is_free = self._writing.can_start or (self.is_running and self._writing.is_idle)
        return self.is_open and self._model.is_ready and is_free

    def write(self) -> None:
        """Have versions of the part written, other ones in place of those that are there."""
        report, part = self._model.report, self._part()
        if report is None or part is None or not self.can_write:
            return
        params = with_seed(self._sampling.params_at(*part))
        seed = (params.seed + self._round * MOST_VERSIONS) % (MAX_SEED + 1)
        params = msgspec.structs.replace(params, seed=seed)
        self._round += 1
        asked = request_for(
            self._draft, part, self.kind, self.instruction, params, report.context_size
        )
        if asked is None:
            self.close()
            self.refused.emit(tr(TOO_LONG, "", report.context_size))
            return
        former = self._draft.manuscript.part(*part)
        self.versions = [RewriteVersion(start.params, former) for start in asked.starts]
        self.chosen, self.message, self._is_awaited = 0, "", False
        self._prompt_ids, self._source = [], self._model.vocabulary
        self._written_from = self._writing.mark_of(asked.prompt)
        own = self._sampling.own(*part)
        self._preset = own.preset if own and own.preset else self._draft.preset_name
        self._model_record = self._writing.model_record
        self._generation.begin(
            Generate(
                request=self._generation.next_request(),
                prompt=asked.prompt,
                sequences=asked.starts,
                max_tokens=asked.max_tokens,
                when_full="end",
            ),
            self.versions,
        )

    def choose(self, number: int) -> None:
        """Point at another version; numbers beyond the ends count as the ends."""
        number = max(0, min(number, len(self.versions) - 1))
        if number != self.chosen:
            self.chosen = number
            self.changed.emit()

    @property
    def can_use(self) -> bool:
        """Whether `use` would do something now."""
        is_there = bool(self.versions) and bool(self.versions[self.chosen].shown)
        return is_there and self._writing.is_idle

    def use(self) -> None:
        """Put the version that is pointed at into the text, all of them as takes of the place.

        One that is still being written is ended, and comes as it is then.
        """
        if not self.can_use:
            return
        if self.versions[self.chosen].runs:
            self._is_awaited = True
            self._generation.stop_all()
        else:
            self._put()

    def close(self) -> None:
        """Leave all as it was."""
        if not self.is_open:
            return
        self.is_open = self._is_awaited = False
        if self._former is not None:
            self._former.close()
            self._former = None
        self._generation.stop_all()
        self.versions = ()
        self.message = ""
        self.changed.emit()
        if not self.is_running:
            self.ended.emit()

    def _put(self) -> None:
        part, chosen = self._part(), self.versions[self.chosen]
        if part is None or not chosen.shown:
            return
        start, end = part
        manuscript = self._draft.manuscript
        after = manuscript.part(end, end + 2)
        ended = [chosen, *(one for one in self.versions if one is not chosen and not one.runs)]
        takes: list[Take] = []
        for one in ended:
            take = take_of(one, self._prompt_ids, after, self._source, one.length)
            if take.text and take.text not in [other.text for other in takes]:
                take.preset, take.written_from = self._preset, self._written_from
                take.model = self._model_record
                if take.ending == "stop_string" and not self._draft.stop:
                    take.ending = ""  # its paragraph ended: that stop is none of the writer's
                takes.append(take)
        self.close()
        manuscript.rewrite(start, end)
        manuscript.end_take(takes)
        self.used.emit(start + len(takes[0].text))

    def _part(self) -> tuple[int, int] | None:
        """Where the part stands now; None where it is another."""
        start = None if self._former is None else self._former.where(0, self._length)
        return None if start is None else (start, start + self._length)

    # What the engine says, and the text

    def _on_evaluated(self, event: Evaluated) -> None:
        self._prompt_ids = event.token_ids()

    def _on_progressed(self) -> None:
        if pieces := self._generation.take_pieces():
            self._next_token.add_pieces(pieces)
        self.progressed.emit()

    def _on_generation_changed(self) -> None:
        self._writing.hold(tr(RUNS) if self.is_running else None, self)
        self.changed.emit()

    def _on_ended(self, event: RunFinished | Failed | Superseded | None) -> None:
        is_empty = not any(one.shown for one in self.versions)
        if not self.is_open:
            self.ended.emit()
        elif event is None:
            self.message = tr(GONE)
        elif isinstance(event, RunFinished) and is_empty:
            self.message = tr(NOTHING_CAME)
        elif isinstance(event, Superseded) and is_empty:
            self.close()  # another model is loaded
        if self._is_awaited:
            self._put()

    def _on_writing_changed(self) -> None:
        if self.is_open:
            self.changed.emit()

    def _on_failed(self, message: str, kind: str) -> None:
        report = self._model.report
        if kind == "context_size" and report is not None:
            # The engine speaks of a brief and of lanes, which nobody has here.
            message = tr(TOO_LONG, "", report.context_size)
        if self.is_open:
            self.message = message
            self.changed.emit()

    def _on_text_changed(self) -> None:
        if self.is_open and self._part() is None:
            self.close()  # they are of other words than stand there
