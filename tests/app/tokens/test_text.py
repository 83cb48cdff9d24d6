import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.tokens.text import MAX_LENGTH, token_text

FACE = "🙂".encode()  # four bytes


@pytest.mark.parametrize(
    ("piece", "text", "spoken"),
    [
        (b"sea", "sea", "sea"),
        (b" sea", "␣sea", "space sea"),
        (b" ", "␣", "space"),
        (b"\n", "↵", "newline"),
        (b"\n\n", "↵↵", "2 times newline"),
        (b"\t", "⇥", "tab"),
        (b"\r\n", "␍↵", "␍↵"),
        ("\u00a0".encode(), "⍽", "no-break space"),
        (b" " * 4, "␣␣␣␣", "4 times space"),
        (b" " * 16, "␣×16", "16 times space"),
        (b"\n" + b" " * 8 + b"x", "↵␣×8x", "↵␣×8x"),
        ("\u200d".encode(), "\\u200D", "\\u200D"),
        ("a\u202eb".encode(), "a\\u202Eb", "a\\u202Eb"),
        ("\ufeff".encode(), "\\uFEFF", "\\uFEFF"),
        ("\u2028".encode(), "\\u2028", "\\u2028"),
        ("\u3000".encode(), "\\u3000", "\\u3000"),
        ("\ufe0f".encode(), "\\uFE0F", "\\uFE0F"),
        ("\U000e0041".encode(), "\\U000E0041", "\\U000E0041"),
        (b"\x1b[0m", "\\x1B[0m", "\\x1B[0m"),
        (b"\x00", "\\x00", "\\x00"),
        ("␣".encode(), "\\u2423", "\\u2423"),
        ("↵".encode(), "\\u21B5", "\\u21B5"),
        ("\u0301".encode(), "◌\u0301", "◌\u0301"),
        ("漢字".encode(), "漢字", "漢字"),
        (FACE, "🙂", "🙂"),
        (b"=====", "=====", "====="),
    ],
)
def test_whole_characters(piece: bytes, text: str, spoken: str) -> None:
    assert token_text(piece, 7) == (text, "text", spoken, "")


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        (FACE[:1], "\\xF0…"),
        (FACE[:2], "\\xF0\\x9F…"),
        (FACE[:3], "\\xF0\\x9F\\x99…"),
        (FACE[2:], "…\\x99\\x82"),
        (b" " + FACE[:2], "␣\\xF0\\x9F…"),
        (FACE[3:] + b"a", "…\\x82a"),
        ("é".encode()[1:] + "é".encode()[:1], "…\\xA9\\xC3…"),
        (b"\xff", "\\xFF"),
        (b"a\xc0b", "a\\xC0b"),
    ],
)
def test_half_characters(piece: bytes, text: str) -> None:
    shown = token_text(piece, 7)
    assert shown == (text, "bytes", "part of a character", "")


def test_a_literal_escape_is_distinguished_from_real_bytes() -> None:
    assert token_text(rb"\xF0", 1).kind == "text"
    assert token_text(b"\xf0", 1).kind == "bytes"


@pytest.mark.parametrize(
    ("piece", "text"),
    [(b"<|im_end|>", "⟨im_end⟩"), (b"</s>", "⟨/s⟩"), (b"[INST]", "⟨INST⟩"), (b"<>", "⟨<>⟩")],
)
def test_control_tokens_are_said_in_words_and_keep_their_name(piece: bytes, text: str) -> None:
    assert token_text(piece, 2, ends=True) == ("end of text", "control", "end of text", text)
    shown = token_text(piece, 2, ends=False)
    assert shown == ("a marker", "control", f"a marker, {text[1:-1]}", text)
    assert shown.exact == text
    assert token_text(b" sea", 2).exact == "␣sea"


@pytest.mark.parametrize("piece", [b"", None])
def test_a_token_without_bytes_shows_its_number(piece: bytes | None) -> None:
    shown = token_text(piece, 49_151)
    assert shown == ("⟨token 49151⟩", "control", "token number 49151", "")


def test_a_long_piece_is_cut_off_and_says_so() -> None:
    text = token_text(b"ab" * 100, 1).text
    assert len(text) == MAX_LENGTH
    assert text.endswith("…")


@given(st.binary(min_size=1, max_size=40), st.sampled_from([None, True, False]))
def test_whatever_the_bytes_the_text_is_one_visible_bounded_line(
    piece: bytes, ends: bool | None
) -> None:
    shown = token_text(piece, 3, ends=ends)
    assert 0 < len(shown.exact) <= MAX_LENGTH + 2
    assert shown.text
    assert shown.spoken
    for character in shown.exact:
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}


@given(
    st.text(st.sampled_from("ab ␣\n↵\t⇥\u00a0⍽"), min_size=1, max_size=4),
    st.text(st.sampled_from("ab ␣\n↵\t⇥\u00a0⍽"), min_size=1, max_size=4),
)
def test_different_white_space_never_looks_the_same(first: str, second: str) -> None:
    same = token_text(first.encode(), 1).text == token_text(second.encode(), 1).text
    assert same == (first == second)
