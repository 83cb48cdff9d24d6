"""Scoring: every token of a text with its distribution, held against llama.cpp token by token."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.engine.control import Control
from studio.engine.llama import context as context_module
from studio.engine.messages import (
    AnyEvent,
    Evaluated,
    Evaluating,
    Generate,
    PreviewNextToken,
    Prompt,
    PromptFormat,
    Score,
    Scored,
    ScoringEnded,
    SequenceStart,
    Superseded,
)
from studio.sampling import LogitSketch, SamplingParams
from studio.token_record import TokenRecord
from tests.helpers.engine_bench import EngineBench
from tests.helpers.reference import Reference, softmax

PARAGRAPH = (
    "The old fisherman looked out over the sea. It was calm, 5 °C, and “grey as slate” – the "
    "gulls 🐟🐦 had gone inland, naïvely, before the storm.\n\nNobody spoke."
)


class Bench(EngineBench):
    """With the command of these tests."""

    def score(
        self,
        manuscript: str,
        brief: str = "",
        form: PromptFormat = "plain",
        first: int = 0,
        last: int | None = None,
        most: int = 0,
    ) -> list[AnyEvent]:
        prompt = Prompt(manuscript=manuscript, brief=brief, format=form)
        return self.run(Score(request=5, prompt=prompt, first=first, last=last, most=most))


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.engine.close()


def pieces(events: list[AnyEvent]) -> list[Scored]:
    return [event for event in events if isinstance(event, Scored)]


def are_numbered(events: list[AnyEvent]) -> bool:
    """Whether each token has the number that it has in the prompt."""
    prompt = evaluated(events).token_ids()
    return all(
        [token.id for token in event.tokens]
        == prompt[event.first : event.first + len(event.tokens)]
        for event in pieces(events)
    )


def scored(events: list[AnyEvent]) -> list[TokenRecord]:
    return [token for event in pieces(events) for token in event.tokens]


def ended(events: list[AnyEvent]) -> ScoringEnded:
    assert isinstance(events[-1], ScoringEnded), events[-1]
    return events[-1]


def evaluated(events: list[AnyEvent]) -> Evaluated:
    [event] = [event for event in events if isinstance(event, Evaluated)]
    return event


def spelled(events: list[AnyEvent]) -> str:
    return b"".join(token.text for token in scored(events)).decode()


def test_every_token_has_the_distribution_it_was_read_in(bench: Bench, starter_model: Path) -> None:
    bench.load(starter_model, 512)
    events = bench.score(PARAGRAPH, brief="A story.")
    assert spelled(events) == PARAGRAPH
    assert pieces(events)[0].start == 0
    assert are_numbered(events)
    tokens = evaluated(events).token_ids()
    records = scored(events)
    assert [token.id for token in records] == tokens[-len(records) :]
    before = len(tokens) - len(records)
    with Reference(starter_model, 512) as reference:
        rows = reference.logits(tokens, before - 1)
    worst = 0.0
    # The last one stands for all that begin with its characters: see test_healed_commands.
    for token, logits in zip(records[:-1], rows, strict=False):
        exact = softmax(logits)
        sketch = LogitSketch.from_bytes(token.sketch)
        ids, probabilities, _ = sketch.distribution(1.0)
        worst = max(worst, abs(sketch.probability(token.id, 1.0) - exact[token.id]))
        worst = max(worst, float(np.abs(probabilities - exact[ids]).max()))
    assert worst < 1e-3
    assert ended(events).tokens == len(records)
    assert (ended(events).unseen_characters, ended(events).unpredicted_characters) == (0, 0)


def test_each_piece_begins_and_ends_with_a_whole_character(
    bench: Bench, byte_level_path: Path
) -> None:
    text = "x" + "🐟é" * 50  # every token is a byte here
    bench.load(byte_level_path)
    events = bench.score(text)
    places = [(event.start, b"".join(t.text for t in event.tokens)) for event in pieces(events)]
    assert len(places) > 2
    assert are_numbered(events)
    for start, raw in places:
        assert text[start : start + len(raw.decode())] == raw.decode()
    # Nothing stands before the first one.
    assert spelled(events) == text[1:]
    assert ended(events).unpredicted_characters == 1


@pytest.mark.parametrize("brief", ["", "Hi the sea"])
@pytest.mark.parametrize("text", ["the sea, the sea", " the", "", "é", "Hi"])
def test_a_space_that_the_tokenizer_adds_is_not_the_manuscripts(
    bench: Bench, sentencepiece_path: Path, text: str, brief: str
) -> None:
    bench.load(sentencepiece_path)
    events = bench.score(text, brief=brief)
    assert spelled(events) == text
    assert [event.start for event in pieces(events)] == ([0] if text else [])
    assert are_numbered(events)
    # There is a beginning marker, so that every token is predicted.
    assert ended(events).unpredicted_characters == 0


def test_a_token_across_the_seam_is_the_briefs(bench: Bench, starter_model: Path) -> None:
    bench.load(starter_model, 256)
    events = bench.score("\n\nThe sea was calm.", brief="A story")
    [piece] = pieces(events)
    assert piece.start > 0, "blank lines on both sides of the seam were one token"
    assert "\n\nThe sea was calm."[piece.start :] == spelled(events)


@pytest.mark.process  # renders a template
def test_chat_scores_the_answer_alone(bench: Bench, starter_model: Path) -> None:
    bench.load(starter_model, 256)
    events = bench.score("The sea is calm.", brief="How is the sea?", form="chat")
    assert spelled(events).endswith("sea is calm.")
    assert are_numbered(events)
    assert "The sea is calm.".endswith(spelled(events))


def test_the_beginning_can_be_left_out_and_is_not_read_again(
    bench: Bench, starter_model: Path
) -> None:
    bench.load(starter_model, 512)
    whole = scored(bench.score(PARAGRAPH))
    events = bench.score(PARAGRAPH, first=60)
    [piece] = pieces(events)
    assert PARAGRAPH[piece.start :] == spelled(events)
    assert 50 < piece.start <= 60
    # The logits before the first token are made anew, those before are not wanted.
    assert evaluated(events).reused == len(evaluated(events).token_ids()) - len(piece.tokens) - 1
    assert [token.id for token in piece.tokens] == [t.id for t in whole[-len(piece.tokens) :]]
    assert ended(bench.score(PARAGRAPH, first=len(PARAGRAPH))).tokens == 0


def test_what_follows_reuses_what_was_read(bench: Bench, starter_model: Path) -> None:
    bench.load(starter_model, 512)
    tokens = evaluated(bench.score(PARAGRAPH)).token_ids()
    look = bench.run(PreviewNextToken(request=6, prompt=Prompt(manuscript=PARAGRAPH)))
    assert evaluated(look).reused == len(tokens)
    events = bench.run(
        Generate(
            request=7,
            prompt=Prompt(manuscript=PARAGRAPH),
            sequences=(SequenceStart(params=SamplingParams(temperature=0.0)),),
            max_tokens=1,
        )
    )
    assert evaluated(events).reused == len(tokens)


@pytest.mark.parametrize("brief", ["", "x"])
def test_a_text_longer_than_the_context_is_scored_part_by_part(
    bench: Bench, byte_level_path: Path, brief: str
) -> None:
    text = "".join(f"{number} é🐟 " for number in range(400))
    bench.load(byte_level_path)  # 512 tokens
    reached, covered, parts = 0, "", 0
    while reached < len(text):
        events = bench.score(text, brief=brief, first=reached)
        unseen = ended(events).unseen_characters
        start = pieces(events)[0].start
        assert start == (reached if reached or brief else 1), "nothing is left out"
        # A character takes up to four tokens here, and half of 480 stand before the first.
        before = len(text[unseen:start].encode())
        assert not unseen or before >= 230, "half a context"
        covered += spelled(events)
        assert ended(events).reached > reached
        reached = ended(events).reached
        parts += 1
    assert covered == text[0 if brief else 1 :]
    assert parts > 8


def test_a_part_of_a_text_is_what_it_is_in_the_whole(bench: Bench, starter_model: Path) -> None:
    bench.load(starter_model, 512)
    whole = bench.score(PARAGRAPH, brief="x")
    first, last = PARAGRAPH.index(" looked"), PARAGRAPH.index(" calm")
    part = bench.score(PARAGRAPH, brief="x", first=first, last=last)
    assert spelled(part) == PARAGRAPH[first:last]
    assert ended(part).reached == last
    by_place = {
        event.first + at: it for event in pieces(whole) for at, it in enumerate(event.tokens)
    }
    for event in pieces(part):
        for at, token in enumerate(event.tokens, event.first):
            assert token.id == by_place[at].id
            one, other = (LogitSketch.from_bytes(it.sketch) for it in (token, by_place[at]))
            assert one.probability(token.id, 1.0) == pytest.approx(
                other.probability(token.id, 1.0), abs=0.02
            )


def test_so_many_tokens_at_most_are_read_and_given(bench: Bench, starter_model: Path) -> None:
    bench.load(starter_model, context_size=512)
    first = PARAGRAPH.index(" It")
    whole = scored(bench.score(PARAGRAPH, first=first))
    events = bench.score(PARAGRAPH, first=first, most=5)
    some = scored(events)
    assert [token.id for token in some] == [token.id for token in whole[:5]]
    report = evaluated(events)
    assert report.context_used == report.token_ids().index(whole[0].id) + 5, "no more is read"
    assert ended(events).tokens == 5
    assert ended(events).reached == first + len(spelled(events))
    # With nothing before it the first token cannot be predicted: the others are given.
    assert len(scored(bench.score(PARAGRAPH, most=3))) == 3
    assert spelled(bench.score(PARAGRAPH, most=10_000)) == spelled(bench.score(PARAGRAPH))


def test_progress_is_reported_and_no_batch_is_too_large(
    bench: Bench, byte_level_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(byte_level_path)
    expected = scored(bench.score("a" * 300))
    # As though the vocabulary were so large that only eight tokens' logits fit.
    monkeypatch.setattr(context_module, "_LOGITS_BYTES", 8 * 4 * 263)
    bench.load(byte_level_path)
    events = bench.score("a" * 300)
    steps = [event for event in events if isinstance(event, Evaluating)]
    assert [step.done for step in steps] == list(range(0, 300, 8))
    assert {step.total for step in steps} == {300}
    assert [token.id for token in scored(events)] == [token.id for token in expected]


def test_stopped_it_keeps_what_was_scored(bench: Bench, byte_level_path: Path) -> None:
    bench.load(byte_level_path)
    text = "é" * 200

    def stop(event: AnyEvent, control: Control) -> None:
        if isinstance(event, Evaluating) and event.done >= 128:
            control.stop()

    bench.on_event = stop
    events = bench.score(text)
    assert isinstance(events[-1], Superseded)
    assert 60 <= len(spelled(events)) < 200
    assert set(spelled(events)) == {"é"}
    bench.on_event = lambda _event, _control: None
    assert ended(bench.score(text)).tokens == 399 - 1, "half of the first é has no prediction"


def test_each_token_is_spelled_once(bench: Bench, byte_level_path: Path) -> None:
    bench.load(byte_level_path)
    events = bench.score("abcabc" * 40)
    reported: set[int] = set()
    for piece in pieces(events):
        assert not reported & piece.pieces.keys()
        reported |= piece.pieces.keys()
        for token in piece.tokens:
            assert reported.issuperset(LogitSketch.from_bytes(token.sketch).ids.tolist())


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text("aé🐟 the\n", max_size=60), brief=st.text("aé\n", max_size=5))
@pytest.mark.parametrize("model", ["byte_level_path", "sentencepiece_path"])
def test_pieces_stand_where_they_say(
    bench: Bench, model: str, text: str, brief: str, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(model)
    if not bench.events:
        bench.load(path)
    events = bench.score(text, brief=brief)
    for piece in pieces(events):
        raw = b"".join(token.text for token in piece.tokens).decode()
        assert text[piece.start : piece.start + len(raw)] == raw
    if isinstance(events[-1], ScoringEnded):
        missing = len(text) - len(spelled(events))
        assert missing == ended(events).unpredicted_characters
