"""Token healing: what follows a text, and not the accident of where its last token ends.

A text that ends inside a word or with a space has been cut where a tokenizer would not cut: " sea"
is one token, and after the token " " the model has hardly ever seen "sea". So the text's last
tokens are taken back, and of what the model would say before them only that counts which begins
with the characters taken back, s:

- a token that begins with s and is longer: it adds what is beyond s;
- tokens that spell s exactly, the ones taken back first of all: then any token may follow;
- a token that is only the beginning of s, and behind it others that cover the rest of it.

Each such way has the probability that the model gives its tokens one after another, and all of them
together are what the model says of texts that begin as this one does. The logits made here are
those of the mixture: at T 1 their softmax is the distribution of the next token, conditioned on the
text that is there. (The next token, not the next character: "man" may come as one token or two.)

The ways through the tokens taken back cost nothing, as the logits after each of them come with one
evaluation. Of the others those are evaluated, best first and two at most, that could weigh more
than all that is found: before its logits are known a way weighs at most what its tokens do, and as
a rule a thousandth of that (tests/benchmarks/token_healing.py). Where one token comes by two ways
and adds another text by each, it stands for the heavier, and the lighter is left out. Where two
tokens add the same text, and are among the best, the heavier stands for both.

Samplers, sketches and T work on these logits as on any. Where the most likely tokens alone are
known, nothing is taken back.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.engine.context import KnownLogits
from studio.engine.vocabulary import Vocabulary
from studio.sampling.sketches.truncated_logits import TruncatedLogits

_MOST_TOKENS, _MOST_BYTES = 4, 32
"""Taken back at most."""

_MOST_PEEKS = 2
_MERGED = 128
"""Of so many of the best tokens no two add the same text."""

Logits = NDArray[np.float32]
Peek = Callable[[list[int], int], Sequence[KnownLogits]]
"""The logits after so many of the last of some tokens, in order; none where that is impossible."""


class Way(NamedTuple):
    """A way through the characters taken back."""

    tokens: tuple[int, ...]
    """What stands in the place of the tokens taken back."""
    typed: int
    """Bytes at the next token's beginning that the text has already."""


class Healed(NamedTuple):
    """The logits after a text, conditioned on it.

    Attributes:
        logits: `(V,)`, those of the heaviest way's tokens the model's own to the last bit; or what
            is known of them.
        back: how many tokens are taken back.
        ways: all that were found, the heaviest first.
        owners: `(V,)`: the number of each token's way.
    """

    logits: KnownLogits
    back: int
    ways: tuple[Way, ...]
    owners: NDArray[np.int8]

    @property
    def whole(self) -> Logits:
        """The logits, where those of all tokens are known."""
        assert not isinstance(self.logits, TruncatedLogits), "only asked where all are known"
        return self.logits

    def way(self, token: int) -> Way:
        """How a token is reached."""
        return self.ways[int(self.owners[token])]

    def added(self, token: int, text: bytes) -> bytes:
        """What a token that spells `text` adds to the text that is there.

        Args:
            token: Its id.
            text: Its bytes.
        """
        return text[self.way(token).typed :]

    def typed(self, tokens: Iterable[int]) -> dict[int, int]:
        """Of those that begin with characters that are there already: with how many bytes."""
        found = {token: self.ways[way].typed for token, way in self._ways_of(tokens)}
        return {token: count for token, count in found.items() if count}

    def _ways_of(self, tokens: Iterable[int]) -> Iterable[tuple[int, int]]:
        ids = list(tokens)
        return zip(ids, self.owners[ids].tolist(), strict=True)

    def replaced(self, tokens: Sequence[int], way: Way) -> list[int]:
        """A prompt's tokens with those of a way in the place of the ones taken back.

        Args:
            tokens: The tokens in its place.
            way: How they were found.
        """
        return [*tokens[: len(tokens) - self.back], *way.tokens]


def taken_back(tokens: Sequence[int], head: int, vocabulary: Vocabulary) -> int:
    """How many of a prompt's last tokens another tokenization could replace if the text went on.

    All within the last word, and further back as long as one token of the vocabulary spells what
    is taken back and more.

    Args:
        tokens: the prompt, as the model sees it.
        head: of these never one is taken back: the brief's and the template's.
        vocabulary: the model's.
    """
    index, text = vocabulary.by_bytes, b""
    found = 0
    for count in range(1, min(_MOST_TOKENS, len(tokens) - max(1, head)) + 1):
        piece = vocabulary.text(tokens[-count])
        is_joined = bool(text) and _is_of_word(piece[-1:]) and _is_of_word(text[:1])
        text = piece + text
        if not piece or len(text) > _MOST_BYTES:
            break
        if index.extending(text).size or (is_joined and found == count - 1):
            found = count
    return found


def _is_of_word(byte: bytes) -> bool:
    return byte.isalnum() or byte >= b"\x80"


def heal(
    tokens: Sequence[int], known: Sequence[KnownLogits], vocabulary: Vocabulary, peek: Peek
) -> Healed:
    """The logits after a text, conditioned on it.

    Args:
        tokens: the prompt, as the model sees it.
        known: the logits before the first token that is taken back, and after each of them: one
            more than are taken back. They may be views, true until `peek` is called. Where they are
            not those of all tokens, none is taken back.
        vocabulary: the model's.
        peek: evaluates other ways.
    """
    if isinstance(known[0], TruncatedLogits):
        return Healed(known[0], 0, (Way((), 0),), np.zeros(known[0].size, dtype=np.int8))
    rows = _whole(known)
    back = len(rows) - 1
    kept, last = list(tokens[: len(tokens) - back]), tuple(tokens[len(tokens) - back :])
    broken = next((row for row in rows if not math.isfinite(row.max())), None)
    if broken is not None:
        # Logits that are no numbers are refused where a token is drawn or a sketch is made.
        return Healed(broken.copy(), 0, (Way((), 0),), np.zeros(broken.size, dtype=np.int8))
    if not back:
        owners = np.zeros(rows[0].size, dtype=np.int8)
        return Healed(rows[0].copy(), 0, (Way((), 0),), owners)
    search = _Search(vocabulary, back)
    search.add((), last, b"".join(map(vocabulary.text, last)), 0.0, rows)
    for _ in range(_MOST_PEEKS):
        branch = search.next()
        if branch is None:
            break
        # With what the rest is as a rule: a text that goes on is often these tokens.
        chain = search.chain(branch.rest)
        others = _whole(peek([*kept, *branch.tokens, *chain], len(chain) + 1))
        if not others or not all(math.isfinite(row.max()) for row in others):
            break
        search.add(branch.tokens, chain, branch.rest, branch.weight, others)
    return search.result()


def _whole(known: Sequence[KnownLogits]) -> list[Logits]:
    """Logits of all tokens."""
    rows = [row for row in known if not isinstance(row, TruncatedLogits)]
    assert len(rows) == len(known), "the context knows all"
    return rows


class _Branch(NamedTuple):
    """A way that is not evaluated."""

    weight: float
    tokens: tuple[int, ...]
    rest: bytes


class _Evaluated(NamedTuple):
    """A way of which the logits behind it are known.

    Attributes:
        way: it.
        mass: the logarithm of the probability of all that goes this way.
        shift: what turns these logits into logarithms of probabilities.
        tokens: those that may follow here; None for all.
        logits: theirs.
    """

    way: Way
    mass: float
    shift: float
    tokens: NDArray[np.int64] | None
    logits: Logits


class _Search:
    """Collects ways, the best first."""

    def __init__(self, vocabulary: Vocabulary, back: int) -> None:
        self._vocabulary = vocabulary
        self._index = vocabulary.by_bytes
        self._back = back
        self._found: list[_Evaluated] = []
        self._branches: list[tuple[float, _Branch]] = []

    def chain(self, rest: bytes) -> tuple[int, ...]:
        """The tokens that the tokenizer makes of a rest; none where they spell something else."""
        tokens = self._vocabulary.tokenize_bytes(rest) if rest else []
        spelled = b"".join(map(self._vocabulary.text, tokens))
        return tuple(tokens) if spelled == rest and len(tokens) <= _MOST_TOKENS else ()

    def add(
        self,
        tokens: tuple[int, ...],
        chain: tuple[int, ...],
        rest: bytes,
        weight: float,
        rows: Sequence[Logits],
    ) -> None:
        """Take ways whose logits are known.

        Args:
            tokens: in the place of those taken back.
            chain: more of them, for each way one more.
            rest: what of the text `tokens` leave to be covered.
            weight: the logarithm of their probability.
            rows: the logits behind them, and behind each of the chain.
        """
        for count, row in enumerate(rows):
            following = chain[count] if count < len(chain) else None
            shift = weight - log_sum(row)
            way = Way((*tokens, *chain[:count]), len(rest))
            if rest:
                self._add_covering(way, rest, shift, row, following)
            else:
                self._found.append(_Evaluated(way, weight, shift, None, row.copy()))
            if following is not None:
                weight = shift + float(row[following])
                rest = rest[len(self._vocabulary.text(following)) :]

    def _add_covering(
        self, way: Way, rest: bytes, shift: float, row: Logits, following: int | None
    ) -> None:
        """Take the tokens that cover a rest, and those that cover some of it as branches."""
        longer = self._index.extending(rest)
        if longer.size:
            logits = row[longer]
            self._found.append(_Evaluated(way, shift + log_sum(logits), shift, longer, logits))
        for length in range(1, len(rest) + 1):
            for token in self._index.spelling(rest[:length]):
                if token != following:
                    branch = _Branch(shift + float(row[token]), (*way.tokens, token), rest[length:])
                    heapq.heappush(self._branches, (-branch.weight, branch))

    def next(self) -> _Branch | None:
        """The heaviest way that is not evaluated, if it could weigh enough to be worth it."""
        if not self._branches:
            return None
        branch = heapq.heappop(self._branches)[1]
        found = log_sum(np.array([way.mass for way in self._found]))
        return branch if branch.weight > found else None

    def result(self) -> Healed:
        """The mixture of all ways that were added."""
        ways = sorted(self._found, key=lambda way: -way.mass)
        whole = next(way for way in ways if way.tokens is None)
        first = ways[0]
        logits = np.full(whole.logits.size, -np.inf, dtype=np.float32)
        owners = np.zeros(whole.logits.size, dtype=np.int8)
        for number, way in enumerate(ways):
            shifted = way.logits
            if way is not first:
                shifted = shifted + np.float32(way.shift - first.shift)
            tokens = slice(None) if way.tokens is None else way.tokens
            is_heavier = shifted > logits[tokens]
            logits[tokens] = np.where(is_heavier, shifted, logits[tokens])
            owners[tokens] = np.where(is_heavier, np.int8(number), owners[tokens])
        self._merge(logits, owners, [way.way.typed for way in ways])
        return Healed(logits, self._back, tuple(way.way for way in ways), owners)

    def _merge(self, logits: Logits, owners: NDArray[np.int8], typed: list[int]) -> None:
        """Let one of the best tokens stand for all that add the same text."""
        count = min(_MERGED, logits.size)
        best = np.argpartition(logits, logits.size - count)[-count:]
        for token in best[logits[best] > -np.inf].tolist():
            known = typed[owners[token]]
            if not known:
                continue
            for twin in self._index.spelling(self._vocabulary.text(token)[known:]):
                if typed[owners[twin]] == 0 and logits[twin] > -np.inf:
                    heavier, lighter = sorted((token, twin), key=lambda one: -logits[one])
                    logits[heavier] = np.logaddexp(logits[heavier], logits[lighter])
                    logits[lighter] = -np.inf


def log_sum(logits: NDArray[np.float32] | NDArray[np.float64]) -> float:
    """The logarithm of Σ exp(z); NaN or infinite where the model says what is no number."""
    if not logits.size:
        return -math.inf
    highest = logits.max()
    if not math.isfinite(highest):
        return float(highest)
    return float(highest) + math.log(float(np.exp(logits - highest).sum()))
