"""Notes at the real window with the real model: by keys, live costs, kept, and undone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app.writing.plan_edits import TEXT_PART
from studio.app.writing.prompt_costs import NOT_CALLED, OFF
from studio.app.writing.scrub import ANOTHER_PROMPT
from studio.engine.messages import BRIEF_PART, PINNED_PART, LoadOptions
from studio.manuscript import Note, PromptPlan
from studio.ui.main_window import MainWindow
from studio.ui.model.prompt_window import PromptWindow
from studio.ui.widgets import file_dialog
from studio.ui.writing.notes_panel import NotesPanel
from tests.ui.conftest import LONG, NEVER_ENDS, save, save_as

pytestmark = pytest.mark.usefixtures("kept_window")

TEXT = "The old lighthouse stood dark.\nMara rowed past it.\nShe"


def opened(window: MainWindow) -> NotesPanel:
    QTest.keyClick(
        window.editor,
        Qt.Key.Key_M,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    assert window.notes.dock is not None
    return window.notes.dock.panel


def type_text(window: MainWindow, text: str) -> None:
    QTest.keyClicks(window.editor, text.replace("\n", "\r"))


def settle(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)


def rows(panel: NotesPanel) -> list[tuple[str, str]]:
    items = [panel.list.topLevelItem(n) for n in range(panel.list.topLevelItemCount())]
    return [(item.text(0), item.text(1)) for item in items if item is not None]


def notes(window: MainWindow) -> tuple[Note, ...]:
    return window.session.draft.plan.notes


def choose(panel: NotesPanel, sent: str) -> None:
    panel.sent.setCurrentIndex(panel.sent.findData(sent))
    panel.sent.activated.emit(panel.sent.currentIndex())


def test_a_note_is_written_by_keys_and_its_cost_is_shown(window: MainWindow, qtbot: QtBot) -> None:
    type_text(window, TEXT)
    panel = opened(window)
    assert panel._nothing.isVisible()
    panel._add_button.click()
    assert panel.name.hasFocus()
    QTest.keyClicks(panel.name, "Mara")
    QTest.keyClicks(panel.text, "Mara is the keeper's daughter.")
    settle(window, qtbot)
    [(name, cost)] = rows(panel)
    assert name == "Mara"
    assert cost.endswith(" tokens")
    assert notes(window) == (Note(name="Mara", text="Mara is the keeper's daughter."),)
    read = window.session.next_token_preview.evaluated
    assert read is not None
    assert [span.number for span in read.spans] == [0]
    # Undo is the field's own, where it has the keyboard.
    QTest.keyClick(panel.text, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert notes(window)[0].text != "Mara is the keeper's daughter."
    QTest.keyClick(panel.text, Qt.Key.Key_Escape)
    assert not window.notes.dock or not window.notes.dock.isVisible()


def test_keys_call_a_note_while_they_stand_in_the_text(window: MainWindow, qtbot: QtBot) -> None:
    type_text(window, "She")
    panel = opened(window)
    panel._add_button.click()
    choose(panel, "called")
    assert panel.keys.isVisible()
    assert not panel._paragraphs_row.isVisible()
    QTest.keyClicks(panel.keys, "lighthouse, lamp")
    QTest.keyClicks(panel.text, "Dark since the war.")
    settle(window, qtbot)
    qtbot.waitUntil(lambda: rows(panel)[0][1] == NOT_CALLED)
    window.editor.setFocus()
    type_text(window, " saw the Lighthouse")
    settle(window, qtbot)
    assert rows(panel)[0][1].endswith(" tokens")
    panel.most_called.setValue(1)
    settle(window, qtbot)
    qtbot.waitUntil(lambda: rows(panel)[0][1] == "no room", timeout=LONG)
    item = panel.list.topLevelItem(0)
    assert item is not None
    item.setCheckState(0, Qt.CheckState.Unchecked)
    assert not notes(window)[0].is_on
    assert rows(panel)[0][1] == OFF


def test_notes_are_ordered_deleted_and_brought_back(window: MainWindow) -> None:
    panel = opened(window)
    for name in ("One", "Two", "Three"):
        panel._add_button.click()
        QTest.keyClicks(panel.name, name)
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert [note.name for note in notes(window)] == ["One", "Three", "Two"]
    assert panel.name.text() == "Three"
    QTest.keyClick(panel.list, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert [note.name for note in notes(window)] == ["One", "Two", "Three"]
    QTest.keyClick(panel.name, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert [note.name for note in notes(window)] == ["One", "Three", "Two"]
    panel.list.dropped.emit(1, 0)
    assert [note.name for note in notes(window)] == ["Three", "One", "Two"]
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert [note.name for note in notes(window)] == ["One", "Two"]
    assert panel._bring_back_button.isVisible()
    panel._bring_back_button.click()
    assert [note.name for note in notes(window)] == ["Three", "One", "Two"]
    assert panel.name.text() == "Three"
    assert not panel._bring_back_button.isVisible()


def test_a_dropped_row_stays_one_row(window: MainWindow) -> None:
    panel = opened(window)
    for name in ("One", "Two"):
        panel._add_button.click()
        QTest.keyClicks(panel.name, name)
    assert len(rows(panel)) == 2
    first = panel.list.topLevelItem(0)
    assert first is not None
    rect = panel.list.visualItemRect(first)
    carried = QMimeData()
    event = QDropEvent(
        rect.center().toPointF(),
        Qt.DropAction.MoveAction,
        carried,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    panel.list.dropEvent(event)
    is_taken = event.isAccepted()
    assert not is_taken, "Qt takes no row away"
    assert [name for name, _ in rows(panel)] == ["Two", "One"]


def test_notes_and_passages_are_kept_in_the_document(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_text(window, TEXT)
    panel = opened(window)
    panel._add_button.click()
    QTest.keyClicks(panel.text, "It rains.")
    choose(panel, "near")
    panel.paragraphs.setValue(2)
    window.editor.select_range(0, 3)
    window.actions_.passages[0].trigger()
    assert window.actions_.passages[0].isChecked()
    plan = window.session.draft.plan
    assert plan.passages[0].end == len("The old lighthouse stood dark.\n")
    for suffix in (".kelvin", ".txt"):
        path = tmp_path / f"The Sea{suffix}"
        monkeypatch.setattr(
            file_dialog, "ask_save", lambda *_, path=path: (str(path), "All files (*)")
        )
        save_as(window)
        assert not window.isWindowModified()
        window.actions_.new.trigger()
        assert window.session.draft.plan == PromptPlan()
        assert rows(panel) == []
        window.open_path(path)
        assert window.session.draft.plan == plan
        assert not window.isWindowModified()
        assert [name for name, _ in rows(panel)] == ["It rains."]
    window.actions_.passages[0].trigger()
    window.editor.select_range(0, 3)
    window.actions_.passages[0].trigger()
    save(window)


def test_the_prompt_view_has_every_part_with_switches(
    window: MainWindow, qtbot: QtBot, starter_model: Path
) -> None:
    session = window.session
    session.model.open(str(starter_model), LoadOptions(threads=1, context_size=256))
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    text = "It began.\n" + "The sea was calm and nobody spoke.\n" * 60
    session.draft.manuscript.edit(0, 0, text)
    session.draft.set_brief("A sad story of the north.")
    session.draft.set_plan(PromptPlan(notes=(Note(name="Rain", text="It rains."),)))
    window.editor.select_range(0, 2)
    window.actions_.passages[0].trigger()
    window.editor.move_caret(len(text))
    settle(window, qtbot)
    window.actions_.prompt.trigger()
    view = window.findChild(PromptWindow)
    assert isinstance(view, PromptWindow)
    parts = view.parts
    costs = {key: parts.item_of(key).text(1) for key in (BRIEF_PART, 0, PINNED_PART, TEXT_PART)}
    assert all(cost.endswith(" tokens") for cost in costs.values()), costs
    qtbot.waitUntil(lambda: "It rains." in view.text.toPlainText(), timeout=LONG)
    assert "It began." in view.text.toPlainText()
    # The cut stands in the margin, and says what is not read.
    cut = window.prompt_marks.cut
    assert cut is not None
    assert cut > len("It began.\n")
    window.editor.move_caret(cut)
    window.editor.ensureCursorVisible()
    window.editor.move_caret(len(text))
    window.editor.reveal(cut, cut)
    words = [mark.words for mark in window.prompt_marks.marks()]
    assert any("reads from here on" in one for one in words), words
    # Left out, shortened, not pinned any more.
    parts.item_of(BRIEF_PART).setCheckState(0, Qt.CheckState.Unchecked)
    limit = parts.limit(0)
    assert limit is not None
    limit.setValue(1)
    text_limit = parts.limit(TEXT_PART)
    assert text_limit is not None
    text_limit.setValue(60)
    parts.item_of(PINNED_PART).setCheckState(0, Qt.CheckState.Unchecked)
    settle(window, qtbot)
    plan = session.draft.plan
    assert (plan.has_brief, plan.notes[0].most, plan.most_text) == (False, 1, 60)
    assert not plan.passages[0].is_pinned
    read = session.next_token_preview.evaluated
    assert read is not None
    assert [span.number for span in read.spans] == [0]
    assert read.context_used <= 60 + read.head
    assert parts.item_of(BRIEF_PART).text(1) == OFF
    assert parts.item_of(PINNED_PART).text(1) == "left out"


def test_a_take_with_notes_can_be_scrubbed_until_they_are_others(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.session
    session.draft.set_plan(PromptPlan(notes=(Note(text="[It rains.]", sent="near", paragraphs=1),)))
    type_text(window, TEXT)
    session.sampling.set_max_tokens(8)
    session.sampling.change(seed=11, logit_bias=NEVER_ENDS, temperature=0.8)
    session.scrub.set_on(True)
    session.writing.continue_writing()
    qtbot.waitUntil(lambda: session.writing.is_idle and session.scrub.is_settled, timeout=LONG)
    take_set = session.writing.take_set()
    assert take_set is not None
    first, text = take_set.current, session.draft.manuscript.text
    assert first is not None
    session.sampling.change(temperature=1.9)
    qtbot.waitUntil(lambda: session.writing.is_idle and session.scrub.is_settled, timeout=LONG)
    assert session.scrub.why_not == ""
    session.sampling.change(temperature=0.8)
    qtbot.waitUntil(lambda: session.writing.is_idle and session.scrub.is_settled, timeout=LONG)
    assert session.draft.manuscript.text == text
    assert take_set.current is first
    session.plan_edits.change(0, text="[It snows.]")
    session.sampling.change(temperature=1.9)
    assert session.scrub.why_not == ANOTHER_PROMPT


def test_marks_show_what_is_pinned_and_left_out(window: MainWindow, qtbot: QtBot) -> None:
    type_text(window, TEXT)
    pin, leave_out = window.actions_.passages
    window.editor.select_range(0, 3)
    pin.trigger()
    window.editor.move_caret(TEXT.index("Mara"))
    leave_out.trigger()
    assert [mark.is_dotted for mark in window.prompt_marks.marks()] == [False, True]
    menu = window.editor.context_menu(QPoint(5, 5))
    assert leave_out in menu.actions()
    assert leave_out.isChecked()
    leave_out.trigger()
    assert [mark.is_dotted for mark in window.prompt_marks.marks()] == [False]
    settle(window, qtbot)


def test_it_is_open_again_at_the_next_start(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    opened(window)
    window.close()
    again = open_window()
    qtbot.waitUntil(lambda: again.notes.dock is not None and again.notes.dock.isVisible())
