"""A text that the engine has written goes on from any of its tokens, with the draws of its seed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from llama_cpp import llama_batch

from studio.engine.llama.context import LlamaContext
from studio.engine.messages import (
    AnyEvent,
    Evaluated,
    Finished,
    Generate,
    PreviewNextToken,
    Prompt,
    SequenceStart,
    Token,
    id_bytes,
)
from studio.sampling import SamplingParams
from studio.token_record import TokenRecord
from tests.engine.generation.test_sequences import assert_same_text
from tests.helpers.engine_bench import EngineBench

OPENING = Prompt(manuscript="The old fisherman looked out over the sea and thought about ")
PARAMS = SamplingParams(temperature=0.9, seed=5)
TOKENS = 16


@pytest.fixture(scope="module")
def opened_bench(starter_model: Path) -> Iterator[EngineBench]:
    bench = EngineBench()
    bench.load(starter_model, context_size=512)
    yield bench
    bench.engine.close()


@pytest.fixture
def bench(opened_bench: EngineBench) -> EngineBench:
    """The starter model, with nothing read of what a test before has had read."""
    opened_bench.run(PreviewNextToken(request=1, prompt=Prompt(manuscript="1")))
    return opened_bench


def write(
    bench: EngineBench,
    params: SamplingParams = PARAMS,
    written: list[TokenRecord] | None = None,
    *,
    mu: float | None = None,
) -> list[AnyEvent]:
    ids = id_bytes(record.id for record in written or [])
    command = Generate(
        request=3,
        prompt=OPENING,
        sequences=(SequenceStart(params=params, written=ids, mu=mu),),
        max_tokens=TOKENS - len(written or []),
        ignore_eos=True,
    )
    return list(bench.run(command))


def records(events: list[AnyEvent]) -> list[TokenRecord]:
    return [event.record for event in events if isinstance(event, Token)]


def look(bench: EngineBench, text: bytes) -> None:
    """As the window does when a text has ended: it asks what would follow."""
    prompt = Prompt(manuscript=OPENING.manuscript + text.decode())
    bench.run(PreviewNextToken(request=4, prompt=prompt))


@pytest.mark.parametrize("kept", [1, 7, TOKENS - 1])
def test_it_goes_on_as_it_was_within_two_decodes(
    bench: EngineBench, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(bench)
    whole = records(first)
    look(bench, b"".join(record.text for record in whole))
    evaluated = 0
    run = LlamaContext._run

    def count(context: LlamaContext, batch: llama_batch) -> None:
        nonlocal evaluated
        if not any(isinstance(event, Token) for event in bench.events):
            evaluated += batch.n_tokens
        run(context, batch)

    monkeypatch.setattr(LlamaContext, "_run", count)
    rest = write(bench, written=whole[:kept])
    assert evaluated <= 2, "neither the prompt nor what is kept was evaluated again"
    assert_same_text(records(rest), whole[kept:])
    [before] = [event for event in first if isinstance(event, Evaluated)]
    [after] = [event for event in rest if isinstance(event, Evaluated)]
    assert after.tokens == before.tokens, "the prompt is reported without what was kept"
    [end] = [event for event in rest if isinstance(event, Finished)]
    assert (end.tokens, end.seed) == (TOKENS, 5)


def test_another_text_may_have_been_read_since(bench: EngineBench) -> None:
    whole = records(write(bench))
    bench.run(PreviewNextToken(request=4, prompt=Prompt(manuscript="Something else, and long.")))
    bench.run(PreviewNextToken(request=5, prompt=Prompt(manuscript="And a third text.")))
    assert_same_text(records(write(bench, written=whole[:9])), whole[9:])
    # What was found of the prompt is kept for it alone.
    assert_same_text(records(write(bench)), whole)


def test_what_mirostat_has_learnt_goes_with_it(bench: EngineBench) -> None:
    params = SamplingParams(mirostat=2, mirostat_tau=3.0, seed=8)
    whole = records(write(bench, params))
    rest = records(write(bench, params, whole[:12], mu=whole[12].mu))
    assert_same_text(rest, whole[12:])
    assert [record.mu for record in rest] == pytest.approx(
        [record.mu for record in whole[12:]], abs=0.05
    )
