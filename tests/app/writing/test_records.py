"""The session's records: tokens of takes as frames show them, and the scoring of a text."""

import pytest
from pytestqt.qtbot import QtBot

from studio.app.tokens.place import place_of
from studio.app.tokens.sketch_budget import SketchBudget
from studio.app.writing.records import FORGOTTEN, NOTHING_TO_SCORE
from studio.engine.messages import (
    Evaluating,
    Failed,
    Score,
    Scored,
    ScoringEnded,
    Stop,
    Superseded,
)
from studio.manuscript import Edit, with_own_records
from studio.token_record import undrawn
from tests.helpers.fake_engine import Desk, evaluated, finished, sketch, token

TEXT = "The sea was calm"
WORDS = (b"The", b" sea", b" was", b" calm")


def scored(request: int, *texts: bytes, start: int = 0, first: int = 0) -> Scored:
    tokens = tuple(undrawn(index, text, sketch(index)) for index, text in enumerate(texts))
    return Scored(request=request, start=start, first=first, tokens=tokens, pieces={3: b"?"})


def scoring_ended(request: int, *, unseen: int = 0, reached: int = 16) -> ScoringEnded:
    return ScoringEnded(
        request=request,
        tokens=4,
        reached=reached,
        unseen_characters=unseen,
        unpredicted_characters=0,
    )


def loaded(text: str = TEXT) -> Desk:
    desk = Desk()
    desk.load()
    desk.type(text)
    return desk


def spelled(desk: Desk) -> list[str]:
    text = desk.draft.manuscript.text
    return [text[span.start : span.end] for span in desk.records.spans.all]


def asked(desk: Desk) -> Score:
    desk.records.score()
    return desk.client.last(Score)


def test_written_tokens_are_recorded_and_reported_once_a_frame(qtbot: QtBot) -> None:
    desk = loaded()
    reported: list[int] = []
    desk.records.changed.connect(lambda: reported.append(len(desk.records.spans)))
    desk.writing.continue_writing()
    request = desk.client.sent[-1].request
    desk.client.answer(evaluated(request, 1, 2))
    desk.client.answer(*(token(request, i, b" w%d" % i, token_id=i) for i in range(40)))
    desk.client.answer(*finished(request, 40))
    qtbot.waitUntil(lambda: bool(reported) and reported[-1] == 40)
    assert len(reported) < 10
    desk.draft.set_caret(len(desk.draft.manuscript))
    assert [record.id for record in desk.records.last(3)] == [37, 38, 39]


def test_tokens_that_are_moved_keep_the_place_they_were_drawn_at() -> None:
    desk = loaded("")
    desk.writing.continue_writing()
    request = desk.client.sent[-1].request
    desk.client.answer(evaluated(request, 7, 8))
    desk.client.answer(*(token(request, i, word, token_id=i) for i, word in enumerate(WORDS)))
    desk.client.answer(*finished(request, 4))
    manuscript = desk.draft.manuscript
    before = [span.record for span in desk.records.spans.all]
    moved = with_own_records(manuscript.passage(3, 11))
    arrival = Edit(0, 0, moved.text, moved.origins, moved.marks)
    manuscript.edit_all([Edit(3, 8, ""), arrival])
    assert spelled(desk) == [" sea", " was", "The", " calm"]
    records = [span.record for span in desk.records.spans.all]
    for record, former in zip(records[:2], before[1:3], strict=True):
        assert record is not former
        assert record == former
    assert records[2:] == [before[0], before[3]], "those that stayed are the same"
    manuscript.undo()
    assert [span.record for span in desk.records.spans.all] == before


def test_the_last_tokens_are_those_before_the_caret() -> None:
    desk = loaded()
    desk.records.spans.fill(0, scored(0, *WORDS).tokens)
    desk.draft.set_caret(11)
    assert [record.text for record in desk.records.last(2)] == [b" sea", b" was"]
    assert [span.start for span in desk.records.last_spans(9)] == [0, 3, 7]


def test_while_a_take_grows_they_are_those_at_its_end(qtbot: QtBot) -> None:
    desk = loaded()
    desk.draft.set_caret(3)
    desk.writing.continue_writing()
    request = desk.client.sent[-1].request
    desk.client.answer(evaluated(request, 1), token(request, 0, b" old"), token(request, 1, b" s"))
    qtbot.waitUntil(lambda: len(desk.records.spans) == 2)
    assert desk.draft.manuscript.growing
    assert [record.text for record in desk.records.last(5)] == [b" old", b" s"]
    desk.client.answer(*finished(request, 2))
    desk.draft.set_caret(3)
    assert desk.records.last(5) == [], "the caret stands before them"


def test_scoring_asks_for_all_of_the_text_wherever_the_caret_is() -> None:
    desk = loaded()
    desk.draft.set_caret(3)
    command = asked(desk)
    assert (command.prompt.manuscript, command.first) == (TEXT, 0)
    assert desk.records.is_scoring
    desk.client.answer(scored(command.request, *WORDS), scoring_ended(command.request))
    assert not desk.records.is_scoring
    assert spelled(desk) == [word.decode() for word in WORDS]
    assert desk.next_token.text(3).text == "?"


def test_only_what_has_no_record_is_asked_for() -> None:
    desk = loaded()
    desk.records.spans.fill(0, scored(0, *WORDS[:2]).tokens)
    assert asked(desk).first == 7


def test_written_tokens_keep_their_own_records() -> None:
    desk = loaded("")
    desk.writing.continue_writing()
    request = desk.client.sent[-1].request
    desk.client.answer(evaluated(request, 1), token(request, 0, b" sea", token_id=99))
    desk.client.answer(*finished(request, 1))
    desk.draft.manuscript.edit(0, 0, "The")
    command = asked(desk)
    assert command.first == 0
    desk.client.answer(scored(command.request, *WORDS[:2]), scoring_ended(command.request))
    assert [span.record.id for span in desk.records.spans.all] == [0, 99]


def test_an_edit_meanwhile_costs_the_tokens_it_touches_alone() -> None:
    desk = loaded()
    command = asked(desk)
    desk.client.answer(scored(command.request, *WORDS[:1]))
    desk.draft.manuscript.edit(0, 0, "Look: ")
    desk.draft.manuscript.edit(len("Look: The sea w"), 1, "i")
    desk.client.answer(scored(command.request, *WORDS[1:], start=3))
    desk.client.answer(scoring_ended(command.request))
    assert spelled(desk) == ["The", " sea", " calm"]
    assert [span.start for span in desk.records.spans.all] == [6, 9, 17]


def test_why_not_is_said(qtbot: QtBot) -> None:
    desk = Desk()
    records = desk.records
    assert "Open a model" in str(records.why_not)
    desk.load()
    assert "no text" in str(records.why_not)
    desk.type(TEXT)
    assert records.can_score
    command = asked(desk)
    assert "being scored" in str(records.why_not)
    records.score()
    assert desk.client.all_sent(Score) == [command]
    desk.writing.continue_writing()
    assert "writing" in str(records.why_not)


def test_cancelled_it_keeps_what_was_scored() -> None:
    desk = loaded()
    command = asked(desk)
    desk.client.answer(scored(command.request, *WORDS[:2]))
    desk.records.cancel()
    assert desk.client.last(Stop).request == command.request
    desk.client.answer(Superseded(request=command.request))
    assert not desk.records.is_scoring
    assert spelled(desk) == ["The", " sea"]
    desk.client.answer(scored(command.request, *WORDS[2:], start=7))
    assert spelled(desk) == ["The", " sea"], "what comes after the end is of no request"


def test_parts_follow_one_another_and_where_one_begins_anew_is_reported(qtbot: QtBot) -> None:
    desk = loaded()
    command = asked(desk)
    assert command.last is None
    reported: list[str] = []
    desk.records.reported.connect(reported.append)
    desk.client.answer(scored(command.request, *WORDS[:1]))
    assert desk.records.progress == (1, 4), "within a part too"
    desk.client.answer(scored(command.request, *WORDS[1:2], start=3))
    desk.client.answer(scoring_ended(command.request, reached=7))
    assert desk.records.is_scoring
    assert desk.records.progress == (2, 4)
    rest = desk.client.last(Score)
    assert rest.request != command.request
    assert (rest.prompt.manuscript, rest.first) == (TEXT, 7)
    desk.client.answer(scored(rest.request, *WORDS[2:], start=7))
    assert reported == []
    desk.client.answer(scoring_ended(rest.request, unseen=3))
    assert not desk.records.is_scoring
    assert spelled(desk) == [word.decode() for word in WORDS]
    (words,) = reported
    assert "4 words scored." in words
    assert "at one place reading began again" in words


def test_what_is_on_the_screen_comes_first() -> None:
    desk = loaded()
    desk.records.seen = lambda: (7, 11)
    command = asked(desk)
    assert (command.first, command.last) == (7, 11)
    assert command.prompt.manuscript == TEXT, "with what stands around it"
    desk.client.answer(scored(command.request, WORDS[2], start=7))
    desk.client.answer(scoring_ended(command.request, reached=11))
    before = desk.client.last(Score)
    assert (before.first, before.last) == (0, 7)
    desk.client.answer(scored(before.request, *WORDS[:2]))
    desk.client.answer(scoring_ended(before.request, reached=7))
    behind = desk.client.last(Score)
    assert (behind.first, behind.last) == (11, None)
    desk.client.answer(scored(behind.request, WORDS[3], start=11), scoring_ended(behind.request))
    assert spelled(desk) == [word.decode() for word in WORDS]
    assert len(desk.client.all_sent(Score)) == 3


def test_of_a_long_text_a_part_is_sent_with_what_stands_before_it() -> None:
    desk = loaded("")
    report = desk.model.report
    assert report is not None
    around = 8 * report.context_size
    text = "sea " * around
    desk.type(text)
    where = 2 * around
    desk.records.seen = lambda: (where, where + 400)
    command = asked(desk)
    sent = command.prompt.manuscript
    assert len(sent) < around + 600
    assert sent[command.first :].startswith("sea sea")
    assert sent[0] == " ", "no word is cut"
    assert command.last == command.first + 400
    desk.client.answer(scored(command.request, b"sea", b" sea", start=command.first, first=9))
    assert [span.start for span in desk.records.spans.all] == [where, where + 3]


def test_broken_off_it_says_how_far_it_came_and_goes_on_with_the_rest(qtbot: QtBot) -> None:
    desk = loaded()
    command = asked(desk)
    desk.client.answer(scored(command.request, *WORDS[:2]))
    desk.client.answer(scoring_ended(command.request, reached=7))
    request = desk.client.last(Score).request
    with qtbot.waitSignal(desk.records.reported) as reported:
        desk.client.answer(Superseded(request=request))
    assert reported.args is not None
    assert "Scored 2 of 4 words." in reported.args[0]
    assert asked(desk).first == 7


def test_while_it_waits_for_another_prompt_esc_ends_it_at_once() -> None:
    desk = loaded()
    command = asked(desk)
    desk.records.cancel()
    assert desk.client.last(Stop).request == command.request
    assert not desk.records.is_scoring
    desk.client.answer(Superseded(request=command.request))
    second = asked(desk)
    desk.client.answer(Evaluating(request=second.request, done=0, total=9))
    desk.records.cancel()
    assert desk.records.is_scoring, "what the engine has by now is on its way"
    desk.client.answer(scored(second.request, *WORDS[:1]), Superseded(request=second.request))
    assert spelled(desk) == ["The"]


def test_what_cannot_be_scored_does_not_hold_it_up() -> None:
    desk = loaded()
    command = asked(desk)
    desk.client.answer(scoring_ended(command.request, reached=0))
    assert not desk.records.is_scoring


def test_a_part_whose_text_goes_meanwhile_is_let_go() -> None:
    desk = loaded()
    command = asked(desk)
    desk.draft.manuscript.edit(0, len(TEXT), "")
    desk.client.answer(scored(command.request, *WORDS), scoring_ended(command.request))
    assert not desk.records.is_scoring
    assert len(desk.client.all_sent(Score)) == 1


def test_a_failure_is_reported(qtbot: QtBot) -> None:
    desk = loaded()
    command = asked(desk)
    with qtbot.waitSignal(desk.records.failed) as reported:
        desk.client.answer(Failed(request=command.request, kind="prompt", message="No room."))
    assert reported.args == ["No room."]
    assert desk.records.can_score


def test_where_nothing_is_left_to_score_that_is_said(qtbot: QtBot) -> None:
    desk = loaded()
    desk.records.spans.fill(0, scored(0, *WORDS).tokens)
    with qtbot.waitSignal(desk.records.reported) as reported:
        desk.records.score()
    assert reported.args == [NOTHING_TO_SCORE]
    assert desk.client.all_sent(Score) == []
    desk.type("!")
    command = asked(desk)
    with qtbot.waitSignal(desk.records.reported) as reported:
        desk.client.answer(scoring_ended(command.request))
    assert reported.args == [NOTHING_TO_SCORE]


def test_an_engine_that_dies_ends_it() -> None:
    desk = loaded()
    asked(desk)
    desk.client.die()
    assert not desk.records.is_scoring


def test_another_models_tokens_are_not_this_ones() -> None:
    desk = loaded()
    command = asked(desk)
    desk.client.answer(scored(command.request, *WORDS), scoring_ended(command.request))
    desk.load("other.gguf")
    assert spelled(desk) == []
    assert desk.next_token.text(3).text == "⟨token 3⟩"
    desk.load()
    assert len(spelled(desk)) == 4
    assert desk.next_token.text(3).text == "?"


def test_a_token_that_was_read_knows_what_stood_before_it(qtbot: QtBot) -> None:
    desk = loaded()
    request = asked(desk).request
    # Two tokens of a brief stand before the text, whose first token is the third.
    desk.client.answer(scored(request, *WORDS, first=2))
    records = desk.records.spans.records
    assert [place_of(record) for record in records] == [None] * 4
    desk.client.answer(evaluated(request, 8, 9, 0, 1, 2, 3), scoring_ended(request))
    places = [place_of(record) for record in records]
    assert [list(place.history) for place in places if place is not None] == [
        [8, 9],
        [8, 9, 0],
        [8, 9, 0, 1],
        [8, 9, 0, 1, 2],
    ]
    assert all(place is not None and place.is_whole and place.seed is None for place in places)


def test_another_text_ends_a_scoring_and_is_not_scored_in_its_place() -> None:
    desk = loaded()
    reported: list[str] = []
    desk.records.reported.connect(reported.append)
    first = asked(desk)
    desk.client.answer(evaluated(first.request, 1, 2))
    desk.client.answer(scored(first.request, *WORDS[:2]))
    desk.draft.manuscript.load("Another text, which nobody wanted scored.")
    assert not desk.records.is_scoring
    assert desk.client.last(Stop).request == first.request
    # What the engine has on its way comes still, and is of no account.
    desk.client.answer(scored(first.request, *WORDS[2:], start=7, first=2))
    desk.client.answer(scoring_ended(first.request))
    assert desk.client.last(Score) == first
    assert spelled(desk) == []
    assert reported == []
    desk.draft.manuscript.load("The last one.")
    assert len([it for it in desk.client.sent if isinstance(it, Stop)]) == 1


def test_a_stop_that_comes_as_a_part_ends_asks_for_no_other_part() -> None:
    desk = loaded()
    reported: list[str] = []
    desk.records.reported.connect(reported.append)
    first = asked(desk)
    desk.client.answer(evaluated(first.request, 1, 2))
    desk.client.answer(scored(first.request, *WORDS[:2]))
    desk.records.cancel()
    desk.client.answer(scoring_ended(first.request, reached=7))
    assert not desk.records.is_scoring
    assert desk.client.last(Score) == first
    assert reported == ["Scored 2 of 4 words. “Score the text” goes on with the rest."]
    # And the next scoring goes on from there.
    second = asked(desk)
    assert second.request != first.request
    desk.client.answer(scored(second.request, *WORDS[2:3], start=7, first=2))
    desk.client.answer(scoring_ended(second.request, reached=11))
    assert desk.client.last(Score).request not in (first.request, second.request)


def test_the_oldest_records_go_beyond_the_budget_and_can_be_scored_again(
    monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(SketchBudget.__init__, "__defaults__", (8 * len(sketch(0)),))
    desk = loaded("")
    reported: list[str] = []
    desk.records.reported.connect(reported.append)
    for _ in range(3):
        desk.writing.continue_writing()
        request = desk.client.sent[-1].request
        desk.client.answer(evaluated(request, 7, 8))
        desk.client.answer(*(token(request, i, word, token_id=i) for i, word in enumerate(WORDS)))
        desk.client.answer(*finished(request, 4))
        desk.draft.set_caret(len(desk.draft.manuscript))
    assert desk.draft.manuscript.text == TEXT * 3, "no text goes"
    qtbot.waitUntil(lambda: set(reported) == {FORGOTTEN})
    left = spelled(desk)
    assert left == [word.decode() for word in WORDS * 3][-len(left) :]
    assert len(left) < 12
    command = asked(desk)
    assert command.first == 0, "the first token has no record any more"
