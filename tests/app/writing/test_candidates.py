"""Continue where text follows: several candidates at once, ranked by how it follows each."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from studio.app.generation.sequence import SequencePhase
from studio.app.tokens.sketch_budget import SketchBudget
from studio.engine.messages import (
    ChangeSequence,
    Failed,
    Finished,
    FinishReason,
    Generate,
    RunFinished,
    Score,
    Scored,
    ScoringEnded,
    Stop,
    Superseded,
)
from studio.manuscript import Origin, Passage, TakeSet
from studio.sampling import MAX_SEED, SamplingParams
from studio.token_record import undrawn
from tests.helpers.fake_engine import Desk, evaluated, sketch, token, token_record
from tests.helpers.middle_desk import AFTER, PLACE, TEXT, middle_desk


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return middle_desk()


def begin(desk: Desk) -> int:
    desk.writing.continue_writing()
    return desk.client.last(Generate).request


def ended(request: int, *reasons: FinishReason) -> tuple[Finished | RunFinished, ...]:
    return (
        *(
            Finished(
                request=request,
                sequence=number,
                reason=reason,
                tokens=1,
                seed=5 + number,
                params=SamplingParams(),
            )
            for number, reason in enumerate(reasons)
        ),
        RunFinished(
            request=request,
            tokens=3,
            reasons=reasons,
            evaluated=3,
            prompt_tokens=3,
            seconds_prompt=0.1,
            seconds_generation=2.0,
        ),
    )


def answer(
    desk: Desk, *texts: bytes, reason: FinishReason = "max_tokens", ids: tuple[int, ...] = (7, 8, 9)
) -> int:
    """What was asked for last is written."""
    request = desk.client.last(Generate).request
    desk.client.answer(
        evaluated(request, 1, 2, 3),
        *(
            token(request, 0, text, sequence=number, token_id=ids[number])
            for number, text in enumerate(texts)
            if text
        ),
        *ended(request, *[reason for _ in texts]),
    )
    return request


def write(
    desk: Desk, *texts: bytes, reason: FinishReason = "max_tokens", ids: tuple[int, ...] = (7, 8, 9)
) -> int:
    begin(desk)
    return answer(desk, *texts, reason=reason, ids=ids)


def read(desk: Desk, *, as_likely: bool) -> Score:
    """Answer what was asked last: what follows is the favourite there, or is not."""
    asked = desk.client.last(Score)
    record = undrawn(4, b".", sketch(4 if as_likely else 5))
    desk.client.answer(
        Scored(request=asked.request, start=asked.first, first=0, tokens=(record,), pieces={}),
        ScoringEnded(
            request=asked.request,
            tokens=1,
            reached=asked.first + 1,
            unseen_characters=0,
            unpredicted_characters=0,
        ),
    )
    return asked


def takes(desk: Desk) -> TakeSet:
    (found,) = desk.draft.manuscript.take_sets
    return found


def texts(desk: Desk) -> list[str]:
    return [take.text for take in takes(desk).takes]


def test_so_many_are_asked_for_with_seeds_of_their_own(desk: Desk) -> None:
    begin(desk)
    command = desk.client.last(Generate)
    assert command.prompt.manuscript == TEXT[:PLACE]
    assert [start.params.seed for start in command.sequences] == [5, 6, 7]
    assert {start.params.temperature for start in command.sequences} == {0.8}
    assert command.when_full == "end"
    assert desk.writing.count == 3


def test_the_first_has_the_seed_that_it_would_have_alone_and_seeds_end_at_the_largest(
    desk: Desk,
) -> None:
    desk.sampling.change(seed=MAX_SEED)
    begin(desk)
    seeds = [start.params.seed for start in desk.client.last(Generate).sequences]
    assert seeds == [MAX_SEED, 0, 1]


@pytest.mark.parametrize(("place", "candidates"), [(len(TEXT), 3), (PLACE, 1)])
def test_at_the_end_of_a_text_or_where_one_is_wanted_it_is_written_as_ever(
    desk: Desk, place: int, candidates: int
) -> None:
    desk.draft.set_caret(place)
    desk.writing.candidates = candidates
    write(desk, b" sea")
    command = desk.client.last(Generate)
    assert (len(command.sequences), command.when_full) == (1, "cut")
    assert desk.writing.is_idle
    assert desk.client.all_sent(Score) == []
    assert takes(desk).takes[0].follows is None


def test_the_best_comes_into_the_text_and_all_are_takes_in_that_order(desk: Desk) -> None:
    write(desk, b" fish", b" the sea", b" gulls")
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at fish."), "the first is shown"
    assert not desk.writing.is_idle
    read(desk, as_likely=False)
    asked = read(desk, as_likely=True)
    assert asked.prompt.manuscript == TEXT.replace("at.", "at the sea.")
    assert asked.first == len("The old man looked at the sea")
    assert asked.most == 64
    read(desk, as_likely=False)
    assert desk.writing.is_idle
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at the sea.")
    assert texts(desk) == [" the sea", " fish", " gulls"]
    assert takes(desk).index == 0
    assert [take.seed for take in takes(desk).takes] == [6, 5, 7]
    follows = [take.follows for take in takes(desk).takes]
    assert follows[0] is not None
    assert follows[1] is not None
    assert follows[0] < follows[1]
    assert follows[1] == follows[2]


def test_each_says_what_it_was_written_with_and_has_its_tokens_in_the_text(desk: Desk) -> None:
    write(desk, b" fish", b" the sea", b" gulls")
    for as_likely in (False, True, False):
        read(desk, as_likely=as_likely)
    best, other, _ = takes(desk).takes
    for take, seed in ((best, 6), (other, 5)):
        assert take.turns == [(0, SamplingParams(temperature=0.8, seed=seed))]
        assert (take.temperatures, take.ending) == ([0.8], "max_tokens")
        assert take.preset == "Plain"
        assert take.written_from == best.written_from
        (record,) = take.records
        assert record.sequence is not None
        assert (record.sequence.ids, record.index) == ([1, 2, 3, record.id], 3)
        assert (record.sequence.seed, record.sequence.start) == (seed, 3)
    spans = desk.records.spans.all
    text = desk.draft.manuscript.text
    assert [(text[span.start : span.end], span.record.id) for span in spans] == [(" the sea", 8)]
    desk.draft.set_caret(PLACE + len(" the sea"))
    assert desk.writing.step(+1) == PLACE + len(" fish")
    assert [span.record.id for span in desk.records.spans.all] == [7]


def test_one_undo_takes_it_back(desk: Desk) -> None:
    write(desk, b" fish", b" the sea", b" gulls")
    for as_likely in (False, True, False):
        read(desk, as_likely=as_likely)
    desk.draft.manuscript.undo()
    assert desk.draft.manuscript.text == TEXT
    desk.draft.manuscript.redo()
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at the sea.")


def test_equally_good_ones_stay_as_they_were_written(desk: Desk) -> None:
    write(desk, b" fish", b" the sea", b" gulls")
    for _ in range(3):
        read(desk, as_likely=True)
    assert texts(desk) == [" fish", " the sea", " gulls"]


def test_esc_while_they_are_written_keeps_all_as_they_are(desk: Desk) -> None:
    request = begin(desk)
    desk.client.answer(
        evaluated(request, 1, 2, 3),
        token(request, 0, b" fish"),
        token(request, 0, b" the", sequence=1),
    )
    desk.writing.stop()
    assert desk.writing.phase is SequencePhase.STOPPING
    assert desk.client.all_sent(Stop) == [Stop(request=request)]
    desk.client.answer(*ended(request, "stopped", "stopped", "stopped"))
    assert desk.writing.is_idle
    assert desk.client.all_sent(Score) == []
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at fish.")
    assert texts(desk) == [" fish", " the"], "the third had not begun"
    assert [take.follows for take in takes(desk).takes] == [None, None]


def test_esc_while_they_are_ranked_has_those_that_were_read_first(desk: Desk) -> None:
    write(desk, b" fish", b" the sea", b" gulls")
    read(desk, as_likely=False)
    read(desk, as_likely=True)
    third = desk.client.last(Score).request
    assert desk.writing.phase is SequencePhase.RUNNING
    assert desk.writing.can_stop
    desk.writing.stop()
    assert desk.client.last(Stop) == Stop(request=third)
    assert desk.writing.is_idle
    assert texts(desk) == [" the sea", " fish", " gulls"]
    desk.client.answer(Superseded(request=third))
    assert texts(desk) == [" the sea", " fish", " gulls"]


@pytest.mark.parametrize("when", ["writing", "ranking"])
def test_an_engine_that_dies_leaves_what_it_wrote(desk: Desk, when: str) -> None:
    if when == "ranking":
        write(desk, b" fish", b" the sea", b" gulls")
    else:
        request = begin(desk)
        desk.client.answer(
            evaluated(request, 1, 2, 3),
            token(request, 0, b" fish"),
            token(request, 0, b" the sea", sequence=1),
            token(request, 0, b" gulls", sequence=2),
        )
    desk.client.die()
    assert desk.writing.is_idle
    assert texts(desk) == [" fish", " the sea", " gulls"]
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at fish.")


def test_a_failure_while_they_are_read_keeps_them_and_is_no_failure_of_writing(
    desk: Desk, qtbot: QtBot
) -> None:
    write(desk, b" fish", b" the sea", b" gulls")
    request = desk.client.last(Score).request
    with qtbot.assertNotEmitted(desk.writing.failed):
        desk.client.answer(Failed(request=request, kind="context_size", message="No room."))
    assert desk.writing.is_idle
    assert texts(desk) == [" fish", " the sea", " gulls"]


def test_those_without_text_are_no_takes_and_one_alone_is_not_ranked(desk: Desk) -> None:
    write(desk, b"", b" the sea", b"", reason="end_of_text")
    assert desk.writing.is_idle
    assert desk.client.all_sent(Score) == []
    assert texts(desk) == [" the sea"]
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at the sea.")


def test_none_that_writes_is_reported_and_leaves_no_trace(desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.writing.failed):
        write(desk, b"", b"", b"", reason="end_of_text")
    assert desk.draft.manuscript.text == TEXT
    assert desk.draft.manuscript.take_sets == ()


def test_both_sides_are_joined_with_one_space_in_each(desk: Desk) -> None:
    desk.draft.set_caret(TEXT.index("Then"))
    write(desk, b"Gulls cried. ", b"He smiled.", b"It rained.\n\n")
    asked = desk.client.last(Score)
    while not desk.writing.is_idle:
        asked = read(desk, as_likely=True)
        assert asked.first == len(asked.prompt.manuscript[: asked.first].rstrip(" "))
    assert texts(desk) == ["Gulls cried. ", "He smiled. ", "It rained.\n\n"]


def test_a_turn_is_all_of_theirs(desk: Desk) -> None:
    request = begin(desk)
    desk.client.answer(evaluated(request, 1, 2, 3))
    desk.sampling.change(temperature=0.5)
    turned = [command.sequence for command in desk.client.all_sent(ChangeSequence)]
    assert turned == [0, 1, 2]


def test_what_the_model_did_not_see_is_not_read_again(desk: Desk) -> None:
    request = begin(desk)
    desk.client.answer(
        evaluated(request, 1, 2, 3, unseen=8),
        *(token(request, 0, b" %d" % number, sequence=number) for number in range(3)),
        *ended(request, "max_tokens", "max_tokens", "max_tokens"),
    )
    prompt = desk.client.last(Score).prompt
    assert (prompt.manuscript[:8], prompt.skipped) == (TEXT[8:16], 8)


def test_another_generation_begins_as_ever_behind_it(desk: Desk) -> None:
    write(desk, b" fish", b" the sea", b" gulls")
    for as_likely in (False, True, False):
        read(desk, as_likely=as_likely)
    desk.draft.set_caret(len(desk.draft.manuscript))
    desk.writing.continue_writing()
    assert len(desk.client.last(Generate).sequences) == 1
    assert desk.client.last(Generate).when_full == "cut"


SENTENCES = (b" the sea.", b" Grey.", b" And then")


def write_sentences(desk: Desk) -> None:
    """The second candidate ends in the middle of a sentence."""
    request = begin(desk)
    desk.client.answer(
        evaluated(request, 1, 2, 3),
        token(request, 0, b" fish"),
        *(
            token(request, index, text, sequence=1, token_id=8 + index)
            for index, text in enumerate(SENTENCES)
        ),
        *ended(request, "max_tokens", "max_tokens", "stopped"),
    )


def test_one_that_ended_for_its_length_may_come_with_whole_sentences_alone(desk: Desk) -> None:
    write_sentences(desk)
    read(desk, as_likely=False)
    assert read(desk, as_likely=True).prompt.manuscript.startswith(
        TEXT.replace(AFTER, " the sea. Grey.")
    )
    assert "And then" in read(desk, as_likely=False).prompt.manuscript
    assert texts(desk) == [" the sea. Grey.", " fish"]
    best = takes(desk).takes[0]
    assert best.ending == "sentence"
    assert [record.id for record in best.records] == [8, 9]
    assert [span.record.id for span in desk.records.spans.all] == [8, 9]


def test_it_stays_whole_where_it_is_followed_better_so(desk: Desk) -> None:
    write_sentences(desk)
    for as_likely in (False, False, True):
        read(desk, as_likely=as_likely)
    assert texts(desk) == [" the sea. Grey. And then", " fish"]
    assert takes(desk).takes[0].ending == "max_tokens"


def test_the_one_that_is_shown_is_shortened_too_and_in_the_same_step(desk: Desk) -> None:
    request = begin(desk)
    desk.client.answer(
        evaluated(request, 1, 2, 3),
        token(request, 0, b" fish. The", token_id=7),
        token(request, 1, b" n", token_id=8),
        token(request, 0, b" gulls", sequence=1),
        *ended(request, "max_tokens", "max_tokens", "stopped"),
    )
    for as_likely in (True, False, False):
        read(desk, as_likely=as_likely)
    assert texts(desk) == [" fish.", " gulls"]
    assert takes(desk).takes[0].records == [], "of a part of a token there is no record"
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at fish..")
    desk.draft.manuscript.undo()
    assert desk.draft.manuscript.text == TEXT


def test_the_sketches_of_those_that_are_not_shown_count_in_the_budget(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[int] = []
    monkeypatch.setattr(SketchBudget, "follow", lambda _budget, record: followed.append(record.id))
    write(desk, b" fish", b" the sea", b" gulls")
    for as_likely in (False, True, False):
        read(desk, as_likely=as_likely)
    assert set(followed) == {7, 8, 9}


def test_a_retake_is_the_best_of_as_many_and_the_former_ones_are_its_siblings(desk: Desk) -> None:
    write(desk, b" fish", b" the sea", b" gulls")
    for as_likely in (False, True, False):
        read(desk, as_likely=as_likely)
    desk.draft.set_caret(takes(desk).place.end)
    desk.writing.retake()
    command = desk.client.last(Generate)
    assert (len(command.sequences), command.when_full) == (3, "end")
    assert command.prompt.manuscript == TEXT[:PLACE]
    answer(desk, b" boats", b" a gull", b" the bay")
    for as_likely in (False, False, True):
        asked = read(desk, as_likely=as_likely)
    assert asked.prompt.manuscript == TEXT.replace("at.", "at the bay.")
    assert texts(desk)[3:] == [" the bay", " boats", " a gull"]
    assert takes(desk).index == 3
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at the bay.")
    desk.draft.manuscript.undo()
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at the sea."), "in one step"
    assert (takes(desk).index, len(takes(desk).takes)) == (0, 6)


def test_at_the_end_of_the_text_a_retake_is_one(desk: Desk) -> None:
    desk.draft.set_caret(len(TEXT))
    write(desk, b" Night")
    desk.writing.retake()
    assert len(desk.client.last(Generate).sequences) == 1


def test_from_another_word_the_best_of_as_many_goes_on_and_all_begin_with_it(desk: Desk) -> None:
    write(desk, b" the old sea", b" fish", b" gulls")
    for as_likely in (True, False, False):
        read(desk, as_likely=as_likely)
    start = PLACE + len(" the old")
    desk.writing.lead_on(start, start + len(" sea"), Passage.of(" bay", Origin.GENERATED))
    # As a word that was chosen from the alternatives.
    desk.records.spans.fill(start, [token_record(b" bay", 11)])
    command = desk.client.last(Generate)
    assert len(command.sequences) == 3
    assert command.prompt.manuscript == TEXT[:PLACE] + " the old bay"
    answer(desk, b" ships", b" in fog", b" of men")
    for as_likely in (False, True, False):
        asked = read(desk, as_likely=as_likely)
    assert asked.prompt.manuscript == TEXT.replace("at.", "at the old bay of men.")
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at the old bay in fog.")
    there = desk.draft.manuscript.take_set_at(start + 1, start + 1)
    assert there is not None
    roads = [take.text for take in there.takes]
    assert roads == [" sea", " bay in fog", " bay ships", " bay of men"]
    assert [take.given for take in there.takes[-3:]] == [4, 4, 4]
    desk.draft.manuscript.undo()
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at the old sea."), "in one step"
    desk.draft.manuscript.redo()
    assert desk.draft.manuscript.text == TEXT.replace("at.", "at the old bay in fog.")
    for direction, own in ((+1, 7), (+1, 9), (-1, 7), (-1, 8)):
        desk.writing.step(direction, there)
        spans = desk.records.spans.between(there.place.start, there.place.end)
        assert [span.record.id for span in spans] == [11, own]
