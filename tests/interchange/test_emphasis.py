"""Emphasis is that of CommonMark: an independent reader of Markdown finds the same."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from studio.interchange.emphasis import Styled, marked_up, pieces_of

READER = MarkdownIt("zero").enable(["emphasis", "escape"])

Seen = list[tuple[str, bool, bool]]
"""Each character that is shown: whether it is italic, whether it is bold."""


def seen(text: str) -> Seen:
    return [
        (character, piece.is_italic, piece.is_bold)
        for piece in pieces_of(text)
        for character in text[piece.start : piece.end]
    ]


def read(text: str) -> Seen:
    found: Seen = []
    italic = bold = 0
    for token in READER.parseInline(text)[0].children or []:
        match token.type:
            case "em_open" | "em_close":
                italic += token.nesting
            case "strong_open" | "strong_close":
                bold += token.nesting
            case _:
                found += [(character, italic > 0, bold > 0) for character in token.content]
    return found


@given(st.text("ab *_\\.“", max_size=24))
@example("***a** b*")
@example("*a **b* c**")
@example("**a*b**c*")
@example("*a*****b**c*")
@example("_a_b_ __c__")
@example("\\*a* \\\\*b*")
def test_another_reader_sees_the_same(text: str) -> None:
    assert seen(text) == read(text)


def test_pieces_are_places_in_the_text() -> None:
    assert pieces_of("a *b* **c**") == [
        (0, 2, False, False),
        (3, 4, True, False),
        (5, 6, False, False),
        (8, 9, False, True),
    ]
    assert pieces_of("") == []


@pytest.mark.parametrize("part", ["*a ", "a* ", "*a_ ", "_a* ", "**a*b ", "*", "_", "\\", "a**b"])
def test_a_hostile_paragraph_takes_no_longer_than_a_long_one(part: str) -> None:
    # With the square of the length this would take many minutes.
    text = part * 60_000
    assert sum(piece.end - piece.start for piece in pieces_of(text)) > 0


RUNS = st.lists(st.tuples(st.text("ab *_\\.#“\n", max_size=6), st.booleans(), st.booleans()))


def letters(text: str) -> list[Styled]:
    found = [it for line in text.split("\n") for it in seen(line)]
    return [it for it in found if not it[0].isspace()]


@given(RUNS)
def test_what_is_marked_up_has_the_same_letters(runs: list[Styled]) -> None:
    text = marked_up(runs)
    plain = "".join(part for part, *_ in runs)
    assert [letter for letter, *_ in letters(text)] == [it for it in plain if not it.isspace()]
    assert text.count("\n") == plain.count("\n")


@given(
    st.lists(st.tuples(st.sampled_from(["sea", "a_b", "5*", "it’s"]), st.booleans(), st.booleans()))
)
def test_whole_words_keep_their_look(runs: list[Styled]) -> None:
    words = [(f"{text} ", italic, bold) for text, italic, bold in runs]
    assert letters(marked_up(words)) == [
        (letter, italic, bold) for text, italic, bold in runs for letter in text
    ]


def test_emphasis_stands_at_letters_and_ends_with_its_line() -> None:
    assert marked_up([("a", False, False), (" b\n c ", True, False), ("d", False, True)]) == (
        "a *b*\n *c* **d**"
    )
    assert marked_up([("5 * 3 * 2, a_b", False, False)]) == "5 * 3 * 2, a_b"
    assert marked_up([("*a*", False, False)]) == "\\*a\\*"
    assert marked_up([]) == ""
