"""A recorder follows the engine's events: here those of the real engine with a tiny model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.messages import (
    AnyEvent,
    ChangeSequence,
    ContinueSequence,
    Generate,
    Load,
    Loaded,
    LoadOptions,
    Prompt,
    RerunSequence,
    SequenceStart,
    Token,
    id_bytes,
)
from studio.experiments.comparison import LaneRecord
from studio.experiments.comparison_file import from_json, to_json
from studio.experiments.recorder import ComparisonRecorder, model_record
from studio.model_record import ModelRecord
from studio.sampling import LogitSketch, SamplingParams
from tests.helpers.tiny_model import write_byte_level_model

COLD, HOT = SamplingParams(temperature=0.2), SamplingParams(temperature=2.0)
COMMAND = Generate(
    request=4,
    prompt=Prompt(manuscript="the sea"),
    sequences=(SequenceStart(params=COLD), SequenceStart(params=HOT)),
    when_full="end",
    keep=True,
    share_u=True,
    max_tokens=12,
    ignore_eos=True,
    seed=5,
)
MODEL = ModelRecord(name="Tiny")


class Desk:
    def __init__(self, path: Path) -> None:
        self.interrupt = Interrupt()
        self.listeners: list[ComparisonRecorder] = []
        self.events: list[AnyEvent] = []
        self.turn: ChangeSequence | None = None
        self.control = Control(self.interrupt)
        self.engine = Engine(self._emit, self.interrupt)
        options = LoadOptions(threads=1, gpu_layers=0)
        self.engine.run(Load(request=0, path=str(path), options=options), Control(self.interrupt))

    def _emit(self, *events: AnyEvent) -> None:
        for event in events:
            self.events.append(event)
            for listener in self.listeners:
                listener.add(event)
            if self.turn and isinstance(event, Token) and event.index == 4:
                self.control.commands.append(self.turn)
                self.turn = None

    def run(self, command: Generate | ContinueSequence | RerunSequence) -> None:
        self.control = Control(self.interrupt)
        self.engine.run(command, self.control)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(write_byte_level_model(tmp_path_factory.mktemp("models") / "tiny.gguf"))
    yield desk
    desk.engine.close()


def test_a_run_turned_on_its_way_continued_and_run_again(desk: Desk) -> None:
    recorder = ComparisonRecorder(COMMAND, ("cold", "hot"))
    desk.listeners = [recorder]
    desk.turn = ChangeSequence(request=4, sequence=0, params=HOT)
    desk.run(COMMAND)
    first = recorder.record(MODEL)
    assert [lane.name for lane in first.lanes] == ["cold", "hot"]
    assert [len(lane.tokens) for lane in first.lanes] == [12, 12]
    assert [lane.reason for lane in first.lanes] == ["max_tokens"] * 2
    assert [(turn.index, turn.params) for turn in first.lanes[0].turns] == [(5, HOT)]
    assert (first.prompt_tokens, first.share_u, first.ignore_eos) == (5, True, True)
    assert first.tokens_per_second > 0
    assert recorder.finished
    # All that the sketches name is spelled.
    for token in first.lanes[1].tokens:
        named = LogitSketch.from_bytes(token.sketch).ids.tolist()
        assert set(named) <= set(first.spellings)

    desk.run(ContinueSequence(request=4, sequence=0, params=HOT, max_tokens=3))
    desk.run(RerunSequence(request=4, sequence=1, params=COLD, max_tokens=5, seed=9))
    second = recorder.record(MODEL)
    assert second.lanes[0].tokens[:12] == first.lanes[0].tokens
    assert len(second.lanes[0].tokens) == 15
    assert (second.lanes[1].seed, second.lanes[1].params, len(second.lanes[1].tokens)) == (
        9,
        COLD,
        5,
    )
    assert second.seconds_generation > first.seconds_generation
    assert from_json(to_json(second), Path("x")) == second

    recorder.forget(0)
    for event in desk.events:  # late news of a lane that is no more
        if isinstance(event, Token) and event.sequence == 0:
            recorder.add(event)
    (left,) = recorder.record(MODEL).lanes
    assert left.seed == 9


def test_from_a_record_an_engine_that_knows_nothing_of_it_goes_on(desk: Desk) -> None:
    recorder = ComparisonRecorder(COMMAND)
    desk.listeners = [recorder]
    desk.run(COMMAND)
    kept = recorder.record(MODEL).lanes[1]
    ids = [token.id for token in kept.tokens]
    lanes = (SequenceStart(params=HOT, written=id_bytes(ids[:8])),)
    again = Generate(
        request=8,
        prompt=COMMAND.prompt,
        sequences=lanes,
        when_full="end",
        keep=True,
        share_u=True,
        max_tokens=4,
        ignore_eos=True,
        seed=kept.seed,
    )
    rest = ComparisonRecorder(again)
    desk.listeners = [rest]
    desk.run(again)
    assert [token.id for token in rest.record(MODEL).lanes[0].tokens] == ids[8:]


def test_what_ended_a_lane_is_recorded_and_what_it_takes_to_go_on(desk: Desk) -> None:
    def recorded(lane: SequenceStart, max_tokens: int) -> LaneRecord:
        command = Generate(
            request=11,
            prompt=COMMAND.prompt,
            sequences=(lane,),
            max_tokens=max_tokens,
            ignore_eos=True,
            share_u=True,
            seed=5,
        )
        recorder = ComparisonRecorder(command)
        desk.listeners = [recorder]
        desk.run(command)
        comparison = recorder.record(MODEL)
        assert comparison.prompt_tokens == len(comparison.prompt_ids)
        return comparison.lanes[0]

    surprising = SamplingParams(mirostat=2, mirostat_tau=3.0)
    whole = recorded(SequenceStart(params=surprising), 30)
    place = next(
        place for place, drawn in enumerate(whole.tokens) if place > 5 and drawn.text.isalnum()
    )
    stop = whole.tokens[place].text.decode()
    kept = recorded(SequenceStart(params=surprising, stop=(stop,)), 30)
    assert (kept.reason, kept.stop, len(kept.tokens)) == ("stop_string", (stop,), kept.ended)
    assert kept.end is not None
    assert kept.end.id == whole.tokens[len(kept.tokens)].id
    assert kept.mu is not None
    written = id_bytes([drawn.id for drawn in kept.tokens])
    rest = recorded(
        SequenceStart(params=surprising, written=written, mu=kept.mu), 30 - len(kept.tokens)
    )
    assert [drawn.id for drawn in (*kept.tokens, *rest.tokens)] == [d.id for d in whole.tokens]
    assert rest.mu == pytest.approx(whole.mu, abs=1e-4)


def test_other_requests_are_no_concern_of_its(desk: Desk) -> None:
    recorder = ComparisonRecorder(COMMAND)
    for event in desk.events:
        if event.request == 8:
            recorder.add(event)
    with pytest.raises(ValueError, match="no lane has begun"):
        recorder.record(MODEL)


def test_what_is_kept_of_a_model(desk: Desk) -> None:
    (loaded,) = [event for event in desk.events if isinstance(event, Loaded)]
    record = model_record(loaded.report, "sha256:1")
    assert (record.name, record.file, record.hash) == ("Tiny", "tiny.gguf", "sha256:1")
    assert record.bytes == loaded.report.file_bytes
