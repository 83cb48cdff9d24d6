"""A selection is rewritten in the real window: with the real model, by keys and by pointer."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from studio.app.model.state import ModelPhase
from studio.app.writing import rewriting as module
from studio.app.writing.rewrite_request import RewriteKind
from studio.engine.messages import LoadOptions
from studio.manuscript import Origin
from studio.ui.main_window import MainWindow
from studio.ui.widgets import file_dialog
from studio.ui.writing.rewrite_menu import RewriteMenu
from studio.ui.writing.rewrite_panel import RewritePanel
from tests.helpers.tiny_model import write_byte_level_model
from tests.ui.conftest import LONG, NEVER_ENDS, save, until_read

pytestmark = pytest.mark.usefixtures("kept_window")

ALT = Qt.KeyboardModifier.AltModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
BEFORE = "The old fisherman had never learned to swim. "
PART = "Every morning he rowed past the breakwater."
AFTER = " On the last day of October the fog came in early."
TEXT = BEFORE + PART + AFTER


def text(window: MainWindow) -> str:
    return window.session.draft.manuscript.text


def select(window: MainWindow) -> None:
    """Put the text there, and select the sentence in its middle."""
    window.session.sampling.change(logit_bias=NEVER_ENDS, temperature=0.8, seed=5)
    window.editor.setFocus()
    QTest.keyClicks(window.editor, TEXT)
    window.editor.move_caret(len(BEFORE))
    for _ in PART:
        QTest.keyClick(window.editor, Qt.Key.Key_Right, SHIFT)


def offer(window: MainWindow, qtbot: QtBot) -> RewriteMenu:
    """Bring the menu by its key."""
    # A menu of before may have taken the keyboard from the window.
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    QTest.keyClick(window, Qt.Key.Key_R, CONTROL | SHIFT)
    assert window.rewrite.menu.isVisible()
    return window.rewrite.menu


def choose(window: MainWindow, qtbot: QtBot, kind: RewriteKind) -> None:
    """Choose a kind in the menu that the key brings."""
    menu = offer(window, qtbot)
    menu.setActiveAction(menu.kinds[kind])
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert not menu.isVisible()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)


def panel(window: MainWindow) -> RewritePanel:
    shown = window.rewrite.panel
    assert shown is not None
    assert shown.isVisible()
    return shown


def until_written(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.session.rewriting.is_running, timeout=LONG)


def shown(window: MainWindow) -> list[str]:
    return [version.shown for version in window.session.rewriting.versions]


def covers(window: MainWindow) -> bool:
    """Whether anything of the panel lies over the page."""
    page = window.editor.mapTo(window, QPoint(0, window.editor.height()))
    return panel(window).mapTo(window, QPoint(0, 0)).y() < page.y()


def test_by_keys_another_wording_is_chosen_and_undone(window: MainWindow, qtbot: QtBot) -> None:
    select(window)
    choose(window, qtbot, RewriteKind.AGAIN)
    here = panel(window)
    assert window.focusWidget() is here.rows[0]
    assert [row.isVisible() for row in here.rows] == [True] * 4
    assert not window.actions_.continue_.isEnabled()
    assert window.actions_.stop.isEnabled()
    until_written(window, qtbot)
    assert text(window) == TEXT, "to write them changes nothing"
    assert not covers(window)
    versions = shown(window)
    assert all(versions)
    assert len(set(versions)) > 1
    assert [row.words.text() for row in here.rows] == versions
    assert [row.facts.text().split("\n")[0] for row in here.rows] == [
        *("T 0.56", "T 0.80", "T 1.04", "T 1.28"),
    ]
    QTest.keyClick(here.rows[0], Qt.Key.Key_Down)
    assert window.session.rewriting.chosen == 1
    QTest.keyClick(here.rows[1], Qt.Key.Key_4, SHIFT)
    QTest.keyClick(here.rows[3], Qt.Key.Key_Up)
    assert window.session.rewriting.chosen == 2
    assert window.focusWidget() is here.rows[2]
    QTest.keyClick(here.rows[2], Qt.Key.Key_Return)
    assert text(window) == BEFORE + versions[2] + AFTER
    assert here.isHidden()
    assert window.focusWidget() is window.editor
    assert window.editor.caret == len(BEFORE + versions[2])
    manuscript = window.session.draft.manuscript
    end = len(BEFORE + versions[2])
    assert set(manuscript.origins(len(BEFORE), end)) == {Origin.GENERATED}
    spans = [span for span in window.session.records.spans.all if span.start < end]
    assert "".join(text(window)[span.start : span.end] for span in spans) == versions[2]
    takes = window.session.writing.take_set()
    assert takes is not None
    others = [one for one in versions if one is not versions[2]]
    assert [take.text for take in takes.takes] == [PART, versions[2], *others]
    QTest.keyClick(window.editor, Qt.Key.Key_Left, ALT)
    assert text(window) == TEXT
    QTest.keyClick(window.editor, Qt.Key.Key_Z, CONTROL)
    QTest.keyClick(window.editor, Qt.Key.Key_Z, CONTROL)
    assert text(window) == TEXT
    QTest.keyClick(window.editor, Qt.Key.Key_Z, CONTROL | SHIFT)
    assert text(window) == BEFORE + versions[2] + AFTER
    # What is known of its words is there: what else could stand here.
    window.editor.move_caret(spans[1].start)
    QTest.keyClick(window.editor, Qt.Key.Key_Down, ALT)
    assert window.word.is_open


def test_with_the_pointer_and_an_instruction_of_ones_own(window: MainWindow, qtbot: QtBot) -> None:
    select(window)
    menu = window.editor.context_menu(QPoint(5, 5))
    assert window.rewrite.menu.menuAction() in menu.actions()
    window.rewrite.menu.popup(window.mapToGlobal(QPoint(200, 200)))
    entry = window.rewrite.menu.actionGeometry(window.rewrite.menu.kinds[RewriteKind.OWN])
    QTest.mouseClick(window.rewrite.menu, LEFT, pos=entry.center())
    here = panel(window)
    assert window.focusWidget() is here.field
    assert not here.use.isVisible()
    QTest.keyClicks(here.field, "Say it in the present tense, 1 to 4 words.")
    QTest.keyClick(here.field, Qt.Key.Key_Return)
    assert window.session.rewriting.instruction == "Say it in the present tense, 1 to 4 words."
    until_written(window, qtbot)
    assert window.focusWidget() is here.rows[0]
    before = shown(window)
    QTest.mouseClick(here.others, LEFT)
    until_written(window, qtbot)
    versions = shown(window)
    assert versions != before
    QTest.mouseClick(here.rows[1].words, LEFT)
    assert window.session.rewriting.chosen == 1
    QTest.mouseClick(here.use, LEFT)
    assert text(window) == BEFORE + versions[1] + AFTER
    menu.deleteLater()


def test_esc_leaves_all_as_it_was_and_ends_what_is_written(
    window: MainWindow, qtbot: QtBot
) -> None:
    select(window)
    choose(window, qtbot, RewriteKind.LONGER)
    here = panel(window)
    qtbot.waitUntil(lambda: any(shown(window)), timeout=LONG)
    QTest.keyClick(here.rows[0], Qt.Key.Key_Escape)
    assert here.isHidden()
    assert window.focusWidget() is window.editor
    qtbot.waitUntil(lambda: window.session.writing.can_start, timeout=LONG)
    assert text(window) == TEXT
    assert window.session.draft.manuscript.take_sets == ()
    assert window.editor.selection == (len(BEFORE), len(BEFORE + PART))
    # The bars at the caret are there again.
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)
    # From the page, too, where the keyboard has gone.
    choose(window, qtbot, RewriteKind.SHORTER)
    window.editor.setFocus()
    QTest.keyClick(window.editor, Qt.Key.Key_Escape)
    assert here.isHidden()
    choose(window, qtbot, RewriteKind.SHORTER)
    window.actions_.stop.trigger()
    assert here.isHidden()
    until_written(window, qtbot)
    choose(window, qtbot, RewriteKind.OWN)
    assert not window.actions_.stop.isEnabled(), "nothing is under way"


def test_an_engine_that_is_killed_takes_no_word_with_it(window: MainWindow, qtbot: QtBot) -> None:
    select(window)
    choose(window, qtbot, RewriteKind.LONGER)
    here = panel(window)
    qtbot.waitUntil(lambda: all(shown(window)), timeout=LONG)
    process = window.session.client.process_id
    assert process is not None
    os.kill(process, signal.SIGKILL)
    model = window.session.model
    qtbot.waitUntil(lambda: model.phase is ModelPhase.FAILED, timeout=LONG)
    assert text(window) == TEXT
    assert here.isVisible()
    assert window.session.rewriting.message == module.GONE
    version = shown(window)[0]
    QTest.keyClick(here.rows[0], Qt.Key.Key_Return)
    assert text(window) == BEFORE + version + AFTER
    QTest.keyClick(window.editor, Qt.Key.Key_Z, CONTROL)
    assert text(window) == TEXT


def test_one_that_was_written_again_can_be_scrubbed(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    select(window)
    session.sampling.set_max_tokens(12)
    choose(window, qtbot, RewriteKind.AGAIN)
    until_written(window, qtbot)
    QTest.keyClick(panel(window).rows[0], Qt.Key.Key_Return)
    rewritten = text(window)
    takes = session.writing.take_set()
    assert takes is not None
    used = takes.current
    QTest.keyClick(window.editor, Qt.Key.Key_T, ALT)
    for temperature, is_used in ((3.0, False), (0.56, True)):
        session.sampling.change(temperature=temperature)
        qtbot.waitUntil(lambda: session.scrub.is_settled, timeout=LONG)
        qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
        assert session.scrub.why_not == ""
        assert (takes.current is used) is is_used
        assert text(window).startswith(BEFORE)
        assert text(window).endswith(AFTER)
    assert text(window) == rewritten


def test_without_a_selection_the_key_says_what_is_missing(window: MainWindow) -> None:
    QTest.keyClicks(window.editor, TEXT)
    QTest.keyClick(window, Qt.Key.Key_R, CONTROL | SHIFT)
    assert not window.rewrite.menu.isVisible()
    assert window.notice.message == module.NOTHING_SELECTED


def test_a_model_without_a_template_offers_again_alone_and_says_why(
    open_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    path = write_byte_level_model(tmp_path / "base.gguf", chat_template=None, context_length=1024)
    window = open_window()
    model = window.session.model
    model.open(str(path), LoadOptions(threads=1))
    qtbot.waitUntil(lambda: model.phase is not ModelPhase.LOADING, timeout=LONG)
    select(window)
    window.session.sampling.change(logit_bias=())
    menu = offer(window, qtbot)
    kinds = menu.kinds
    assert [kind for kind in kinds if kinds[kind].isEnabled()] == [RewriteKind.AGAIN]
    assert all(kinds[kind].toolTip() == module.NO_TEMPLATE for kind in kinds if kind.needs_template)
    assert menu.reason.isVisible()
    assert "chat template" in menu.reason.text()
    menu.setActiveAction(kinds[RewriteKind.AGAIN])
    QTest.keyClick(menu, Qt.Key.Key_Return)
    until_written(window, qtbot)
    assert any(shown(window))
    assert text(window) == TEXT


def test_it_is_over_where_the_page_is_left(window: MainWindow, qtbot: QtBot) -> None:
    select(window)
    choose(window, qtbot, RewriteKind.AGAIN)
    here = panel(window)
    window.compare.show(True)
    assert not window.session.rewriting.is_open
    until_written(window, qtbot)
    window.compare.show(False)
    assert here.isHidden()
    assert text(window) == TEXT
    assert window.session.draft.manuscript.take_sets == ()
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)


def test_it_is_kept_in_the_document(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    select(window)
    choose(window, qtbot, RewriteKind.PLAINER)
    until_written(window, qtbot)
    versions = shown(window)
    QTest.keyClick(panel(window).rows[0], Qt.Key.Key_Return)
    path = tmp_path / "story.kelvin"
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(path), ""))
    save(window)
    window.session.draft.new()
    window.open_path(path)
    until_read(window)
    assert text(window) == BEFORE + versions[0] + AFTER
    (takes,) = window.session.draft.manuscript.take_sets
    assert takes.takes[0].text == PART
    assert takes.takes[1].text == versions[0]
    assert takes.takes[1].seed == 5
    spans = window.session.records.spans.all
    assert "".join(text(window)[span.start : span.end] for span in spans) == versions[0]
    window.editor.move_caret(len(BEFORE) + 3)
    QTest.keyClick(window.editor, Qt.Key.Key_Left, ALT)
    assert text(window) == TEXT


def test_the_write_menu_has_it_with_its_key(window: MainWindow) -> None:
    menus = [action.menu() for action in window.menuBar().actions()]
    found = [
        menu
        for menu in menus
        if isinstance(menu, QMenu) and window.rewrite.menu.menuAction() in menu.actions()
    ]
    assert len(found) == 1
    assert window.actions_.rewrite.shortcut().toString() == "Ctrl+Shift+R"
    window.compare.show(True)
    assert not window.actions_.rewrite.isEnabled()
