"""Words are checked with the real library and a dictionary; each once, a moment at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from pytestqt.qtbot import QtBot

from studio.app.writing.dictionaries import own_folder
from studio.app.writing.spelling import Spelling


@pytest.fixture(autouse=True)
def no_other_dictionaries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own may know more, or be of the system's language."""
    monkeypatch.setenv("XDG_DATA_DIRS", "/nowhere")
    monkeypatch.setattr("studio.app.writing.dictionaries._OFFICE", ())
    monkeypatch.setattr(QLocale, "system", lambda: QLocale("en_US"))


@pytest.fixture
def spelling(qtbot: QtBot) -> Spelling:
    spelling = Spelling()
    assert spelling.set_on(True)
    return spelling


def wrong(spelling: Spelling, text: str, qtbot: QtBot) -> list[str]:
    spelling.wrong(text)
    qtbot.waitUntil(lambda: spelling.is_settled)
    return [text[start:end] for start, end in spelling.wrong(text)]


def test_words_that_the_dictionary_does_not_know(spelling: Spelling, qtbot: QtBot) -> None:
    assert spelling.language == "en_US"
    text = "The fishermann’s boat didn’t recieve a well-knwon e-mail — 3rd, x2."
    assert wrong(spelling, text, qtbot) == ["fishermann’s", "recieve", "well-knwon"]
    assert "receive" in spelling.suggestions("recieve")
    assert "fisherman's" in spelling.suggestions("fishermann’s")


def test_what_is_no_word_of_the_language_is_left_alone(spelling: Spelling, qtbot: QtBot) -> None:
    text = "日本語 Москва 😀 https://exmple.org/qwrt me@exmple.org www.qwrt.org " + "x" * 100
    assert wrong(spelling, text, qtbot) == []
    assert spelling.suggestions("Москва") == []


def test_own_words_are_kept_and_ignored_ones_are_not(spelling: Spelling, qtbot: QtBot) -> None:
    text = "Kvothe and Zzyzx met Kvothe. Qwrt."
    assert wrong(spelling, text, qtbot) == ["Kvothe", "Zzyzx", "Kvothe", "Qwrt"]
    spelling.add("Kvothe")
    spelling.ignore("Zzyzx")
    assert wrong(spelling, text, qtbot) == ["Qwrt"]
    # A word that another window has added meanwhile stays.
    path = own_folder().parent / "own-words.txt"
    path.write_text(path.read_text() + "Other\n")
    spelling.add("Qwrt")
    qtbot.waitUntil(lambda: spelling.is_settled)
    assert path.read_text() == "Kvothe\nOther\nQwrt\n"
    again = Spelling()
    again.set_on(True)
    assert wrong(again, text, qtbot) == ["Zzyzx"]


def test_where_there_is_no_dictionary_it_says_so(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.app.writing.dictionaries.find_spec", lambda _: None)
    spelling, failures = Spelling(), list[str]()
    spelling.failed.connect(failures.append)
    assert not spelling.set_on(True)
    assert len(failures) == 1
    assert str(own_folder()) in failures[0]
    assert spelling.wrong("qwrt") == []


def test_another_language_is_chosen(spelling: Spelling, qtbot: QtBot) -> None:
    folder = own_folder()
    folder.mkdir(parents=True)
    (folder / "xx.aff").write_text("SET UTF-8\n")
    (folder / "xx.dic").write_text("2\nqwrt\nžluť\n", encoding="utf-8")
    assert set(spelling.languages()) == {"xx", "en_US"}
    assert spelling.set_on(True, "xx")
    assert wrong(spelling, "qwrt žluť the", qtbot) == ["the"]
    assert spelling.set_on(True, "gone")
    assert spelling.language == "en_US"
    spelling.set_on(False)
    assert spelling.wrong("qwrt") == []


def test_many_words_are_checked_in_many_turns(spelling: Spelling, qtbot: QtBot) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [f"{a}q{b}x{c}" for a in letters for b in letters for c in letters]
    text = " ".join(words)
    assert spelling.wrong(text) == []
    qtbot.waitUntil(lambda: spelling.is_settled)
    assert len(spelling.wrong(text)) == len(words)


def test_a_dictionary_that_is_none_is_reported(
    spelling: Spelling, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = own_folder()
    folder.mkdir(parents=True)
    (folder / "yy.aff").mkdir()
    (folder / "yy.dic").write_text("1\na\n")
    assert "yy" not in spelling.languages()
