"""What a lane's records know of their places is what the engine drew with."""

from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.compare.lane import CompareLane
from studio.app.compare.record import show_record
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.place import place_of
from studio.engine.messages import Prompt
from studio.experiments.comparison import Comparison, LaneRecord, Turn
from studio.model_record import ModelRecord
from studio.presets import built_in_presets
from studio.sampling import LogitSketch, SamplingParams
from studio.sampling.samplers.mirostat import mu_after
from studio.ui.main_window import MainWindow
from tests.helpers.fake_engine import token_record
from tests.ui.conftest import LONG

HISTORY = [1, 2]
HOT = SamplingParams(temperature=2.0, mirostat=2)


def test_they_are_what_was_drawn_as_it_is_now(qapp: QApplication) -> None:
    lane = CompareLane(0, 0, built_in_presets(), "Code", HOT, NextToken(HOT))
    lane.seed = 3
    for token in (8, 9):
        lane.append(token_record(b" a", token))
    lane.end = token_record(b"", 10)
    records = lane.records(HISTORY)
    assert [record.id for record in records] == [8, 9, 10]
    places = [place for record in records if (place := place_of(record)) is not None]
    assert [list(place.history) for place in places] == [[1, 2], [1, 2, 8], [1, 2, 8, 9]]
    assert [place.is_first for place in places] == [True, False, False]
    assert lane.place_of(2, HISTORY) == places[2]
    lane.end, lane.seed = token_record(b" b", 11), 4
    assert [record.id for record in lane.records(HISTORY)] == [8, 9, 11]
    assert lane.place_of(2, HISTORY).seed == 4
    assert not lane.place_of(2, []).is_whole
    assert all(record.sequence is None for record in lane.drawn), "a file has none"


def test_what_mirostat_allowed_is_worked_out_for_files_that_do_not_report_it(
    open_window: Callable[[], MainWindow],
) -> None:
    tokens = tuple(token_record(b" a", 8 + index) for index in range(4))
    lane = LaneRecord(
        params=SamplingParams(),
        seed=1,
        tokens=tokens,
        turns=(Turn(index=1, params=HOT),),
        reason="max_tokens",
    )
    comparison = Comparison(
        model=ModelRecord(name="m"), prompt=Prompt(manuscript="x"), max_tokens=4, lanes=(lane,)
    )
    state = open_window().session.compare
    show_record(state, comparison)
    first = 2.0 * HOT.mirostat_tau
    second = mu_after(HOT, first, 0.5)
    wanted = [None, first, second, mu_after(HOT, second, 0.5)]
    assert [record.mu for record in state.lanes[0].tokens] == wanted
    reported = tuple(msgspec.structs.replace(token, mu=7.0) for token in tokens)
    show_record(
        state,
        msgspec.structs.replace(
            comparison, lanes=(msgspec.structs.replace(lane, tokens=reported),)
        ),
    )
    assert [record.mu for record in state.lanes[0].tokens] == [7.0] * 4


@pytest.mark.parametrize(
    ("fields", "carried"),
    [
        ({"mirostat": 2, "mirostat_tau": 3.0}, "mu"),
        ({"adaptive_target": 0.4, "adaptive_decay": 0.5}, "adaptive_mean"),
    ],
)
def test_probabilities_of_a_used_text_are_those_it_was_drawn_with(
    window: MainWindow, qtbot: QtBot, fields: dict[str, float], carried: str
) -> None:
    session, state = window.session, window.session.compare
    text = "The sea was calm, and the sea was"
    session.draft.manuscript.load(text)
    window.editor.move_caret(len(text))
    window.compare.show(True)
    state.set_max_tokens(12)
    state.set_seed(5)  # one that does not end its text within them
    shared = {"seed": 5, "top_p": 0.95, "temperature": 1.2}
    state.lanes[0].sampling.change(**shared, **fields)
    state.lanes[1].sampling.change(**shared, repeat_penalty=1.4, xtc_probability=0.5)
    state.run()
    qtbot.waitUntil(lambda: state.has_tokens and not state.is_running, timeout=LONG)
    for lane in state.lanes[:2]:
        state.use(lane)
        records = [span.record for span in session.records.spans.all]
        assert len(records) == len(lane.tokens) == 12
        for index, record in enumerate(lane.records(state.run_input.prompt_tokens)[:12]):
            assert records[index] == msgspec.structs.replace(
                record, sequence=records[index].sequence
            )
            place, used = place_of(records[index]), lane.params_at(index)
            assert place is not None
            assert place.knows_carried(used)
            shaped = LogitSketch.from_bytes(record.sketch).shaped(
                msgspec.structs.replace(used, seed=-1), place.history, place.state(used, {})
            )
            (probability,) = shaped.probabilities[shaped.ids == record.id]
            assert probability == pytest.approx(record.probability, abs=0.02)
    first = state.lanes[0]
    learnt = [getattr(record, carried) for record in (*first.tokens, first)]
    assert all(learnt)
    assert len(set(learnt)) > 10
