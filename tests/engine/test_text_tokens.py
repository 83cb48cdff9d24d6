"""A text that is tokenized again gives the tokens it gives alone, whatever came before it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.engine.text_tokens import TextTokens
from studio.engine.vocabulary import Vocabulary
from tests.engine.conftest import OpenModel

STORY = (
    "The old fisherman looked out over the sea, and thought about the years. He had gone out "
    "each morning before the light,\nand come home each evening  with what there was.\n\n"
) * 4
PARTS = st.sampled_from(
    [
        " ", "  ", "\n", "\n\n", "\r\n", "\t", " \n", "a", "the", " sea", "sea ", "Don't", " 123",
        "1234567", "...", " ?!\n", "naïve", "мир", "你好", "🐟", "👨‍👩‍👧", "e\u0301", "\u00a0",
        "\u2028", "\0", "def f():\n    return 1\n", "<|im_end|>", "x  \n  y", "É", "ß z",
    ]
)  # fmt: skip


@pytest.fixture(scope="module", params=["starter", "byte_level", "sentencepiece"])
def vocabulary(
    request: pytest.FixtureRequest, open_model: OpenModel, starter_model: Path
) -> Vocabulary:
    if request.param == "starter":
        return open_model(starter_model, 1024).vocabulary
    return open_model(request.getfixturevalue(f"{request.param}_path"), 0).vocabulary


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), st.lists(PARTS, max_size=6)),
        min_size=1,
        max_size=6,
    )
)
def test_after_any_edits_the_tokens_are_those_of_the_text_alone(
    vocabulary: Vocabulary, edits: list[tuple[float, int, list[str]]]
) -> None:
    text = STORY
    vocabulary.tokenize(text)
    for share, removed, added in edits:
        # Mostly near the end, where a text is written.
        place = int(len(text) * (1 - share * share))
        text = text[:place] + "".join(added) + text[place + removed :]
        assert vocabulary.tokenize(text) == vocabulary.tokenize_bytes(text.encode())


class Counted:
    """Each letter, space and sign is a token; and what was asked for."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def tokenize(self, text: bytes) -> list[int]:
        self.asked.append(text)
        return list(text)

    @staticmethod
    def spelled(token: int) -> bytes:
        return bytes([token])


def test_only_what_is_behind_the_last_cut_before_a_change_is_tokenized() -> None:
    counted = Counted()
    tokens = TextTokens(counted.tokenize, counted.spelled)
    text = STORY.encode()
    for changed in (text, text + b"He slept", text + b"He sat down", text):
        assert tokens.of(changed) == list(changed)
    assert counted.asked == [text, b" was.\n\nHe slept", b" sat down", b" was.\n\n"]


def test_a_brief_between_two_texts_takes_nothing_away() -> None:
    counted = Counted()
    tokens = TextTokens(counted.tokenize, counted.spelled)
    text, brief = STORY.encode(), b"Write plainly. " * 60
    tokens.of(text)
    tokens.of(brief)
    tokens.of(text + b"Then")
    assert len(counted.asked[-1]) < 40
    tokens.of(brief + b"!")
    assert len(counted.asked[-1]) < 40


def test_a_short_text_is_not_kept() -> None:
    counted = Counted()
    tokens = TextTokens(counted.tokenize, counted.spelled)
    for _ in range(2):
        assert tokens.of(b"The sea is the sea") == list(b"The sea is the sea")
    assert counted.asked == [b"The sea is the sea"] * 2


def test_tokens_that_do_not_spell_their_text_are_asked_for_whole() -> None:
    counted = Counted()
    tokens = TextTokens(counted.tokenize, lambda _token: b"")
    text = STORY.encode()
    for _ in range(2):
        assert tokens.of(text) == list(text)
    assert counted.asked == [text, text]


def test_where_a_token_holds_a_letter_and_a_space_a_text_is_not_cut(
    open_model: OpenModel, starter_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vocabulary = open_model(starter_model, 1024).vocabulary
    assert vocabulary._can_cut
    monkeypatch.delattr(vocabulary, "_can_cut")
    monkeypatch.setattr(vocabulary.by_bytes, "_texts", [*vocabulary.by_bytes._texts, b"of the"])
    assert not vocabulary._can_cut
    monkeypatch.delattr(vocabulary, "_can_cut")
