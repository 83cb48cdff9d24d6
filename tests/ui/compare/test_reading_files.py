"""Comparisons from files in the real window: read while it goes on, ended by Esc, reported."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app import progress_report
from studio.experiments import comparison_file
from studio.experiments.comparison import Comparison, LaneRecord
from studio.experiments.comparison_file import (
    load_comparison,
    save_comparison,
    write_comparison,
)
from studio.sampling import SamplingParams
from studio.token_record import TokenRecord
from studio.ui.compare import files as compare_files
from studio.ui.compare.files import IS_WRITING
from studio.ui.main_window import MainWindow
from studio.ui.widgets import file_dialog
from tests.ui.compare.test_page import kept, page_of
from tests.ui.conftest import LONG, until_read


@pytest.fixture
def bare(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


def long(tokens: int, temperatures: tuple[float, ...] = (0.5, 1.5)) -> Comparison:
    short = kept(temperatures)
    lanes = tuple(
        msgspec.structs.replace(lane, tokens=(lane.tokens * tokens)[:tokens])
        for lane in short.lanes
    )
    return msgspec.structs.replace(short, lanes=lanes, max_tokens=tokens)


def temperatures(window: MainWindow) -> list[float]:
    return [lane.temperature for lane in window.session.compare.lanes]


def test_the_window_goes_on_while_a_long_one_is_read(
    bare: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_report, "_DELAY_MS", 0)
    path = tmp_path / "long.json"
    save_comparison(path, long(2_000))
    turns, said = 0, []

    def turn() -> None:
        nonlocal turns
        turns += bare.session.reading.is_busy
        said.append(bare.notice.message)

    beat = QTimer()
    beat.timeout.connect(turn)
    beat.start(0)
    bare.open_path(path)
    assert not bare.compare.is_shown, "it is read first"
    assert bare.actions_.stop.isEnabled()
    # A key is taken meanwhile.
    QTest.keyClicks(bare.editor, "a")
    assert bare.session.draft.manuscript.text == "a"
    until_read(bare)
    assert turns > 20
    assert any(words.startswith("Reading “long.json”: ") for words in said)
    assert bare.compare.is_shown
    assert temperatures(bare) == [0.5, 1.5]
    assert len(bare.session.compare.lanes[0].tokens) == 2_000
    assert bare.notice.action is None, "nothing is left to be ended"
    assert not bare.actions_.stop.isEnabled()


def test_what_was_ended_with_esc_is_not_shown(
    bare: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.json"
    save_comparison(path, long(2_000))
    page = page_of(bare)
    before = temperatures(bare)
    bare.open_path(path)
    QTest.keyClick(page, Qt.Key.Key_Escape)
    until_read(bare)
    assert temperatures(bare) == before
    assert not bare.session.compare.has_tokens
    assert bare.notice.message == ""


def test_a_second_one_that_is_opened_meanwhile_comes_after_the_first(
    bare: MainWindow, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    save_comparison(first, long(1_000, (0.2, 0.9)))
    save_comparison(second, kept((0.5, 1.5)))
    bare.open_path(first)
    bare.open_path(second)
    until_read(bare)
    assert temperatures(bare) == [0.5, 1.5]
    bare.compare.actions.earlier.trigger()
    assert temperatures(bare) == [0.2, 0.9]


def test_what_runs_by_then_is_not_taken_away(
    bare: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.json"
    save_comparison(path, kept((0.5, 1.5)))
    page_of(bare)
    state = bare.session.compare
    bare.open_path(path)
    state.lanes[0].begin(5)
    before = temperatures(bare)
    until_read(bare)
    assert temperatures(bare) == before
    assert "A comparison is running" in bare.notice.message
    state.lanes[0].finish("stopped")


def test_an_entropy_that_no_vocabulary_has_is_refused_by_its_place(
    bare: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "endless.json"
    save_comparison(path, kept((0.5, 1.5)))
    path.write_bytes(path.read_bytes().replace(b'"entropy":2.0', b'"entropy":1e308'))
    bare.open_path(path)
    until_read(bare)
    assert "“endless.json”: it is damaged: $.lanes[0].tokens[1].entropy: " in bare.notice.message
    assert "Expected `float` <= 64.0" in bare.notice.message
    assert not bare.compare.is_shown


def test_one_that_would_be_too_large_is_saved_with_the_distributions_that_fit(
    bare: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.json"
    save_comparison(path, long(20))
    bare.open_path(path)
    until_read(bare)
    most = path.stat().st_size * 3 // 4
    monkeypatch.setattr(comparison_file.fitting, "__defaults__", (most,))
    offered: list[list[str]] = []

    def choose(_window: object, _title: str, _name: str, kinds: str, kind: str) -> tuple[str, str]:
        offered.append(kinds.split(";;"))
        return str(tmp_path / "saved.json"), offered[-1][0]

    monkeypatch.setattr(file_dialog, "ask_save", choose)
    bare.compare.actions.save_file.trigger()
    assert bare.compare.actions.finish()
    assert offered[0][0].startswith("With distributions of each lane’s first 1")
    assert (tmp_path / "saved.json").stat().st_size <= most
    bare.open_path(tmp_path / "saved.json")
    until_read(bare)
    sketches = [bool(token.sketch) for token in bare.session.compare.lanes[0].tokens]
    assert sketches == sorted(sketches, reverse=True)
    assert 10 <= sum(sketches) < 20
    # Where the texts alone are too long it is said before anything is asked.
    monkeypatch.setattr(compare_files, "MOST_BYTES", 100)
    bare.compare.actions.save_file.trigger()
    assert bare.compare.actions.finish()
    assert "even without distributions; files of at most 1 kB are opened" in bare.notice.message
    assert len(offered) == 1


def test_a_lane_of_thousands_of_tokens_is_shown_piece_by_piece(
    bare: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "long.json"
    comparison = long(5_000)
    save_comparison(path, comparison.without_sketches())
    bare.open_path(path)
    until_read(bare)
    page = page_of(bare)
    view, strip = page.columns[0].view, page.columns[0].strip
    text = bare.session.compare.lanes[0].text
    first = len(view.toPlainText())
    assert 0 < first < len(text) / 3, "the rest comes while the window goes on"
    assert strip.cell is None
    qtbot.waitUntil(lambda: view.toPlainText() == text, timeout=LONG)

    def last_cell() -> int | None:
        QTest.keyClick(strip, Qt.Key.Key_End)
        return strip.cell

    qtbot.waitUntil(lambda: last_cell() == 4_999, timeout=LONG)
    assert view.words == 5_000
    spoken = page.columns[0]._facts.text()
    assert "5,000 words" in spoken, spoken
    # Another one meanwhile: nothing of the first is put behind it.
    bare.open_path(path)
    until_read(bare)
    short = tmp_path / "short.json"
    save_comparison(short, kept((0.5, 1.5)))
    bare.open_path(short)
    until_read(bare)
    qtbot.wait(50)
    assert page.columns[0].view.toPlainText() == bare.session.compare.lanes[0].text


def test_a_run_of_the_window_before_is_read_while_this_one_goes_on(
    open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    path = tmp_path / "long.json"
    save_comparison(path, long(1_000))
    first = open_window()
    first.open_path(path)
    until_read(first)
    first.close()
    window = open_window()
    page_of(window)
    actions, state = window.compare.actions, window.session.compare
    actions.earlier.trigger()
    assert window.session.reading.is_busy
    assert not state.has_tokens
    assert not actions.earlier.isEnabled(), "one step at a time"
    window.session.stop()
    until_read(window)
    assert not state.has_tokens, "it was ended"
    actions.earlier.trigger()
    until_read(window)
    assert temperatures(window) == [0.5, 1.5]
    assert len(state.lanes[0].tokens) == 1_000
    # One that cannot be read is reported, and is none of them any more.
    first.close()
    last = open_window()
    page_of(last)
    for kept_run in (Path(os.environ["XDG_DATA_HOME"])).rglob("comparisons/*.json"):
        kept_run.write_text("{")
    last.compare.actions.earlier.trigger()
    until_read(last)
    assert "it is no comparison" in last.notice.message
    assert not last.compare.actions.earlier.isEnabled()


COLD_AND_HOT = SamplingParams(
    temperature=0.8, repeat_penalty=1.2, repeat_last_n=-1, dry_multiplier=1.0, top_p=0.9, min_p=0.01
)
LAST_ID = 2**31 - 1


def strange(name: str) -> Comparison:
    """Allowed to the letter, and made by nobody."""
    replace = msgspec.structs.replace
    params = {
        "hot": SamplingParams(temperature=1e308, presence_penalty=1e308),
        "cold": SamplingParams(temperature=5e-324, top_n_sigma=3.0),
        "dry": SamplingParams(dry_multiplier=1e308, dry_base=1e308, dry_allowed_length=0),
        "mirostat": SamplingParams(mirostat=2, mirostat_tau=1e308, mirostat_eta=1e308),
        "dynamic": SamplingParams(dynatemp_range=1e308, dynatemp_exponent=1e308),
        "biased": replace(COLD_AND_HOT, logit_bias=((LAST_ID, 5.0),)),
    }.get(name, COLD_AND_HOT)

    def tokens(lane: LaneRecord) -> tuple[TokenRecord, ...]:
        first = lane.tokens[0]
        match name:
            case "unknown ids":
                return (*lane.tokens, replace(first, id=LAST_ID, sketch=b""), *lane.tokens)
            case "unknown tops":
                return tuple(replace(one, top=((LAST_ID, 0.5),)) for one in lane.tokens)
            case "unknown typed":
                return tuple(replace(one, typed={LAST_ID: LAST_ID, 0: 9}) for one in lane.tokens)
            case "no characters":
                text = b"\xff\xed\xa0\x80" * 800
                return tuple(replace(one, text=text) for one in lane.tokens)
            case _:
                return lane.tokens

    whole = kept((0.5, 1.5))
    lanes = tuple(
        replace(lane, params=params, tokens=tokens(lane), mu=-1e9, name="x" * 1000)
        for lane in whole.lanes
    )
    return replace(whole, lanes=lanes, prompt_ids=(LAST_ID, 5), unseen_tokens=2**53)


def test_what_is_allowed_to_the_letter_is_shown_without_a_mistake(
    bare: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    names = ["hot", "cold", "dry", "mirostat", "dynamic", "biased", "unknown ids", "unknown tops",
             "unknown typed", "no characters"]  # fmt: skip
    for name in names:
        path = tmp_path / f"{name}.json"
        save_comparison(path, strange(name))
        bare.open_path(path)
        until_read(bare)
        actions, state = bare.compare.actions, bare.session.compare
        for part in (actions.show_parting, actions.show_bars):
            part.setChecked(True)
        state.look_now()
        page_of(bare).grab()
        for lane in state.lanes:
            lane.sampling.change(temperature=1.1)
        state.look_now()
        page_of(bare).grab()
        assert len(page_of(bare).columns) == 2, name
        assert bare.width() == 1320, name
        assert bare.notice.message == "", name


def test_a_comparison_is_written_while_the_window_goes_on(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, saved = tmp_path / "kept.json", tmp_path / "saved.json"
    save_comparison(path, kept((0.5, 1.5)))
    bare.open_path(path)
    until_read(bare)
    asked, answers = threading.Event(), threading.Event()

    def write_late(path: Path, data: bytes) -> None:
        asked.set()
        assert answers.wait(LONG / 1000)
        write_comparison(path, data)

    monkeypatch.setattr(compare_files, "write_comparison", write_late)
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(saved), ""))
    bare.compare.actions.save_file.trigger()
    qtbot.waitUntil(asked.is_set, timeout=LONG)
    assert bare.notice.message == "", "it is not said to be saved before it is"
    bare.compare.actions.export_html.trigger()
    assert bare.notice.message == IS_WRITING
    threading.Timer(0.1, answers.set).start()
    assert bare.close(), "which waits for it"
    assert len(load_comparison(saved).lanes) == 2
    assert bare.notice.message == "“saved.json” is saved."
