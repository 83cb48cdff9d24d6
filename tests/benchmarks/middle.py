"""Whether ranked candidates fit what follows better than a plain continuation does.

    python -m tests.benchmarks.middle [--model MODEL.gguf] [--passages N] [--candidates N]
        [--threads N] [--preset NAME] TEXT.txt...

From each text of prose passages are taken at random (seed 1), from all in equal number; the middle
third of each is removed. A plain continuation (one sequence, which does not see what follows) is
compared with the best of several candidates, of which the first has the same seed. The measure is
that of the ranking: the mean log-probability at T 1 of the first 64 tokens of what follows, read
behind the text before and what was written; here in bits of surprise, so less is better. Beside it
stand the text that was removed, and nothing at all in its place.

A better mean says that what follows is more probable there. It does not say that the middle is
better prose.
"""

import argparse
import random
import re
import sys
import time
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from studio.engine.messages import LoadOptions, Prompt, Scored, SequenceStart
from studio.engine.model_files.starter_model import find_starter_model
from studio.experiments.following_text import following_score, mean_surprise
from studio.experiments.middle import MiddleRun, starts_of
from studio.presets import PresetFolder, preset_folder
from studio.sampling import SamplingParams
from tests.benchmarks.engine import engine_with
from tests.helpers.engine_bench import EngineBench

_LENGTH = 1200
"""Code points of a passage, about: three thirds of 95 tokens."""
_EDGE = 3000
"""So many at a text's beginning and end are titles and notes of who keeps it."""
_TOKENS = 64
"""That a candidate may have."""


class _Passage(NamedTuple):
    before: str
    removed: str
    after: str


class _Outcome(NamedTuple):
    """Bits a token of what follows: behind each."""

    plain: float
    best: float
    removed: float
    nothing: float
    first_is_best: bool
    seconds: tuple[float, float]
    """For the plain continuation, and for the candidates with their ranking."""


def _middle(
    bench: EngineBench, passage: _Passage, starts: tuple[SequenceStart, ...]
) -> tuple[MiddleRun, float]:
    """Candidates for a passage's middle, and how many seconds they took."""
    begun = time.perf_counter()
    middle = MiddleRun(1, Prompt(manuscript=passage.before), passage.after, starts, _TOKENS)
    for command in middle.commands():
        for event in bench.run(command):
            middle.on_event(event)
    return middle, time.perf_counter() - begun


def _follows(bench: EngineBench, passage: _Passage, text: str) -> float:
    """The measure of a text in a passage's middle."""
    command = following_score(1, Prompt(manuscript=passage.before), text, passage.after)
    scored = [event for event in bench.run(command) if isinstance(event, Scored)]
    found = mean_surprise(record for event in scored for record in event.tokens)
    assert found is not None, "something follows"
    return found


def _passages(texts: list[str], count: int) -> list[_Passage]:
    chosen = random.Random(1)
    found = []
    for number in range(count):
        text = texts[number % len(texts)]
        start = text.index(" ", chosen.randrange(_EDGE, len(text) - _EDGE - _LENGTH)) + 1
        one = text.index(" ", start + _LENGTH // 3)
        two = text.index(" ", start + 2 * _LENGTH // 3)
        end = text.index(" ", start + _LENGTH)
        found.append(_Passage(text[start:one], text[one:two], text[two:end]))
    return found


def _prose(path: Path) -> str:
    """A text without the line breaks within its paragraphs."""
    text = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" {2,}", " ", text))


def _outcome(
    bench: EngineBench, passage: _Passage, params: SamplingParams, candidates: int
) -> _Outcome:
    starts = starts_of(params, candidates)
    plain, plain_seconds = _middle(bench, passage, starts[:1])
    several, seconds = _middle(bench, passage, starts)
    (alone,), best = plain.ranked(), several.ranked()[0]
    return _Outcome(
        _follows(bench, passage, alone.text),
        _follows(bench, passage, best.text),
        _follows(bench, passage, passage.removed),
        _follows(bench, passage, ""),
        best.finished.sequence == 0,
        (plain_seconds, seconds),
    )


def main() -> None:
    """Print how often the ranked choice is followed better, and by how much."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("texts", nargs="+", type=Path, metavar="TEXT.txt")
    parser.add_argument("--model", type=Path, default=find_starter_model())
    parser.add_argument("--passages", type=int, default=100)
    parser.add_argument("--candidates", type=int, default=4)
    parser.add_argument("--threads", type=int, default=0, help="0: one a core")
    parser.add_argument("--preset", default="Creative writing")
    given = parser.parse_args()
    if given.model is None:
        sys.exit("The starter model is not installed; name a model's file with --model.")
    sampling = PresetFolder(preset_folder()).find(given.preset).sampling
    bench = engine_with(given.model, LoadOptions(threads=given.threads))
    outcomes = []
    passages = _passages([_prose(path) for path in given.texts], given.passages)
    for number, passage in enumerate(passages):
        params = msgspec.structs.replace(sampling, seed=1000 + number)
        outcomes.append(_outcome(bench, passage, params, given.candidates))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    bench.engine.close()
    _print(outcomes, given)


def _print(outcomes: list[_Outcome], given: argparse.Namespace) -> None:
    plain, best, removed, nothing = np.array([outcome[:4] for outcome in outcomes]).T
    wins, ties = int((best < plain).sum()), int((best == plain).sum())
    firsts = sum(outcome.first_is_best for outcome in outcomes)
    alone, several = np.mean([outcome.seconds for outcome in outcomes], axis=0)
    print(
        f"{len(outcomes)} passages, {given.model.name}, {given.preset}, best of {given.candidates}"
    )
    print(f"the ranked choice is followed better in {wins}, as well in {ties}")
    print(f"the first candidate was the best in {firsts}")
    print("bits a token of what follows, mean and quartiles:")
    for name, found in (
        ("plain", plain),
        ("ranked", best),
        ("removed text", removed),
        ("nothing", nothing),
        ("plain - ranked", plain - best),
    ):
        low, middle, high = np.quantile(found, [0.25, 0.5, 0.75])
        print(f"  {name:16} {found.mean():6.3f}   {low:6.3f} {middle:6.3f} {high:6.3f}")
    print(f"seconds: plain {alone:.2f}, candidates and ranking {several:.2f}")


if __name__ == "__main__":
    main()
