"""DRY's breakers in the real vocabulary, against what llama.cpp makes of the same texts."""

from pathlib import Path

import llama_cpp
import numpy as np
import pytest

from studio.engine.llama.model import Model
from studio.engine.messages import BreakersFound, Failed, FindBreakers, Load
from studio.engine.vocabulary import Vocabulary
from studio.engine.writing.dry_breakers import tokens_of_breakers
from studio.sampling import SamplerState, SamplingParams, distribution
from tests.engine.test_inbox import Harness
from tests.helpers.engine_bench import EngineBench
from tests.helpers.llama_samplers import left_by_llama
from tests.helpers.tiny_model import CONTROL


def test_a_text_breaks_where_it_stands_in_begins_in_or_is_a_token(byte_level: Model) -> None:
    vocabulary = byte_level.vocabulary
    t, h, e, n, th, the = (
        vocabulary.tokenize(text)[0] for text in ("t", "h", "e", "n", "th", "the")
    )

    def found(text: str) -> dict[int, list[tuple[int, ...]]]:
        breakers = tokens_of_breakers([text], vocabulary)
        return {token: list(tails) for token, tails in breakers.items() if token >= len(CONTROL)}

    assert found("e") == {e: [()], the: [()]}
    assert found("he") == {the: [()], h: [(e,)], th: [(e,)]}
    assert found("then") == {
        t: [tuple(vocabulary.tokenize("hen"))],
        th: [tuple(vocabulary.tokenize("en"))],
        the: [(n,)],
    }
    assert tokens_of_breakers([], vocabulary) == {}


def test_a_control_tokens_name_counts_as_in_llama_cpp(byte_level: Model) -> None:
    found = tokens_of_breakers(["|im_end|"], byte_level.vocabulary)
    assert () in found[CONTROL.index("<|im_end|>")]


@pytest.mark.parametrize("text", ["\n", ":", "***", " the sea", "naïve"])
def test_in_the_real_vocabulary_a_repetition_ends_where_llama_cpp_ends_it(
    starter: Model, starter_vocabulary: Vocabulary, text: str
) -> None:
    breakers = tokens_of_breakers([text], starter_vocabulary)
    pointer = llama_cpp.llama_model_get_vocab(starter.model)
    params = SamplingParams(
        dry_multiplier=0.8,
        dry_allowed_length=0,
        dry_sequence_breakers=(text,),
        samplers=("dry",),
    )
    phrase = f"He saw: the sea\n*** the sea was naïve, and{text} the boats saw"
    history = starter_vocabulary.tokenize(f"{phrase} it. {phrase}")
    rng = np.random.default_rng(0)
    logits = rng.normal(size=starter_vocabulary.size).astype(np.float32)
    logits[history] += 16.0  # so that a loss shows
    state = SamplerState(breakers=breakers)
    theirs = left_by_llama(logits, params, history, pointer).probabilities
    assert np.abs(distribution(logits, params, history, state) - theirs).max() < 1e-5
    assert np.abs(distribution(logits, params, history) - theirs).max() > 1e-4


def test_the_engine_answers_with_tokens(
    starter_model: Path, starter_vocabulary: Vocabulary
) -> None:
    bench = EngineBench()
    texts = (":", "***")
    try:
        refused = bench.run(FindBreakers(request=1, texts=texts))[-1]
        assert isinstance(refused, Failed)
        assert refused.kind == "no_model"
        bench.run(Load(request=2, path=str(starter_model)))
        found = bench.run(FindBreakers(request=3, texts=texts))[-1]
        assert isinstance(found, BreakersFound)
        assert found.texts == texts
        assert found.breakers == tokens_of_breakers(texts, starter_vocabulary)
    finally:
        bench.engine.close()


def test_the_question_takes_its_turn_and_gives_way_to_a_load() -> None:
    harness = Harness()
    harness.put(FindBreakers(request=1, texts=("\n",)), FindBreakers(request=2, texts=(":",)))
    assert harness.drain() == [1, 2]
    harness.put(FindBreakers(request=3, texts=("\n",)), Load(request=4, path="m.gguf"))
    assert harness.dropped == [3]
