"""Lanes and their run, on an engine that the test plays."""

import msgspec
import pytest
from PySide6.QtCore import QObject

from studio.app.compare.lanes import RUNS
from studio.app.compare.record import record_of, show_record
from studio.app.compare.setups import all_presets, around, ladder
from studio.app.compare.state import ELSEWHERE, ENDS_AT_ONCE
from studio.app.generation.sequence import SequencePhase
from studio.app.tokens.place import place_of
from studio.app.tokens.sketch_budget import SketchBudget
from studio.engine.messages import (
    BreakersFound,
    ChangeSequence,
    ContinueSequence,
    Failed,
    FindBreakers,
    Generate,
    RemoveSequence,
    RerunSequence,
    Stop,
    StopSequence,
)
from studio.manuscript import OwnSampling
from studio.presets import Preset
from tests.helpers.fake_engine import evaluated, finished, sketch, token
from tests.helpers.lane_desk import LaneDesk


@pytest.fixture
def desk(qapp: QObject) -> LaneDesk:
    return LaneDesk()


def test_what_lanes_write_takes_nothing_of_the_texts_budget(
    qapp: QObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SketchBudget.__init__, "__defaults__", (8 * len(sketch(0)),))
    desk = LaneDesk()
    desk.writing.continue_writing()
    written = desk.request
    tokens = [token(written, index, b" x", token_id=index) for index in range(4)]
    desk.client.answer(evaluated(written, 1), *tokens, *finished(written, 4))
    desk.run(*range(10, 30))
    assert [record.sketch for record in desk.records.last(4)] == [sketch(at) for at in range(4)]


def test_set_ups(desk: LaneDesk) -> None:
    preset, params = desk.compare.here
    assert [setup.params.temperature for setup in ladder(preset, params)] == [0, 0.5, 1, 1.5]
    assert [setup.params.temperature for setup in around(preset, params)] == [
        0.67,
        0.83,
        1.0,
        1.2,
        1.5,
    ]
    assert [setup.preset for setup in all_presets(desk.preset_choice.presets)] == [
        preset.name for preset in desk.preset_choice.presets
    ][:8]


def test_lanes_begin_with_the_preset_whose_settings_the_carets_passage_has(desk: LaneDesk) -> None:
    code = desk.preset_choice.named("Code")
    assert code is not None
    own = msgspec.structs.replace(code.sampling, temperature=0.9)
    desk.sampling.set_own(OwnSampling(0.9, code.name, own))
    assert desk.compare.here == (code.name, own)
    desk.compare.set_up(around(*desk.compare.here))
    assert {lane.preset_choice.current.name for lane in desk.compare.lanes} == {code.name}
    # Of T alone, all else is the document's; and so it is called where the preset is gone.
    for passage in (OwnSampling(0.3), OwnSampling(0.3, "Gone", own)):
        desk.sampling.set_own(passage)
        assert desk.compare.here == ("Creative writing", desk.sampling.params)
        assert desk.sampling.params.temperature == 0.3


def test_a_run_sends_what_is_set_and_holds_the_writing(desk: LaneDesk) -> None:
    state = desk.compare
    state.set_seed(11)
    state.set_max_tokens(9)
    state.run()
    sent = desk.client.last(Generate)
    assert (sent.seed, sent.max_tokens, sent.share_u) == (11, 9, True)
    assert sent.prompt == desk.draft.prompt()
    assert [lane.params.temperature for lane in sent.sequences] == [0, 0.5, 1, 1.5]
    assert desk.writing.held == RUNS
    assert not desk.writing.can_start
    assert state.why_not_run
    desk.start()
    desk.write(0, 5, 6)
    assert state.lanes[0].phase is SequencePhase.RUNNING
    assert state.lanes[0].text == " w5 w6"
    state.lanes[0].sampling.change(temperature=2.0)
    assert desk.client.last(ChangeSequence).params.temperature == 2.0
    state.stop(state.lanes[1])
    assert desk.client.last(StopSequence).sequence == 1
    state.stop_all()
    assert desk.client.last(Stop).request == desk.request
    for lane in range(4):
        desk.end(lane, "stopped")
    desk.finish()
    assert desk.writing.held is None
    state.set_shown(True)
    assert desk.writing.held == ELSEWHERE


def test_it_says_why_it_cannot_run(desk: LaneDesk) -> None:
    state = desk.compare
    desk.draft.manuscript.load("")
    assert "sentence" in (state.why_not_run or "")
    desk.type("The sea")
    assert state.why_not_run is None
    desk.writing.continue_writing()
    assert "writing" in (state.why_not_run or "")
    state.run()
    assert not any(sent.keep for sent in desk.client.all_sent(Generate)), "no comparison is"


def test_what_comes_late_of_a_lane_that_begins_again_is_not_taken(desk: LaneDesk) -> None:
    state = desk.compare
    desk.run(5, 6)
    lane = state.lanes[2]
    state.run_again(lane)
    assert desk.client.last(RerunSequence).sequence == 2
    desk.write(2, 9)
    assert lane.tokens == []
    desk.start(2, seed=99)
    desk.write(2, 8)
    assert [token.id for token in lane.tokens] == [8]
    assert lane.seed == 99


def test_a_lane_goes_on_and_lanes_come_and_go(desk: LaneDesk) -> None:
    state = desk.compare
    desk.run(5, 6)
    state.go_on(state.lanes[0])
    assert desk.client.last(ContinueSequence).sequence == 0
    desk.write(0, 7)
    desk.end(0)
    assert [token.id for token in state.lanes[0].tokens] == [5, 6, 7]
    state.remove(state.lanes[1])
    assert desk.client.last(RemoveSequence).sequence == 1
    state.add()
    assert [lane.number for lane in state.lanes] == [0, 2, 3, 1]
    assert sorted(lane.color for lane in state.lanes) == [0, 1, 2, 3]
    for _ in range(6):
        state.add()
    assert len(state.lanes) == 8
    for lane in list(state.lanes):
        state.remove(lane)
    assert len(state.lanes) == 2


def test_lanes_that_the_engine_has_lost_are_given_back_to_it(desk: LaneDesk) -> None:
    state = desk.compare
    desk.run(5, 6)
    desk.load()
    state.go_on(state.lanes[1])
    sent = desk.client.last(Generate)
    assert not sent.share_u
    assert [lane.token_ids() for lane in sent.sequences] == [[5, 6]] * 4
    assert [lane.waits for lane in sent.sequences] == [True, False, True, True]
    assert {lane.params.seed for lane in sent.sequences} == {7}
    assert [lane.runs for lane in state.lanes] == [False, True, False, False]


def test_lanes_have_the_stop_strings_of_their_presets(desk: LaneDesk) -> None:
    state = desk.compare
    _, second, third, _ = state.lanes
    second.preset_choice.choose(Preset(name="Chat", description="", stop=("User:", "\n\n")))
    third.preset_choice.choose(Preset(name="Lines", description="", stop=("\n",)))
    state.run()
    assert [lane.stop for lane in desk.client.last(Generate).sequences] == [
        (),
        ("User:", "\n\n"),
        ("\n",),
        (),
    ]
    desk.start()
    desk.write(1, 5)
    desk.end(1, "stop_string")
    for lane in (0, 2, 3):
        desk.end(lane)
    desk.finish()
    assert state.why_not_go_on(second) == ENDS_AT_ONCE
    assert state.why_not_again(second) is None
    # Turned, it may draw something else; with another preset it has other stop strings.
    second.sampling.change(temperature=2.0)
    assert state.why_not_go_on(second) is None
    second.sampling.change(temperature=second.params_at(1).temperature)
    assert state.why_not_go_on(second) == ENDS_AT_ONCE
    second.preset_choice.choose(
        Preset(name="Bare", description="", sampling=second.sampling.params)
    )
    assert state.why_not_go_on(second) is None
    state.go_on(second)
    assert desk.client.last(ContinueSequence).stop == ()
    state.run_again(third)
    assert desk.client.last(RerunSequence).stop == ("\n",)


def test_a_lane_that_is_added_joins_the_others_with_their_draws(desk: LaneDesk) -> None:
    state = desk.compare
    state.run()
    desk.start()
    desk.write(0, 5)
    state.add()
    added = state.lanes[-1]
    # While the others run, which it leaves alone.
    state.go_on(added)
    sent = desk.client.last(RerunSequence)
    assert (sent.sequence, sent.seed) == (added.number, 7)
    assert len(desk.client.all_sent(Generate)) == 1
    assert all(lane.runs for lane in state.lanes)
    state.set_share_u(False)
    state.add()
    state.go_on(state.lanes[-1])
    assert desk.client.last(RerunSequence).seed == -1


def test_what_it_takes_to_go_on_is_given_back_too(desk: LaneDesk) -> None:
    state = desk.compare
    state.run()
    desk.start()
    desk.client.answer(evaluated(desk.request, *range(40), used=30, unseen=25))
    for lane in range(4):
        desk.write(lane, 5, 6)
        desk.end(lane, mu=3.5 + lane)
    desk.finish()
    assert (state.run_input.unseen_tokens, state.run_input.unseen_characters) == (10, 25)
    desk.load()
    state.go_on(state.lanes[1])
    sent = desk.client.last(Generate)
    assert sent.unseen_tokens == 10
    assert [lane.mu for lane in sent.sequences] == [3.5, 4.5, 5.5, 6.5]


def test_another_models_lanes_do_not_go_on(desk: LaneDesk) -> None:
    desk.run(5, 6)
    desk.load("other.gguf")
    assert "another model" in (desk.compare.why_not_go_on(desk.compare.lanes[0]) or "")


def test_failures_and_deaths_end_all_lanes(desk: LaneDesk) -> None:
    state = desk.compare
    messages: list[str] = []
    state.failed.connect(messages.append)
    state.run()
    desk.client.answer(Failed(request=desk.request, kind="prompt", message="It does not fit."))
    assert messages == ["It does not fit."]
    assert not state.is_running
    state.run()
    desk.start()
    desk.write(0, 5)
    desk.client.die()
    assert {lane.reason for lane in state.lanes} == {"gone"}
    assert state.lanes[0].text == " w5"


def test_a_lane_is_used_as_a_take_and_another_takes_its_place(desk: LaneDesk) -> None:
    state, manuscript = desk.compare, desk.draft.manuscript
    ends: list[int] = []
    state.used.connect(ends.append)
    desk.run(5, 6)
    # The text before the place may change meanwhile.
    manuscript.edit(0, 0, "Oh. ")
    state.use(state.lanes[0])
    assert manuscript.text == "Oh. The sea w5 w6"
    assert ends == [len(manuscript)]
    state.use(state.lanes[1])
    assert manuscript.text == "Oh. The sea w5 w6"
    assert len(manuscript.take_sets) == 1
    assert len(manuscript.take_sets[0].takes) == 2
    manuscript.undo()
    manuscript.undo()
    assert manuscript.text == "Oh. The sea"


def test_the_records_of_a_lane_that_is_used_know_their_places(desk: LaneDesk) -> None:
    state = desk.compare
    desk.run(5, 6)
    state.use(state.lanes[2])
    records = [span.record for span in desk.records.spans.all]
    places = [place for record in records if (place := place_of(record)) is not None]
    assert [list(place.history) for place in places] == [[1, 2, 3], [1, 2, 3, 5]]
    assert [(place.seed, place.is_whole) for place in places] == [(7, True)] * 2


def test_drys_breakers_are_asked_for_once_a_model(desk: LaneDesk) -> None:
    state = desk.compare
    state.lanes[0].sampling.change(dry_multiplier=0.8)
    state.lanes[1].sampling.change(dry_multiplier=0.9)
    (asked,) = desk.client.all_sent(FindBreakers)
    params = state.lanes[0].sampling.params
    assert asked.texts == params.dry_sequence_breakers
    assert state.vocabulary.breakers(params) is None
    desk.client.answer(
        BreakersFound(request=asked.request, texts=asked.texts, breakers={5: [(6,)]})
    )
    assert state.vocabulary.breakers(params) == {5: [(6,)]}
    assert state.lanes[0].next_token.breakers(params) == {5: [(6,)]}
    # A run's vocabulary knows them too, without a question that would wait for its end.
    desk.run(5, 6)
    assert state.vocabulary.breakers(params) == {5: [(6,)]}
    assert len(desk.client.all_sent(FindBreakers)) == 1
    desk.load("other.gguf")
    assert len(desk.client.all_sent(FindBreakers)) == 1, "these lanes are another model's"
    state.set_up(ladder(*state.here))
    state.lanes[0].sampling.change(dry_multiplier=0.8)
    assert len(desk.client.all_sent(FindBreakers)) == 2


def test_a_record_reports_what_was_run_and_not_what_was_turned_since(desk: LaneDesk) -> None:
    state = desk.compare
    state.remove(state.lanes[0])
    desk.run(5, 6)
    code = state.presets.named("Code")
    assert code is not None
    state.lanes[1].preset_choice.choose(code)
    state.lanes[1].sampling.change(temperature=1.9)
    record = record_of(state)
    assert [lane.name for lane in record.lanes] == ["Creative writing"] * 3
    assert [lane.params.temperature for lane in record.lanes] == [0.5, 1.0, 1.5]
    assert not any(lane.turns for lane in record.lanes)
    # Lanes keep the colours that they had, also when they come back.
    assert [lane.color for lane in record.lanes] == [1, 2, 3]
    show_record(state, record)
    assert [lane.color for lane in state.lanes] == [1, 2, 3]
    assert record_of(state) == record
    # A file of another hand has none, or the same twice: each lane has one of its own.
    twice = tuple(msgspec.structs.replace(lane, color=9) for lane in record.lanes)
    show_record(state, msgspec.structs.replace(record, lanes=twice))
    assert [lane.color for lane in state.lanes] == [0, 1, 2]


def test_a_lane_that_has_ended_can_be_used_while_others_run(desk: LaneDesk) -> None:
    state = desk.compare
    state.run()
    desk.start()
    for lane in range(2):
        desk.write(lane, 5, 6)
    assert "still being written" in (state.why_not_use(state.lanes[0]) or "")
    desk.end(0)
    assert state.is_running
    assert state.why_not_use(state.lanes[0]) is None
    # Another preset, chosen since, did not write it.
    code = state.presets.named("Code")
    assert code is not None
    state.lanes[0].preset_choice.choose(code)
    state.use(state.lanes[0])
    assert desk.draft.manuscript.text == "The sea w5 w6"
    assert [take.preset for take in desk.draft.manuscript.take_sets[0].takes] == [
        "Creative writing"
    ]
    desk.write(1, 7)
    assert state.lanes[1].text == " w5 w6 w7", "the others go on"
    desk.end(2)
    assert state.why_not_use(state.lanes[2]) == "This lane has written nothing yet."


def test_a_change_of_the_writing_is_reported_once(desk: LaneDesk) -> None:
    compare, writing = desk.compare, desk.writing
    news: list[str] = []
    writing.changed.connect(lambda: news.append("writing"))
    compare.changed.connect(lambda: news.append("lanes"))
    desk.writing.continue_writing()
    assert sorted(set(news)) == ["lanes", "writing"]
    assert news.count("lanes") == news.count("writing")
