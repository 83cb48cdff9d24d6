"""Notes and pinned passages as the real model reads them: reused, cut, taken back, scored."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.engine.messages import (
    BRIEF_PART,
    PINNED_PART,
    AnyEvent,
    Distribution,
    Evaluated,
    Generate,
    PreviewNextToken,
    Prompt,
    PromptNote,
    PromptParts,
    PromptRange,
    Score,
    Scored,
    SequenceStart,
    Token,
)
from studio.sampling import SamplingParams
from tests.helpers.engine_bench import EngineBench

LINES = ["The sea was calm that morning.", "Nobody spoke.", "The boat lay still, and"]
TEXT = "\n".join(LINES)
NOTE = "[It rains.]"


@pytest.fixture
def bench(starter_model: Path) -> Iterator[EngineBench]:
    bench = EngineBench()
    bench.load(starter_model, 256)
    yield bench
    bench.engine.close()


def preview(bench: EngineBench, prompt: Prompt) -> Evaluated:
    events = bench.run(PreviewNextToken(request=2, prompt=prompt))
    assert isinstance(events[-1], Distribution), events
    return next(event for event in events if isinstance(event, Evaluated))


def generate(bench: EngineBench, prompt: Prompt, tokens: int) -> list[AnyEvent]:
    return bench.run(
        Generate(
            request=3,
            prompt=prompt,
            sequences=(SequenceStart(params=SamplingParams(temperature=0.0, seed=1)),),
            max_tokens=tokens,
            ignore_eos=True,
        )
    )


def ids(events: list[AnyEvent]) -> list[int]:
    return [event.record.id for event in events if isinstance(event, Token)]


def with_note(text: str, paragraph: int) -> Prompt:
    at = len("\n".join([*text.split("\n")[:paragraph], ""])) if paragraph else 0
    note = PromptNote(text=NOTE, number=0, at=at)
    return Prompt(manuscript=text, brief="Sad.", parts=PromptParts(notes=(note,)))


def test_what_is_written_is_as_if_the_note_stood_in_the_text(bench: EngineBench) -> None:
    text = f"{LINES[0]}\n{LINES[1]}\n{NOTE}\n{LINES[2]}"
    plain = generate(bench, Prompt(manuscript=text, brief="Sad."), 8)
    noted = generate(bench, with_note(TEXT, 2), 8)
    assert ids(noted) == ids(plain)
    [one], [other] = (
        [event for event in events if isinstance(event, Evaluated)] for events in (plain, noted)
    )
    assert one.token_ids() == other.token_ids()
    assert [span.number for span in other.spans] == [BRIEF_PART, 0]


def test_only_what_stands_behind_a_note_that_moves_is_read_again(bench: EngineBench) -> None:
    first = preview(bench, with_note(TEXT, 1))
    assert preview(bench, with_note(TEXT, 1)).reused == first.context_used
    moved = preview(bench, with_note(f"{TEXT} waited.\nHe", 2))
    # Up to where the note stood.
    assert moved.reused >= first.spans[1].start - 1
    assert moved.reused < moved.context_used
    grown = preview(bench, with_note(f"{TEXT} waited.\nHe rowed", 2))
    assert grown.context_used - grown.reused <= 4


@pytest.mark.parametrize("text", ["", "The sea was calm.\n\n"])
def test_a_note_before_the_caret_is_not_taken_back(bench: EngineBench, text: str) -> None:
    note = PromptNote(text="It rains in the harb", number=0, at=len(text))
    prompt = Prompt(manuscript=text, parts=PromptParts(notes=(note,)))
    events = bench.run(PreviewNextToken(request=2, prompt=prompt))
    event, shown = events[-2:]
    assert isinstance(event, Evaluated)
    assert isinstance(shown, Distribution)
    [span] = event.spans
    assert span.end == len(event.token_ids())
    assert not shown.typed


def test_a_full_context_is_cut_round_notes_and_what_is_pinned(
    bench: EngineBench, starter_model: Path
) -> None:
    bench.load(starter_model, 128)
    text = "".join(f"Line {number} of a long story.\n" for number in range(60))
    pinned = PromptRange(text.index("Line 7 "), text.index("Line 8 "), PINNED_PART)
    note = PromptNote(text=NOTE, number=0, at=text.index("Line 58 "))
    prompt = Prompt(
        manuscript=text,
        brief="Sad.",
        parts=PromptParts(notes=(note,), pinned=(pinned,)),
    )
    events = generate(bench, prompt, 75)
    evaluated = [event for event in events if isinstance(event, Evaluated)]
    assert len(evaluated) > 1, "the context was full in the middle"
    assert len(ids(events)) == 75
    begins = [event.begins for event in evaluated]
    assert begins == sorted(begins)
    assert begins[0] > text.index("Line 8 ")
    for event in evaluated:
        assert event.context_used <= 128
        assert [span.number for span in event.spans] == [BRIEF_PART, PINNED_PART, 0]
        assert event.context_used == len(event.token_ids()) - event.unseen
    # As long as the text that was given has some that is seen, it begins there.
    first = evaluated[0]
    cost = sum(span.end - span.start for span in first.spans)
    assert first.unseen_characters == first.begins - (pinned.end - pinned.start)
    assert cost > 10


def test_a_text_is_scored_without_what_stands_near_a_caret(bench: EngineBench) -> None:
    parts = PromptParts(
        notes=(PromptNote(text=NOTE, number=0, at=0), PromptNote(text="Slowly.", number=1)),
        left_out=(PromptRange(0, 10),),
        most_text=5,
    )
    events = bench.run(Score(request=5, prompt=Prompt(manuscript=TEXT, brief="Sad.", parts=parts)))
    other = bench.run(Score(request=5, prompt=Prompt(manuscript=TEXT, brief="Sad.\n\nSlowly.")))
    scored, plain = (
        [(one.start, one.first, one.tokens) for one in found if isinstance(one, Scored)]
        for found in (events, other)
    )
    assert scored == plain
    assert "".join(record.text.decode() for _, _, tokens in scored for record in tokens) == TEXT
