"""Which tokens complete a word: with the real vocabulary, and by what is written with biases."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.engine.generation.sampler_states import SamplerStates
from studio.engine.messages import (
    FindWords,
    Generate,
    Prompt,
    SequenceStart,
    Token,
    WordsFound,
)
from studio.engine.vocabulary import Vocabulary
from studio.engine.writing.word_search import search_of
from studio.sampling import CASINGS, SamplingParams, WordBias
from studio.sampling.word_tokens import joins
from tests.engine.conftest import OpenModel
from tests.helpers.engine_bench import EngineBench

BAN = -math.inf
PROMPT = "The old fisherman looked out over the"


@pytest.fixture(scope="module")
def bench(starter_model: Path) -> Iterator[EngineBench]:
    bench = EngineBench()
    bench.load(starter_model, 512)
    yield bench
    bench.engine.close()


@pytest.fixture
def vocabulary(open_model: OpenModel, starter_model: Path) -> Vocabulary:
    return open_model(starter_model, 1024).vocabulary


def written(bench: EngineBench, count: int, *words: WordBias, seed: int = 3) -> str:
    """What the real model writes after `PROMPT`, and `PROMPT` before it."""
    params = SamplingParams(temperature=0.9, seed=seed, word_biases=words)
    events = bench.run(
        Generate(
            request=2,
            prompt=Prompt(manuscript=PROMPT),
            sequences=(SequenceStart(params=params),),
            max_tokens=count,
            ignore_eos=True,
        )
    )
    return b"".join(it.record.text for it in events if isinstance(it, Token)).decode(
        errors="replace"
    )


def names(vocabulary: Vocabulary, tokens: tuple[int, ...]) -> list[bytes]:
    return [vocabulary.name(token) for token in tokens]


def test_a_word_is_found_with_its_space_and_without_and_in_parts(vocabulary: Vocabulary) -> None:
    the = search_of(vocabulary).tokens("the")
    assert names(vocabulary, the.anywhere) == [b" the"]
    assert the.is_bounded
    assert names(vocabulary, the.after[b""]) == [b"the"]
    assert names(vocabulary, the.after[b"th"]) == [b"e"]
    assert names(vocabulary, the.usual) == [b" the"]


def test_longer_words_are_left_alone(vocabulary: Vocabulary) -> None:
    the = search_of(vocabulary).tokens("the")
    hit = {*the.anywhere, *(token for tokens in the.after.values() for token in tokens)}
    for other in (" there", " them", " other", "The", " bathe", " The"):
        (token,) = vocabulary.tokenize(other)[:1]
        assert token not in hit, other


def test_a_sign_is_found_wherever_it_stands(vocabulary: Vocabulary) -> None:
    dash = search_of(vocabulary).tokens("—")
    assert not dash.is_bounded
    everywhere = {
        token for token in range(vocabulary.size) if "—".encode() in vocabulary.name(token)
    }
    assert set(dash.anywhere) == everywhere
    assert dash.after[b"\xe2\x80"], "and where half a character stands before"


def test_a_control_token_is_a_word_by_its_whole_name_alone(vocabulary: Vocabulary) -> None:
    end = vocabulary.control_tokens["<|im_end|>"]
    search = search_of(vocabulary)
    assert search.tokens("<|im_end|>").anywhere == (end,)
    assert end not in search.tokens("end").anywhere
    assert end not in search.tokens("|").anywhere


@settings(max_examples=60)
@given(
    form=st.sampled_from(
        ["the", "The", "fisherman", "a", "don't", "—", " sea", "naïve", "said he"]
    ),
    before=st.sampled_from(["", "Look, ", "“", "ba", "x—", "7", "\n", "海"]),
    data=st.data(),
)
def test_the_completing_token_of_any_cut_is_biased(
    starter_vocabulary: Vocabulary, form: str, before: str, data: st.DataObject
) -> None:
    """However a text is cut into tokens, exactly that token is hit with which the word is there."""
    vocabulary = starter_vocabulary
    after = data.draw(st.sampled_from(["", " and", "re", ", ", "'s"]))
    raw = (before + form + after).encode()
    # Another cut than the tokenizer's: two parts by themselves.
    cut = data.draw(st.integers(0, len(raw)))
    tokens = vocabulary.tokenize_bytes(raw[:cut]) + vocabulary.tokenize_bytes(raw[cut:])
    states = SamplerStates(1, vocabulary)
    params = SamplingParams(word_biases=(WordBias(form, BAN),))
    hit = [
        place
        for place, token in enumerate(tokens)
        if token in states.at(params, place, tokens[:place]).word_biases
    ]
    ends = []
    reached = b""
    for place, token in enumerate(tokens):
        former, reached = reached, reached + vocabulary.text(token)
        if _completes(form, former, reached):
            ends.append(place)
    assert hit == ends


def _completes(form: str, former: bytes, text: bytes) -> bool:
    """Whether the form stands in `text` as a word, and ends behind `former`."""
    raw = form.encode()
    at = text.find(raw)
    while at >= 0:
        behind = at + len(raw)
        head = text[:at].decode(errors="replace")[-1:]
        tail = text[behind:].decode(errors="replace")[:1]
        begins = not (joins(form[0]) and (head == "\ufffd" or joins(head or " ")))
        ends = not (joins(form[-1]) and (tail == "\ufffd" or joins(tail or " ")))
        if behind > len(former) and begins and ends:
            return True
        at = text.find(raw, at + 1)
    return False


def test_banned_words_are_not_written_in_any_casing_asked_for(bench: EngineBench) -> None:
    plain = written(bench, 60)
    common = [word for word in ("the", "and", "he", "a", "was") if _has(plain, word)]
    assert len(common) >= 3, plain
    bans = [WordBias(word, BAN, CASINGS) for word in common]
    for seed in (3, 4):
        text = written(bench, 60, *bans, seed=seed)
        assert not any(_has(text, word) for word in common), text


def test_only_the_casings_asked_for_are_meant(starter_vocabulary: Vocabulary) -> None:
    vocabulary = starter_vocabulary
    states = SamplerStates(1, vocabulary)

    def hit(*casings: str) -> set[bytes]:
        params = SamplingParams(word_biases=(WordBias("the", BAN, casings),))
        return {vocabulary.name(token) for token in states.at(params, 0).word_biases}

    assert hit() == {b" the", b"the"}
    assert hit("capitalised") == {b" the", b"the", b" The", b"The"}
    assert hit("upper") == {b" the", b"the", b" THE", b"THE"}


def test_a_phrase_is_banned_where_its_last_token_would_complete_it(bench: EngineBench) -> None:
    events = bench.run(FindWords(request=5, texts=("the sea", "sea")))
    found = events[-1]
    assert isinstance(found, WordsFound)
    phrase, sea = found.words
    assert phrase.after[b"the"] == sea.anywhere
    greedy = SamplingParams(temperature=0.0)
    prompt = Prompt(manuscript="He lived all his life by the sea. Every day he sailed on the")

    def first(params: SamplingParams) -> bytes:
        events = bench.run(
            Generate(
                request=6, prompt=prompt, sequences=(SequenceStart(params=params),), max_tokens=1
            )
        )
        return next(it.record.text for it in events if isinstance(it, Token))

    usual = first(greedy)
    words = (WordBias("the" + usual.decode(), BAN),)
    assert first(SamplingParams(temperature=0.0, word_biases=words)) != usual


def test_a_bias_is_added_to_the_logit_of_the_completing_token(bench: EngineBench) -> None:
    """The distribution is that of the same bias on the token's number."""
    found = bench.run(FindWords(request=5, texts=("sea",)))[-1]
    assert isinstance(found, WordsFound)
    (token,) = found.words[0].anywhere

    def top(params: SamplingParams) -> Token:
        prompt = Prompt(manuscript=PROMPT)
        events = bench.run(
            Generate(
                request=6, prompt=prompt, sequences=(SequenceStart(params=params),), max_tokens=1
            )
        )
        return next(it for it in events if isinstance(it, Token))

    by_word = top(SamplingParams(seed=1, word_biases=(WordBias("sea", 3.0),)))
    by_number = top(SamplingParams(seed=1, logit_bias=((token, 3.0),)))
    assert by_word.record.top == by_number.record.top
    assert by_word.record.entropy == by_number.record.entropy


def _has(text: str, word: str) -> bool:
    return re.search(rf"(?<![^\W_]){word}(?![^\W_])", text, re.IGNORECASE) is not None
