from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from studio.app import settings as remembered
from studio.app.user_folders import recovery_folder
from studio.manuscript import (
    Encoding,
    Journal,
    Newline,
    Origin,
    RecoveryRecord,
    TextFile,
)
from studio.ui.application import open_first
from studio.ui.main_window import MainWindow
from studio.ui.writing.recovery_dialog import RecoveryDialog
from tests.helpers.journal_records import journal_records, leave_behind
from tests.ui.conftest import LONG, NEVER_ENDS, save
from tests.ui.controls import name_of, tip_of, visible_controls

Button = QMessageBox.StandardButton


@pytest.fixture
def bare(open_window: Callable[[], MainWindow]) -> MainWindow:
    """A window without a model: text needs none."""
    return open_window()


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setattr("studio.ui.application.find_starter_model", lambda: None)


def kept() -> list[RecoveryRecord]:
    """What is in the journals on the disk."""
    return journal_records(recovery_folder())


def kept_text() -> str | None:
    records = kept()
    return records[0].text if records else None


def wait_until_kept(qtbot: QtBot, text: str) -> None:
    qtbot.waitUntil(lambda: kept_text() == text, timeout=LONG)


def leave(text: str, path: Path | None = None, brief: str = "", written_at: float = 1e9) -> None:
    """What a killed program left."""
    record = RecoveryRecord(TextFile(text), (), brief, 0, path, None, written_at)
    leave_behind(recovery_folder(), record)


def offered(window: MainWindow) -> RecoveryDialog:
    dialogs = window.findChildren(RecoveryDialog)
    assert len(dialogs) == 1
    assert dialogs[0].isVisible()
    return dialogs[0]


def test_each_key_is_kept_soon_and_nothing_runs_at_rest(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "sea.txt"
    path.write_bytes("\ufeffOld. 🐟\r\n".encode("utf-16-le"))
    bare.open_path(path)
    recovery = bare.session.recovery
    assert not recovery._delay.isActive(), "what is saved is not kept"
    bare.editor.move_caret(5)
    assert not recovery._delay.isActive()
    QTest.keyClicks(bare.editor, "New ")
    assert recovery._delay.isActive()
    assert recovery._delay.isSingleShot()
    assert recovery._delay.interval() <= 1500, "the disk takes its time too"
    wait_until_kept(qtbot, "Old. New 🐟\n")
    assert not recovery._delay.isActive()
    QTest.keyClicks(bare.brief.edit, "Short.")
    qtbot.waitUntil(lambda: [it.brief for it in kept()] == ["Short."], timeout=LONG)
    QTest.keyClick(bare.editor, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: [it.caret for it in kept()] == [8], timeout=LONG)
    (record,) = kept()
    assert record.path == path
    assert record.file.newline is Newline.CRLF
    assert record.file.encoding is Encoding.UTF_16_LE
    assert record.held is not None


def test_a_key_is_kept_within_two_seconds_while_a_take_grows(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "sea.txt"
    path.write_text("Old. The sea")
    bare.open_path(path)
    delay = bare.session.recovery._delay
    manuscript = bare.session.draft.manuscript
    take = manuscript.begin_take(len(manuscript))
    take.append(" was")
    assert delay.isActive()
    waits = delay.interval()
    assert 1000 < waits <= 1500, "the disk takes its time too"
    bare.editor.move_caret(4)
    left = delay.remainingTime()
    QTest.keyClicks(bare.editor, "!")
    take.append(" calm")
    assert delay.remainingTime() <= left, "what comes later does not put it off"
    wait_until_kept(qtbot, "Old.! The sea was calm")
    manuscript.end_take()
    # A key that was pressed just before it grows.
    QTest.keyClicks(bare.editor, "!")
    left = delay.remainingTime()
    assert delay.interval() <= 1000
    take = manuscript.begin_take(len(manuscript))
    take.append(" and")
    waits = delay.interval()
    assert waits <= left + 500
    take.append(" grey as slate")
    assert delay.interval() == waits, "it is put off once"
    wait_until_kept(qtbot, "Old.!! The sea was calm and grey as slate")


def test_a_generation_is_kept_when_it_ends(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    QTest.keyClicks(window.editor, "The sea")
    session.sampling.set_max_tokens(8)
    session.sampling.change(logit_bias=NEVER_ENDS)
    with qtbot.waitSignal(session.writing.ended, timeout=LONG):
        window.actions_.continue_.trigger()
    # By the end itself, and not by the delay.
    session.recovery._delay.stop()
    text = session.draft.manuscript.text
    assert len(text) > len("The sea")
    wait_until_kept(qtbot, text)
    assert kept()[0].generated == ((len("The sea"), len(text)),)


@pytest.mark.parametrize("end", ["save", "undo", "discard", "close"])
def test_what_is_saved_or_given_up_is_kept_no_longer(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(QMessageBox, "question", lambda *_: Button.Discard)
    path = tmp_path / "sea.txt"
    path.write_text("Old.")
    bare.open_path(path)
    bare.editor.move_caret(0)
    QTest.keyClicks(bare.editor, "New.")
    wait_until_kept(qtbot, "New.Old.")
    if end == "save":
        save(bare)
    elif end == "undo":
        bare.actions_.undo.trigger()
    elif end == "discard":
        bare.actions_.close.trigger()
    else:
        bare.close()
    qtbot.waitUntil(lambda: kept() == [], timeout=LONG)
    if end == "close":
        assert list(recovery_folder().iterdir()) == []


def test_an_emptied_page_without_a_file_is_nothing_to_keep(bare: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClicks(bare.editor, "x")
    wait_until_kept(qtbot, "x")
    QTest.keyClick(bare.editor, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: kept() == [], timeout=LONG)


def test_a_brief_alone_is_kept(bare: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClicks(bare.brief.edit, "A story of the sea.")
    qtbot.waitUntil(lambda: bool(kept()), timeout=LONG)
    assert kept()[0].brief == "A story of the sea."


def test_a_window_that_loses_the_keyboard_keeps_at_once(
    bare: MainWindow, open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    QTest.keyClicks(bare.editor, "Mine.")
    other = open_window()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow, timeout=LONG)
    assert not bare.session.recovery._delay.isActive()
    wait_until_kept(qtbot, "Mine.")
    qtbot.waitUntil(lambda: not bare.session.recovery._disk.is_busy, timeout=LONG)
    bare.session.recovery.hurry()
    assert not bare.session.recovery._disk.is_busy, "nothing is written twice"


def test_a_disk_that_refuses_is_reported_once_until_it_works_again(
    bare: MainWindow, qtbot: QtBot
) -> None:
    recovery_folder().parent.mkdir(parents=True)
    recovery_folder().write_text("in the way")
    reported: list[str] = []
    bare.session.recovery.failed.connect(reported.append)
    QTest.keyClicks(bare.editor, "a")
    qtbot.waitUntil(lambda: len(reported) == 1, timeout=LONG)
    assert f"cannot be put in safety in “{recovery_folder()}”" in bare.notice.message
    QTest.keyClicks(bare.editor, "b")
    disk = bare.session.recovery._disk
    with qtbot.waitSignal(disk.changed, timeout=LONG, check_params_cb=lambda: not disk.is_busy):
        pass
    assert len(reported) == 1
    recovery_folder().unlink()
    QTest.keyClicks(bare.editor, "c")
    wait_until_kept(qtbot, "abc")


def test_it_is_offered_and_restored_exactly(bare: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "The Sea.txt"
    path.write_bytes(b"Old.\r\n")
    bare.open_path(path)
    bare.editor.move_caret(0)
    QTest.keyClicks(bare.editor, "New ")
    bare.session.draft.manuscript.edit(4, 0, "🐟\u00a0.")
    bare.session.draft.manuscript.edit(0, 0, "Mine, ", Origin.GENERATED)
    bare.session.draft.set_brief("Short\u00a0words.")
    bare.editor.move_caret(3)
    record = bare.session.draft.record()
    journal = Journal(recovery_folder())
    journal.write(record)
    assert journal._lock is not None
    journal._lock.release()
    assert journal._connection is not None
    journal._connection.close()
    bare.session.draft.new()

    open_first(bare, None)
    dialog = offered(bare)
    assert dialog.name.text() == "The Sea.txt"
    assert dialog.facts.text().startswith("Today at ")
    assert dialog.facts.text().endswith(", 4 words, with a brief")
    assert dialog.preview.toPlainText().startswith("Mine, New 🐟")
    assert dialog.preview.textCursor().position() == 3
    assert not dialog.list.isVisible(), "there is no choice"
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    draft = bare.session.draft
    assert draft.manuscript.text == "Mine, New 🐟\u00a0.Old.\n"
    origins = [Origin.GENERATED] * 6 + [Origin.TYPED] * 7 + [Origin.OPENED] * 5
    assert draft.manuscript.origins() == bytes(origins)
    assert (draft.brief, draft.caret, draft.path) == ("Short\u00a0words.", 3, path)
    assert bare.editor.caret == 3
    assert bare.brief.edit.text() == "Short\u00a0words."
    assert bare.isWindowModified()
    assert bare.windowTitle().startswith("The Sea")
    assert [each.text for each in kept()] == [draft.manuscript.text], "kept again, here"
    save(bare)
    assert path.read_bytes() == "Mine, New 🐟\u00a0.Old.\r\n".encode()
    qtbot.waitUntil(lambda: kept() == [], timeout=LONG)


def test_an_offer_that_goes_while_it_is_restored_is_no_error(bare: MainWindow) -> None:
    leave("The sea")
    open_first(bare, None)
    dialog = offered(bare)

    def go(_leftover: object) -> None:
        # As where a question about the text that is open waits for its answer.
        dialog.reject()
        QCoreApplication.sendPostedEvents(dialog, QEvent.Type.DeferredDelete)

    dialog.restored.connect(go)
    dialog.restore.click()
    assert not isValid(dialog)
    assert bare.session.draft.manuscript.text == "The sea"


def test_it_can_be_kept_for_later(bare: MainWindow) -> None:
    leave("Mine.")
    open_first(bare, None)
    QTest.mouseClick(offered(bare).later, Qt.MouseButton.LeftButton)
    assert bare.session.draft.manuscript.text == ""
    assert [record.text for record in kept()] == ["Mine."]
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    bare.actions_.restore.trigger()
    QTest.keyClick(offered(bare), Qt.Key.Key_Return)
    assert bare.session.draft.manuscript.text == "Mine."
    bare.actions_.restore.trigger()
    assert "Nothing waits to be restored" in bare.toast.message


def test_long_ones_are_read_in_another_thread_and_offered_all(
    bare: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.ui.writing.recovery_offer._AT_ONCE", 2**20)
    readers: list[str] = []
    of_bytes = RecoveryRecord.of_bytes

    def read(data: bytes) -> RecoveryRecord:
        readers.append(threading.current_thread().name)
        return of_bytes(data)

    for number in range(3):
        leave((f"{number} word" + " more" * 98 + "\n") * 3_000, written_at=1e9 + number)
    monkeypatch.setattr(RecoveryRecord, "of_bytes", read)
    open_first(bare, None)
    assert bare.findChildren(RecoveryDialog) == [], "the window stands before they are read"
    QTest.keyClicks(bare.editor, "x")
    QTest.keyClick(bare.editor, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: bare.findChildren(RecoveryDialog) != [], timeout=LONG)
    dialog = offered(bare)
    assert dialog.list.count() == 3
    assert dialog.facts.text().endswith(", 300,000 words")
    assert dialog.preview.toPlainText().startswith("2 word more")
    QTest.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bare.session.draft.manuscript.text[:6] == "2 word", timeout=LONG)
    assert readers == ["reading"] * 4
    qtbot.waitUntil(lambda: not bare.session.reading.is_busy, timeout=LONG)
    assert sorted(record.text[0] for record in kept()) == ["0", "1", "2"]


def test_every_control_of_the_offer_has_a_name_and_says_what_it_does(bare: MainWindow) -> None:
    for text in ("First.", "Second."):
        leave(text)
    open_first(bare, None)
    dialog = offered(bare)
    controls = [dialog.list, *visible_controls(dialog)]
    assert len(controls) == 6
    for control in controls:
        assert name_of(control), control
        assert tip_of(control), control


def test_nothing_is_restored_while_a_text_is_being_written(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.session.sampling.set_max_tokens(1000)
    window.session.sampling.change(logit_bias=NEVER_ENDS)
    QTest.keyClicks(window.editor, "The sea")
    window.actions_.continue_.trigger()
    assert not window.actions_.restore.isEnabled()
    window.actions_.stop.trigger()
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)
    assert window.actions_.restore.isEnabled()


def test_several_are_listed_discarded_after_a_question_or_restored_one_by_one(
    bare: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [Button.Cancel, Button.Discard]
    asked: list[str] = []

    def question(_parent: object, _title: str, text: str, *_rest: object) -> Button:
        asked.append(text)
        return answers.pop(0)

    monkeypatch.setattr(QMessageBox, "question", question)
    leave("First.", written_at=1e9)
    leave("", Path("/stories/Second.txt"), "A brief.", written_at=1.1e9)
    leave("Third.", written_at=1.2e9)
    open_first(bare, None)
    dialog = offered(bare)
    rows = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    assert ["Third." in rows[0], "A brief." in rows[1], "First." in rows[2]] == [True] * 3
    assert dialog.list.isVisible()
    assert not dialog.list.verticalScrollBar().isVisible(), "each has its row"
    dialog.list.setCurrentRow(1)
    assert dialog.name.text() == "Second.txt"
    for count in (3, 2):
        QTest.mouseClick(dialog.discard, Qt.MouseButton.LeftButton)
        assert dialog.list.count() == count
    assert "“Second.txt”" in asked[0]
    assert sorted(record.text for record in kept()) == ["First.", "Third."]
    dialog.list.setCurrentRow(1)
    QTest.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    assert bare.session.draft.manuscript.text == "First."
    assert sorted(record.text for record in kept()) == ["First.", "Third."]


def test_what_is_on_the_disk_already_is_not_offered(bare: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "sea.txt"
    path.write_text("Mine.")
    leave("Mine.", path)
    open_first(bare, None)
    assert bare.findChildren(RecoveryDialog) == []
    assert kept() == []


def test_one_that_cannot_be_read_is_no_obstacle(bare: MainWindow) -> None:
    leave("Mine.")
    (path,) = recovery_folder().rglob("record")
    path.write_bytes(path.read_bytes()[:-1])
    open_first(bare, None)
    assert bare.findChildren(RecoveryDialog) == []
    assert bare.isVisible()


def test_the_last_document_is_opened_again_with_its_brief_and_caret(
    open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    path = tmp_path / "sea.txt"
    path.write_text("The sea was calm.")
    first = open_window()
    first.open_path(path)
    QTest.keyClicks(first.brief.edit, "Short.")
    save(first)
    first.editor.move_caret(7)
    first.close()
    second = open_window()
    open_first(second, None)
    draft = second.session.draft
    assert (draft.path, draft.manuscript.text) == (path, "The sea was calm.")
    assert (draft.brief, draft.caret, second.editor.caret) == ("Short.", 7, 7)
    assert not second.isWindowModified()
    second.actions_.new.trigger()
    second.close()
    third = open_window()
    open_first(third, None)
    assert third.session.draft.path is None, "a new page was the last"


def test_the_caret_is_remembered_without_an_end_in_order(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "sea.txt"
    path.write_text("The sea was calm.")
    bare.open_path(path)
    bare.editor.move_caret(7)
    qtbot.waitUntil(lambda: bare.settings.get(remembered.LAST_CARET) == 7, timeout=LONG)
    assert not bare.files._rest.isActive(), "nothing runs at rest"


def test_a_last_document_that_is_gone_is_reported_quietly(
    open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    path = tmp_path / "sea.txt"
    path.write_text("The sea.")
    first = open_window()
    first.open_path(path)
    first.close()
    path.unlink()
    second = open_window()
    reported: list[str] = []
    second.files.reported.connect(reported.append)
    open_first(second, None)
    assert "sea.txt" in reported[0]
    assert second.session.draft.path is None
    assert not second.isWindowModified()


@pytest.mark.parametrize("name", ["a" * 300, "/dev/null/sea.txt"], ids=["too long", "no folder"])
def test_remembered_paths_that_cannot_be_looked_at_keep_no_window_closed(
    bare: MainWindow, tmp_path: Path, name: str
) -> None:
    for setting in (remembered.LAST_FILE, remembered.FOLDER, remembered.MODEL):
        bare.settings.set(setting, str(tmp_path / name))
    reported: list[str] = []
    bare.files.reported.connect(reported.append)
    open_first(bare, None)
    assert "is not there any more" in reported[0]
    assert bare.session.draft.path is None
    assert bare.files.saving.folder == Path.home()


@pytest.mark.parametrize(("remembered_caret", "caret"), [(-5, 0), (99, 8)])
def test_a_remembered_caret_is_within_the_text(
    open_window: Callable[[], MainWindow], tmp_path: Path, remembered_caret: int, caret: int
) -> None:
    path = tmp_path / "sea.txt"
    path.write_text("The sea.")
    window = open_window()
    window.settings.set(remembered.LAST_FILE, str(path))
    window.settings.set(remembered.LAST_CARET, remembered_caret)
    open_first(window, None)
    assert (window.editor.caret, window.session.draft.caret) == (caret, caret)


def test_what_is_asked_for_comes_before_the_last(
    open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    for name in ("last.txt", "asked.txt"):
        (tmp_path / name).write_text(name)
    first = open_window()
    first.open_path(tmp_path / "last.txt")
    first.close()
    second = open_window()
    open_first(second, tmp_path / "asked.txt")
    assert second.session.draft.manuscript.text == "asked.txt"


def test_a_document_that_another_window_has_is_not_opened_again_by_itself(
    open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    path = tmp_path / "sea.txt"
    path.write_text("The sea.")
    open_window().open_path(path)
    second = open_window()
    open_first(second, None)
    assert second.session.draft.path is None


def test_a_drive_that_does_not_answer_is_not_waited_for(
    bare: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, asked = threading.Event(), threading.Event()
    write = Journal.write

    def write_late(journal: Journal, record: RecoveryRecord) -> None:
        asked.set()
        assert answers.wait(LONG / 1000)
        write(journal, record)

    monkeypatch.setattr(Journal, "write", write_late)
    monkeypatch.setattr("studio.app.background._LONGEST_WAIT", 0.05)
    QTest.keyClicks(bare.editor, "Once")
    qtbot.waitUntil(asked.is_set, timeout=LONG)
    assert not bare.session.recovery.keep_and_wait()
    QTest.keyClicks(bare.editor, " more")
    answers.set()
    wait_until_kept(qtbot, "Once more")
