"""Scrub: turn a parameter over a take, and it rewrites itself with the same random draws.

While it is turned, the sketches say up to where the take stands as it is. At rest the model writes
on from there; or, where such a take was written before, that comes back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.parameters.sampling_state import SamplingState
from studio.app.timers import single_shot
from studio.app.tokens.next_token import NextToken
from studio.app.writing.draft import Draft
from studio.app.writing.take_draws import TakeDraws
from studio.app.writing.writing import Writing
from studio.manuscript import Take, TakeSet
from studio.sampling import SamplingParams
from studio.sampling.analysis.redraw import Divergence, Redraw, are_same
from studio.token_record import TokenRecord
from studio.translation import mark, tr

REST_MS = 600
"""After the last turn, where no hand holds the dial: then it is where it was to go."""

_READ_MS = 4000
"""How long it is said why nothing can be turned."""

_SEVERAL = 2
"""Parts of a take that have temperatures of their own."""

_SLICE_SECONDS = 0.006
"""Of a turn of the event loop: so long it is looked how far a take stands, then at the next."""

NO_TAKE = mark("Scrub rewrites what the model wrote: put the caret in a take, or at its end.")
NOT_RECORDED = mark(
    "How this take was drawn is not recorded. Retake writes one that can be turned."
)
ANOTHER_PROMPT = mark(
    "This take was not written from what stands before it now: the text, the brief, the notes or "
    "the model is another, or it was asked for as a rewriting. Retake writes one that can be "
    "turned."
)
PARTLY = mark(
    "Part of this take has a temperature of its own. Clear that (Write › Temperature of this "
    "passage), and all of the take can be turned."
)
NO_MODEL = mark("Open the model that wrote this take: it writes on where the take parts.")


class Scrubbed(NamedTuple):
    """A take under other parameters.

    Attributes:
        parts: Where the first token begins that does not stand, in code points; the take's end
            where all do.
        end: Where the take ends.
        stays: How many of its tokens stand.
        tokens: How many it has.
        written: The token that does not stand; None where all do.
        divergence: What would be drawn there; None where all stand.
        is_whole: Whether that is all of the take, and not what stands before a change of it.
    """

    parts: int
    end: int
    stays: int
    tokens: int
    written: int | None
    divergence: Divergence | None
    is_whole: bool


class _Turned(NamedTuple):
    """The take that is turned.

    Attributes:
        take_set: Where it stands.
        take: It.
        draws: Its tokens.
        redraw: The same, to be drawn again.
        seed: Of its draws.
    """

    take_set: TakeSet
    take: Take
    draws: TakeDraws
    redraw: Redraw
    seed: int


class Scrub(QObject):
    """Follows the parameters in force, while it is on, and rewrites the take at the caret.

    Attributes:
        is_on: Whether the writer has asked for it.
        is_in_view: Whether the manuscript is; what is not must not change.
        shown: How the take stands under the parameters in force, while they are turned; None at
            rest, and where nothing can be said.
        why_not: Why nothing can be, for the writer; empty where something can, and at rest.

    Args:
        draft: Whose takes.
        sampling: The parameters in force.
        writing: Writes on.
        next_token: Knows the vocabulary.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """`shown`, `why_not` or `is_on` is another."""
    caret_wanted = Signal(int)
    """A take of before has come back; the caret goes to its end."""

    def __init__(
        self,
        draft: Draft,
        sampling: SamplingState,
        writing: Writing,
        next_token: NextToken,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._draft = draft
        self._sampling = sampling
        self._writing = writing
        self._next_token = next_token
        self.is_on = False
        self.is_in_view = True
        self._is_paused = False
        self.shown: Scrubbed | None = None
        self.why_not = ""
        self._params = sampling.params
        self._before: SamplingParams | None = None
        """The parameters before they were turned; None at rest."""
        self._turned: _Turned | None = None
        self._search: Iterator[Divergence | None] | None = None
        self._is_held = False
        self._writes = False
        """Whether it is by this that the model writes now."""
        self._turns_on = False
        """Whether that was turned further, and gives way."""
        self._is_at_work = False
        """Whether the text and the parameters change by this, and by nobody else."""
        self._rest = single_shot(self, self.settle, REST_MS)
        self._more = single_shot(self, self._look)
        sampling.params_changed.connect(self._on_params_changed)
        next_token.texts_known.connect(self._on_texts_known)
        writing.ended.connect(self._on_writing_ended)
        draft.manuscript.changed.connect(self._on_text_changed)

    @property
    def is_turning(self) -> bool:
        """Whether a take is being turned, and will be rewritten."""
        return self._turned is not None

    @property
    def is_known(self) -> bool:
        """Whether `shown` is of the parameters in force."""
        return self._search is None

    @property
    def is_settled(self) -> bool:
        """Whether that is so, and nothing is about to be rewritten."""
        return self.is_known and not (self._rest.isActive() or self._writes)

    def set_on(self, is_on: bool) -> None:
        """Rewrite takes as parameters are turned, or leave them alone."""
        if is_on != self.is_on:
            self.is_on = is_on
            self._forget()
            self.changed.emit()

    def hold(self) -> None:
        """A hand holds the dial: nothing is rewritten until it lets go."""
        self._is_held = True
        self._rest.stop()

    def let_go(self) -> None:
        """The hand has let go."""
        self._is_held = False
        if self._turned is not None:
            self.settle()
        elif self.why_not:
            self._rest.start(_READ_MS)

    def give_up(self) -> None:
        """Take the turn back: the parameters are as before, and the take stands as it did."""
        before = self._before
        self._forget()
        if before is not None:
            self._is_at_work = True
            try:
                self._sampling.set_params(before)
            finally:
                self._is_at_work = False
        self.changed.emit()

    def settle(self) -> None:
        """Rewrite the take as it stands under the parameters in force, from where it parts."""
        turned, params, before = self._turned, self._params, self._before
        while self._search is not None:
            self._step()
        divergence = self.shown.divergence if self.shown is not None else None
        self._forget()
        is_possible = self.is_in_view and self._writing.can_start
        if turned is not None and divergence is not None and is_possible:
            seeded = msgspec.structs.replace(params, seed=turned.seed)
            self._is_at_work = True
            try:
                self._rewrite(turned, divergence, seeded)
            finally:
                self._is_at_work = False
            if self._writes:
                self._before = before
        self.changed.emit()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Have takes stay as they are while parameters change otherwise than by a turn."""
        was_paused, self._is_paused = self._is_paused, True
        try:
            yield
        finally:
            self._is_paused = was_paused

    # The turn

    def _on_params_changed(self, params: SamplingParams) -> None:
        former, self._params = self._params, params
        if self._is_at_work or not (self.is_on and self.is_in_view):
            return
        if are_same(former, params):
            return
        if self._is_paused or self._sampling.is_moving:
            self._forget()
            self.changed.emit()
            return
        if self._writes:
            # What is being written was on the way.
            self._turns_on = True
            self._writing.drop()
            return
        if self._writing.is_idle:
            self._turn(former)

    def _turn(self, former: SamplingParams) -> None:
        if self._turned is None:
            self._before = former
            self._begin()
        if self._turned is not None:
            self._search = self._turned.redraw.search(self._params)
            self._look()
        else:
            self.changed.emit()
        if not self._is_held:
            self._rest.start(_READ_MS if self._turned is None else REST_MS)

    def _begin(self) -> None:
        """Look at the take at the caret, or say why it cannot be turned."""
        take_set = self._writing.take_set()
        take = None if take_set is None else take_set.current
        if take_set is None or take is None:
            self.why_not = tr(NO_TAKE)
        elif not self._writing.can_start:
            self.why_not = self._writing.held or tr(NO_MODEL)
        elif not self._is_alike(take_set):
            self.why_not = tr(PARTLY)
        elif take.seed is None or not (take.turns and take.written_from):
            self.why_not = tr(NOT_RECORDED)
        elif take.written_from != self._mark_at(take_set, take):
            self.why_not = tr(ANOTHER_PROMPT)
        else:
            draws = self._draws(take_set, take)
            redraw = draws.redraw(self._next_token)
            self._turned = _Turned(take_set, take, draws, redraw, take.seed)
            self.why_not = ""

    def _is_alike(self, take_set: TakeSet) -> bool:
        """Whether all of the take has what is turned."""
        start, end = take_set.place.start, take_set.place.end
        brushes = self._draft.manuscript.brushes(start, end)
        brush = brushes[0][1] if brushes else None
        own = brush.own if brush else None
        return len(brushes) < _SEVERAL and own == self._sampling.here

    def _mark_at(self, take_set: TakeSet, take: Take) -> bytes:
        return self._writing.mark_of(self._draft.prompt_of(take_set, take))

    def _draws(self, take_set: TakeSet, take: Take) -> TakeDraws:
        place = take_set.place
        is_shown = take is take_set.current
        text = self._draft.manuscript.part(place.start, place.end) if is_shown else take.text
        return TakeDraws(take, text[take.given :], self._next_token.sketches)

    def _look(self) -> None:
        """Look how far the take stands: for a moment, and on at the next turn of the event loop."""
        end = time.perf_counter() + _SLICE_SECONDS
        while self._search is not None and time.perf_counter() < end:
            self._step()
        if self._search is not None:
            self._more.start()
        else:
            self.changed.emit()

    def _step(self) -> None:
        assert self._search is not None, "it is asked whether there is one"
        try:
            found = next(self._search)
            if found is None:
                return
        except StopIteration:
            found = None
        self._search = None
        self._more.stop()
        assert self._turned is not None, "a take is turned while it is looked at"
        self.shown = _scrubbed(self._turned, found)

    def _on_texts_known(self) -> None:
        if self._turned is not None:
            redraw = self._turned.draws.redraw(self._next_token)
            self._turned = self._turned._replace(redraw=redraw)
            self._search = redraw.search(self._params)
            self._look()

    def _on_text_changed(self, *_change: object) -> None:
        if not self._is_at_work and (self._turned is not None or self.why_not):
            self._forget()
            self.changed.emit()

    def _forget(self) -> None:
        """Nothing is turned any more."""
        self._rest.stop()
        self._more.stop()
        self._turned = self._search = self.shown = None
        self.why_not = ""
        if not self._writes:
            self._before = None

    # The rewriting

    def _rewrite(self, turned: _Turned, divergence: Divergence, params: SamplingParams) -> None:
        take_set = turned.take_set
        if turned.take.written_from != self._mark_at(take_set, turned.take):
            # A preset has brought another prompt with it.
            self.why_not = tr(ANOTHER_PROMPT)
            self._rest.start(_READ_MS)
            return
        found = self._found_before(turned, divergence, params)
        if found is not None:
            index = take_set.takes.index(found)
            self.caret_wanted.emit(self._draft.manuscript.choose_take(take_set, index))
            return
        kept = self._kept(turned, divergence)
        mu, mean = divergence.mu, divergence.adaptive_mean
        if len(kept) < divergence.number and (mu is not None or mean is not None):
            kept, mu, mean = [], None, None  # what had been learnt there is not known
        self._writes = True
        self._writing.write_on(take_set, kept, params, mu, mean)
        self._writes = not self._writing.is_idle

    def _found_before(
        self, turned: _Turned, divergence: Divergence, params: SamplingParams
    ) -> Take | None:
        """A take of this place that is what would be written now, the longest; None if none is."""
        found: list[tuple[bool, int, Take]] = []
        for take in turned.take_set.kept:
            is_of_these = take.seed == turned.seed and take.written_from == turned.take.written_from
            if take is turned.take or not is_of_these:
                continue
            draws = self._draws(turned.take_set, take)
            if not draws.is_whole:
                continue
            is_exact = [are_same(one, params) for _, one in take.turns] == [True]
            if is_exact or (
                _begin_alike(draws, turned.draws, divergence)
                and draws.redraw(self._next_token).first(params) is None
            ):
                found.append((is_exact, draws.tokens, take))
        return max(found, key=lambda one: one[:2])[2] if found else None

    def _kept(self, turned: _Turned, divergence: Divergence) -> Sequence[TokenRecord]:
        """The tokens that stand, as far as the engine comes to the next one by the same way."""
        count = min(divergence.number, turned.draws.tokens)
        if turned.take.cut is not None:
            # The context is cut there anew, and in the same place.
            count = min(count, turned.take.cut)
        text = b"".join(record.text for record in turned.draws.records[:count])
        stops = [stop.encode() for stop in self._draft.stop]
        while count and _may_begin_a_stop(text, stops):
            # What may be the beginning of a stop string is held back until it is known to be none.
            count -= 1
            text = text[: len(text) - len(turned.draws.records[count].text)]
        return turned.draws.records[:count]

    def _on_writing_ended(self) -> None:
        if not self._writes:
            return
        before, turns_on = self._before, self._turns_on
        self._writes = self._turns_on = False
        self._before = None
        if turns_on and before is not None:
            self._turn(before)
        else:
            self.changed.emit()


def _scrubbed(turned: _Turned, divergence: Divergence | None) -> Scrubbed:
    place, draws = turned.take_set.place, turned.draws
    stays, parts, written = draws.tokens, place.end, None
    if divergence is not None:
        stays = min(divergence.number, draws.tokens)
        parts = place.start + turned.take.given + draws.starts[stays]
        written = draws.records[divergence.number].id
    return Scrubbed(parts, place.end, stays, draws.tokens, written, divergence, draws.is_whole)


def _begin_alike(draws: TakeDraws, others: TakeDraws, divergence: Divergence) -> bool:
    """Whether a take is the same up to where others part, and is what they would be there."""
    index = divergence.number
    if len(draws) <= index:
        return False
    pairs = zip(draws.records[:index], others.records[:index], strict=True)
    if any(mine.id != yours.id for mine, yours in pairs):
        return False
    is_open = divergence.token is None or divergence.is_near
    return is_open or draws.records[index].id == divergence.token


def _may_begin_a_stop(text: bytes, stops: Sequence[bytes]) -> bool:
    return any(text.endswith(stop[:length]) for stop in stops for length in range(1, len(stop)))
