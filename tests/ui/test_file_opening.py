"""Files dropped on the window, one or many, of one kind or several."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.experiments.comparison import FORMAT
from studio.ui.file_opening import FileKind, kind_of
from studio.ui.main_window import MainWindow
from tests.helpers.tiny_model import write_byte_level_model
from tests.ui.conftest import LONG

WARM = {"temp": 1.5, "tfs": 0.5}
COLD = {"temp": 0.2, "top_a": 0.3}


@pytest.fixture
def bare(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


def drop(window: MainWindow, *paths: Path) -> bool:
    """Drop files as a file manager does; whether they were taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(60, 60), copy, data, left, none)
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(window, QDropEvent(QPointF(60, 60), copy, data, left, none))
    return enter.isAccepted()


def preset(folder: Path, name: str, values: dict[str, float]) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(values))
    return path


def test_presets_dropped_together_are_taken_in_and_told_together(
    bare: MainWindow, tmp_path: Path
) -> None:
    before = bare.session.presets.now
    broken = tmp_path / "Broken.json"
    broken.write_text('{"temp": "hot"}')
    assert drop(bare, preset(tmp_path, "Warm", WARM), broken, preset(tmp_path, "Cold", COLD))
    message = bare.notice.message
    assert "2 presets are taken in: “Warm”, “Cold”." in message
    assert "Not carried over: tfs 0.5, top_a 0.3." in message
    assert "“Broken.json”: temp" in message
    assert bare.notice.action is bare.presets.show_left
    assert {"Warm", "Cold"} <= {entry.name for entry in bare.session.profiles.presets}
    assert bare.session.presets.now == before, "none of several is put in force"


def test_one_is_put_in_force(bare: MainWindow, tmp_path: Path) -> None:
    assert drop(bare, preset(tmp_path, "Warm", WARM))
    assert bare.session.profiles.current.name == "Warm"


def test_a_preset_a_text_and_a_model_at_once(
    bare: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    story = tmp_path / "story.txt"
    story.write_text("The sea was calm.")
    model = write_byte_level_model(tmp_path / "tiny.gguf")
    bare.library.defaults.set_default("Code")
    assert drop(bare, preset(tmp_path, "Warm", WARM), model, story)
    assert bare.session.draft.manuscript.text == "The sea was calm."
    assert "“Warm” is taken in from SillyTavern." in bare.notice.message
    qtbot.waitUntil(lambda: bare.session.model.is_ready, timeout=LONG)
    assert bare.session.model.path == str(model)
    assert bare.session.profiles.current.name == "Warm", "the hand is later than the model"


def test_of_what_is_open_once_the_first_is_taken_and_the_others_are_told(
    bare: MainWindow, tmp_path: Path
) -> None:
    texts = [tmp_path / f"{name}.md" for name in "abc"]
    for path in texts:
        path.write_text(path.stem)
    assert drop(bare, *texts)
    assert bare.session.draft.manuscript.text == "a"
    assert bare.notice.message == (
        "“b.md”, “c.md” were not opened: one manuscript is open at a time."
    )


def test_a_text_that_cannot_be_read_is_told_beside_the_preset(
    bare: MainWindow, tmp_path: Path
) -> None:
    text = tmp_path / "bad.txt"
    text.write_bytes(b"\xff\xfe\x00\xd8\x00")
    assert drop(bare, text, preset(tmp_path, "Warm", WARM))
    assert "“Warm” is taken in" in bare.notice.message
    assert "bad.txt" in bare.notice.message


def test_nothing_is_taken_that_is_not_on_this_machine(bare: MainWindow) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/a.gguf")])
    enter = QDragEnterEvent(
        QPoint(60, 60),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(bare, enter)
    assert not enter.isAccepted()


@pytest.mark.parametrize(
    ("name", "contents", "kind"),
    [
        ("story.TXT", b"{}", FileKind.MANUSCRIPT),
        ("lanes.json", f'{{"format": "{FORMAT}"}}'.encode(), FileKind.COMPARISON),
        ("preset.json", b"{", FileKind.PRESET),
        ("preset.json", b"", FileKind.PRESET),
        ("preset.yaml", b"temperature: 1", FileKind.PRESET),
        ("Modelfile", b"PARAMETER top_k 40", FileKind.PRESET),
        ("settings", b'{"temp": 1}', FileKind.PRESET),
        ("some.kcpps", b'{"temp": 1}', FileKind.PRESET),
        ("model.gguf", b"not one at all", FileKind.MODEL),
        ("blob", b"GGUF\x03\x00", FileKind.MODEL),
        ("large.bin", bytes(5 * 2**20), FileKind.MODEL),
        ("empty", b"", FileKind.MODEL),
    ],
)
def test_what_a_file_is(tmp_path: Path, name: str, contents: bytes, kind: FileKind) -> None:
    path = tmp_path / name
    path.write_bytes(contents)
    assert kind_of(path) is kind


def test_what_is_no_file_is_left_to_whoever_opens_it(tmp_path: Path) -> None:
    assert kind_of(tmp_path) is FileKind.MODEL
    assert kind_of(tmp_path / "gone") is FileKind.MODEL
    assert kind_of(tmp_path / "gone.json") is FileKind.PRESET
