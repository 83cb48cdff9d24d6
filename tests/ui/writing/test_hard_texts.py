"""Hard texts at the window: what nobody edits keeps its bytes, whatever is done beside it."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.manuscript import Document, Origin, Passage
from studio.manuscript.document_file import open_document, write_document
from studio.ui.main_window import MainWindow
from tests.ui.conftest import save, until_read

CONTROL = Qt.KeyboardModifier.ControlModifier
NO_MARK = b""

HARD = {
    "combining marks": (NO_MARK, "utf-8", "\u0308Za\u0308hne, Z\u0351\u036b\u0343a\u030a\u0323"),
    "syllables in parts": (NO_MARK, "utf-8", "\u1112\u1161\u11ab \u0e01\u0e33 \u0915\u094d\u0937"),
    "the same letter in two ways": (NO_MARK, "utf-8", "é e\u0301 Å \u212b ﬁ"),
    "joined emoji": (NO_MARK, "utf-8", "👨‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪🇫🇷 1️⃣ 👩‍"),
    "right to left": (NO_MARK, "utf-8", "\u200fשלום abc 123 سلام\u202e!\u202c \u2067x\u2069\n"),
    "the last code points": (NO_MARK, "utf-8", "\U0010ffff\U0010fffe \U0001ffff \uffff \ue000"),
    "other noncharacters": (NO_MARK, "utf-8", "a\ufdd0b\ufdd1c\ufdef \ufffe \ufffd \ufffc"),
    "spaces that do not break": (NO_MARK, "utf-8", "\u00a0a\u202fb\u2007c\u2060d\ufeffe\u00a0"),
    "spaces at all ends": (NO_MARK, "utf-8", "  a  \t\n \n\t\n   b \u3000"),
    "separators": (NO_MARK, "utf-8", "a\u2028b\u2028\u2028c\u2029d\x0be\x0cf\x85g\x1ch"),
    "control characters": (NO_MARK, "utf-8", "a\x01b\x08c\x1bd\x7fe\x80f\u200bg\u00adh"),
    "a long line": (NO_MARK, "utf-8", ("sea 🌊 e\u0301 " * 3000)[:19_900]),
    "many lines": (NO_MARK, "utf-8", "a 😀\n" * 5000),
    "mixed line ends": (NO_MARK, "utf-8", "a\r\nb\nc\rd\n\r\n\r\re\r\n"),
    "line ends of Windows": (NO_MARK, "utf-8", "\r\na\r\n\r\nb\r\n"),
    "line ends of old": (NO_MARK, "utf-8", "a\rb\r\rc\r"),
    "no line end at the end": (NO_MARK, "utf-8", "a\nb"),
    "empty lines at the end": (NO_MARK, "utf-8", "a\n\n\n\n"),
    "nothing": (NO_MARK, "utf-8", ""),
    "a mark": (codecs.BOM_UTF8, "utf-8", "a\r\né\r\n"),
    "a mark alone": (codecs.BOM_UTF8, "utf-8", ""),
    "a mark twice": (codecs.BOM_UTF8, "utf-8", "\ufeffa"),
    "sixteen bits": (codecs.BOM_UTF16_LE, "utf-16-le", "a\r\n😀\u2028\U0010ffff\r\n"),
    "sixteen bits, high first": (codecs.BOM_UTF16_BE, "utf-16-be", "a\n😀\n\ufeffb"),
}
"""A byte order mark, how characters become bytes, and these."""


@pytest.fixture
def bare(open_window: Callable[[], MainWindow], monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window without a model: text needs none."""
    monkeypatch.setattr("studio.ui.application.find_starter_model", lambda: None)
    return open_window()


def open_it(window: MainWindow, path: Path) -> None:
    window.open_path(path)
    until_read(window)
    wait_for_page(window)
    assert window.session.draft.path == path


def wait_for_page(window: MainWindow) -> None:
    while not window.editor.is_whole:
        QApplication.processEvents()


def type_at_both_ends(window: MainWindow) -> None:
    window.editor.move_caret(0)
    QTest.keyClicks(window.editor, "x")
    window.editor.move_caret(len(window.session.draft.manuscript))
    QTest.keyClicks(window.editor, "y")


def undo_all(window: MainWindow) -> None:
    while window.session.draft.manuscript.can_undo:
        QTest.keyClick(window.editor, Qt.Key.Key_Z, CONTROL)


def saved(window: MainWindow, path: Path) -> bytes:
    """What a save writes; the caret is kept too, and so stands where it always does."""
    window.editor.move_caret(0)
    save(window)
    assert not window.isWindowModified()
    return path.read_bytes()


@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_a_text_file_keeps_its_bytes(bare: MainWindow, tmp_path: Path, suffix: str) -> None:
    for name, (mark, codec, text) in HARD.items():
        path = tmp_path / f"{name}{suffix}"
        data = mark + text.encode(codec)
        edited = mark + f"x{text}y".encode(codec)
        path.write_bytes(data)
        open_it(bare, path)
        assert saved(bare, path) == data, name
        type_at_both_ends(bare)
        assert saved(bare, path) == edited, name
        undo_all(bare)
        assert saved(bare, path) == data, name
        type_at_both_ends(bare)
        save(bare)
        bare.actions_.close.trigger()
        open_it(bare, path)
        assert saved(bare, path) == edited, name
        type_at_both_ends(bare)
        undo_all(bare)
        assert saved(bare, path) == edited, name


def test_a_document_keeps_its_characters_and_its_bytes(bare: MainWindow, tmp_path: Path) -> None:
    for name, (_, _, text) in HARD.items():
        path = tmp_path / f"{name}.kelvin"
        write_document(path, Document((Passage.of(text, Origin.OPENED),)))
        open_it(bare, path)
        data = saved(bare, path)
        type_at_both_ends(bare)
        edited = saved(bare, path)
        passage = open_document(path)[0].passage
        typed = bytes([Origin.TYPED])
        assert passage.text == f"x{text}y", name
        assert passage.origins == typed + bytes([Origin.OPENED] * len(text)) + typed
        undo_all(bare)
        assert saved(bare, path) == data, name
        type_at_both_ends(bare)
        assert saved(bare, path) == edited, name
        bare.actions_.close.trigger()
        open_it(bare, path)
        assert bare.session.draft.manuscript.text == f"x{text}y", name
        assert saved(bare, path) == edited, name
        type_at_both_ends(bare)
        undo_all(bare)
        assert saved(bare, path) == edited, name
