"""What of a stream of bytes is text, wherever it is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.utf8 import CharacterDecoder, fit_text, whole_characters


@given(st.lists(st.binary(max_size=5) | st.sampled_from([b"\r", b"\n", b"\r\n", b"\r\xe2"])))
def test_pieces_give_the_text_of_the_whole(pieces: list[bytes]) -> None:
    decoder = CharacterDecoder()
    text = "".join(map(decoder.decode, pieces))
    whole = b"".join(pieces)
    assert text == whole_characters(whole)
    assert "\0" not in text
    assert "\r" not in text
    spelled = whole.decode(errors="ignore").replace("\r\n", "\n").replace("\r", "\n")
    assert text == spelled.replace("\0", "\ufffd")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r")), st.integers(0, 400))
def test_a_text_cut_anywhere_keeps_its_whole_characters(text: str, place: int) -> None:
    raw = text.encode()
    cut = raw[: place % (len(raw) + 1)]
    kept = whole_characters(cut)
    assert text.startswith(kept)
    assert len(cut) - len(kept.encode()) < 4
    decoder = CharacterDecoder()
    assert decoder.decode(cut) == kept
    assert kept.encode() + decoder.unfinished == cut


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xff", ""),
        (b"a\0", "a\ufffd"),
        (b"a\rb\r\n\nc\r", "a\nb\n\nc\n"),
        (b"a\xf0\x9fb", "ab"),
        (b"\xc0\x80", ""),
        (b"\xef\xbf\xbd", "\ufffd"),
    ],
)
def test_bytes_that_are_no_character_are_no_text(data: bytes, text: str) -> None:
    assert whole_characters(data) == text


@given(st.text(st.sampled_from("a鱼😀\0\ud83d\udc1f\ufffd\ufdd0")))
def test_what_no_file_holds_is_replaced_one_for_one(text: str) -> None:
    fit = fit_text(text)
    assert len(fit) == len(text)
    assert fit.encode().decode() == fit
    assert "\0" not in fit
    for sign, was in zip(fit, text, strict=True):
        assert sign == (was if was in "a鱼😀\ufffd\ufdd0" else "\ufffd")
