"""Strangers' words in the real window: plain text, one line, short, and nothing that steers."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QTimer
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from studio import ui
from studio.app import settings as remembered
from studio.app.heat.measure import HeatMeasure
from studio.app.model.state import ModelPhase
from studio.app.user_folders import recovery_folder
from studio.engine.messages import LoadOptions, Prompt
from studio.engine.model_files.gguf_container import read_file
from studio.experiments.comparison import Comparison, LaneRecord
from studio.experiments.comparison_file import save_comparison
from studio.manuscript import RecoveryRecord, TextFile
from studio.model_record import ModelRecord
from studio.presets import preset_folder
from studio.sampling import SamplingParams
from studio.token_record import TokenRecord
from studio.ui.about_dialog import AboutDialog
from studio.ui.main_window import MainWindow
from studio.ui.model.options_dialog import ModelOptionsDialog
from studio.ui.presets.name_dialog import PresetNameDialog
from studio.ui.writing.recovery_dialog import RecoveryDialog
from tests.helpers.journal_records import leave_behind
from tests.helpers.tiny_model import write_sentencepiece_model
from tests.ui.conftest import LONG, save
from tests.ui.shown_words import (
    HOSTILE,
    HOSTILE_NAME,
    MARK,
    SIGNS,
    STEERS,
    faults,
    painting,
    places,
    shown_words,
    too_large,
)

TOKEN = f"{MARK}<b>&k\x1b\u202e"
"""A hostile token of a vocabulary."""


@pytest.fixture
def bare(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., set[str]]:
    """Looks at all that is shown and painted now, and gives the places of hostile words."""

    def look(*painted: QWidget) -> set[str]:
        with painting(monkeypatch) as drawn:
            for widget in painted:
                widget.grab()
                for part in widget.findChildren(QWidget):
                    if "event" not in vars(type(part)) or not (isValid(part) and part.isVisible()):
                        continue
                    # It may have its own words for a place, and shows them itself.
                    at = QPoint(3, part.height() // 2)
                    tip = QHelpEvent(QEvent.Type.ToolTip, at, part.mapToGlobal(at))
                    part.event(tip)
        found = [*shown_words(), *drawn]
        assert faults(found) == []
        assert too_large() == []
        return places(found)

    return look


def asked(act: Callable[[], object], look: Callable[..., set[str]]) -> set[str]:
    """What a question shows that opens while something is done; it is then cancelled."""
    found: set[str] = set()

    def on_open() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QDialog)
        try:
            found.update(look(box))
        finally:
            box.reject()

    QTimer.singleShot(0, on_open)
    act()
    return found


def tokens_of(model: Path) -> list[bytes]:
    listed = read_file(model)[0].array("tokenizer.ggml.tokens")
    assert listed is not None
    return listed.strings


def hostile_model(folder: Path) -> Path:
    path = folder / f"{HOSTILE_NAME}.gguf"
    return write_sentencepiece_model(
        path,
        words=(TOKEN, "sea"),
        name=HOSTILE,
        chat_template="{{ raise_exception('" + HOSTILE.replace("\n", "\\n") + "') }}",
    )


def test_names_of_files(
    bare: MainWindow, tmp_path: Path, seen: Callable[..., set[str]], qtbot: QtBot
) -> None:
    path = tmp_path / f"{HOSTILE_NAME}.txt"
    path.write_text("The sea.")
    bare.files.open(path)
    bare.actions_.recent.aboutToShow.emit()
    assert seen(bare) >= {"ElidedLabel.text", "MainWindow.title", "action", "action tip", "painted"}
    assert bare.windowTitle().count("[*]") == 3, "twice as it is, once for Qt"
    bare.editor.setFocus()
    bare.session.draft.manuscript.edit(0, 0, "Now ")
    save(bare)
    assert "PlainLabel.text" in seen(bare)
    # Another program writes it.
    path.write_text("Theirs.")
    bare.session.draft.manuscript.edit(0, 0, "Then ")
    bare.files.guard.look()
    assert bare.notice.action is bare.files.guard.decide
    seen(bare)
    assert "QLabel.text" in asked(bare.files.guard.decide.trigger, seen)
    assert "QLabel.text" in asked(lambda: bare.files.close(), seen)
    path.unlink()
    bare.files.guard.look()
    seen(bare)
    bare.session.draft.manuscript.mark_clean()
    bare.files.open(tmp_path / f"{HOSTILE_NAME} not there.txt")
    assert MARK in bare.notice.message
    seen(bare)
    bare.notice.hide()
    bare.open_path(tmp_path / f"{HOSTILE_NAME}.json")
    qtbot.waitUntil(lambda: MARK in bare.notice.message, timeout=LONG)
    seen(bare)
    bare.session.draft.manuscript.mark_clean()


def test_a_models_words(
    bare: MainWindow,
    tmp_path: Path,
    seen: Callable[..., set[str]],
    qtbot: QtBot,
) -> None:
    model, session = bare.session.model, bare.session
    model.open(str(hostile_model(tmp_path)), LoadOptions(threads=1))
    seen(bare)
    qtbot.waitUntil(lambda: model.phase is not ModelPhase.LOADING, timeout=LONG)
    assert model.is_ready, model.message
    bare.model_picker._menu.aboutToShow.emit()
    assert seen(bare) >= {"ModelPicker.text", "ModelPicker.tip", "action", "action tip"}
    dialog = ModelOptionsDialog(model.options, model.report, bare.theme, bare)
    dialog.show()
    assert "PlainLabel.text" in seen(dialog)
    dialog.close()
    # Its tokens: written, read, pointed at, asked about.
    [token] = [
        place for place, text in enumerate(tokens_of(Path(model.path))) if text == TOKEN.encode()
    ]
    session.sampling.change(logit_bias=((token, 100.0),))
    session.sampling.set_max_tokens(4)
    session.draft.manuscript.load("the sea")
    bare.editor.move_caret(len("the sea"))
    session.heat.set_measure(HeatMeasure.SURPRISE)
    bare.landscape.action.trigger()
    bare.temperature.set_detailed(True)
    bare.sampling.set_open(True)
    bare.parameters.open_at("samplers")
    session.writing.continue_writing()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    written_at = session.draft.manuscript.text.index(MARK)
    assert written_at >= len("the sea")
    histogram = bare.histogram.histogram
    menu = bare.histogram.menu(token, histogram.line_rect(0))
    bare.histogram._ask(token, histogram.line_rect(0))
    bare.editor.move_caret(written_at + 1)
    bare.word.toggle_at_caret()
    qtbot.waitUntil(lambda: bare.word.is_open, timeout=LONG)
    found = seen(bare, menu, bare.histogram.question)
    assert found >= {"painted", "action", "PlainLabel.text"}
    bare.parameters.action.trigger()
    bare.explain.open_at("temperature")
    seen(bare)
    # Its template.
    session.draft.prompting.set_prompt_format("chat")
    qtbot.waitUntil(lambda: MARK in (session.next_token.reason or ""), timeout=LONG)
    session.writing.continue_writing()
    qtbot.waitUntil(lambda: bool(bare.notice.message), timeout=LONG)
    assert MARK in bare.notice.message
    assert "PlainLabel.text" in seen(bare)
    session.draft.manuscript.mark_clean()


def test_metadata_of_sixteen_mebibytes(
    bare: MainWindow,
    tmp_path: Path,
    seen: Callable[..., set[str]],
    qtbot: QtBot,
) -> None:
    model = bare.session.model
    huge = "W" * (16 << 20)
    for name, values in {
        "named": {"general.name": huge, "general.license": huge, "tokenizer.ggml.pre": huge},
        "kind": {"general.type": huge},
        "scaled": {"llama.rope.scaling.type": huge},
        "built": {"general.architecture": huge[:60_000]},
        "templated": {"tokenizer.chat_template": huge},
    }.items():
        path = write_sentencepiece_model(tmp_path / f"{name}.gguf", metadata=values)
        model.open(str(path), LoadOptions(threads=1))
        qtbot.waitUntil(lambda: model.phase is not ModelPhase.LOADING, timeout=LONG)
        is_open = model.is_ready and model.path == str(path)
        assert is_open == (name in ("named", "templated")), name
        seen(bare)
        assert len(bare.notice.message) < 1_000
        assert bare.notice.heightForWidth(800) < 400


def test_presets(
    bare: MainWindow, tmp_path: Path, seen: Callable[..., set[str]], qtbot: QtBot
) -> None:
    folder = preset_folder()
    folder.mkdir(parents=True)
    name = f"{MARK} &k &amp; {'W' * 80}"
    values = {
        "name": name,
        "description": HOSTILE,
        "notes": HOSTILE,
        "system_message": HOSTILE,
        "stop": [HOSTILE[:200]],
        "sampling": {
            "dry_sequence_breakers": [HOSTILE[:40]],
            "word_biases": [{"text": f"{MARK}<b>&k", "bias": 1.0}],
        },
        HOSTILE: HOSTILE,
    }
    (folder / "Evil.json").write_text(json.dumps(values))
    (folder / f"{HOSTILE_NAME}.json").write_text("{")
    bare.session.presets.read()
    problems = [it.path.name for it in bare.session.presets.listing.problems]
    assert problems == [f"{HOSTILE_NAME}.json"]
    bare.library.open.trigger()
    view = bare.library.view
    assert view is not None
    for entry in view._state.entries:
        view._state.select(entry.key)
        if MARK in entry.key:
            found = seen(view)
            assert found >= {"ElidedLabel.text", "PresetLibraryList.cell", "painted"}
    view._state.select(name)
    assert "QTextBrowser.page" in seen(view)
    view.comparison.open_with(name, "Code")
    assert seen(view.comparison) >= {"_Table.cell", "_Table.cell tip", "_Table.header"}
    preset = bare.session.preset_choice.named(name)
    assert preset is not None
    bare.library.use(name)
    bare.parameters.open_at("samplers")
    bare.session.sampling.change(temperature=1.7)
    assert seen(bare) >= {"PresetPicker.item", "PresetPicker.item tip", "PresetPicker.tip"}
    dialog = PresetNameDialog(
        "Rename", "Rename", "New name:", name, bare.session.presets.why_not_called
    )
    dialog.accept()
    assert dialog.refusal.text()
    seen(dialog)
    assert "PlainLabel.text" in asked(lambda: bare.library.edits.rename(name, bare), seen)
    # A file of another program.
    view.close()
    foreign = {"temp": 1.1, "rep_pen": HOSTILE, HOSTILE: HOSTILE, "tfs": 0.5}
    path = tmp_path / f"{HOSTILE_NAME}.json"
    path.write_text(json.dumps(foreign))
    bare.presets.import_paths([path])
    qtbot.waitUntil(lambda: MARK in bare.notice.message, timeout=LONG)
    seen(bare)
    path.write_text(json.dumps({**foreign, "rep_pen": 1.1}))
    bare.presets.import_paths([path])
    qtbot.waitUntil(lambda: bare.notice.action is bare.presets.show_left, timeout=LONG)
    bare.presets.show_left.trigger()
    report = QApplication.activeModalWidget()
    assert report is not None
    assert "_Table.cell" in seen(report)
    report.close()
    bare.library.edits.delete(name)
    seen(bare)
    bare.library.edits.undelete.trigger()
    # A lane's list of presets.
    bare.compare.show(True)
    assert bare.compare.page is not None
    menu = bare.compare.page.columns[0].menu
    menu.list_presets()
    assert seen(menu.presets) >= {"action", "action tip"}


def hostile_comparison() -> Comparison:
    def lane(first: int, text: str) -> LaneRecord:
        token = TokenRecord(
            id=first,
            text=text.encode(),
            probability=0.5,
            rank=0,
            entropy=1.0,
            u=0.5,
            top=((7, 0.1),),
        )
        return LaneRecord(
            params=SamplingParams(),
            seed=1,
            tokens=(token,),
            reason="max_tokens",
            name=HOSTILE,
            stop=(HOSTILE,),
        )

    return Comparison(
        made=HOSTILE,
        model=ModelRecord(name=HOSTILE, file=HOSTILE, architecture=HOSTILE, hash=HOSTILE),
        prompt=Prompt(manuscript=HOSTILE, brief=HOSTILE, system=HOSTILE),
        max_tokens=3,
        lanes=(lane(1, HOSTILE), lane(2, f"{MARK}<two")),
        spellings={7: HOSTILE.encode()},
    )


def test_a_comparison(
    bare: MainWindow, tmp_path: Path, seen: Callable[..., set[str]], qtbot: QtBot
) -> None:
    path = tmp_path / f"{HOSTILE_NAME}.json"
    save_comparison(path, hostile_comparison())
    bare.open_path(path)
    qtbot.waitUntil(lambda: bare.compare.is_shown, timeout=LONG)
    page = bare.compare.page
    assert page is not None
    bare.compare.actions.show_parting.setChecked(True)
    bare.compare.actions.show_bars.setChecked(True)
    page.columns[0].strip.pointed.emit(0)
    page.bar.popup.open_below(page.bar.set_up)
    found = seen(bare, page.bar.popup)
    page.bar.popup.close()
    assert found >= {"PromptWords.text", "PromptWords.tip", "painted", "shown tip"}
    path.write_text(path.read_text().replace('"max_tokens"', json.dumps(HOSTILE), 1))
    bare.open_path(path)
    qtbot.waitUntil(lambda: MARK in bare.notice.message, timeout=LONG)
    seen(bare)


def test_what_was_not_saved(bare: MainWindow, seen: Callable[..., set[str]]) -> None:
    record = RecoveryRecord(
        TextFile(HOSTILE), (), HOSTILE, 0, Path(f"/{HOSTILE_NAME}.txt"), None, 1e9
    )
    for _ in range(2):
        leave_behind(recovery_folder(), record)
    bare.recovery_offer.make()
    [dialog] = bare.findChildren(RecoveryDialog)
    found = seen(dialog)
    assert found >= {"QListWidget.cell", "ElidedLabel.text", "ElidedLabel.tip"}
    assert "QLabel.text" in asked(dialog.discard.click, seen)
    dialog.close()


def test_a_brief_and_what_is_remembered(bare: MainWindow, seen: Callable[..., set[str]]) -> None:
    settings = bare.settings
    name = f"{MARK}<img src=x><b>&amp;&k{'W' * 150}"
    settings.set(remembered.RECENT_FILES, [f"/{name}/x.txt", f"/{name}"])
    settings.set(remembered.RECENT_MODELS, [f"/{name}/x.gguf", f"/{name}"])
    bare.actions_.recent.aboutToShow.emit()
    bare.model_picker._menu.aboutToShow.emit()
    assert seen(bare) >= {"action", "action tip"}
    bare.session.draft.set_brief(HOSTILE)
    bare.brief.set_open(False)
    assert "ElidedLabel.text" in seen(bare)
    settings.set(remembered.LAST_FILE, f"/{name}/not there")
    bare.files.open_last()
    assert MARK in bare.notice.message
    seen(bare)
    about = AboutDialog(bare)
    seen(about)
    bare.session.draft.set_brief("")


def test_a_mistake_of_ours_that_repeats_a_word(
    bare: MainWindow, seen: Callable[..., set[str]]
) -> None:
    for report in (bare.notice.report, bare.toast.say):
        report((MARK + SIGNS + STEERS[1:]) * 200)
        seen(bare)
        assert bare.notice.minimumSizeHint().width() < 600


RICH = {
    "about_dialog.py": "its heading, which is ours",
    "explain/panel.py": "its body, in which strangers' words are escaped",
    "widgets/plain_label.py": "what all others are",
}
"""Where a label may have markup."""


def test_labels_and_questions_are_plain_by_rule() -> None:
    folder = Path(ui.__file__).parent
    labels, questions = set(), set()
    for path in folder.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if re.search(r"\bQLabel\(", source):
            labels.add(path.relative_to(folder).as_posix())
        if re.search(
            r"\bQMessageBox(\(|\.(question|warning|critical|information|about)\()", source
        ):
            questions.add(path.relative_to(folder).as_posix())
    assert labels <= RICH.keys(), "use PlainLabel"
    assert questions == {"widgets/ask.py"}, "use `ask`, `question` or `question_box`"
