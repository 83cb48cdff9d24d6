"""What a lane's records know of their places is what the engine drew with."""

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from studio.app.compare.lane_records import LaneRecords
from studio.sampling import LogitSketch, SamplingParams
from studio.sampling.samplers.mirostat import mu_after
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG
from tests.ui.fake_engine import token_record

HISTORY = [1, 2]
HOT = SamplingParams(temperature=2.0, mirostat=2)


def params(_index: int) -> SamplingParams:
    return HOT


def test_they_grow_and_what_ended_the_text_gives_way() -> None:
    records = LaneRecords()
    tokens = [token_record(b" a", 8 + index) for index in range(4)]
    assert len(records.of(tokens[:2], HISTORY, 3, params)) == 2
    first = records.of(tokens[:3], HISTORY, 3, params)[0]
    assert records.of(tokens, HISTORY, 3, params)[0] is first, "it is made once"
    # The last one ended the text; now the lane has gone on.
    assert len(records.of(tokens[:3], HISTORY, 3, params)) == 3
    other = [*tokens[:2], tokens[3]]
    assert [record.id for record in records.of(other, HISTORY, 3, params)] == [8, 9, 11]
    assert records.of(tokens, HISTORY, 4, params)[0].place.seed == 4
    assert not records.of(tokens, [], 4, params)[0].place.is_whole


def test_a_turn_counts_from_its_token_on() -> None:
    records = LaneRecords()
    tokens = [token_record(b" a") for index in range(3)]
    records.of(tokens, HISTORY, 3, lambda _index: SamplingParams())
    records.turn(1)
    turned = records.of(tokens, HISTORY, 3, lambda index: HOT if index else SamplingParams())
    assert [record.knows_mu for record in turned] == [True, True, True]
    assert turned[2].mu == pytest.approx(mu_after(HOT, None, 0.5))


def test_probabilities_of_a_used_text_are_those_it_was_drawn_with(
    window: MainWindow, qtbot: QtBot
) -> None:
    session, state = window.session, window.session.compare
    text = "The sea was calm, and the sea was"
    session.draft.manuscript.load(text)
    window.editor.move_caret(len(text))
    window.compare.show(True)
    state.set_max_tokens(12)
    state.set_seed(5)  # one that does not end its text within them
    shared = {"seed": 5, "top_p": 0.95, "temperature": 1.2}
    state.lanes[0].sampling.change(**shared, mirostat=2, mirostat_tau=3.0)
    state.lanes[1].sampling.change(**shared, repeat_penalty=1.4, xtc_probability=0.5)
    state.run()
    qtbot.waitUntil(lambda: state.has_tokens and not state.is_running, timeout=LONG)
    for lane in state.lanes[:2]:
        state.use(lane)
        records = [span.record for span in session.records.spans.all]
        assert len(records) == len(lane.tokens) == 12
        for index, record in enumerate(lane.records(state.run_input.prompt_tokens)[:12]):
            assert (records[index].id, records[index].sketch) == (record.id, record.sketch)
            place, used = record.place, lane.params_at(index)
            shaped = LogitSketch.from_bytes(record.sketch).shaped(
                msgspec.structs.replace(used, seed=-1), place.history, place.state(used, {})
            )
            (probability,) = shaped.probabilities[shaped.ids == record.id]
            assert probability == pytest.approx(record.token.probability, abs=0.02)
    first = state.lanes[0]
    last = first.records(state.run_input.prompt_tokens)[len(first.tokens) - 1]
    after = mu_after(first.sampling.params, last.mu, last.token.probability)
    assert after == pytest.approx(first.mu, abs=1e-4)
