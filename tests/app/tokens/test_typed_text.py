import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.tokens.typed_text import read_typed, spoken, visible


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (r"\n\n", "\n\n"),
        (r"a\tb", "a\tb"),
        (r"\\n", r"\n"),
        (r"\x", r"\x"),
        ("THE END", "THE END"),
        ("\\", "\\"),
    ],
)
def test_escapes_are_read(typed: str, meant: str) -> None:
    assert read_typed(typed) == meant


@given(st.text())
def test_every_text_can_be_typed(text: str) -> None:
    typed = text.replace("\\", r"\\")
    for sign, escape in (("\n", r"\n"), ("\t", r"\t"), ("\r", r"\r")):
        typed = typed.replace(sign, escape)
    assert read_typed(typed) == text


def test_white_space_is_seen_and_heard() -> None:
    assert visible("\n a") == "↵␣a"
    assert spoken("\n") == "newline"
    assert spoken("THE END") == "THE END"
