"""How far what follows a cut text is from what follows it uncut, before healing and after.

    python -m tests.benchmarks.token_healing [MODEL.gguf] [PREFIXES]

Real prose (of this repository, and a text of the model's own at T 0.8, seed 1) is cut at random
characters. Its uncut tokenization says what should follow: the model stands before the token in
which the cut falls, and of what it says there only that counts which begins with the token's
characters before the cut. Against it stand the logits behind the cut text's own tokens (before) and
the healed ones (after). Compared are texts, not ids: what a token adds to the characters that are
there.

Two measures: the total variation over what one token adds, in which "er" and "erman" are different
even if "man" would follow; and over the next byte alone, in which they are not. Where a cut falls
between two tokens, the uncut tokenization knows that a token ends there and a writer's text does
not: after "the", "m" may follow (" them"). That part of the variation is no error of healing. The
bits are what each says of the byte that really follows, in the mean.
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.engine.interrupt import Interrupt
from studio.engine.llama import log
from studio.engine.llama.context import LlamaContext
from studio.engine.llama.model import Model
from studio.engine.messages import LoadOptions
from studio.engine.model_files.starter_model import find_starter_model
from studio.engine.writing.healing import heal, taken_back
from studio.sampling import SamplingParams, choose, uniform

_ROOT = Path(__file__).parents[2]
_TEXTS = ("README.md", "CHANGELOG.md", "LICENSE")
_OPENING = "The old fisherman looked out over the sea and"
_WRITTEN = 600
"""Tokens of the model's own text."""
_PREFIXES = 500
_BEFORE = 160
"""Tokens before a cut, at least; fewer at a text's beginning."""
_AHEAD = 60
"""Characters behind it that the uncut tokenization sees."""
_CASES = ("inside a word", "at a word's end", "behind a space", "elsewhere")

Distribution = NDArray[np.float64]


class _Cut(NamedTuple):
    """A text, and where it is cut."""

    text: str
    place: int

    @property
    def case(self) -> str:
        before, behind = self.text[self.place - 1], self.text[self.place]
        if before.isalnum():
            return _CASES[0] if behind.isalnum() else _CASES[1]
        return _CASES[2] if before == " " else _CASES[3]


class _Outcome(NamedTuple):
    """What was found of one cut: (before, after) each, and the bits of the uncut text too."""

    case: str
    token: tuple[float, float]
    byte: tuple[float, float]
    bits: tuple[float, float, float]
    peeks: int


class _Texts:
    """Numbers texts, so that distributions over them can be compared."""

    def __init__(self, texts: list[bytes]) -> None:
        self._numbers: dict[bytes, int] = {}
        self._texts = texts
        self._whole = np.array([self._number(text) for text in texts])
        self._first = np.array([text[0] if text else 256 for text in texts])

    def _number(self, text: bytes) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    def added(
        self, probabilities: Distribution, typed: NDArray[np.int64]
    ) -> tuple[Distribution, Distribution]:
        """Probabilities by what tokens add, and by the first byte of it (256: they add nothing)."""
        numbers, first = self._whole.copy(), self._first.copy()
        for token in np.flatnonzero((typed > 0) & (probabilities > 0.0)).tolist():
            text = self._texts[token][typed[token] :]
            numbers[token] = self._number(text)
            first[token] = text[0]
        by_text = np.bincount(numbers, probabilities).astype(np.float64)
        return by_text, np.bincount(first, probabilities, 257).astype(np.float64)


def _texts(model: Model, context: LlamaContext) -> Iterator[str]:
    for name in _TEXTS:
        yield (_ROOT / name).read_text(encoding="utf-8")
    tokens = model.vocabulary.tokenize(_OPENING)
    context.evaluate(tokens)
    params = SamplingParams(temperature=0.8)
    while len(tokens) < _WRITTEN:
        choice = choose(context.logits(), params, tokens, uniform(1, len(tokens)))
        tokens.append(choice.token)
        context.append(choice.token)
    yield b"".join(map(model.vocabulary.text, tokens)).decode(errors="replace")


def _cuts(texts: list[str], count: int) -> list[_Cut]:
    chosen = random.Random(1)
    cuts = []
    for number in range(count):
        text = texts[number % len(texts)]
        cuts.append(_Cut(text, chosen.randrange(200, len(text) - _AHEAD)))
    # In order, so that what is evaluated of a text is used again.
    return sorted(cuts, key=lambda cut: (cut.text, cut.place))


def _softmax(logits: NDArray[np.float32]) -> Distribution:
    weights = np.exp(logits.astype(np.float64) - float(logits.max()))
    return np.asarray(weights / weights.sum())


def _variation(one: Distribution, other: Distribution) -> float:
    size = max(one.size, other.size)
    return 0.5 * float(
        np.abs(np.pad(one, (0, size - one.size)) - np.pad(other, (0, size - other.size))).sum()
    )


def _measured(cut: _Cut, model: Model, context: LlamaContext, texts: _Texts) -> _Outcome:
    vocabulary = model.vocabulary
    none = np.zeros(vocabulary.size, dtype=np.int64)
    # Uncut: the model before the token in which the cut falls.
    uncut = vocabulary.tokenize(cut.text[: cut.place + _AHEAD])
    length, spelled, count = len(cut.text[: cut.place].encode()), 0, 0
    while spelled + len(vocabulary.text(uncut[count])) <= length:
        spelled += len(vocabulary.text(uncut[count]))
        count += 1
    rest = cut.text.encode()[spelled:length]
    first = max(0, count // _BEFORE * _BEFORE - _BEFORE)
    context.evaluate(uncut[first:count])
    reference = _softmax(context.logits())
    if rest:
        allowed = np.zeros(vocabulary.size)
        allowed[vocabulary.by_bytes.extending(rest)] = 1.0
        reference = reference * allowed / (reference @ allowed)
    wanted = texts.added(reference, none + len(rest))

    # The cut text, from the same place on.
    begins = len(b"".join(map(vocabulary.text, uncut[:first])))
    tokens = vocabulary.tokenize_bytes(cut.text.encode()[begins:length])
    back = taken_back(tokens, 0, vocabulary)
    context.evaluate(tokens, wanted=back + 1)
    rows = [context.logits(back - count) for count in range(back + 1)]
    before = texts.added(_softmax(rows[-1]), none)
    peeks = 0

    def peek(other: list[int], wanted: int) -> list[NDArray[np.float32]]:
        nonlocal peeks
        peeks += 1
        return context.peek(other, wanted)

    healed = heal(tokens, rows, vocabulary, peek)
    typed = np.array([way.typed for way in healed.ways])[healed.owners]
    after = texts.added(_softmax(healed.whole), typed)
    real = cut.text.encode()[length]
    return _Outcome(
        cut.case,
        (_variation(before[0], wanted[0]), _variation(after[0], wanted[0])),
        (_variation(before[1], wanted[1]), _variation(after[1], wanted[1])),
        (
            float(-np.log2(before[1][real])),
            float(-np.log2(after[1][real])),
            float(-np.log2(wanted[1][real])),
        ),
        peeks,
    )


def _print(outcomes: list[_Outcome], name: str) -> None:
    token = np.array([outcome.token for outcome in outcomes])
    byte = np.array([outcome.byte for outcome in outcomes])
    bits = np.mean([outcome.bits for outcome in outcomes], axis=0)
    for column, when in enumerate(("before", "after")):
        figures = "   ".join(
            f"{np.median(tv):6.3f} {np.quantile(tv, 0.9):6.3f} {tv.max():6.3f}"
            for tv in (token[:, column], byte[:, column])
        )
        label = f"{name} ({len(outcomes)})" if column == 0 else ""
        print(f"{label:24} {when:7} {figures}   {bits[column]:6.2f}")
    print(f"{'':24} {'uncut':7} {'':43}   {bits[2]:6.2f}")


def main() -> None:
    """Print a table: total variation, median, 90th percentile and worst, by where the cut falls."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else find_starter_model()
    if path is None:
        sys.exit("The starter model is not installed; name a model's file.")
    count = int(sys.argv[2]) if len(sys.argv) > 2 else _PREFIXES
    log.install()
    model = Model(path, LoadOptions(threads=1, context_size=1024), lambda _fraction: True)
    context = LlamaContext(model, Interrupt())
    texts = _Texts([model.vocabulary.text(token) for token in range(model.vocabulary.size)])
    cuts = _cuts(list(_texts(model, context)), count)
    outcomes = [_measured(cut, model, context, texts) for cut in cuts]
    context.close()
    model.close()
    print(f"{count} prefixes, {path.name}; total variation to the uncut tokenization")
    print(f"{'':32} {'what a token adds':20}   {'the next byte':20}   bits of")
    print(f"{'':32} median   90th  worst   median   90th  worst   the byte")
    for case in _CASES:
        found = [outcome for outcome in outcomes if outcome.case == case]
        if found:
            _print(found, case)
    _print(outcomes, "all")
    peeks = np.bincount([outcome.peeks for outcome in outcomes], minlength=3)
    print(f"other ways evaluated: none {peeks[0]}, one {peeks[1]}, two {peeks[2]}")


if __name__ == "__main__":
    main()
