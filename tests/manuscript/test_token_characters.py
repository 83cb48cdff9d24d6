"""Characters made of several tokens, and tokens of several characters."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.manuscript.token_characters import TokenCharacters, characters_of
from studio.utf8 import whole_characters
from tests.helpers.token_records import token_record


def spelled(*texts: bytes) -> list[str]:
    return [text for _, text in characters_of(map(token_record, texts))]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ((b"The", b" sea"), ["The", " sea"]),
        ((b"\xf0\x9f", b"\x98", b"\x80"), ["😀", "", ""]),
        ((b"a\xf0\x9f", b"\x98\x80b"), ["a😀", "b"]),
        ((b"a\xc3", b"\xa9\xc3", b"\xa9"), ["aé", "é", ""]),
        ((b"", b"x", b""), ["", "x", ""]),
        ((b"\xc3", b"", b"\xa9"), ["é", "", ""]),
        ((b"\xf0\x9f", b"a"), ["", "a"]),
        ((b"\xf0", b"\x80"), ["", ""]),
        ((b"a\xf0", b"\x41\xc3", b"\xa9"), ["a", "Aé", ""]),
        ((b"\xef\xbf", b"\xbd"), ["\ufffd", ""]),
        ((b"\xff\xfe",), [""]),
        ((b"end\xe2\x82",), ["end"]),
    ],
)
def test_a_character_belongs_to_the_token_that_holds_its_first_byte(
    tokens: tuple[bytes, ...], expected: list[str]
) -> None:
    assert spelled(*tokens) == expected


def test_a_token_is_given_as_soon_as_its_characters_are_certain() -> None:
    characters = TokenCharacters()
    whole, first, last = token_record(b"x"), token_record(b"a\xc3"), token_record(b"\xa9b")
    assert characters.feed(whole) == [(whole, "x")]
    assert characters.feed(first) == []
    assert characters.feed(last) == [(first, "aé"), (last, "b")]
    assert characters.end() == []


@given(st.lists(st.binary(max_size=6), max_size=12))
def test_all_tokens_together_spell_the_text_and_none_is_lost(texts: list[bytes]) -> None:
    records = [token_record(text, index) for index, text in enumerate(texts)]
    pairs = characters_of(records)
    assert [token for token, _ in pairs] == records
    assert "".join(text for _, text in pairs) == whole_characters(b"".join(texts))


@given(st.text("aé€😀", max_size=20), st.lists(st.integers(0, 60), max_size=12))
def test_a_text_cut_into_tokens_anywhere_gives_each_its_characters(
    text: str, places: list[int]
) -> None:
    raw = text.encode()
    cuts = sorted({0, len(raw), *(place % (len(raw) + 1) for place in places)})
    pieces = [raw[a:b] for a, b in pairwise(cuts)]
    at = 0
    for (token, spelled_text), start in zip(
        characters_of(map(token_record, pieces)), cuts, strict=False
    ):
        first_bytes = sum(byte & 0xC0 != 0x80 for byte in raw[start : start + len(token.text)])
        assert spelled_text == text[at : at + first_bytes]
        at += first_bytes
    assert at == len(text)
