"""How the program begins: what is opened first, and that llama.cpp stays out of its process."""

import gc
import io
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.app import settings as remembered
from studio.app.model.state import ModelPhase
from studio.engine.messages import Prompt
from studio.experiments.comparison import Comparison, LaneRecord
from studio.experiments.comparison_file import save_comparison
from studio.manuscript import TextFile, read_text_stream
from studio.model_record import ModelRecord
from studio.presets import preset_folder
from studio.sampling import SamplingParams
from studio.ui import application as program
from studio.ui.application import NO_MODEL, make_window, open_first, show
from studio.ui.main_window import MainWindow
from tests.helpers.tiny_model import write_byte_level_model
from tests.ui.conftest import LONG, remember, until_read

ROOT = Path(__file__).parents[2]


def wait_until_ready(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.session.model.is_ready, timeout=LONG)


def test_without_any_model_the_window_opens_and_says_how_to_get_one(
    open_window: Callable[[], MainWindow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "find_starter_model", lambda: None)
    window = open_window()
    open_first(window, None)
    assert window.notice.message == NO_MODEL
    assert window.notice.action is window.actions_.open_model
    assert window.session.model.phase is ModelPhase.NONE
    assert window.model_picker.text().strip() == "Open a model"
    assert "Open a model" in (window.session.next_token.reason or "")
    assert not window.session.client.is_running


def test_what_the_window_is_built_of_is_styled_once(qapp: QApplication, qtbot: QtBot) -> None:
    restyled: Counter[QWidget] = Counter()

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
            if event.type() is QEvent.Type.StyleChange and isinstance(watched, QWidget):
                restyled[watched] += 1
            return False

    watch = Watch()
    qapp.installEventFilter(watch)
    window = make_window(qapp)
    qapp.removeEventFilter(watch)
    qtbot.addWidget(window)
    parts = window.findChildren(QWidget)
    assert {count for part in parts if (count := restyled[part])} == {1}


def test_once_the_window_stands_the_collector_begins_and_spares_it(
    qapp: QApplication, qtbot: QtBot
) -> None:
    gc.disable()
    window = make_window(qapp)
    qtbot.addWidget(window)
    try:
        show(window)
        assert not gc.isenabled()
        qtbot.waitUntil(lambda: window.is_started, timeout=LONG)
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.enable()
        gc.unfreeze()
        window.session.close()


def test_the_last_model_is_opened_again(
    open_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    last = write_byte_level_model(tmp_path / "last.gguf")
    remember(remembered.MODEL, str(last))
    remember(remembered.CONTEXT_SIZE, 256)
    window = open_window()
    open_first(window, None)
    wait_until_ready(window, qtbot)
    assert window.session.model.path == str(last)
    report = window.session.model.report
    assert report
    assert report.context_size == 256, "with the options it had"


def test_where_the_last_one_is_gone_it_is_the_starter_model(
    open_window: Callable[[], MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starter = write_byte_level_model(tmp_path / "starter.gguf")
    monkeypatch.setattr(program, "find_starter_model", lambda: starter)
    remember(remembered.MODEL, str(tmp_path / "gone.gguf"))
    window = open_window()
    open_first(window, None)
    assert window.session.model.path == str(starter)


def test_a_model_that_is_given_is_the_only_one_opened(
    open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    remember(remembered.MODEL, str(write_byte_level_model(tmp_path / "last.gguf")))
    given = write_byte_level_model(tmp_path / "given.gguf")
    window = open_window()
    open_first(window, given)
    assert window.session.model.path == str(given)


def test_a_manuscript_that_is_given_is_opened_beside_a_model(
    open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    last = write_byte_level_model(tmp_path / "last.gguf")
    remember(remembered.MODEL, str(last))
    story = tmp_path / "story.md"
    story.write_text("Once.")
    window = open_window()
    open_first(window, story)
    assert window.session.draft.manuscript.text == "Once."
    assert window.session.model.path == str(last)


def test_a_text_from_a_pipe_is_an_unsaved_manuscript_of_its_own(
    open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    last = tmp_path / "last.txt"
    last.write_text("Last.")
    remember(remembered.LAST_FILE, str(last))
    remember(remembered.MODEL, str(write_byte_level_model(tmp_path / "last.gguf")))
    window = open_window()
    open_first(window, read_text_stream(io.BytesIO("Über das Meer.\r\n".encode()), "the input"))
    draft = window.session.draft
    assert draft.manuscript.text == "Über das Meer.\n"
    assert draft.path is None
    assert window.isWindowModified(), "closing asks about it"
    written = draft.begin_save(tmp_path / "new.txt").file
    assert written.to_bytes() == "Über das Meer.\r\n".encode()


def test_what_is_piped_in_and_is_no_text_opens_no_window() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studio", "-"],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        input=b"GGUF\0\0",
        capture_output=True,
        timeout=LONG / 1000,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, b"")
    [line] = done.stderr.decode().splitlines()
    assert line.startswith("studio: the input: not a text file that can be opened: byte 0x00")


@pytest.mark.parametrize(
    ("stored", "expected"),
    [("light", "light"), ("dark", "dark"), ("system", "system"), ("pink", "system")],
)
def test_the_appearance_is_remembered(qapp: QApplication, stored: str, expected: str) -> None:
    remember(remembered.APPEARANCE, stored)
    window = make_window(qapp)
    assert window.theme.appearance == expected
    window.close()
    window.deleteLater()


SCRIPT = """
import sys
from PySide6.QtCore import QEventLoop
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from studio.engine.messages import LoadOptions
from studio.ui.application import make_application, make_window

def until(condition):
    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

window = make_window(make_application())
window.show()
until(lambda: window.is_started)
session = window.session
session.model.open(sys.argv[1], LoadOptions(threads=1, context_size=512))
until(lambda: session.model.is_ready)
session.sampling.set_max_tokens(3)
session.sampling.change(seed=1)
session.draft.manuscript.edit(0, 0, "The sea")
session.writing.continue_writing()
until(lambda: session.writing.is_idle)
text = session.draft.manuscript.text
session.draft.manuscript.mark_clean()
window.close()
print(repr(text))
print(*sorted(sys.modules), sep="\\n")
"""


def printed(script: str, *arguments: str) -> str:
    """What a script prints in a process of its own, which has no window on a screen."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, *arguments],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LONG / 1000,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_windows_process_never_loads_llama_cpp(starter_model: Path) -> None:
    text, *modules = printed(SCRIPT, str(starter_model)).splitlines()
    assert len(text) > len(repr("The sea")), "the model has written"
    assert "studio.engine.messages" in modules
    loaded = {module.split(".")[0] for module in modules}
    assert "llama_cpp" not in loaded
    assert not loaded & {"jinja2", "gguf", "torch"}, "nor anything else that is the engine's"
    assert "studio.presets.foreign" not in modules, "read when a file of another program is"


@pytest.mark.parametrize("copied", ["The sea", ""])
def test_the_program_ends_well_whatever_the_clipboard_holds(copied: str) -> None:
    script = """
import sys
from PySide6.QtCore import QTimer
from studio.ui import application as program

make_window = program.make_window


def make_and_copy(application):
    window = make_window(application)

    def copy():
        window.session.draft.manuscript.edit(0, 0, sys.argv[1])
        window.editor.selectAll()
        window.editor.copy()
        window.session.draft.new()
        QTimer.singleShot(0, window.close)

    window.started.connect(copy)
    return window


program.make_window = make_and_copy
status = program.main(None)
print(repr(program.QApplication.clipboard().text()))
sys.exit(status)
"""
    assert printed(script, copied) == f"{copied!r}\n"


def test_no_source_is_searched_at_the_start() -> None:
    script = """
import inspect
import sys
from studio import __main__ as program
program._begin_window()
searched = []
inspect.getsource = lambda module: searched.append(module.__name__) or ""
import studio.ui.application
print(len([name for name in sys.modules if name.startswith("studio.ui")]), *searched)
"""
    count, *searched = printed(script).split()
    assert int(count) > 100
    assert not searched


@pytest.fixture
def begin(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Path | TextFile | None], MainWindow]]:
    """Begins as the program does, with what is given, where Compare was shown the last time."""
    monkeypatch.setattr(program, "find_starter_model", lambda: None)
    windows: list[MainWindow] = []

    def begin(given: Path | TextFile | None) -> MainWindow:
        remember(remembered.PAGE, "compare")
        window = make_window(qapp)
        windows.append(window)
        show(window)
        open_first(window, given)
        qtbot.waitUntil(lambda: window.is_started, timeout=LONG)
        until_read(window)
        return window

    yield begin
    for window in windows:
        window.session.draft.manuscript.mark_clean()
        window.close()
        window.deleteLater()
    gc.unfreeze()


def test_without_a_file_the_page_of_the_last_time_is_shown(
    begin: Callable[[Path | TextFile | None], MainWindow],
) -> None:
    assert begin(None).compare.is_shown


@pytest.mark.parametrize("name", ["story.txt", "a text without an ending", "none.gguf", "-"])
def test_a_text_or_a_model_is_shown_on_the_write_page(
    begin: Callable[[Path | TextFile | None], MainWindow], tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_text("The sea.")
    window = begin(TextFile("The sea.") if name == "-" else path)
    assert not window.compare.is_shown
    is_model = name.endswith(".gguf")
    assert window.session.model.path == (str(path) if is_model else "")
    assert window.session.draft.manuscript.text == ("" if is_model else "The sea.")


def test_a_comparison_is_shown_on_its_page(
    begin: Callable[[Path | TextFile | None], MainWindow], tmp_path: Path
) -> None:
    path = tmp_path / "lanes.json"
    lane = LaneRecord(params=SamplingParams(), seed=1, tokens=())
    kept = Comparison(
        model=ModelRecord(name="Some"), prompt=Prompt(manuscript="a"), max_tokens=3, lanes=(lane,)
    )
    save_comparison(path, kept)
    window = begin(path)
    assert window.compare.is_shown
    subject = window.session.compare.run_input
    assert subject.model is not None
    assert subject.model.name == "Some"


def test_a_preset_is_shown_in_the_library(
    begin: Callable[[Path | TextFile | None], MainWindow], tmp_path: Path
) -> None:
    path = tmp_path / "Warm.json"
    path.write_text('{"temp": 1.5, "rep_pen": 1.1}')
    window = begin(path)
    assert window.session.preset_choice.current.name == "Warm"
    view = window.library.view
    assert view is not None
    assert view.isVisible()
    selected = view._state.selected
    assert selected is not None
    assert selected.key == "Warm"


def test_a_preset_of_ones_own_is_not_taken_in_again(
    begin: Callable[[Path | TextFile | None], MainWindow],
) -> None:
    folder = preset_folder()
    folder.mkdir(parents=True)
    path = folder / "Mine.json"
    path.write_text('{"name": "Mine", "sampling": {"temperature": 1.5}}')
    window = begin(path)
    assert window.session.preset_choice.current.name == "Mine"
    assert window.library.view is not None
    assert window.library.view.isVisible()
    assert list(folder.glob("*.json")) == [path]


def test_what_is_no_preset_is_reported_on_the_write_page(
    begin: Callable[[Path | TextFile | None], MainWindow], tmp_path: Path
) -> None:
    path = tmp_path / "package.json"
    path.write_text('{"name": "x", "version": "1"}')
    window = begin(path)
    assert not window.compare.is_shown
    assert window.library.view is None
    assert "“package.json”: It is no preset" in window.notice.message
