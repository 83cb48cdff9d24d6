"""Parts of a draft with a temperature of their own: what is in force where, and what is turned."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from studio.app.heat.measure import HeatMeasure
from studio.app.heat.state import HeatState
from studio.app.landscape.state import LandscapeState
from studio.app.presets.preset_choice import PresetChoice
from studio.app.presets.state import PresetState
from studio.app.word.state import WordState
from studio.app.writing.draft_sampling import EMPTY, GROWS
from studio.app.writing.scrub import PARTLY, Scrub
from studio.engine.messages import ChangeSequence, Generate
from studio.manuscript import OwnSampling, TokenSpan
from studio.presets import Preset, PresetFolder
from studio.sampling import LogitSketch, SamplingParams
from tests.helpers.fake_engine import Desk, evaluated, finished, token

pytestmark = pytest.mark.usefixtures("qapp")

TEXT = "One two.\nThree four.\nFive."
COLD = 0.4
WORDS = (b" upon", b" a", b" time")


@pytest.fixture
def desk() -> Desk:
    """The second paragraph has its own T, and the caret stands at its end."""
    desk = Desk(SamplingParams(temperature=1.0, min_p=0.1, seed=7))
    desk.load()
    desk.type(TEXT)
    desk.draft.set_caret(20)
    desk.sampling.set_own(OwnSampling(COLD))
    return desk


def write(desk: Desk, *words: bytes) -> None:
    request = desk.client.last(Generate).request
    desk.client.answer(
        evaluated(request, 1, 2, 3),
        *(token(request, index, word) for index, word in enumerate(words)),
        *finished(request, len(words)),
    )


def sent(desk: Desk) -> SamplingParams:
    return desk.client.last(Generate).sequences[0].params


def test_in_force_is_what_the_place_of_the_caret_has(desk: Desk) -> None:
    sampling = desk.sampling
    emitted: list[float] = []
    sampling.params_changed.connect(lambda params: emitted.append(params.temperature))
    assert sampling.params == SamplingParams(temperature=COLD, min_p=0.1, seed=7)
    assert sampling.whole.temperature == 1.0
    desk.draft.set_caret(3)
    assert sampling.params.temperature == 1.0
    assert sampling.here is None
    desk.draft.set_caret(9)
    assert sampling.here == OwnSampling(COLD)
    desk.draft.set_caret(len(TEXT))
    assert emitted == [1.0, COLD, 1.0]
    assert sampling.params_at(9, 12).temperature == COLD
    assert sampling.params_at(21, 25).temperature == 1.0


def test_the_dial_turns_what_the_caret_is_in_and_nothing_else(desk: Desk) -> None:
    sampling = desk.sampling
    sampling.change(temperature=0.7)
    assert (sampling.params.temperature, sampling.whole.temperature) == (0.7, 1.0)
    # What else is turned is no passage's own, where it has T alone.
    sampling.change(min_p=0.2)
    assert sampling.whole == SamplingParams(temperature=1.0, min_p=0.2, seed=7)
    desk.draft.set_caret(3)
    sampling.change(temperature=1.5)
    assert sampling.params_at(12, 12).temperature == 0.7
    assert sampling.params_at(0, 1).temperature == 1.5
    desk.draft.manuscript.undo()
    assert sampling.params_at(12, 12).temperature == COLD, "one undo for all of the turn"
    desk.draft.manuscript.undo()
    assert not desk.draft.manuscript.is_brushed
    assert sampling.whole.temperature == 1.5, "it is no change of the text"


def test_a_preset_s_passage_has_all_of_it(desk: Desk) -> None:
    preset = SamplingParams(temperature=0.6, top_k=9)
    desk.sampling.set_own(OwnSampling(0.6, "Calm", preset))
    assert desk.sampling.params == preset
    desk.sampling.change(top_k=5, temperature=0.8)
    assert desk.sampling.here == OwnSampling(0.8, "Calm", desk.sampling.params)
    assert desk.sampling.whole == SamplingParams(temperature=1.0, min_p=0.1, seed=7)
    desk.writing.continue_writing()
    assert (sent(desk).temperature, sent(desk).top_k) == (0.8, 5)
    write(desk, *WORDS)
    take = desk.draft.manuscript.take_sets[0].takes[0]
    assert take.preset == "Calm"


def test_presets_are_about_the_rest_of_the_text(desk: Desk, tmp_path: Path) -> None:
    choice = PresetChoice([Preset(name="Plain", description="")], "Plain")
    presets = PresetState(PresetFolder(tmp_path), choice, desk.sampling)
    presets.use_values(Preset(name="Plain", description="", sampling=SamplingParams(top_k=3)))
    assert presets.active.sampling == SamplingParams(top_k=3)
    assert desk.sampling.params == SamplingParams(temperature=COLD, top_k=3)


def test_what_is_generated_there_uses_it_and_belongs_to_it(desk: Desk) -> None:
    desk.writing.continue_writing()
    assert sent(desk).temperature == COLD
    write(desk, *WORDS)
    manuscript = desk.draft.manuscript
    assert manuscript.text == "One two.\nThree four. upon a time\nFive."
    assert desk.sampling.params_at(30, 30).temperature == COLD
    assert manuscript.take_sets[0].takes[0].temperatures == [COLD]
    # Of a retake its place counts, wherever the caret is in it.
    desk.draft.set_caret(24)
    desk.writing.retake()
    assert sent(desk).temperature == COLD
    write(desk, *WORDS)
    desk.writing.lead_on(9, 14, manuscript.passage(9, 10))
    assert sent(desk).temperature == COLD
    write(desk, *WORDS)
    desk.draft.set_caret(3)
    desk.writing.continue_writing()
    assert sent(desk).temperature == 1.0
    write(desk, *WORDS)


def test_while_it_is_written_the_dial_is_about_its_place(desk: Desk) -> None:
    desk.writing.continue_writing()
    request = desk.client.last(Generate).request
    desk.client.answer(evaluated(request, 1, 2, 3), token(request, 0, WORDS[0]))
    desk.next_frame()
    desk.draft.set_caret(3)
    assert desk.sampling.params.temperature == COLD
    assert not desk.client.all_sent(ChangeSequence), "the caret is elsewhere, and that is all"
    desk.sampling.change(temperature=0.9)
    assert desk.client.last(ChangeSequence).params.temperature == 0.9
    desk.sampling.set_own(None)
    assert desk.sampling.why_not == GROWS
    desk.client.answer(*finished(request, 1))
    take = desk.draft.manuscript.take_sets[0].takes[0]
    assert take.temperatures == [COLD, 0.9], "not that of the caret, when it has ended"
    assert desk.sampling.params.temperature == 1.0
    assert desk.sampling.params_at(12, 12).temperature == 0.9


def test_what_is_selected_is_given_it_and_loses_it(desk: Desk) -> None:
    sampling, manuscript = desk.sampling, desk.draft.manuscript
    desk.draft.set_caret(3, 3)
    assert sampling.target() == (0, 3)
    sampling.set_own(OwnSampling(1.2))
    assert sampling.here == OwnSampling(1.2)
    assert manuscript.brushes(0, 9)[0][0] == 3
    # Lines that were selected to the beginning of the next one are those lines.
    desk.draft.set_caret(21, 21)
    assert sampling.here == OwnSampling(COLD)
    sampling.set_own(None)
    assert not manuscript.is_brushed
    manuscript.undo()
    desk.draft.set_caret(12)
    assert sampling.target() == (9, 20), "the passage that the caret is in"
    sampling.set_own(OwnSampling(0.9))
    assert sampling.params_at(9, 20).temperature == 0.9
    sampling.set_own(None)
    assert sampling.here is None
    assert manuscript.brushes(0, 9)[0][0] == 3, "and no other"


def test_where_there_is_no_text_nothing_can_have_it() -> None:
    desk = Desk()
    assert desk.sampling.why_not == EMPTY
    desk.sampling.set_own(OwnSampling(0.3))
    assert not desk.draft.manuscript.can_undo
    desk.type("One.\n")
    desk.sampling.set_own(OwnSampling(0.3))
    desk.type("Two")
    assert desk.sampling.params.temperature == 0.3
    assert desk.sampling.params_at(0, 4).temperature == 1.0


def test_tokens_are_known_by_what_stands_where_they_stand(desk: Desk) -> None:
    desk.writing.continue_writing()
    write(desk, *WORDS)
    desk.draft.set_caret(len(desk.draft.manuscript))
    desk.writing.continue_writing()
    write(desk, *WORDS)
    spans = desk.records.spans.between(0, len(desk.draft.manuscript))
    assert len(spans) == 6
    assert desk.sampling.owns(spans) == [OwnSampling(COLD)] * 3 + [None] * 3
    assert desk.sampling.owns(spans[3:]) == ()
    assert desk.sampling.owns([]) == ()
    records = [span.record for span in spans]
    word = WordState(desk.sampling, desk.records, desk.next_token)
    heat = HeatState(desk.sampling, desk.next_token)
    landscape = LandscapeState(desk.records, desk.draft, desk.sampling, desk.next_token)
    landscape.set_active(True)
    heat.set_measure(HeatMeasure.SURPRISE)

    def check(temperatures: list[float]) -> None:
        sketches = [LogitSketch.from_bytes(record.sketch) for record in records]
        each = [
            -math.log2(sketch.probability(record.id, temperature))
            for sketch, record, temperature in zip(sketches, records, temperatures, strict=True)
        ]
        places = heat.scale.place(np.array(each))
        tints = np.minimum(places * 24, 23).astype(int)
        assert heat.tints(records, spans).tolist() == tints.tolist()
        landscape.update_now()
        for column, (span, temperature) in enumerate(zip(spans, temperatures, strict=True)):
            landscape.point_at(column)
            cell = landscape.cell()
            assert cell is not None
            written = sketches[column].probability(span.record.id, temperature)
            assert cell.written_p == pytest.approx(written)
            assert word.look_at(span)
            facts = word.facts(8)
            assert facts is not None
            assert facts.surprise == pytest.approx(each[column], abs=1e-5)
            assert word.temperature == temperature
        levels = landscape.levels
        same = LandscapeState(desk.records, desk.draft, desk.sampling, desk.next_token)
        same.set_active(True)
        same.update_now()
        assert (levels == same.levels).all(), "as if it had been so from the first"

    check([COLD] * 3 + [1.0] * 3)
    desk.sampling.change(temperature=2.0)  # the caret is in no passage
    check([COLD] * 3 + [2.0] * 3)
    brush = desk.draft.manuscript.brush_at(12, 12)
    assert brush is not None
    desk.draft.manuscript.turn_brush(brush, OwnSampling(3.0))
    check([3.0] * 3 + [2.0] * 3)
    desk.draft.manuscript.undo()
    desk.draft.manuscript.brush(0, len(desk.draft.manuscript), None)
    check([2.0] * 6)


def test_blame_uses_the_filters_and_the_temperature_of_the_place(desk: Desk) -> None:
    desk.writing.continue_writing()
    write(desk, *WORDS)
    desk.draft.set_caret(len(desk.draft.manuscript))
    desk.writing.continue_writing()
    write(desk, *WORDS)
    spans = desk.records.spans.between(0, len(desk.draft.manuscript))
    records = [span.record for span in spans]
    greedy = SamplingParams(temperature=50.0, top_k=1)
    desk.draft.set_caret(12)
    desk.sampling.set_own(OwnSampling(50.0, "Greedy", greedy))
    heat, alone = HeatState(desk.sampling, desk.next_token), Desk(greedy)
    other = HeatState(alone.sampling, desk.next_token)
    rest = HeatState(Desk(desk.sampling.whole).sampling, desk.next_token)
    for state in (heat, other, rest):
        state.set_measure(HeatMeasure.BLAME)
    tints = heat.tints(records, spans)
    assert tints[:3].tolist() == other.tints(records[:3]).tolist()
    assert tints[3:].tolist() == rest.tints(records[3:]).tolist()
    assert heat.turned(records).tolist() == [
        *other.turned(records[:3]).tolist(),
        *rest.turned(records[3:]).tolist(),
    ]


def test_a_take_in_a_passage_is_turned_with_it_and_one_across_is_not(desk: Desk) -> None:
    desk.sampling.change(min_p=0.0)  # else nothing but the favourite is left at any T
    desk.writing.continue_writing()
    write(desk, *WORDS)
    scrub = Scrub(desk.draft, desk.sampling, desk.writing, desk.next_token)
    scrub.set_on(True)
    scrub.hold()
    # To go elsewhere is not to turn.
    desk.draft.set_caret(3)
    assert scrub.why_not == ""
    desk.draft.set_caret(len("One two.\nThree four. upon a time"))
    assert not scrub.is_turning
    desk.sampling.change(temperature=50.0)
    assert scrub.is_turning
    scrub.give_up()
    assert desk.sampling.params.temperature == COLD
    assert not desk.draft.manuscript.can_redo
    desk.sampling.change(temperature=50.0)
    scrub.let_go()
    assert sent(desk).temperature == 50.0
    write(desk, b" there")
    assert desk.sampling.params.temperature == 50.0
    # Undo brings the take back, and then the temperature; no take is rewritten by that.
    commands = len(desk.client.all_sent(Generate))
    desk.draft.manuscript.undo()
    assert desk.draft.manuscript.text == "One two.\nThree four. upon a time\nFive."
    desk.draft.manuscript.undo()
    assert desk.sampling.params.temperature == COLD
    assert not scrub.is_turning
    desk.draft.manuscript.brush(9, 24, None)
    scrub.hold()
    desk.draft.set_caret(len("One two.\nThree four. upon a time"))
    desk.sampling.change(temperature=2.0)
    assert scrub.why_not == PARTLY
    assert len(desk.client.all_sent(Generate)) == commands


def test_spans_at_the_end_are_found(desk: Desk) -> None:
    record = token(1, 0, b"x").record
    spans = [TokenSpan(9, 12, record), TokenSpan(12, 20, record), TokenSpan(20, 20, record)]
    assert list(desk.sampling.owns(spans))[:2] == [OwnSampling(COLD)] * 2
