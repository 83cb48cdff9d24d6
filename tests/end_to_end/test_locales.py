"""The window under other people's languages: it opens, writes, reads numbers and saves the same.

Locales that this system has not got are compiled by the test from the system's sources.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6 import QtCore, QtGui, QtWidgets

ROOT = Path(__file__).parents[2]
LOCALES = ("C", "de_DE", "tr_TR", "ar_EG", "ja_JP")
PATIENCE = 100
SOURCES = Path("/usr/share/i18n/locales")

PROGRAM = """
import json
import locale
import os
import sys
from pathlib import Path
from PySide6.QtCore import QEventLoop, QLocale, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSpinBox
from studio.engine.messages import LoadOptions
from studio.ui import application as program
from studio.ui.model.options_dialog import ModelOptionsDialog
from studio.ui.presets.name_dialog import PresetNameDialog
from studio.ui.widgets import file_dialog
from studio.ui.writing.recovery_dialog import _when

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
OPENING = "The old fisherman looked out over the sea and thought about"
folder = Path(sys.argv[1])


def until(condition):
    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def commit(edit, text):
    edit.setFocus()
    edit.selectAll()
    edit.insert(text)  # keys for what is not Latin, QTest has none
    QTest.keyClick(edit, Qt.Key.Key_Return)
    return edit.text()


application = program.make_application()
window = program.make_window(application)
# On one thread: see tests/engine/conftest.py.
window.session.model.options = LoadOptions(threads=1, context_size=2048)
program.show(window)
mistakes = []
sys.excepthook = lambda kind, error, trace: mistakes.append(repr(error))
window.resize(1320, 860)
until(lambda: window.is_started)
story = folder / "story.txt"
story.write_text("")
program.open_first(window, story)
session = window.session
until(lambda: session.model.is_ready)
window.activateWindow()
until(window.isActiveWindow)
said = {
    "c": locale.setlocale(locale.LC_ALL),
    "qt": QLocale.system().name(),
    "is_left_to_right": window.layoutDirection() == Qt.LayoutDirection.LeftToRight,
}

# Numbers, as people type them.
edit = window.temperature.temperature_edit
said["t"] = [[commit(edit, text), session.sampling.params.temperature]
             for text in ("0.5", "0,5", "1.25", "0,75", "\\u0660\\u066b\\u0665")]
window.parameters.action.trigger()
QApplication.processEvents()
field = next(found for found in window.findChildren(type(edit).__mro__[1])
             if found.objectName() == "top_p")
said["top_p"] = [[commit(field, text), session.sampling.params.top_p]
                 for text in ("0.9", "0,95")]
dialog = ModelOptionsDialog(session.model.options, session.model.report, window.theme, window)
size = dialog._context_size
size.setValue(4096)
said["context"] = size.text()
size.lineEdit().setText("2048")
said["typed_context"] = size.value()
said["when"] = _when(0.0)

# Write, and save.
window.editor.setFocus()
QTest.keyClicks(window.editor, OPENING)
session.sampling.set_max_tokens(8)
session.sampling.change(seed=1, temperature=0.0)
QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL)
until(lambda: session.writing.is_idle and len(session.draft.manuscript) > len(OPENING))
QTest.keyClick(window.editor, Qt.Key.Key_S, CONTROL)
until(lambda: not window.isWindowModified())
said["written"] = session.draft.manuscript.text
said["saved"] = story.read_text()

# Presets: their names, upper and lower case, sorted.
for name in ("ilk", "ILK \\u0130\\u0131", "\\u00e4hnlich", "Zett"):
    PresetNameDialog.ask = lambda *_: name
    QTest.keyClick(window.editor, Qt.Key.Key_K, CONTROL | SHIFT)
said["presets"] = [preset.name for preset in session.preset_choice.presets]
said["preset"] = window.preset_picker.currentText()

# A comparison.
until(lambda: session.next_token_preview.is_settled)
QTest.keyClick(window.editor, Qt.Key.Key_2, CONTROL)
state = session.compare
state.set_max_tokens(4)
QTest.keyClick(window.compare.page.columns[0].view, Qt.Key.Key_Return, CONTROL)
until(lambda: not state.is_running and state.run_input.figures is not None)
kept = folder / "comparison.json"
file_dialog.ask_save = lambda *_: (str(kept), "")
window.compare.actions.save_file.trigger()
window.compare.actions.finish()
record = json.loads(kept.read_bytes())
said["temperatures"] = [lane.temperature for lane in state.lanes]
page = window.grab()
QTest.keyClick(window.compare.page.columns[0].view, Qt.Key.Key_1, CONTROL)

# What is typed has its own direction.
window.editor.setFocus()
cursor = window.editor.textCursor()
cursor.movePosition(cursor.MoveOperation.End)
window.editor.setTextCursor(cursor)
QTest.keyClick(window.editor, Qt.Key.Key_Return)
window.editor.insertPlainText("\\u0643\\u0627\\u0646 \\u0627\\u0644\\u0628\\u062d\\u0631")
blocks = window.editor.document()
said["directions"] = [
    block.textDirection().name for block in (blocks.firstBlock(), blocks.lastBlock())
]
QApplication.processEvents()
if shots := os.environ.get("KELVIN_SHOTS"):
    page.save(f"{shots}-{QLocale.system().name()}-compare.png")
    window.grab().save(f"{shots}-{QLocale.system().name()}-write.png")
    dialog.grab().save(f"{shots}-{QLocale.system().name()}-options.png")
QTest.keyClick(window.editor, Qt.Key.Key_S, CONTROL)
said["is_closed"] = window.close()
said["mistakes"] = mistakes
print(json.dumps(said))
"""


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for locales that are compiled here."""
    return tmp_path_factory.mktemp("locales")


def environment_of(name: str, compiled: Path) -> dict[str, str]:
    """What makes a program speak a language; a locale that lacks is compiled."""
    if name == "C":
        return {"LC_ALL": "C"}
    has = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout
    if f"{name}.utf8" in has.split():
        return {"LC_ALL": f"{name}.UTF-8"}
    if not (shutil.which("localedef") and (SOURCES / name).is_file()):
        pytest.skip(f"this system has neither the locale {name} nor what it is compiled from")
    target = compiled / f"{name}.UTF-8"
    if not target.exists():
        # Its status reports warnings too.
        command = ["localedef", "-c", "--no-archive", "-i", name, "-f", "UTF-8", str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (target / "LC_CTYPE").is_file(), done.stderr
    return {"LC_ALL": f"{name}.UTF-8", "LOCPATH": str(compiled)}


@pytest.mark.skipif(sys.platform != "linux", reason="a locale for one process is Unix's")
@pytest.mark.parametrize("name", LOCALES)
def test_the_window_speaks_as_ever(
    name: str, compiled: Path, tmp_path: Path, starter_model: Path
) -> None:
    environment = environment_of(name, compiled)
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT,
        env={
            **{key: value for key, value in os.environ.items() if not key.startswith("LC_")},
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONPATH": str(ROOT),
            **environment,
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["qt"] == name, "the locale is the user's"
    assert f"LC_CTYPE={name}" in said["c"]
    assert said["mistakes"] == []
    assert said["is_left_to_right"]
    half = ["0.50", 0.5]
    assert said["t"] == [half, half, ["1.25", 1.25], ["0.75", 0.75], half]
    assert said["top_p"] == [["0.9", 0.9], ["0.95", 0.95]]
    assert (said["context"], said["typed_context"]) == ("4,096", 2048)
    assert said["when"].startswith(("Thursday, 1 January 1970 at ", "Wednesday, 31 December 1969"))
    assert said["saved"] == said["written"]
    assert said["presets"][-4:] == ["ilk", "ILK İı", "Zett", "ähnlich"]
    assert said["preset"] == "Zett"
    assert said["temperatures"] == [0.0, 0.5, 1.0, 1.5]
    assert said["directions"] == ["LeftToRight", "RightToLeft"]
    assert said["is_closed"]


def qt_properties() -> Iterator[tuple[str, set[str]]]:
    """Each class of Qt's, and what it can be given."""
    for module in (QtCore, QtGui, QtWidgets):
        for name, found in list(vars(module).items()):
            meta = vars(found).get("staticMetaObject") if isinstance(found, type) else None
            if isinstance(meta, QtCore.QMetaObject):
                count = meta.propertyCount()
                yield name, {str(meta.property(index).name()) for index in range(count)}


def test_no_property_is_set_by_a_constructors_keyword() -> None:
    """Qt for Python finds the setter by C's `toupper`, which knows no “I” of “i” in Turkish."""
    properties = dict(qt_properties())
    everywhere = set[str]().union(*properties.values())
    assert "interval" in properties["QTimer"]
    assert "checkable" in everywhere
    # Our own functions' arguments have no capitals.
    own = {word for word in everywhere if word != word.lower()}
    set_so = []
    for path in sorted((ROOT / "studio").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            called = node.func.id if isinstance(node.func, ast.Name) else called
            words = {keyword.arg or "" for keyword in node.keywords} & (
                own | properties.get(called, set())
            )
            set_so += [f"{path.relative_to(ROOT)}:{node.lineno} {word}" for word in sorted(words)]
    assert set_so == []
