"""A comparison as a writer makes one: the real window, the real child, the real model."""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app.compare.lane import CompareLane
from studio.app.compare.lane_words import openness
from studio.engine.messages import Evaluated
from studio.ui.compare.page import ComparePage
from studio.ui.main_window import MainWindow
from studio.ui.widgets import file_dialog
from tests.ui.conftest import LONG, NEVER_ENDS, until_read

OPENING = "The old fisherman looked out over the sea and thought about"
CONTROL = Qt.KeyboardModifier.ControlModifier


def open_compare(window: MainWindow, qtbot: QtBot, text: str = OPENING) -> ComparePage:
    window.activateWindow()
    window.editor.setFocus()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    QTest.keyClicks(window.editor, text)
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)
    QTest.keyClick(window.editor, Qt.Key.Key_2, CONTROL)
    page = window.compare.page
    assert page is not None
    return page


def run(window: MainWindow, page: ComparePage) -> None:
    QTest.keyClick(page.columns[0].view, Qt.Key.Key_Return, CONTROL)
    assert window.session.compare.is_running


@contextmanager
def halted(window: MainWindow) -> Iterator[None]:
    """The engine stands meanwhile: no lane comes to its end before the hand has done its work."""
    engine = psutil.Process(window.session.client.process_id)
    engine.suspend()
    yield
    engine.resume()


def wait_for_tokens(lane: CompareLane, qtbot: QtBot, count: int) -> None:
    qtbot.waitUntil(lambda: len(lane.tokens) >= count, timeout=LONG)


def wait_until_ended(window: MainWindow, qtbot: QtBot) -> None:
    state = window.session.compare
    qtbot.waitUntil(
        lambda: not state.is_running and state.run_input.figures is not None, timeout=LONG
    )


def ids(lane: CompareLane) -> list[int]:
    return [token.id for token in lane.tokens]


def test_turn_stop_go_on_draw_anew_use_save_and_reopen_without_the_model(
    window: MainWindow,
    open_window: Callable[[], MainWindow],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = window.session
    state = session.compare
    evaluations: list[Evaluated] = []
    session.client.received.connect(
        lambda event: evaluations.append(event) if isinstance(event, Evaluated) else None
    )
    session.sampling.change(logit_bias=NEVER_ENDS)
    page = open_compare(window, qtbot)

    # Before anything is written: the distances follow T.
    assert [lane.temperature for lane in state.lanes] == [0.0, 0.5, 1.0, 1.5]
    before = [distance for *_, distance in page.partings.distances.distances()]
    assert len(before) == 3
    state.lanes[1].sampling.change(temperature=0.6)
    assert [distance for *_, distance in page.partings.distances.distances()] != before
    state.lanes[1].sampling.change(temperature=0.5)
    before = [distance for *_, distance in page.partings.distances.distances()]

    # Run: one evaluation, same random draws, texts that grow. Writing has to wait, and says why.
    state.set_seed(7)
    state.set_max_tokens(40)
    evaluations.clear()
    run(window, page)
    first, second, third, fourth = state.lanes
    assert session.writing.held
    assert not window.actions_.continue_.isEnabled()
    wait_for_tokens(fourth, qtbot, 4)
    # What was said at rest was said of the prompt that the lanes got.
    after = [distance for *_, distance in page.partings.distances.distances()]
    assert after == pytest.approx(before, abs=1e-3)
    assert len(evaluations) == 1
    # Turn one mid-run, stop another; the rest goes on.
    with halted(window):
        number = page.columns[3].head.temperature
        number.setFocus()
        number.selectAll()
        QTest.keyClicks(number, "0.2")
        QTest.keyClick(number, Qt.Key.Key_Return)
        assert fourth.temperature == 0.2
        assert not page.columns[1].use.isEnabled()
        page.columns[1].menu.stop.trigger()
    qtbot.waitUntil(lambda: not second.runs, timeout=LONG)
    assert second.reason == "stopped"
    # It can be used, whatever the others do.
    assert page.columns[1].use.isEnabled()
    wait_until_ended(window, qtbot)
    assert {lane.seed for lane in state.lanes} == {7}
    assert [lane.reason for lane in (first, third, fourth)] == ["max_tokens"] * 3
    assert [params.temperature for _, params in fourth.turns] == [1.5, 0.2]
    # Each lane says how open it was and how many words it has; exact figures on request.
    for column in page.columns:
        lane = column.lane
        caption = column.head.caption.text()
        assert re.fullmatch(r"(about [\d,.]+ words|1 word every time)", caption), caption
        exact = math.exp(fmean(token.entropy for token in lane.tokens))
        assert caption == openness(exact)
        facts = column._facts.text()
        assert facts.endswith(f"{len(lane.text.split())} words")
        assert ("stopped" in facts) == (lane is second)
        assert re.search(
            rf"{len(lane.tokens)} tokens?, [\d.]+ tokens a second, seed 7\.",
            column._facts.toolTip(),
        )
        assert column.strip.token_at(column.strip.rect_of(0).center().x()) == 0
        row = next(row for row in lane.next_token.rows(5) if row.chosen)
        assert row.token == lane.tokens[-1].id
    # One chart for all of them, in the colours of their heads.
    reached = [len(page.partings.chart.values_at(index)) for index in (0, len(second.tokens), 39)]
    assert reached == [4, 3, 3]
    for column in page.columns:
        assert column.view.toPlainText().rstrip() == column.lane.text.rstrip()

    # The first divergence is marked, and a click shows why.
    mark = page.columns[2].view.mark
    assert mark is not None
    assert ids(second)[:mark] == ids(third)[:mark]
    page.show_parting(third)
    assert page.parting.isVisible()
    assert "The same random draw" in page.parting.sentence.text()
    page.parting.close_panel()

    # Go on where it stopped; new random draws for one, the others untouched.
    stopped_at, kept = ids(second), ids(third)
    state.set_max_tokens(5)
    page.columns[1].menu.go.trigger()
    wait_until_ended(window, qtbot)
    assert ids(second)[:-5] == stopped_at
    page.columns[3].menu.again.trigger()
    qtbot.waitUntil(lambda: not state.is_running, timeout=LONG)
    assert fourth.seed != 7
    assert len(fourth.tokens) == 5
    assert ids(third) == kept

    # Save, with a name that lacks its ending.
    saved = tmp_path / "sea.json"
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(tmp_path / "sea"), ""))
    window.compare.actions.save_file.trigger()
    assert window.compare.actions.finish()
    assert saved.is_file()
    window.compare.actions.export_html.trigger()
    assert window.compare.actions.finish()
    window.compare.actions.export_markdown.trigger()
    assert window.compare.actions.finish()
    assert "<html" in (tmp_path / "sea.html").read_text()
    assert third.text.split()[0] in (tmp_path / "sea.md").read_text()

    # Use one: a take with all its records; one undo takes it out.
    page.columns[2].use.click()
    assert not window.compare.is_shown
    text = session.draft.manuscript.text
    assert text == OPENING + third.text
    assert session.draft.caret == len(text)
    used = [span.record for span in session.records.spans.all]
    assert [(record.id, record.sketch) for record in used] == [
        (token.id, token.sketch) for token in third.tokens
    ]
    window.actions_.undo.trigger()
    assert session.draft.manuscript.text == OPENING

    # Another window, no model: all is there to be read.
    texts = [lane.text for lane in state.lanes]
    entropies = [[token.entropy for token in lane.tokens] for lane in state.lanes]
    other = open_window()
    other.open_path(saved)
    until_read(other)
    assert other.compare.is_shown
    assert not other.session.model.is_ready
    shown = other.session.compare
    assert [lane.text for lane in shown.lanes] == texts
    assert [[token.entropy for token in lane.tokens] for lane in shown.lanes] == entropies
    other_page = other.compare.page
    assert other_page is not None
    assert other_page.columns[2].view.mark == mark
    assert not other_page.columns[0].menu.go.isEnabled()
    other_page.show_parting(shown.lanes[2])
    assert other_page.parting.isVisible()


def test_a_lane_that_has_ended_is_used_and_the_others_write_on(
    window: MainWindow, qtbot: QtBot
) -> None:
    state = window.session.compare
    page = open_compare(window, qtbot)
    state.set_max_tokens(100)
    for lane in state.lanes:
        lane.sampling.change(logit_bias=NEVER_ENDS)
    run(window, page)
    first, *others = state.lanes
    wait_for_tokens(first, qtbot, 4)
    page.columns[0].menu.stop.trigger()
    qtbot.waitUntil(page.columns[0].use.isEnabled, timeout=LONG)
    assert all(lane.runs for lane in others)
    QTest.mouseClick(page.columns[0].use, Qt.MouseButton.LeftButton)
    assert window.session.draft.manuscript.text == OPENING + first.text
    assert not window.compare.is_shown
    assert state.is_running
    # Nothing is begun in the manuscript meanwhile, and it says why.
    assert not window.actions_.continue_.isEnabled()
    assert "comparison is running" in window.actions_.continue_.toolTip()
    # What is asked at the caret ends no lane.
    wait_until_ended(window, qtbot)
    assert [lane.reason for lane in others] == ["max_tokens"] * 3
    assert [len(lane.tokens) for lane in others] == [100] * 3
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)
    assert window.actions_.continue_.isEnabled()


def test_lanes_come_and_go_and_esc_ends_all(window: MainWindow, qtbot: QtBot) -> None:
    state = window.session.compare
    window.session.sampling.change(logit_bias=NEVER_ENDS)
    page = open_compare(window, qtbot)
    state.set_max_tokens(400)
    run(window, page)
    wait_for_tokens(state.lanes[0], qtbot, 3)
    page.columns[1].menu.remove.trigger()
    assert len(page.columns) == 3
    page.bar.add.click()
    added = state.lanes[-1]
    assert not added.runs
    page.columns[-1].menu.again.trigger()
    wait_for_tokens(added, qtbot, 3)
    QTest.keyClick(page.columns[0].view, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not state.is_running, timeout=LONG)
    assert all(lane.reason == "stopped" for lane in state.lanes)
    assert window.session.writing.held, "the Compare page is shown"
    QTest.keyClick(page.columns[0].view, Qt.Key.Key_1, CONTROL)
    assert window.session.writing.held is None
    # The bars follow the caret again.
    qtbot.waitUntil(lambda: window.session.next_token.sketch is not None, timeout=LONG)


def test_lanes_go_on_over_a_new_load_of_the_same_model(window: MainWindow, qtbot: QtBot) -> None:
    state = window.session.compare
    window.session.sampling.change(logit_bias=NEVER_ENDS)
    page = open_compare(window, qtbot)
    state.set_max_tokens(4)
    run(window, page)
    wait_until_ended(window, qtbot)
    written = [ids(lane) for lane in state.lanes]
    window.session.model.reopen()
    qtbot.waitUntil(lambda: window.session.model.is_ready, timeout=LONG)
    page.columns[2].menu.go.trigger()
    qtbot.waitUntil(lambda: not state.is_running, timeout=LONG)
    assert len(state.lanes[2].tokens) > 4
    assert [ids(lane)[:4] for lane in state.lanes] == written
    qtbot.waitUntil(lambda: state.run_input.figures is not None, timeout=LONG)
