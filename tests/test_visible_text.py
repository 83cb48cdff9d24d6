import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QObject

from studio.visible_text import name_or_number, visible_line, visible_lines

STEERING = {"Cc", "Cs", "Zl", "Zp"}
DIRECTIONS = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

MEANT_FOR_QT = "\ufeff"


def is_noncharacter(character: str) -> bool:
    return ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef"


NONCHARACTERS = "".join(filter(is_noncharacter, map(chr, range(0x110000))))
texts = st.text(
    st.characters() | st.sampled_from(DIRECTIONS + MEANT_FOR_QT + NONCHARACTERS), max_size=300
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The sea", "The sea"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("one\r\ntwo\tthree", "one\\r\ntwo\tthree"),
        ("\ufffea\ufeffb\uffff", "\\ufffea\\ufeffb\\uffff"),
        ("\ufdd0\U0010fffe", "\\ufdd0\\U0010fffe"),
        ("gpj.\u202ecod", "gpj.\\u202ecod"),
        (
            "Grüße, 海, 👩\u200d👩\u200d👧",
            "Grüße, 海, 👩\u200d👩\u200d👧",
            # A joiner steers nothing.
        ),
    ],
)
def test_what_steers_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert visible_lines(text) == shown


@given(texts)
def test_nothing_that_steers_is_left(text: str) -> None:
    line = visible_line(text)
    for character in (*visible_lines(text).replace("\n", "").replace("\t", ""), *line):
        assert unicodedata.category(character) not in STEERING
        assert character not in DIRECTIONS
        assert character not in MEANT_FOR_QT
        assert not is_noncharacter(character)
    assert len(line) <= 200


@given(st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=200))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert visible_line(text) == visible_lines(text) == text


def test_a_line_is_cut_and_says_so_without_reading_all() -> None:
    line = visible_line("a" * 16_000_000, longest=50)
    assert line == "a" * 49 + "…"
    assert visible_line("one\ntwo\tthree") == "one\\ntwo\\tthree"


def test_one_file_is_named_and_several_are_counted() -> None:
    assert name_or_number(["sea\n.txt"]) == "“sea\\n.txt”"
    assert name_or_number(["a"] * 1200) == "1,200 files"


@given(texts)
def test_qt_takes_it_as_it_is(text: str) -> None:
    label = QObject()
    for shown in (visible_line(text), visible_lines(text)):
        label.setObjectName(shown)
        assert label.objectName() == shown
