"""Files that ended the engine: remembered, not opened by themselves, opened when asked for."""

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from studio.app.engine_line.process import DID_NOT_STOP, End, Outcome
from studio.app.model.deaths import ModelDeaths
from studio.app.model.state import ModelPhase, ModelState, WayOn
from studio.engine.messages import Load, Loaded, Loading, LoadOptions
from tests.helpers.fake_engine import KILLED, FakeClient, evaluated, model_report

ABORTED = Outcome(End.CRASHED, 6, "", ("GGML_ASSERT(x) failed",))
ONE_THREAD = LoadOptions(threads=1)

posix = pytest.mark.skipif(os.name != "posix", reason="signals, FIFOs and modes are POSIX's")


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "bad.gguf"
    file.write_bytes(os.urandom(300_000))
    return str(file)


# The list


def test_a_file_is_known_by_what_is_in_it(tmp_path: Path, path: str) -> None:
    kept = tmp_path / "state" / "deaths.json"
    assert ModelDeaths(kept).of(path) is None
    ModelDeaths(kept).remember(path, "SIGABRT")
    death = ModelDeaths(kept).of(path)
    assert death is not None
    assert death.cause == "SIGABRT"
    moved = Path(path).rename(tmp_path / "renamed.gguf")
    assert ModelDeaths(kept).of(str(moved)) == death, "another name makes no other file"
    assert ModelDeaths(kept).of(path) is None, "there is none of this name"


def test_a_file_that_changed_is_another(tmp_path: Path, path: str) -> None:
    deaths = ModelDeaths(tmp_path / "deaths.json")
    deaths.remember(path, "SIGABRT")
    file = Path(path)
    status, data = file.stat(), file.read_bytes()

    def rewrite(new: bytes) -> None:
        file.write_bytes(new)
        os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns))

    for at in (0, 70_000 - 1, len(data) - 1):
        changed = bytearray(data)
        changed[at] ^= 1
        rewrite(bytes(changed))
        assert (deaths.of(path) is None) == (at != 70_000 - 1), "beginning and end are read"
    rewrite(data[:-1])
    assert deaths.of(path) is None
    rewrite(data)
    assert deaths.of(path) is not None
    os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns + 1))
    assert deaths.of(path) is None


@posix
def test_the_list_is_the_users_alone_and_bounded(tmp_path: Path) -> None:
    kept = tmp_path / "deaths.json"
    deaths = ModelDeaths(kept)
    for number in range(70):
        file = tmp_path / f"{number}.gguf"
        file.write_bytes(b"GGUF" + bytes([number]) * 9)
        deaths.remember(str(file), "\x1b[2J" + "x" * 5000)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.stat().st_size < 64 << 10
    assert deaths.of(str(tmp_path / "69.gguf"))
    assert deaths.of(str(tmp_path / "0.gguf")) is None, "the oldest is forgotten"
    deaths.forget(str(tmp_path / "69.gguf"))
    assert deaths.of(str(tmp_path / "69.gguf")) is None
    assert deaths.of(str(tmp_path / "68.gguf"))


@posix
def test_what_is_damaged_counts_as_absent_one_by_one(tmp_path: Path, path: str) -> None:
    kept = tmp_path / "deaths.json"
    ModelDeaths(kept).remember(path, "SIGABRT")
    [sound] = json.loads(kept.read_text())
    mad = [7, None, {"size": "x"}, sound | {"more": 1}, sound | {"cause": "\x1b[2J" * 999}]
    kept.write_text(json.dumps([*mad[:4], sound]))
    assert ModelDeaths(kept).of(path) is not None
    kept.write_text(json.dumps(mad))
    death = ModelDeaths(kept).of(path)
    assert death is not None
    assert len(death.cause) <= 200
    assert "\x1b" not in death.cause
    kept.write_text("[" * 100_000)
    assert ModelDeaths(kept).of(path) is None
    kept.unlink()
    os.mkfifo(kept)
    assert ModelDeaths(kept).of(path) is None, "nor does anything else keep the window waiting"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_any_bytes_in_its_place_are_no_obstacle(tmp_path: Path, path: str, data: bytes) -> None:
    kept = tmp_path / "deaths.json"
    kept.write_bytes(data)
    deaths = ModelDeaths(kept)
    assert deaths.of(path) is None
    deaths.remember(path, "SIGABRT")
    assert deaths.of(path) is not None


def test_where_it_cannot_be_written_it_holds_for_the_session(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("in the way")
    deaths = ModelDeaths(tmp_path / "file" / "deaths.json")
    deaths.remember(path, "SIGABRT")
    assert deaths.of(path) is not None
    deaths.forget(path)
    assert deaths.of(path) is None


# What becomes of a model


@pytest.fixture
def client(qtbot: QtBot) -> FakeClient:
    return FakeClient()


@pytest.fixture
def model(client: FakeClient) -> ModelState:
    return ModelState(client)


def begin(client: FakeClient, model: ModelState, path: str) -> int:
    """Have the engine at a load."""
    model.open(path, anyway=True)
    request = client.last(Load).request
    client.answer(Loading(request=request, fraction=0.0))
    return request


def test_a_file_that_ends_the_engine_is_opened_again_only_when_asked_for(
    client: FakeClient, model: ModelState, path: str
) -> None:
    reported: list[str] = []
    model.failed.connect(reported.append)
    begin(client, model, path)
    client.die(ABORTED)
    assert "“bad.gguf” ended the engine while it was loaded (SIGABRT" in reported[0]
    assert "Your text is untouched" in reported[0]
    assert reported[0].endswith("GGML_ASSERT(x) failed")
    assert "Reopen" not in reported[0]
    ways = [model.way_on]
    loads = len(client.all_sent(Load))
    for is_reopened in (False, True):
        if is_reopened:
            model.reopen()
        else:
            model.open(path)
        assert "is not opened: on 20" in reported[-1]
        ways.append(model.way_on)
        assert model.phase is ModelPhase.FAILED
        assert len(client.all_sent(Load)) == loads
    assert ways == [WayOn.CHOOSE, WayOn.ANYWAY, WayOn.ANYWAY]
    model.open_anyway()
    assert client.last(Load).path == path
    assert model.phase is ModelPhase.LOADING


def test_a_model_that_writes_after_all_is_forgotten(
    client: FakeClient, model: ModelState, path: str
) -> None:
    begin(client, model, path)
    client.die(ABORTED)
    request = begin(client, model, path)
    client.answer(Loaded(request=request, report=model_report(path)))
    assert model.deaths.of(path), "it has been loaded, and not yet read with"
    client.answer(evaluated(request + 1))
    assert model.deaths.of(path) is None
    client.die(ABORTED)
    assert model.deaths.of(path) is None, "a mistake later on is not the file's"
    assert model.way_on is WayOn.REOPEN


def test_the_first_text_counts_as_well(client: FakeClient, model: ModelState, path: str) -> None:
    reported: list[str] = []
    model.failed.connect(reported.append)
    request = begin(client, model, path)
    client.answer(Loaded(request=request, report=model_report(path)))
    client.die(Outcome(End.CRASHED, 11, "", ()))
    assert "ended the engine as it began to read (SIGSEGV" in reported[0]
    assert model.deaths.of(path)


@pytest.mark.parametrize(
    "outcome",
    [
        KILLED,
        Outcome(End.CRASHED, 15, "", ()),
        Outcome(End.EXITED, 1, "", ("Traceback",)),
        Outcome(End.NOT_STARTED, 0, "no such program", ()),
        Outcome(End.BROKE_PROTOCOL, 0, "nonsense", ()),
        Outcome(End.GIVEN_UP, 0, "it gave no sign of life for 6 s", ()),
    ],
)
def test_an_end_from_elsewhere_is_not_the_files(
    client: FakeClient, model: ModelState, path: str, outcome: Outcome
) -> None:
    begin(client, model, path)
    client.die(outcome)
    assert model.deaths.of(path) is None
    assert model.way_on is (WayOn.OPTIONS if outcome is KILLED else WayOn.REOPEN)


def test_a_load_that_did_not_stop_is_begun_again_only_when_asked_for(
    client: FakeClient, model: ModelState, path: str
) -> None:
    reported: list[str] = []
    model.failed.connect(reported.append)
    stuck = Outcome(End.GIVEN_UP, 0, DID_NOT_STOP, ())
    request = begin(client, model, path)
    client.die(stuck)
    assert "loading “bad.gguf” did not stop" in reported[0]
    model.reopen()
    assert model.way_on is WayOn.ANYWAY
    assert "(loading it did not stop)" in reported[1]
    request = begin(client, model, path)
    client.answer(Loaded(request=request, report=model_report(path)))
    client.answer(evaluated(request + 1))
    assert model.deaths.of(path) is None
    client.die(stuck)
    assert model.deaths.of(path) is None, "a long prompt is not the file's doing"


def test_an_engine_that_has_not_begun_is_no_files_fault(
    client: FakeClient, model: ModelState, path: str
) -> None:
    model.open(path)
    client.die(ABORTED)
    assert model.deaths.of(path) is None
    assert model.way_on is WayOn.REOPEN


def test_a_file_that_changed_meanwhile_is_not_blamed(
    client: FakeClient, model: ModelState, path: str
) -> None:
    begin(client, model, path)
    os.truncate(path, 100)
    client.die(Outcome(End.CRASHED, 7, "", ()))
    assert model.deaths.of(path) is None


@pytest.mark.parametrize(
    "outcome",
    [
        KILLED,
        Outcome(End.CRASHED, 6, "", ("CUDA error: out of memory", "  in function alloc at x.cu:9")),
        Outcome(End.CRASHED, 6, "", ("ggml_vulkan: vk::Device: ErrorOutOfDeviceMemory",)),
    ],
)
def test_want_of_memory_leads_to_the_options(
    client: FakeClient, model: ModelState, path: str, outcome: Outcome
) -> None:
    begin(client, model, path)
    client.die(outcome)
    assert model.deaths.of(path) is None, "with fewer layers on the card it opens"
    assert model.way_on is WayOn.OPTIONS
    assert "fewer GPU layers" in model.message
    assert "smaller context" in model.message


def test_what_is_refused_closes_no_model(
    client: FakeClient, model: ModelState, path: str, tmp_path: Path
) -> None:
    begin(client, model, path)
    client.die(ABORTED)
    good = str(tmp_path / "good.gguf")
    request = begin(client, model, good)
    client.answer(Loaded(request=request, report=model_report(good)))
    model.open(path)
    assert (model.path, model.is_ready, model.way_on) == (good, True, WayOn.ANYWAY)
