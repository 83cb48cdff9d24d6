"""Documents of the program's own form, at the window: takes and tokens are there when it is opened
again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from studio.manuscript import Document, Origin, Passage
from studio.manuscript.document_file import open_document, write_document
from studio.ui.main_window import MainWindow
from studio.ui.widgets import file_dialog
from tests.ui.conftest import LONG, NEVER_ENDS, load_starter, save, save_as

pytestmark = pytest.mark.usefixtures("kept_window")

OPENING = "The old fisherman looked out over the sea."
DOCUMENT = "Kelvin Studio document, with takes (*.kelvin)"


def name_it(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(path), DOCUMENT))


def write(window: MainWindow, qtbot: QtBot, *, again: bool = False) -> None:
    window.session.sampling.set_max_tokens(8)
    window.session.sampling.change(logit_bias=NEVER_ENDS, temperature=1.2)
    (window.actions_.retake if again else window.actions_.continue_).trigger()
    assert not window.session.writing.is_idle
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)


def text(window: MainWindow) -> str:
    return window.session.draft.manuscript.text


def takes(window: MainWindow) -> list[list[str]]:
    return [[take.text for take in one.takes] for one in window.session.draft.manuscript.take_sets]


@pytest.fixture
def written(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with an opening and two takes behind it."""
    QTest.keyClicks(window.editor, OPENING)
    window.session.draft.set_brief("Calm.")
    write(window, qtbot)
    write(window, qtbot, again=True)
    return window


def test_takes_tokens_brief_and_caret_are_there_when_it_is_opened_again(
    written: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "The Sea.kelvin"
    name_it(monkeypatch, path)
    session = written.session
    former, spans = takes(written), session.records.spans.all
    whole, origins = text(written), session.draft.manuscript.origins()
    assert len(former[0]) == 2
    assert len(spans) >= 4
    written.editor.move_caret(len(OPENING) + 4)
    save(written)
    assert not written.isWindowModified()
    assert written.windowTitle() == "The Sea[*] – Kelvin Studio"
    written.actions_.close.trigger()
    assert len(session.records.spans) == 0
    written.open_path(path)
    assert text(written) == whole
    assert session.draft.manuscript.origins() == origins
    assert session.draft.brief == "Calm."
    assert written.editor.caret == len(OPENING) + 4
    assert takes(written) == former
    again = session.records.spans.all
    assert [(span.start, span.end, span.record.id) for span in again] == [
        (span.start, span.end, span.record.id) for span in spans
    ]
    assert [span.record.sketch for span in again] == [span.record.sketch for span in spans]
    assert not written.isWindowModified()

    # The other take comes back, and what was written with it is known, too.
    written.editor.move_caret(len(whole))
    written.actions_.previous_take.trigger()
    assert text(written) == OPENING + former[0][0]
    assert len(session.records.spans) >= 4
    assert written.isWindowModified()
    save(written)
    assert open_document(path)[0].text == OPENING + former[0][0]


def test_the_settings_it_was_saved_with_are_in_force_again(
    written: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sea.kelvin"
    name_it(monkeypatch, path)
    session = written.session
    session.sampling.change(temperature=1.75)
    kept = session.presets.active
    save(written)
    written.actions_.close.trigger()
    session.preset_choice.choose(session.preset_choice.presets[1])
    session.sampling.change(temperature=0.25)
    others = session.presets.now
    written.open_path(path)
    assert session.presets.active == kept
    assert session.sampling.params.temperature == 1.75
    assert kept.name in written.notice.message
    session.presets.put_back()
    assert session.presets.now == others


def test_a_take_that_was_undone_is_worth_saving(
    written: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sea.kelvin"
    name_it(monkeypatch, path)
    save(written)
    write(written, qtbot, again=True)
    written.actions_.undo.trigger()
    assert written.session.draft.manuscript.is_clean
    assert written.isWindowModified()
    save(written)
    assert not written.isWindowModified()
    assert len(open_document(path)[0].take_sets[0].takes) == 3


def test_plain_text_says_that_it_keeps_the_text_alone(
    written: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    written.files.saved.connect(said.append)
    plain, document = tmp_path / "sea.txt", tmp_path / "sea.kelvin"
    name_it(monkeypatch, plain)
    save(written)
    QTest.keyClicks(written.editor, " More.")
    save(written)
    name_it(monkeypatch, document)
    save_as(written)
    assert [("Kelvin Studio document" in words) for words in said] == [True, False, False]
    assert plain.read_text() == text(written)
    assert open_document(document)[0].text == text(written)
    QTest.keyClicks(written.editor, " And more.")
    save(written)
    assert plain.read_text() != text(written), "from now on it is the document's"


def test_what_is_no_document_is_refused_and_nothing_is_lost(
    open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    window = open_window()
    QTest.keyClicks(window.editor, "Mine.")
    window.session.draft.manuscript.mark_clean()
    for name, data, why in (
        ("text.kelvin", b"It begins.", "does not begin as a document"),
        ("empty.kelvin", b"", "does not begin as a document"),
    ):
        (tmp_path / name).write_bytes(data)
        window.open_path(tmp_path / name)
        assert why in window.notice.message
        assert name in window.notice.message
        assert text(window) == "Mine."
    later = tmp_path / "later.kelvin"
    write_document(later, Document((Passage.of("It begins.", Origin.TYPED),)))
    with closing(sqlite3.connect(later)) as connection:
        connection.execute("PRAGMA user_version = 99")
    window.open_path(later)
    assert "later version" in window.notice.message
    assert text(window) == "Mine."


def test_theirs_is_taken_with_its_takes_and_undo_brings_mine_back(
    written: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sea.kelvin"
    name_it(monkeypatch, path)
    save(written)
    theirs, _ = open_document(path)
    former = takes(written)
    QTest.keyClicks(written.editor, " Mine.")
    mine = text(written)
    write_document(path, Document(theirs.passages, theirs.take_sets, 0, "Another brief."))
    written.files._take_theirs()
    assert text(written) == theirs.text
    assert written.session.draft.brief == "Another brief."
    assert not written.isWindowModified()
    assert takes(written) == former * 2
    written.editor.move_caret(len(theirs.text))
    assert written.actions_.previous_take.isEnabled()
    written.actions_.undo.trigger()
    assert text(written) == mine
    written.editor.move_caret(len(mine) - len(" Mine."))
    assert written.actions_.previous_take.isEnabled(), "mine are there again"
    assert written.isWindowModified()


def test_it_is_opened_before_a_model_is_and_its_tokens_show_with_it(
    written: MainWindow,
    open_window: Callable[[], MainWindow],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    starter_model: Path,
) -> None:
    path = tmp_path / "sea.kelvin"
    name_it(monkeypatch, path)
    save(written)
    count = len(written.session.records.spans)
    written.close()
    later = open_window()
    later.open_path(path)
    assert len(later.session.records.spans) == 0
    load_starter(later, qtbot, starter_model)
    qtbot.waitUntil(lambda: len(later.session.records.spans) == count, timeout=LONG)
    QTest.keyClick(later.editor, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    write(later, qtbot, again=True)
    assert len(later.session.draft.manuscript.take_sets[0].takes) == 3
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
