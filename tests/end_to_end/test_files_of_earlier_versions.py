"""What earlier versions have left on a writer's disk opens in this one, with nothing lost.

The files in tests/data were written by those versions themselves; its README says how.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.app.settings import COMPARE_SKETCHES, DECLARED, MODEL_PRESETS, Setting, Settings
from studio.experiments.comparison_file import load_comparison
from studio.manuscript import Origin
from studio.presets import Preset, PresetFolder, preset_folder
from studio.presets.document import PresetDocument
from studio.sampling import DEFAULT_SAMPLERS, LogitSketch, SamplingParams
from studio.sampling.params import with_later_steps
from studio.sampling.word_bias import WordBias
from studio.ui.main_window import MainWindow
from studio.ui.widgets import file_dialog
from studio.ui.writing.recovery_dialog import RecoveryDialog
from tests.ui.conftest import LONG, save, until_read

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "data"
OLD, NEW = SAMPLES / "of_51f8519", SAMPLES / "of_531b330"
BOTH = pytest.mark.parametrize("sample", [OLD, NEW], ids=lambda sample: sample.name)

CONTROL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
DOCUMENTS = "/home/writer/Documents"
MODEL = "/home/writer/Models/SmolLM2-135M-Instruct.Q4_1.gguf"
SEA = "Sea – Ärger, XTC & DRY"
SEA_STOPS = ("\n\n\n", "THE END", "§ „Ende“")

LeftBy = Callable[[Path], Path]
Open = Callable[[], MainWindow]


@pytest.fixture
def left_by(empty_home: Path, qapp: QApplication) -> Iterator[LeftBy]:
    """Puts what a version has left where the program looks for it."""
    name = qapp.applicationName()
    qapp.setApplicationName("Kelvin Studio")  # as the program does; folders are called so

    def put(sample: Path) -> Path:
        shutil.copytree(sample, empty_home, dirs_exist_ok=True)
        return empty_home

    yield put
    qapp.setApplicationName(name)


def open_document(window: MainWindow, path: Path) -> None:
    window.open_path(path)
    until_read(window)


# Settings

SHARED_SETTINGS: dict[str, object] = {
    "compare/in_step": True,
    "compare/max_tokens": 12,
    "compare/sketches": False,
    "explain/open": True,
    "explain/step": "temperature",
    "file/folder": DOCUMENTS,
    "landscape/count": 300,
    "landscape/shown": True,
    "model/context_size": 2048,
    "model/gpu_layers": 0,
    "model/memory_map": False,
    "model/path": MODEL,
    "model/recent": [MODEL],
    "model/threads": 1,
    "parameters/open": True,
    "presets/default": "Code by Mirostat",
    "presets/favourites": [SEA, "Code", "Support, in chat"],
    "presets/folder": f"{DOCUMENTS}/Exports",
    "presets/only_differences": True,
    "window/appearance": "dark",
    "window/brief_open": False,
    "window/heat": "surprise",
    "window/page": "compare",
    "window/sampling_open": True,
    "window/zoom": 3,
}
SETTINGS: dict[Path, dict[str, object]] = {
    OLD: SHARED_SETTINGS
    | {
        "explain/place": "right",
        "explain/width": 406,
        "file/recent": [
            f"{DOCUMENTS}/{name}"
            for name in (
                "The Fisherman.txt",
                "Notes.md",
                "Mixed lines.md",
                "Old Mac lines.txt",
                "UTF-16 big.txt",
                "UTF-16 little.txt",
                "With a mark.txt",
                "Windows lines.txt",
            )
        ],
        "parameters/place": "afloat 56 137 420 640",
        "parameters/width": 434,
        "profile": "Support, in chat",
    },
    NEW: SHARED_SETTINGS
    | {
        "explain/place": "afloat 56 137 512 640",
        "explain/width": 526,
        "file/last": f"{DOCUMENTS}/With a mark.txt",
        "file/last_caret": 44,
        "file/recent": [
            f"{DOCUMENTS}/{name}"
            for name in (
                "With a mark.txt",
                "The Fisherman.txt",
                "Notes.md",
                "Mixed lines.md",
                "Old Mac lines.txt",
                "UTF-16 big.txt",
                "UTF-16 little.txt",
                "Windows lines.txt",
            )
        ],
        "parameters/place": "afloat 56 137 552 640",
        "parameters/width": 566,
        "presets/columns": "299 555",
        "presets/place": "62 52 900 620",
        "profile": SEA,
        "window/columns": "503 658",
        "window/place": "2 2 1162 797",
    },
}
OF_MODELS = {"98362432 SmolLM2-135M-Instruct.Q4_1.gguf": SEA}
QTS_OWN = {"window/geometry", "window/splitter", "presets/geometry", "presets/splitter"}
"""Binary values that only Qt reads, and trusts; they are not taken over."""


def written_keys(sample: Path) -> set[str]:
    folder = sample / "config" / "kelvin-studio"
    if sample == NEW:
        return set(json.loads((folder / "settings.json").read_bytes()))
    keys, section = set(), ""
    for line in (folder / "kelvin-studio.ini").read_text().splitlines():
        if head := re.fullmatch(r"\[(\w+)\]", line):
            section = "" if head[1] == "General" else f"{head[1]}/"
        elif line:
            keys.add(section + line.partition("=")[0])
    return keys


def assert_settings(settings: Settings, sample: Path) -> None:
    for key, value in SETTINGS[sample].items():
        assert settings.get(cast(Setting[str], DECLARED[key])) == value, key
    assert json.loads(settings.get(MODEL_PRESETS)) == OF_MODELS


@BOTH
def test_every_setting_keeps_its_value(left_by: LeftBy, sample: Path) -> None:
    left_by(sample)
    checked = {*SETTINGS[sample], "presets/of_models"}
    assert written_keys(sample) == checked | (QTS_OWN if sample == OLD else set())
    settings = Settings()
    assert settings.problem == ""
    assert_settings(settings, sample)


@BOTH
def test_the_window_opens_as_the_settings_say_and_keeps_them(
    left_by: LeftBy, open_window: Open, sample: Path
) -> None:
    config = left_by(sample) / "config" / "kelvin-studio"
    window = open_window()
    assert not window.notice.isVisible()
    theme, session, library = window.theme, window.session, window.library
    assert (theme.appearance, theme.zoom) == ("dark", 3)
    assert session.preset_choice.current.name == SETTINGS[sample]["profile"]
    assert library.favourites.names == (SEA, "Code", "Support, in chat")
    assert library.defaults.default == "Code by Mirostat"
    assert library.defaults.of_model(*OF_MODELS) == SEA
    options = session.model.options
    assert (options.gpu_layers, options.context_size, options.threads) == (0, 2048, 1)
    assert not options.memory_map
    assert (session.compare.max_tokens, session.compare.in_step) == (12, True)
    assert session.heat.measure.value == "surprise"
    assert window.compare.is_shown
    window.compare.show(False)
    assert not window.brief.is_open
    assert window.sampling.is_open
    assert window.landscape.panel.isVisible()
    assert window.landscape.state.count == 300
    explain, parameters = window.explain.dock, window.parameters.dock
    assert explain is not None
    assert explain.isVisible()
    assert explain.state.step == "temperature"
    assert explain.isFloating() == (sample == NEW)
    assert parameters is not None
    assert parameters.isVisible()
    assert parameters.isFloating()
    menu = window.actions_.recent
    menu.aboutToShow.emit()
    recent = SETTINGS[sample]["file/recent"]
    assert isinstance(recent, list)
    assert [action.toolTip() for action in menu.actions()][: len(recent)] == recent
    window.compare.show(True)
    window.close()
    if sample == OLD:
        assert not (config / "kelvin-studio.ini").exists()
        kept = config / "kelvin-studio.ini.old"
        assert kept.read_bytes() == (OLD / "config/kelvin-studio/kelvin-studio.ini").read_bytes()
    after = json.loads((config / "settings.json").read_bytes())
    # What the window itself measures may be another on another screen; no document was opened.
    measured = r"(explain|parameters|window|presets)/(place|width|columns)|file/last_caret"
    for key, value in SETTINGS[sample].items():
        if not re.fullmatch(measured, key):
            assert after.get(key) == value, key
    assert json.loads(after["presets/of_models"]) == OF_MODELS


# Presets

# Before p-less and adaptive-p. A preset takes such steps into its order, for they may be turned on;
# a comparison is a record, and keeps the order that it was made with.
ORDER = tuple(step for step in DEFAULT_SAMPLERS if step not in {"p_less", "adaptive_p"})
SEA_ORDER = ("dry", "temperature", "min_p", "xtc")


def expected_presets(sample: Path) -> dict[str, Preset]:
    """All of them by name, without description and notes, which are the built-in ones'."""
    is_old = sample == OLD
    presets = (
        Preset(
            name="Code by Mirostat",
            task="code",
            stop=("```",),
            sampling=SamplingParams(
                temperature=0.7,
                top_k=40,
                top_p=0.95,
                mirostat=2,
                mirostat_tau=3.5,
                mirostat_eta=0.25,
                seed=7,
            ),
        ),
        Preset(
            name="Data at infinite T",
            task="data_augmentation",
            max_tokens=1,
            sampling=SamplingParams(
                temperature=math.inf, top_p=0.98, min_p=0.02, typical_p=0.85, top_n_sigma=1.5
            ),
        ),
        Preset(
            name="llama",
            sampling=SamplingParams(
                temperature=0.65,
                top_k=20,
                # The later version adds what llama.cpp does where its arguments are silent.
                top_p=1.0 if is_old else 0.95,
                min_p=0.0 if is_old else 0.05,
                repeat_penalty=1.05,
            ),
        ),
        Preset(
            name="Other, dynamic",
            sampling=SamplingParams(temperature=0.9, dynatemp_range=0.4, dynatemp_exponent=1.5),
        ),
        Preset(
            name=SEA,
            task="creative_writing",
            stop=SEA_STOPS,
            max_tokens=333,
            sampling=SamplingParams(
                temperature=1.25,
                min_p=0.05,
                xtc_probability=0.5,
                xtc_threshold=0.15,
                min_keep=2,
                repeat_penalty=1.05,
                repeat_last_n=128,
                dry_multiplier=0.8,
                dry_base=1.6,
                dry_allowed_length=3,
                dry_penalty_last_n=512,
                dry_sequence_breakers=("\n", ":", "“", "…"),
                logit_bias=((260, -math.inf), (1123, 2.5), (5357, -3.25)),
                word_biases=()
                if is_old
                else (WordBias("fish", -2.0, ("capitalised",)), WordBias(" „Ärger“", -math.inf)),
                seed=4711,
                samplers=with_later_steps(SEA_ORDER, ()),
            ),
        ),
        Preset(
            name="Support, in chat",
            task="customer_support",
            prompt_format="chat",
            system_message="You answer in two sentences.\nNever promise a date.",
            sampling=SamplingParams(
                temperature=0.4,
                top_k=40,
                top_p=0.9,
                min_p=0.05,
                repeat_penalty=1.15,
                repeat_last_n=-1,
                frequency_penalty=0.1,
                presence_penalty=-0.2,
                samplers=with_later_steps(("penalties", "top_k", "top_p", "temperature"), ()),
            ),
        ),
    )
    return {preset.name: preset for preset in presets}


@BOTH
def test_every_preset_keeps_its_values(left_by: LeftBy, sample: Path) -> None:
    left_by(sample)
    listing = PresetFolder(preset_folder()).listing()
    assert listing.problems == ()
    expected = expected_presets(sample)
    assert {stored.preset.name for stored in listing.presets} == set(expected)
    for stored in listing.presets:
        preset = stored.preset
        assert stored.path.name == f"{preset.name}.json"
        assert replace(preset, description="", notes="") == expected[preset.name]
        assert not stored.document.is_newer
        assert PresetDocument.read(stored.document.to_bytes()) == stored.document
    sea = next(stored.preset for stored in listing.presets if stored.preset.name == SEA)
    assert sea.description.startswith("For stories and poems: warm, with a floor")
    assert "the yacht Vasa in 1922" in sea.notes


@BOTH
def test_a_preset_is_chosen_in_the_window_turned_and_saved(
    left_by: LeftBy, open_window: Open, sample: Path
) -> None:
    home = left_by(sample)
    window = open_window()
    preset_choice = window.session.preset_choice
    params = expected_presets(sample)[SEA].sampling
    chosen = preset_choice.named(SEA)
    assert chosen is not None
    preset_choice.choose(chosen)
    assert window.session.sampling.params == params
    assert window.session.sampling.max_tokens == 333
    assert window.session.draft.stop == SEA_STOPS
    window.session.sampling.change(temperature=1.5)
    assert window.session.presets.save()
    path = home / "config" / "kelvin-studio" / "presets" / f"{SEA}.json"
    before = json.loads((sample / "config/kelvin-studio/presets" / path.name).read_bytes())
    after = json.loads(path.read_bytes())
    before["sampling"]["temperature"] = 1.5
    before["sampling"]["samplers"] = list(with_later_steps(SEA_ORDER, ()))
    for key, value in before["sampling"].items():
        assert after["sampling"][key] == value, key
    assert {**after, "sampling": None} == {**before, "sampling": None}


# Comparisons

FISHERMAN = "The old fisherman looked out over the sea and thought about"
BEFORE_IT = "The old fisherman looked out over the sea.\n\n    “Tomorrow,” he said – ‘née’ 🐟.\n\n"
THREE_LANES: dict[Path, list[tuple[str, list[int], list[int]]]] = {
    OLD: [
        (
            ' the future. He said, "I will sail the ocean',
            [260, 1774, 30, 909, 1137, 28, 476, 57, 523, 11930, 260, 5065],
            [0] * 12,
        ),
        (
            " his young apprentice's dreams and told them to take a ship",
            [650, 1805, 44586, 506, 10074, 284, 3783, 601, 288, 1188, 253, 5575],
            [0, 15, 2, 5, 4, 3, 19, 0, 0, 3, 0, 4],
        ),
        (
            " his boots, waiting for some type:\n1. In",
            [650, 24322, 28, 7003, 327, 634, 1502, 42, 198, 33, 30, 533],
            [1, 175, 1, 223, 0, 12, 38, 29, 1, 8, 0, 16],
        ),
    ],
    NEW: [
        (
            " the future.\n\nThe old fisherman looked out over the",
            [260, 1774, 30, 198, 198, 504, 1573, 43663, 5328, 578, 690, 260],
            [0] * 12,
        ),
        (
            " everything that was on it.\n\n🐝 He",
            [3117, 338, 436, 335, 357, 30, 198, 198, 10813, 234, 247, 909],
            [16, 1, 0, 2, 0, 0, 0, 0, 2, 0, 0, 3],
        ),
        (
            " people that lived all across the seas he remembered the stories for",
            [701, 338, 4161, 511, 1699, 260, 14339, 384, 13380, 260, 2684, 327],
            [133, 7, 3, 16, 2, 0, 11, 29, 11, 2, 20, 25],
        ),
    ],
}
"""Text, ids and ranks of each lane."""


@BOTH
@pytest.mark.parametrize("name", ["Three lanes.json", "Three lanes, no distributions.json"])
def test_a_comparison_opens_with_all_that_was_in_it(
    left_by: LeftBy,
    open_window: Open,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sample: Path,
    name: str,
) -> None:
    left_by(sample)
    window = open_window()
    open_document(window, sample / "documents" / name)
    assert not window.notice.isVisible(), window.notice.message
    assert window.compare.is_shown
    state, page = window.session.compare, window.compare.page
    assert page is not None
    is_whole = name == "Three lanes.json"
    for lane, column, (text, ids, ranks) in zip(
        state.lanes, page.columns, THREE_LANES[sample], strict=True
    ):
        assert lane.text == text
        assert column.view.document().toRawText().replace("\u2029", "\n") == text
        assert [token.id for token in lane.tokens] == ids
        assert [token.rank for token in lane.tokens] == ranks
        assert (lane.seed, lane.reason, lane.end, lane.mu) == (21, "max_tokens", None, None)
        sketches = [token.sketch for token in lane.tokens]
        assert all(sketches) if is_whole else not any(sketches)
    dynamic = replace(expected_presets(sample)["Other, dynamic"].sampling, samplers=ORDER)
    sea = replace(expected_presets(sample)[SEA].sampling, samplers=SEA_ORDER)
    first, second, third = state.lanes
    names = [lane.preset_choice.current.name for lane in state.lanes]
    assert names == ["Other, dynamic", SEA, "Other, dynamic"]
    assert first.turns == [(0, replace(dynamic, temperature=0.0))]
    assert second.turns == [(0, sea)]
    assert third.turns == [
        (0, replace(dynamic, temperature=1.5, top_p=0.95)),
        (6, replace(dynamic, temperature=math.inf, top_k=40)),
    ]
    assert [lane.sampling.params for lane in state.lanes] == [
        lane.turns[-1][1] for lane in state.lanes
    ]
    assert [lane.stop for lane in state.lanes] == [(), SEA_STOPS, ()]
    assert [lane.color for lane in state.lanes] == [0, 1, 2]
    assert state.share_u
    subject = state.run_input
    assert subject.prompt is not None
    assert subject.prompt.manuscript == (FISHERMAN if sample == OLD else BEFORE_IT + FISHERMAN)
    assert subject.prompt.brief == ("" if sample == OLD else "Short sentences. No adverbs.")
    assert len(subject.prompt_tokens) == (11 if sample == OLD else 47)
    assert subject.model is not None
    assert subject.model.file == "SmolLM2-135M-Instruct.Q4_1.gguf"
    assert subject.model.hash.startswith("sha256:b179c9523d0e6a0f")

    # Saved by this version it holds the same.
    saved = tmp_path / "again.json"
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(saved), ""))
    window.settings.set(COMPARE_SKETCHES, True)
    window.compare.actions.save_file.trigger()
    assert window.compare.actions.finish()
    before, after = load_comparison(sample / "documents" / name), load_comparison(saved)
    for was, lane_record in zip(before.lanes, after.lanes, strict=True):
        assert lane_record.tokens == was.tokens
        assert (lane_record.params, lane_record.turns) == (was.params, was.turns)
        assert (lane_record.name, lane_record.stop) == (was.name, was.stop)
    assert (after.prompt, after.prompt_ids) == (before.prompt, before.prompt_ids)
    assert (after.made, after.model) == (before.made, before.model)


@BOTH
def test_a_comparison_of_the_command_line_opens_and_can_be_retempered(
    left_by: LeftBy, open_window: Open, sample: Path
) -> None:
    left_by(sample)
    window = open_window()
    open_document(window, sample / "documents" / "From the command line.json")
    state = window.session.compare
    assert [lane.text for lane in state.lanes] == [", the ancient", ", the company"]
    assert [lane.seed for lane in state.lanes] == [5, 5]
    assert [lane.temperature for lane in state.lanes] == [0.8, 0.7]
    assert state.lanes[1].mu == 8.584540720387276
    assert state.lanes[1].preset_choice.current.name == "Code by Mirostat"
    assert state.lanes[1].stop == ("```",)
    lane = state.lanes[0]
    assert len(lane.tokens) == 3
    for token in lane.tokens:
        sketch = LogitSketch.from_bytes(token.sketch)
        assert sketch.vocabulary_size == 49_152
        assert sketch.probability(token.id, 0.8) == pytest.approx(token.probability, abs=2e-3)
        assert sketch.probability(token.id, 5.0) < token.probability


SHELF = {
    OLD: [([", the", ", almost"], [3, 3]), ([", the", ", the"], [4, 5])],
    NEW: [([", there", ", when"], [3, 3]), ([", there", ".\n"], [4, 5])],
}


@BOTH
def test_runs_that_were_never_saved_come_back(
    left_by: LeftBy, open_window: Open, sample: Path
) -> None:
    home = left_by(sample)
    folder = home / "data" / "Kelvin Studio" / "comparisons"
    files = sorted(path.name for path in folder.iterdir())
    window = open_window()
    window.compare.show(True)
    state, page = window.session.compare, window.compare.page
    assert page is not None
    assert not state.has_tokens
    (first, first_seeds), (last, last_seeds) = SHELF[sample]
    QTest.keyClick(page.columns[0].view, Qt.Key.Key_Left, ALT)
    until_read(window)
    assert [lane.text for lane in state.lanes] == last
    assert [lane.seed for lane in state.lanes] == last_seeds
    assert not state.share_u
    window.compare.actions.earlier.trigger()
    until_read(window)
    assert [lane.text for lane in state.lanes] == first
    assert [lane.seed for lane in state.lanes] == first_seeds
    assert [lane.temperature for lane in state.lanes] == [0.0, 1.2]
    assert not window.compare.actions.earlier.isEnabled()
    window.close()
    assert sorted(path.name for path in folder.iterdir()) == files


# Texts

TEXTS = {
    "Mixed lines.md": "One.\r\nTwo.\nThree.\r\nFour.",
    "Notes.md": "# Notes\n\n* one  \n* two\twith a tab\n",
    "Old Mac lines.txt": "One.\nTwo.\nThree.\n",
    "The Fisherman.txt": BEFORE_IT,
    "UTF-16 big.txt": "Sea\nNoch ein Fisch\n",
    "UTF-16 little.txt": "Sea\nEin Fisch 🐟\n",
    "Windows lines.txt": "One.\nTwo.\nThree.\nFour",
    "With a mark.txt": "Höhe\nTiefe – ja\n",
}
SHORTER = (OLD, "The Fisherman.txt")
"""It lost an empty line as it was typed."""


@BOTH
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_opens_and_keeps_its_bytes_when_saved(
    open_window: Open, tmp_path: Path, sample: Path, name: str
) -> None:
    path = tmp_path / name
    data = (sample / "documents" / name).read_bytes()
    path.write_bytes(data)
    window = open_window()
    open_document(window, path)
    text = TEXTS[name].replace("\n\n", "\n", 1) if (sample, name) == SHORTER else TEXTS[name]
    assert window.session.draft.manuscript.text == text
    QTest.keyClick(window.editor, Qt.Key.Key_End, CONTROL)
    QTest.keyClicks(window.editor, "x")
    save(window)
    assert len(path.read_bytes()) - len(data) == (2 if name.startswith("UTF-16") else 1)
    QTest.keyClick(window.editor, Qt.Key.Key_Backspace)
    save(window)
    assert path.read_bytes() == data


def test_a_text_that_was_rescued_can_be_opened(left_by: LeftBy, open_window: Open) -> None:
    home = left_by(OLD)
    window = open_window()
    (path,) = (home / "data" / "Kelvin Studio").glob("rescued-*.txt")
    open_document(window, path)
    assert window.session.draft.manuscript.text == (
        "A text that nobody saved when the program made a mistake – with a dash.\nSecond line.\n"
    )


# What is of the later version alone


def test_a_brief_is_found_though_its_document_was_moved(
    left_by: LeftBy, open_window: Open, tmp_path: Path
) -> None:
    left_by(NEW)
    path = tmp_path / "Moved.txt"
    shutil.copyfile(NEW / "documents" / "The Fisherman.txt", path)
    window = open_window()
    open_document(window, path)
    assert window.brief.edit.text() == "Short sentences. No adverbs."


def test_what_was_not_saved_is_offered_and_restored(left_by: LeftBy, open_window: Open) -> None:
    left_by(NEW)
    window = open_window()
    window.compare.show(False)
    window.recovery_offer.make()
    (dialog,) = window.findChildren(RecoveryDialog)
    assert dialog.list.count() == 1
    assert "With a mark.txt" in dialog.list.item(0).text()
    QTest.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    until_read(window)
    draft = window.session.draft
    typed = "Höhe\nTiefe – ja\nNever saved – 🐟\nThe old man "
    assert draft.manuscript.text == typed + "stands there, watching all"
    origins = draft.manuscript.origins()
    assert {*origins[:44]} == {Origin.TYPED}
    assert {*origins[44:]} == {Origin.GENERATED}
    assert len(origins) == 70
    assert window.editor.caret == 69
    assert window.brief.edit.text() == "Slowly."
    assert str(draft.path) == f"{DOCUMENTS}/With a mark.txt"
    assert window.isWindowModified()


def test_a_model_that_ended_the_engine_stays_closed(
    left_by: LeftBy, open_window: Open, tmp_path: Path
) -> None:
    home = left_by(NEW)
    path = tmp_path / "Bad.gguf"
    shutil.copyfile(NEW / "models" / "Bad.gguf", path)
    (death,) = json.loads((home / "state" / "kelvin-studio" / "model-deaths.json").read_bytes())
    os.utime(path, ns=(death["mtime_ns"], death["mtime_ns"]))
    window = open_window()
    window.session.model.open(str(path))
    message = window.session.model.message
    assert "“Bad.gguf” is not opened: on 2026-11-29 it ended the engine" in message
    assert "SIGABRT: llama.cpp gave up on a failed check" in message


# The program itself, with the folders of a home

PROGRAM = """
import json
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication
from studio.ui import application as program
from studio.app.stale_file_cleanup import clean_up
from studio.ui.writing.recovery_dialog import RecoveryDialog

def until(condition):
    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

program.find_starter_model = lambda: None
application = program.make_application()
window = program.make_window(application)
program.show(window)
until(lambda: window.is_started)
program.open_first(window, None)
clean_up(window.settings).join()
session = window.session
told = {
    "profile": session.preset_choice.current.name,
    "zoom": window.theme.zoom,
    "appearance": window.theme.appearance,
    "presets": [stored.preset.name for stored in session.presets.listing.presets],
    "runs": window.compare.actions.history.count,
    "offers": sum(dialog.list.count() for dialog in window.findChildren(RecoveryDialog)),
}
print(json.dumps(told), flush=True)
window.close()
session.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of other systems are others")
@BOTH
def test_the_program_finds_all_of_it_in_the_folders_of_a_home(tmp_path: Path, sample: Path) -> None:
    places = {"config": ".config", "data": ".local/share", "state": ".local/state"}
    for name, place in places.items():
        if (sample / name).is_dir():
            shutil.copytree(sample / name, tmp_path / place)
    env = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    env |= {"HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=LONG / 1000,
    )
    assert json.loads(done.stdout) == {
        "profile": "Code by Mirostat",
        "zoom": 3,
        "appearance": "dark",
        "presets": [
            *("Code by Mirostat", "Data at infinite T", "llama", "Other, dynamic"),
            *(SEA, "Support, in chat"),
        ],
        "runs": 2,
        "offers": 1 if sample == NEW else 0,
    }
    untouched = unchanging(sample)
    assert len(untouched) == 9
    for folder, path in untouched:
        assert (tmp_path / folder / path.name).read_bytes() == path.read_bytes(), path.name


def unchanging(sample: Path) -> list[tuple[Path, Path]]:
    """Where files are that a start and an end must not touch, and what they were."""
    config, data = sample / "config/kelvin-studio", sample / "data/Kelvin Studio"
    found = [
        (Path(".config/kelvin-studio/presets"), path) for path in (config / "presets").iterdir()
    ]
    shelf = Path(".local/share/Kelvin Studio")
    found += [(shelf / "comparisons", path) for path in (data / "comparisons").iterdir()]
    found += [(shelf, path) for path in data.glob("rescued-*.txt")]
    found += [(shelf / "briefs", path) for path in data.glob("briefs/*.json")]
    return found
