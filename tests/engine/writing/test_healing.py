"""Token healing: what a text's last characters are taken for, and that the arithmetic is right.

The arithmetic is held against every way through a made-up vocabulary, weighed one by one.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.engine.llama.context import LlamaContext
from studio.engine.llama.model import Model
from studio.engine.vocabulary import ByteIndex, Vocabulary
from studio.engine.writing.healing import Healed, heal, taken_back
from studio.engine.writing.open_end import OpenEnd
from tests.engine.conftest import NewContext
from tests.helpers.reference import softmax

Row = NDArray[np.float32]


class MadeUp:
    """A vocabulary of a few texts, whose tokenizer takes the longest that fits; and a model.

    The model's logits are a number for each token and each text before it, whatever the tokens
    were: as wild as a model's are, and known everywhere.
    """

    def __init__(self, texts: Sequence[bytes]) -> None:
        self.texts = list(texts)
        self.size = len(self.texts)
        self.by_bytes = ByteIndex(self.texts)

    def text(self, token: int) -> bytes:
        return self.texts[token]

    def tokenize_bytes(self, raw: bytes) -> list[int]:
        tokens: list[int] = []
        while raw:
            fitting = [
                token for token, text in enumerate(self.texts) if text and raw.startswith(text)
            ]
            tokens.append(max(fitting, key=lambda token: len(self.texts[token])))
            raw = raw[len(self.texts[tokens[-1]]) :]
        return tokens

    def row(self, tokens: Sequence[int]) -> Row:
        seed = [len(tokens), *tokens]
        return np.random.default_rng(seed).normal(0.0, 3.0, self.size).astype(np.float32)

    def rows(self, tokens: list[int], count: int) -> list[Row]:
        ends = range(len(tokens) - count + 1, len(tokens) + 1)
        return [self.row(tokens[:end]) for end in ends]

    def ways(self, before: list[int], rest: bytes) -> Iterator[tuple[tuple[int, ...], int, float]]:
        """Every way to cover `rest`: its tokens, those among them to spare, and their probability.

        The last token is the first that reaches beyond `rest`, or stands behind it.
        """
        probabilities = softmax(self.row(before))
        for token, text in enumerate(self.texts):
            share = float(probabilities[token])
            if not rest:
                yield (token,), 0, share
            elif len(text) > len(rest) and text.startswith(rest):
                yield (token,), len(rest), share
            elif text and rest.startswith(text):
                for tokens, typed, weight in self.ways([*before, token], rest[len(text) :]):
                    yield (token, *tokens), typed, share * weight


TEXTS = [b"", b"a", b"b", b"c", b" ", b"ab", b"bc", b"abc", b" a", b" ab", b" b", b"  ", b"cab"]


def healed_of(vocabulary: MadeUp, tokens: list[int], back: int, *, peeks: bool = True) -> Healed:
    return heal(
        tokens,
        vocabulary.rows(tokens, back + 1),
        vocabulary,  # type: ignore[arg-type] # stands in
        vocabulary.rows if peeks else lambda *_: [],
    )


def by_added(vocabulary: MadeUp, healed: Healed) -> dict[bytes, float]:
    found: dict[bytes, float] = defaultdict(float)
    for token, share in enumerate(softmax(healed.whole).tolist()):
        found[healed.added(token, vocabulary.text(token))] += share
    return found


@given(
    st.lists(st.sampled_from(TEXTS[1:]), min_size=1, max_size=4, unique=True),
    st.text("abc ", min_size=1, max_size=7).map(str.encode),
    st.integers(1, 4),
)
def test_the_mixture_is_what_all_ways_weigh_together(
    more: list[bytes], text: bytes, back: int
) -> None:
    vocabulary = MadeUp([*dict.fromkeys([b"", b"a", b"b", b"c", b" ", *more])])
    tokens = vocabulary.tokenize_bytes(b"a" + text)
    back = min(back, len(tokens) - 1)
    kept = tokens[: len(tokens) - back]
    typed = b"".join(map(vocabulary.text, tokens[len(kept) :]))
    healed = healed_of(vocabulary, tokens, back)
    # Each token's way ends where the text does.
    weights: dict[bytes, float] = defaultdict(float)
    every = list(vocabulary.ways(kept, typed))
    shares = {way[:2]: way[2] for way in every}
    for token in range(vocabulary.size):
        way = healed.way(token)
        spelled = b"".join(map(vocabulary.text, way.tokens))
        assert spelled + vocabulary.text(token)[: way.typed] == typed
        weights[healed.added(token, vocabulary.text(token))] += shares[
            (*way.tokens, token), way.typed
        ]
    # What is found has the odds that the model gives it, and what is not found is all that errs.
    whole, found = math.fsum(shares.values()), math.fsum(weights.values())
    expected: dict[bytes, float] = defaultdict(float)
    for (way_tokens, spare), share in shares.items():
        expected[vocabulary.text(way_tokens[-1])[spare:]] += share / whole
    reported = by_added(vocabulary, healed)
    for added, weight in weights.items():
        assert reported[added] == pytest.approx(weight / found, rel=1e-4, abs=1e-9)
    variation = 0.5 * sum(
        abs(reported[added] - expected[added]) for added in {*reported, *expected}
    )
    assert variation <= 1.0 - found / whole + 1e-6


def test_heavy_ways_through_other_tokens_are_found() -> None:
    vocabulary = MadeUp(TEXTS)
    lost = {True: 0.0, False: 0.0}
    for text in map("".join, itertools.product("abc ", repeat=4)):
        tokens = vocabulary.tokenize_bytes(b"b" + text.encode())
        back = min(2, len(tokens) - 1)
        typed = b"".join(map(vocabulary.text, tokens[-back:]))
        expected: dict[bytes, float] = defaultdict(float)
        ways = list(vocabulary.ways(tokens[:-back], typed))
        for way, spare, share in ways:
            expected[vocabulary.text(way[-1])[spare:]] += share / sum(way[2] for way in ways)
        for peeks in lost:
            reported = by_added(vocabulary, healed_of(vocabulary, tokens, back, peeks=peeks))
            lost[peeks] += 0.5 * sum(
                abs(reported[added] - expected[added]) for added in list(expected)
            )
    assert lost[True] < lost[False] / 2


def test_where_nothing_is_taken_back_nothing_changes() -> None:
    vocabulary = MadeUp(TEXTS)
    row = vocabulary.row([1, 2])
    healed = healed_of(vocabulary, [1, 2], 0)
    assert np.array_equal(healed.whole, row)
    assert healed.typed(range(vocabulary.size)) == {}
    assert healed.replaced([1, 2], healed.way(3)) == [1, 2]


def test_what_is_no_number_stays_none() -> None:
    vocabulary = MadeUp(TEXTS)
    tokens = vocabulary.tokenize_bytes(b"cab")
    sound = vocabulary.row(tokens)
    broken = sound * np.float32(np.nan)
    for rows in ([broken, sound], [sound, broken]):
        healed = heal(tokens, rows, vocabulary, lambda *_: [])  # type: ignore[arg-type] # stands in
        assert np.isnan(healed.whole).all()


@given(st.text("abc ", min_size=2, max_size=7).map(str.encode))
def test_the_end_of_a_scored_text_has_the_probability_of_its_characters(text: bytes) -> None:
    vocabulary = MadeUp(TEXTS)
    tokens = vocabulary.tokenize_bytes(b"a" + text)
    end = OpenEnd(tokens, 0, vocabulary)  # type: ignore[arg-type] # stands in
    product = 1.0
    for place in range(end.first, len(tokens)):
        scored = end.scored(place, vocabulary.row(tokens[:place]))
        product *= float(softmax(scored)[tokens[place]])
    # Of all ways those through the text's own tokens, and from there beyond its end.
    own, chance = 1.0, 0.0
    for place in range(end.first, len(tokens)):
        row = softmax(vocabulary.row(tokens[:place]))
        rest = b"".join(map(vocabulary.text, tokens[place:]))
        longer = [t for t, text in enumerate(TEXTS) if text.startswith(rest) and text != rest]
        chance += own * float(row[longer].sum())
        own *= float(row[tokens[place]])
    assert product == pytest.approx(own + chance, rel=1e-4)


# What is taken back


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It had the colour of", " of"),
        ("It had the colour of ", " "),
        ("It had the colour of  ", "  "),
        ("She left.\n", "\n"),
        ("She left.\n\n", "\n\n"),
        ("He was a fisherm", " fisherm"),
        ("so unbelieva", "belieuva".replace("u", "")),
        ("He ran and", ""),  # no token is longer
        ("in 1997", ""),
        ("of", ""),  # nothing stands before it
    ],
)
def test_what_is_taken_back(starter_vocabulary: Vocabulary, text: str, expected: str) -> None:
    tokens = starter_vocabulary.tokenize(text)
    back = taken_back(tokens, 0, starter_vocabulary)
    taken = b"".join(map(starter_vocabulary.text, tokens[len(tokens) - back :]))
    assert taken.decode().endswith(expected) if expected else not taken


def test_of_the_head_nothing_is_taken_back(starter_vocabulary: Vocabulary) -> None:
    tokens = starter_vocabulary.tokenize("He was a fisherm")
    assert taken_back(tokens, len(tokens), starter_vocabulary) == 0
    assert taken_back(tokens, len(tokens) - 1, starter_vocabulary) == 1


def test_an_index_finds_every_token_by_its_bytes(starter_vocabulary: Vocabulary) -> None:
    index, size = starter_vocabulary.by_bytes, starter_vocabulary.size
    texts = [starter_vocabulary.text(token) for token in range(size)]
    for part in (b" ", b"\n", b" fisher", b"th", "é".encode(), b"\xff", b"zzzzz"):
        longer = [token for token, text in enumerate(texts) if text[: len(part)] == part != text]
        assert sorted(index.extending(part).tolist()) == longer
        assert index.spelling(part) == [token for token, text in enumerate(texts) if text == part]
    control = starter_vocabulary.control_tokens["<|im_end|>"]
    assert control not in index.extending(b"<")
    assert ByteIndex([b"\xff", b"\xff\xff", b"a"]).extending(b"\xff").tolist() == [1]


# With the real model


class Reader:
    """The real model, read to the end of texts."""

    def __init__(self, model: Model, context: LlamaContext) -> None:
        self.vocabulary, self._context = model.vocabulary, context

    def healed(self, text: str) -> dict[str, float]:
        """What is added, and with what probability."""
        tokens = self.vocabulary.tokenize(text)
        back = taken_back(tokens, 0, self.vocabulary)
        self._context.evaluate(tokens, wanted=back + 1)
        rows = [self._context.logits(back - count) for count in range(back + 1)]
        healed = heal(tokens, rows, self.vocabulary, self._context.peek)
        found: dict[str, float] = defaultdict(float)
        for token, share in enumerate(softmax(healed.whole).tolist()):
            added = healed.added(token, self.vocabulary.text(token))
            found[added.decode(errors="replace")] += share
        return found

    def after(self, tokens: list[int]) -> dict[str, float]:
        """What follows just these tokens."""
        self._context.evaluate(tokens)
        found: dict[str, float] = defaultdict(float)
        for token, share in enumerate(softmax(self._context.logits()).tolist()):
            found[self.vocabulary.text(token).decode(errors="replace")] += share
        return found


@pytest.fixture
def reader(starter: Model, new_context: NewContext) -> Reader:
    return Reader(starter, new_context(starter))


def leading(found: dict[str, float], count: int) -> list[str]:
    """The words in the lead, without the white space around them."""
    words = (text.strip() for text in sorted(found, key=lambda text: -found[text]))
    return [word for word in words if word.isalpha()][:count]


def variation(one: dict[str, float], other: dict[str, float]) -> float:
    return 0.5 * sum(abs(one.get(key, 0.0) - other.get(key, 0.0)) for key in {*one, *other})


SEA = "The old fisherman looked out over the sea. It had the colour of"
LETTER = (
    "The lamp had burned low by the time she finished the letter. She folded it twice, sealed it, "
    "and set it on the mantel where he would see it."
)


@pytest.mark.parametrize(
    "text", [SEA, LETTER, "He ran up the stairs and", "“What,” she asked, “is"]
)
def test_a_space_typed_changes_nothing_of_what_comes_next(reader: Reader, text: str) -> None:
    before, after = reader.healed(text), reader.healed(text + " ")
    assert leading(before, 6) == leading(after, 6)
    # What goes on without a space is ruled out; of the rest each word has its share.
    spaced = {added[1:]: share for added, share in before.items() if added[:1] == " "}
    whole = sum(spaced.values())
    assert variation({added: share / whole for added, share in spaced.items()}, after) < 0.01


def test_a_newline_typed_leads_on_with_the_words_of_a_paragraph(reader: Reader) -> None:
    """Uncut, a blank line before a word is two tokens; at a text's end it is one, hardly known."""
    one, two = reader.healed(LETTER + "\n"), reader.healed(LETTER + "\n\n")
    newline = reader.vocabulary.tokenize("\n")
    tokens = reader.vocabulary.tokenize(LETTER)
    uncut = reader.after([*tokens, *newline, *newline])
    assert reader.vocabulary.tokenize("\n\n") != [*newline, *newline]
    assert variation(two, uncut) < 0.05
    assert leading(two, 5) == leading(uncut, 5)
    assert set(leading(one, 2)) < set(leading(two, 5))
    assert set(leading(reader.healed(LETTER), 3)) <= set(leading(two, 5))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Every morning the old fisher", "man"),
        ("Every morning the old fisherm", "an"),
        ("At the end of the pier a young wom", "an"),
        ("def double(x):\n    ret", "urn"),
        ("It was simply unbelieva", "ble"),
    ],
)
def test_a_word_begun_is_finished(reader: Reader, text: str, word: str) -> None:
    found = reader.healed(text)
    assert max(found, key=lambda added: found[added]) == word
    assert found[word] > 0.5
