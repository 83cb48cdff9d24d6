import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.engine_line.client import EngineClient
from studio.app.engine_line.process import End, Outcome
from studio.app.model.state import ModelPhase, ModelState, WayOn, without_gpus
from studio.engine.messages import (
    DeviceReport,
    Failed,
    Load,
    Loaded,
    Loading,
    LoadOptions,
    MachineLost,
    Pong,
    Stop,
    Superseded,
)
from tests.helpers.engine_child import ROOT
from tests.helpers.fake_engine import KILLED, FakeClient, model_report
from tests.helpers.waiting import LONG

A, B = (str(Path(name).absolute()) for name in ("a.gguf", "b.gguf"))


@pytest.fixture
def client(qtbot: QtBot) -> FakeClient:
    return FakeClient()


@pytest.fixture
def model(client: FakeClient) -> ModelState:
    return ModelState(client)


def test_a_relative_path_means_the_same_where_the_engine_stands(
    client: FakeClient, model: ModelState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model.open("models/a.gguf")
    assert client.last(Load).path == model.path == str(tmp_path / "models" / "a.gguf")


def test_a_load_from_begin_to_end(client: FakeClient, model: ModelState) -> None:
    seen: list[tuple[ModelPhase, float]] = [(model.phase, model.fraction)]
    model.changed.connect(lambda: seen.append((model.phase, model.fraction)))
    options = LoadOptions(gpu_layers=3, context_size=512, threads=2, memory_map=False)
    model.open(A, options)
    load = client.last(Load)
    assert (load.path, load.options) == (A, options)
    client.answer(
        Loading(request=load.request, fraction=0.5),
        Loaded(request=load.request, report=model_report(A)),
    )
    assert [phase for phase, _ in seen] == [
        ModelPhase.NONE,
        ModelPhase.LOADING,
        ModelPhase.LOADING,
        ModelPhase.READY,
    ]
    assert seen[2][1] == 0.5
    assert model.is_ready
    assert model.report == model_report(A)
    model.open(B)
    assert client.last(Load).options == options, "options hold until others are chosen"
    assert model.report is None


def test_esc_gives_a_load_up(client: FakeClient, model: ModelState) -> None:
    model.cancel()
    assert client.sent == [], "there is nothing to give up"
    model.open(A)
    model.cancel()
    request = client.last(Load).request
    assert client.last(Stop).request == request
    client.answer(Superseded(request=request))
    assert model.phase is ModelPhase.NONE
    model.reopen()
    assert client.last(Load).path == A


def test_esc_in_a_load_goes_back_to_the_model_before(client: FakeClient, model: ModelState) -> None:
    options = LoadOptions(threads=2)
    model.open(A, options)
    client.answer(Loaded(request=client.last(Load).request, report=model_report(A)))

    def give_up() -> None:
        model.cancel()
        request = client.last(Load).request
        assert client.last(Stop).request == request
        client.answer(Superseded(request=request))

    model.open(B, LoadOptions(threads=1))
    give_up()
    again = client.last(Load)
    assert (again.path, again.options) == (A, options)
    assert (model.path, model.phase) == (A, ModelPhase.LOADING)
    client.answer(Loaded(request=again.request, report=model_report(A)))
    assert (model.path, model.options, model.is_ready) == (A, options, True)

    model.open(B)
    give_up()
    give_up()
    assert model.phase is ModelPhase.NONE, "given up twice, there is none"
    assert client.last(Load).path == A


ONE, OTHER = "10.0.0.1:50052", "10.0.0.2:50052"


def test_a_machine_that_goes_away_is_named_and_the_model_opens_without_it(
    client: FakeClient, model: ModelState
) -> None:
    reported: list[str] = []
    model.failed.connect(reported.append)
    options = LoadOptions(
        threads=2,
        gpu_layers=9,
        machines=(ONE, OTHER),
        public_machines=(ONE,),
        tensor_split=(2.0, 1.0),
    )
    model.open(A, options)
    client.answer(Loaded(request=client.last(Load).request, report=model_report(A)))
    client.answer(MachineLost(address=ONE))
    client.die(Outcome(End.EXITED, 1, "", ()))
    assert model.phase is ModelPhase.FAILED
    assert model.way_on is WayOn.WITHOUT
    assert f"The machine {ONE} no longer answers" in reported[-1]
    assert "Your text is untouched" in reported[-1]
    model.open_without()
    again = client.last(Load)
    assert again.path == A
    assert again.options == LoadOptions(threads=2, machines=(OTHER,)), "by memory once more"
    client.answer(Loaded(request=again.request, report=model_report(A)))
    client.die()
    assert str(model.way_on) == str(WayOn.REOPEN), "it was the machine once"
    model.reopen()
    assert client.last(Load).options == again.options, "the same model as it was"
    assert model.options == options, "what was chosen stays so"
    client.answer(Loaded(request=client.last(Load).request, report=model_report(A)))
    model.open(B)
    assert client.last(Load).options == options
    model.cancel()
    client.answer(Superseded(request=client.last(Load).request))
    assert (client.last(Load).path, client.last(Load).options) == (A, again.options)


def test_a_machine_that_is_missing_at_a_load_leaves_the_open_model_open(
    client: FakeClient, model: ModelState
) -> None:
    model.open(A)
    client.answer(Loaded(request=client.last(Load).request, report=model_report(A)))
    model.open(B, LoadOptions(threads=3, machines=(ONE,)))
    request = client.last(Load).request
    client.answer(
        Failed(request=request, kind="machine", message="gone", has_model=True, machine=ONE)
    )
    assert (model.path, model.is_ready, model.way_on) == (A, True, WayOn.WITHOUT)
    model.open_without()
    assert client.last(Load).path == B
    assert client.last(Load).options == LoadOptions(threads=3)
    assert model.options == LoadOptions(threads=3, machines=(ONE,))
    report = model_report(B, fewer_layers="There was no room.")
    news: list[str] = []
    model.reported.connect(news.append)
    client.answer(Loaded(request=client.last(Load).request, report=report))
    assert news == ["There was no room."]


GPU = DeviceReport(kind="gpu", name="A card", free=9, total=9, layers=5)
LOST = Outcome(End.CRASHED, 6, "", ("terminate called", "  what():  vk::Queue: ErrorDeviceLost"))
NO_ROOM = LOST._replace(log=("CUDA error: out of memory", "  in function alloc at x.cu:9"))


def test_a_graphics_processor_that_ends_the_load_is_left_out_at_once(
    client: FakeClient, model: ModelState
) -> None:
    reported: list[str] = []
    model.reported.connect(reported.append)
    model.open(A, LoadOptions(threads=2))
    client.answer(Loading(request=client.last(Load).request, fraction=0.0, gpus="A card"))
    client.die(LOST)
    again = client.last(Load)
    assert (again.path, again.options) == (A, LoadOptions(threads=2, gpu_layers=0))
    assert model.options == LoadOptions(threads=2), "no setting of the writer's"
    assert model.phase is ModelPhase.LOADING
    assert "on A card (SIGABRT" in reported[-1]
    assert "loaded again, without graphics processors. Your text is untouched." in reported[-1]
    assert "ErrorDeviceLost" in reported[-1]
    # Without it the file ends the engine as well: so it is the file.
    client.answer(Loading(request=again.request, fraction=0.0))
    client.die(LOST)
    assert model.way_on is WayOn.CHOOSE


def test_a_graphics_processor_that_ends_the_engine_is_named_and_left_out_on_demand(
    client: FakeClient, model: ModelState
) -> None:
    options = LoadOptions(threads=2, gpu_layers=9, machines=(ONE,), tensor_split=(2.0, 1.0))
    model.open(A, options)
    request = client.last(Load).request
    client.answer(Loading(request=request, fraction=0.0, gpus="A card"))
    client.answer(Loaded(request=request, report=model_report(A, devices=(GPU,))))
    client.die(LOST)
    assert model.phase is ModelPhase.FAILED
    assert model.way_on is WayOn.WITHOUT
    assert "while A card computed (SIGABRT" in model.message
    assert "Your text is untouched" in model.message
    model.open_without()
    expected = LoadOptions(threads=2, machines=(ONE,), tensor_split=(2.0,))
    assert client.last(Load).options == expected, "machines compute what they are given"
    assert model.options == options
    client.answer(Loaded(request=client.last(Load).request, report=model_report(A)))
    client.die(LOST)
    assert str(model.way_on) == str(WayOn.REOPEN), "no graphics processor had any of it"


@pytest.mark.parametrize(("outcome", "way_on"), [(NO_ROOM, WayOn.OPTIONS), (KILLED, WayOn.REOPEN)])
def test_a_graphics_processor_without_room_and_a_kill_are_not_mistaken_for_a_failure(
    client: FakeClient, model: ModelState, outcome: Outcome, way_on: WayOn
) -> None:
    model.open(A)
    client.answer(Loaded(request=client.last(Load).request, report=model_report(A, devices=(GPU,))))
    client.die(outcome)
    assert model.way_on is way_on
    assert ("fewer layers on it" in model.message) == (outcome is NO_ROOM)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LoadOptions(), LoadOptions(gpu_layers=0)),
        (LoadOptions(gpu_layers=7, threads=3), LoadOptions(gpu_layers=0, threads=3)),
        (
            LoadOptions(machines=(ONE, OTHER)),
            LoadOptions(machines=(ONE, OTHER), tensor_split=(1, 1)),
        ),
        (
            LoadOptions(machines=(ONE,), gpu_layers=9, tensor_split=(0.0, 9.0)),
            LoadOptions(machines=(ONE,), tensor_split=(1.0,)),
        ),
    ],
)
def test_options_without_graphics_processors(before: LoadOptions, after: LoadOptions) -> None:
    assert without_gpus(before) == after


def test_only_the_last_load_counts(client: FakeClient, model: ModelState) -> None:
    model.open(A)
    first = client.last(Load).request
    model.open(B)
    client.answer(
        Superseded(request=first),
        Failed(request=first, kind="model_file", message="old"),
        Loaded(request=first, report=model_report(A)),
    )
    assert model.phase is ModelPhase.LOADING
    client.answer(Loaded(request=client.last(Load).request, report=model_report(B)))
    assert model.report
    assert model.report.path == B


def test_a_refused_file_leaves_the_open_model_open(client: FakeClient, model: ModelState) -> None:
    reported: list[str] = []
    model.failed.connect(reported.append)
    options = LoadOptions(threads=2)
    model.open(A, options)
    client.answer(Loaded(request=client.last(Load).request, report=model_report(A)))

    def refuse(path: str, *, has_model: bool) -> None:
        model.open(path, LoadOptions(threads=1))
        assert model.phase is ModelPhase.LOADING
        request = client.last(Load).request
        client.answer(
            Failed(request=request, kind="model_file", message="bad", has_model=has_model)
        )

    refuse(B, has_model=True)
    assert reported == ["bad"]
    assert (model.path, model.options, model.is_ready) == (A, options, True)
    assert model.report == model_report(A)


def test_a_load_that_fails_late_brings_the_former_model_back(
    client: FakeClient, model: ModelState
) -> None:
    reported: list[str] = []
    model.failed.connect(reported.append)
    options = LoadOptions(threads=2)
    model.open(A, options)
    client.answer(Loaded(request=client.last(Load).request, report=model_report(A)))

    def fail() -> None:
        request = client.last(Load).request
        client.answer(
            Loading(request=request, fraction=0.0),
            Failed(request=request, kind="model_file", message="Bad file."),
        )

    model.open(B, LoadOptions(threads=1))
    fail()
    assert reported == ["Bad file. “a”, which was open before, is opened again."]
    again = client.last(Load)
    assert (again.path, again.options) == (A, options)
    assert model.phase is ModelPhase.LOADING
    client.answer(Loaded(request=again.request, report=model_report(A)))
    assert (model.path, model.options, model.is_ready) == (A, options, True)

    model.open(B)
    fail()
    fail()
    assert reported[2] == "Bad file.", "and where that fails too, it is not tried for ever"
    assert (model.path, model.phase) == (A, ModelPhase.FAILED)
    assert len(client.all_sent(Load)) == 5


def test_a_file_that_kills_the_engine_brings_the_former_model_back(
    client: FakeClient, model: ModelState
) -> None:
    reported: list[str] = []
    model.failed.connect(reported.append)
    model.open(A)
    client.answer(Loaded(request=client.last(Load).request, report=model_report(A)))
    model.open(B)
    client.die(KILLED)
    assert "“a”, which was open before, is opened again." in reported[0]
    assert "Reopen" not in reported[0]
    assert (client.starts, client.last(Load).path) == (2, A)
    client.die(KILLED)
    assert client.starts == 2, "a model that kills the engine itself waits for the writer"
    assert "Choose “Reopen model”" in reported[1]


def test_a_model_that_gave_way_meanwhile_does_not_come_back(
    client: FakeClient, model: ModelState
) -> None:
    model.open(A)
    client.answer(Loaded(request=client.last(Load).request, report=model_report(A)))
    model.open(B)
    second = client.last(Load).request
    model.open("c.gguf")
    client.answer(
        Loaded(request=second, report=model_report(B)),
        Failed(request=client.last(Load).request, kind="model_file", message="", has_model=True),
    )
    assert model.phase is ModelPhase.FAILED


def test_a_death_is_one_message_with_cause_and_remedy(
    client: FakeClient, model: ModelState
) -> None:
    reported: list[str] = []
    model.failed.connect(reported.append)
    model.open(A)
    client.die(Outcome(End.CRASHED, 6, "", ("first", "GGML_ASSERT(x) failed")))
    assert len(reported) == 1
    assert "SIGABRT" in reported[0]
    assert "Reopen model" in reported[0]
    assert "Your text is untouched" in reported[0]
    assert reported[0].endswith("GGML_ASSERT(x) failed")
    assert model.phase is ModelPhase.FAILED
    assert model.message == reported[0]
    model.reopen()
    assert client.starts == 2, "in a new child"
    assert model.message == ""
    client.die(KILLED)
    assert "some line of the log" not in reported[1]


def test_without_a_model_there_is_nothing_to_reopen(client: FakeClient, model: ModelState) -> None:
    model.reopen()
    assert client.starts == 0
    client.die(KILLED)
    assert "Reopen" not in model.message


STUCK = [
    sys.executable,
    "-P",
    "-c",
    # Lives and answers pings, and its main thread never comes back: as one in a driver.
    f"import os, sys; sys.path.insert(0, {str(ROOT)!r})\n"
    "from studio.engine.framing import command_reader, encode\n"
    "from studio.engine.messages import Ping, Pong\n"
    "reader = command_reader()\n"
    "os.write(1, encode(Pong(request=0)))\n"
    "while data := os.read(0, 65536):\n"
    "    for command in reader.feed(data):\n"
    "        if isinstance(command, Ping): os.write(1, encode(Pong(request=command.request)))",
]


def test_an_engine_that_lives_and_does_not_begin_to_load_is_replaced(
    qtbot: QtBot, starter_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.app.model.state._PATIENCE_MS", 50)
    client = EngineClient(STUCK, beat_ms=20)
    model = ModelState(client)
    reported: list[str] = []
    model.reported.connect(reported.append)
    pongs: list[Pong] = []
    client.follow(pongs.append, Pong)
    client.start()
    qtbot.waitUntil(lambda: bool(pongs), timeout=LONG)
    stuck = client.process_id
    monkeypatch.setattr(client, "_command", None)  # the next one is the real engine
    model.open(str(starter_model), LoadOptions(threads=1, context_size=512))
    qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
    assert client.process_id != stuck
    assert reported == [
        "The engine was ended, because it did not begin to load. A new one loads the model."
    ]
    client.close()
