"""Whatever is done to a document, by the writer, the model and the hand at the dial, is what a
plain model says. It is there again after a save, and after a kill as it was kept last, within a
second of each change.

Thousands of steps more: what Hypothesis calls `search`, see `tests/conftest.py`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from studio.app.word.replacement import WordReplacement
from studio.app.word.state import WordState
from studio.app.writing import recovery as recovery_module
from studio.app.writing import scrub as scrub_module
from studio.app.writing.recovery import Recovery
from studio.app.writing.scrub import Scrub
from studio.engine.messages import Generate
from studio.manuscript import (
    Brush,
    Manuscript,
    Note,
    Origin,
    OwnSampling,
    Passage,
    TakeSet,
    document_schema,
    is_document_name,
    joined,
    leftovers,
    read_text_file,
    write_text_file,
)
from studio.manuscript.document_file import open_document, write_document
from studio.sampling import SamplingParams
from tests.helpers.fake_engine import Desk, evaluated, finished, token
from tests.helpers.journal_records import die
from tests.manuscript.test_manuscript_properties import (
    NONE,
    Cells,
    ManuscriptMachine,
    anywhere,
    cells,
    temperatures,
    texts,
)

NEVER = 60_000
"""Milliseconds: what the machine does at once is never due."""

PlainCells = tuple[tuple[str, int, float | None], ...]
"""Characters, who wrote each, and the T that it has of its own."""


class Kept(NamedTuple):
    """A document in the plainest way.

    Attributes:
        text: Its characters.
        takes: The takes of each place, the one in the text as it stood when it ended.
        standing: Which of each is in the text; None where a take that has no text yet leaves it
            open.
        caret: Where it stands.
        brief: What the model is told.
        notes: What the model is told beside that.
    """

    text: PlainCells
    takes: tuple[tuple[PlainCells, ...], ...]
    standing: tuple[int | None, ...] | None
    caret: int
    brief: str
    notes: tuple[str, ...]


class DeskMachine(ManuscriptMachine):
    """A desk with an engine that is played, its journal and its files."""

    is_bare = False
    folder: Path
    folders = count()

    def __init__(self) -> None:
        self.root = self.folder / str(next(self.folders))
        self.root.mkdir()
        self.seeds, self.ids = count(1), count()
        self.said = ""  # what the model said for the growing take
        self.given = 0  # code points that it was begun with
        self.sent = 0  # tokens
        self.sketch: bytes | None = None  # what the next token is drawn from, if that is known
        self.drawn: int | None = None  # and which falls
        self.stops = False
        self.standing: dict[TakeSet, int | None] = {}  # before the growing take was begun
        self.kept: Kept | None = None  # in the journal
        self.saved: tuple[Path, Kept] | None = None
        self.path: Path | None = None
        super().__init__()

    def made(self) -> Manuscript:
        self.sit_down()
        manuscript = self.desk.draft.manuscript
        manuscript.load("Once 😀 upon")
        return manuscript

    def sit_down(self) -> None:
        """A program is started."""
        self.desk = desk = Desk(SamplingParams(temperature=0.8))
        desk.load()
        # All tokens of its distributions are words of their own.
        desk.next_token.add_pieces({number: b" w%d" % number for number in range(300)})
        self.recovery = Recovery(desk.draft, desk.writing, self.root / "journal")
        assert self.recovery._delay.interval() == recovery_module._DELAY_MS <= 1000
        self.recovery._delay.setInterval(NEVER)
        self.scrub = Scrub(desk.draft, desk.sampling, desk.writing, desk.next_token)
        self.word = WordState(desk.sampling, desk.records, desk.next_token)
        self.replacement = WordReplacement(
            desk.draft.manuscript, desk.records, desk.writing, self.word
        )

    @initialize(
        parts=st.lists(texts, min_size=1, max_size=3),
        temperature=st.none() | temperatures,
        number=st.integers(0, 3),
        turns_back=st.booleans(),
    )
    def has_written(
        self, parts: list[str], temperature: float | None, number: int, turns_back: bool
    ) -> None:
        """Else most of the machine's life would pass until there are takes."""
        self.writes_a_take(4, [" old", *parts, " man"])
        if temperature is not None:
            self.brushes_a_part(5, 9, temperature)
        self.begins_a_retake(1)
        for text in (" sea", " was", " calm"):
            self.appends(text)
        self.ends_the_take()
        self.turns_a_take(0, number, ["a", " b"], number, turns_back)

    # How it is done

    def put(self, start: int, length: int, text: str, origin: Origin) -> None:
        super().put(start, length, text, origin)
        self.desk.draft.set_caret(start + len(text))

    def grow_between(self, left: Cells, right: Cells, given: Cells = ()) -> None:
        self.standing = {known: known.index for known in self.manuscript.take_sets}
        super().grow_between(left, right, given)

    def begin(self, position: int) -> None:
        self.desk.draft.set_caret(position)
        self.ask(self.desk.writing.continue_writing)

    def begin_again(self, takes: TakeSet, caret: int) -> None:
        self.desk.draft.set_caret(caret)
        self.ask(self.desk.writing.retake)
        assert self.manuscript.growing_take_set is takes

    def lead_on(self, start: int, end: int, begun: Passage) -> None:
        self.ask(lambda: self.desk.writing.lead_on(start, end, begun), len(begun))

    def ask(self, act: Callable[[], object], given: int = 0) -> None:
        """Have the model write, with draws of its own."""
        self.desk.sampling.change(seed=next(self.seeds))
        act()
        self.listen(given)

    def listen(self, given: int, said: str = "", tokens: int = 0) -> None:
        """The model has read the prompt."""
        self.said, self.given, self.sent = said, given, tokens
        self.request = self.desk.client.last(Generate).request
        self.desk.client.answer(evaluated(self.request, 1, 2, 3))

    def write(self, text: str) -> str:
        text = text.replace("\r", "")  # which would be a line end
        if not text:
            return ""
        number = 10 + next(self.ids) % 280 if self.drawn is None else self.drawn
        event = token(self.request, self.sent, text.encode(), token_id=number)
        if self.sketch is not None:
            record = msgspec.structs.replace(event.record, sketch=self.sketch)
            event = msgspec.structs.replace(event, record=record)
        self.sketch = self.drawn = None
        self.desk.client.answer(event)
        self.desk.next_frame()
        self.sent += 1
        self.said += text
        return self.new_text()

    def new_text(self) -> str:
        """What of it has come: tokens that end in white space wait for what comes behind them."""
        takes = self.manuscript.growing_take_set
        assert takes is not None
        shown = self.manuscript.part(takes.place.start + self.given, takes.place.end)
        assert self.said.startswith(shown)
        waiting = self.said[len(shown) :]
        assert waiting[-1:].isspace() == bool(waiting)
        assert not waiting or takes.place.end < len(self.manuscript)
        return shown[len(self.grown) - self.given :]

    def end(self) -> str:
        takes, shown = self.manuscript.growing_take_set, "".join(sign for sign, *_ in self.grown)
        assert takes is not None
        follows = self.manuscript.part(takes.place.end, takes.place.end + 2)
        whole = joined(shown[: self.given] + self.said, follows)
        if self.stops:
            self.desk.writing.stop()
            self.desk.client.answer(*finished(self.request, self.sent, reason="stopped"))
        else:
            self.desk.client.answer(*finished(self.request, self.sent))
        assert self.desk.writing.is_idle
        return whole[len(shown) :]

    def has_ended(self) -> None:
        # What a generation has written is kept a turn later.
        assert self.recovery._at_end.isActive()
        self.recovery._at_end.stop()
        self.keep()

    def step(self, takes: TakeSet, direction: int, caret: int) -> int:
        self.desk.draft.set_caret(caret)
        end = self.desk.writing.step(direction)
        assert end is not None
        self.desk.draft.set_caret(end)
        return end

    def give_own(self, start: int, end: int, own: OwnSampling | None) -> None:
        if start < end:
            self.desk.draft.set_caret(end, end - start)
            self.desk.sampling.set_own(own)
        self.desk.draft.set_caret(end)

    def turn(self, position: int, brush: Brush, temperature: float) -> None:
        if self.take is None:
            self.desk.draft.set_caret(position)
        self.desk.sampling.change(temperature=temperature)

    def save(self) -> None:
        draft, now = self.desk.draft, self.now()
        path = self.path or self.root / "story.kelvin"
        if any(character == "\r" for character, *_ in now.text):
            path = self.root / "story.kelvin"  # as a text of these alone they are its line ends
        saving = draft.begin_save(path)
        if saving.document is not None:
            held = write_document(path, saving.document)
        else:
            held = write_text_file(path, saving.file)
            text = tuple((sign, int(Origin.OPENED), None) for sign, *_ in now.text)
            now = now._replace(text=text, takes=(), standing=(), caret=0)  # that alone
        assert draft.end_save(saving, held, is_brief_saved=True)
        self.saved = path, now
        assert self.recovery._disk.finish()
        if self.kept is not None:
            assert not self.recovery._delay.isActive(), (
                "nothing is kept that is older than the file"
            )
            self.kept = self.now() if self.recovery._is_worth_keeping else None

    def keep(self) -> None:
        """The journal is written, if there is something to keep."""
        self.recovery.keep_now()
        assert self.recovery._disk.finish()
        self.kept = self.now() if self.recovery._is_worth_keeping else None

    # What the model says

    def plain(self, known: Cells) -> PlainCells:
        owns = self.real_owns()
        return tuple((sign, origin, owns.get(brush)) for sign, origin, brush in known)

    def holding_kept(self) -> set[TakeSet]:
        """The sets with takes that were not deleted, and stand in no deleted take alone."""
        sets = self.manuscript.take_sets
        inner = {one for known in sets for take in known.takes for one in take.nested}
        found = set[TakeSet]()
        waiting = [known for known in sets if not known.place.gone or known not in inner]
        for known in waiting:
            if known.kept and known not in found:
                found.add(known)
                waiting += [one for take in known.kept for one in take.nested]
        return found

    def now(self) -> Kept:
        """How it is. A take that grows has ended as it is."""
        draft, growing = self.desk.draft, self.manuscript.growing_take_set
        is_open = growing is not None and not self.grown
        takes, standing = list[tuple[PlainCells, ...]](), list[int | None]()
        held = self.holding_kept()
        for known in self.manuscript.take_sets:
            if known not in held:
                continue
            ended = self.takes.get(known, [])
            # That of the growing take is behind them.
            pairs = [(take, ended[at]) for at, take in enumerate(known.takes[: len(ended)])]
            if known is growing and self.grown:
                pairs.append((known.takes[-1], self.grown))
            elif known is growing and known not in self.standing:
                continue  # it goes with its take
            kept = [(take, text) for take, text in pairs if not take.is_deleted]
            if not kept:
                continue
            takes.append(tuple(self.plain(text) for _, text in kept))
            index = known.index
            if known is growing and is_open:
                index = self.standing[known]
            present = None if index is None else known.takes[index]
            numbers = [number for number, (take, _) in enumerate(kept) if take is present]
            standing.append(numbers[0] if numbers else None)
        caret, text = draft.caret, self.model
        if is_open:
            text = self.left + self.settled + self.right
            caret += len(self.settled) if caret >= len(self.left) else 0
        return Kept(
            self.plain(text),
            tuple(takes),
            # Sets within what it has replaced come back with that.
            None if is_open and self.settled else tuple(standing),
            caret,
            draft.brief,
            tuple(note.text for note in draft.plan.notes),
        )

    def has_come_back(self, expected: Kept, caret: int) -> None:
        """A document was opened: see that it is the one that is meant, and go on with it."""
        if self.manuscript is not self.desk.draft.manuscript:
            self.manuscript = self.desk.draft.manuscript
            self.manuscript.changed.connect(self.follow)
        self.desk.draft.set_caret(caret)
        self.take, self.left, self.right = None, (), ()
        sets = self.manuscript.take_sets
        passages = [self.manuscript.passage(0, len(self.manuscript))]
        passages += [take.passage for known in sets for take in known.takes]
        self.numbers = {None: NONE}
        for passage in passages:
            for _, brush in passage.brushes:
                if brush not in self.numbers:
                    self.numbers[brush] = next(self.brushes)
        self.takes = {
            known: [self.as_cells(take.passage) for take in known.takes] for known in sets
        }
        self.begin_anew()
        found = self.now()
        assert found._replace(standing=None) == expected._replace(standing=None)
        assert expected.standing in (None, found.standing)
        assert self.desk.writing.is_idle

    @rule()
    def a_second_passes(self) -> None:
        if self.recovery._delay.isActive():
            self.keep()

    @precondition(lambda self: self.take is not None)
    @rule()
    def stops_the_model(self) -> None:
        self.stops = True
        self.ends_the_take()
        self.stops = False

    @rule(brief=st.sampled_from(["", "Short.", "A tale of the sea."]))
    def writes_a_brief(self, brief: str) -> None:
        self.desk.draft.set_brief(brief)

    @rule(texts=st.lists(st.sampled_from(["Mara is ten.", "No rain."]), max_size=2))
    def writes_notes(self, texts: list[str]) -> None:
        notes = tuple(Note(text=text) for text in texts)
        draft = self.desk.draft
        draft.set_plan(msgspec.structs.replace(draft.plan, notes=notes))

    @rule(name=st.sampled_from(["story.kelvin", "other.kelvin", "story.txt"]))
    def saves_as(self, name: str) -> None:
        """At any time: while the model writes, too."""
        self.path = self.root / name
        self.save()

    @precondition(lambda self: self.take is None and self.saved is not None)
    @rule()
    def opens_it_again(self) -> None:
        assert self.saved is not None
        path, saved = self.saved
        if is_document_name(path):
            document, held = open_document(path)
            self.desk.draft.open_document(path, document, held)
            self.has_come_back(saved, document.caret)
        else:
            draft = self.desk.draft
            notes = tuple(Note(text=text) for text in saved.notes)
            plan = msgspec.structs.replace(draft.plan, notes=notes, passages=())
            draft.open(path, read_text_file(path), None, saved.brief, plan)
            self.has_come_back(saved, 0)
        assert not self.desk.draft.is_modified

    @rule()
    def is_killed(self) -> None:
        """And started again."""
        assert self.recovery._disk.finish()
        path = self.desk.draft.path
        self.recovery._delay.stop()
        for journal in self.recovery._journals.values():
            die(journal)
        self.sit_down()
        found, problems = leftovers(self.root / "journal")
        assert problems == []
        if self.kept is not None:
            [leftover] = found
            record = leftover.read()
            self.desk.draft.restore(record)
            self.desk.draft.set_caret(record.caret)
            assert self.recovery.keep_and_wait()
            leftover.discard()
            assert self.desk.draft.path == path
            self.has_come_back(self.kept, record.caret)
            self.kept = self.now()
            return
        assert found == []
        if self.saved is not None and path is not None:
            self.take = None
            self.opens_it_again()
            return
        self.desk.draft.new()
        self.has_come_back(Kept((), (), (), 0, "", ()), 0)

    @precondition(lambda self: self.take is None and len(self.desk.records.spans) > 0)
    @rule(number=anywhere, text=st.sampled_from(["hill", "a b", "é😀"]))
    def puts_another_word(self, number: int, text: str) -> None:
        """What follows the word stays."""
        spans = self.desk.records.spans.all
        span = spans[number % len(spans)]
        if span.start == span.end:
            return
        assert self.word.look_at(span)
        other = self.replacement.other(text)
        assert other is not None
        assert other.start == span.start
        new = joined(other.text, self.manuscript.part(other.end, other.end + 2))
        left, right = self.model[: other.start], self.model[other.end :]
        brush = self.brush_at(other.start, other.end)
        self.replacement.replace(text)
        self.expect(left + cells(new, Origin.TYPED, brush) + right)

    @property
    def drawn_takes(self) -> list[TakeSet]:
        """Those whose take in the text has tokens."""
        sets = self.manuscript.take_sets
        return [known for known in sets if known.current is not None and known.current.records]

    @precondition(lambda self: self.take is None and self.drawn_takes)
    @rule(
        which=anywhere,
        number=st.integers(0, 3),
        texts=st.lists(st.sampled_from(["a", " b", "😀"]), min_size=1, max_size=2),
        settles=st.integers(0, 3),
        turns_back=st.booleans(),
    )
    def turns_a_take(
        self, which: int, number: int, texts: list[str], settles: int, turns_back: bool
    ) -> None:
        """A token of it is banned: from there on it is another. Allowed again, it comes back."""
        drawn = self.drawn_takes
        self.desk.draft.set_caret(drawn[which % len(drawn)].place.end)
        takes = self.desk.writing.take_set()
        take = takes.current if takes is not None else None
        if takes is None or take is None or not take.records:
            return
        banned = take.records[number % len(take.records)]
        self.scrub.set_on(True)
        self.desk.sampling.change(logit_bias=((banned.id, float("-inf")),))
        shown = self.scrub.shown
        # With a ban of another token that would be allowed again, it would part there.
        was_banned = any(params.logit_bias for _, params in take.turns)
        if shown is None or shown.divergence is None or was_banned or not settles:
            assert shown is not None or self.scrub.why_not
            self.scrub.give_up()
        else:
            self.rewrite(takes, number % len(take.records), texts, turns_back)
        self.scrub.set_on(False)
        self.desk.sampling.change(logit_bias=())

    def rewrite(self, takes: TakeSet, number: int, texts: list[str], turns_back: bool) -> None:
        """The hand lets go of the dial, and turns it back."""
        take, shown, index = takes.current, self.scrub.shown, takes.index
        assert take is not None
        assert index is not None
        assert shown is not None
        assert shown.divergence is not None
        place, before = takes.place, self.model
        kept = "".join(record.text.decode() for record in take.records[:number])
        assert (shown.stays, shown.parts) == (number, place.start + take.given + len(kept))
        left, right = before[: place.start], before[place.end :]
        stood = before[place.start : place.end]
        self.put_away(takes, before)
        sent = len(self.desk.client.all_sent(Generate))
        self.scrub.settle()
        if len(self.desk.client.all_sent(Generate)) == sent:
            # Such a take was written before, and stands there now.
            assert takes.index not in (None, index)
            known = self.takes[takes][takes.index or 0]
            self.expect(left + self.coming(known, place.start, place.end) + right)
            return
        self.grow_between(left, right, stood[: take.given])
        self.take = self.manuscript.growing
        self.listen(take.given, kept, number)
        self.grow(self.new_text())
        self.sketch, self.drawn = take.records[number].sketch, shown.divergence.token
        for text in texts:
            self.appends(text)
        self.ends_the_take()
        new = takes.current
        is_as_written = len(take.turns) == 1
        spelled = "".join(record.text.decode() for record in take.records)
        is_whole = "".join(sign for sign, *_ in stood[take.given :]) == spelled
        is_another = new is not None and new is not take and bool(new.text)
        if turns_back and is_another and is_as_written and is_whole:
            self.desk.draft.set_caret(takes.place.end)
            self.put_away(takes, self.model)
            self.desk.sampling.change(logit_bias=())
            self.scrub.settle()
            assert takes.current is take
            self.expect(left + stood + right)

    @invariant()
    def what_was_changed_is_kept_or_will_be_within_a_second(self) -> None:
        if not self.desk.draft.is_modified:
            self.kept = None
            if self.saved is not None and self.desk.draft.path is not None:
                _, saved = self.saved
                now = self.now()
                is_whole = is_document_name(self.desk.draft.path)
                assert [sign for sign, *_ in now.text] == [sign for sign, *_ in saved.text]
                assert now.text == saved.text or not is_whole
                assert (now.brief, now.notes) == (saved.brief, saved.notes)
        elif not self.recovery._delay.isActive():
            assert self.kept == (self.now() if self.recovery._is_worth_keeping else None)
        is_kept = self.desk.draft.state in self.recovery._journals
        assert is_kept == (self.kept is not None)


@pytest.mark.usefixtures("qapp")
def test_any_work_is_what_a_plain_model_says_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing here is due by itself; and who is killed loses nothing that the system was given.
    monkeypatch.setattr(scrub_module, "REST_MS", NEVER)
    monkeypatch.setattr(scrub_module, "_SLICE_SECONDS", float(NEVER))
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    make = document_schema.make

    def make_unsynced(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA synchronous = OFF")
        make(connection)

    monkeypatch.setattr(document_schema, "make", make_unsynced)
    monkeypatch.setattr(DeskMachine, "folder", tmp_path, raising=False)
    run_state_machine_as_test(
        DeskMachine, settings=settings(max_examples=20, stateful_step_count=60)
    )
