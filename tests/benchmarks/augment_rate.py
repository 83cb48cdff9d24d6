"""How fast many samples are written, against a bare loop of eight sequences; and in what memory.

    python -m tests.benchmarks.augment_rate [--model MODEL.gguf] [--samples 200] [--rounds 3]
        [--threads N] [--prompts 1] [--rows 10000]

Samples of uneven length (16 to 112 tokens, evenly, seed 1) follow one prompt, eight at once, each
begun as another ends. The yardstick is a bare `llama_decode` loop of eight sequences behind the
same prompt, 64 tokens of each once every 25 samples, for a machine's speed changes by a tenth
within seconds; that time is not the samples'. Both have their memory in huge pages. Printed is the
share of its rate that is reached, with all that is counted of a text: its log-probabilities and its
neighbours among the others; the last lanes, which nothing fills any more, count too. With
`--threads 1` it is by processor time, which other programs hardly change. With more prompts these
are evaluated between, which the loop does not.

With `--rows` a data set of so many rows is written by a tiny model, and its process's resident
memory is printed at each tenth.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.llama.bare_loop import BareLoop
from studio.engine.llama.huge_pages import ask_for_huge_pages
from studio.engine.messages import (
    MOST_SEQUENCES,
    AnyEvent,
    Evaluated,
    Load,
    Loaded,
    LoadOptions,
    PreviewNextToken,
    Prompt,
)
from studio.engine.model_files.starter_model import find_starter_model
from studio.experiments.augmentation.augmentation import Augmentation
from studio.experiments.augmentation.journal import FORMAT, FORMAT_VERSION, Head, Journal
from studio.experiments.augmentation.plan import Plan, Prompts, Screen
from studio.experiments.augmentation.prompt_table import PromptTable
from studio.experiments.samples import Sample, SampleRun, WrittenSample
from studio.experiments.text_measures.nearest_texts import NearestTexts
from studio.model_record import ModelRecord
from studio.presets import Preset
from studio.sampling import SamplingParams
from tests.helpers.tiny_model import write_byte_level_model

_PROMPT = (
    "The old fisherman looked out over the sea and thought about the years. He had gone out each "
    "morning before the light, and come home each evening with what there was. "
)
_MEAN = 64
_BETWEEN = 25
"""Samples."""


def _samples(count: int, prompts: int) -> Iterator[Sample]:
    draws = random.Random(1)
    for number in range(count):
        beginning = "" if prompts == 1 else f"Story {number * prompts // count}. "
        yield Sample(
            key=(number,),
            prompt=Prompt(manuscript=beginning + _PROMPT),
            params=SamplingParams(temperature=1.0, top_p=0.95, seed=number),
            max_tokens=draws.randint(_MEAN // 4, _MEAN + 3 * _MEAN // 4),
        )


class _Desk:
    """An engine, and the bare loop beside it.

    Args:
        path: The model.
        threads: How many evaluate; 0 for one a core.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._run: SampleRun | None = None
        self._prompt: list[int] = []
        self._threads = threads
        self._clock = time.process_time if threads == 1 else time.perf_counter
        self._interrupt = Interrupt()
        self.engine = Engine(self._on_events, self._interrupt, float("inf"))
        options = LoadOptions(context_size=4096, threads=threads)
        self.engine.run(Load(request=0, path=str(path), options=options), self._control())
        preview = PreviewNextToken(request=9, prompt=Prompt(manuscript=_PROMPT))
        self.engine.run(preview, self._control())
        self._bare = BareLoop(path, 4096, self._threads, sequences=MOST_SEQUENCES)
        ask_for_huge_pages()

    def warm_up(self) -> None:
        """Have all that is needed loaded."""
        self.rates(16, 1)
        self._bare_seconds()

    def _bare_seconds(self) -> float:
        draws = random.Random(2)
        tokens = [
            [draws.randrange(100, 2_000) for _ in range(_MEAN)] for _ in range(MOST_SEQUENCES)
        ]
        started = self._clock()
        self._bare.seconds_of_sequences(self._prompt, tokens)
        return self._clock() - started

    def rates(self, count: int, prompts: int) -> tuple[float, float]:
        """Tokens a second of samples, and of eight sequences of the bare loop meanwhile."""
        waiting, control, texts = _samples(count, prompts), self._control(), NearestTexts()
        bare: list[float] = []

        def written(sample: WrittenSample) -> None:
            assert sample.log_probability_t1 is not None
            assert sample.log_probability_t is not None
            trace = texts.trace(sample.text)
            texts.similarity(trace)
            texts.add(trace)
            if len(texts) % _BETWEEN == 0:
                bare.append(self._bare_seconds())

        run = self._run = SampleRun(
            1, lambda: next(waiting, None), written, control.commands.append, ignore_eos=True
        )
        started = self._clock()
        for command in run.commands():
            self.engine.run(command, control)
        seconds = self._clock() - started - sum(bare)
        assert len(texts) == count
        rate_of_bare = len(bare) * MOST_SEQUENCES * _MEAN / sum(bare) if bare else 0.0
        return run.tokens / seconds, rate_of_bare

    def _control(self) -> Control:
        return Control(self._interrupt)

    def _on_events(self, *events: AnyEvent) -> None:
        for event in events:
            if isinstance(event, Loaded):
                self._threads = event.report.threads
            if isinstance(event, Evaluated) and not self._prompt:
                self._prompt = event.token_ids()
            if self._run is not None:
                self._run.on_event(event)


def _measure_rate(path: Path, count: int, rounds: int, threads: int, prompts: int) -> None:
    desk = _Desk(path, threads)
    desk.warm_up()
    shares = []
    for number in range(rounds):
        rate, bare = desk.rates(count, prompts)
        shares.append(rate / bare)
        print(
            f"round {number}: {count} samples of {prompts} prompts {rate:.0f} tokens/s, bare "
            f"{bare:.0f}, share {shares[-1]:.3f}",
            flush=True,
        )
    print(f"share of the bare rate: median {statistics.median(shares):.3f}")
    desk.engine.close()


def _measure_memory(rows: int) -> None:
    process, folder = psutil.Process(), Path(tempfile.mkdtemp(prefix="augment-"))
    path = write_byte_level_model(folder / "tiny.gguf")
    table = PromptTable([{"prompt": f"Prompt {number}:"} for number in range(rows // 100)], "")
    plan = Plan(
        samples=100,
        tries=400,
        seed=1,
        presets=(Preset(name="Neutral", max_tokens=100),),
        screen=Screen(duplicates="mark"),
        ignore_eos=True,
    )
    head = Head(
        format=FORMAT,
        format_version=FORMAT_VERSION,
        identity={},
        seed=1,
        model=ModelRecord(name="tiny"),
    )
    journal = Journal.open(folder / "journal", head)

    def on_entry(_entry: object) -> None:
        if made.rows % (rows // 10) == 0:
            print(f"{made.rows:6} rows: {process.memory_info().rss / 2**20:.1f} MiB", flush=True)

    made = Augmentation(plan, Prompts(table, plan), journal, on_entry)
    interrupt = Interrupt()
    control = Control(interrupt)
    run = SampleRun(1, made.next_sample, made.take, control.commands.append, ignore_eos=True)

    def on_events(*events: AnyEvent) -> None:
        for event in events:
            run.on_event(event)

    engine = Engine(on_events, interrupt, 1e9)
    options = LoadOptions(threads=1)
    engine.run(Load(request=0, path=str(path), options=options), control)
    for command in run.commands():
        engine.run(command, control)
    engine.close()
    journal.close()


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, default=find_starter_model())
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prompts", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="0: one a core")
    parser.add_argument("--rows", type=int, default=0, help="measure the memory of so many instead")
    given = parser.parse_args()
    if given.rows:
        _measure_memory(given.rows)
        return
    if given.model is None:
        raise SystemExit("The starter model is not installed; name a model's file with --model.")
    _measure_rate(given.model, given.samples, given.rounds, given.threads, given.prompts)


if __name__ == "__main__":
    main()
