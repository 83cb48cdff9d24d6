"""How texts degenerate with the way they are drawn: the comparison of Holtzman et al. 2019 again.

    python -m tests.benchmarks.degeneration [--model MODEL.gguf] [--prompts N] [--tokens N]
        [--threads N] TEXT.txt...

From each text of prose prompts are taken at random (seed 1), from all in equal number: the first
words of a paragraph, about 35 tokens. Each is continued in every way of `WAYS` by 200 tokens at
most, and beside them stands what the book itself goes on with, of the same length. Of each way
("The curious case of neural text degeneration", arXiv 1904.09751, table 1):

- perplexity under the model itself, at T 1 and without filters: how unexpected the texts are;
- self-BLEU4: how much the texts resemble one another;
- repetition: the share that ends by repeating a phrase;
- distinct-4: the share of different runs of four words.

What the figures are to be like is their order in the paper, of another model on other texts: it is
printed with what holds. Intervals are 95 %, by a bootstrap over prompts, Wilson's for shares. The
table is Markdown, for docs/degeneration.md.
"""

import argparse
import math
import random
import re
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.messages import AnyEvent, Failed, Load, LoadOptions, Prompt, Score, Scored
from studio.engine.model_files.starter_model import find_starter_model
from studio.experiments.samples import Sample, SampleRun, WrittenSample
from studio.experiments.text_measures.diversity import distinct_parts, self_bleu, words_of
from studio.experiments.text_measures.intervals import (
    Interval,
    percentile_interval,
    resampled_counts,
    share_interval,
)
from studio.experiments.text_measures.repetition import ends_in_loop
from studio.sampling import LogitSketch, SamplingParams, SketchStack
from studio.token_record import TokenRecord
from studio.utf8 import whole_characters

HUMAN = "human"
WAYS = {
    "greedy": SamplingParams(temperature=0.0),
    "T 1": SamplingParams(),
    "top-k 40": SamplingParams(top_k=40),
    "nucleus 0.95": SamplingParams(top_p=0.95),
    "min-p 0.05": SamplingParams(min_p=0.05),
    "p-less": SamplingParams(p_less=1),
}

PAPER = {
    HUMAN: (12.38, 0.31, 0.28),
    "greedy": (1.50, 0.50, 73.66),
    "T 1": (22.73, 0.28, 0.22),
    "top-k 40": (6.88, 0.39, 0.78),
    "nucleus 0.95": (13.13, 0.32, 0.36),
}
"""Perplexity, self-BLEU4 and repetition in percent: GPT-2 Large on WebText, 5,000 texts a row."""

_PROMPT = 150
"""Code points of a prompt, at least."""
_BEYOND = 2_000
"""Of what the book goes on with: more than the tokens that are compared."""
_EDGE = 3_000
"""So many at a text's beginning and end are titles and notes of who keeps it."""


class _Passage(NamedTuple):
    prompt: str
    continuation: str


class _Text(NamedTuple):
    """One text of a way."""

    text: str
    tokens: tuple[int, ...]
    nats: float
    """−Σ ln p at T 1."""


class _Row(NamedTuple):
    """What is found of a way."""

    perplexity: Interval
    self_bleu: Interval
    repetition: Interval
    distinct: Interval
    length: float


def _passages(texts: list[str], count: int) -> list[_Passage]:
    chosen = random.Random(1)
    starts = []
    for text in texts:
        # A paragraph of prose: not a heading, a verse, or the middle of a dialogue's line.
        found = [match.start() for match in re.finditer(r"(?<=\n\n)[A-Z][^\n]{400,}", text)]
        inside = [start for start in found if _EDGE < start < len(text) - _EDGE - _BEYOND]
        starts.append(chosen.sample(inside, min(len(inside), -(-count // len(texts)))))
    passages = []
    for number in range(count):
        text, own = texts[number % len(texts)], starts[number % len(texts)]
        start = own[number // len(texts)]
        end = text.index(" ", start + _PROMPT)
        passages.append(_Passage(text[start:end], text[end : end + _BEYOND]))
    return passages


def _prose(path: Path) -> str:
    """A text without the line breaks within its paragraphs."""
    text = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" {2,}", " ", text))


class _Bench:
    """An engine with a model, and what it wrote and read."""

    def __init__(self, path: Path, threads: int) -> None:
        self._interrupt = Interrupt()
        self._control = Control(self._interrupt)
        self._run: SampleRun | None = None
        self._read: list[TokenRecord] = []
        self._engine = Engine(self._on_events, self._interrupt, math.inf)
        options = LoadOptions(threads=threads)
        self._engine.run(Load(request=0, path=str(path), options=options), self._control)

    def _on_events(self, *events: AnyEvent) -> None:
        for event in events:
            if isinstance(event, Failed):
                sys.exit(event.message)
            if isinstance(event, Scored):
                self._read += event.tokens
            elif self._run is not None:
                self._run.on_event(event)

    def written(self, passages: Sequence[_Passage], tokens: int) -> dict[str, list[_Text]]:
        """The texts of all ways, each in the order of the passages."""
        names = list(WAYS)
        waiting = iter(
            Sample(
                key=(way, place),
                prompt=Prompt(manuscript=passage.prompt),
                params=msgspec.structs.replace(WAYS[names[way]], seed=1_000 + place),
                max_tokens=tokens,
            )
            for place, passage in enumerate(passages)
            for way in range(len(names))
        )
        found: dict[tuple[int, ...], _Text] = {}

        def take(sample: WrittenSample) -> None:
            ids = tuple(record.id for record in sample.records)
            nats = -(sample.log_probability_t1 or 0.0) * len(ids)
            found[sample.sample.key] = _Text(sample.text, ids, nats)
            print(".", end="", file=sys.stderr, flush=True)

        self._run = SampleRun(1, lambda: next(waiting, None), take, self._control.commands.append)
        for command in self._run.commands():
            self._engine.run(command, self._control)
        self._run = None
        return {
            name: [found[way, place] for place in range(len(passages))]
            for way, name in enumerate(names)
        }

    def human(self, passage: _Passage, tokens: int) -> _Text:
        """What the book goes on with."""
        self._read = []
        before = passage.prompt
        command = Score(
            request=1_000_000,
            prompt=Prompt(manuscript=before + passage.continuation),
            first=len(before),
            most=tokens,
        )
        self._engine.run(command, self._control)
        stack = SketchStack()
        for record in self._read:
            stack.append(LogitSketch.from_bytes(record.sketch), record.id)
        text = whole_characters(b"".join(record.text for record in self._read))
        ids = tuple(record.id for record in self._read)
        return _Text(text, ids, math.log(2.0) * float(stack.surprise(1.0).sum()))

    def close(self) -> None:
        """Free the model."""
        self._engine.close()


def _row(texts: Sequence[_Text]) -> _Row:
    words = [words_of(one.text) for one in texts]
    loops = sum(ends_in_loop(one.tokens) for one in texts)
    perplexity = _ratio([(one.nats, len(one.tokens)) for one in texts])
    return _Row(
        Interval(*(math.exp(value) for value in perplexity)),
        _ratio([(score, 1) for score in self_bleu([one.text for one in texts])]),
        share_interval(loops, len(texts)),
        _ratio(distinct_parts(words, 4)),
        float(np.mean([len(one.tokens) for one in texts])),
    )


def _ratio(parts: Sequence[tuple[float, float]]) -> Interval:
    """A ratio of two sums over texts."""
    upper, lower = np.array(parts, dtype=np.float64).T
    weights = resampled_counts(len(parts), seed=1)
    return percentile_interval(
        float(upper.sum() / lower.sum()), (weights @ upper) / (weights @ lower)
    )


def _print(rows: dict[str, _Row]) -> None:
    print("| | perplexity | self-BLEU4 | repetition | distinct-4 | tokens |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, row in rows.items():
        paper = PAPER.get(name)
        percent = Interval(*(100.0 * value for value in row.repetition))
        cells = [
            _cell(row.perplexity, ".1f", paper and f"{paper[0]:.1f}"),
            _cell(row.self_bleu, ".2f", paper and f"{paper[1]:.2f}"),
            _cell(percent, ".0f", paper and f"{paper[2]:.2g}"),
            _cell(row.distinct, ".2f", None),
            f"{row.length:.0f}",
        ]
        print(f"| {name} | {' | '.join(cells)} |")
    print()
    for place, title in enumerate(("perplexity", "self-BLEU4", "repetition")):
        order = sorted(PAPER, key=lambda name: PAPER[name][place])
        print(f"order of {title} in the paper, and here:")
        for less, more in pairwise(order):
            low, high = rows[less][place], rows[more][place]
            assert isinstance(low, Interval)
            assert isinstance(high, Interval)
            said = "holds" if low.figure <= high.figure else "is the other way round"
            if low.low <= high.high and high.low <= low.high:
                said += ", within the intervals"
            print(f"  {less} < {more}: {said}")


def _cell(found: Interval, form: str, paper: str | None) -> str:
    shown = f"{found.figure:{form}} ({found.low:{form}}–{found.high:{form}})"
    return f"{shown}; paper {paper}" if paper else shown


def main() -> None:
    """Print the table, and what of the paper's order holds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("texts", nargs="+", type=Path, metavar="TEXT.txt")
    parser.add_argument("--model", type=Path, default=find_starter_model())
    parser.add_argument("--prompts", type=int, default=100)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--threads", type=int, default=0, help="0: one a core")
    given = parser.parse_args()
    if given.model is None:
        sys.exit("The starter model is not installed; name a model's file with --model.")
    begun = time.perf_counter()
    bench = _Bench(given.model, given.threads)
    passages = _passages([_prose(path) for path in given.texts], given.prompts)
    texts = {HUMAN: [bench.human(passage, given.tokens) for passage in passages]}
    texts |= bench.written(passages, given.tokens)
    bench.close()
    print(f"\n{time.perf_counter() - begun:.0f} s", file=sys.stderr)
    print(f"{given.prompts} prompts, {given.tokens} tokens at most, {given.model.name}\n")
    _print({name: _row(own) for name, own in texts.items()})


if __name__ == "__main__":
    main()
