import math

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from studio.app.heat import state as heat_state
from studio.app.heat.measure import SCALES, HeatMeasure, HeatScale
from studio.app.heat.state import LEVELS, NO_TINT, HeatState
from studio.app.parameters.sampling_state import SamplingState
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.sampler_notes import NO_BREAKERS
from studio.sampling import LogitSketch, SamplerState, SamplingParams, flip_temperature
from studio.token_record import TokenRecord, undrawn
from tests.helpers.recorded import run_of, scored, unreadable, written_all

WORDS = [f" word{number}" for number in range(60)]


def tint(scale: HeatScale, value: float) -> int:
    place = float(scale.place(np.array([value]))[0])
    return min(int(place * LEVELS), LEVELS - 1)


def value(measure: HeatMeasure, record: TokenRecord, temperature: float) -> float:
    """By the sketch alone, one token at a time."""
    sketch = LogitSketch.from_bytes(record.sketch)
    if measure is HeatMeasure.SURPRISE:
        return -math.log2(sketch.probability(record.id, temperature))
    if measure is HeatMeasure.ENTROPY:
        return sketch.entropy(temperature) / math.log(2)
    place = np.flatnonzero(sketch.ids == record.id)
    return 1.0 + (place[0] if place.size else sketch.written.rank)  # type: ignore[union-attr]  # then it is recorded


@pytest.mark.parametrize("measure", [HeatMeasure.SURPRISE, HeatMeasure.ENTROPY, HeatMeasure.RANK])
def test_tints_are_those_of_the_measure(measure: HeatMeasure) -> None:
    records = [*written_all(WORDS), scored(b" last", 500, rank=300)]
    sampling = SamplingState()
    state = HeatState(sampling, NextToken(SamplingParams()))
    state.set_measure(measure)
    state.tints(records)
    scale = state.scale
    assert scale == SCALES[measure].fitted(
        np.array([value(measure, record, 1.0) for record in records])
    )
    for temperature in (1.0, 0.4, 3.0):
        sampling.change(temperature=temperature)
        wanted = [tint(scale, value(measure, record, temperature)) for record in records]
        assert state.tints(records).tolist() == wanted
        assert not state.turned(records).any()
        assert state.scale == scale, "it fits the text and not the temperature"
    assert len(set(wanted)) > 3


def test_a_scale_that_fits_another_text_is_reported(qtbot: QtBot) -> None:
    state = HeatState(SamplingState(), NextToken(SamplingParams()))
    state.set_measure(HeatMeasure.RANK)
    calm = [scored(b" calm", 0, rank=0) for _ in range(30)]
    with qtbot.waitSignal(state.scale_changed):
        state.tints(calm)
    assert state.scale.most < SCALES[HeatMeasure.RANK].most
    with qtbot.waitSignal(state.scale_changed):
        state.tints([*calm, *(scored(b" wild", 500, rank=390) for _ in range(30))])
    assert state.scale.most == 1000
    state.forget_text()
    state.tints(calm)
    assert state.scale.most == 10
    state.set_measure(HeatMeasure.BLAME)
    assert state.scale == SCALES[HeatMeasure.BLAME]


def test_blame_is_that_of_each_token_and_does_not_move_with_t() -> None:
    records = [*written_all(WORDS), scored(b" read", 500)]
    sampling = SamplingState(SamplingParams(min_p=0.02))
    state = HeatState(sampling, NextToken(SamplingParams()))
    state.set_measure(HeatMeasure.BLAME)
    wanted, turns = [], []
    for record in records:
        u = getattr(record, "u", None)
        found = (
            None
            if u is None
            else flip_temperature(
                LogitSketch.from_bytes(record.sketch), record.id, u, sampling.params
            )
        )
        turns.append(-1.0 if found is None else found)
        wanted.append(NO_TINT if found is None else tint(SCALES[HeatMeasure.BLAME], found))
    assert {NO_TINT} < set(wanted)
    for temperature in (1.0, 0.3):
        sampling.change(temperature=temperature)
        assert state.tints(records).tolist() == wanted
        assert state.turned(records).tolist() == [turn >= temperature for turn in turns]
    # Tokens that come later are blamed too, without those before being asked again.
    later = written_all([" more"] * 5)
    assert state.tints([*records, *later]).tolist()[: len(records)] == wanted
    sampling.change(top_k=1)
    assert max(state.tints(records).tolist()) == LEVELS - 1, "no T gives anything else now"


def test_nothing_is_done_while_it_is_off(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    sampling = SamplingState()
    state = HeatState(sampling, NextToken(SamplingParams()))
    with qtbot.assertNotEmitted(state.changed):
        sampling.change(temperature=0.5)
    state.set_measure(HeatMeasure.SURPRISE)
    with qtbot.waitSignal(state.changed):
        sampling.change(temperature=0.6)
    state.set_measure(HeatMeasure.RANK)
    with qtbot.assertNotEmitted(state.changed):  # ranks are the same at every T
        sampling.change(temperature=0.7)
    with qtbot.waitSignal(state.measure_changed):
        state.set_measure(HeatMeasure.OFF)
    assert not state.is_on
    with qtbot.assertNotEmitted(state.measure_changed):
        state.set_measure(HeatMeasure.OFF)


@pytest.mark.parametrize("measure", SCALES)
def test_a_sketch_that_cannot_be_read_has_no_tint(measure: HeatMeasure) -> None:
    state = HeatState(SamplingState(), NextToken(SamplingParams()))
    state.set_measure(measure)
    good = written_all(WORDS[:5])
    records = [unreadable(good[0]), *good]
    assert state.tints(records)[0] == NO_TINT
    assert state.tints(records).tolist()[1:] == state.tints(good).tolist()
    stranger = LogitSketch.from_bytes(good[0].sketch)
    unknown = next(token for token in range(400) if token not in stranger.ids)
    assert state.tints([undrawn(unknown, b"x", good[0].sketch)]).tolist() == [NO_TINT]


def test_tokens_out_of_view_are_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heat_state, "_MOST_KEPT", 30)
    state = HeatState(SamplingState(), NextToken(SamplingParams()))
    state.set_measure(HeatMeasure.SURPRISE)
    records = written_all(WORDS)
    pages = [records[start : start + 12] for start in (0, 12, 24)]
    first = [state.tints(page).tolist() for page in pages]
    assert len(state._records) == 12
    assert [state.tints(page).tolist() for page in pages] == first


# What penalties, DRY and biases did.


@pytest.mark.parametrize(
    "fields",
    [
        {"repeat_penalty": 1.4, "repeat_last_n": -1, "min_p": 0.02},
        {"dry_multiplier": 2.0, "dry_allowed_length": 1},
        {"logit_bias": {3: 4.0, 7: -math.inf}},
    ],
)
def test_blame_counts_what_re_weighs_tokens(fields: dict[str, object]) -> None:
    # Twice the same text: the second time all of it was there before.
    records = run_of([*written_all(WORDS[:30]), *written_all(WORDS[:30])], [5, 6], 1)
    params = SamplingParams(**fields)  # type: ignore[arg-type]  # fields vary
    vocabulary = NextToken(params)
    vocabulary.add_breakers(params.dry_sequence_breakers, {9: [()]})
    state = HeatState(SamplingState(params), vocabulary)
    state.set_measure(HeatMeasure.BLAME)
    plain = HeatState(SamplingState(), vocabulary)
    plain.set_measure(HeatMeasure.BLAME)
    wanted = []
    for index, record in enumerate(records):
        assert record.u is not None
        found = flip_temperature(
            LogitSketch.from_bytes(record.sketch),
            record.id,
            record.u,
            params,
            [5, 6, *(before.id for before in records[:index])],
            SamplerState(breakers={9: [()]}),
        )
        wanted.append(NO_TINT if found is None else tint(SCALES[HeatMeasure.BLAME], found))
    assert state.tints(records).tolist() == wanted
    assert plain.tints(records).tolist() != wanted
    assert state.notes == ()
    # One by one as they come, too.
    again = HeatState(SamplingState(params), vocabulary)
    again.set_measure(HeatMeasure.BLAME)
    again.tints(records[:10])
    assert again.tints([*records]).tolist() == wanted


def test_where_blame_is_not_exact_it_says_so(qtbot: QtBot) -> None:
    unknown = written_all(WORDS[:5])
    known = run_of(unknown, [5, 6], 1)
    sampling = SamplingState(SamplingParams(repeat_penalty=1.3, dry_multiplier=1.0))
    vocabulary = NextToken(sampling.params)
    state = HeatState(sampling, vocabulary)
    state.set_measure(HeatMeasure.BLAME)
    state.tints(known)
    assert len(state.notes) == 1
    assert NO_BREAKERS in state.notes[0]
    with qtbot.waitSignals([state.changed, state.notes_changed]):
        vocabulary.add_breakers(sampling.params.dry_sequence_breakers, {9: [()]})
    assert not state.notes
    state.tints([*known, *unknown])
    assert len(state.notes) == 1
    assert "not all of the text" in state.notes[0]
    sampling.change(repeat_penalty=1.0, dry_multiplier=0.0, xtc_probability=0.5)
    assert "XTC left out" in state.notes[0]
    state.set_measure(HeatMeasure.SURPRISE)
    assert not state.notes, "the other measures ask no sampler"


@pytest.mark.parametrize("measure", SCALES)
def test_with_all_that_is_known_banned_heat_stays_calm(measure: HeatMeasure) -> None:
    records = run_of(written_all(WORDS[:5]), [5, 6], 1)
    banned = set(LogitSketch.from_bytes(records[0].sketch).ids.tolist())
    params = SamplingParams(logit_bias=tuple((token, -math.inf) for token in banned))
    sampling = SamplingState()
    state = HeatState(sampling, NextToken(params))
    state.set_measure(measure)
    before = state.tints(records).tolist()
    sampling.set_params(params)
    after = state.tints(records).tolist()
    if measure is not HeatMeasure.BLAME:
        assert after == before
        assert state.notes == ()
    else:
        assert after[0] == NO_TINT
        assert state.notes[0].startswith("1 token without blame: the logit biases ban all")
