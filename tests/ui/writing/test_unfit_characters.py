"""No way leads a null character or a half of a character into a text, a brief or a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QMimeData, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication

from studio.app.compare.run_input import RunInput
from studio.engine.messages import Prompt
from studio.manuscript import (
    BriefFolder,
    Encoding,
    RecoveryRecord,
    TakeWriter,
    TextFile,
)
from studio.manuscript.text_shape import BRIEF_LIMITS, LIMITS
from studio.ui.editor.document import shown
from studio.ui.main_window import MainWindow
from tests.helpers.token_records import token_record

STRANGE = (
    "a鱼😀 \n\r\t\x01\x0b\x0c\x1b\x1c\x85\u200d\u2028\u2029\u202e\ufdd0\ufeff\ufffc\ufffe\uffff"
)
hostile = st.text(st.sampled_from(STRANGE + "\ud83d\udc1f\udfff\0"), max_size=8)


@pytest.fixture
def bare(open_window: Callable[[], MainWindow], monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    window = open_window()
    window.session.compare.open_first()
    # The lane has written nothing; its prompt is what comes from a stranger.
    monkeypatch.setattr(window.session.compare, "why_not_use", lambda _lane: None)
    return window


def pasted(text: str) -> QMimeData:
    data = QMimeData()
    data.setText(text)
    return data


def typed(window: MainWindow, text: str) -> None:
    key = QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, text)
    QApplication.sendEvent(window.editor, key)


def composed(window: MainWindow, text: str) -> None:
    event = QInputMethodEvent()
    event.setCommitString(text)
    QApplication.sendEvent(window.editor, event)


def modelled(window: MainWindow, text: str) -> None:
    manuscript = window.session.draft.manuscript
    writer = TakeWriter(manuscript, manuscript.begin_take(len(manuscript)))
    raw = text.encode("utf-8", "surrogatepass")
    for at in range(0, len(raw), 2):
        writer.add(raw[at : at + 2], token_record(raw[at : at + 2], at))
        writer.flush()
    writer.end()
    manuscript.end_take()


def recovered(window: MainWindow, text: str) -> None:
    held = text.encode("utf-8", "replace").decode()
    record = RecoveryRecord(TextFile(held), (), held, 0, None, None, time.time())
    window.session.draft.restore(RecoveryRecord.of_bytes(record.to_bytes()))


def compared(window: MainWindow, text: str) -> None:
    state = window.session.compare
    window.session.draft.new()
    state.run_input = RunInput(prompt=Prompt(manuscript=text, brief=text))
    state.use_in_new(state.lanes[0])


WAYS: list[Callable[[MainWindow, str], object]] = [
    typed,
    composed,
    modelled,
    recovered,
    compared,
    lambda window, text: window.editor.insertFromMimeData(pasted(text)),
    lambda window, text: window.brief.edit.insertFromMimeData(pasted(text)),
    lambda window, text: window.brief.edit.setPlainText(text),
    lambda window, text: window.session.draft.set_brief(text),
]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(WAYS), hostile), min_size=1, max_size=8))
def test_every_way_leads_to_a_text_that_a_file_holds(
    bare: MainWindow, tmp_path: Path, steps: list[tuple[Callable[[MainWindow, str], object], str]]
) -> None:
    draft, briefs = bare.session.draft, BriefFolder(tmp_path)
    draft.new()
    for way, text in steps:
        way(bare, text)
        QApplication.processEvents()
        text, path = draft.manuscript.text, tmp_path / "story.txt"
        assert "\0" not in text
        assert bare.editor.document().toRawText() == shown(text)
        for encoding in Encoding:
            data = TextFile(text, encoding=encoding).to_bytes()
            # Carriage returns come from files of mixed line ends alone; their bytes are kept.
            if "\r" in text:
                assert data.decode(encoding.codec).endswith(text)
            else:
                assert TextFile.of_bytes(data).text == text
        assert "\0" not in draft.brief
        path.write_text(text)
        briefs.save(path, draft.brief)
        assert briefs.load(path) == draft.brief


def test_what_a_model_writes_is_read_again_as_it_was(bare: MainWindow, tmp_path: Path) -> None:
    draft = bare.session.draft
    for written, text in (
        ("\ufeffOne.\rTwo.", "\ufeffOne.\nTwo."),
        ("One.\r\nTwo.\r\n", "One.\nTwo.\n"),
        ("One.\r\r\n\nTwo.\r", "One.\n\n\nTwo.\n"),
    ):
        draft.new()
        modelled(bare, written)
        assert draft.manuscript.text == text
        assert bare.editor.document().toRawText() == shown(text)
        assert TextFile.of_bytes(draft.record().file.to_bytes()).text == text


@given(st.binary(max_size=40) | hostile.map(lambda text: text.encode("utf-16", "surrogatepass")))
def test_a_file_is_such_a_text_or_is_refused_with_a_word(data: bytes) -> None:
    try:
        text = TextFile.of_bytes(data).text
    except UnicodeDecodeError:
        return
    assert "\0" not in text
    assert text.encode().decode() == text


def test_a_binary_file_is_refused_and_what_was_open_stays(bare: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "picture.txt"
    path.write_bytes(b"PNG\0\1\2")
    bare.session.draft.manuscript.edit(0, 0, "Mine.")
    bare.session.draft.manuscript.mark_clean()
    bare.open_path(path)
    assert "a null character" in bare.notice.message
    assert bare.session.draft.manuscript.text == "Mine."


def test_what_no_page_and_no_brief_holds_is_not_pasted(bare: MainWindow) -> None:
    editor, brief = bare.editor, bare.brief.edit
    for text, words in (
        ("a" * (LIMITS.longest + 1), f"a paragraph of {LIMITS.longest + 1:,} characters"),
        ("a\n" * LIMITS.paragraphs, f"{LIMITS.paragraphs + 1:,} paragraphs"),
        ("a" * (LIMITS.characters + 1), f"{LIMITS.characters + 1:,} characters"),
    ):
        editor.insertFromMimeData(pasted(text))
        assert words in bare.notice.message
        assert "Save it as a text file" in bare.notice.message
        assert bare.session.draft.manuscript.text == ""
    bare.notice.hide()
    brief.insertFromMimeData(pasted("a " * BRIEF_LIMITS.characters))
    assert "The text is not put in. With it the brief has" in bare.notice.message
    brief.insertFromMimeData(pasted("Short\0."))
    assert bare.session.draft.brief == "Short\ufffd."


def test_a_null_character_is_refused_by_the_manuscript_itself(bare: MainWindow) -> None:
    manuscript = bare.session.draft.manuscript
    for text in ("a\0", "\ud83d"):
        with pytest.raises(ValueError, match="at index"):
            manuscript.edit(0, 0, text)
        with pytest.raises(ValueError, match="at index"):
            manuscript.load(text)
    assert manuscript.text == ""
    assert not manuscript.can_undo


def test_a_prompt_that_no_page_holds_does_not_become_a_manuscript(bare: MainWindow) -> None:
    state = bare.session.compare
    state.run_input = RunInput(prompt=Prompt(manuscript="a" * (LIMITS.longest + 1)))
    reported: list[str] = []
    state.reported.connect(reported.append)
    state.use_in_new(state.lanes[0])
    assert len(reported) == 1
    assert bare.session.draft.manuscript.text == ""
