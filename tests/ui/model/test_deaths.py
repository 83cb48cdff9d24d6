"""Files that end the engine, in the real window."""

import math
import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.app.model.state import ModelPhase
from studio.app.user_folders import state_folder
from studio.engine.messages import LoadOptions
from studio.ui import application as program
from studio.ui.application import open_first
from studio.ui.main_window import MainWindow
from tests.helpers.loose_gguf import fatal_at_first_text, fatal_while_loading
from tests.helpers.tiny_model import write_byte_level_model
from tests.ui.conftest import LONG, remember

ONE_THREAD = LoadOptions(threads=1)

posix = pytest.mark.skipif(os.name != "posix", reason="signals, FIFOs and modes are POSIX's")


def fail(window: MainWindow, qtbot: QtBot, path: Path) -> str:
    reported: list[str] = []
    window.session.model.failed.connect(reported.append)
    window.session.model.open(str(path), ONE_THREAD)
    qtbot.waitUntil(lambda: bool(reported), timeout=LONG)
    return reported[0]


@posix
def test_a_file_that_ends_llama_cpp_in_the_window(
    open_window: Callable[[], MainWindow],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    starter = write_byte_level_model(tmp_path / "starter.gguf")
    bad = fatal_while_loading(tmp_path / "bad.gguf")
    window = open_window()
    model, actions = window.session.model, window.actions_
    window.session.draft.manuscript.edit(0, 0, "My text.")
    message = fail(window, qtbot, bad)
    assert "“bad.gguf” ended the engine while it was loaded (SIGABRT" in message
    assert "Its last words: internlm2.cpp:" in message, "without the folder it was built in"
    assert window.notice.message == message
    assert window.notice.action is actions.open_model
    assert window.session.draft.manuscript.text == "My text."
    actions.reopen_model.trigger()
    assert "is not opened" in window.notice.message
    assert window.notice.action is actions.open_anyway
    assert not window.session.client.is_running
    actions.open_anyway.trigger()
    assert model.phase is ModelPhase.LOADING
    qtbot.waitUntil(lambda: model.phase is ModelPhase.FAILED, timeout=LONG)

    # At the next start, where it is the model that was open last: the starter model instead.
    monkeypatch.setattr(program, "find_starter_model", lambda: starter)
    remember(remembered.MODEL, str(bad))
    assert (state_folder() / "model-deaths.json").exists()
    second = open_window()
    open_first(second, None)
    qtbot.waitUntil(lambda: second.session.model.is_ready, timeout=LONG)
    assert second.session.model.path == str(starter)
    assert "“bad.gguf” is not opened" in second.notice.message
    assert "“starter” is opened instead" in second.notice.message
    assert second.notice.action is second.actions_.open_anyway


@posix
def test_a_file_that_ends_it_at_the_first_text_in_the_window(
    open_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    bad = fatal_at_first_text(tmp_path / "bad.gguf")
    window = open_window()
    window.session.draft.manuscript.edit(0, 0, "My text.")
    message = fail(window, qtbot, bad)
    assert "“bad.gguf” ended the engine as it began to read (SIGABRT" in message
    assert window.notice.action is window.actions_.open_model
    assert window.session.model.deaths.of(str(bad))
    assert window.session.draft.manuscript.text == "My text."


@posix
def test_the_model_before_is_opened_again(
    open_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    good = write_byte_level_model(tmp_path / "good.gguf")
    bad = fatal_while_loading(tmp_path / "bad.gguf")
    window = open_window()
    model = window.session.model
    model.open(str(good), ONE_THREAD)
    qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
    message = fail(window, qtbot, bad)
    assert "“good”, which was open before, is opened again" in message
    qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
    assert model.path == str(good)
    assert window.notice.message == message
    assert window.notice.action is None
    pid = window.session.client.process_id
    assert "is not opened" in fail(window, qtbot, bad)
    assert model.is_ready
    assert window.session.client.process_id == pid, "and no engine is lost again"


@posix
def test_the_reason_for_the_model_before_goes_with_the_next_model(
    open_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    good = write_byte_level_model(tmp_path / "good.gguf")
    window = open_window()
    model = window.session.model
    model.open(str(good), ONE_THREAD)
    qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
    bad = fatal_while_loading(tmp_path / "bad.gguf")
    for words in ("which was open before", "is not opened"):
        message = fail(window, qtbot, bad)
        assert words in message
        qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
        assert window.notice.message == message
        window.actions_.reopen_model.trigger()
        assert not window.notice.message
        qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
        assert not window.notice.message


@posix
def test_an_engine_killed_while_it_loads_is_not_the_files_doing(
    open_window: Callable[[], MainWindow], qtbot: QtBot, starter_model: Path
) -> None:
    def kill_as_it_loads(window: MainWindow) -> ModelPhase:
        client, model = window.session.client, window.session.model

        def kill() -> None:
            if client.process_id and model.phase is ModelPhase.LOADING and model.fraction > 0:
                os.kill(client.process_id, signal.SIGKILL)

        model.changed.connect(kill)
        model.open(str(starter_model), LoadOptions(threads=1, memory_map=False))
        # On a busy machine the window comes first, and hears that it loads before it has done so.
        psutil.Process(client.process_id).nice(5)
        ends = (ModelPhase.FAILED, ModelPhase.READY)
        qtbot.waitUntil(lambda: model.phase in ends, timeout=LONG)
        return model.phase

    for _ in range(20):
        window = open_window()
        if kill_as_it_loads(window) is ModelPhase.FAILED:
            break
        # It was loaded before the window had heard of it, and is the model to go back to there.
        window.close()
    assert "SIGKILL" in window.notice.message
    assert window.notice.action is window.actions_.model_options
    assert window.session.model.deaths.of(str(starter_model)) is None


@posix
def test_a_file_that_is_cut_short_while_it_is_written_with(
    open_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    path = write_byte_level_model(tmp_path / "cut.gguf")
    window = open_window()
    session = window.session
    session.model.open(str(path), ONE_THREAD)
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    session.draft.manuscript.edit(0, 0, "My text.")
    session.sampling.set_max_tokens(20_000)  # it is not done meanwhile
    session.sampling.change(logit_bias=tuple((marker, -math.inf) for marker in (0, 1, 2)))
    session.writing.continue_writing()
    qtbot.waitUntil(lambda: len(session.draft.manuscript) > len("My text."), timeout=LONG)
    os.truncate(path, 100)
    qtbot.waitUntil(lambda: session.model.phase is ModelPhase.FAILED, timeout=LONG)
    assert "SIGBUS: the model file was cut short while in use" in window.notice.message
    assert window.notice.action is window.actions_.reopen_model
    assert session.draft.manuscript.text.startswith("My text.")
    window.actions_.reopen_model.trigger()
    qtbot.waitUntil(lambda: session.model.phase is ModelPhase.FAILED, timeout=LONG)
    assert "ends after 100 bytes" in window.notice.message, "now it is refused, and why"
