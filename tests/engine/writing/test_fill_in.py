"""Both sides of a place, given to a model that has tokens for that: the real engine, held against
llama.cpp itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.engine.messages import (
    FOLLOWING_PART,
    Distribution,
    Evaluated,
    Finished,
    Generate,
    PreviewNextToken,
    Prompt,
    PromptNote,
    PromptParts,
    PromptSpan,
    SequenceStart,
    Token,
)
from studio.engine.templates.chat_template import ChatSkeleton, Literal
from studio.engine.vocabulary import Vocabulary
from studio.engine.writing.prompt import tokenize
from studio.sampling import LogitSketch, SamplingParams
from tests.engine.conftest import OpenModel
from tests.helpers.engine_bench import EngineBench
from tests.helpers.reference import Reference
from tests.helpers.tiny_model import CONTROL, FILL_IN, write_byte_level_model

BOS, PREFIX, SUFFIX, MIDDLE = 1, 261, 262, 263
BEFORE, AFTER = "The sea ", " and grey."
FIRST_BYTE = len(CONTROL)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_byte_level_model(tmp_path_factory.mktemp("fills") / "fills-in.gguf", fills_in=True)


@pytest.fixture(scope="module")
def bench(path: Path) -> Iterator[EngineBench]:
    bench = EngineBench()
    assert bench.load(path).report.fills_in
    yield bench
    bench.engine.close()


def read(bench: EngineBench, prompt: Prompt) -> tuple[Evaluated, LogitSketch]:
    events = bench.run(PreviewNextToken(request=1, prompt=prompt))
    (evaluated,) = [event for event in events if isinstance(event, Evaluated)]
    (found,) = [event for event in events if isinstance(event, Distribution)]
    return evaluated, LogitSketch.from_bytes(found.sketch)


def written(
    bench: EngineBench, prompt: Prompt, bias: dict[int, float], max_tokens: int = 4
) -> tuple[list[int], Finished]:
    params = SamplingParams(temperature=0.0, logit_bias=tuple(bias.items()))
    events = bench.run(
        Generate(
            request=1,
            prompt=prompt,
            sequences=(SequenceStart(params=params),),
            max_tokens=max_tokens,
        )
    )
    (finished,) = [event for event in events if isinstance(event, Finished)]
    return [event.record.id for event in events if isinstance(event, Token)], finished


def spelled(reference: Reference, text: str) -> list[int]:
    return reference.tokenize(text, special=False)


def test_the_prompt_is_prefix_suffix_middle_and_what_follows_is_of_just_these_tokens(
    bench: EngineBench, path: Path
) -> None:
    evaluated, sketch = read(bench, Prompt(manuscript=BEFORE, after=AFTER))
    with Reference(path, 512) as reference:
        assert [reference.piece(token).decode() for token in (PREFIX, SUFFIX, MIDDLE)] == [*FILL_IN]
        before, after = spelled(reference, BEFORE), spelled(reference, AFTER)
        tokens = [PREFIX, *before, SUFFIX, *after, MIDDLE]
        [row] = reference.logits(tokens, len(tokens) - 1)
    assert evaluated.token_ids() == tokens
    assert evaluated.head == 1
    assert evaluated.control == (PREFIX, SUFFIX, MIDDLE)
    start = 1 + len(before)
    assert evaluated.spans == (PromptSpan(FOLLOWING_PART, start, len(tokens)),)
    # Nothing of the text is taken back to be joined to what comes: a model knows it as it is.
    assert int(sketch.ids[0]) == int(np.argmax(row))
    assert sketch.logits[:8] == pytest.approx(np.sort(row)[::-1][:8], abs=0.02)


def test_brief_and_notes_stand_before_it_in_the_prefix(bench: EngineBench, path: Path) -> None:
    parts = PromptParts(notes=(PromptNote(text="[It rains.]", number=7, at=0),))
    prompt = Prompt(manuscript=BEFORE, after=AFTER, brief="Sad.", parts=parts)
    evaluated, _ = read(bench, prompt)
    with Reference(path, 512) as reference:
        before = spelled(reference, f"Sad.\n\n[It rains.]\n\n{BEFORE}")
        tokens = [PREFIX, *before, SUFFIX, *spelled(reference, AFTER), MIDDLE]
    assert evaluated.token_ids() == tokens
    assert {span.number for span in evaluated.spans} == {-1, 7, FOLLOWING_PART}


def test_it_stands_behind_a_beginning_marker(open_model: OpenModel, tmp_path: Path) -> None:
    marked = open_model(
        write_byte_level_model(tmp_path / "bos.gguf", fills_in=True, add_bos=True)
    ).vocabulary
    found = tokenize(Prompt(manuscript="a", after="b"), marked, None)
    assert found.tokens[:2] == [BOS, PREFIX]
    alone = tokenize(Prompt(manuscript="", after="b"), marked, None)
    assert alone.tokens[:3] == [BOS, PREFIX, SUFFIX], "at the beginning of a text"


def test_others_and_a_chat_do_not_see_what_follows(
    path: Path, open_model: OpenModel, starter_vocabulary: Vocabulary
) -> None:
    assert starter_vocabulary.fill is None
    plain = Prompt(manuscript=BEFORE, after=AFTER)
    alone = Prompt(manuscript=BEFORE)
    assert tokenize(plain, starter_vocabulary, None) == tokenize(alone, starter_vocabulary, None)
    chat = Prompt(manuscript=BEFORE, after=AFTER, format="chat")
    found = tokenize(chat, open_model(path).vocabulary, ChatSkeleton((Literal("Assistant: "),)))
    assert not {PREFIX, SUFFIX, MIDDLE} & {*found.tokens}
    assert not found.ends


@pytest.mark.parametrize("token", [PREFIX, SUFFIX, MIDDLE])
def test_each_of_the_tokens_ends_what_is_written(bench: EngineBench, token: int) -> None:
    prompt = Prompt(manuscript=BEFORE, after=AFTER)
    ids, finished = written(bench, prompt, {token: 1000.0})
    assert (ids, finished.reason) == ([], "end_of_text")
    assert finished.end is not None
    assert finished.end.record.id == token
    # In a text that nothing follows it is a token as any other.
    ids, finished = written(bench, Prompt(manuscript=BEFORE), {token: 1000.0})
    assert (ids, finished.reason) == ([token] * 4, "max_tokens")


def test_a_long_text_is_cut_at_its_beginning_and_both_sides_stay_also_where_it_is_full(
    bench: EngineBench,
) -> None:
    prompt = Prompt(manuscript="abcde" * 300, after="vwxyz" * 200)
    evaluated, _ = read(bench, prompt)
    assert evaluated.unseen > 0
    assert evaluated.context_used < evaluated.context_size == 512
    tokens = evaluated.token_ids()
    (span,) = evaluated.spans
    assert span.end - span.start == 512 // 4 + 2
    seen: list[Evaluated] = []
    bench.on_event = lambda event, _control: (
        seen.append(event) if isinstance(event, Evaluated) else None
    )
    try:
        ids, finished = written(bench, prompt, {FIRST_BYTE: 1000.0}, 600)
    finally:
        bench.on_event = lambda _event, _control: None
    assert (ids, finished.reason) == ([FIRST_BYTE] * 600, "max_tokens")
    assert len(seen) > 1, "the context was full, and cut"
    for event in seen:
        assert event.token_ids()[: len(tokens)] == tokens
        assert event.context_used <= 512
