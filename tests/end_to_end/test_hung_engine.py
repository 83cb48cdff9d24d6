"""An engine that is halted under the real window, as the system or a driver may halt it.

The engine and its model are real and so are the keys; the beats are short, and the conditions are
waited for.
"""

import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from studio.app import session as session_module
from studio.app.engine_line.client import EngineClient
from studio.app.model.state import ModelPhase
from studio.engine.messages import Loading, LoadOptions
from studio.ui.engine_notice import SILENT
from studio.ui.main_window import MainWindow
from tests.helpers.tiny_model import write_byte_level_model
from tests.ui.conftest import LONG, NEVER_ENDS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")

OPENING = "The old fisherman looked out over the"
CONTROL = Qt.KeyboardModifier.ControlModifier
OPTIONS = LoadOptions(threads=1, context_size=2048)


@pytest.fixture(autouse=True)
def short_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "EngineClient", partial(EngineClient, beat_ms=100))


def press(window: MainWindow, key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    QTest.keyClick(window.editor, key, modifier)


def press_escape(window: MainWindow) -> None:
    press(window, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)


def halt(window: MainWindow) -> psutil.Process:
    """Stop the engine's process, and return it once it stands."""
    engine = psutil.Process(window.session.client.process_id)
    engine.send_signal(signal.SIGSTOP)
    return engine


def begin_writing(window: MainWindow, qtbot: QtBot) -> None:
    """Type, continue, and wait for some tokens of a text without end."""
    window.activateWindow()
    window.editor.setFocus()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    QTest.keyClicks(window.editor, OPENING)
    session = window.session
    session.sampling.set_max_tokens(4000)
    session.sampling.change(logit_bias=NEVER_ENDS)
    press(window, Qt.Key.Key_Return, CONTROL)
    manuscript = session.draft.manuscript
    qtbot.waitUntil(lambda: len(manuscript.text) > len(OPENING) + 20, timeout=LONG)


def offers_to_end(window: MainWindow) -> bool:
    return window.notice.message == SILENT and window.notice.action is window.actions_.end_engine


def wait_for_offer(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: offers_to_end(window), timeout=LONG)


def notice_button(window: MainWindow, text: str) -> QPushButton:
    (button,) = [one for one in window.notice.findChildren(QPushButton) if one.text() == text]
    assert button.isVisible()
    return button


def wait_for_death(engine: psutil.Process, qtbot: QtBot) -> None:
    # In the event loop: it is Qt that waits for its child.
    qtbot.waitUntil(lambda: not engine.is_running(), timeout=LONG)


def write_once_more(window: MainWindow, qtbot: QtBot) -> None:
    """The model writes on, in whatever engine there is now."""
    session = window.session
    qtbot.waitUntil(lambda: session.model.phase is not ModelPhase.LOADING, timeout=LONG)
    assert session.model.is_ready, session.model.message
    before = len(session.draft.manuscript)
    session.sampling.set_max_tokens(8)
    press(window, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(
        lambda: session.writing.is_idle and len(session.draft.manuscript) > before, timeout=LONG
    )


def test_halted_in_the_middle_of_a_text_it_is_noticed_and_forgiven(
    window: MainWindow, qtbot: QtBot
) -> None:
    begin_writing(window, qtbot)
    client, manuscript = window.session.client, window.session.draft.manuscript
    engine = halt(window)
    wait_for_offer(window, qtbot)
    qtbot.waitUntil(lambda: "no answer for" in window.status.state_words(), timeout=LONG)
    written = manuscript.text

    # Who waits is not asked again.
    notice_button(window, "Wait").click()
    silence = client.silence
    qtbot.waitUntil(lambda: client.silence > silence + 5, timeout=LONG)
    assert not window.notice.isVisible()

    # It goes on, and is halted once more: that is news, which goes when it goes on again.
    engine.send_signal(signal.SIGCONT)
    qtbot.waitUntil(lambda: client.silence == 0, timeout=LONG)
    halt(window)
    wait_for_offer(window, qtbot)
    engine.send_signal(signal.SIGCONT)
    qtbot.waitUntil(lambda: not window.notice.isVisible(), timeout=LONG)
    qtbot.waitUntil(lambda: len(manuscript.text) > len(written), timeout=LONG)
    assert window.status.state_words() == "writing"
    press_escape(window)
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)
    assert manuscript.text.startswith(written)
    assert client.process_id == engine.pid


def test_the_offer_ends_it_and_what_is_written_stays(window: MainWindow, qtbot: QtBot) -> None:
    begin_writing(window, qtbot)
    engine = halt(window)
    wait_for_offer(window, qtbot)
    session = window.session
    take_set = session.draft.manuscript.growing_take_set
    notice_button(window, "End the engine").click()
    wait_for_death(engine, qtbot)
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    written = session.draft.manuscript.text
    assert written.startswith(OPENING)
    assert len(written) > len(OPENING) + 20
    assert take_set is not None
    assert take_set.current is not None
    assert written == OPENING + take_set.current.text
    assert window.notice.message.startswith(
        "The engine was ended, because it had not answered for "
    )
    assert "Your text is untouched." in window.notice.message
    assert window.notice.action is window.actions_.reopen_model
    notice_button(window, "Reopen model").click()
    write_once_more(window, qtbot)
    assert session.draft.manuscript.text.startswith(written)


def test_escape_twice_ends_it(window: MainWindow, qtbot: QtBot) -> None:
    begin_writing(window, qtbot)
    engine = halt(window)
    press_escape(window)
    assert engine.is_running()
    qtbot.waitUntil(lambda: "Esc again" in window.status.state_words(), timeout=LONG)
    with qtbot.waitSignal(window.session.client.died, timeout=LONG):
        press_escape(window)
    wait_for_death(engine, qtbot)
    assert window.session.writing.is_idle
    assert window.session.draft.manuscript.text.startswith(OPENING)
    assert window.notice.message.startswith("The engine was ended, because it did not stop.")
    window.actions_.reopen_model.trigger()
    write_once_more(window, qtbot)


def test_escape_struck_twice_does_not_end_one_that_stops(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow the machine is, it stops by then.
    monkeypatch.setattr(session_module, "ONE_PRESS_MS", LONG)
    begin_writing(window, qtbot)
    session = window.session
    pid = session.client.process_id
    press_escape(window)
    press_escape(window)
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    write_once_more(window, qtbot)
    assert session.client.process_id == pid
    # And at rest, what follows the text shown, no beat is counted.
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    assert not session.client.is_owing
    assert not any(timer.isActive() for timer in session.client.findChildren(QTimer))


def test_halted_at_rest_it_is_noticed_as_one_types(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    qtbot.waitUntil(lambda: not session.client.is_owing, timeout=LONG)
    engine = halt(window)
    QTest.keyClicks(window.editor, OPENING)
    wait_for_offer(window, qtbot)
    assert session.draft.manuscript.text == OPENING
    QTest.keyClicks(window.editor, " sea")
    assert session.draft.manuscript.text == f"{OPENING} sea", "the window writes on"
    # Esc has something to end now, and a second one does it.
    press_escape(window)
    press_escape(window)
    wait_for_death(engine, qtbot)
    window.actions_.reopen_model.trigger()
    write_once_more(window, qtbot)


def test_another_model_is_opened_in_a_new_engine(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    begin_writing(window, qtbot)
    engine = halt(window)
    wait_for_offer(window, qtbot)
    path = write_byte_level_model(tmp_path / "another.gguf")
    model = window.session.model
    model.open(str(path), OPTIONS)
    qtbot.waitUntil(lambda: model.is_ready, timeout=LONG)
    assert model.report is not None
    assert model.report.path == str(path)
    wait_for_death(engine, qtbot)
    assert window.session.client.process_id != engine.pid
    assert window.session.writing.is_idle
    assert window.notice.message.endswith("A new one loads the model.")


def test_reopen_replaces_one_that_was_not_known_to_be_halted(
    window: MainWindow, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: not window.session.client.is_owing, timeout=LONG)
    engine = halt(window)
    window.actions_.reopen_model.trigger()
    qtbot.waitUntil(lambda: window.session.model.is_ready, timeout=LONG)
    wait_for_death(engine, qtbot)
    write_once_more(window, qtbot)


def test_halted_while_it_loads(
    open_window: Callable[[], MainWindow], qtbot: QtBot, starter_model: Path
) -> None:
    window = open_window()
    model, client = window.session.model, window.session.client
    # Before the file is looked at: the load has begun and not ended.
    client.follow(
        lambda event: halt(window) if event.fraction < 0.5 and client.silence == 0 else None,
        Loading,
    )
    model.open(str(starter_model), OPTIONS)
    engine = psutil.Process(client.process_id)
    wait_for_offer(window, qtbot)
    press_escape(window)
    press_escape(window)
    wait_for_death(engine, qtbot)
    qtbot.waitUntil(lambda: model.phase is ModelPhase.FAILED, timeout=LONG)
    assert window.notice.action is window.actions_.reopen_model


def test_a_comparison_ends_with_it_and_runs_again(window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClicks(window.editor, OPENING)
    window.compare.show(True)
    state = window.session.compare
    state.set_max_tokens(4000)
    for lane in state.lanes:
        lane.sampling.change(logit_bias=NEVER_ENDS)
    state.run()
    qtbot.waitUntil(lambda: all(len(lane.tokens) > 5 for lane in state.lanes), timeout=LONG)
    engine = halt(window)
    wait_for_offer(window, qtbot)
    texts = [lane.text for lane in state.lanes]
    window.actions_.stop.trigger()
    window.actions_.stop.trigger()
    wait_for_death(engine, qtbot)
    qtbot.waitUntil(lambda: not state.is_running, timeout=LONG)
    assert [lane.text for lane in state.lanes] == texts
    window.actions_.reopen_model.trigger()
    qtbot.waitUntil(lambda: window.session.model.is_ready, timeout=LONG)
    lane = state.lanes[0]
    state.set_max_tokens(4)
    state.go_on(lane)
    qtbot.waitUntil(lambda: not state.is_running and lane.text != texts[0], timeout=LONG)
    assert lane.text.startswith(texts[0])


def test_the_window_closes_over_a_halted_engine(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is unsaved is asked about as always.
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    begin_writing(window, qtbot)
    engine = halt(window)
    wait_for_offer(window, qtbot)
    window.close()
    assert not window.isVisible()
    assert not psutil.pid_exists(engine.pid)


def test_escape_ends_the_rendering_of_an_endless_template(
    open_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    path = write_byte_level_model(tmp_path / "endless.gguf", chat_template=endless)
    window = open_window()
    session = window.session
    session.preset_choice.choose(
        next(preset for preset in session.preset_choice.presets if preset.prompt_format == "chat")
    )
    session.model.open(str(path), LoadOptions(threads=1))
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    engine = psutil.Process(session.client.process_id)
    reported: list[str] = []
    session.writing.failed.connect(lambda why, _kind: reported.append(why))
    press(window, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: bool(engine.children()), timeout=LONG)
    (renderer, *_) = engine.children()
    press_escape(window)
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert reported == [], "it was stopped, and met no limit"
    qtbot.waitUntil(lambda: not renderer.is_running(), timeout=LONG)
    assert session.client.process_id == engine.pid
