"""A take that is turned, on an engine that the test plays."""

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from studio.app.writing import scrub as scrub_module
from studio.app.writing.scrub import ANOTHER_PROMPT, NO_MODEL, NO_TAKE, NOT_RECORDED, Scrub
from studio.app.writing.scrub_words import scrub_words
from studio.engine.messages import Evaluating, Failed, Generate, Stop, id_bytes
from studio.manuscript import Origin, Passage, Take, TakeSet
from studio.presets import Preset
from studio.sampling import SamplingParams
from tests.helpers.fake_engine import Desk, evaluated, finished, token

OPENING = "Once"
PROMPT = (1, 2, 3)
WORDS = (b" upon", b" a", b" time", b" there", b" was")
IDS = (11, 12, 13, 14, 15)
LONG = 60_000
"""Milliseconds: no test lasts so long."""
COLD, HOT = 0.8, 50.0
"""At the one each token is the favourite that was drawn, at the other another one."""


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    desk = Desk(SamplingParams(temperature=COLD, seed=7))
    desk.load()
    desk.type(OPENING)
    return desk


@pytest.fixture
def scrub(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Scrub:
    # A hand holds the dial until the test lets go: no clock decides.
    monkeypatch.setattr(scrub_module, "REST_MS", LONG)
    monkeypatch.setattr(scrub_module, "_READ_MS", LONG)
    monkeypatch.setattr(scrub_module, "_SLICE_SECONDS", float(LONG))
    made = Scrub(desk.draft, desk.sampling, desk.writing, desk.next_token)
    made.set_on(True)
    return made


def answer(desk: Desk, *words: bytes, ids: tuple[int, ...] = IDS, first: int = 0) -> None:
    """Have the engine write some tokens, and end."""
    request = desk.client.last(Generate).request
    desk.client.answer(
        evaluated(request, *PROMPT),
        *(
            token(request, first + index, word, token_id=ids[index])
            for index, word in enumerate(words)
        ),
        *finished(request, first + len(words)),
    )


def write(desk: Desk) -> Take:
    desk.writing.continue_writing()
    answer(desk, *WORDS)
    return current(desk)


def takes_of(desk: Desk) -> TakeSet:
    takes = desk.writing.take_set()
    assert takes is not None
    return takes


def current(desk: Desk) -> Take:
    take = takes_of(desk).current
    assert take is not None
    return take


def turn(desk: Desk, temperature: float) -> None:
    desk.sampling.change(temperature=temperature)


def test_a_take_keeps_what_it_was_drawn_with(desk: Desk) -> None:
    desk.writing.continue_writing()
    request = desk.client.last(Generate).request
    desk.client.answer(evaluated(request, *PROMPT), *finished(request, 0, reason="end_of_text"))
    take = write(desk)
    assert [(first, params.temperature) for first, params in take.turns] == [(0, COLD)]
    assert take.seed == 7
    other = Desk(SamplingParams())
    other.load()
    other.type(OPENING)
    assert take.written_from == other.writing.mark_of(other.draft.prompt())
    other.draft.set_brief("Short.")
    assert take.written_from != other.writing.mark_of(other.draft.prompt())


def test_while_it_is_turned_the_text_stays_and_at_rest_it_is_rewritten(
    desk: Desk, scrub: Scrub
) -> None:
    first = write(desk)
    text = desk.draft.manuscript.text
    scrub.hold()
    turn(desk, HOT)
    shown = scrub.shown
    assert shown is not None
    assert (shown.stays, shown.tokens) == (0, 5)
    assert (shown.parts, shown.end) == (len(OPENING), len(text))
    assert shown.divergence is not None
    assert shown.divergence.is_certain
    assert desk.draft.manuscript.text == text
    assert "0 of 5 tokens stay; " in scrub_words(scrub, desk.next_token)[0]
    assert "instead of “upon”" in scrub_words(scrub, desk.next_token)[0]
    # Turned back before the hand lets go, it stands.
    turn(desk, COLD)
    assert scrub.shown is not None
    assert scrub.shown.divergence is None
    assert scrub_words(scrub, desk.next_token)[0] == "All 5 tokens stay"
    turn(desk, HOT)
    scrub.let_go()
    command = desk.client.last(Generate)
    assert command.sequences[0].written == b""
    assert command.sequences[0].params == SamplingParams(temperature=HOT, seed=7)
    assert command.prompt.manuscript == OPENING
    request = command.request
    fallen = token(request, 0, b" up", token_id=shown.divergence.token or 0)
    there = msgspec.structs.replace(fallen.record, sketch=first.records[0].sketch)
    fallen = msgspec.structs.replace(fallen, record=there)
    desk.client.answer(evaluated(request, *PROMPT), fallen, *finished(request, 1))
    assert desk.draft.manuscript.text == OPENING + " up"
    assert [take.text for take in takes_of(desk).takes] == [" upon a time there was", " up"]
    assert scrub_words(scrub, desk.next_token) == ()
    # And back: that is there already.
    sent = len(desk.client.all_sent(Generate))
    caret: list[int] = []
    scrub.caret_wanted.connect(caret.append)
    turn(desk, COLD)
    scrub.settle()
    assert desk.draft.manuscript.text == text
    assert current(desk) is first
    assert caret == [len(text)]
    assert len(desk.client.all_sent(Generate)) == sent
    desk.draft.manuscript.undo()
    assert desk.draft.manuscript.text == OPENING + " up", "in one step"


def part_at(desk: Desk, index: int) -> None:
    """Ban the token of a place, so that the take parts there."""
    banned = ((IDS[index], float("-inf")),)
    desk.sampling.change(logit_bias=banned)


def test_it_is_written_on_from_where_it_parts(desk: Desk, scrub: Scrub) -> None:
    first = write(desk)
    part_at(desk, 2)
    shown = scrub.shown
    assert shown is not None
    assert (shown.stays, shown.tokens) == (2, 5)
    assert desk.draft.manuscript.part(shown.parts, shown.end) == " time there was"
    scrub.settle()
    command = desk.client.last(Generate)
    assert command.sequences[0].written == id_bytes(IDS[:2])
    assert command.max_tokens == desk.sampling.max_tokens - 2
    request = command.request
    desk.client.answer(evaluated(request, *PROMPT))
    # Until the first new token what is kept stands there alone.
    assert desk.draft.manuscript.text == OPENING + " upon a"
    desk.client.answer(token(request, 2, b" hill", token_id=30), *finished(request, 3))
    assert desk.draft.manuscript.text == OPENING + " upon a hill"
    take = current(desk)
    assert [record.id for record in take.records] == [11, 12, 30]
    assert take.records[:2] == first.records[:2]
    sequence = take.records[2].sequence
    assert sequence is not None
    assert (sequence.ids, sequence.start, take.records[2].index) == ([1, 2, 3, 11, 12, 30], 3, 5)
    spans = desk.records.spans.all
    assert [span.record.id for span in spans] == [11, 12, 30]
    assert take.seed == first.seed
    assert take.written_from == first.written_from
    desk.draft.manuscript.undo()
    assert desk.draft.manuscript.text == OPENING + " upon a time there was"
    assert [span.record.id for span in desk.records.spans.all] == list(IDS)


def test_given_up_it_is_as_it_was(desk: Desk, scrub: Scrub) -> None:
    write(desk)
    text = desk.draft.manuscript.text
    turn(desk, 3.0)
    turn(desk, HOT)
    assert scrub.is_turning
    scrub.give_up()
    assert desk.sampling.params.temperature == COLD
    assert not scrub.is_turning
    assert (scrub.shown, desk.draft.manuscript.text) == (None, text)
    assert len(desk.client.all_sent(Generate)) == 1
    scrub.settle()
    assert len(desk.client.all_sent(Generate)) == 1


def test_turned_further_while_it_is_written_that_leaves_no_trace(desk: Desk, scrub: Scrub) -> None:
    write(desk)
    text = desk.draft.manuscript.text
    part_at(desk, 3)
    scrub.settle()
    request = desk.client.last(Generate).request
    desk.client.answer(evaluated(request, *PROMPT), token(request, 3, b" lay", token_id=31))
    part_at(desk, 1)
    assert desk.client.last(Stop).request == request
    assert not scrub.is_settled
    desk.client.answer(*finished(request, 4, reason="stopped"))
    assert desk.draft.manuscript.text == text
    assert len(takes_of(desk).takes) == 1
    assert scrub.shown is not None
    assert scrub.shown.stays == 1
    scrub.give_up()
    # To before the first of the turns.
    assert desk.sampling.params.logit_bias == ()


@pytest.mark.parametrize("how", ["fails", "dies", "stops"])
def test_where_nothing_comes_the_old_text_comes_back(desk: Desk, scrub: Scrub, how: str) -> None:
    write(desk)
    text = desk.draft.manuscript.text
    failures: list[str] = []
    desk.writing.failed.connect(lambda message, _kind: failures.append(message))
    part_at(desk, 2)
    scrub.settle()
    request = desk.client.last(Generate).request
    desk.client.answer(Evaluating(request=request, done=1, total=2))
    if how == "fails":
        desk.client.answer(Failed(request=request, kind="llama_cpp", message="No."))
    elif how == "dies":
        desk.client.die()
    else:
        desk.writing.stop()
        desk.client.answer(*finished(request, 2, reason="stopped"))
    assert desk.draft.manuscript.text == text
    assert len(takes_of(desk).takes) == 1
    assert failures == (["No."] if how == "fails" else [])
    assert scrub.is_settled


def test_a_text_that_ends_there_now_is_a_take(desk: Desk, scrub: Scrub) -> None:
    write(desk)
    part_at(desk, 2)
    scrub.settle()
    request = desk.client.last(Generate).request
    desk.client.answer(evaluated(request, *PROMPT), *finished(request, 2, reason="end_of_text"))
    assert desk.draft.manuscript.text == OPENING + " upon a"
    assert len(takes_of(desk).takes) == 2


def test_what_was_changed_by_hand_ends_what_can_be_turned(desk: Desk, scrub: Scrub) -> None:
    write(desk)
    at = desk.draft.manuscript.text.index("time")
    desk.draft.manuscript.edit(at, 4, "hill")
    part_at(desk, 4)
    assert scrub.shown is not None
    assert scrub.shown.divergence is None
    assert scrub_words(scrub, desk.next_token)[0] == "All that stands before your change stays"
    scrub.settle()
    assert len(desk.client.all_sent(Generate)) == 1
    part_at(desk, 1)
    assert scrub.shown is not None
    assert (scrub.shown.stays, scrub.shown.tokens) == (1, 2)
    scrub.settle()
    assert desk.client.last(Generate).sequences[0].written == id_bytes(IDS[:1])


def test_what_may_begin_a_stop_string_is_drawn_again(desk: Desk, scrub: Scrub) -> None:
    stopping = Preset(name="Stopping", description="", stop=(" a hill",))
    desk.draft.set_preset(stopping)
    write(desk)
    part_at(desk, 2)
    scrub.settle()
    assert desk.client.last(Generate).sequences[0].written == id_bytes(IDS[:1])


def test_behind_a_cut_of_the_context_it_is_cut_again(desk: Desk, scrub: Scrub) -> None:
    desk.writing.continue_writing()
    request = desk.client.last(Generate).request
    events = [
        token(request, index, word, token_id=token_id)
        for index, (word, token_id) in enumerate(zip(WORDS, IDS, strict=True))
    ]
    desk.client.answer(evaluated(request, *PROMPT), *events[:2])
    desk.client.answer(evaluated(request, *PROMPT, *IDS[:2], unseen=4), *events[2:])
    desk.client.answer(*finished(request, 5))
    assert current(desk).cut == 2
    part_at(desk, 4)
    assert scrub.shown is not None
    assert scrub.shown.stays == 4
    scrub.settle()
    assert desk.client.last(Generate).sequences[0].written == id_bytes(IDS[:2])


def test_what_ended_the_text_may_not_fall(desk: Desk, scrub: Scrub) -> None:
    desk.writing.continue_writing()
    request = desk.client.last(Generate).request
    end, done = finished(request, 2, reason="end_of_text")
    last = token(request, 2, b"", token_id=2)
    desk.client.answer(
        evaluated(request, *PROMPT),
        *(token(request, index, WORDS[index], token_id=IDS[index]) for index in range(2)),
        msgspec.structs.replace(end, end=last),
        done,
    )
    assert current(desk).end is not None
    desk.sampling.change(logit_bias=((2, float("-inf")),))
    shown = scrub.shown
    assert shown is not None
    assert (shown.stays, shown.tokens, shown.parts) == (2, 2, shown.end)
    assert scrub_words(scrub, desk.next_token)[0] == (
        "2 of 2 tokens stay; the text would not end here"
    )
    scrub.settle()
    assert desk.client.last(Generate).sequences[0].written == id_bytes(IDS[:2])


def test_why_nothing_can_be_turned(desk: Desk, scrub: Scrub) -> None:
    turn(desk, 3.0)
    assert scrub.why_not == NO_TAKE
    assert not scrub.is_turning
    take = write(desk)
    turn(desk, HOT)
    assert (scrub.why_not, scrub.is_turning) == ("", True)
    scrub.give_up()
    desk.draft.set_brief("Short sentences.")
    turn(desk, HOT)
    assert scrub.why_not == ANOTHER_PROMPT
    scrub.settle()
    assert scrub.why_not == ""
    desk.draft.set_brief("")
    turns, take.turns = take.turns, []
    turn(desk, COLD)
    assert scrub.why_not == NOT_RECORDED
    take.turns = turns
    desk.client.die()
    turn(desk, HOT)
    assert scrub.why_not == NO_MODEL
    assert len(desk.client.all_sent(Generate)) == 1


def test_a_take_that_begins_with_a_chosen_word_is_turned_behind(desk: Desk, scrub: Scrub) -> None:
    write(desk)
    before = desk.draft.manuscript.text
    start = before.index(" time")
    desk.writing.lead_on(start, start + 5, Passage.of(" hill", Origin.GENERATED))
    request = desk.client.last(Generate).request
    desk.client.answer(evaluated(request, *PROMPT), token(request, 0, b" rose", token_id=21))
    desk.client.answer(*finished(request, 1))
    desk.draft.set_caret(len(desk.draft.manuscript))
    text = desk.draft.manuscript.text
    assert text == f"{before[:start]} hill rose"
    turn(desk, HOT)
    shown = scrub.shown
    assert shown is not None
    assert (shown.stays, shown.parts, shown.end) == (0, start + len(" hill"), len(text))
    assert desk.draft.manuscript.text == text
    scrub.settle()
    command = desk.client.last(Generate)
    assert command.prompt.manuscript == f"{before[:start]} hill"
    request = command.request
    desk.client.answer(evaluated(request, *PROMPT), token(request, 0, b" lay", token_id=22))
    desk.client.answer(*finished(request, 1))
    assert desk.draft.manuscript.text == f"{before[:start]} hill lay"
    assert [take.given for take in takes_of(desk).takes] == [0, 5, 5]
    desk.draft.manuscript.undo()
    assert desk.draft.manuscript.text == text


def test_only_where_it_is_asked_for_and_in_view(desk: Desk, scrub: Scrub) -> None:
    write(desk)
    scrub.set_on(False)
    turn(desk, HOT)
    assert not scrub.is_turning
    scrub.set_on(True)
    scrub.is_in_view = False
    turn(desk, COLD)
    assert not scrub.is_turning
    scrub.is_in_view = True
    desk.sampling.change(seed=9)
    assert not scrub.is_turning, "it has draws of its own"
    turn(desk, HOT)
    assert scrub.is_turning
    # A hand that types has gone on to something else.
    desk.type("!")
    assert not scrub.is_turning
    assert len(desk.client.all_sent(Generate)) == 1
