import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.app.engine_line.client import EngineClient
from studio.app.engine_line.process import End, Outcome
from studio.app.model.state import ModelPhase, ModelState
from studio.engine.messages import (
    Failed,
    Load,
    Loaded,
    Loading,
    LoadOptions,
    Pong,
    Stop,
    Superseded,
)
from studio.ui.main_window import MainWindow
from studio.ui.model.choice import load_options
from tests.helpers.engine_child import ROOT
from tests.helpers.tiny_model import write_byte_level_model
from tests.ui.conftest import LONG
from tests.ui.fake_engine import KILLED, FakeClient, model_report

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


# The real engine, in the window.


def bad_models(folder: Path, starter: Path) -> dict[str, Path]:
    not_gguf = folder / "letter.gguf"
    not_gguf.write_text("Dear reader, this is no model.\n" * 100)
    truncated = folder / "truncated.gguf"
    with starter.open("rb") as file:
        truncated.write_bytes(file.read(4_000_000))
    a_folder = folder / "folder.gguf"
    a_folder.mkdir()
    return {
        "letter.gguf": not_gguf,
        "truncated.gguf": truncated,
        "folder.gguf": a_folder,
        "missing.gguf": folder / "missing.gguf",
    }


def test_bad_models_are_one_message_each_and_the_next_good_one_works(
    open_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path, starter_model: Path
) -> None:
    window = open_window()
    session = window.session
    session.draft.manuscript.edit(0, 0, "My text.")
    reported: list[str] = []
    session.model.failed.connect(reported.append)

    def fail(path: Path, options: LoadOptions) -> str:
        reported.clear()
        session.model.open(str(path), options)
        qtbot.waitUntil(lambda: session.model.phase is not ModelPhase.LOADING, timeout=LONG)
        assert session.model.phase is ModelPhase.FAILED
        assert len(reported) == 1
        assert window.notice.message == reported[0]
        assert window.notice.action is window.actions_.open_model
        assert not window.actions_.continue_.isEnabled()
        return reported[0]

    one_thread = LoadOptions(threads=1)
    messages = {
        name: fail(path, one_thread) for name, path in bad_models(tmp_path, starter_model).items()
    }
    for name, message in messages.items():
        assert name in message
    assert len({message.replace(name, "") for name, message in messages.items()}) == 4, "each cause"
    huge = fail(starter_model, LoadOptions(threads=1, context_size=16_000_000))
    assert "memory" in huge
    assert "16,000,000" in huge
    pid = session.client.process_id
    assert pid, "a file that is refused ends no engine"

    tiny = write_byte_level_model(tmp_path / "tiny.gguf")
    session.model.open(str(tiny), one_thread)
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    assert session.client.process_id == pid
    assert window.notice.message == ""
    assert session.draft.manuscript.text == "My text."
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    settings = window.settings
    assert settings.get(remembered.MODEL) == str(tiny)
    assert settings.get(remembered.RECENT_MODELS) == [str(tiny)], "only what could be opened"

    reported.clear()
    session.model.open(str(tmp_path / "letter.gguf"), one_thread)
    qtbot.waitUntil(lambda: len(reported) == 1, timeout=LONG)
    assert window.notice.message == reported[0]
    assert session.model.is_ready, "a file that is refused unread closes no model"
    assert session.model.path == str(tiny)
    with qtbot.waitSignal(session.next_token.changed, timeout=LONG):
        session.draft.manuscript.edit(0, 0, "And ")
    assert load_options(settings) == one_thread

    reported.clear()
    session.model.open(str(starter_model), LoadOptions(threads=1, context_size=16_000_000))
    qtbot.waitUntil(lambda: len(reported) == 1, timeout=LONG)
    assert "16,000,000" in reported[0]
    assert session.model.is_ready, "nor does what the memory would not hold"
    assert load_options(settings) == one_thread
    with qtbot.waitSignal(session.next_token.changed, timeout=LONG):
        session.draft.manuscript.edit(0, 0, "And ")


def test_a_file_that_only_llama_cpp_refuses_brings_the_former_model_back(
    open_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window()
    session = window.session
    model = session.model
    tiny = write_byte_level_model(tmp_path / "tiny.gguf")
    model.open(str(tiny), LoadOptions(threads=1))
    qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
    session.draft.manuscript.edit(0, 0, "My text.")
    odd = tmp_path / "odd.gguf"
    odd.write_bytes(tiny.read_bytes().replace(b"llama", b"lalma"))
    reported: list[str] = []
    model.failed.connect(reported.append)
    model.open(str(odd))
    qtbot.waitUntil(lambda: len(reported) == 1, timeout=LONG)
    qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
    assert "odd.gguf" in reported[0]
    assert model.path == str(tiny)
    assert window.notice.message == reported[0], "the reason stays when the model is there again"
    assert window.notice.action is None
    assert session.draft.manuscript.text == "My text."
    assert window.settings.get(remembered.RECENT_MODELS) == [str(tiny)]
    with qtbot.waitSignal(session.next_token.changed, timeout=LONG):
        session.draft.manuscript.edit(0, 0, "And ")


def drop(target: QWidget, path: Path) -> bool:
    """Drop a file as a file manager does; whether it was taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    data.setText(path.as_uri())
    action, button, key = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    entered = QDragEnterEvent(target.rect().center(), action, data, button, key)
    QApplication.sendEvent(target, entered)
    if not entered.isAccepted():
        return False
    QApplication.sendEvent(
        target, QDropEvent(QPointF(target.rect().center()), action, data, button, key)
    )
    return True


def test_a_model_that_is_dropped_on_the_window_is_opened_and_remembered(
    open_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window()
    model = window.session.model
    model.options = LoadOptions(threads=1, context_size=256)
    for name in ("first.gguf", "second.gguf"):
        path = write_byte_level_model(tmp_path / name)
        assert drop(window, path)
        qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
        assert model.path == str(path)
        assert model.report
        assert model.report.context_size == 256
    assert [Path(path).name for path in window.settings.get(remembered.RECENT_MODELS)] == [
        "second.gguf",
        "first.gguf",
    ]


def test_files_are_the_windows_wherever_they_are_dropped(
    open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    window = open_window()
    # Qt asks the field first; what it declines goes to the window below it.
    for field in (window, window.editor.viewport(), window.brief.edit.viewport()):
        path = tmp_path / f"{type(field.parent()).__name__}.txt"
        path.write_text(path.name)
        assert drop(field, path)
        assert window.session.draft.manuscript.text == path.name
        assert window.session.draft.path == path
    assert window.session.draft.brief == ""


def test_a_load_under_way_is_given_up_by_esc(
    window: MainWindow, qtbot: QtBot, starter_model: Path
) -> None:
    model = window.session.model
    before = model.options
    window.session.draft.manuscript.edit(0, 0, "My text.")
    model.open(str(starter_model), LoadOptions(threads=1, memory_map=False))
    assert window.actions_.stop.isEnabled()
    window.actions_.stop.trigger()
    qtbot.waitUntil(lambda: model.options == before, timeout=LONG)
    assert window.actions_.stop.isEnabled(), "the one before is opened again"
    window.actions_.stop.trigger()
    qtbot.waitUntil(lambda: model.phase is not ModelPhase.LOADING, timeout=LONG)
    assert model.phase is ModelPhase.NONE
    assert window.session.draft.manuscript.text == "My text."
    assert not window.actions_.stop.isEnabled()
    assert window.actions_.reopen_model.isEnabled()


def test_another_model_while_one_writes(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    session = window.session
    session.draft.manuscript.edit(0, 0, "The old fisherman")
    session.sampling.set_max_tokens(1000)
    session.writing.continue_writing()
    qtbot.waitUntil(lambda: session.writing.rate is not None, timeout=LONG)
    tiny = write_byte_level_model(tmp_path / "tiny.gguf")
    session.model.open(str(tiny))
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    assert session.writing.is_idle
    assert window.notice.message == ""
    text = session.draft.manuscript.text
    assert text.startswith("The old fisherman")
    assert len(text) > len("The old fisherman")
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    assert session.model.report
    vocabulary = session.model.report.vocabulary_size
    assert all(row.token < vocabulary for row in session.next_token.rows(20))


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
