from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.app.model.remembered_options import load_options
from studio.app.model.state import ModelPhase
from studio.engine.messages import LoadOptions
from studio.ui.main_window import MainWindow
from tests.helpers.tiny_model import write_byte_level_model
from tests.ui.conftest import LONG, NEVER_ENDS


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
    session.sampling.change(logit_bias=NEVER_ENDS)
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
