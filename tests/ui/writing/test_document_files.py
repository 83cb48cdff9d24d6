import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.app.user_folders import data_folder, recovery_folder
from studio.manuscript import FileState, TextFile, write_text_file
from studio.ui.main_window import MainWindow
from studio.ui.widgets import file_dialog
from tests.ui.conftest import LONG, NEVER_ENDS, save, save_as

Button = QMessageBox.StandardButton
DOCUMENT = "Kelvin Studio document, with takes (*.kelvin)"


class Answers:
    """Stands for the writer before dialogs: what was asked, and what they choose."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.questions: list[str] = []
        self.button = Button.Cancel
        self.path = ""
        self.filter = "Text (*.txt *.md)"
        self.suggested: list[str] = []
        monkeypatch.setattr(QMessageBox, "question", self._question)
        monkeypatch.setattr(file_dialog, "ask_save", self._file)
        monkeypatch.setattr(file_dialog, "ask_open_several", self._files)

    def _question(self, _parent: object, title: str, text: str, *_rest: object) -> Button:
        self.questions.append(text)
        return self.button

    def _file(self, _parent: object, _title: str, suggested: str, _filter: str) -> tuple[str, str]:
        self.suggested.append(suggested)
        return self.path, self.filter

    def _files(self, *asked: object) -> list[str]:
        self.suggested.append(str(asked[2]))
        return [self.path] if self.path else []


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    return Answers(monkeypatch)


@pytest.fixture
def bare(open_window: Callable[[], MainWindow]) -> MainWindow:
    """A window without a model: files need none."""
    return open_window()


class SlowDrive:
    """A drive that answers when it is reported to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked, self.answers = threading.Event(), threading.Event()
        self.writes = 0
        monkeypatch.setattr("studio.ui.writing.document_saving.write_text_file", self._write)

    def _write(self, path: Path, file: TextFile) -> FileState:
        self.writes += 1
        held = write_text_file(path, file)
        self.asked.set()
        assert self.answers.wait(LONG / 1000)
        return held


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowDrive]:
    drive = SlowDrive(monkeypatch)
    yield drive
    drive.answers.set()


def type_into(window: MainWindow, text: str) -> None:
    manuscript = window.session.draft.manuscript
    manuscript.edit(len(manuscript), 0, text)


def test_title_and_mark_follow_the_file(bare: MainWindow, answers: Answers, tmp_path: Path) -> None:
    assert bare.windowTitle() == "Untitled[*] – Kelvin Studio"
    assert not bare.isWindowModified()
    type_into(bare, "Mine.")
    assert bare.isWindowModified()
    answers.path = str(tmp_path / "The Sea.md")
    save(bare)
    assert bare.windowTitle() == "The Sea[*] – Kelvin Studio"
    assert not bare.isWindowModified()
    assert (tmp_path / "The Sea.md").read_text() == "Mine."
    bare.actions_.undo.trigger()
    assert bare.isWindowModified()
    bare.actions_.redo.trigger()
    assert not bare.isWindowModified()
    type_into(bare, " More.")
    save(bare)
    assert len(answers.suggested) == 1, "a name that is known is not asked for"
    assert (tmp_path / "The Sea.md").read_text() == "Mine. More."


def test_windows_line_ends_and_marks_are_kept(
    bare: MainWindow, answers: Answers, tmp_path: Path
) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(b"\xef\xbb\xbfOne.\r\nTwo.\r\n")
    answers.path = str(path)
    bare.actions_.open.trigger()
    assert bare.editor.toPlainText() == "One.\nTwo.\n"
    type_into(bare, "Three.\n")
    save(bare)
    assert path.read_bytes() == b"\xef\xbb\xbfOne.\r\nTwo.\r\nThree.\r\n"


@pytest.mark.parametrize("action", ["close", "quit"])
def test_unsaved_changes_are_asked_about(
    bare: MainWindow, answers: Answers, tmp_path: Path, action: str
) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("")
    bare.open_path(mine)
    type_into(bare, "Mine.")
    trigger: QAction = getattr(bare.actions_, action)

    answers.button = Button.Cancel
    trigger.trigger()
    assert bare.session.draft.manuscript.text == "Mine."
    assert bare.isVisible()
    assert answers.questions == ["Save the changes to “mine”? Otherwise they are lost."]

    answers.button = Button.Save
    trigger.trigger()
    assert mine.read_text() == "Mine."
    assert {
        "close": bare.session.draft.manuscript.text == "",
        "quit": not bare.isVisible(),
    }[action]


def test_changes_can_be_discarded(bare: MainWindow, answers: Answers, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("Mine.")
    bare.open_path(path)
    type_into(bare, " More.")
    answers.button = Button.Discard
    bare.actions_.close.trigger()
    assert bare.session.draft.manuscript.text == ""
    assert path.read_text() == "Mine."


def test_nothing_is_asked_where_nothing_would_be_lost(
    bare: MainWindow, answers: Answers, tmp_path: Path
) -> None:
    type_into(bare, "x")
    bare.session.draft.manuscript.edit(0, 1, "")
    bare.actions_.new.trigger()
    path = tmp_path / "mine.txt"
    path.write_text("Mine.")
    bare.open_path(path)
    bare.actions_.new.trigger()
    bare.close()
    assert answers.questions == []
    assert not bare.isVisible()


def test_a_save_that_is_given_up_loses_nothing(bare: MainWindow, answers: Answers) -> None:
    type_into(bare, "Mine.")
    answers.button = Button.Save
    answers.path = ""  # the file dialog was cancelled
    bare.actions_.close.trigger()
    bare.close()
    assert bare.session.draft.manuscript.text == "Mine."
    assert bare.isVisible()


def test_a_save_that_fails_says_so_and_loses_nothing(
    bare: MainWindow, answers: Answers, tmp_path: Path
) -> None:
    folder = tmp_path / "a folder.txt"
    folder.mkdir()
    answers.path = str(folder)
    answers.button = Button.Save
    type_into(bare, "Mine.")
    for action in (bare.actions_.save, bare.actions_.close, bare.actions_.quit):
        bare.notice.hide()
        action.trigger()
        assert bare.files.saving.finish()
        assert "a folder.txt" in bare.notice.message
        assert bare.session.draft.manuscript.text == "Mine."
        assert bare.isWindowModified()
    assert bare.isVisible()
    assert bare.settings.get(remembered.RECENT_FILES) == []


def test_a_file_that_cannot_be_opened_leaves_the_text_and_the_list(
    bare: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("Mine.")
    bare.open_path(path)
    for name, data in (("image.txt", b"\x89PNG\xff\xfe"), ("gone.txt", None)):
        bad = tmp_path / name
        if data:
            bad.write_bytes(data)
        bare.notice.hide()
        bare.open_path(bad)
        assert name in bare.notice.message
        assert bare.session.draft.manuscript.text == "Mine."
        assert bare.session.draft.path == path
    assert bare.settings.get(remembered.RECENT_FILES) == [str(path)]


def test_recent_files_are_in_the_menu_and_those_that_are_gone_leave_it(
    bare: MainWindow, tmp_path: Path
) -> None:
    menu = bare.actions_.recent
    menu.aboutToShow.emit()
    assert [(action.text(), action.isEnabled()) for action in menu.actions()] == [
        ("No files yet", False)
    ]
    for name in ("one.txt", "Q&A.txt"):
        (tmp_path / name).write_text(name)
        bare.open_path(tmp_path / name)
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["Q&&A.txt", "one.txt"]
    assert menu.actions()[1].toolTip() == str(tmp_path / "one.txt")
    menu.actions()[1].trigger()
    assert bare.session.draft.manuscript.text == "one.txt"
    bare.open_path(tmp_path / "Q&A.txt")
    bare.actions_.close.trigger()
    (tmp_path / "Q&A.txt").unlink()
    menu.aboutToShow.emit()
    menu.actions()[0].trigger()
    assert "Q&A.txt" in bare.notice.message
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["one.txt"]


@pytest.mark.parametrize(
    ("typed", "chosen", "saved"),
    [
        ("story", "Text (*.txt *.md)", "story.txt"),
        ("1. The sea", "Text (*.txt *.md)", "1. The sea.txt"),
        ("story.md", "Text (*.txt *.md)", "story.md"),
        ("STORY.TXT", "Text (*.txt *.md)", "STORY.TXT"),
        ("story", DOCUMENT, "story.kelvin"),
        ("story.txt", DOCUMENT, "story.txt"),
        ("story.Kelvin", "Text (*.txt *.md)", "story.Kelvin"),
        ("story", "All files (*)", "story"),
        ("story.html", "All files (*)", "story.html"),
    ],
)
def test_a_name_without_a_suffix_gets_one(
    bare: MainWindow, answers: Answers, tmp_path: Path, typed: str, chosen: str, saved: str
) -> None:
    answers.path, answers.filter = str(tmp_path / typed), chosen
    type_into(bare, "Mine.")
    save_as(bare)
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {saved}


def test_a_text_becomes_a_document_where_that_form_is_chosen(
    bare: MainWindow, answers: Answers, tmp_path: Path
) -> None:
    text = tmp_path / "story.txt"
    text.write_text("Mine.")
    bare.open_path(text)
    answers.path, answers.filter = str(text), DOCUMENT
    save_as(bare)
    assert bare.session.draft.path == tmp_path / "story.kelvin"
    assert text.read_text() == "Mine."


def test_a_name_that_was_completed_does_not_replace_a_file_unasked(
    bare: MainWindow, answers: Answers, tmp_path: Path
) -> None:
    there = tmp_path / "story.txt"
    there.write_text("Another story.")
    answers.path = str(tmp_path / "story")
    type_into(bare, "Mine.")
    answers.button = Button.No
    save_as(bare)
    assert there.read_text() == "Another story."
    assert bare.isWindowModified()
    assert "story.txt" in answers.questions[-1]
    answers.button = Button.Yes
    save_as(bare)
    assert there.read_text() == "Mine."


def test_the_folder_is_remembered(bare: MainWindow, answers: Answers, tmp_path: Path) -> None:
    path = tmp_path / "stories" / "one.txt"
    path.parent.mkdir()
    path.write_text("One.")
    bare.open_path(path)
    bare.actions_.new.trigger()
    save_as(bare)
    assert Path(answers.suggested[-1]) == path.parent / "Untitled.kelvin"
    bare.actions_.open.trigger()
    assert Path(answers.suggested[-1]) == path.parent


def test_opening_while_the_model_writes_ends_it_first(
    window: MainWindow, qtbot: QtBot, answers: Answers, tmp_path: Path
) -> None:
    session = window.session
    mine, other = tmp_path / "mine.txt", tmp_path / "other.txt"
    mine.write_text("The old fisherman")
    other.write_text("Other.")
    window.open_path(mine)
    window.editor.move_caret(len("The old fisherman"))
    session.sampling.set_max_tokens(1000)
    session.sampling.change(logit_bias=NEVER_ENDS)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: session.draft.manuscript.text != "The old fisherman", timeout=LONG)

    window.open_path(other)
    qtbot.waitUntil(lambda: session.draft.path == other, timeout=LONG)
    assert answers.questions == []
    assert session.writing.is_idle
    assert "The model has stopped writing in “mine”" in window.toast.message
    assert session.draft.manuscript.text == "Other."
    assert session.draft.manuscript.is_clean
    window.actions_.previous_document.trigger()
    assert session.draft.manuscript.text.startswith("The old fisherman")
    (take,) = session.draft.manuscript.take_sets[0].takes
    assert session.draft.manuscript.text == f"The old fisherman{take.text}"
    assert window.isWindowModified()


def test_the_first_dialog_begins_in_the_writers_documents(
    bare: MainWindow, answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = tmp_path / "documents"
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _place: str(documents))
    type_into(bare, "Mine.")
    save(bare)
    documents.mkdir()
    save(bare)
    (tmp_path / "used").mkdir()
    answers.path = str(tmp_path / "used" / "a.txt")
    save_as(bare)
    bare.actions_.open.trigger()
    assert answers.suggested == [
        str(Path.home() / "Untitled.kelvin"),
        str(documents / "Untitled.kelvin"),
        str(documents / "Untitled.kelvin"),
        str(tmp_path / "used"),
    ]


def test_the_brief_is_part_of_the_document(
    bare: MainWindow, answers: Answers, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("One.")
    two.write_text("Two.")
    bare.open_path(one)
    QTest.keyClicks(bare.brief.edit, "Short.")
    assert bare.isWindowModified()
    QTest.keyClicks(bare.brief.edit, "er")
    for _ in range(8):
        QTest.keyClick(bare.brief.edit, Qt.Key.Key_Backspace)
    assert not bare.isWindowModified(), "as it was saved"
    QTest.keyClicks(bare.brief.edit, "Short.")

    bare.open_path(two)
    assert bare.session.draft.manuscript.text == "Two."
    assert bare.brief.edit.toPlainText() == bare.session.draft.brief == ""
    assert not bare.isWindowModified()
    bare.brief.edit.undo()
    assert bare.session.draft.brief == "", "undo does not bring another document's brief"
    QTest.keyClicks(bare.brief.edit, "Long.")
    save(bare)

    bare.open_path(one)
    assert bare.brief.edit.toPlainText() == bare.session.draft.brief == "Short."
    assert bare.isWindowModified()
    save(bare)
    bare.actions_.close.trigger()
    bare.open_path(one)
    assert bare.brief.edit.toPlainText() == bare.session.draft.brief == "Short."
    assert not bare.isWindowModified()
    bare.open_path(two)
    assert bare.session.draft.brief == "Long."
    assert (one.read_text(), two.read_text()) == ("One.", "Two."), "the files are text alone"
    bare.actions_.new.trigger()
    assert bare.brief.edit.toPlainText() == bare.session.draft.brief == ""
    assert not bare.isWindowModified()


def test_a_brief_that_is_discarded_is_as_it_was_saved(
    bare: MainWindow, answers: Answers, tmp_path: Path
) -> None:
    path = tmp_path / "one.txt"
    path.write_text("One.")
    bare.open_path(path)
    bare.brief.edit.setPlainText("Short\u00a0words.\nTwo lines.")
    save(bare)
    bare.brief.edit.setPlainText("Other.")
    answers.button = Button.Discard
    bare.actions_.close.trigger()
    bare.open_path(path)
    assert bare.session.draft.brief == "Short\u00a0words.\nTwo lines."
    assert not bare.isWindowModified()


def test_a_brief_without_a_text_is_asked_about_too(bare: MainWindow, answers: Answers) -> None:
    QTest.keyClicks(bare.brief.edit, "A story.")
    bare.actions_.close.trigger()
    bare.close()
    assert len(answers.questions) == 2
    assert bare.isVisible()
    assert bare.session.draft.brief == "A story."


def test_a_brief_goes_along_to_another_name_and_stays_with_the_first(
    bare: MainWindow, answers: Answers, tmp_path: Path
) -> None:
    QTest.keyClicks(bare.brief.edit, "A story.")
    for name in ("one.txt", "two.txt"):
        answers.path = str(tmp_path / name)
        save_as(bare)
    bare.brief.edit.clear()
    save(bare)
    for name, brief in (("one.txt", "A story."), ("two.txt", "")):
        bare.open_path(tmp_path / name)
        assert bare.session.draft.brief == brief


def test_a_brief_that_cannot_be_saved_or_read_is_reported(
    bare: MainWindow, answers: Answers, tmp_path: Path
) -> None:
    path = tmp_path / "one.txt"
    path.write_text("One.")
    bare.open_path(path)
    QTest.keyClicks(bare.brief.edit, "Short.")
    briefs = data_folder() / "briefs"
    briefs.parent.mkdir(parents=True, exist_ok=True)
    briefs.write_text("in the way")
    save(bare)
    assert "The brief of “one.txt” could not be saved" in bare.notice.message
    assert bare.isWindowModified()
    briefs.unlink()
    save(bare)
    assert not bare.isWindowModified()
    (file,) = briefs.iterdir()
    file.write_text("damaged")
    bare.actions_.close.trigger()
    bare.open_path(path)
    assert bare.session.draft.manuscript.text == "One."
    assert "cannot be read" in bare.notice.message
    bare.session.draft.manuscript.edit(0, 0, "x")
    save(bare)
    assert file.read_text() == "damaged", "nothing was put in its place"


def test_a_brief_follows_a_file_that_is_renamed_after_its_last_save(
    bare: MainWindow, answers: Answers, tmp_path: Path
) -> None:
    answers.path = str(tmp_path / "one.txt")
    QTest.keyClicks(bare.brief.edit, "Short.")
    type_into(bare, "One.")
    save(bare)
    type_into(bare, " Two.")
    save(bare)
    bare.actions_.close.trigger()
    (tmp_path / "one.txt").rename(tmp_path / "two.txt")
    bare.open_path(tmp_path / "two.txt")
    assert bare.session.draft.brief == "Short."
    assert not bare.isWindowModified()


def test_saving_a_text_leaves_the_undo_of_the_brief(
    bare: MainWindow, answers: Answers, tmp_path: Path
) -> None:
    answers.path = str(tmp_path / "one.txt")
    QTest.keyClicks(bare.brief.edit, "Short.")
    save(bare)
    bare.brief.edit.undo()
    assert bare.session.draft.brief == ""
    assert bare.isWindowModified()


def test_the_window_goes_on_while_a_text_is_saved(
    bare: MainWindow, answers: Answers, drive: SlowDrive, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "sea.txt"
    answers.path = str(path)
    type_into(bare, "Mine.")
    with qtbot.assertNotEmitted(bare.files.saved):
        bare.actions_.save.trigger()
        qtbot.waitUntil(drive.asked.is_set, timeout=LONG)
        assert bare.isWindowModified(), "it is not said to be saved before it is"
        bare.files.guard.look()
        assert bare.notice.message == "", "what is new in the file is this window's own"
        type_into(bare, " More.")
    with qtbot.waitSignal(bare.files.saved, timeout=LONG):
        drive.answers.set()
    assert path.read_text() == "Mine."
    assert bare.windowTitle() == "sea[*] – Kelvin Studio"
    assert bare.isWindowModified(), "what came later is not saved"
    assert bare.session.recovery._is_worth_keeping
    bare.files.guard.look()
    assert bare.notice.message == "“sea.txt” is saved."
    bare.actions_.undo.trigger()
    assert not bare.isWindowModified()
    assert (answers.questions, len(answers.suggested)) == ([], 1)


def test_a_save_while_one_is_under_way_has_its_turn(
    bare: MainWindow, answers: Answers, drive: SlowDrive, qtbot: QtBot, tmp_path: Path
) -> None:
    answers.path = str(tmp_path / "sea.txt")
    type_into(bare, "Mine.")
    bare.actions_.save.trigger()
    qtbot.waitUntil(drive.asked.is_set, timeout=LONG)
    type_into(bare, " More.")
    bare.actions_.save.trigger()
    assert "still being saved" in bare.notice.message
    assert len(answers.suggested) == 1, "its name is known, though it has none yet"
    drive.answers.set()
    qtbot.waitUntil(lambda: not bare.isWindowModified(), timeout=LONG)
    assert (tmp_path / "sea.txt").read_text() == "Mine. More."
    assert drive.writes == 2
    drive.answers.clear()
    drive.asked.clear()
    bare.actions_.save.trigger()
    qtbot.waitUntil(drive.asked.is_set, timeout=LONG)
    bare.actions_.save.trigger()
    drive.answers.set()
    assert bare.files.saving.finish()
    assert drive.writes == 3, "nothing is new"


def test_closing_waits_for_a_save_and_for_no_drive_that_is_gone(
    bare: MainWindow,
    answers: Answers,
    drive: SlowDrive,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("studio.app.background._LONGEST_WAIT", 0.05)
    answers.path = str(tmp_path / "sea.txt")
    answers.button = Button.Save
    type_into(bare, "Mine.")
    bare.close()
    assert bare.isVisible(), "it is not saved yet"
    assert "“Untitled” is not saved yet: its drive does not answer." in bare.notice.message
    answers.button = Button.Cancel
    bare.close()
    assert bare.isVisible()
    assert answers.questions[1:] == [
        "“Untitled” is being saved, and its drive does not answer. Give it up? What is not saved "
        "is lost then."
    ]
    monkeypatch.undo()
    drive.answers.set()
    bare.close()
    assert not bare.isVisible()
    assert len(answers.questions) == 2, "it is saved"
    assert (tmp_path / "sea.txt").read_text() == "Mine."


def test_a_save_that_was_given_up_says_nothing_of_the_next_document(
    bare: MainWindow,
    answers: Answers,
    drive: SlowDrive,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("studio.app.background._LONGEST_WAIT", 0.05)
    answers.path = str(tmp_path / "sea.txt")
    answers.button = Button.Discard
    type_into(bare, "Mine.")
    bare.actions_.save.trigger()
    bare.actions_.save.trigger()
    bare.actions_.close.trigger()
    assert bare.session.draft.manuscript.text == ""
    type_into(bare, "Another.")
    answers.path = str(tmp_path / "land.txt")
    bare.actions_.save.trigger()
    assert len(answers.suggested) == 2, "it is not saved under the other's name"
    drive.answers.set()
    qtbot.waitUntil(lambda: not bare.isWindowModified(), timeout=LONG)
    assert bare.session.draft.path == tmp_path / "land.txt"
    assert (tmp_path / "land.txt").read_text() == "Another."
    assert (tmp_path / "sea.txt").read_text() == "Mine."
    assert drive.writes == 2


def test_what_is_being_saved_at_a_signal_is_saved(
    bare: MainWindow, answers: Answers, drive: SlowDrive, qtbot: QtBot, tmp_path: Path
) -> None:
    answers.path = str(tmp_path / "sea.txt")
    type_into(bare, "Mine.")
    bare.actions_.save.trigger()
    qtbot.waitUntil(drive.asked.is_set, timeout=LONG)
    threading.Timer(0.1, drive.answers.set).start()
    bare.keep()
    assert not bare.isWindowModified()
    assert list(recovery_folder().glob("*/record")) == [], "it need not be offered"
