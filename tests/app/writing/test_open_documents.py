"""Several documents in one window, against plain models: each stays what was made of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from PySide6.QtCore import SignalInstance
from pytestqt.qtbot import QtBot

from studio.app.writing.document_state import DocumentState
from studio.app.writing.open_documents import OpenDocuments
from studio.app.writing.recovery import Recovery
from studio.engine.messages import Generate, Score, Scored, Stop, Superseded
from studio.manuscript import NO_PLAN, GrowingTakeError, Origin, write_text_file
from studio.manuscript.buffer import BufferContent
from studio.memory_budgets import UNDO
from studio.token_record import undrawn
from tests.helpers.fake_engine import Desk, evaluated, finished, sketch, token
from tests.helpers.journal_records import journal_records


class Open(Desk):
    """A desk with several documents."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.recovery = Recovery(self.draft, self.writing, root)
        self.in_force = ["first"]
        self.documents = OpenDocuments(self.draft, self.recovery, self._put_aside)
        self.root = root
        self.load()

    def _put_aside(self) -> Callable[[], None]:
        former = self.in_force[:]

        def take_up() -> None:
            self.in_force[:] = former

        return take_up

    def write(self, *words: str) -> None:
        """Have the model write a take at the caret."""
        self.writing.continue_writing()
        request = self.client.last(Generate).request
        tokens = [token(request, index, word.encode()) for index, word in enumerate(words)]
        self.client.answer(evaluated(request, 1), *tokens, *finished(request, len(words)))
        assert self.writing.is_idle

    def save(self, path: Path) -> None:
        saving = self.draft.begin_save(path)
        assert self.draft.end_save(saving, write_text_file(path, saving.file), True)

    def kept(self) -> set[str]:
        """The texts in the journals, once they are written."""
        assert self.recovery._disk.finish()
        return {record.text for record in journal_records(self.root)}


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Open:
    return Open(tmp_path / "recovery")


@dataclass(eq=False)
class Model:
    """A document as plain values: every state of its text copied whole."""

    texts: list[tuple[str, bytes]] = field(default_factory=lambda: [("", b"")])
    at: int = 0
    saved: int | None = 0
    brief: str = ""
    saved_brief: str = ""
    caret: int = 0
    preset: str = "first"

    @property
    def text(self) -> str:
        return self.texts[self.at][0]

    @property
    def is_modified(self) -> bool:
        return self.saved != self.at or self.brief != self.saved_brief


class DocumentsMachine(RuleBasedStateMachine):
    """Edits, switches, closes, undoes and saves, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.desk = Open(Path(self.folder.name) / "recovery")
        self.models: dict[DocumentState, Model] = {self.desk.documents.front: Model()}
        self.order = [self.desk.documents.front]
        self.made = 0

    @property
    def front(self) -> Model:
        return self.models[self.desk.documents.front]

    def happened(self) -> None:
        """The manuscript has made a step of what was asked."""
        front, manuscript = self.front, self.desk.draft.manuscript
        del front.texts[front.at + 1 :]
        if front.saved is not None and front.saved > front.at:
            front.saved = None
        front.texts.append((manuscript.text, manuscript.origins()))
        front.at += 1

    @initialize()
    def begin(self) -> None:
        self.desk.type("Once.")
        self.desk.draft.manuscript.close_step()
        self.happened()
        self.front.caret = 5

    @rule(place=st.integers(0, 100), length=st.integers(0, 6), text=st.text("ab \n😀", max_size=5))
    def edits(self, place: int, length: int, text: str) -> None:
        front, manuscript = self.front, self.desk.draft.manuscript
        start = place % (len(front.text) + 1)
        length = min(length, len(front.text) - start)
        expected = front.text[:start] + text + front.text[start + length :]
        manuscript.close_step()
        manuscript.edit(start, length, text)
        manuscript.close_step()
        assert manuscript.text == expected
        if length or text:
            self.happened()
        self.desk.draft.set_caret(start + len(text))
        front.caret = start + len(text)

    @rule()
    def deletes_all(self) -> None:
        self.edits(0, len(self.front.text), "")

    @rule(words=st.lists(st.sampled_from([" the", " old", " man"]), min_size=1, max_size=3))
    def writes(self, words: list[str]) -> None:
        at = self.desk.draft.caret
        before = self.front.text
        self.desk.write(*words)
        after = self.desk.draft.manuscript.text
        assert after == before[:at] + after[at : len(after) - len(before) + at] + before[at:]
        if after != before:
            self.happened()
        self.front.caret = self.desk.draft.state.caret

    @rule()
    def undoes(self) -> None:
        manuscript, front = self.desk.draft.manuscript, self.front
        assert manuscript.can_undo == (front.at > 0)
        if front.at:
            manuscript.undo()
            front.at -= 1

    @rule()
    def redoes(self) -> None:
        manuscript, front = self.desk.draft.manuscript, self.front
        assert manuscript.can_redo == (front.at < len(front.texts) - 1)
        if front.at < len(front.texts) - 1:
            manuscript.redo()
            front.at += 1

    @rule(brief=st.sampled_from(["", "Short.", "Long."]))
    def sets_the_brief(self, brief: str) -> None:
        self.desk.draft.set_brief(brief)
        self.front.brief = brief

    @rule(preset=st.sampled_from(["second", "third"]))
    def chooses_a_preset(self, preset: str) -> None:
        self.desk.in_force[:] = [preset]
        self.front.preset = preset

    @rule()
    def saves(self) -> None:
        draft, front = self.desk.draft, self.front
        self.made += 1
        path = draft.path or Path(self.folder.name) / f"{self.made}.txt"
        self.desk.save(path)
        front.saved, front.saved_brief = front.at, front.brief
        assert path.read_text() == front.text

    @precondition(lambda self: len(self.order) < 5)
    @rule()
    def begins_another(self) -> None:
        preset = self.desk.in_force[0]
        index = self.order.index(self.desk.documents.front)
        self.desk.documents.begin()
        state = self.desk.documents.front
        self.models[state] = Model(preset=preset)
        self.order.insert(index + 1, state)

    @rule(index=st.integers(0, 10))
    def shows(self, index: int) -> None:
        self.desk.documents.show(self.order[index % len(self.order)])

    @rule(index=st.integers(0, 10), to=st.integers(0, 10))
    def moves(self, index: int, to: int) -> None:
        state = self.order.pop(index % len(self.order))
        to %= len(self.order) + 1
        self.order.insert(to, state)
        self.desk.documents.move(state, to)

    @precondition(lambda self: len(self.order) > 1)
    @rule(index=st.integers(0, 10))
    def closes(self, index: int) -> None:
        state = self.order[index % len(self.order)]
        if state is self.desk.documents.front:
            self.desk.documents.show(self.order[(index + 1) % len(self.order)])
        self.order.remove(state)
        del self.models[state]
        self.desk.documents.remove(state)

    @rule()
    def rests(self) -> None:
        """What is kept of all that is not saved, and of nothing else."""
        self.desk.recovery.hurry()
        expected = {
            model.text
            for state, model in self.models.items()
            if model.is_modified and (model.text or model.brief or state.path)
        }
        assert self.desk.kept() == expected

    @invariant()
    def each_is_what_was_made_of_it(self) -> None:
        documents = self.desk.documents
        assert list(documents.all) == self.order
        for state, model in self.models.items():
            assert documents.is_modified(state) == model.is_modified
            assert state.brief == model.brief
            text = documents.text(state)
            assert text is not None
            assert len(text) == len(model.text)
        manuscript, front = self.desk.draft.manuscript, self.front
        assert (manuscript.text, manuscript.origins()) == front.texts[front.at]
        assert self.desk.draft.caret == min(front.caret, len(front.text))
        assert self.desk.in_force == [front.preset]
        # The tokens that are shown are those of the text in front.
        for span in self.desk.records.spans.all:
            assert manuscript.text[span.start : span.end] == span.record.text.decode()

    def teardown(self) -> None:
        self.desk.recovery.close()
        assert list((Path(self.folder.name) / "recovery").glob("*")) == []
        self.folder.cleanup()


# As many steps as find a text of one document in another's place, in a few seconds.
DocumentsMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=40)


TestDocuments = pytest.mark.usefixtures("qapp")(DocumentsMachine.TestCase)


def test_takes_and_tokens_go_with_their_document(desk: Open) -> None:
    desk.type("The")
    desk.write(" old", " man")
    first = desk.documents.front
    spans = desk.records.spans.all
    assert [span.record.text for span in spans] == [b" old", b" man"]
    desk.documents.begin()
    assert desk.records.spans.all == []
    assert desk.writing.take_set() is None
    desk.type("A")
    desk.write(" sea")
    desk.documents.show(first)
    assert desk.records.spans.all == spans
    take_set = desk.draft.manuscript.take_set_at(11, 11)
    assert take_set is not None
    assert take_set.takes[0].text == " old man"
    desk.draft.manuscript.undo()
    assert desk.draft.manuscript.text == "The"


def test_tokens_that_are_forgotten_or_of_another_model_meanwhile_are_not_shown(
    desk: Open,
) -> None:
    desk.type("The")
    desk.write(" old", " man")
    first, spans = desk.documents.front, desk.records.spans
    source, written = spans.source, spans.all
    desk.documents.begin()
    second = desk.documents.front
    spans.set_source("another model")
    desk.documents.show(first)
    assert spans.all == []
    spans.set_source(source)
    assert spans.all == written
    desk.documents.show(second)
    spans.forget(lambda record: record is written[0].record)
    desk.documents.show(first)
    assert spans.all == written[1:]


def test_scoring_goes_on_when_its_document_is_in_front_again(desk: Open, qtbot: QtBot) -> None:
    desk.type("The sea was calm")
    first, client = desk.documents.front, desk.client
    desk.records.score()
    command = client.last(Score)
    read = [undrawn(number, text, sketch(number)) for number, text in enumerate((b"The", b" sea"))]
    client.answer(Scored(request=command.request, start=0, first=0, tokens=tuple(read), pieces={}))
    desk.documents.begin()
    assert command.request in [sent.request for sent in client.all_sent(Stop)]
    assert not desk.records.is_scoring
    desk.type("Mine.")
    desk.documents.show(first)
    assert [span.record.text for span in desk.records.spans.all] == [b"The", b" sea"]
    qtbot.waitUntil(lambda: desk.records.is_scoring)
    assert client.last(Score).prompt.manuscript == "The sea was calm"
    assert client.last(Score).first == len("The sea")
    desk.records.cancel()
    client.answer(Superseded(request=client.last(Score).request))
    desk.documents.show(desk.documents.all[1])
    desk.documents.show(first)
    assert not desk.records._soon.isActive(), "it was ended by the writer"


def test_no_other_comes_to_the_front_while_a_take_grows(desk: Open) -> None:
    desk.documents.begin()
    first = desk.documents.all[0]
    desk.type("The")
    desk.writing.continue_writing()
    for act in (desk.documents.begin, lambda: desk.documents.show(first)):
        with pytest.raises(GrowingTakeError):
            act()
    assert len(desk.documents.all) == 2
    assert desk.draft.manuscript.text == "The"


def test_a_save_that_ends_behind_another_document_is_that_ones(desk: Open, tmp_path: Path) -> None:
    path = tmp_path / "sea.txt"
    desk.type("The sea.")
    first = desk.documents.front
    desk.recovery.hurry()
    saving = desk.draft.begin_save(path)
    desk.documents.begin()
    desk.type("Mine.")
    assert desk.documents.is_modified(first)
    assert desk.draft.end_save(saving, write_text_file(path, saving.file), True)
    assert not desk.documents.is_modified(first)
    assert desk.documents.names == ("sea", "Untitled 2")
    assert desk.draft.is_modified
    desk.recovery.hurry()
    assert desk.kept() == {"Mine."}
    desk.documents.show(first)
    assert desk.draft.state.path == path
    assert not desk.documents.is_modified(first)


def test_what_is_changed_while_it_is_saved_behind_another_is_not_saved(
    desk: Open, tmp_path: Path
) -> None:
    path = tmp_path / "sea.txt"
    desk.type("The sea.")
    first = desk.documents.front
    saving = desk.draft.begin_save(path)
    desk.type(" More.")
    desk.documents.begin()
    assert desk.draft.end_save(saving, write_text_file(path, saving.file), True)
    assert desk.documents.is_modified(first)


def test_a_save_of_a_document_that_was_closed_is_nobodys(desk: Open, tmp_path: Path) -> None:
    desk.type("The sea.")
    first = desk.documents.front
    saving = desk.draft.begin_save(tmp_path / "sea.txt")
    desk.documents.begin()
    desk.documents.remove(first)
    assert not desk.draft.end_save(saving, None, False)
    assert desk.documents.names == ("Untitled",)


def test_what_undo_holds_is_bounded_over_all(desk: Open) -> None:
    long = "x" * 4_000_000
    for _ in range(3):
        for _ in range(4):
            desk.draft.manuscript.edit(0, 0, long)
            desk.draft.manuscript.edit(0, len(long), "", Origin.PASTED)
        desk.documents.begin()
    aside = [state.content for state in desk.documents.all if state.content is not None]
    held = sum(content.history.size for content in aside)
    assert 0 < held <= UNDO // 2
    assert desk.draft.manuscript.undo_budget == UNDO - held
    for state in desk.documents.all[:3]:
        desk.documents.show(state)
        assert desk.draft.manuscript.can_undo


def test_an_untouched_page_is_known(desk: Open) -> None:
    assert desk.documents.is_front_untouched
    desk.type("x")
    desk.draft.manuscript.edit(0, 1, "")
    assert not desk.documents.is_front_untouched, "undo brings the text back"
    desk.documents.begin()
    assert desk.documents.is_front_untouched
    desk.draft.set_brief("Short.")
    assert not desk.documents.is_front_untouched


def test_nothing_of_one_document_stays_behind(desk: Open) -> None:
    """Whoever gives these more that is of one document gives it to what is put aside, too."""
    manuscript = desk.draft.manuscript
    announced = {"changed", "brushed", "remarked", "state_changed"}
    announced |= {"brought_back", "putting_aside", "taking_up", "loaded"}
    of_the_window = announced | {"undo_budget", "_growth"}
    put_aside = {"_buffer", "_history", "_register", "take_changes"}
    assert set(vars(manuscript)) == of_the_window | put_aside

    # `_brushed` follows from the text.
    of_the_window = {"changed", "copied", "_emitting", "_whole", "_brushed"}
    put_aside = {f"_{name}" for name in BufferContent.__struct_fields__}
    assert set(vars(manuscript._buffer)) == of_the_window | put_aside

    # `_visible_end` follows from the text; nothing has come into it between two states.
    assert desk.draft._came == NO_PLAN
    of_the_window = {"manuscript", "reach", "preset_in_force", "preset_name", "prompting"}
    of_the_window |= {"_reads_after"}
    held = vars(desk.draft).items()
    found = {name for name, value in held if not isinstance(value, SignalInstance)}
    assert found == of_the_window | {"state", "_visible_end", "_came"}
