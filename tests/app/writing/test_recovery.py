"""When a document is kept in the journal, and when no longer; without a window."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt, QTimer
from pytestqt.qtbot import QtBot

from studio.app.writing.recovery import Recovery
from studio.engine.messages import Generate
from studio.manuscript import (
    Document,
    Journal,
    Origin,
    PromptPassage,
    PromptPlan,
    RecoveryRecord,
    write_text_file,
)
from studio.manuscript.document_file import open_document, read_database, write_document
from tests.helpers.fake_engine import Desk, evaluated, finished, token
from tests.helpers.journal_records import journal_records
from tests.helpers.waiting import LONG


class Kept:
    """A desk whose document is kept in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.desk = Desk()
        self.recovery = Recovery(self.desk.draft, self.desk.writing, root)
        self.failures: list[str] = []
        self.recovery.failed.connect(self.failures.append)

    @property
    def texts(self) -> list[str]:
        return [record.text for record in journal_records(self.root)]

    @property
    def is_at_rest(self) -> bool:
        return not any(timer.isActive() for timer in self.recovery.findChildren(QTimer))

    @property
    def is_waiting(self) -> bool:
        """Whether more may follow before it is written."""
        own = Qt.FindChildOption.FindDirectChildrenOnly
        return any(timer.isActive() for timer in self.recovery.findChildren(QTimer, options=own))


@pytest.fixture
def kept(qtbot: QtBot, tmp_path: Path) -> Kept:
    return Kept(tmp_path / "recovery")


@pytest.mark.usefixtures("short_rests")
def test_what_is_typed_is_kept_in_a_moment_and_then_nothing_runs(kept: Kept, qtbot: QtBot) -> None:
    assert kept.is_at_rest
    kept.desk.type("The sea")
    assert kept.is_waiting
    assert kept.texts == []
    qtbot.waitUntil(lambda: kept.texts == ["The sea"])
    qtbot.waitUntil(lambda: kept.is_at_rest)
    kept.desk.draft.set_brief("Short sentences.")
    kept.recovery.hurry()
    assert not kept.is_waiting
    qtbot.waitUntil(lambda: [it.brief for it in journal_records(kept.root)] == ["Short sentences."])


def test_what_is_generated_is_kept_as_soon_as_it_ends(kept: Kept, qtbot: QtBot) -> None:
    kept.desk.load()
    kept.desk.writing.continue_writing()
    request = kept.desk.client.last(Generate).request
    kept.desk.client.answer(
        evaluated(request, 1), token(request, 0, b"Once"), *finished(request, 1)
    )
    QCoreApplication.processEvents()  # a turn later, since that one shows the end
    assert not kept.is_waiting, "nothing more can follow"
    qtbot.waitUntil(lambda: kept.texts == ["Once"])


@pytest.mark.parametrize("end", ["undo", "save", "type and save"])
def test_what_is_saved_or_given_up_is_kept_no_longer(
    kept: Kept, qtbot: QtBot, tmp_path: Path, end: str
) -> None:
    draft = kept.desk.draft
    kept.desk.type("The sea")
    kept.recovery.hurry()
    qtbot.waitUntil(lambda: kept.texts == ["The sea"])
    qtbot.waitUntil(lambda: kept.is_at_rest)
    if end == "type and save":
        kept.desk.type(" is calm")
        assert kept.is_waiting
    if end == "undo":
        draft.manuscript.undo()
    else:
        saving = draft.begin_save(tmp_path / "sea.txt")
        assert draft.end_save(saving, write_text_file(saving.path, saving.file), True)
    assert kept.texts == [], "at once: a kill now has nothing to offer that is older than the file"
    qtbot.waitUntil(lambda: kept.texts == [])
    qtbot.waitUntil(lambda: kept.is_at_rest)


@pytest.mark.parametrize("is_edited", [False, True])
@pytest.mark.parametrize("begins_with", [0, 1])
def test_what_another_take_replaces_is_kept_until_that_has_a_token(
    kept: Kept, tmp_path: Path, begins_with: int, is_edited: bool
) -> None:
    desk, draft = kept.desk, kept.desk.draft
    desk.load()
    desk.type("The sea was")
    desk.writing.continue_writing()
    request = desk.client.last(Generate).request
    desk.client.answer(
        *(evaluated(request, 1), token(request, 0, b" calm"), token(request, 1, b" and grey")),
        *finished(request, 2),
    )
    draft.set_plan(PromptPlan(passages=(PromptPassage(4, 16, is_pinned=True),)))
    text, [takes] = draft.manuscript.text, draft.manuscript.take_sets
    written, plan = takes.takes[0], draft.plan
    saving = draft.begin_save(tmp_path / "before.kelvin")
    assert draft.end_save(saving, write_document(saving.path, draft.document()), True)
    if begins_with:
        desk.writing.write_on(takes, written.records[:begins_with], written.turns[0][1])
        assert draft.manuscript.text == "The sea was calm"
    else:
        desk.writing.retake()
        assert draft.manuscript.text == "The sea was"
    assert draft.plan != plan
    if is_edited:
        draft.manuscript.edit(0, 0, "> ")
        text, plan = f"> {text}", plan.after(0, 0, 2)

    def check(document: Document) -> None:
        assert document.text == text
        assert document.origins.count(Origin.GENERATED) == len(" calm and grey")
        assert (document.caret, document.plan) == (len(text), plan)
        [copy] = document.take_sets
        assert [take.text for take in copy.takes] == [" calm and grey"]
        assert (copy.index, copy.place.end) == (0, len(text))

    assert kept.recovery.keep_and_wait()
    [record] = journal_records(kept.root)
    assert (record.text, record.caret) == (text, len(text))
    [beside] = kept.root.glob("*/document")
    with closing(sqlite3.connect(beside)) as connection:
        check(read_database(connection))
    for name in ("sea.txt", "sea.kelvin"):
        saving = draft.begin_save(tmp_path / name)
        assert (saving.file.text, saving.plan) == (text, plan)
        assert draft.end_save(saving, None, True)
    assert saving.document is not None
    held = write_document(saving.path, saving.document)
    check(open_document(saving.path)[0])
    saving = draft.begin_save(saving.path)
    assert draft.end_save(saving, held, True)
    desk.writing.stop()
    request = desk.client.last(Generate).request
    desk.client.answer(*finished(request, begins_with, reason="stopped"))
    assert (draft.manuscript.text, draft.caret) == (text, len(text))
    assert draft.manuscript.is_clean, "that was saved"


def test_a_page_of_one_take_alone_is_kept_while_another_waits(kept: Kept) -> None:
    kept.desk.load()
    kept.desk.writing.continue_writing()
    request = kept.desk.client.last(Generate).request
    kept.desk.client.answer(
        evaluated(request, 1), token(request, 0, b"Once"), *finished(request, 1)
    )
    kept.desk.writing.retake()
    assert kept.desk.draft.manuscript.text == ""
    assert kept.recovery.keep_and_wait()
    assert kept.texts == ["Once"]


def test_what_is_typed_while_it_is_saved_is_kept_when_that_ends(kept: Kept, tmp_path: Path) -> None:
    draft = kept.desk.draft
    kept.desk.type("The")
    assert kept.recovery.keep_and_wait()
    saving = draft.begin_save(tmp_path / "sea.txt")
    kept.desk.type(" sea")
    assert kept.is_waiting
    assert draft.end_save(saving, write_text_file(saving.path, saving.file), True)
    assert kept.recovery._disk.finish()
    assert kept.texts == ["The sea"], "nothing older than the file"


def test_what_is_typed_while_it_is_written_is_written_behind_it(
    kept: Kept, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, goes_on = threading.Event(), threading.Event()
    write = Journal.write

    def write_late(journal: Journal, record: RecoveryRecord) -> None:
        began.set()
        assert goes_on.wait(LONG / 1000)
        write(journal, record)

    monkeypatch.setattr(Journal, "write", write_late)
    kept.desk.type("The")
    kept.recovery.hurry()
    assert began.wait(LONG / 1000), "in another thread: this one goes on"
    kept.desk.type(" sea")
    kept.recovery.hurry()
    assert kept.texts == []
    goes_on.set()
    qtbot.waitUntil(lambda: kept.texts == ["The sea"])


def test_a_folder_that_cannot_be_written_is_reported_once_until_it_can(
    kept: Kept, qtbot: QtBot
) -> None:
    kept.root.write_text("in the way")
    for word in ("The", " old"):
        kept.desk.type(word)
        kept.recovery.hurry()
        qtbot.waitUntil(lambda: bool(kept.failures))
        assert not kept.recovery.keep_and_wait()
    assert len(kept.failures) == 1
    assert str(kept.root) in kept.failures[0]
    kept.root.unlink()
    kept.desk.type(" sea")
    kept.recovery.hurry()
    qtbot.waitUntil(lambda: kept.texts == ["The old sea"])
    assert len(kept.failures) == 1


def test_it_can_be_waited_for(kept: Kept) -> None:
    assert not kept.recovery.keep_and_wait(), "there is nothing to keep"
    assert kept.texts == []
    kept.desk.type("The sea")
    assert kept.recovery.keep_and_wait()
    assert kept.texts == ["The sea"]


def test_closed_it_leaves_nothing_and_keeps_nothing(kept: Kept) -> None:
    kept.desk.type("The sea")
    assert kept.recovery.keep_and_wait()
    kept.recovery.close()
    assert list(kept.root.iterdir()) == []
    kept.desk.type(" is calm")
    assert kept.is_at_rest
    assert not kept.recovery.keep_and_wait()
    assert list(kept.root.iterdir()) == []
