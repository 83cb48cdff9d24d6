"""Which token spells a text, with the real vocabulary and with one that adds a space of its own."""

from pathlib import Path

import pytest

from studio.engine.llama.vocabulary import Vocabulary
from studio.engine.messages import Failed, FindTokens, Load, TokensFound
from studio.engine.writing.token_search import tokens_of
from tests.engine.conftest import OpenModel
from tests.engine.test_inbox import Harness
from tests.helpers.engine_bench import EngineBench


@pytest.fixture
def vocabulary(open_model: OpenModel, starter_model: Path) -> Vocabulary:
    return open_model(starter_model, 1024).vocabulary


def test_a_word_of_one_token_is_that_token(vocabulary: Vocabulary) -> None:
    for text in (" sea", "sea", "\n"):
        (token,) = tokens_of(text, vocabulary)
        assert vocabulary.text(token) == text.encode()
    assert tokens_of(" sea", vocabulary) != tokens_of("sea", vocabulary)


def test_what_no_token_spells_is_written_with_several(vocabulary: Vocabulary) -> None:
    tokens = tokens_of(" fisherwoman’s", vocabulary)
    assert len(tokens) > 1
    assert b"".join(map(vocabulary.text, tokens)).decode() == " fisherwoman’s"
    assert tokens_of("", vocabulary) == ()


def test_a_control_token_is_found_by_its_name(vocabulary: Vocabulary) -> None:
    assert tokens_of("<|im_end|>", vocabulary) == (vocabulary.control_tokens["<|im_end|>"],)


def test_a_space_that_the_tokenizer_adds_is_not_the_writers(
    open_model: OpenModel, sentencepiece_path: Path
) -> None:
    vocabulary = open_model(sentencepiece_path).vocabulary
    assert vocabulary.added_prefix == 1
    (token,) = tokens_of("a", vocabulary)
    assert vocabulary.text(token) == b"a"


def test_the_engine_answers_with_spellings(starter_model: Path) -> None:
    bench = EngineBench()
    try:
        refused = bench.run(FindTokens(request=1, text=" sea"))[-1]
        assert isinstance(refused, Failed)
        assert refused.kind == "no_model"
        bench.run(Load(request=2, path=str(starter_model)))
        found = bench.run(FindTokens(request=3, text=" sea", ids=(0, 198, 10_000_000)))[-1]
        assert isinstance(found, TokensFound)
        (token,) = found.tokens
        assert found.pieces[token] == b" sea"
        assert found.pieces[198] == b"\n"
        assert set(found.pieces) == {token, 0, 198}, "an id that the model lacks is left out"
    finally:
        bench.engine.close()


def test_it_takes_its_turn_and_gives_way_to_a_load() -> None:
    harness = Harness()
    harness.put(FindTokens(request=1, text="x"), FindTokens(request=2, text="y"))
    assert harness.drain() == [1, 2]
    harness.put(FindTokens(request=3, text="x"), Load(request=4, path="m.gguf"))
    assert harness.dropped == [3]
