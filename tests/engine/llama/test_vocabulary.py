"""Text to tokens and back, with the real vocabulary and with tiny ones of both kinds."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.engine.llama.model import Model
from studio.engine.vocabulary import Vocabulary
from tests.engine.conftest import OpenModel
from tests.helpers.tiny_model import CONTROL, write_sentencepiece_model

TEXTS = [
    "The old fisherman",
    " leading space",
    "tabs\tand\r\nlines\n\n\n",
    "naïve Über façade 你好 мир",
    "🐟🏴‍☠️ family 👨‍👩‍👧",
    "e\u0301\u00a0\u2028\ufeff\0",
    "<|im_end|><|endoftext|><s>",
]


def spelled(vocabulary: Vocabulary, tokens: list[int]) -> bytes:
    return b"".join(map(vocabulary.text, tokens))


@pytest.fixture(scope="module", params=["starter", "byte_level", "sentencepiece"])
def vocabulary(
    request: pytest.FixtureRequest, open_model: OpenModel, starter_model: Path
) -> Vocabulary:
    paths = {"starter": starter_model}
    path = paths.get(request.param) or request.getfixturevalue(f"{request.param}_path")
    return open_model(path, 1024 if path == starter_model else 0).vocabulary


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_spell_the_text_they_were_made_of(vocabulary: Vocabulary, text: str) -> None:
    raw = spelled(vocabulary, vocabulary.tokenize(text))
    assert raw[vocabulary.added_prefix :] == text.encode()


def test_nothing_is_no_token(vocabulary: Vocabulary) -> None:
    assert vocabulary.tokenize("") == []


def test_typed_text_is_never_a_control_token(vocabulary: Vocabulary) -> None:
    for name in vocabulary.control_tokens:
        tokens = vocabulary.tokenize(f"a{name}b")
        assert not set(tokens) & set(vocabulary.control_tokens.values())


def test_a_control_token_has_a_name_and_no_text(vocabulary: Vocabulary) -> None:
    assert vocabulary.control_tokens
    for name, token in vocabulary.control_tokens.items():
        assert vocabulary.name(token) == name.encode()
        assert vocabulary.text(token) == b""


def test_a_lone_surrogate_counts_as_a_question_mark(vocabulary: Vocabulary) -> None:
    assert vocabulary.tokenize("a\udcffb") == vocabulary.tokenize("a?b")


def test_longer_names_are_looked_for_first(vocabulary: Vocabulary) -> None:
    lengths = [len(name) for name in vocabulary.control_tokens]
    assert lengths == sorted(lengths, reverse=True)


def test_a_large_text(vocabulary: Vocabulary) -> None:
    text = "the sea " * 20_000
    raw = spelled(vocabulary, vocabulary.tokenize(text))
    assert raw[vocabulary.added_prefix :] == text.encode()


def test_the_starter_models_markers(starter: Model) -> None:
    vocabulary = starter.vocabulary
    assert vocabulary.size == 49_152
    assert not vocabulary.adds_bos
    assert (vocabulary.bos, vocabulary.eos) == (1, 2)
    assert vocabulary.control_tokens["<|im_end|>"] == 2
    ends = {token for token in range(20) if vocabulary.ends_generation(token)}
    assert {0, 2} <= ends
    assert 1 not in ends


def test_tokens_of_the_starter_model_split_characters(starter: Model) -> None:
    tokens = starter.vocabulary.tokenize("🏴‍☠️")
    pieces = [starter.vocabulary.text(token) for token in tokens]
    assert b"".join(pieces).decode() == "🏴‍☠️"
    with pytest.raises(UnicodeDecodeError):
        pieces[0].decode()


def test_a_tiny_byte_level_vocabulary(byte_level: Model) -> None:
    vocabulary = byte_level.vocabulary
    assert list(vocabulary.control_tokens.values()) == [0, 1, 2]
    assert set(vocabulary.control_tokens) == set(CONTROL)
    assert vocabulary.added_prefix == 0
    assert [vocabulary.text(token) for token in vocabulary.tokenize("the")] == [b"the"]


def test_a_tiny_sentencepiece_vocabulary(open_model: OpenModel, sentencepiece_path: Path) -> None:
    vocabulary = open_model(sentencepiece_path).vocabulary
    assert vocabulary.adds_bos
    assert vocabulary.added_prefix == 1
    tokens = vocabulary.tokenize("Hi the sea")
    assert [vocabulary.text(token) for token in tokens] == [b" Hi", b" the", b" sea"]


def test_a_piece_longer_than_the_buffer(
    open_model: OpenModel, tmp_path_factory: pytest.TempPathFactory
) -> None:
    word = "a" * 700
    path = tmp_path_factory.mktemp("long") / "long.gguf"
    model = open_model(write_sentencepiece_model(path, words=(word,)))
    vocabulary = model.vocabulary
    tokens = vocabulary.tokenize(word)
    assert spelled(vocabulary, tokens) == b" " + word.encode()
    assert max(len(vocabulary.text(token)) for token in tokens) > 256


# The starter model has no token for some control characters, nor for the bytes with which the
# characters of the last planes begin: llama.cpp leaves those out without a word.
WRITTEN = st.text(
    st.characters(max_codepoint=0x3FFFF, exclude_categories=["Cc"], include_characters="\t\r\n")
)


@settings(max_examples=200, deadline=None)
@given(text=WRITTEN)
def test_any_text_comes_back(starter_vocabulary: Vocabulary, text: str) -> None:
    tokens = starter_vocabulary.tokenize(text)
    assert spelled(starter_vocabulary, tokens) == text.encode(errors="replace")


@pytest.mark.parametrize("room", [1, 8, 64])
def test_what_all_tokens_spell_is_what_each_spells(
    vocabulary: Vocabulary, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those too that are longer than what there is room for."""
    monkeypatch.setattr("studio.engine.llama.vocabulary._ROOM", room)
    texts = list(vocabulary._all_texts())
    assert texts == list(map(vocabulary.text, range(vocabulary.size)))
    assert max(map(len, texts)) > room or vocabulary.size < 49_152
