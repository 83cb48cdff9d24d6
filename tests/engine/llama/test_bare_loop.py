"""The bare loop decodes what it is given, and nothing twice."""

from collections.abc import Iterator
from pathlib import Path

import llama_cpp
import numpy as np
import pytest

from studio.engine.llama.bare_loop import BareLoop
from tests.helpers.reference import Reference

PROMPT = [80, 81, 82, 83]
CONTEXT = 512


@pytest.fixture
def loop(byte_level_path: Path) -> Iterator[BareLoop]:
    loop = BareLoop(byte_level_path, CONTEXT, threads=1, sequences=3)
    yield loop
    loop.close()


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by the size of each batch that is decoded."""
    sizes: list[int] = []
    decode = llama_cpp.llama_decode

    def counted(context: object, batch: llama_cpp.llama_batch) -> int:
        sizes.append(batch.n_tokens)
        return int(decode(context, batch))

    monkeypatch.setattr(llama_cpp, "llama_decode", counted)
    return sizes


def last_logits(loop: BareLoop, size: int) -> list[float]:
    found = llama_cpp.llama_get_logits_ith(loop._context, -1)
    return list(found[:size])


def test_tokens_one_by_one_after_the_prompt(loop: BareLoop, batches: list[int]) -> None:
    assert loop.seconds(PROMPT, [90, 91, 92]) > 0.0
    assert batches == [4, 1, 1, 1]


def test_a_prompt_is_evaluated_once_and_another_anew(loop: BareLoop, batches: list[int]) -> None:
    loop.seconds(PROMPT, [90])
    loop.seconds(PROMPT, [91])
    loop.seconds_of_sequences(PROMPT, [[92], [93]])
    loop.seconds([*PROMPT, 84], [94])
    assert batches == [4, 1, 1, 2, 5, 1]


def test_a_text_is_read_anew_each_time(loop: BareLoop, batches: list[int]) -> None:
    assert loop.seconds_to_read(PROMPT) > 0.0
    loop.seconds_to_read(PROMPT)
    loop.seconds(PROMPT, [90])
    assert batches == [4, 4, 1]


def test_a_lane_that_ends_leaves_the_batches(loop: BareLoop, batches: list[int]) -> None:
    loop.seconds_of_sequences(PROMPT, [[90, 91, 92, 93], [94], [95, 96]])
    assert batches == [4, 3, 2, 1, 1]


def test_what_was_decoded_before_is_gone(loop: BareLoop, byte_level_path: Path) -> None:
    loop.seconds(PROMPT, [97, 98, 99])
    loop.seconds_of_sequences(PROMPT, [[90, 91, 92], [93, 94]])
    loop.seconds_of_sequences(PROMPT, [[100, 101], [102, 103, 104]])
    with Reference(byte_level_path, CONTEXT) as reference:
        (expected,) = reference.logits([*PROMPT, 102, 103, 104], len(PROMPT) + 2)
    np.testing.assert_allclose(last_logits(loop, len(expected)), expected, atol=2e-2)


def test_what_cannot_be_decoded_is_no_fast_run(loop: BareLoop) -> None:
    with pytest.raises(RuntimeError, match="llama_decode returned"):
        loop.seconds(PROMPT, [90] * CONTEXT)
    with pytest.raises(RuntimeError, match="llama_decode returned"):
        loop.seconds_of_sequences(PROMPT, [[90] * CONTEXT])
