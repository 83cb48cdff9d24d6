"""A comparison that outlives its window: saved or merely left, brought back, gone on with."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from studio.app.compare.lane import CompareLane
from studio.app.compare.state import ENDS_AT_ONCE
from studio.app.user_folders import data_folder
from studio.engine.messages import LoadOptions
from studio.experiments.comparison_file import from_json
from studio.ui.main_window import MainWindow
from studio.ui.widgets import file_dialog
from tests.end_to_end.test_compare import OPENING, ids, open_compare, run, wait_until_ended
from tests.engine.generation.test_sequences import assert_same_text
from tests.helpers.tiny_model import write_byte_level_model
from tests.ui.conftest import LONG, save, until_read

ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture(autouse=True)
def manuscript_is_given_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The manuscript asks when its window closes; a comparison does not, it is kept."""
    asked: list[str] = []

    def answer(_parent: object, title: str, *_: object) -> QMessageBox.StandardButton:
        asked.append(title)
        return QMessageBox.StandardButton.Discard

    monkeypatch.setattr(QMessageBox, "question", answer)
    yield
    assert set(asked) <= {"Unsaved changes"}


def load(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    window.session.model.open(str(path), LoadOptions(threads=1, context_size=2048))
    qtbot.waitUntil(lambda: window.session.model.is_ready, timeout=LONG)


def wait_until_it_may_go_on(window: MainWindow, lane: CompareLane, qtbot: QtBot) -> None:
    state = window.session.compare
    qtbot.waitUntil(lambda: state.why_not_go_on(lane) is None, timeout=LONG)


def go_on(window: MainWindow, lanes: list[CompareLane], qtbot: QtBot) -> None:
    state = window.session.compare
    for lane in lanes:
        wait_until_it_may_go_on(window, lane, qtbot)
        state.go_on(lane)
        wait_until_ended(window, qtbot)


def test_lanes_of_a_file_go_on_as_they_would_have_without_it(
    window: MainWindow,
    open_window: Callable[[], MainWindow],
    qtbot: QtBot,
    starter_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = window.session.compare
    page = open_compare(window, qtbot)
    # What samplers carry from token to token must be carried over the file.
    state.lanes[1].sampling.change(mirostat=2, mirostat_tau=3.0)
    state.lanes[2].sampling.change(repeat_penalty=1.4, xtc_probability=0.5)
    state.lanes[3].sampling.change(temperature=0.8)
    state.set_seed(21)
    state.set_max_tokens(12)
    run(window, page)
    wait_until_ended(window, qtbot)
    # One is turned on its way, and stops where it may not: at a text of its own.
    state.lanes[3].sampling.change(temperature=1.3)
    go_on(window, [state.lanes[3]], qtbot)
    saved = tmp_path / "sea.json"
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(saved), ""))
    window.compare.actions.save_file.trigger()
    assert window.compare.actions.finish()
    begun = [len(lane.tokens) for lane in state.lanes]
    assert begun == [12, 12, 12, 24]
    go_on(window, state.lanes, qtbot)
    expected = [lane.tokens[count:] for lane, count in zip(state.lanes, begun, strict=True)]
    assert all(len(tokens) == 12 for tokens in expected)
    window.close()

    other = open_window()
    other.open_path(saved)
    until_read(other)
    shown = other.session.compare
    assert "Open a model" in (shown.why_not_go_on(shown.lanes[0]) or "")
    shown.set_max_tokens(12)
    # Another model is not the one that wrote them, whatever its file is called.
    impostor = write_byte_level_model(tmp_path / starter_model.name, context_length=2048)
    load(other, impostor, qtbot)
    other_page = other.compare.page
    assert other_page is not None
    go = other_page.columns[0].menu.go
    qtbot.waitUntil(lambda: "fingerprint differs" in go.toolTip(), timeout=LONG)
    assert not go.isEnabled()

    load(other, starter_model, qtbot)
    qtbot.waitUntil(go.isEnabled, timeout=LONG)
    go_on(other, shown.lanes, qtbot)
    for lane, count, tokens in zip(shown.lanes, begun, expected, strict=True):
        assert_same_text(lane.tokens[count:], tokens)
        assert lane.seed == 21
    # Its tokens are the open model's now: a lane goes into the text with its records.
    # What it continued does not stand in this manuscript: the writer chose a new one for both.
    shown.use_in_new(shown.lanes[0])
    assert other.session.draft.manuscript.text == OPENING + shown.lanes[0].text
    records = other.session.records.spans.all
    assert [span.record.id for span in records] == ids(shown.lanes[0])


def test_runs_are_kept_and_come_back_when_the_program_does(
    window: MainWindow, open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    state = window.session.compare
    page = open_compare(window, qtbot)
    state.set_max_tokens(6)
    texts = []
    for seed in (3, 4):
        state.set_seed(seed)
        run(window, page)
        wait_until_ended(window, qtbot)
        texts.append([lane.text for lane in state.lanes])
    assert texts[0] != texts[1]
    # One step back, as with takes, and on again.
    view = page.columns[0].view
    QTest.keyClick(view, Qt.Key.Key_Left, ALT)
    assert [lane.text for lane in state.lanes] == texts[0]
    # The model is still the one that wrote it: it can go on.
    wait_until_it_may_go_on(window, state.lanes[0], qtbot)
    QTest.keyClick(page.columns[0].view, Qt.Key.Key_Right, ALT)
    assert [lane.text for lane in state.lanes] == texts[1]
    # Left while lanes are being written.
    state.set_seed(5)
    state.set_max_tokens(400)
    run(window, page)
    qtbot.waitUntil(lambda: all(len(lane.tokens) > 3 for lane in state.lanes), timeout=LONG)
    left = [lane.text for lane in state.lanes]
    window.close()

    other = open_window()
    other.compare.show(True)
    shown = other.session.compare
    other_page = other.compare.page
    assert other_page is not None
    assert not shown.has_tokens
    QTest.keyClick(other_page.columns[0].view, Qt.Key.Key_Left, ALT)
    until_read(other)
    assert [lane.text[: len(text)] for lane, text in zip(shown.lanes, left, strict=True)] == left
    other.compare.actions.earlier.trigger()
    until_read(other)
    assert [lane.text for lane in shown.lanes] == texts[1]
    other.compare.actions.earlier.trigger()
    until_read(other)
    assert [lane.text for lane in shown.lanes] == texts[0]
    assert not other.compare.actions.earlier.isEnabled()


def test_a_document_brings_its_runs_along(
    window: MainWindow,
    open_window: Callable[[], MainWindow],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state, draft = window.session.compare, window.session.draft
    page = open_compare(window, qtbot)
    state.set_max_tokens(6)
    run(window, page)
    wait_until_ended(window, qtbot)
    lanes = [lane.text for lane in state.lanes]
    path = tmp_path / "sea.kelvin"

    def names_model() -> bool:
        return any(from_json(kept.data, path).model.hash for kept in draft.state.runs)

    qtbot.waitUntil(names_model, timeout=LONG)
    window.compare.show(False)
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(path), ""))
    save(window)
    assert not window.isWindowModified()
    window.close()
    # As on another machine: of all that, the document alone is there.
    shutil.rmtree(data_folder() / "comparisons")

    other = open_window()
    other.open_path(path)
    until_read(other)
    other.compare.show(True)
    other_page = other.compare.page
    assert other_page is not None
    QTest.keyClick(other_page.columns[0].view, Qt.Key.Key_Left, ALT)
    until_read(other)
    assert [lane.text for lane in other.session.compare.lanes] == lanes
    assert not other.isWindowModified(), "it was looked at"


def test_a_lane_that_meets_a_stop_string_parts_from_one_that_goes_on(
    window: MainWindow, qtbot: QtBot
) -> None:
    state = window.session.compare
    page = open_compare(window, qtbot)
    state.set_seed(7)
    state.set_max_tokens(24)
    for lane in state.lanes[1:]:
        lane.sampling.change(temperature=0.0)
    run(window, page)
    wait_until_ended(window, qtbot)
    whole = state.lanes[0].text
    assert state.lanes[1].text == whole
    assert page.columns[1].view.mark is None
    # The same words again, but for one lane that has a stop string among them.
    stop = next(word for word in whole.split()[4:] if word.isalpha())
    state.lanes[1].stop = (stop,)
    run(window, page)
    wait_until_ended(window, qtbot)
    lane = state.lanes[1]
    assert (lane.reason, lane.text) == ("stop_string", whole[: whole.index(stop)])
    column = page.columns[1]
    assert "stop string" in column._facts.text()
    assert column.view.mark == lane.ended == len(lane.tokens)
    page.show_parting(lane)
    assert page.parting.isVisible()
    assert "stop string of its preset" in page.parting.sentence.text()
    # Going on would end it there again; without the stop string it goes on past it.
    assert state.why_not_go_on(lane) == ENDS_AT_ONCE
    lane.stop = ()
    state.go_on(lane)
    wait_until_ended(window, qtbot)
    assert lane.text.startswith(whole)
    assert page.columns[1].view.mark is None
