"""Whole texts drawn with the real model: what they weigh is held against llama.cpp itself."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.engine.messages import Generate, Prompt
from studio.experiments.text_run import TextRun
from studio.experiments.text_temperature import (
    BlockWise,
    Proposal,
    Resampled,
    Texts,
    block_wise,
    resampled,
)
from tests.helpers.engine_bench import EngineBench
from tests.helpers.reference import Reference, softmax

OPENING = "The old fisherman looked out over the"
TEMPERATURE = 0.5
LENGTH = 10


@pytest.fixture(scope="module")
def bench(starter_model: Path) -> Iterator[EngineBench]:
    bench = EngineBench()
    bench.load(starter_model, context_size=512)
    yield bench
    bench.engine.close()


def run_of(
    draw: Generator[Proposal, Texts, Resampled | BlockWise],
) -> TextRun[Resampled | BlockWise]:
    prompt = Prompt(manuscript=OPENING)
    return TextRun(1, prompt, TEMPERATURE, draw, np.random.default_rng(3), ignore_eos=True)


@pytest.mark.parametrize("way", ["block_wise", "resampled"])
def test_what_a_text_weighs_is_what_llama_cpps_logits_say(
    bench: EngineBench, starter_model: Path, way: str
) -> None:
    rng = np.random.default_rng(1)
    run = run_of(
        block_wise(LENGTH, 4, 3, rng) if way == "block_wise" else resampled(LENGTH, 3, rng)
    )
    commands: list[Generate] = []
    for command in run.commands():
        commands.append(command)
        for event in bench.run(command):
            run.on_event(event)
    found = run.result
    assert found is not None
    assert found.texts.lengths.tolist() == [LENGTH]
    (tokens,), (masses,) = found.texts.tokens.tolist(), found.texts.log_masses.tolist()
    with Reference(starter_model, 256) as reference:
        prompt = reference.tokenize(OPENING, special=False)
        rows = reference.logits([*prompt, *tokens[:-1]], len(prompt) - 1)
        text = b"".join(map(reference.piece, tokens))
    assert run.text(found.texts.tokens[0]) == text
    # The first token's are conditioned on the text's end (tests/engine/writing/test_healing.py).
    expected = [np.log((softmax(row) ** (1.0 / TEMPERATURE)).sum()) for row in rows]
    assert masses[1:] == pytest.approx(expected[1:], abs=0.02)
    if isinstance(found, BlockWise):
        assert len(commands) == 3 * (1 + 3)
        assert all(len(command.sequences) == 1 for command in commands)
        kept = [len(command.sequences[0].token_ids()) for command in commands]
        assert kept[0::4] == [0, 4, 8]
        assert found.evaluations == sum(command.max_tokens for command in commands)
    else:
        assert [len(command.sequences) for command in commands] == [3]
        assert found.evaluations == 3 * LENGTH
        assert 1.0 <= found.effective[0] <= 3.0
