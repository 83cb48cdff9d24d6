"""Candidates before a text that follows, with the real model: held against llama.cpp itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.engine.control import Control
from studio.engine.messages import AnyEvent, Generate, Prompt, Token
from studio.experiments.middle import Candidate, MiddleRun, starts_of
from studio.sampling import SamplingParams
from tests.helpers.engine_bench import EngineBench
from tests.helpers.reference import Reference, softmax

BEFORE = "The old fisherman looked out over the sea. It was calm, and grey as slate. He had"
AFTER = "Then he rowed home through the fog, and slept until the storm was over."
PARAMS = SamplingParams(temperature=0.9, min_p=0.05, seed=11)


@pytest.fixture(scope="module")
def bench(starter_model: Path) -> Iterator[EngineBench]:
    bench = EngineBench()
    bench.load(starter_model, context_size=1024)
    yield bench
    bench.engine.close()


def middle(count: int, max_tokens: int = 24, brief: str = "") -> MiddleRun:
    prompt = Prompt(manuscript=BEFORE, brief=brief)
    return MiddleRun(1, prompt, AFTER, starts_of(PARAMS, count), max_tokens)


def written(bench: EngineBench, run: MiddleRun) -> list[Candidate]:
    for command in run.commands():
        for event in bench.run(command):
            run.on_event(event)
    return run.ranked()


def surprise_of(reference: Reference, before: str, after: str) -> float:
    """The mean surprise of the first 64 tokens of a text behind another, one token a call."""
    tokens = reference.tokenize(before + after, special=False)
    first = len(reference.tokenize(before, special=False))
    rows = reference.logits(tokens[:-1], first - 1)
    found = [-np.log2(softmax(row)[token]) for row, token in zip(rows, tokens[first:], strict=True)]
    return float(np.mean(found[:64]))


def test_the_best_is_the_one_behind_which_llama_cpp_holds_what_follows_likeliest(
    bench: EngineBench, starter_model: Path
) -> None:
    ranked = written(bench, middle(4, 12))
    assert len(ranked) == 4
    assert sorted(one.finished.seed for one in ranked) == [11, 12, 13, 14]
    follows = [one.follows for one in ranked if one.follows is not None]
    assert len(set(follows)) == 4
    assert follows == sorted(follows)
    with Reference(starter_model) as reference:
        for one in ranked:
            assert one.text.endswith(" ")
            expected = surprise_of(reference, BEFORE + one.text.removesuffix(" "), f" {AFTER}")
            assert one.follows == pytest.approx(expected, abs=0.05)


def test_the_first_is_written_as_one_alone_is_with_its_seed(bench: EngineBench) -> None:
    (alone,) = written(bench, middle(1, 8))
    several = {one.finished.seed: one for one in written(bench, middle(3, 8))}
    assert alone.follows is None
    # One is in batches of one token, the other of three: the first words fall alike.
    assert several[11].text[:8] == alone.text[:8]


def test_what_was_written_when_it_was_stopped_is_not_ranked(bench: EngineBench) -> None:
    def stop(event: AnyEvent, control: Control) -> None:
        if isinstance(event, Token) and event.index == 5:
            control.stop()

    run = middle(3)
    bench.on_event = stop
    try:
        for command in run.commands():
            assert isinstance(command, Generate)
            for event in bench.run(command):
                run.on_event(event)
            break
    finally:
        bench.on_event = lambda _event, _control: None
    ranked = run.ranked()
    assert [one.finished.seed for one in ranked] == [11, 12, 13]
    assert {one.finished.reason for one in ranked} == {"stopped"}
    assert all(one.text.strip() for one in ranked)


def test_a_text_too_long_for_the_context_is_read_behind_what_was_seen(
    starter_model: Path,
) -> None:
    bench = EngineBench()
    bench.load(starter_model, context_size=128)
    prompt = Prompt(manuscript="The sea was calm that day. " * 20 + BEFORE)
    run = MiddleRun(1, prompt, AFTER, starts_of(PARAMS, 2), 12)
    ranked = written(bench, run)
    bench.engine.close()
    assert [one.follows is None for one in ranked] == [False, False]
    read = [command for command in run.commands() if not isinstance(command, Generate)]
    assert all(0 < len(score.prompt.manuscript) < len(prompt.manuscript) for score in read)
    assert all(score.prompt.skipped > 0 for score in read)
